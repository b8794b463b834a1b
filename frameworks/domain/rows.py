"""Requirement rows as the applicability engine reads them: one row is one version of one requirement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from frameworks.domain.conditions import Condition

UNVERIFIED = ("M", "S/m", "IMP")
"""Marks of what rests on memory, in part or whole, or on a file that nobody checked."""


@dataclass(frozen=True, slots=True)
class Text:
    """Title and summary of a requirement in one language, with where the words come from."""

    language: str
    origin: str
    """own (our words), official (the publisher's words) or machine (translated by a machine)."""
    title: str
    summary: str
    verification: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a requirement that is ticked off by itself: a point of an annex, or a suggested action of a profile.

    `kind` is checklist or action, `part` the heading it stands under. Nobody owes an item; the requirement is owed.
    """

    ref: str
    kind: str
    title: str
    part: str = ""
    risks: tuple[str, ...] = ()
    actor_tasks: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One way by which a row gets its first day; several routes are tried in order.

    `when` None means always. A route without any day leaves the timing to the row's status.
    `transition` is "" for an ordinary route, "moved" where a transition rule sets another day, and
    "exempt" where it keeps the duty from binding until the system changes.
    """

    when: Condition | None = None
    legal_from: date | None = None
    effective_from: date | None = None
    disputed: bool = False
    other_reading_from: date | None = None
    transition: str = ""
    basis: str = ""

    @property
    def day(self) -> date | None:
        """The day that counts: the first on which the duty can bite, else the first by the letter."""
        return self.effective_from or self.legal_from


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a requirement: who owes it, under which condition, from when and with which force.

    `known_from` None means always known; `known_until` is the day on which a later version replaced it.
    """

    id: str
    family: str
    instrument: str
    citation: str
    title: str
    summary: str
    parent: str | None
    position: int
    bearer: str
    owed_by: str
    applies_when: Condition
    force: str
    supervised: bool
    status: str
    heading: bool
    context: bool
    one_of: str
    evidence: str
    cadence: str
    penalty: str
    penalty_tier: str
    source: str
    verification: str
    texts: tuple[Text, ...]
    routes: tuple[Route, ...]
    known_from: date | None
    known_until: date | None = None
    note: str = ""
    items: tuple[Item, ...] = ()
    characteristics: tuple[str, ...] = ()
    """NIST: the trustworthiness characteristics that the outcome is about (AI 100-1, section 3)."""
    actor_tasks: tuple[str, ...] = ()
    """NIST: who usually works on the outcome (AI 100-1, appendix A)."""

    def is_known(self, known_on: date) -> bool:
        """Whether this is the version that stood on that day (from its day on, before its successor's)."""
        began = self.known_from is None or self.known_from <= known_on
        return began and (self.known_until is None or known_on < self.known_until)


def select(rows: Iterable[Row], known_on: date) -> list[Row]:
    """The versions known on a day, in the order given. What was not known by then is left out."""
    return [row for row in rows if row.is_known(known_on)]
