"""What a change of the law does to this office: duties that begin, fall away or move, subject by subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from governance.domain.gaps import cause, demand_of, due, severity
from governance.domain.position import Line, Position

BEGINS, ENDS, MOVES, TURNS = "begins", "ends", "moves", "turns"
"""A duty that was not there, one that is not there any more, one with another day, one with another status or timing."""


@dataclass(frozen=True, slots=True)
class DutyChange:
    """One requirement in one subject that stands differently; None where it has no line there."""

    subject: str
    requirement: str
    before: Line | None
    after: Line | None

    @property
    def what(self) -> str:
        if self.before is None or self.after is None:
            return BEGINS if self.before is None else ENDS
        return MOVES if self.before.verdict.status == self.after.verdict.status else TURNS


@dataclass(frozen=True, slots=True)
class DutyGroup:
    """Requirements of one subject and family that change in the same way."""

    subject: str
    family: str
    what: str
    status_before: str
    status_after: str
    day_before: date | None
    day_after: date | None
    requirements: tuple[str, ...] = ()


def duty_changes(before: Position, after: Position) -> list[DutyChange]:
    """What stands differently in two positions of the same office on the same day, under two states of the law.

    Families that are not followed are left out.
    """
    old, new = _by_place(before), _by_place(after)
    return [
        DutyChange(*place, old.get(place), new.get(place))
        for place in [*new, *(place for place in old if place not in new)]
        if _stands(old.get(place)) != _stands(new.get(place))
    ]


def _by_place(position: Position) -> dict[tuple[str, str], Line]:
    return {(line.subject, line.requirement): line for line in position.lines if line.adopted}


def _stands(line: Line | None) -> tuple[str, str, date | None] | None:
    return None if line is None else (line.verdict.status, line.verdict.timing, line.verdict.applies_from)


def grouped(changes: Iterable[DutyChange]) -> list[DutyGroup]:
    """Changes of the same kind, status and days together, subject by subject in the order in which they came."""
    groups: dict[DutyGroup, list[str]] = defaultdict(list)
    for change in changes:
        groups[_group(change)].append(change.requirement)
    return [replace(group, requirements=tuple(refs)) for group, refs in groups.items()]


def _group(change: DutyChange) -> DutyGroup:
    """The group that a change belongs to, still without requirements."""
    line = change.after or change.before
    assert line is not None
    before = change.before.verdict if change.before else None
    after = change.after.verdict if change.after else None
    return DutyGroup(
        subject=change.subject,
        family=line.family,
        what=change.what,
        status_before=before.status if before else "",
        status_after=after.status if after else "",
        day_before=before.applies_from if before else None,
        day_after=after.applies_from if after else None,
    )


@dataclass(frozen=True, slots=True)
class GapState:
    """What is needed of a gap that stands: where, about what, and since when."""

    id: int
    subject: str
    requirement: str
    opened_on: date


@dataclass(frozen=True, slots=True)
class DueChange:
    """A gap whose last day differs; None where the requirement makes no gap under that state of the law."""

    gap: GapState
    before: date | None
    after: date | None


def due_changes(gaps: Iterable[GapState], before: Position, after: Position) -> list[DueChange]:
    """The gaps whose day would differ. The day is worked out as for gaps: the later of application and term."""
    old, new = _by_place(before), _by_place(after)
    found = [DueChange(gap, _due(gap, old, before), _due(gap, new, after)) for gap in gaps]
    return [change for change in found if change.before != change.after]


def _due(gap: GapState, lines: dict[tuple[str, str], Line], position: Position) -> date | None:
    """The last day of a gap as if nothing covered it: only the law differs between the two states."""
    place = gap.subject, gap.requirement
    demand = replace(demand_of(lines.get(place), position.rows.get(gap.requirement)), lower=0)
    if not cause(demand):
        return None
    level = severity(
        force=demand.force, supervised=demand.supervised, penalty_tier=demand.penalty_tier, timing=demand.timing
    )
    return due(opened_on=gap.opened_on, applies_from=demand.applies_from, level=level)
