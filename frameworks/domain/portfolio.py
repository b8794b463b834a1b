"""Verdicts on many cases at once: status, first day and timing of every row for every case, in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from frameworks.domain.applicability import APPLIES, MAY_APPLY, NOT_APPLICABLE
from frameworks.domain.columns import CaseInput, Columns, Masks
from frameworks.domain.conditions import Condition
from frameworks.domain.dating import Placement, place
from frameworks.domain.kleene import Truth
from frameworks.domain.rows import Route, Row
from frameworks.domain.vocabulary_terms import Vocabulary

_STATUS = {Truth.YES: APPLIES, Truth.UNKNOWN: MAY_APPLY, Truth.NO: NOT_APPLICABLE}


@dataclass(frozen=True, slots=True)
class RowVerdicts:
    """One row for every case. `placed`: each placement with the cases that have it; no case is in two."""

    row: Row
    truth: Masks
    placed: tuple[tuple[int, Placement], ...]

    def status(self, case: int) -> str:
        """applies, may_apply or not_applicable."""
        return _STATUS[self.truth.at(case)]

    def placement(self, case: int) -> Placement:
        """First day and timing for one case."""
        return next(placement for mask, placement in self.placed if mask >> case & 1)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Every row that is no heading, by id, in the order of the catalogue."""

    columns: Columns
    rows: Mapping[str, RowVerdicts]


def assess_all(
    *, vocabulary: Vocabulary, rows: Sequence[Row], cases: Sequence[CaseInput], on: date, columns: Columns | None = None
) -> Verdicts:
    """Assess many cases against rows already selected for what was known; agrees with `assess` on each.

    `columns` can be handed over when the same cases are judged on several days. Raises FactsError.
    """
    columns = columns or Columns(vocabulary, cases)
    truths: dict[Condition, Masks] = {}
    placements: dict[tuple[tuple[Route, ...], str], tuple[tuple[int, Placement], ...]] = {}
    found = {}
    for row in rows:
        if row.heading:
            continue
        truth = truths.get(row.applies_when)
        if truth is None:
            truth = truths[row.applies_when] = columns.truth(row.applies_when)
        key = (row.routes, row.status)
        placed = placements.get(key)
        if placed is None:
            placed = placements[key] = _place(row.routes, row.status, columns, on)
        found[row.id] = RowVerdicts(row, truth, placed)
    return Verdicts(columns, found)


def _place(routes: Sequence[Route], status: str, columns: Columns, on: date) -> tuple[tuple[int, Placement], ...]:
    """The cases parted by what the routes' conditions come to; each part is placed once, as a single case is."""
    parts: list[tuple[int, tuple[Truth, ...]]] = [(columns.everyone, ())]
    conditions = [route.when for route in routes if route.when is not None]
    for condition in conditions:
        masks = columns.truth(condition)
        parts = [
            (part & mask, (*truths, truth))
            for part, truths in parts
            for truth, mask in (
                (Truth.YES, masks.yes), (Truth.NO, masks.no), (Truth.UNKNOWN, columns.everyone & ~masks.yes & ~masks.no)
            )
            if part & mask
        ]  # fmt: skip
    return tuple(
        (mask, place(routes, status, dict(zip(conditions, truths, strict=True)).__getitem__, on))
        for mask, truths in parts
    )
