"""Facts in, duties out: which requirements apply to one deployment, from when, why, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from frameworks.domain.answers import check_flows
from frameworks.domain.conditions import All, Condition
from frameworks.domain.dating import LEGACY_EXEMPT, PENDING, UNKNOWN, Placement, place
from frameworks.domain.facts import CaseFacts, EffectiveFact, FactsError
from frameworks.domain.grounds import CaseGround
from frameworks.domain.kleene import Truth
from frameworks.domain.launch import LaunchResult
from frameworks.domain.questions import next_questions
from frameworks.domain.rows import Route, Row, select
from frameworks.domain.trace import Tracer
from frameworks.domain.transfers import TransferResult, decide_transfer, leaves_mainland
from frameworks.domain.vocabulary_terms import Vocabulary

__all__ = ["Assessment", "Duty", "assess", "select", "to_json"]

APPLIES = "applies"
MAY_APPLY = "may_apply"
NOT_APPLICABLE = "not_applicable"
_STATUS = {Truth.YES: APPLIES, Truth.UNKNOWN: MAY_APPLY, Truth.NO: NOT_APPLICABLE}
_OPENING = {
    APPLIES: "Applies: its condition is met.",
    MAY_APPLY: "May apply: the facts given do not decide its condition.",
    NOT_APPLICABLE: "Does not apply: its condition is not met.",
}

RawFlow = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Duty:
    """The verdict on one requirement. `status` does not depend on the day; `applies_from` and `timing` do."""

    id: str
    family: str
    citation: str
    status: str
    applies_from: date | None
    timing: str
    missing_facts: tuple[str, ...]
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that follows from the facts of one deployment on one day."""

    derived: Mapping[str, Truth]
    duties: tuple[Duty, ...]
    transfer: TransferResult
    launch: LaunchResult
    next_questions: tuple[str, ...]
    facts: Mapping[str, EffectiveFact]
    contradictions: tuple[str, ...] = ()
    """What the answers and the recorded flows say against each other, in sentences. Neither is corrected here."""

    def duty(self, ref: str) -> Duty:
        """The verdict on one requirement. Raises KeyError for one that is not listed."""
        found = next((duty for duty in self.duties if duty.id == ref), None)
        if found is None:
            raise KeyError(ref)
        return found


@dataclass(frozen=True, slots=True)
class _Verdict:
    truth: Truth
    missing: tuple[str, ...]
    because: tuple[str, ...]


def assess(
    *,
    vocabulary: Vocabulary,
    rows: Sequence[Row],
    facts: Mapping[str, object],
    flows: Sequence[RawFlow],
    other_flows: Sequence[RawFlow] = (),
    on: date,
) -> Assessment:
    """Assess one deployment against rows already selected for what was known.

    `facts` are the merged raw answers, `flows` the deployment's records, `other_flows` those of the same
    exporting entity in its other use cases (they count in volumes only). Headings give no duty; rows
    shown for context do. Raises FactsError with one sentence for each fact or flow that cannot be used.
    """
    problems = [*check_flows(vocabulary, flows), *check_flows(vocabulary, other_flows)]
    if problems:
        raise FactsError(problems)
    case = CaseFacts(vocabulary, facts)
    ground = CaseGround(case, decide_transfer(case, flows, other_flows))
    tracer = Tracer(ground)
    listed = [row for row in rows if not row.heading]
    verdicts = _verdicts({row.applies_when for row in listed}, ground, tracer)
    placements = _placements(listed, ground, on)
    duties = tuple(
        _duty(row, verdicts[row.applies_when], placement, tracer)
        for row, placement in zip(listed, placements, strict=True)
    )
    return Assessment(
        derived={name: ground.derived(name) for name in vocabulary.derived},
        duties=duties,
        transfer=ground.transfer,
        launch=ground.launch,
        next_questions=_questions(tracer, duties, placements),
        facts=case.all_effective(),
        contradictions=_contradictions(case, flows),
    )


def _contradictions(case: CaseFacts, flows: Sequence[RawFlow]) -> tuple[str, ...]:
    """Data that is said not to leave the mainland, beside flows that do."""
    leaving = [
        str(flow.get("id") or at) for at, flow in enumerate(flows, start=1) if leaves_mainland(flow) is Truth.YES
    ]
    if case.answer("cn.data_leaves_mainland") is not False or not leaving:
        return ()
    names = ", ".join(leaving)
    return (f"cn.data_leaves_mainland is answered no, but flow {names} leaves the mainland; correct one of the two.",)


