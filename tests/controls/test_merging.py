"""What comes back is merged with what the office changed meanwhile; what both changed is nobody's to guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.merging import merge
from office.domain.plans import Cell

TEXTS = st.sampled_from(["a", "b", "c"])


def run(base: str, current: str, brought: str, editable=("rationale",)):
    found = merge(
        base={"rationale": base}, current={"rationale": current}, brought={"rationale": brought}, editable=editable
    )
    return found.cells, found.problems


@pytest.mark.parametrize(
    ("base", "current", "brought", "cells"),
    [
        ("a", "a", "a", ()),
        ("a", "a", "b", (Cell("rationale", "a", "b"),)),
        ("a", "b", "a", ()),
        ("a", "b", "b", ()),
    ],
)
def test_what_one_side_changed_is_kept(base, current, brought, cells):
    assert run(base, current, brought) == (cells, ())


def test_what_both_changed_differently_is_a_problem_that_names_all_three():
    cells, (told,) = run("a", "b", "c")
    assert cells == ()
    assert "went out as “a” and comes back as “c”, but the office changed it to “b”" in told


def test_a_locked_column_is_refused_with_what_stands():
    assert run("a", "a", "b", editable=()) == (
        (), ("Column “rationale” is shown, not written here; it stands at “a”.",),
    )  # fmt: skip


def test_long_texts_are_told_short():
    (told,) = run("a", "x" * 100, "c")[1]
    assert "x" * 60 + "…" in told


@given(TEXTS, TEXTS, TEXTS)
def test_no_change_of_either_side_is_lost_without_a_word(base, current, brought):
    cells, problems = run(base, current, brought)
    after = cells[0].after if cells else current
    assert problems or after == (brought if brought != base else current)


@given(TEXTS, TEXTS)
def test_a_row_that_nobody_edited_writes_nothing(base, current):
    assert run(base, current, base) == ((), ())
