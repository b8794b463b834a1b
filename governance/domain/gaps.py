"""When a gap exists, how grave it is, and when it is due. Arithmetic only."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, timedelta

from frameworks.domain.applicability import NOT_APPLICABLE
from frameworks.domain.rows import Row
from governance.domain.position import Line

BINDING = frozenset({"LAW", "REG", "RULE", "NORM", "STD-M"})
LEVELS = ("low", "medium", "high", "critical")
DAYS = {"critical": 30, "high": 90, "medium": 180, "low": 180}
"""Days from opening to due, by severity."""
BITES_NOW = "in_force"
DATED = frozenset({"in_force", "upcoming", "legacy_exempt", "disputed", "unknown"})


@dataclass(frozen=True, slots=True)
class Demand:
    """What is known of a requirement in a subject on a day."""

    status: str
    timing: str
    applies_from: date | None
    force: str
    supervised: bool
    penalty_tier: str
    legal_status: str
    adopted: bool
    lower: int


NOWHERE = Demand(NOT_APPLICABLE, "", None, "VOLUNTARY", False, "none", "in_force", True, 0)


def demand_of(line: Line | None, row: Row | None) -> Demand:
    """What stands behind a line; a subject without one owes nothing there."""
    if line is None or row is None:
        return NOWHERE
    return Demand(
        status=line.verdict.status,
        timing=line.verdict.timing,
        applies_from=line.verdict.applies_from,
        force=row.force,
        supervised=row.supervised,
        penalty_tier=row.penalty_tier,
        legal_status=row.status,
        adopted=line.adopted,
        lower=line.bounds.lower,
    )


class Move(enum.StrEnum):
    OPEN = "open"
    REOPEN = "reopen"
    LAPSE = "lapse"
    """An acceptance has ended and the cause never went away: open again, with the days it had."""
    CLOSE = "close"
    KEEP = "keep"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done with the gap of a subject and a requirement, and why."""

    move: Move
    reason: str


@dataclass(frozen=True, slots=True)
class GapState:
    """The gap as it stands. `accepted_until` is set while it is accepted."""

    status: str
    accepted_until: date | None = None


def severity(*, force: str, supervised: bool, penalty_tier: str, timing: str) -> str:
    """low, medium, high or critical, from force, penalty and timing; one lower while it is not yet in force."""
    if force in BINDING:
        level = "critical" if penalty_tier == "fine" else "high"
    elif force == "CIRC" and supervised:
        level = "high"
    else:
        level = "low"
    return level if timing == BITES_NOW else LEVELS[max(0, LEVELS.index(level) - 1)]


def due(*, opened_on: date, applies_from: date | None, level: str) -> date:
    """The later of the day it applies and the opening plus 30, 90 or 180 days."""
    allowed = opened_on + timedelta(days=DAYS[level])
    return max(allowed, applies_from) if applies_from else allowed


def cause(demand: Demand) -> str:
    """Why a gap exists, or "" when none does. "May apply" is a question to answer, not a gap."""
    if demand.status != "applies" or not demand.adopted or demand.legal_status != "in_force":
        return ""
    if demand.timing == "legacy_exempt" or demand.timing not in DATED or demand.lower:
        return ""
    return "It applies, and nothing that is approved, implemented, tested and evidenced covers it in full."


def no_cause(demand: Demand) -> str:
    """Why there is no gap (any more), as a sentence for the register."""
    if demand.status != "applies":
        return f"It does not apply: {demand.status.replace('_', ' ')}."
    if not demand.adopted:
        return "The family is not adopted here."
    if demand.legal_status != "in_force" or demand.timing not in DATED:
        return "The instrument is not in force and has no date."
    if demand.timing == "legacy_exempt":
        return "A transition rule exempts it until the system changes significantly."
    return "It is covered: approved, implemented, tested, evidence in date."


def plan(state: GapState | None, demand: Demand, on: date) -> Change:
    """What a recompute does. The same row reopens; an acceptance holds until its day has passed."""
    why = cause(demand)
    if why and state is None:
        return Change(Move.OPEN, why)
    if state is None:
        return Change(Move.NOTHING, no_cause(demand))
    if not why:
        closed = state.status == "closed"
        return Change(Move.KEEP if closed else Move.CLOSE, no_cause(demand))
    if state.status == "closed":
        return Change(Move.REOPEN, why)
    if state.status == "accepted" and (state.accepted_until is None or state.accepted_until < on):
        return Change(Move.LAPSE, f"The acceptance ended on {state.accepted_until}. {why}")
    return Change(Move.KEEP, why)
