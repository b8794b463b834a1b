"""A row that comes back: what its bringer changed, held against what the office changed meanwhile (three-way merge)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from office.domain.plans import Cell

Cells = Mapping[str, str]
"""Column → text, as a sheet shows it."""
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Merged:
    """The cells to write over the office's present ones, and a sentence for each cell that cannot be taken."""

    cells: tuple[Cell, ...]
    problems: tuple[str, ...]


def merge(*, base: Cells, current: Cells, brought: Cells, editable: Collection[str]) -> Merged:
    """`base` is the row as it went out, `current` as it stands, `brought` as it comes back; all with the same columns.

    What the bringer left alone stays as the office has it. What both changed differently is a problem, and so is any
    change of a column that is shown but not written.
    """
    cells, problems = [], []
    for column, text in brought.items():
        was, stands = base[column], current[column]
        if text in (was, stands):
            continue
        if column not in editable:
            problems.append(f"Column “{column}” is shown, not written here; it stands at “{_short(stands)}”.")
        elif stands != was:
            problems.append(
                f"Column “{column}”: it went out as “{_short(was)}” and comes back as “{_short(text)}”, but the office "
                f"changed it to “{_short(stands)}” meanwhile. Decide which holds, in a new export."
            )
        else:
            cells.append(Cell(column, stands, text))
    return Merged(tuple(cells), tuple(problems))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
