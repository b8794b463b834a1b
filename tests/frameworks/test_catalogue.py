"""The shipped catalogues are whole, say what the sheet says on every clock, and bad ones are refused with sentences."""

from collections import Counter
from copy import deepcopy
from dataclasses import fields
from datetime import date

import pytest
import yaml

from frameworks.catalogue_files import read_file, read_folder, release_files, shipped_families
from frameworks.domain.catalogue import CatalogueError, read_family, rows_known_on
from frameworks.domain.conditions import DerivedIs
from frameworks.domain.kleene import Truth
from frameworks.domain.raw_files import RawFile
from tests.frameworks import sheet_rows
from tests.frameworks.engine_cases import make_vocabulary, raw_fact

TODAY = date(2026, 11, 22)
ADDED = {"eu-ai-act.art-10-5"}
ANNEX_X = DerivedIs("eu.legacy.annex_x")
CLOCKS = [date(2024, 7, 11), date(2024, 7, 12), date(2026, 7, 23), date(2026, 7, 24), date(2026, 7, 28), TODAY]


def known_on(day):
    return rows_known_on(shipped_families().values(), day)


def test_all_638_rows_of_the_four_families_are_there():
    counts = Counter(row.family for row in known_on(TODAY))
    assert counts == {"eu-ai-act": 216, "nist-ai-rmf": 95, "cn-mainland": 185, "hk": 142}
    levels = Counter(row.id.count(".") for row in known_on(TODAY) if row.family == "nist-ai-rmf" and not row.heading)
    assert levels == {2: 72}


def test_no_row_lacks_what_an_officer_needs():
    for row in known_on(TODAY):
        for name in ("citation", "title", "summary", "bearer", "force", "penalty", "penalty_tier", "source"):
            assert getattr(row, name), f"{row.id} has no {name}"
        assert row.verification
        assert row.heading or row.context or (row.owed_by and row.evidence), row.id


def test_unverified_rows_keep_their_mark():
    marked = {row.id for row in known_on(TODAY) if row.verification == "M"}
    assert marked == {"CN-FIN-12", "HK-SPM-01", "HK-PDPO-10", "HK-PDPO-15", "HK-EAF-02", "HK-HKEX-01"}


def test_chinese_titles_are_simplified_for_the_mainland_and_traditional_for_hong_kong():
    languages = {
        family: {text.language for row in known_on(TODAY) if row.family == family for text in row.texts}
        for family in shipped_families()
    }
    assert languages["cn-mainland"] == {"en", "zh-Hans"}
    assert languages["hk"] == {"en", "zh-Hant"}
    assert languages["eu-ai-act"] == languages["nist-ai-rmf"] == {"en"}


@pytest.mark.parametrize("day", CLOCKS)
def test_on_every_clock_the_catalogue_says_what_the_sheet_says(day):
    ours = {row.id: row for row in known_on(day)}
    sheet = {row.id: row for row in sheet_rows.rows_known_on(day)}
    assert set(ours) - set(sheet) <= ADDED
    assert set(sheet) <= set(ours)
    same = [field.name for field in fields(next(iter(sheet.values())))]
    compared = {
        "instrument",
        "owed_by",
        "applies_when",
        "force",
        "supervised",
        "status",
        "heading",
        "context",
        "one_of",
    }
    assert compared <= set(same)
    for ref, row in sheet.items():
        assert {name: getattr(ours[ref], name) for name in compared} == {name: getattr(row, name) for name in compared}
        routes = [route for route in ours[ref].routes if route.when != ANNEX_X]
        assert [_without_basis(route) for route in routes] == [_without_basis(r) for r in row.routes], ref


def test_what_we_have_beside_the_sheet_is_art_10_5_as_long_as_it_was_law_and_the_transition_of_art_111_1():
    assert "eu-ai-act.art-10-5" in {row.id for row in known_on(date(2026, 7, 23))}
    assert "eu-ai-act.art-10-5" not in {row.id for row in known_on(date(2026, 7, 24))}
    moved = {row.family for row in known_on(TODAY) for route in row.routes if route.when == ANNEX_X}
    assert moved == {"eu-ai-act"}


