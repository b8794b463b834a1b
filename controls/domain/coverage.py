"""Coverage of a requirement in a subject on a day: two bounds, never one flattering number.

lower = 1 when a person has approved that a control holds all that is asked, and the control is shown to work here.
upper = 1 when that is still possible, given what is proposed and what is not ruled out. Strength never enters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from controls.domain.relations import FULL, HOLDS, PART, Relationship

APPROVED = "approved"
POSSIBLE = frozenset({"proposed", APPROVED, "re_review"})
IMPLEMENTED = "implemented"
RULED_OUT = frozenset({"not_implemented", "not_applicable"})
IN_DATE, OUT_OF_DATE, NONE = "in_date", "out_of_date", "none"
PASSED, FAILED, OVERDUE, NEVER, NOT_DUE = "passed", "failed", "overdue", "never", "not_due"


@dataclass(frozen=True, slots=True)
class MappingFact:
    """A control mapped to a requirement, read control → requirement. `relationship` None: untyped.

    `text_current` is whether the approval was given against the texts as they stand.
    """

    id: int
    control: str
    requirement: str
    relationship: Relationship | None
    status: str
    text_current: bool


@dataclass(frozen=True, slots=True)
class ControlFact:
    """What coverage needs to know of a control. `test_every_days` None: no test is due, ever."""

    ref: str
    specific: bool
    evidence_required: bool
    test_every_days: int | None


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """Valid from a day until a day, both included; None until: no end."""

    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class TestFact:
    """One test of an implementation."""

    __test__ = False

    performed_on: date
    passed: bool


@dataclass(frozen=True, slots=True)
class ImplementationFact:
    """A control in a scope, with the evidence and tests that belong to it alone."""

    control: str
    scope: str
    state: str
    evidence: tuple[EvidenceFact, ...] = ()
    tests: tuple[TestFact, ...] = ()


@dataclass(frozen=True, slots=True)
class AttestedSet:
    """Mappings of which a person attested that together they suffice for a requirement in a scope.

    `current` is False once one of their texts changed: then the attestation has lapsed.
    """

    requirement: str
    scope: str
    mappings: frozenset[int]
    current: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """lower and upper are 0 or 1; `partial` is a proved part without a proved whole. Reasons are sentences."""

    lower: int
    upper: int
    partial: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Standing:
    """One control in one subject: whether it is shown to work, whether it is ruled out, and why."""

    proved: bool
    ruled_out: bool
    reason: str


class Coverage:
    """Answers for any subject and requirement on one day; each control is judged once per subject.

    `no_control`: requirement → why a person holds that no control fits it; told, never counted.
    """

    def __init__(
        self,
        *,
        controls: Iterable[ControlFact],
        mappings: Iterable[MappingFact],
        implementations: Iterable[ImplementationFact],
        attested: Iterable[AttestedSet] = (),
        no_control: Mapping[str, str] | None = None,
        on: date,
    ) -> None:
        self._on = on
        self.no_control = no_control or {}
        self.controls = {control.ref: control for control in controls}
        self.implementations = {(row.control, row.scope): row for row in implementations}
        self.mappings: dict[str, list[MappingFact]] = defaultdict(list)
        for mapping in mappings:
            if mapping.status in POSSIBLE and mapping.control in self.controls:
                self.mappings[mapping.requirement].append(mapping)
        self.attested: dict[str, list[AttestedSet]] = defaultdict(list)
        for row in attested:
            self.attested[row.requirement].append(row)
        self._standings: dict[tuple[str, tuple[str, ...]], _Standing] = {}

    def cover(self, requirement: str, chain: tuple[str, ...]) -> Bounds:
        """Bounds of a requirement in the subject whose scopes are `chain`: its own first, the office last."""
        mappings = self.mappings.get(requirement, [])
        if not mappings:
            return Bounds(0, 0, False, (self._unmapped(requirement),))
        standings = {mapping.id: self._standing(mapping.control, chain) for mapping in mappings}
        proved = [mapping for mapping in mappings if _is_proved(mapping, standings[mapping.id])]
        possible = [mapping for mapping in mappings if not standings[mapping.id].ruled_out]
        parts = {mapping.id for mapping in proved if mapping.relationship in HOLDS}
        attested = self._suffices(requirement, chain, parts)
        lower = int(attested or any(mapping.relationship in FULL for mapping in proved))
        upper = int(bool(lower) or _may_suffice(possible))
        partial = not lower and any(mapping.relationship in PART for mapping in proved)
        reasons = tuple(_reason(mapping, standings[mapping.id]) for mapping in mappings)
        extra = ("A person attested that the approved parts suffice together.",) if attested else ()
        return Bounds(lower, upper, partial, reasons + extra)

    def _unmapped(self, requirement: str) -> str:
        reason = self.no_control.get(requirement)
        return f"No control fits: {reason}" if reason else "No control is mapped to this requirement."

    def _suffices(self, requirement: str, chain: tuple[str, ...], parts: set[int]) -> bool:
        """A set that names a mapping which holds nothing of what is asked, or nobody knows what, does not count."""
        return any(
            row.current and row.scope in chain and row.mappings and row.mappings <= parts
            for row in self.attested.get(requirement, [])
        )

    def _standing(self, control: str, chain: tuple[str, ...]) -> _Standing:
        key = (control, chain)
        if key not in self._standings:
            self._standings[key] = self._judge(self.controls[control], chain)
        return self._standings[key]

    def _judge(self, control: ControlFact, chain: tuple[str, ...]) -> _Standing:
        scopes = chain[:1] if control.specific else chain
        found = (self.implementations.get((control.ref, scope)) for scope in scopes)
        nearest = next((row for row in found if row is not None), None)
        if nearest is None:
            own = " of its own" if control.specific else ""
            return _Standing(False, False, f"{control.ref} has no implementation{own} here")
        if nearest.state in RULED_OUT:
            words = nearest.state.replace("_", " ")
            return _Standing(False, True, f"{control.ref} is marked {words} in {nearest.scope}")
        if nearest.state != IMPLEMENTED:
            return _Standing(False, False, f"{control.ref} is {nearest.state} in {nearest.scope}")
        missing = _missing_test(control, nearest, self._on) or _missing_evidence(control, nearest, self._on)
        if missing:
            return _Standing(False, False, f"{control.ref} is implemented in {nearest.scope}, but {missing}")
        return _Standing(True, False, f"{control.ref} is implemented in {nearest.scope}, tests and evidence in date")


def _missing_test(control: ControlFact, implementation: ImplementationFact, on: date) -> str:
    """Why the due test has not passed, or "" when it has or none is due."""
    word, day = last_test_on(implementation.tests, control.test_every_days, on)
    told = {
        NEVER: "it was never tested",
        FAILED: f"its test of {day} failed",
        OVERDUE: f"its test has been overdue since {day}",
    }
    return told.get(word, "")


def _missing_evidence(control: ControlFact, implementation: ImplementationFact, on: date) -> str:
    if not control.evidence_required:
        return ""
    word, day = evidence_on(implementation.evidence, on)
    return {OUT_OF_DATE: f"its evidence went out of date on {day}", NONE: "it has no evidence"}.get(word, "")


def evidence_on(evidence: Iterable[EvidenceFact], on: date) -> tuple[str, date | None]:
    """in_date with its last day (None: no end), out_of_date with the last day it had, or none. What begins later is left out."""
    begun = [row for row in evidence if row.valid_from <= on]
    ends = [row.valid_until for row in begun if row.valid_until is not None]
    if len(ends) < len(begun):
        return IN_DATE, None
    if not ends:
        return NONE, None
    last = max(ends)
    return (IN_DATE if on <= last else OUT_OF_DATE), last


def days_after(day: date, days: int) -> date:
    """The day that many days later, or the last day of the calendar where it would lie beyond. `days`: 0 or more."""
    return day + timedelta(days=days) if days <= (date.max - day).days else date.max


def last_test_on(tests: Iterable[TestFact], every_days: int | None, on: date) -> tuple[str, date | None]:
    """How the last test stands, with the day of the next one, or of the failed one. A failure of the same day counts."""
    if every_days is None:
        return NOT_DUE, None
    done = [test for test in tests if test.performed_on <= on]
    if not done:
        return NEVER, None
    last = max(done, key=lambda test: (test.performed_on, not test.passed))
    if not last.passed:
        return FAILED, last.performed_on
    due = days_after(last.performed_on, every_days)
    return (OVERDUE if on > due else PASSED), due


def _is_proved(mapping: MappingFact, standing: _Standing) -> bool:
    return mapping.status == APPROVED and mapping.text_current and standing.proved


def _may_suffice(possible: Sequence[MappingFact]) -> bool:
    """A full or untyped mapping may suffice alone, two parts together."""
    if any(mapping.relationship is None or mapping.relationship in FULL for mapping in possible):
        return True
    return sum(mapping.relationship in PART for mapping in possible) >= 2


def _reason(mapping: MappingFact, standing: _Standing) -> str:
    kind = mapping.relationship.value.replace("_", " ") if mapping.relationship else "untyped"
    review = mapping.status.replace("_", " ")
    if mapping.status == APPROVED and not mapping.text_current:
        review = "approved against an earlier text"
    return f"{standing.reason}; the mapping ({kind}) is {review}."


def minimum(bounds: Iterable[Bounds]) -> Bounds:
    """Over several subjects a requirement is covered as badly as where it is covered worst."""
    rows = list(bounds)
    if not rows:
        return Bounds(0, 0, False, ("Nobody owes this requirement.",))
    lower = min(row.lower for row in rows)
    return Bounds(
        lower=lower,
        upper=min(row.upper for row in rows),
        partial=not lower and any(row.lower or row.partial for row in rows),
        reasons=tuple(dict.fromkeys(reason for row in rows for reason in row.reasons)),
    )
