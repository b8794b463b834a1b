"""The register of gaps as arithmetic: how late each is, which ones a filter keeps, totals, the gravest, what ends next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from controls.domain.coverage import days_after
from governance.domain.gaps import LEVELS

OPEN, ACCEPTED, CLOSED = "open", "accepted", "closed"
SEVERITIES = tuple(reversed(LEVELS))
"""The gravest first."""
NO_ENTITY = "office"
"""Where what is owed once above all legal entities stands."""


@dataclass(frozen=True, slots=True)
class ActionFact:
    """Work on a gap: what, by whom, until when."""

    title: str
    person: str
    due_on: date
    status: str


@dataclass(frozen=True, slots=True)
class GapFact:
    """One gap with everything that the register tells. Empty text: not known or not given; `accountable` "": vacant.

    `entity` is the key of the legal entity above the subject, or "office". `controls`: sentences, one a mapping.
    """

    id: int
    subject: str
    subject_name: str
    entity: str
    requirement: str
    citation: str
    title: str
    family: str
    force: str
    unverified: bool
    status: str
    severity: str
    timing: str
    applies_from: date | None
    opened_on: date
    due_on: date
    reason: str
    accountable: str
    reopened: int
    closed_on: date | None = None
    accepted_until: date | None = None
    accepted_by: str = ""
    acceptance_reason: str = ""
    actions: tuple[ActionFact, ...] = ()
    controls: tuple[str, ...] = ()

    def overdue_days(self, on: date) -> int:
        """Days since the day it was due; 0 while it is not late, accepted or closed."""
        return max(0, (on - self.due_on).days) if self.status == OPEN else 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the reader asked for; empty words choose everything."""

    entity: str = ""
    family: str = ""
    severity: str = ""
    overdue: bool = False

    def keeps(self, gap: GapFact, on: date) -> bool:
        wanted = ((self.entity, gap.entity), (self.family, gap.family), (self.severity, gap.severity))
        return all(word in ("", found) for word, found in wanted) and (not self.overdue or gap.overdue_days(on) > 0)


@dataclass(frozen=True, slots=True)
class Total:
    """Gaps of one severity that stand. Overdue ones are open ones; accepted ones are counted apart."""

    severity: str
    open: int
    overdue: int
    accepted: int


def totals(gaps: Iterable[GapFact], on: date) -> list[Total]:
    """One for each severity, the gravest first, zeros included. Closed gaps are left out."""
    counts = {severity: [0, 0, 0] for severity in SEVERITIES}
    for gap in gaps:
        if gap.status == OPEN:
            counts[gap.severity][0] += 1
            counts[gap.severity][1] += gap.overdue_days(on) > 0
        elif gap.status == ACCEPTED:
            counts[gap.severity][2] += 1
    return [Total(severity, *row) for severity, row in counts.items()]


def gravest(gaps: Iterable[GapFact], count: int) -> list[GapFact]:
    """The open gaps that come first: by severity, then by the day they are due, then by number."""
    return sorted(
        (gap for gap in gaps if gap.status == OPEN),
        key=lambda gap: (SEVERITIES.index(gap.severity), gap.due_on, gap.id),
    )[:count]


def ending(gaps: Iterable[GapFact], on: date, days: int) -> list[GapFact]:
    """Accepted gaps whose acceptance ends within so many days, or has ended and was not yet looked at again, in order."""
    last = days_after(on, days)
    found = [
        (gap.accepted_until, gap.id, gap) for gap in gaps if gap.status == ACCEPTED and gap.accepted_until is not None
    ]
    return [gap for until, _, gap in sorted(found, key=lambda row: row[:2]) if until <= last]