def _without_basis(route):
    return tuple(getattr(route, field.name) for field in fields(route) if field.name != "basis")


def test_versions_of_a_row_follow_each_other_without_a_hole():
    for family in shipped_families().values():
        by_id: dict[str, list] = {}
        for row in family.versions:
            by_id.setdefault(row.id, []).append(row)
        for versions in by_id.values():
            assert [row.known_until for row in versions[:-1]] == [row.known_from for row in versions[1:]]


# ---- bad catalogues

GOOD = {
    "family": {"key": "t", "title": "Test law", "jurisdiction": "eu", "issuer": "Us", "language": "zh-Hant"},
    "release": {"known_from": "2026-01-01", "title": "First"},
    "sources": {"s": {"title": "S"}},
    "penalties": {"p": {"text": "A fine", "tier": "fine"}, "n": {"text": "Nothing", "tier": "none"}},
    "instruments": [
        {"id": "I", "title": "Law", "force": "LAW", "status": "In force", "source": "s", "verification": "P"}
    ],
    "date_profiles": {"d": {"known_from": "2025-01-01", "routes": [{"legal_from": "2025-06-01"}]}},
    "rows": [],
}
VOCABULARY = make_vocabulary(raw_fact("use.ai"), raw_fact("use.live"))


def make_raw_row(ref="t.1", **over):
    row = {
        "id": ref, "instrument": "I", "position": 1, "citation": "Art. 1", "title": "Do it", "summary": "Do it well",
        "bearer": "all", "owed_by": "entity", "force": "LAW", "applies_when": {"fact": "use.ai", "is": True},
        "evidence": "A record", "penalty": ["n", "p"], "dates": "d", "source": ["s"], "verification": "P",
    }  # fmt: skip
    return {name: value for name, value in {**row, **over}.items() if value is not ...}


def make_file(*rows, name="t/1.yaml", **over):
    content = {**deepcopy(GOOD), "rows": list(rows), **over}
    return RawFile(name, content, {row["id"]: 10 + n for n, row in enumerate(rows) if isinstance(row, dict)})


def make_change(*rows, day="2026-07-01", **over):
    content = {"family": {"key": "t"}, "release": {"known_from": day, "title": "Next"}, "rows": list(rows), **over}
    return RawFile("t/2.yaml", content, {row["id"]: 5 for row in rows})


def read(*files):
    return read_family(files, VOCABULARY)


def problems(*files):
    with pytest.raises(CatalogueError) as caught:
        read(*files)
    return caught.value.problems


def test_a_good_file_is_read_and_its_strongest_penalty_counts():
    (row,) = read(make_file(make_raw_row(title_zh="做"))).versions
    assert (row.penalty_tier, row.known_from, row.known_until) == ("fine", date(2025, 1, 1), None)
    assert [text.language for text in row.texts] == ["en", "zh-Hant"]
    assert row.applies_when.truth(_Ground()) is Truth.YES


class _Ground:
    def answer(self, key):
        return True


def test_a_later_release_adds_a_version_and_closes_the_one_before():
    family = read(
        make_file(make_raw_row(), make_raw_row("t.2", position=2)), make_change({"id": "t.1", "title": "New"})
    )
    first, second, other = family.versions
    assert (first.title, first.known_until) == ("Do it", date(2026, 7, 1))
    assert (second.title, second.known_from, second.known_until) == ("New", date(2026, 7, 1), None)
    assert other.known_until is None
    assert [release.title for release in family.releases] == ["First", "Next"]


def test_a_redefined_date_profile_changes_every_row_that_names_it():
    moved = {"d": {"known_from": "2026-07-01", "routes": [{"legal_from": "2027-06-01"}]}}
    family = read(make_file(make_raw_row()), make_change(date_profiles=moved))
    assert [row.routes[0].legal_from for row in family.versions] == [date(2025, 6, 1), date(2027, 6, 1)]


