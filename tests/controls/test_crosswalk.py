"""Crosswalk rows are direct or show both legs, and nothing unmapped is hidden."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.crosswalk import COLUMNS, Direct, Leg, crosswalk
from controls.domain.relations import Relationship as R
from controls.domain.relations import inverse


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


def test_a_row_that_is_stated_the_other_way_round_is_shown_turned_and_locked():
    stated = make_direct(focal="n1", reference="f1", author="P-1", reviewer="P-2", status="approved")
    (row,) = build([stated]).rows
    assert (row.id, row.focal, row.reference, row.relationship) == ("R1-turned", "f1", "n1", "superset")
    assert (row.status, row.author, row.reviewer, row.rationale, row.strength) == (
        "approved",
        "P-1",
        "P-2",
        "Because.",
        6,
    )
    assert (row.is_derived, row.is_turned, row.derived_from) == (True, True, "R1, read backwards")
    assert row.notes == "Stated the other way round as R1; its rationale reads n1 to f1."
    (there,) = build([stated], focal=("n1", "n2"), reference=("f1", "f2")).rows
    assert (there.id, there.is_derived, there.is_turned, there.notes) == ("R1", False, False, "")


def test_an_untyped_row_stays_untyped_when_it_is_turned():
    (row,) = build([make_direct(focal="n1", reference="f1", relationship=None)]).rows
    assert (row.relationship, row.notes[:41]) == ("untyped", "Published without a type; not reviewed. S")


def test_a_turned_row_stands_instead_of_a_derived_one_and_is_held_against_it():
    stated, legs = (
        make_direct(focal="n1", reference="f1"),
        [make_leg("L1", "f1", R.EQUAL), make_leg("L2", "n1", R.SUBSET)],
    )
    (row,) = build([stated], legs).rows
    assert "At odds with C-1: its two mappings leave subset;" in row.notes
    (row,) = build([replace(stated, relationship=R.SUPERSET)], legs).rows
    assert "At odds" not in row.notes


def test_drafts_and_rejections_are_not_turned():
    assert build([make_direct(focal="n1", reference="f1", status=word) for word in ("draft", "rejected")]).rows == ()


KINDS = [*R, None]


@pytest.mark.parametrize("there", KINDS)
@pytest.mark.parametrize("here", KINDS)
def test_two_rows_on_one_pair_that_cannot_both_be_true_say_so_in_either_direction(here, there):
    both = [make_direct(relationship=here), make_direct(id="R2", focal="n1", reference="f1", relationship=there)]
    (first,) = build(both).rows
    (second,) = build(both, focal=("n1", "n2"), reference=("f1", "f2")).rows
    odd = bool(here and there and inverse(here) is not there)
    assert (first.id, second.id) == ("R1", "R2")
    assert (("At odds with R2" in first.notes), ("At odds with R1" in second.notes)) == (odd, odd)


ENDS = st.sampled_from(["f1", "f2", "n1", "n2", "x"])


@given(st.dictionaries(st.tuples(ENDS, ENDS).filter(lambda pair: pair[0] != pair[1]), st.sampled_from(KINDS)))
def test_what_is_reached_is_the_same_from_either_side(stated):
    rows = [
        make_direct(id=f"R{at}", focal=pair[0], reference=pair[1], relationship=kind)
        for at, (pair, kind) in enumerate(stated.items())
    ]
    here, there = build(rows), build(rows, focal=("n1", "n2"), reference=("f1", "f2"))
    assert (here.unmapped_focal, here.unmapped_reference) == (there.unmapped_reference, there.unmapped_focal)
    assert {(row.focal, row.reference) for row in here.rows} == {(row.reference, row.focal) for row in there.rows}


def test_a_framework_against_itself_makes_no_row_to_itself():
    found = build(legs=[make_leg("L1", "f1"), make_leg("L2", "f2")], focal=("f1", "f2"), reference=("f1", "f2"))
    assert [(row.focal, row.reference) for row in found.rows] == [("f1", "f2"), ("f2", "f1")]


def test_a_row_of_a_framework_against_itself_is_read_both_ways():
    found = build([make_direct(reference="f2")], focal=("f1", "f2"), reference=("f1", "f2"))
    assert [(row.id, row.focal, row.relationship) for row in found.rows] == [
        ("R1", "f1", "subset"), ("R1-turned", "f2", "superset"),
    ]  # fmt: skip


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
