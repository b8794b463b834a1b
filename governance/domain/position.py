"""Where the office stands on a day: who owes what, from when, why, and between which bounds it is covered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from controls.domain.coverage import Bounds, Coverage, minimum
from frameworks.domain.applicability import APPLIES, MAY_APPLY, NOT_APPLICABLE, Assessment, assess
from frameworks.domain.columns import CaseInput, Masks, cases_of
from frameworks.domain.portfolio import RowVerdicts, Verdicts, assess_all
from frameworks.domain.rows import Row
from frameworks.domain.vocabulary_terms import Vocabulary
from governance.domain.portfolio import MergedFacts, Verdict, deciding, roll_up

SPEAKERS = 20
"""Deployments whose reasons are told for a line above them."""
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
class Reasons:
    """Why a line stands as it does, and the facts that an open one hangs on."""

    missing: tuple[str, ...]
    because: tuple[str, ...]


class Assessments(Mapping[str, Assessment]):
    """Each deployment's assessment with its trace, worked out when it is looked at."""

    def __init__(self, vocabulary: Vocabulary, rows: Sequence[Row], cases: Mapping[str, Case], on: date) -> None:
        self._vocabulary, self._rows, self._cases, self._on = vocabulary, rows, cases, on
        self._known: dict[str, Assessment] = {}

    def __getitem__(self, key: str) -> Assessment:
        found = self._known.get(key)
        if found is None:
            case = self._cases[key]
            found = self._known[key] = assess(
                vocabulary=self._vocabulary, rows=self._rows, facts=case.facts.facts, flows=case.flows,
                other_flows=case.other_flows, on=self._on,
            )  # fmt: skip
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._cases)

    def __len__(self) -> int:
        return len(self._cases)


@dataclass(frozen=True, slots=True)
class Position:
    """Every line of the office on a day. Requirements that do not apply in a subject have no line there.

    `truths`: requirement → which cases it applies in, decisions of persons about deployments included; bit i is the
    i-th case.
    """

    on: date
    known_on: date
    rows: Mapping[str, Row]
    cases: Mapping[str, Case]
    assessments: Assessments
    lines: tuple[Line, ...]
    truths: Mapping[str, Masks]
    decided: Mapping[tuple[str, str], Decided]

    def of_subject(self, key: str) -> list[Line]:
        return [line for line in self.lines if line.subject == key]

    def of_deployment(self, key: str) -> list[Line]:
        """What a deployment owes itself, and what is owed once above it because of it, in catalogue order."""
        case, bit = self.cases[key], 1 << list(self.cases).index(key)
        above = {case.key, case.office, case.entity, *case.models}
        return [
            line
            for line in self.lines
            if line.subject in above
            and (line.subject == key or (line.subject in case.subjects(line.level) and not self._not_in(line, bit)))
        ]

    def _not_in(self, line: Line, bit: int) -> bool:
        return bool(self.truths[line.requirement].no & bit)

    def hanging(self) -> Counter[str]:
        """Deployment → how many requirements hang on its unanswered questions; those without any are left out."""
        keys, everyone = list(self.cases), (1 << len(self.cases)) - 1
        unknown = (everyone & ~masks.yes & ~masks.no for masks in self.truths.values())
        return Counter(keys[at] for mask in unknown for at in cases_of(mask))

    def reasons(self, line: Line) -> Reasons:
        """From the deployments that bring the line about; of very many the first few speak for the rest."""
        mine = [case for case in self.cases.values() if line.subject in case.subjects(line.level)]
        places = {key: at for at, key in enumerate(self.cases)}
        truth = self.truths[line.requirement]
        below = sum(1 << places[case.key] for case in mine)
        _, mask = deciding(truth, below)
        telling = [case.key for case in mine if mask >> places[case.key] & 1]
        told = [self._told(key, line.requirement) for key in telling[:SPEAKERS]]
        more = len(telling) - SPEAKERS
        word = self.decided.get((line.subject, line.requirement)) if line.subject not in self.cases else None
        return Reasons(
            missing=() if word else _merged(reasons.missing for reasons in told),
            because=(
                *((word.sentence,) if word else ()),
                *_merged(reasons.because for reasons in told),
                *((f"{more} more deployments bring it about too.",) if more > 0 else ()),
            ),
        )

    def _told(self, key: str, requirement: str) -> Reasons:
        duty = self.assessments[key].duty(requirement)
        word = self.decided.get((key, requirement))
        return Reasons((), (word.sentence, *duty.because)) if word else Reasons(duty.missing_facts, duty.because)


def _merged(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for group in groups for word in group))


Adopted = Callable[[str, str], bool]
"""(subject, family) → whether the family is followed there."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One requirement in one subject, before anybody asks how far it is covered."""

    subject: str
    level: str
    family: str
    verdict: Verdict
    adopted: bool


