"""Where the office stands on a day: who owes what, from when, why, and between which bounds it is covered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from controls.domain.coverage import Bounds, Coverage, minimum
from frameworks.domain.applicability import APPLIES, NOT_APPLICABLE, Assessment, Duty, assess
from frameworks.domain.rows import Row
from frameworks.domain.vocabulary_terms import Vocabulary
from governance.domain.portfolio import MergedFacts, Verdict, roll_up

OFFICE, ENTITY, MODEL, DEPLOYMENT = "office", "entity", "model", "deployment"


@dataclass(frozen=True, slots=True)
class Case:
    """One deployment that counts: its facts as merged, its flows, and the subjects that stand above it by key."""

    key: str
    office: str
    entity: str
    models: tuple[str, ...]
    facts: MergedFacts
    flows: tuple[Mapping[str, object], ...] = ()
    other_flows: tuple[Mapping[str, object], ...] = ()

    def subjects(self, level: str) -> tuple[str, ...]:
        """The keys of the subjects that owe what is owed at a level, for this deployment."""
        if level == MODEL:
            return self.models
        return ({OFFICE: self.office, ENTITY: self.entity, DEPLOYMENT: self.key}[level],)


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's word on one requirement in one subject: it replaces the engine's verdict there, and says so."""

    subject: str
    requirement: str
    status: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement in one subject that owes it or may owe it. `adopted`: the family is followed there."""

    subject: str
    level: str
    family: str
    verdict: Verdict
    adopted: bool
    bounds: Bounds

    @property
    def requirement(self) -> str:
        return self.verdict.requirement


@dataclass(frozen=True, slots=True)
class Position:
    """Every line of the office on a day. Requirements that do not apply in a subject have no line there."""

    on: date
    known_on: date
    rows: Mapping[str, Row]
    cases: Mapping[str, Case]
    assessments: Mapping[str, Assessment]
    lines: tuple[Line, ...]

    def of_subject(self, key: str) -> list[Line]:
        return [line for line in self.lines if line.subject == key]

    def of_deployment(self, key: str) -> list[Line]:
        """What a deployment owes itself, and what is owed once above it because of it, in catalogue order."""
        case = self.cases[key]
        mine = {duty.id: duty for duty in self.assessments[key].duties if duty.status != NOT_APPLICABLE}
        return [
            line
            for line in self.lines
            if line.subject == key or (line.requirement in mine and line.subject in case.subjects(line.level))
        ]


Adopted = Callable[[str, str], bool]
"""(subject, family) → whether the family is followed there."""


def stand(
    *,
    vocabulary: Vocabulary,
    rows: Sequence[Row],
    cases: Iterable[Case],
    chains: Mapping[str, tuple[str, ...]],
    decided: Iterable[Decided],
    adopted: Adopted,
    coverage: Coverage,
    on: date,
    known_on: date,
) -> Position:
    """Assesses every deployment, rolls its duties up to where each is owed, and covers each line.

    `chains`: each subject's scopes for coverage, nearest first. A decision about a deployment counts before the
    roll-up, one about a level above after it.
    """
    told = {(row.subject, row.requirement): row for row in decided}
    owed = {row.id: row for row in rows if row.owed_by and not row.heading and not row.context}
    by_key = {case.key: case for case in cases}
    assessments = {key: _assess(vocabulary, rows, case, on) for key, case in by_key.items()}
    found = _by_subject(by_key, assessments, owed, told)
    lines = tuple(
        Line(
            subject=subject,
            level=owed[ref].owed_by,
            family=owed[ref].family,
            verdict=verdict,
            adopted=adopted(subject, owed[ref].family),
            bounds=coverage.cover(ref, chains[subject]),
        )
        for (subject, ref), verdict in found.items()
        if verdict.status != NOT_APPLICABLE
    )
    return Position(on, known_on, {row.id: row for row in rows}, by_key, assessments, lines)


def _assess(vocabulary: Vocabulary, rows: Sequence[Row], case: Case, on: date) -> Assessment:
    return assess(
        vocabulary=vocabulary,
        rows=rows,
        facts=case.facts.facts,
        flows=case.flows,
        other_flows=case.other_flows,
        on=on,
    )


def _by_subject(
    cases: Mapping[str, Case],
    assessments: Mapping[str, Assessment],
    owed: Mapping[str, Row],
    told: Mapping[tuple[str, str], Decided],
) -> dict[tuple[str, str], Verdict]:
    """The verdict of each (subject, requirement), in the order of the catalogue within each subject."""
    below: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for key, case in cases.items():
        for duty in assessments[key].duties:
            if duty.id not in owed:
                continue
            verdict = _decide(_verdict(duty), told.get((key, duty.id)))
            for subject in case.subjects(owed[duty.id].owed_by):
                below[subject, duty.id].append(verdict)
    return {
        (subject, ref): rolled if subject in cases else _decide(rolled, told.get((subject, ref)))
        for (subject, ref), verdicts in below.items()
        for rolled in [roll_up(verdicts)]
    }


def _verdict(duty: Duty) -> Verdict:
    return Verdict(duty.id, duty.status, duty.timing, duty.applies_from, duty.missing_facts, duty.because)


def _decide(verdict: Verdict, word: Decided | None) -> Verdict:
    if word is None:
        return verdict
    return replace(verdict, status=word.status, missing_facts=(), because=(word.sentence, *verdict.because))


@dataclass(frozen=True, slots=True)
class Share:
    """Counts over requirements, each at its worst subject: sums of the bounds of those that apply."""

    lower: int
    upper: int
    applies: int
    may_apply: int


def share(lines: Iterable[Line]) -> Share:
    """Both bounds of a set of lines; over several subjects a requirement takes the minimum. Not adopted: left out."""
    applying: dict[str, list[Bounds]] = defaultdict(list)
    maybe: set[str] = set()
    for line in lines:
        if not line.adopted:
            continue
        if line.verdict.status == APPLIES:
            applying[line.requirement].append(line.bounds)
        else:
            maybe.add(line.requirement)
    worst = [minimum(rows) for rows in applying.values()]
    return Share(
        lower=sum(row.lower for row in worst),
        upper=sum(row.upper for row in worst),
        applies=len(applying),
        may_apply=len(maybe - set(applying)),
    )


def upcoming(lines: Iterable[Line], on: date) -> list[tuple[date, str, list[Line]]]:
    """What applies next: (day, family, lines) in order of the day; days that have passed are left out."""
    groups: dict[tuple[date, str], list[Line]] = defaultdict(list)
    for line in lines:
        day = line.verdict.applies_from
        if line.adopted and line.verdict.status == APPLIES and day is not None and day > on:
            groups[day, line.family].append(line)
    return [(day, family, groups[day, family]) for day, family in sorted(groups)]
