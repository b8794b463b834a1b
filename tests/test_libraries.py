"""Texts of others brought in: plan before apply, ids that stay, and nothing lost when a newer version comes."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from controls.domain.coverage import Bounds
from controls.formats.olir import olir_sheet, olir_sheets
from controls.formats.oscal import mapping_collection, oscal_bundle
from controls.formats.sides import AsOf
from controls.formats.strm import strm_sheet, strm_sheets
from controls.inputs import coverage_on, crosswalk_between
from controls.models import ControlMapping, RequirementMapping
from controls.services import mappings
from frameworks.inputs import rows_known_on
from frameworks.models import Family, Requirement, RequirementVersion
from governance.models import ApplicabilityDecision, Gap
from governance.services.answers import adopt, decide
from governance.services.gaps import recompute_gaps
from office import importing
from office.history import Present
from office.models import JournalEvent, Scope, Upload
from office.services.recording import recording
from office.services.verify import verify
from office.spreadsheet import write_csv, write_xlsx
from office.today import today
from tests.controls.test_oscal_export import OneSide
from tests.makers import (
    TODAY,
    make_control,
    make_deployment,
    make_direct,
    make_entity,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
NODES = [
    {"urn": "urn:x:req_node:house:1", "ref_id": "1", "assessable": False, "depth": 1, "name": "House rules"},
    {
        "urn": "urn:x:req_node:house:1.1", "parent_urn": "urn:x:req_node:house:1", "ref_id": "1.1", "assessable": True,
        "depth": 2, "description": "Keep a list of the systems in use.",
    },
    {
        "urn": "urn:x:req_node:house:1.2", "parent_urn": "urn:x:req_node:house:1", "ref_id": "1.2", "assessable": True,
        "depth": 2, "description": "Name one person for each system.",
    },
    {
        "urn": "urn:x:req_node:house:1.3", "parent_urn": "urn:x:req_node:house:1", "ref_id": "1.3", "assessable": True,
        "depth": 2, "description": "Ask before a system is bought.",
    },
]  # fmt: skip


def make_library(nodes=NODES, version=1, day="2026-03-01"):
    return yaml.safe_dump(
        {
            "urn": "urn:x:library:house", "locale": "en", "ref_id": "house", "name": "House rules", "version": version,
            "publication_date": day, "provider": "Somebody", "packager": "somebody", "copyright": "Free",
            "objects": {"framework": {"urn": "urn:x:framework:house", "ref_id": "house", "name": "House rules",
                                      "requirement_nodes": nodes}},
        },
        sort_keys=False,
    ).encode()  # fmt: skip


def newer(day="2026-06-01"):
    """1.2 says something else, 1.3 is gone, 1.4 is new."""
    changed = [{**node} for node in NODES[:3]]
    changed[2]["description"] = "Name one person and a deputy for each system."
    new = {**NODES[3], "urn": "urn:x:req_node:house:1.4", "ref_id": "1.4", "description": "Test before use."}
    return make_library([*changed, new], version=2, day=day)


def brought(content, name="house.yaml"):
    return importing.understand(content, name)


def take_in(content, actor=None):
    file = brought(content)
    return file.apply(digest=file.plan(actor).digest, leave_out_refused=False, actor=actor)


def journal_problems():
    """The head outside the database is written when a transaction ends, which a test's never does."""
    return [sentence for sentence in verify() if not sentence.startswith("No head is kept outside")]


def verdicts(content):
    return {row.key: row.verdict.value for row in brought(content).plan(None).rows}


