"""Reminders: windows instead of equality, each thing once a stage, to who sits on the seat."""

from datetime import date, timedelta

import pytest

from governance.domain.due import AHEAD, Due, next_test, pending

DAY = date(2026, 11, 25)


def item(days: int = 0, kind: str = "gap", person: int | None = 1, id: int = 1) -> Due:
    return Due(kind, "noun", id, DAY + timedelta(days=days), person, f"Thing {id}", "Place", "/x")


@pytest.mark.parametrize(
    ("days", "stage"), [(15, None), (14, "soon"), (1, "soon"), (0, "due"), (-1, "due"), (-400, "due")]
)
def test_a_thing_is_near_for_its_days_ahead_and_then_due_for_good(days, stage):
    assert item(days).stage(DAY) == stage


def test_every_kind_says_how_long_before():
    assert all(days >= 0 for days in AHEAD.values())
    assert item(AHEAD["approval"], "approval").stage(DAY) == "soon"


def test_a_person_is_told_once_when_near_and_once_when_due_also_after_missed_days():
    near, late = item(3), item(-40, id=2)
    assert pending([near, late], DAY, {}) == {1: [late, near]}
    told = {1: frozenset({near.key("soon"), late.key("due")})}
    assert pending([near, late], DAY, told) == {}
    assert pending([near], DAY + timedelta(days=300), told) == {1: [near]}, "the day itself was missed, not the notice"


def test_a_thing_that_moved_is_told_anew_and_one_without_a_person_to_nobody():
    told = {1: frozenset({item(3).key("soon")})}
    assert pending([item(4)], DAY, told) == {1: [item(4)]}
    assert pending([item(3, person=None)], DAY, {}) == {}


def test_the_next_test_follows_the_last_that_passed_or_the_first_day():
    assert next_test([DAY, DAY - timedelta(days=9)], None, 30) == DAY + timedelta(days=30)
    assert next_test([], DAY, 30) == DAY + timedelta(days=30)
    assert next_test([], None, 30) is None


def test_a_test_that_is_never_due_has_the_last_day_there_is():
    assert next_test([], date.max, 365) == date.max
    assert next_test([DAY], None, 10**9) == date.max
