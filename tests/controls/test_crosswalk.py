"""Crosswalk rows are direct or show both legs, and nothing unmapped is hidden."""

from dataclasses import replace

import pytest

from controls.domain.crosswalk import COLUMNS, Direct, Leg, crosswalk
from controls.domain.relations import Relationship as R


def make_direct(**over):
    fields = {"id": "R1", "focal": "f1", "reference": "n1", "relationship": R.SUBSET, "rationale_type": "semantic"}
    return Direct(**{**fields, "rationale": "Because.", "strength": 6, "status": "proposed", **over})


def make_leg(id="L1", requirement="f1", relationship=R.SUPERSET, status="approved", control="C-1"):
    return Leg(id, control, requirement, relationship, f"why {id}", status)


def build(direct=(), legs=(), focal=("f1", "f2"), reference=("n1", "n2")):
    return crosswalk(focal=focal, reference=reference, direct=direct, legs=legs)


def test_a_direct_row_is_shown_as_it_was_given():
    (row,) = build([make_direct()]).rows
    assert (row.relationship, row.strength, row.derived_from) == ("subset", 6, "")


def test_drafts_rejections_and_foreign_elements_are_left_out():
    rows = [
        make_direct(status="draft"),
        make_direct(status="rejected"),
        make_direct(focal="x"),
        make_direct(reference="x"),
    ]
    assert build(rows).rows == ()


def test_an_untyped_direct_row_says_so():
    (row,) = build([make_direct(relationship=None)]).rows
    assert (row.relationship, row.notes) == ("untyped", "Published without a type; not reviewed.")


def test_a_derived_row_shows_both_legs_and_the_determined_type():
    (row,) = build(legs=[make_leg("L1", "f1", R.EQUAL), make_leg("L2", "n1", R.SUBSET, "proposed")]).rows
    assert (row.relationship, row.status, row.derived_from) == ("subset", "proposed", "L1; L2")
    assert "why L1" in row.rationale
    assert "why L2" in row.rationale


def test_the_first_leg_is_turned_round_before_composing():
    (row,) = build(legs=[make_leg("L1", "f1", R.SUPERSET), make_leg("L2", "n1", R.SUBSET)]).rows
    assert row.relationship == "subset"


def test_two_parts_of_one_control_stay_indeterminate():
    (row,) = build(legs=[make_leg("L1", "f1", R.INTERSECTS), make_leg("L2", "n1", R.INTERSECTS)]).rows
    assert (row.relationship, row.notes) == ("indeterminate", "The two legs do not determine a type.")


def test_a_sure_overlap_is_told_as_such():
    (row,) = build(legs=[make_leg("L1", "f1", R.SUBSET), make_leg("L2", "n1", R.SUBSET)]).rows
    assert (row.relationship, row.notes) == ("indeterminate", "Some overlap, type to be judged.")


def test_an_untyped_leg_determines_nothing():
    (row,) = build(legs=[make_leg("L1", "f1", None), make_leg("L2", "n1", R.EQUAL)]).rows
    assert row.relationship == "indeterminate"
    assert "(untyped)" in row.rationale


def test_legs_that_say_nothing_in_common_make_no_row():
    assert build(legs=[make_leg("L1", "f1", R.NONE), make_leg("L2", "n1")]).rows == ()


def test_a_direct_row_stands_instead_of_a_derived_one():
    (row,) = build([make_direct()], [make_leg("L1", "f1"), make_leg("L2", "n1")]).rows
    assert row.id == "R1"


@pytest.mark.parametrize(
    ("direct", "first", "second", "told"),
    [
        (R.SUBSET, R.EQUAL, R.SUBSET, ""),
        (R.SUPERSET, R.EQUAL, R.SUBSET, "At odds with C-1: its two mappings leave subset; one of the three"),
        (R.EQUAL, R.INTERSECTS, R.EQUAL, "leave intersects;"),
        (R.NONE, R.SUPERSET, R.SUPERSET, ""),
        (R.NONE, R.SUBSET, R.SUBSET, "leave equal or subset or superset or intersects;"),
        (None, R.EQUAL, R.SUBSET, ""),
        (R.SUPERSET, None, R.SUBSET, ""),
    ],
)
def test_a_direct_row_that_cannot_be_true_together_with_two_legs_says_so(direct, first, second, told):
    (row,) = build([make_direct(relationship=direct)], [make_leg("L1", "f1", first), make_leg("L2", "n1", second)]).rows
    assert told in row.notes if told else "At odds" not in row.notes


def test_a_framework_against_itself_makes_no_row_to_itself():
    found = build(legs=[make_leg("L1", "f1"), make_leg("L2", "f2")], focal=("f1", "f2"), reference=("f1", "f2"))
    assert [(row.focal, row.reference) for row in found.rows] == [("f1", "f2"), ("f2", "f1")]


def test_what_is_unmapped_on_either_side_is_listed():
    found = build([make_direct()])
    assert (found.unmapped_focal, found.unmapped_reference) == (("f2",), ("n2",))


def test_the_hash_sees_every_cell():
    (row,) = build([make_direct()]).rows
    assert row.hash == build([make_direct()]).rows[0].hash
    others = {
        "id": "R2", "focal": "f2", "reference": "n2", "relationship": "equal", "rationale_type": "syntactic",
        "rationale": "Other.", "strength": None, "status": "approved", "author": "P-1", "reviewer": "P-2",
        "reviewed_on": "2026-11-25", "derived_from": "C1; C2", "source": "Somewhere", "comments": "Hm.",
    }  # fmt: skip
    assert len({row.hash, *(replace(row, **{name: value}).hash for name, value in others.items())}) == 15


def test_a_note_of_the_office_changes_no_hash():
    (row,) = build([make_direct()]).rows
    assert replace(row, notes="Not yet verified.").hash == row.hash


def test_the_columns_are_those_auditors_expect():
    assert len(COLUMNS) == 24
    assert COLUMNS[:2] == ("row id", "row hash")