def test_a_library_shows_its_plan_first_and_comes_in_as_a_tree_with_ids_of_its_own(office):
    assert verdicts(make_library()) == {
        "lib-house": "new", "lib-house.1": "new", "lib-house.1.1": "new", "lib-house.1.2": "new", "lib-house.1.3": "new",
    }  # fmt: skip
    assert not Family.objects.exists()
    take_in(make_library())
    row = Requirement.objects.select_related("current", "parent", "family").get(ref="lib-house.1.1")
    assert (row.parent.ref, row.current.title, row.current.verification) == (
        "lib-house.1", "Keep a list of the systems in use.", "IMP"
    )  # fmt: skip
    assert (row.family.origin, row.family.source_id, row.current.known_from) == (
        "imported", "urn:x:library:house", date(2026, 3, 1)
    )  # fmt: skip
    assert row.current.is_unverified
    assert Requirement.objects.get(ref="lib-house.1").current.is_heading
    assert journal_problems() == []


def test_the_same_file_again_changes_nothing(office):
    take_in(make_library())
    events = JournalEvent.objects.count()
    plan = take_in(make_library())
    assert (plan.rows, plan.totals["unchanged"]) == ((), 4)
    assert JournalEvent.objects.count() == events


def test_a_newer_version_rewords_adds_and_retires_and_the_earlier_text_stays_known(office):
    take_in(make_library())
    assert verdicts(newer()) == {
        "lib-house": "changed", "lib-house.1.2": "changed", "lib-house.1.4": "new", "lib-house.1.3": "retired",
    }  # fmt: skip
    take_in(newer())
    before, after = date(2026, 5, 31), date(2026, 6, 1)
    known = {
        day: dict(
            RequirementVersion.objects.known_on(day).values_list("requirement__ref", "summary").order_by("requirement")
        )
        for day in (before, after)
    }
    assert known[before]["lib-house.1.2"] == "Name one person for each system."
    assert known[after]["lib-house.1.2"] == "Name one person and a deputy for each system."
    assert "lib-house.1.3" in known[before]
    assert "lib-house.1.3" not in known[after]
    assert Requirement.objects.get(ref="lib-house.1.3").is_repealed
    assert journal_problems() == []