def test_a_repealed_row_ends_and_its_id_is_never_used_again():
    family = read(make_file(make_raw_row()), make_change(repealed=["t.1"]))
    assert [row.known_until for row in family.versions] == [date(2026, 7, 1)]
    again = make_change(make_raw_row(), day="2026-08-01")
    assert "never used again" in problems(make_file(make_raw_row()), make_change(repealed=["t.1"]), again)[0]
    assert 'Did you mean "t.1"?' in problems(make_file(make_raw_row()), make_change(repealed=["t.11"]))[0]


BAD_ROWS = [
    ({"actor_tasks": "TEVV"}, "`actor_tasks` is not a list of words"),
    ({"items": {"ref": "1"}}, "`items` is not a list of mappings"),
    ({"items": [{"ref": "1"}]}, "item '1' needs a `ref` and a `title` in words"),
    ({"items": [{"ref": "1", "title": "a"}, {"ref": "1", "title": "b"}]}, "item “1” stands twice"),
    ({"items": [{"ref": "1", "title": "a", "kind": "wish"}]}, "`kind` is “wish”; it is one of checklist, action"),
    ({"items": [{"ref": "1", "title": "a", "risk": []}]}, '`risk` is not a field of an item. Did you mean "risks"?'),
    ({"items": [{"ref": "1", "title": "a", "risks": [1]}]}, "item “1”: `risks` is not a list of words"),
    ({"parent": "t.9"}, "parent “t.9” does not exist"),
    ({"applies_when": {"fact": "use.aj", "is": True}}, "use.ai"),
    ({"applies_when": {"nonsense": 1}}, "nonsense"),
    ({"source": []}, "`source` is missing"),
    ({"source": ["x"]}, "`source` names “x”, which is not defined"),
    ({"citation": ""}, "`citation` is missing"),
    ({"applies_when": ...}, "`applies_when` is missing"),
    ({"owed_by": ...}, "`owed_by` is missing"),
    ({"owed_by": "team"}, "it is one of office, entity, model, deployment"),
    ({"force": "law"}, "it is one of LAW, REG"),
    ({"status": "maybe"}, "it is one of in_force, pending, proposed"),
    ({"verification": "X"}, "`verification` is “X”"),
    ({"instrument": "J"}, "`instrument` names “J”"),
    ({"dates": "e"}, "`dates` names “e”"),
    ({"penalty": ["q"]}, "`penalty` names “q”"),
    ({"position": "1"}, "`position` is not a whole number"),
    ({"evidnce": "x"}, '`evidnce` is not a field of a row. Did you mean "evidence"?'),
]


@pytest.mark.parametrize(("over", "sentence"), BAD_ROWS, ids=[sentence[:40] for _, sentence in BAD_ROWS])
def test_a_bad_row_is_named_with_file_line_and_remedy(over, sentence):
    (problem,) = problems(make_file(make_raw_row(**over)))
    assert problem.startswith("t/1.yaml, line 10:")
    assert sentence in problem


BAD_FILES = [
    ({"rows": [make_raw_row(), make_raw_row()]}, "stands twice in `rows`"),
    ({"rows": [{"citation": "x"}]}, "has no `id`"),
    ({"release": {"title": "x"}}, "`release.known_from` is missing"),
    ({"release": {"known_from": "2026-01-01"}}, "`release.title` is missing"),
    ({"release": None}, "`release` is missing"),
    ({"family": {"key": "t", "title": "T", "jurisdiction": "eu"}}, "`family.issuer` is missing"),
    ({"instruments": [{"id": "I", "title": "x"}]}, "instrument “I” has no force, status, source, verification"),
    ({"penalties": {"p": {"text": "x", "tier": "big"}}}, "needs a `text` and a `tier`"),
    ({"date_profiles": {"d": {}}}, "has no list of `routes`"),
    ({"date_profiles": {"d": {"known_from": "soon", "routes": []}}}, "`known_from` is not a day"),
    ({"date_profiles": {"d": {"routes": [{"legal_from": "soon"}]}}}, "`legal_from` is not a day: 'soon'"),
    ({"date_profiles": {"d": {"routes": [{"transition": "x"}]}}}, "`transition` is one of moved, exempt"),
    ({"date_profiles": {"d": {"routes": [{"when": {"fact": "no.such", "is": True}}]}}}, "date profile “d”"),
]


