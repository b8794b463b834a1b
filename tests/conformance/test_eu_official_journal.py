"""Our citations of the AI Act against the Official Journal of 12 July 2024 and the table of its amendment of 2026.

What was known before the amendment was published may cite only the text as enacted; what is known since may also cite
what Regulation (EU) 2026/1744 brought in, and nothing that it deleted.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from datetime import date
from functools import cache

import pytest

from frameworks.catalogue_files import FOLDER, read_file, release_files, shipped_families
from frameworks.domain.rows import Row, select
from frameworks.vocabulary_files import shipped_vocabulary
from tests.conformance import AMENDMENTS, REAL, needs_real
from tests.conformance.citations import Amendments, CitationError, OfficialJournal, Place, parse

pytestmark = needs_real

AMENDED = date(2026, 7, 24)
"""Regulation (EU) 2026/1744 was published on this day."""
DAY_BEFORE = date(2026, 7, 23)
OWN_ACT = re.compile(r"(?:EU AI Act )?(?:Arts?\.?\s\d|Annex\s[IVX])")
IN_TEXT = re.compile(r"Arts?\.? \d+[a-z]?(?:\([\da-z]+\))*(?: or \([\da-z]+\))*")
HOMES = {
    "Annex IV": "Art. 11(1)", "Annex V": "Art. 47", "Annex VIII Section A": "Art. 49(1)",
    "Annex VIII Section B": "Art. 49(2)", "Annex VIII Section C": "Art. 49(3)", "Annex XI": "Art. 53(1)(a)",
    "Annex XII": "Art. 53(1)(b)", "Annex XIII": "Art. 52",
}  # fmt: skip
"""The annexes that we keep as checklists, each on the row of the duty that it details."""


@cache
def journal() -> OfficialJournal:
    return OfficialJournal(json.loads((REAL / "eu-ai-act-2024-1689-oj-en.json").read_text(encoding="utf-8")))


@cache
def amendments() -> Amendments:
    with AMENDMENTS.open(encoding="utf-8", newline="") as table:
        return Amendments(csv.DictReader(table), journal())


def unresolved(citation: str, *, amended: bool) -> list[str]:
    """What the citation names and the text does not have; in the text of 2024 or in the amended one."""
    lacks = amendments().lacks if amended else journal().lacks
    try:
        return [why for place in parse(citation) if (why := lacks(place))]
    except CitationError as error:
        return [str(error)]


def is_amended(version: Row) -> bool:
    assert version.known_from, version.id
    return version.known_from >= AMENDED


def versions(*, amended: bool) -> list[Row]:
    found = [row for row in shipped_families()["eu-ai-act"].versions if is_amended(row) == amended]
    assert found
    return found


def wrong(citations: Iterable[tuple[str, str]], *, amended: bool) -> dict[str, list[str]]:
    """Name → complaints, for (name, citation) pairs that do not resolve."""
    return {name: why for name, citation in citations if (why := unresolved(citation, amended=amended))}


@pytest.mark.parametrize("amended", [False, True], ids=["as enacted", "as amended"])
@pytest.mark.parametrize(
    "invented",
    [
        "Art. 200(1)", "Art. 26(99)", "Art. 5(1)(zz)", "Art. 5(1)(a)(i)", "Art. 5(1)(a)-(z)", "Art. 26(1)-(13)",
        "Art. 16(m)", "Arts 110-114", "Art. 11(1) sub. 3", "Art. 6(4) s.9", "Art. 60(4)(a)-(l)", "Art. 27(0)",
        "Annex III point 9", "Annex III point 2(a)", "Annex IV 1(i)", "Annex VIII B 10", "Annex VIII Section D",
        "Annex XX",
    ],
)  # fmt: skip
def test_an_invented_citation_is_refused(invented, amended):
    assert unresolved(invented, amended=amended)


@pytest.mark.parametrize(
    "unread", ["Art. 5(1)(c)-(a)", "Art. 5 nonsense", "(1)(a)", "Art.", "Art. 5(1),", "GDPR Art. 4"]
)
def test_a_citation_that_cannot_be_read_is_refused(unread):
    with pytest.raises(CitationError):
        parse(unread)


@pytest.mark.parametrize(
    ("citation", "places"),
    [
        ("Art. 26(10) sub. 5", ["Art. 26(10) sub. 5"]),
        ("Art. 15(4) sub. 1-2", ["Art. 15(4) sub. 1", "Art. 15(4) sub. 2"]),
        ("Art. 79(2),(4)", ["Art. 79(2)", "Art. 79(4)"]),
        ("Arts 43(1)-(2)", ["Art. 43(1)", "Art. 43(2)"]),
        ("Arts 2(1)(a), (c), 3(3)", ["Art. 2(1)(a)", "Art. 2(1)(c)", "Art. 3(3)"]),
        ("Art. 5(1)(h)(i)-(iii), 5(2)", ["Art. 5(1)(h)(i)", "Art. 5(1)(h)(ii)", "Art. 5(1)(h)(iii)", "Art. 5(2)"]),
        ("Art. 99(4)(a) or (e)", ["Art. 99(4)(a)", "Art. 99(4)(e)"]),
        ("Annex III points 1, 3-4", ["Annex III(1)", "Annex III(3)", "Annex III(4)"]),
        ("Annex VIII A 1", ["Annex VIII Section A(1)"]),
    ],
)  # fmt: skip
def test_lists_and_ranges_are_read_member_by_member(citation, places):
    assert [str(place) for place in parse(citation)] == places
    assert unresolved(citation, amended=False) == []


def test_a_point_that_stands_in_two_sections_needs_its_section():
    assert unresolved("Annex VIII 1", amended=False)
    assert unresolved("Annex VIII 13", amended=False) == []


def test_what_the_amendment_brought_in_is_unknown_to_the_text_as_enacted():
    for inserted in ("Art. 4a(1)(a)-(f)", "Art. 5(1)(ba),(bb)", "Art. 6(1a)-(1c)", "Art. 75a(3)-(4)", "Art. 99(4)(da)"):
        assert unresolved(inserted, amended=False), inserted
        assert unresolved(inserted, amended=True) == [], inserted


def test_what_the_amendment_deleted_is_no_longer_to_be_cited():
    for deleted in ("Art. 10(5)", "Art. 10(5)(a)", "Annex VIII B 7", "Annex VIII B 9"):
        assert unresolved(deleted, amended=False) == [], deleted
        assert unresolved(deleted, amended=True), deleted


def test_every_row_known_before_the_amendment_cites_the_text_as_enacted():
    rows = versions(amended=False)
    assert wrong(((row.id, row.citation) for row in rows), amended=False) == {}


def test_every_row_known_since_the_amendment_cites_the_amended_text():
    today = [row for row in shipped_families()["eu-ai-act"].versions if row.is_known(AMENDED)]
    assert {row.id for row in versions(amended=True)} <= {row.id for row in today}
    assert wrong(((row.id, row.citation) for row in today), amended=True) == {}


def test_only_art_4_rests_on_an_article_that_was_rewritten_as_a_whole():
    """Nothing of ours can check the paragraphs of a rewritten article: none may slip in unseen."""
    places = {place for row in shipped_families()["eu-ai-act"].versions for place in parse(row.citation)}
    assert amendments().rewritten == {Place("Art. 4")}
    resting = {place for place in places if amendments().rests_on(place) and place.unit == "Art. 4"}
    assert resting <= {Place("Art. 4", ("1",))}


def cited_acts() -> tuple[list[tuple[str, str]], list[str]]:
    """The clauses of the derived EU classifications: (name, citation) of this Regulation, and the clauses of others."""
    derived = [(name, rule.citation) for name, rule in shipped_vocabulary().derived.items() if name.startswith("eu.")]
    clauses = [(name, clause.strip()) for name, citation in derived for clause in citation.split(";")]
    assert clauses
    own = [(name, clause) for name, clause in clauses if OWN_ACT.match(clause)]
    return own, [clause for name, clause in clauses if (name, clause) not in own]


def test_every_classification_cites_what_the_regulation_has():
    own, _ = cited_acts()
    as_enacted = [(name, clause) for name, clause in own if "as enacted" in clause]
    assert len(as_enacted) == 2
    assert wrong(as_enacted, amended=False) == {}
    assert wrong([pair for pair in own if pair not in as_enacted], amended=True) == {}


def test_two_clauses_of_the_classifications_cite_something_else_and_are_left_out():
    own, others = cited_acts()
    assert sorted(others) == ["Commission guidelines of 18 July 2025", "recital 97"]
    derived = [rule for name, rule in shipped_vocabulary().derived.items() if name.startswith("eu.")]
    assert len(own) == len(derived) + sum(rule.citation.count(";") for rule in derived) - 2


def test_every_penalty_names_an_article_that_sets_it():
    codes: dict[str, str] = {}
    for path in release_files(FOLDER / "eu-ai-act"):
        codes |= {code: penalty["text"] for code, penalty in read_file(path).content.get("penalties", {}).items()}
    cited = {code: IN_TEXT.findall(text) for code, text in codes.items()}
    assert [code for code, citations in cited.items() if not citations] == []
    assert wrong(((code, c) for code, citations in cited.items() for c in citations), amended=True) == {}
    articles = {place.unit for citations in cited.values() for c in citations for place in parse(c)}
    assert articles == {"Art. 99", "Art. 101", "Art. 75c"}


def test_no_row_known_before_the_amendment_threatens_a_fine_that_came_with_it():
    pairs = [(row.id, c) for row in versions(amended=False) for c in IN_TEXT.findall(row.penalty)]
    assert {place.unit for _, citation in pairs for place in parse(citation)} == {"Art. 99", "Art. 101"}
    assert wrong(pairs, amended=False) == {}


def checklist(known_on: date) -> list[tuple[Row, str, Place]]:
    """(row, ref, place with its section) of every checklist item of the family as known on a day."""
    rows = select(shipped_families()["eu-ai-act"].versions, known_on)
    refs = [(row, item.ref) for row in rows for item in row.items if item.kind == "checklist"]
    assert refs, "No checklist is shipped."
    found = []
    for row, ref in refs:
        places = [exact for place in parse(ref) for exact in journal().found(place)]
        assert len(places) == 1, f"{row.id}: “{ref}” is {len(places)} places of the Official Journal."
        found.append((row, ref, places[0]))
    return found


@pytest.mark.parametrize("known_on", [DAY_BEFORE, AMENDED, date(2026, 11, 22)], ids=str)
def test_every_checklist_item_is_a_point_of_an_annex(known_on):
    items = checklist(known_on)
    amended = known_on >= AMENDED
    assert wrong(((ref, ref) for _, ref, _ in items), amended=amended) == {}
    assert [ref for _, ref, place in items if not (place.unit.startswith("Annex") and place.steps)] == []


def test_no_checklist_item_stands_twice_on_a_row():
    refs = [(row.id, str(place)) for row, _, place in checklist(AMENDED)]
    assert sorted(refs) == sorted(set(refs))


def test_every_annex_stands_on_the_row_of_the_duty_that_it_details():
    misplaced = []
    for row, ref, place in checklist(AMENDED):
        home = HOMES.get(place.unit) or HOMES.get(" ".join([place.unit, *place.steps[:1]]))
        if not home or not row.citation.startswith(home):
            misplaced.append((row.citation, ref, home))
    assert misplaced == []


@pytest.mark.parametrize("known_on", [DAY_BEFORE, AMENDED], ids=str)
def test_a_checklist_leaves_out_no_point_of_its_annex(known_on):
    lacks = amendments().lacks if known_on >= AMENDED else journal().lacks
    units = {name.split(" Section")[0] for name in HOMES}
    owed = {point for unit in units for point in journal().points(unit) if not lacks(point)}
    listed = [place for _, _, place in checklist(known_on)]
    assert sorted(str(point) for point in owed if not any(place.lies_in(point) for place in listed)) == []


def test_points_7_and_9_of_annex_viii_b_are_listed_until_they_were_deleted():
    deleted = {place for place in amendments().deleted if place.unit == "Annex VIII"}
    assert {str(place) for place in deleted} == {"Annex VIII Section B(7)", "Annex VIII Section B(9)"}
    for known_on, expected in [(DAY_BEFORE, deleted), (AMENDED, set()), (date(2026, 11, 22), set())]:
        assert {place for _, _, place in checklist(known_on)} & deleted == expected, known_on
