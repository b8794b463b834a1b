"""The register by arithmetic alone: lateness, filters, totals, the gravest first, what ends next."""

from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.gap_register import SEVERITIES, Chosen, GapFact, ending, gravest, totals

ON = date(2026, 11, 25)
NUMBERS = count(1)


def gap(**over) -> GapFact:
    fields = {
        "id": next(NUMBERS), "subject": "a", "subject_name": "A", "entity": "bank", "requirement": "law.1",
        "citation": "Art. 1", "title": "Do it", "family": "law", "force": "LAW", "unverified": False, "status": "open",
        "severity": "high", "timing": "in_force", "applies_from": None, "opened_on": date(2026, 1, 1), "due_on": ON,
        "reason": "Because.", "accountable": "Ann", "reopened": 0,
    }  # fmt: skip
    return GapFact(**{**fields, **over})


@pytest.mark.parametrize(
    ("status", "days", "late"),
    [("open", -1, 1), ("open", -40, 40), ("open", 0, 0), ("open", 5, 0), ("accepted", -9, 0), ("closed", -9, 0)],
)
def test_only_an_open_gap_is_late_and_only_after_its_day(status, days, late):
    assert gap(status=status, due_on=ON + timedelta(days=days)).overdue_days(ON) == late


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        (Chosen(), True), (Chosen(entity="bank", family="law", severity="high"), True), (Chosen(entity="broker"), False),
        (Chosen(family="rmf"), False), (Chosen(severity="low"), False), (Chosen(overdue=True), False),
    ],
)  # fmt: skip
def test_a_filter_keeps_what_meets_all_its_words(chosen, kept):
    assert chosen.keeps(gap(), ON) is kept


def test_overdue_only_keeps_what_is_late():
    assert Chosen(overdue=True).keeps(gap(due_on=ON - timedelta(days=1)), ON)


def test_totals_name_every_severity_the_gravest_first_and_leave_closed_gaps_out():
    rows = [
        gap(severity="critical", due_on=ON - timedelta(days=2)), gap(severity="critical"),
        gap(severity="low", status="accepted"), gap(severity="low", status="closed"),
    ]  # fmt: skip
    found = {row.severity: (row.open, row.overdue, row.accepted) for row in totals(rows, ON)}
    assert list(found) == ["critical", "high", "medium", "low"]
    assert found == {"critical": (2, 1, 0), "high": (0, 0, 0), "medium": (0, 0, 0), "low": (0, 0, 1)}


def test_the_gravest_come_by_severity_then_by_day_and_accepted_ones_are_not_among_them():
    late, soon = gap(severity="critical", due_on=ON - timedelta(days=3)), gap(severity="critical")
    high, accepted = gap(due_on=ON - timedelta(days=90)), gap(severity="critical", status="accepted")
    assert gravest([high, accepted, soon, late], 2) == [late, soon]
    assert gravest([high, accepted, soon, late], 9) == [late, soon, high]


def test_acceptances_that_end_soon_or_have_ended_come_in_the_order_of_their_day():
    last, past = (gap(status="accepted", accepted_until=ON + timedelta(days=days)) for days in (90, -1))
    others = [gap(status="accepted", accepted_until=ON + timedelta(days=91)), gap(status="accepted"), gap()]
    assert ending([last, *others, past], ON, 90) == [past, last]


@given(
    st.lists(
        st.builds(
            lambda status, severity, days: gap(status=status, severity=severity, due_on=ON + timedelta(days=days)),
            st.sampled_from(["open", "accepted", "closed"]), st.sampled_from(SEVERITIES), st.integers(-30, 30),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_totals_count_every_standing_gap_once_and_no_more_late_than_open(rows):
    found = totals(rows, ON)
    assert sum(row.open + row.accepted for row in found) == sum(row.status != "closed" for row in rows)
    assert sum(row.overdue for row in found) == sum(Chosen(overdue=True).keeps(row, ON) for row in rows)
    assert all(row.overdue <= row.open for row in found)


def test_an_acceptance_without_an_end_in_sight_ends_within_the_last_days_of_the_calendar():
    last = gap(status="accepted", accepted_until=date.max)
    assert ending([last], date.max, 90) == [last]
    assert ending([last], date.max - timedelta(days=90), 90) == [last]
    assert ending([last], date.max - timedelta(days=91), 90) == []