@pytest.mark.parametrize(("over", "sentence"), BAD_FILES, ids=[sentence[:40] for _, sentence in BAD_FILES])
def test_a_bad_file_is_refused_with_a_sentence(over, sentence):
    assert any(sentence in problem for problem in problems(make_file(**over)))


def test_an_instrument_with_an_unknown_force_is_refused():
    bad = {**GOOD["instruments"][0], "force": "EDICT"}
    assert "force is one of LAW" in problems(make_file(instruments=[bad]))[0]


def test_a_file_that_is_no_mapping_is_refused():
    assert "not a mapping" in problems(RawFile("t/1.yaml", None, {}))[0]


def test_a_cycle_is_told_once_with_its_way_round():
    rows = [make_raw_row("t.1", parent="t.2"), make_raw_row("t.2", parent="t.1"), make_raw_row("t.3", parent="t.1")]
    assert problems(make_file(*rows)) == ["t/1.yaml, line 10: row “t.1” is its own ancestor: t.1 → t.2 → t.1."]


def test_a_dangling_grandparent_is_told_at_its_child_only():
    rows = [make_raw_row("t.1", parent="t.9"), make_raw_row("t.2", parent="t.1")]
    assert len(problems(make_file(*rows))) == 1


def test_all_problems_come_at_once():
    rows = [make_raw_row("t.1", force="x"), make_raw_row("t.2", citation="", owed_by="y")]
    assert len(problems(make_file(*rows))) == 3


def test_a_release_that_is_not_newer_or_of_another_family_is_refused():
    assert "is not newer than" in problems(make_file(make_raw_row()), make_change(day="2026-01-01"))[0]
    assert "of family “u”" in problems(make_file(make_raw_row()), make_change(family={"key": "u"}))[0]


def test_a_change_of_a_row_that_does_not_exist_names_the_nearest():
    assert 'Did you mean "t.1"?' in problems(make_file(make_raw_row()), make_change({"id": "t.11", "title": "x"}))[0]


def test_a_heading_needs_neither_level_nor_evidence():
    heading = make_raw_row(owed_by=..., evidence=..., heading=True)
    assert read(make_file(heading)).versions[0].owed_by == ""


# ---- files


def write(folder, text, name="2026-01-01.yaml"):
    place = folder / "t"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place / name


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"\xff\xfe", "is not UTF-8"),
        ("a: [1", "line 2: the file is not valid YAML"),
        ("a: 1\na: 2", "“a” stands twice"),
        ("a: !!python/object/apply:os.system [x]", "not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, text, sentence):
    with pytest.raises(CatalogueError, match=sentence):
        read_file(write(tmp_path, text))


def test_the_line_of_a_problem_is_the_line_in_the_file(tmp_path):
    always = {"all": []}
    rows = [make_raw_row(applies_when=always), make_raw_row("t.2", force="bad", applies_when=always)]
    content = {**GOOD, "rows": rows}
    path = write(tmp_path, yaml.safe_dump(content, sort_keys=False))
    with pytest.raises(CatalogueError) as caught:
        read_folder(tmp_path)
    line = int(caught.value.problems[0].split("line ")[1].split(":")[0])
    assert path.read_text().splitlines()[line - 1].startswith("- id: t.2")


def test_releases_are_read_oldest_first(tmp_path):
    write(tmp_path, "{}", "2026-07-24.yaml")
    write(tmp_path, "{}", "2024-07-12.yaml")
    assert [path.stem for path in release_files(tmp_path / "t")] == ["2024-07-12", "2026-07-24"]
