"""The shipped library reaches every requirement, in a sensible mixture, and says so."""

import io
from collections import Counter

import pytest
import yaml
from django.core.management import CommandError, call_command

from controls import library_files
from controls.domain.relations import Relationship
from controls.library_files import shipped_library
from frameworks.catalogue_files import shipped_families
from frameworks.domain.catalogue import rows_known_on
from office.today import today


@pytest.fixture(scope="module")
def library():
    return shipped_library({row.id for family in shipped_families().values() for row in family.versions})


def test_every_requirement_of_the_four_families_is_mapped_or_says_why_no_control_fits(library):
    out = io.StringIO()
    call_command("check_library", stdout=out)
    told = out.getvalue()
    assert told.count(", 0 neither") == 4
    assert ", 0 one part" in told, "what no control covers alone, two can cover together"
    assert told.count(", 0 of them at odds with two mappings of a control") == 4
    rows = rows_known_on(shipped_families().values(), today())
    duties = {row.id for row in rows if not row.heading and not row.context}
    reached = {row.requirement for row in (*library.mappings, *library.reasons)}
    assert duties <= reached
    assert len(duties) == 613


def test_the_library_has_the_sizes_that_were_asked_for(library):
    assert 90 <= len(library.controls) <= 130
    assert all(control.test_procedure and control.evidence and control.cadence for control in library.controls)
    family = {row.id: row.family for one in shipped_families().values() for row in one.versions}
    pairs = Counter((family[row.focal], family[row.reference]) for row in library.crosswalk)
    assert pairs["eu-ai-act", "nist-ai-rmf"] >= 150
    assert pairs["hk", "nist-ai-rmf"] >= 60
    assert pairs["cn-mainland", "eu-ai-act"] >= 60
    assert pairs["cn-mainland", "hk"] >= 40
    assert all(row.source.startswith("dual-compliance table, C") for row in library.crosswalk if row.focal[:2] == "CN"
               and row.reference[:2] == "HK")  # fmt: skip


def test_every_row_has_type_rationale_and_strength(library):
    for rows in (library.mappings, library.crosswalk):
        assert all(row.rationale and row.rationale_type and row.strength for row in rows)
        assert Relationship.NONE not in {row.relationship for row in rows}


def test_intersects_does_not_swallow_the_mappings_of_controls(library):
    kinds = Counter(row.relationship for row in library.mappings)
    assert kinds[Relationship.INTERSECTS] < 0.75 * len(library.mappings), "an intersects alone says little"


def test_between_two_laws_an_intersects_says_what_stays_outside_and_how_much_is_shared(library):
    """Most rows between laws are that (ADR 23), so the row has to be useful without a full claim."""
    rows = [row for row in library.crosswalk if row.relationship is Relationship.INTERSECTS]
    strengths = Counter(row.strength for row in rows)
    assert len(strengths) >= 4
    assert max(strengths.values()) < 0.5 * len(rows), "no strength by rote"
    assert all("outside" in row.rationale and len(row.rationale.split()) >= 15 for row in rows)


def test_the_four_true_conflicts_are_conflicts_and_not_controls(library):
    assert [row.source for row in library.conflicts] == [
        f"dual-compliance table, C{number}" for number in (15, 17, 18, 19)
    ]
    assert all(
        {"cn", "hk"} <= {side.market for side in row.sides} and len(row.options) > 1 for row in library.conflicts
    )


def test_what_is_neither_mapped_nor_reasoned_fails_by_name(library, monkeypatch, tmp_path):
    folder = tmp_path / "library"
    (folder / "mappings").mkdir(parents=True)
    for name in ("controls.yaml", "conflicts.yaml"):
        (folder / name).write_text((library_files.FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    raw = yaml.safe_load((library_files.FOLDER / "mappings" / "hk.yaml").read_text(encoding="utf-8"))
    (folder / "mappings" / "hk.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    crosswalk = {"rows": [{"focal": "HK-HLP-01", "reference": "nist-ai-rmf.GOVERN-2.3", "relationship": "intersects",
                           "rationale_type": "semantic", "strength": 4, "rationale": "Both; some is outside."}]}  # fmt: skip
    (folder / "crosswalks").mkdir()
    (folder / "crosswalks" / "x.yaml").write_text(yaml.safe_dump(crosswalk), encoding="utf-8")
    monkeypatch.setattr(shipped_library, "__defaults__", (folder,))
    with pytest.raises(CommandError, match=r"Neither mapped nor reasoned: .*eu-ai-act.art-4"):
        call_command("check_library", stdout=io.StringIO())
