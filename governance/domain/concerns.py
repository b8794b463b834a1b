"""What keeps a control that is implemented from being shown to work, and what soon will: its tests and its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from controls.domain.coverage import (
    FAILED,
    IMPLEMENTED,
    IN_DATE,
    NEVER,
    NONE,
    OUT_OF_DATE,
    OVERDUE,
    PASSED,
    EvidenceFact,
    ImplementationFact,
    TestFact,
    evidence_on,
    last_test_on,
)

TEST_FAILED, TEST_NEVER, TEST_OVERDUE, TEST_DUE = "test_failed", "test_never", "test_overdue", "test_due"
EVIDENCE_MISSING, EVIDENCE_OVER, EVIDENCE_ENDS = "evidence_missing", "evidence_over", "evidence_ends"
KINDS = (TEST_FAILED, TEST_NEVER, TEST_OVERDUE, EVIDENCE_MISSING, EVIDENCE_OVER, TEST_DUE, EVIDENCE_ENDS)
"""What already keeps a control from being shown to work first."""
AHEAD = frozenset({TEST_DUE, EVIDENCE_ENDS})
TESTS = frozenset({TEST_FAILED, TEST_NEVER, TEST_OVERDUE, TEST_DUE})
WITHIN = 60
"""Days that are looked ahead, unless somebody asks for others."""


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to do about a control in a scope.

    `day`: of the failed test, on which a test was or is due, or the last on which evidence is valid; None where there is none.
    """

    kind: str
    day: date | None

    @property
    def is_ahead(self) -> bool:
        """Still to come: the control is not kept from being shown to work by this yet."""
        return self.kind in AHEAD

    @property
    def is_test(self) -> bool:
        return self.kind in TESTS


@dataclass(frozen=True, slots=True)
class Needs:
    """What a control asks of each of its implementations. `test_every_days` None: no test is due, ever."""

    evidence_required: bool
    test_every_days: int | None


def concerns(row: ImplementationFact, needs: Needs, *, on: date, within: int = WITHIN) -> tuple[Concern, ...]:
    """At most one of its tests and one of its evidence. What is not marked implemented has none: it shows nothing yet.

    `within`: days after `on` that are looked ahead. Evidence that other evidence follows without a day between has no end.
    """
    if row.state != IMPLEMENTED:
        return ()
    last = on + timedelta(days=min(within, (date.max - on).days))
    found = [_of_test(row.tests, needs.test_every_days, on, last)]
    if needs.evidence_required:
        found.append(_of_evidence(row.evidence, on, last))
    return tuple(concern for concern in found if concern is not None)


def _of_test(tests: Iterable[TestFact], every_days: int | None, on: date, last: date) -> Concern | None:
    word, day = last_test_on(tests, every_days, on)
    kind = {FAILED: TEST_FAILED, NEVER: TEST_NEVER, OVERDUE: TEST_OVERDUE}.get(word)
    if kind is None and word == PASSED and day is not None and day <= last:
        kind = TEST_DUE
    return Concern(kind, day) if kind else None


def _of_evidence(evidence: tuple[EvidenceFact, ...], on: date, last: date) -> Concern | None:
    word, day = evidence_on(evidence, on)
    if word != IN_DATE:
        return Concern({OUT_OF_DATE: EVIDENCE_OVER, NONE: EVIDENCE_MISSING}[word], day)
    while day is not None and day <= last and day < date.max:
        following, until = evidence_on(evidence, day + timedelta(days=1))
        if following != IN_DATE:
            return Concern(EVIDENCE_ENDS, day)
        day = until
    return None


def urgency(concern: Concern) -> tuple[bool, date]:
    """Sorts what already lapsed before what is ahead, each by its day; what has no day comes first."""
    return concern.is_ahead, concern.day or date.min