class Demands:
    """Who owes what on a day: every deployment assessed, its duties rolled up to where each is owed.

    Knows nothing of controls, so that it stands as long as law, facts and decisions do. A decision about a deployment
    counts before the roll-up, one about a level above after it. `chains`: each subject's scopes for coverage, nearest first.
    """

    def __init__(
        self,
        *,
        vocabulary: Vocabulary,
        rows: Sequence[Row],
        cases: Iterable[Case],
        chains: Mapping[str, tuple[str, ...]],
        decided: Iterable[Decided],
        adopted: Adopted,
        on: date,
        known_on: date,
    ) -> None:
        self.on, self.known_on, self.chains = on, known_on, chains
        self.rows = {row.id: row for row in rows}
        self.cases = {case.key: case for case in cases}
        self.decided = {(row.subject, row.requirement): row for row in decided}
        self.assessments = Assessments(vocabulary, rows, self.cases, on)
        inputs = [CaseInput(case.facts.facts, case.flows, case.other_flows) for case in self.cases.values()]
        self._found = assess_all(vocabulary=vocabulary, rows=rows, cases=inputs, on=on)
        self.truths = _decided_truths(self._found, self.cases, self.decided)
        self._levels = {level: _below(self.cases.values(), level) for level in (OFFICE, ENTITY, MODEL)}
        self._adopted = adopted

    def of(self, requirement: str) -> Iterator[Owed]:
        """Every subject in which a requirement applies or may apply. Headings and context are owed by nobody."""
        row = self.rows.get(requirement)
        if row is None or not row.owed_by or row.heading or row.context:
            return
        verdicts = _verdicts(
            self._found.rows[row.id], self.truths[row.id], list(self.cases), self._levels, self.decided
        )
        for subject, verdict in verdicts:
            yield Owed(subject, row.owed_by, row.family, verdict, self._adopted(subject, row.family))


def lines_of(demands: Demands, coverage: Coverage, requirements: Iterable[str]) -> Iterator[Line]:
    """The lines of some requirements, each with its bounds."""
    for ref in requirements:
        for owed in demands.of(ref):
            bounds = coverage.cover(ref, demands.chains[owed.subject])
            yield Line(owed.subject, owed.level, owed.family, owed.verdict, owed.adopted, bounds)


def stand(*, demands: Demands, coverage: Coverage) -> Position:
    """Where the office stands: every line that is owed or may be, covered."""
    lines = tuple(lines_of(demands, coverage, demands.rows))
    return Position(
        on=demands.on, known_on=demands.known_on, rows=demands.rows, cases=demands.cases,
        assessments=demands.assessments, lines=lines, truths=demands.truths, decided=demands.decided,
    )  # fmt: skip


def _below(cases: Iterable[Case], level: str) -> dict[str, int]:
    """Subject of a level → the mask of the deployments below it."""
    found: dict[str, int] = defaultdict(int)
    for at, case in enumerate(cases):
        for subject in case.subjects(level):
            found[subject] |= 1 << at
    return found


def _decided_truths(
    found: Verdicts, cases: Mapping[str, Case], told: Mapping[tuple[str, str], Decided]
) -> dict[str, Masks]:
    """What the engine says, with what persons decided about single deployments put in its place."""
    places = {key: at for at, key in enumerate(cases)}
    truths = {ref: row.truth for ref, row in found.rows.items()}
    for (subject, ref), word in told.items():
        if subject in places and ref in truths:
            bit, masks = 1 << places[subject], truths[ref]
            truths[ref] = Masks(
                masks.yes | bit if word.status == APPLIES else masks.yes & ~bit,
                masks.no | bit if word.status == NOT_APPLICABLE else masks.no & ~bit,
            )
    return truths


def _verdicts(
    row: RowVerdicts,
    truth: Masks,
    deployments: Sequence[str],
    levels: Mapping[str, Mapping[str, int]],
    told: Mapping[tuple[str, str], Decided],
) -> Iterator[tuple[str, Verdict]]:
    """Each subject in which a row applies or may apply."""
    ref = row.row.id
    if row.row.owed_by == DEPLOYMENT:
        unknown = ((1 << len(deployments)) - 1) & ~truth.yes & ~truth.no
        for status, mask in ((APPLIES, truth.yes), (MAY_APPLY, unknown)):
            for part, placement in row.placed:
                verdict = Verdict(ref, status, placement.timing, placement.applies_from)
                yield from ((deployments[at], verdict) for at in cases_of(part & mask))
        return
    for subject, below in levels[row.row.owed_by].items():
        verdict = roll_up(ref, truth, row.placed, below)
        word = told.get((subject, ref))
        verdict = replace(verdict, status=word.status) if word else verdict
        if verdict.status != NOT_APPLICABLE:
            yield subject, verdict


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
