"""What keeps an implementation from being shown to work, or soon will: one word for its test, one for its evidence."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.coverage import ControlFact, Coverage, EvidenceFact, ImplementationFact, MappingFact, TestFact
from controls.domain.relations import Relationship
from governance.domain.concerns import KINDS, Concern, Needs, concerns, urgency

ON = date(2026, 11, 25)


def day(days: int) -> date:
    return ON + timedelta(days=days)


def found(tests=(), evidence=(), *, every=None, required=False, state="implemented", within=60, on=ON):
    row = ImplementationFact(
        "C", "s", state,
        tuple(EvidenceFact(day(start), None if end is None else day(end)) for start, end in evidence),
        tuple(TestFact(day(at), passed) for at, passed in tests),
    )  # fmt: skip
    return [
        (one.kind, one.day and (one.day - ON).days)
        for one in concerns(row, Needs(required, every), on=on, within=within)
    ]


@pytest.mark.parametrize(
    ("tests", "every", "told"),
    [
        ([], None, []), ([], 30, [("test_never", None)]), ([(-9, False)], 30, [("test_failed", -9)]),
        ([(-31, True)], 30, [("test_overdue", -1)]), ([(-30, True)], 30, [("test_due", 0)]),
        ([(-40, True)], 100, [("test_due", 60)]), ([(-39, True)], 100, []), ([(-9, False), (0, True)], 100, []),
        ([(5, True)], 30, [("test_never", None)]),
    ],
)  # fmt: skip
def test_the_last_test_decides_what_is_to_be_done_about_it(tests, every, told):
    assert found(tests, every=every) == told


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        ([], [("evidence_missing", None)]), ([(-9, -1)], [("evidence_over", -1)]), ([(-9, 0)], [("evidence_ends", 0)]),
        ([(-9, 60)], [("evidence_ends", 60)]), ([(-9, 61)], []), ([(-9, None)], []),
        ([(5, None)], [("evidence_missing", None)]),
        ([(-9, 10), (11, None)], []), ([(-9, 10), (12, None)], [("evidence_ends", 10)]),
        ([(-9, 10), (5, 20), (21, 30)], [("evidence_ends", 30)]), ([(-9, 10), (5, 90)], []),
    ],
)  # fmt: skip
def test_evidence_ends_where_nothing_follows_it(evidence, told):
    assert found(evidence=evidence, required=True) == told


def test_evidence_that_is_not_required_asks_for_nothing():
    assert found(evidence=[(-9, -1)], required=False) == []


@pytest.mark.parametrize("state", ["planned", "partial", "not_implemented", "not_applicable"])
def test_what_is_not_marked_implemented_has_no_concern(state):
    assert found(every=30, required=True, state=state) == []


def test_both_a_test_and_evidence_can_ask_for_something():
    assert found(every=30, required=True) == [("test_never", None), ("evidence_missing", None)]


def test_the_last_day_of_the_calendar_ends_nothing():
    row = ImplementationFact("C", "s", "implemented", (EvidenceFact(ON, date.max),), ())
    assert concerns(row, Needs(True, None), on=date.max, within=60) == ()


SPANS = st.lists(st.tuples(st.integers(-40, 40), st.none() | st.integers(0, 60)), max_size=4).map(
    lambda rows: [(start, None if length is None else start + length) for start, length in rows]
)
TESTED = st.lists(st.tuples(st.integers(-60, 40), st.booleans()), max_size=4)
EVERY = st.none() | st.integers(1, 60)


def lower_on(tests, evidence, every, required, at: int) -> int:
    """What coverage counts of the same facts on a day."""
    row = ImplementationFact(
        "C", "s", "implemented",
        tuple(EvidenceFact(day(start), None if end is None else day(end)) for start, end in evidence),
        tuple(TestFact(day(when), passed) for when, passed in tests),
    )  # fmt: skip
    coverage = Coverage(
        controls=[ControlFact("C", False, required, every)],
        mappings=[MappingFact(1, "C", "r", Relationship.EQUAL, "approved", True)],
        implementations=[row],
        on=day(at),
    )
    return coverage.cover("r", ("s",)).lower


@given(tests=TESTED, evidence=SPANS, every=EVERY, required=st.booleans(), within=st.integers(0, 60))
def test_a_control_is_shown_to_work_just_where_nothing_has_lapsed(tests, evidence, every, required, within):
    told = found(tests, evidence, every=every, required=required, within=within)
    lapsed = [kind for kind, _ in told if not Concern(kind, None).is_ahead]
    assert lower_on(tests, evidence, every, required, 0) == int(not lapsed)


@given(evidence=SPANS, within=st.integers(0, 60))
def test_what_ends_soon_is_no_longer_shown_on_the_day_after_and_was_until_then(evidence, within):
    ends = [at for kind, at in found(evidence=evidence, required=True, within=within) if kind == "evidence_ends"]
    for at in ends:
        shown = [lower_on([], evidence, None, True, ahead) for ahead in range(at + 2)]
        assert shown == [1] * (at + 1) + [0]
    if not ends and lower_on([], evidence, None, True, 0):
        assert all(lower_on([], evidence, None, True, ahead) for ahead in range(within + 1))


def test_what_has_lapsed_comes_before_what_is_ahead_and_each_by_its_day():
    rows = [Concern("evidence_ends", day(1)), Concern("test_overdue", day(-1)), Concern("test_never", None)]
    assert [row.kind for row in sorted(rows, key=urgency)] == ["test_never", "test_overdue", "evidence_ends"]
    assert [Concern(kind, None).is_test for kind in KINDS] == [True, True, True, False, False, True, False]
