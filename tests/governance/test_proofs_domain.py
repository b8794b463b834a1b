"""What stands behind a control on a day: evidence and tests as one word each, the nearest implementation, what lapsed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.coverage import ControlFact, Coverage, EvidenceFact, ImplementationFact, MappingFact, TestFact
from controls.domain.relations import Relationship
from governance.domain.proofs import Lapsed, evidence_on, lapsed, last_test_on, nearest

ON = date(2026, 11, 25)
BEFORE, AFTER = ON - timedelta(days=9), ON + timedelta(days=9)


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        ([], ("none", None)),
        ([(BEFORE, AFTER)], ("in_date", AFTER)),
        ([(BEFORE, ON)], ("in_date", ON)),
        ([(ON, None)], ("in_date", None)),
        ([(BEFORE, AFTER), (BEFORE, None)], ("in_date", None)),
        ([(BEFORE, ON - timedelta(days=1))], ("out_of_date", ON - timedelta(days=1))),
        ([(BEFORE, BEFORE), (BEFORE, AFTER)], ("in_date", AFTER)),
        ([(AFTER, None)], ("none", None)),
        ([(BEFORE, BEFORE), (AFTER, None)], ("out_of_date", BEFORE)),
    ],
)
def test_evidence_is_in_date_out_of_date_or_not_there(evidence, told):
    assert evidence_on([EvidenceFact(*row) for row in evidence], ON) == told


@pytest.mark.parametrize(
    ("tests", "every", "told"),
    [
        ([], None, ("not_due", None)),
        ([], 30, ("never", None)),
        ([(AFTER, True)], 30, ("never", None)),
        ([(BEFORE, True)], 9, ("passed", ON)),
        ([(BEFORE, True)], 8, ("overdue", ON - timedelta(days=1))),
        ([(BEFORE, True), (ON, False)], 30, ("failed", ON)),
        ([(ON, False), (ON, True)], 30, ("failed", ON)),
        ([(BEFORE, False), (ON, True)], 30, ("passed", ON + timedelta(days=30))),
    ],
)
def test_the_last_test_by_the_day_says_how_a_control_stands(tests, every, told):
    assert last_test_on([TestFact(*row) for row in tests], every, ON) == told


DAYS = st.integers(-40, 40).map(lambda days: ON + timedelta(days=days))
SPANS = st.tuples(DAYS, st.none() | st.integers(0, 40)).map(
    lambda row: EvidenceFact(row[0], None if row[1] is None else row[0] + timedelta(days=row[1]))
)


@given(
    evidence=st.lists(SPANS, max_size=4), tests=st.lists(st.builds(TestFact, DAYS, st.booleans()), max_size=4),
    required=st.booleans(), every=st.none() | st.integers(1, 40),
)  # fmt: skip
def test_the_words_say_of_a_control_what_coverage_counts(evidence, tests, required, every):
    coverage = Coverage(
        controls=[ControlFact("C", False, required, every)],
        mappings=[MappingFact(1, "C", "r", Relationship.EQUAL, "approved", True)],
        implementations=[ImplementationFact("C", "s", "implemented", tuple(evidence), tuple(tests))],
        on=ON,
    )
    proved = evidence_on(evidence, ON)[0] == "in_date" or not required
    works = last_test_on(tests, every, ON)[0] in ("passed", "not_due")
    assert coverage.cover("r", ("s",)).lower == int(proved and works)


@pytest.mark.parametrize(
    ("specific", "found", "told"),
    [
        (False, {("C", "bank"): 2, ("C", "office"): 3}, 2),
        (False, {("C", "a"): 1, ("C", "bank"): 2}, 1),
        (True, {("C", "bank"): 2}, None),
        (True, {("C", "a"): 1}, 1),
        (False, {("D", "a"): 9}, None),
    ],
)
def test_the_nearest_scope_wins_and_a_specific_control_inherits_nothing(specific, found, told):
    assert nearest("C", specific, ("a", "bank", "office"), found) == told


def test_what_lapsed_is_counted_by_cause_among_what_is_marked_implemented():
    old, new = EvidenceFact(BEFORE, BEFORE), EvidenceFact(BEFORE, None)
    rows = [
        ImplementationFact("C", "a", "implemented", (old,), (TestFact(BEFORE, True),)),
        ImplementationFact("C", "b", "implemented", (), ()),
        ImplementationFact("C", "c", "implemented", (new,), (TestFact(ON, False),)),
        ImplementationFact("C", "d", "planned", (old,), ()),
        ImplementationFact("FREE", "a", "implemented", (), ()),
        ImplementationFact("GONE", "a", "implemented", (), ()),
    ]
    needs = {"C": (True, 5), "FREE": (False, None)}
    assert lapsed(rows, needs, ON) == Lapsed(4, 1, 1, 1, 1, 1)