def _verdicts(conditions: Iterable[Condition], ground: CaseGround, tracer: Tracer) -> dict[Condition, _Verdict]:
    """Each condition once: many rows share theirs."""
    verdicts = {}
    for condition in conditions:
        truth = condition.truth(ground)
        verdicts[condition] = _Verdict(truth, tracer.missing(condition), _reasons(condition, truth, tracer))
    return verdicts


def _placements(rows: Sequence[Row], ground: CaseGround, on: date) -> list[Placement]:
    """The placement of each row; rows with the same dates and status are placed once."""
    known: dict[tuple[tuple[Route, ...], str], Placement] = {}
    for row in rows:
        key = (row.routes, row.status)
        if key not in known:
            known[key] = place(row.routes, row.status, lambda when: when.truth(ground), on)
    return [known[row.routes, row.status] for row in rows]


def _reasons(condition: Condition, truth: Truth, tracer: Tracer) -> tuple[str, ...]:
    if condition == All(()):
        return ("Applies always: it has no condition.",)
    return (_OPENING[_STATUS[truth]], *tracer.because(condition))


def _duty(row: Row, verdict: _Verdict, placement: Placement, tracer: Tracer) -> Duty:
    status = _STATUS[verdict.truth]
    because = verdict.because if status == NOT_APPLICABLE else (*verdict.because, *_when(placement, tracer))
    return Duty(
        id=row.id,
        family=row.family,
        citation=row.citation,
        status=status,
        applies_from=placement.applies_from,
        timing=placement.timing,
        missing_facts=verdict.missing,
        because=because,
    )


def _when(placement: Placement, tracer: Tracer) -> list[str]:
    """Where the day comes from, in sentences."""
    basis = "; ".join(placement.basis)
    day = "No single first day" if placement.applies_from is None else f"From {placement.applies_from.isoformat()}"
    sentences = [f"{day}: {basis}."] if basis else []
    if placement.timing == PENDING:
        sentences.append("Not yet in force: the text is pending or proposed.")
    if placement.timing == LEGACY_EXEMPT:
        sentences.append("A transition rule exempts the existing system until it changes.")
    open_facts = _open_timing(placement, tracer)
    if open_facts:
        what = "When it binds hangs" if placement.timing == UNKNOWN else "Its day may still move: that hangs"
        sentences.append(f"{what} on {', '.join(open_facts)}.")
    return sentences


def _open_timing(placement: Placement, tracer: Tracer) -> tuple[str, ...]:
    """The unknown facts that leave the day or the timing open."""
    return tuple(dict.fromkeys(name for when in placement.open_conditions for name in tracer.missing(when)))


def _questions(tracer: Tracer, duties: Sequence[Duty], placements: Sequence[Placement]) -> tuple[str, ...]:
    ground = tracer.ground
    verdicts = [duty.missing_facts for duty in duties]
    verdicts += [tracer.missing(step) for step in ground.launch.open_steps]
    verdicts += [
        tuple(part for name in (*flow.missing, *flow.gba_missing) for part in tracer.named(name))
        for flow in ground.transfer.considered
    ]
    timings = [
        _open_timing(placement, tracer)
        for duty, placement in zip(duties, placements, strict=True)
        if duty.status != NOT_APPLICABLE
    ]
    return next_questions(ground.facts, verdicts, timings)


def to_json(assessment: Assessment, id: str, on: date, known_on: date) -> dict[str, object]:
    """The assessment as the object that the assess command writes, one on a line; `id` is handed back."""
    return {
        "id": id,
        "on": on.isoformat(),
        "known_on": known_on.isoformat(),
        "derived": {name: truth.value for name, truth in assessment.derived.items()},
        "duties": [_duty_json(duty) for duty in assessment.duties],
        "transfer_mechanism": _transfer_json(assessment.transfer),
        "launch_path": {
            "outcome": assessment.launch.outcome,
            "candidates": list(assessment.launch.candidates),
        },
        "next_questions": list(assessment.next_questions),
    }


def _duty_json(duty: Duty) -> dict[str, object]:
    return {
        "id": duty.id,
        "framework": duty.family,
        "citation": duty.citation,
        "status": duty.status,
        "applies_from": duty.applies_from.isoformat() if duty.applies_from else None,
        "timing": duty.timing,
        "missing_facts": list(duty.missing_facts),
        "because": list(duty.because),
    }


def _transfer_json(transfer: TransferResult) -> dict[str, object]:
    return {
        "outcome": transfer.outcome,
        "candidates": list(transfer.candidates),
        "flows": {
            flow.id: {
                "outcome": flow.outcome,
                "reason": flow.reason,
                "alternatives": list(flow.alternatives),
                "candidates": list(flow.candidates),
                "needs_review": list(flow.needs_review),
            }
            for flow in transfer.flows
        },
        "needs_review": list(transfer.needs_review),
    }
