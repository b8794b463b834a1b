"""When a gap exists, how grave it is, and when it is due."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from governance.domain.gaps import Demand, GapState, Move, due, plan, severity

ON = date(2026, 11, 25)
OWED = Demand(
    status="applies", timing="in_force", applies_from=date(2025, 2, 2), force="LAW", supervised=False,
    penalty_tier="fine", legal_status="in_force", adopted=True, lower=0,
)  # fmt: skip
COVERED = replace(OWED, lower=1)


@pytest.mark.parametrize(
    ("force", "supervised", "tier", "now", "later"),
    [
        ("LAW", False, "fine", "critical", "high"),
        ("REG", False, "fine", "critical", "high"),
        ("STD-M", False, "national", "high", "medium"),
        ("NORM", False, "supervisory", "high", "medium"),
        ("CIRC", True, "supervisory", "high", "medium"),
        ("CIRC", False, "supervisory", "low", "low"),
        ("STD-R", False, "none", "low", "low"),
        ("GUIDE", False, "none", "low", "low"),
        ("VOLUNTARY", False, "none", "low", "low"),
    ],
)
def test_severity_follows_force_penalty_and_timing(force, supervised, tier, now, later):
    given = {"force": force, "supervised": supervised, "penalty_tier": tier}
    assert severity(**given, timing="in_force") == now
    assert severity(**given, timing="upcoming") == later


@pytest.mark.parametrize(("level", "days"), [("critical", 30), ("high", 90), ("medium", 180), ("low", 180)])
def test_due_is_the_later_of_the_day_it_applies_and_the_time_allowed(level, days):
    assert due(opened_on=ON, applies_from=None, level=level) == ON + timedelta(days=days)
    assert due(opened_on=ON, applies_from=date(2020, 1, 1), level=level) == ON + timedelta(days=days)
    assert due(opened_on=ON, applies_from=date(2030, 8, 2), level=level) == date(2030, 8, 2)


@pytest.mark.parametrize(
    "over",
    [
        {"status": "may_apply"},
        {"status": "not_applicable"},
        {"adopted": False},
        {"legal_status": "pending"},
        {"timing": "legacy_exempt"},
        {"timing": "pending"},
        {"lower": 1},
    ],
)
def test_there_is_no_gap_without_a_cause_and_one_that_stood_closes(over):
    demand = replace(OWED, **over)
    assert plan(None, demand, ON).move is Move.NOTHING
    change = plan(GapState("open"), demand, ON)
    assert change.move is Move.CLOSE
    assert change.reason.endswith(".")
    assert plan(GapState("closed"), demand, ON).move is Move.KEEP


@pytest.mark.parametrize("timing", ["in_force", "upcoming", "disputed", "unknown"])
def test_what_applies_and_is_not_covered_is_a_gap(timing):
    assert plan(None, replace(OWED, timing=timing), ON).move is Move.OPEN


def test_the_same_gap_reopens():
    assert plan(GapState("closed"), OWED, ON).move is Move.REOPEN
    assert plan(GapState("open"), OWED, ON).move is Move.KEEP


def test_an_acceptance_holds_until_its_day_has_passed():
    assert plan(GapState("accepted", ON), OWED, ON).move is Move.KEEP
    ended = plan(GapState("accepted", ON - timedelta(days=1)), OWED, ON)
    assert ended.move is Move.LAPSE
    assert "The acceptance ended on 2026-11-24." in ended.reason
    assert plan(GapState("accepted", ON), COVERED, ON).move is Move.CLOSE
