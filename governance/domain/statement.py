"""The statement of applicability: every requirement for one deployment, with why it applies, may apply or does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from controls.domain.coverage import Bounds
from frameworks.domain.applicability import APPLIES, MAY_APPLY, NOT_APPLICABLE, Duty
from frameworks.domain.rows import Row
from governance.domain.position import DEPLOYMENT, ENTITY, MODEL, Case, Line, Position

NO_MODEL = "It is owed once for each model, and this deployment names no model: who owes it is not known."
YES, NO, PARTIAL = "yes", "no", "partial"


@dataclass(frozen=True, slots=True)
class Entry:
    """One requirement in one subject. `line` None: nobody owes it here, or nobody is known who does.

    `missing`: the facts an open one hangs on. `applies_from` is None where it does not apply.
    """

    row: Row
    status: str
    applies_from: date | None
    timing: str
    line: Line | None
    missing: tuple[str, ...]
    because: tuple[str, ...]


def entries(position: Position, key: str) -> Iterator[Entry]:
    """Every requirement that somebody can owe, in catalogue order; several entries where several models owe it."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in position.of_deployment(key):
        lines[line.requirement].append(line)
    duties = {duty.id: duty for duty in position.assessments[key].duties}
    for row in position.rows.values():
        if row.heading or row.context or not row.owed_by:
            continue
        for line in lines[row.id]:
            reasons, verdict = position.reasons(line), line.verdict
            yield Entry(
                row, verdict.status, verdict.applies_from, verdict.timing, line, reasons.missing, reasons.because
            )
        if not lines[row.id]:
            yield _without_line(position, key, row, duties[row.id])


def _without_line(position: Position, key: str, row: Row, duty: Duty) -> Entry:
    """It does not apply, a person decided so, or it is owed by a model that nobody named."""
    case, truth = position.cases[key], position.truths[row.id]
    bit = 1 << list(position.cases).index(key)
    told = (position.decided.get((subject, row.id)) for subject in dict.fromkeys((key, *case.subjects(row.owed_by))))
    words = [word for word in told if word is not None]
    said = tuple(word.sentence for word in words)
    ruled_out = any(word.status == NOT_APPLICABLE for word in words)
    if truth.no & bit or ruled_out:
        facts = duty.because if duty.status == NOT_APPLICABLE else (f"The facts alone say: {duty.because[0]}",)
        because = (*said, *facts) if ruled_out else (*facts, *said)
        return Entry(row, NOT_APPLICABLE, None, "", None, (), because)
    status = APPLIES if truth.yes & bit else MAY_APPLY
    return Entry(
        row, status, duty.applies_from, duty.timing, None, duty.missing_facts, (*said, *duty.because, NO_MODEL)
    )


def chain_of(case: Case, subject: str, level: str) -> tuple[str, ...]:
    """The scopes whose implementations count for a subject, nearest first, as coverage takes them.

    A deployment on exactly one model takes the model's before its entity's.
    """
    if level == DEPLOYMENT:
        return (subject, *(case.models if len(case.models) == 1 else ()), case.entity, case.office)
    return (subject, case.office) if level in (ENTITY, MODEL) else (subject,)


def shown(bounds: Bounds) -> str:
    """Whether it is shown to be covered: yes, partial or no."""
    return YES if bounds.lower else PARTIAL if bounds.partial else NO


def still_possible(bounds: Bounds) -> str:
    """Whether it could be covered, given what is proposed and what is not ruled out: yes or no."""
    return YES if bounds.upper else NO
