"""What stands behind a control on a day: its evidence and its tests, each as one word and the day that goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from controls.domain.coverage import (
    FAILED,
    IMPLEMENTED,
    IN_DATE,
    NEVER,
    NONE,
    OUT_OF_DATE,
    OVERDUE,
    ImplementationFact,
    evidence_on,
    last_test_on,
)

__all__ = ["IN_DATE", "OUT_OF_DATE", "Lapsed", "MappedControl", "evidence_on", "lapsed", "last_test_on", "nearest"]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class MappedControl:
    """A control mapped to a requirement, as the bounds count it. `relationship` is "" while it has no type.

    `status` is the mapping's word; `text_current` says whether an approval was given against the texts as they stand.
    """

    control: str
    title: str
    relationship: str
    status: str
    text_current: bool
    specific: bool
    evidence_required: bool
    test_every_days: int | None


def nearest(control: str, specific: bool, chain: Sequence[str], found: Mapping[tuple[str, str], Found]) -> Found | None:
    """What stands for a control in the nearest scope of a chain; a specific one inherits nothing. None: no row."""
    scopes = chain[:1] if specific else chain
    return next((found[control, scope] for scope in scopes if (control, scope) in found), None)


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Implementations marked implemented that are not shown to work: counts of each cause. One can count twice."""

    implemented: int
    evidence_out_of_date: int
    evidence_missing: int
    tests_overdue: int
    tests_missing: int
    tests_failed: int


def lapsed(rows: Iterable[ImplementationFact], needs: Mapping[str, tuple[bool, int | None]], on: date) -> Lapsed:
    """`needs`: control → (evidence is required, days between tests). A control that is not named there is retired."""
    live = [row for row in rows if row.state == IMPLEMENTED and row.control in needs]
    evidence = [evidence_on(row.evidence, on)[0] for row in live if needs[row.control][0]]
    tests = [last_test_on(row.tests, needs[row.control][1], on)[0] for row in live]
    return Lapsed(
        implemented=len(live),
        evidence_out_of_date=evidence.count(OUT_OF_DATE),
        evidence_missing=evidence.count(NONE),
        tests_overdue=tests.count(OVERDUE),
        tests_missing=tests.count(NEVER),
        tests_failed=tests.count(FAILED),
    )