@pytest.fixture
def mapped(office):
    """A library in use: two approved mappings that are proved, a decision, a gap that was closed."""
    officer, second = make_person("P-1", role="officer"), make_person("P-2", role="officer")
    take_in(make_library(), officer)
    entity = make_entity("hk-bank", owner=officer)
    make_deployment(make_use_case("Mine", officer, ref="UC-1"), entity)
    control = make_control(owner=officer)
    rows = [
        make_mapping(
            control, Requirement.objects.get(ref=f"lib-house.1.{number}"), by=officer,
            relationship="equal", rationale=f"It is rule {number}.",
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    mappings.approve(mappings=rows, actor=second)
    make_proof(control, office.scope, officer)
    return officer


def lower(ref, office):
    found: Bounds = coverage_on(TODAY, Present()).cover(ref, (office.scope.key,))
    return found.lower


def test_an_update_loses_no_answer_and_leaves_no_reworded_row_as_fulfilled(mapped, office):
    """The case in which the best peer deletes what was answered about removed rows and keeps reworded ones as done."""
    retired = Requirement.objects.get(ref="lib-house.1.3")
    decide(
        scope=office.scope, requirement=retired, verdict="not_applicable", reason="We buy nothing.", actor=mapped,
        review_on=None,
    )  # fmt: skip
    assert [lower(f"lib-house.1.{number}", office) for number in (1, 2, 3)] == [1, 1, 1]
    take_in(newer(), mapped)
    kept = dict(ControlMapping.objects.values_list("requirement__ref", "status"))
    assert kept == {"lib-house.1.1": "approved", "lib-house.1.2": "re_review", "lib-house.1.3": "re_review"}
    assert [lower(f"lib-house.1.{number}", office) for number in (1, 2, 3)] == [1, 0, 0]
    row = ControlMapping.objects.get(requirement=retired)
    assert (row.rationale, row.requirement.is_repealed, row.text_current) == ("It is rule 3.", True, False)
    assert ApplicabilityDecision.objects.get(requirement=retired).reason == "We buy nothing."


def test_a_row_that_comes_back_is_the_same_row_with_its_mappings(mapped):
    take_in(newer(), mapped)
    again = make_library(version=3, day="2026-09-01")
    assert verdicts(again)["lib-house.1.3"] == "changed"
    take_in(again, mapped)
    row = Requirement.objects.get(ref="lib-house.1.3")
    assert not row.is_repealed
    assert row.versions.count() == 2
    assert row.control_mappings.get().status == "re_review", "a person looks at it again"


def test_an_imported_framework_makes_gaps_only_where_somebody_says_that_it_is_followed(mapped, office):
    assert not Gap.objects.filter(requirement__family__key="lib-house").exists()
    recompute_gaps(on=TODAY, actor=None)
    assert not Gap.objects.filter(requirement__family__key="lib-house").exists()
    adopt(
        scope=office.scope, family=Family.objects.get(key="lib-house"), adopted=True, reason="We signed it.",
        actor=mapped,
    )  # fmt: skip
    ControlMapping.objects.get(requirement__ref="lib-house.1.2").control.implementations.update(state="planned")
    recompute_gaps(on=TODAY, actor=None)
    gaps = Gap.objects.filter(requirement__family__key="lib-house")
    assert {(gap.scope.kind, gap.requirement.ref) for gap in gaps} == {
        (Scope.Kind.OFFICE, f"lib-house.1.{number}") for number in (1, 2, 3)
    }


def test_two_versions_of_one_day_are_refused_with_what_to_do(office):
    take_in(make_library())
    with pytest.raises(ValidationError, match="Bring this one tomorrow"):
        file = brought(newer(day="2026-03-01"))
        assert Requirement.objects.count() == 4
        Requirement.objects.first().family.releases.update(known_from=date(2099, 1, 1))
        file.apply(digest=file.plan(None).digest, leave_out_refused=False, actor=None)


def test_another_library_of_the_same_name_never_retires_what_is_here(office):
    take_in(make_library())
    stranger = make_library(day="2026-06-01").replace(b"urn: urn:x:library:house", b"urn: urn:y:library:house")
    with pytest.raises(ValidationError, match="lives here under the same name"):
        brought(stranger).plan(None)


def test_a_plan_that_is_no_longer_true_is_not_applied(office):
    file = brought(newer())
    digest = file.plan(None).digest
    take_in(make_library())
    with pytest.raises(ValidationError, match="The office has changed since this plan was shown"):
        file.apply(digest=digest, leave_out_refused=False, actor=None)
    assert not Requirement.objects.filter(ref="lib-house.1.4").exists()


def test_ids_that_cannot_be_told_apart_or_are_too_long_are_named(office):
    twins = [{**NODES[1], "parent_urn": None, "ref_id": "a b"}, {**NODES[2], "parent_urn": None, "ref_id": "a/b"}]
    with pytest.raises(ValidationError) as caught:
        brought(make_library([{key: value for key, value in node.items() if value} for node in twins])).plan(None)
    assert "cannot be told apart from another id here; both would be lib-house.a-b" in caught.value.messages[0]


def test_a_library_takes_an_officer_of_the_whole_office(office):
    auditor = make_person("P-9", role="auditor")
    with pytest.raises(ValidationError, match="cannot import libraries"):
        brought(make_library()).plan(auditor)


def test_it_comes_through_the_portal_too_and_its_plan_is_kept(office):
    officer = make_person("P-1", role="officer")
    upload = importing.bring(content=make_library(), name="house.yaml", noun="", actor=officer, nudge=lambda pk: None)
    assert (upload.noun, upload.totals) == ("library", {"new": 5, "changed": 0, "unchanged": 0, "refused": 0})
    importing.ask_apply(
        upload=upload, digest=upload.digest, leave_out_refused=False, actor=officer, nudge=lambda pk: None
    )
    assert Upload.objects.get().status == "applied"
    assert Requirement.objects.filter(family__key="lib-house").count() == 4


def test_a_file_with_faults_is_refused_whole_with_all_of_them(office):
    bad = make_library([*NODES, {**NODES[3], "parent_urn": "urn:x:nowhere", "urn": "urn:x:5"}, {**NODES[1]}])
    officer = make_person("P-1", role="officer")
    with pytest.raises(ValidationError) as caught:
        importing.bring(content=bad, name="house.yaml", noun="", actor=officer, nudge=lambda pk: None)
    told = " ".join(caught.value.messages)
    assert "stands twice" in told
    assert "“urn:x:nowhere” does not exist" in told
    assert not Upload.objects.exists()


def test_the_command_shows_the_plan_and_applies_exactly_that(office, tmp_path, capsys):
    path = tmp_path / "house.yaml"
    path.write_bytes(make_library())
    call_command("import_file", str(path))
    told = capsys.readouterr().out
    digest = told.split("Digest of this plan: ")[1].split()[0]
    assert "Library “House rules”: 5 new, 0 changed, 0 unchanged, 0 refused" in told
    assert not Family.objects.exists()
    call_command("import_file", str(path), "--apply", digest)
    assert Family.objects.filter(key="lib-house").exists()
    path.write_bytes(b"urn: [")
    with pytest.raises(CommandError):
        call_command("import_file", str(path), stderr=io.StringIO())


CATALOGUE = {
    "catalog": {
        "uuid": "74c8ba1e-5cd4-4ad1-bbfd-d888e2f6c724",
        "metadata": {
            "title": "Small catalogue", "last-modified": "2026-01-01T00:00:00Z", "version": "1.0",
            "oscal-version": "1.1.2",
        },
        "groups": [
            {
                "id": "g1", "title": "First group",
                "controls": [
                    {
                        "id": "c-1", "title": "Do it", "props": [{"name": "label", "value": "C-1"}],
                        "parts": [{"id": "c-1_smt", "name": "statement", "prose": "It is done."}],
                    }
                ],
            }
        ],
    }
}  # fmt: skip
CPRT = {
    "response": {
        "elements": {
            "documents": [{"doc_identifier": "DOC_1", "name": "Small document", "version": "1", "website": "x"}],
            "relationship_types": [{"relationship_identifier": "projection", "description": "parent"}],
            "elements": [
                {"doc_identifier": "DOC_1", "element_type": "function", "element_identifier": "A", "title": "Alpha", "text": ""},
                {"doc_identifier": "DOC_1", "element_type": "item", "element_identifier": "A-1", "title": "", "text": "Do."},
            ],
            "relationships": [
                {
                    "source_element_identifier": "A", "source_doc_identifier": "DOC_1", "dest_element_identifier": "A-1",
                    "dest_doc_identifier": "DOC_1", "relationship_identifier": "projection",
                    "provenance_doc_identifier": "DOC_1",
                }
            ],
        }
    }
}  # fmt: skip


@pytest.mark.parametrize(("content", "leaf", "parent"), [(CATALOGUE, "c-1", "g1"), (CPRT, "A-1", "A")])
def test_oscal_and_cprt_come_in_by_the_same_way(office, content, leaf, parent):
    take_in(json.dumps(content).encode())
    family = Family.objects.get()
    row = Requirement.objects.get(ref=f"{family.key}.{leaf}")
    assert row.parent.ref == f"{family.key}.{parent}"
    assert row.current.owed_by == "office"


PAIRS = b"house_rules_item,other_guide_ref\n1.1,4.1\n1.2,4.1\n1.2,B.2\n"


def test_a_published_crosswalk_comes_in_untyped_and_unreviewed_and_may_make_a_framework_of_ids(office):
    officer = make_person("P-1", role="officer")
    take_in(make_library())
    take_in(PAIRS, officer)
    rows = RequirementMapping.objects.select_related("focal", "reference__current", "reference__family")
    assert {(row.focal.ref, row.reference.current.citation) for row in rows} == {
        ("lib-house.1.1", "4.1"), ("lib-house.1.2", "4.1"), ("lib-house.1.2", "B.2")
    }  # fmt: skip
    assert {(row.relationship, row.status, row.proposed_by_id) for row in rows} == {("", "proposed", officer.pk)}
    made = rows[0].reference
    assert (made.family.origin, made.current.summary) == ("imported", "4.1")
    assert brought(PAIRS).plan(officer).rows == (), "a second time it changes nothing"


def make_sets(*pairs_of_sets):
    """Sets between two frameworks that are not here, each a list of (source, target, relationship)."""
    sets = [
        {
            "urn": f"urn:x:req_mapping_set:s{at}", "ref_id": f"s{at}", "name": f"Set {at}",
            "source_framework_urn": "urn:x:framework:one", "target_framework_urn": "urn:x:framework:two",
            "requirement_mappings": [
                {
                    "source_requirement_urn": f"urn:x:req_node:one:{source}",
                    "target_requirement_urn": f"urn:x:req_node:two:{target}", "relationship": relationship,
                }
                for source, target, relationship in pairs
            ],
        }
        for at, pairs in enumerate(pairs_of_sets)
    ]  # fmt: skip
    content = {
        "urn": "urn:x:library:sets", "locale": "en", "ref_id": "sets", "name": "Sets", "version": 1, "provider": "S",
        "packager": "s", "copyright": "Free", "objects": {"requirement_mapping_sets": sets},
    }  # fmt: skip
    return yaml.safe_dump(content, sort_keys=False).encode()


def test_sets_of_one_file_share_their_frameworks_and_say_a_pair_once(office):
    content = make_sets([("a", "x", "subset")], [("a", "x", "subset"), ("b", "y", "equal")])
    plan = take_in(content)
    assert (plan.totals["new"], plan.totals["unchanged"]) == (2 + 4 + 2, 1), "two frameworks, their ids, two pairs"
    assert {row.ref for row in Requirement.objects.all()} == {"lib-one.a", "lib-one.b", "lib-two.x", "lib-two.y"}
    assert set(RequirementMapping.objects.values_list("focal__ref", "reference__ref", "relationship")) == {
        ("lib-one.a", "lib-two.x", "subset"), ("lib-one.b", "lib-two.y", "equal")
    }  # fmt: skip


def test_ids_of_a_crosswalk_that_do_not_exist_are_refused_one_by_one(office):
    take_in(make_library())
    plan = brought(PAIRS.replace(b"1.1,", b"1.9,")).plan(None)
    refused = [row for row in plan.rows if row.verdict == "refused"]
    assert [(row.number, row.problems[0]) for row in refused] == [
        (2, '“1.9” is not in House rules. Did you mean "1.3"?')
    ]


def real(name):
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project: the real file cannot be imported.")
    return path.read_bytes()


def test_the_library_of_1200_nodes_takes_less_than_60_queries(office, django_assert_max_num_queries):
    content = real("libraries/ciso-assistant_ai-act.yaml")
    file = brought(content)
    digest = file.plan(None).digest
    with django_assert_max_num_queries(59):
        file.apply(digest=digest, leave_out_refused=False, actor=None)
    rows = Requirement.objects.filter(family__origin="imported")
    assert (rows.count(), rows.filter(current__is_heading=False).count()) == (1200, 347)


@pytest.mark.parametrize(("name", "pairs"), [("iso-iec-42001-fdis", 280), ("kr-tta-guidebook-2023", 111)])
def test_the_published_crosswalks_meet_the_shipped_framework(office, name, pairs):
    content = real(f"crosswalks/nist-ai-rmf__{name}.csv")
    call_command("load_catalogues")
    take_in(content)
    rows = RequirementMapping.objects.filter(focal__family__key="nist-ai-rmf")
    assert (rows.count(), rows.exclude(relationship="").count()) == (pairs, 0)


def test_a_typed_mapping_set_comes_in_typed_and_its_reverse_is_not_said_twice(office):
    content = real("libraries/ciso-assistant_mapping-iso42001-2023-and-scf-2025.2.2.yaml")
    take_in(content)
    assert RequirementMapping.objects.count() == 358
    assert not RequirementMapping.objects.filter(relationship="").exists()
    assert Family.objects.filter(origin="imported").count() == 2


# Mapping collections, STRM and OLIR sheets

DIRECT = [
    ("tea.1", "cake.1", "equal", "syntactic", "Word for word.", 10),
    ("tea.1", "cake.2", "equal", "semantic", "Both ask for a list.\n\nOf what is in use.", None),
    ("tea.2", "cake.1", "superset", "functional", "=It holds more.", 0),
    ("tea.2", "cake.3", "intersects", "", "", 4),
    ("tea.3", "cake.3", "no_relationship", "semantic", "One is about water.", 1),
]
UNTYPED = ("tea.3", "cake.1", "", "", "", None)


@pytest.fixture
def kitchen(office):
    """Two frameworks of three requirements each, none of them mapped."""
    for family in ("tea", "cake"):
        for number in (1, 2, 3):
            make_requirement(f"{family}.{number}", family=family, citation=f"Art. {number}")


def map_all(rows):
    for focal, reference, relationship, rationale_type, rationale, strength in rows:
        make_direct(
            focal=Requirement.objects.get(ref=focal), reference=Requirement.objects.get(ref=reference), actor=None,
            relationship=relationship, rationale_type=rationale_type, rationale=rationale, strength=strength,
        )  # fmt: skip


def direct_mappings():
    names = ("focal__ref", "reference__ref", "relationship", "rationale_type", "rationale", "strength")
    return sorted(RequirementMapping.objects.values_list(*names), key=str)


def unmap_all():
    with recording(actor=None, reason="test") as pen:
        for row in RequirementMapping.objects.all():
            pen.delete(row)


def side_of(family, known_on=TODAY):
    rows = [row for row in rows_known_on(known_on) if row.family == family and not row.heading]
    return OneSide(family, f"Law {family}", "release of 2025-01-01", tuple(rows))


def sides_and_rows():
    focal, reference = side_of("tea"), side_of("cake")
    found = crosswalk_between([row.id for row in focal.rows], [row.id for row in reference.rows], Present())
    return {"focal": focal, "reference": reference, "rows": found.rows}


AS_OF = AsOf(TODAY, TODAY, datetime(2026, 11, 25, 9, tzinfo=UTC), "1 a", "Test office")


def as_oscal(tmp_path):
    return json.dumps(mapping_collection(**sides_and_rows(), as_of=AS_OF)).encode()


def as_bundle(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as box:
        for name, text in oscal_bundle(**sides_and_rows(), as_of=AS_OF).items():
            box.writestr(name, text)
    return file.getvalue()


def as_workbook(sheets):
    def write(tmp_path):
        file = io.BytesIO()
        write_xlsx(file, sheets(**sides_and_rows(), as_of=AS_OF), title="x")
        return file.getvalue()

    return write


def as_csv(sheet):
    def write(tmp_path):
        write_csv(tmp_path / "x.csv", sheet(**sides_and_rows()))
        return (tmp_path / "x.csv").read_bytes()

    return write


FORMATS = {
    "collection": as_oscal, "bundle": as_bundle, "strm.xlsx": as_workbook(strm_sheets), "strm.csv": as_csv(strm_sheet),
    "olir.xlsx": as_workbook(olir_sheets), "olir.csv": as_csv(olir_sheet),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_our_own_export_gives_the_same_direct_mappings_where_there_are_none(kitchen, tmp_path, name):
    map_all([*DIRECT, UNTYPED])
    mappings.approve(
        mappings=list(RequirementMapping.objects.filter(relationship="superset")),
        actor=make_person("P-2", role="officer"),
    )
    before, content = direct_mappings(), FORMATS[name](tmp_path)
    unmap_all()
    officer = make_person("P-1", role="officer")
    plan = take_in(content, officer)
    kept = [row for row in before if row[2]] if name in ("collection", "bundle") else before
    assert direct_mappings() == kept
    assert plan.totals == {"new": len(kept), "changed": 0, "unchanged": 0, "refused": 0}
    rows = RequirementMapping.objects.values_list("status", "proposed_by", "reviewed_by")
    assert set(rows) == {("proposed", officer.pk, None)}, "whatever the file says of its status"


@pytest.mark.parametrize("name", FORMATS)
def test_our_own_export_writes_nothing_where_the_mappings_are(kitchen, tmp_path, name):
    map_all(DIRECT)
    content, officer = FORMATS[name](tmp_path), make_person("P-1", role="officer")
    events = JournalEvent.objects.count()
    plan = take_in(content, officer)
    assert (plan.rows, plan.totals["unchanged"]) == ((), len(DIRECT))
    assert JournalEvent.objects.count() == events
    assert len(direct_mappings()) == len(DIRECT)


def test_the_plan_shows_all_that_would_be_written_of_a_pair(kitchen, tmp_path):
    map_all(DIRECT[:1])
    content = as_oscal(tmp_path)
    unmap_all()
    (row,) = brought(content).plan(None).rows
    assert [(cell.column, cell.after) for cell in row.cells] == [
        ("relationship", "equal"), ("rationale type", "syntactic"), ("rationale", "Word for word."), ("strength", "10"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_an_id_that_a_framework_of_ours_does_not_have_is_refused_with_the_nearest(kitchen, tmp_path, name):
    map_all(DIRECT[1:])
    side = sides_and_rows()["focal"]
    wrong = replace(side, rows=tuple(replace(row, id=row.id.replace("tea.3", "tea.33")) for row in side.rows))
    sheet = [replace(row, focal=row.focal.replace("tea.3", "tea.33")) for row in sides_and_rows()["rows"]]
    with pytest.MonkeyPatch.context() as patch:
        found = {**sides_and_rows(), "focal": wrong, "rows": sheet}
        patch.setitem(globals(), "sides_and_rows", lambda: found)
        content = FORMATS[name](tmp_path)
    unmap_all()
    plan = brought(content).plan(None)
    (refused,) = [row for row in plan.rows if row.verdict == "refused"]
    assert refused.problems == ('“tea.33” is not in Law tea. Did you mean "tea.3"?',)
    assert not Family.objects.filter(origin="imported").exists()
    with pytest.raises(ValidationError, match="1 row"):
        brought(content).apply(digest=plan.digest, leave_out_refused=False, actor=None)
    assert not RequirementMapping.objects.exists()


NAMED = ("Focal framework,tea,", "Reference framework,cake,")


def sheet_of(*rows, above=NAMED):
    table = (",".join(row) for row in (("FDE #", "STRM Relationship", "Target ID #"), *rows))
    return "\n".join([*above, *table]).encode()


def refused_in(content):
    return [(row.number, *row.problems) for row in brought(content).plan(None).rows if row.verdict == "refused"]


def test_a_citation_that_two_requirements_share_names_neither(kitchen):
    make_requirement("tea.4", family="tea", citation="Art. 1")
    good = [("tea.2", "equal", "cake.2"), ("Art. 3", "equal", "Art. 3")]
    assert refused_in(sheet_of(*good, ("Art. 1", "equal", "cake.1"))) == [
        (6, "“Art. 1” is cited by more than one requirement of Law tea; write the id of the one that is meant.")
    ]
    assert len(take_in(sheet_of(*good)).rows) == 2


def test_a_pair_that_stands_backwards_or_twice_under_other_names_is_refused(kitchen):
    rows = [("tea.1", "equal", "cake.1"), ("tea.2", "equal", "cake.2"), ("cake.3", "equal", "tea.3")]
    assert refused_in(sheet_of(*rows, ("tea-1", "equal", "cake.1"), ("2", "equal", "cake.2"))) == [
        (6, "The pair stands backwards: “cake.3” is of Law cake, “tea.3” of Law tea. Exchange them and turn the "
            "relationship round, or leave the row out."),
        (7, '“tea-1” is not in Law tea. Did you mean "tea.1"?'),
        (8, "Row 5 names the same two requirements in other words; keep one of them."),
    ]  # fmt: skip


HEAD = {"title": "T", "version": "1", "last-modified": "2026-01-01T00:00:00Z"}


def test_one_map_that_names_a_requirement_twice_in_two_spellings_brings_it_once(kitchen):
    sides = ({"type": "catalog", "href": f"{name}.json"} for name in ("tea", "cake"))
    sources, targets = (
        [{"type": "control", "id-ref": ref} for ref in refs] for refs in (("tea.1", "tea.2", "1"), ("cake.1",))
    )
    one = {"uuid": "m", "relationship": "subset-of", "sources": sources, "targets": targets}
    mapping = dict(zip(("source-resource", "target-resource"), sides, strict=True)) | {"maps": [one]}
    document = {"mapping-collection": {"uuid": "u", "metadata": HEAD, "mappings": [mapping]}}
    file = brought(json.dumps(document).encode(), "map.json")
    plan = file.plan(None)
    assert ([row.key for row in plan.rows], plan.totals["unchanged"]) == (["tea.1 → cake.1", "tea.2 → cake.1"], 1)
    file.apply(digest=plan.digest, leave_out_refused=False, actor=None)
    assert RequirementMapping.objects.count() == 2


def test_ids_that_two_frameworks_have_alike_are_taken_for_neither(kitchen):
    with pytest.raises(ValidationError, match="The ids of “Art. 1” are those of cake and tea alike"):
        brought(sheet_of(("Art. 1", "equal", "cake.1"), above=())).plan(None)


def test_a_sheet_that_names_no_framework_and_whose_ids_are_strange_makes_none(kitchen):
    with pytest.raises(ValidationError, match="does not say which framework “x.1” belongs to"):
        brought(sheet_of(("x.1", "equal", "cake.1"), above=())).plan(None)
    assert not Family.objects.filter(origin="imported").exists()


def test_a_collection_takes_an_officer_of_the_whole_office(kitchen, tmp_path):
    map_all(DIRECT)
    content = as_oscal(tmp_path)
    nobody, officer = make_person("P-0"), make_person("P-1", role="officer")
    other = make_person("P-2", role="officer", scope=make_entity("hk-bank", owner=officer))
    for person in (nobody, other):
        with pytest.raises(ValidationError, match="cannot import libraries"):
            brought(content).plan(person)
    assert brought(content).plan(officer).totals["unchanged"] == len(DIRECT)


def test_a_long_collection_takes_as_many_queries_as_a_short_one(kitchen, tmp_path, django_assert_num_queries):
    for number in range(4, 44):
        make_requirement(f"tea.{number}", family="tea")
    rows = [(f"tea.{number}", "cake.1", "equal", "semantic", "Because.", 5) for number in range(4, 44)]
    counts = []
    for chosen in (rows[:2], rows):
        map_all(chosen)
        content = as_oscal(tmp_path)
        unmap_all()
        file = brought(content)
        digest = file.plan(None).digest
        with CaptureQueriesContext(connection) as queries:
            file.apply(digest=digest, leave_out_refused=False, actor=None)
        counts.append(len(queries))
        assert len(direct_mappings()) == len(chosen)
        unmap_all()
    assert counts[0] == counts[1]


def test_the_whole_of_a_real_crosswalk_goes_out_as_strm_and_comes_back(office, tmp_path):
    content = real("crosswalks/nist-ai-rmf__iso-iec-42001-fdis.csv")
    call_command("load_catalogues")
    take_in(content)
    before = direct_mappings()
    focal, reference = side_of("nist-ai-rmf", today()), side_of("lib-iso-iec-fdis-42001", today())
    found = crosswalk_between([row.id for row in focal.rows], [row.id for row in reference.rows], Present())
    file = io.BytesIO()
    write_xlsx(file, strm_sheets(focal=focal, reference=reference, rows=found.rows, as_of=AS_OF), title="x")
    unmap_all()
    plan = take_in(file.getvalue())
    assert (plan.totals["new"], direct_mappings()) == (280, before)
