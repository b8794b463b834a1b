"""What a file would change, before it does: every row new, changed cell by cell, retired, unchanged, or refused with
sentences."""

from __future__ import annotations

import enum
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    RETIRED = "retired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that changes: its column, and its text before and after."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowPlan:
    """One row of the file. `number` is its row in the sheet (the heading is row 1), `key` names what it is about."""

    number: int
    key: str
    verdict: Verdict
    cells: tuple[Cell, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows but the unchanged ones, and how many there are of each kind."""

    noun: str
    rows: tuple[RowPlan, ...]
    totals: Mapping[str, int]

    @property
    def digest(self) -> str:
        """Names exactly what would be written, and over what: SHA-256 over the new and the changed rows with both states."""
        total = hashlib.sha256(self.noun.encode())
        for row in self.rows:
            if row.verdict is not Verdict.REFUSED:
                cells = [(cell.column, cell.before, cell.after) for cell in row.cells]
                total.update(json.dumps([row.key, row.verdict, cells], ensure_ascii=False).encode())
        return total.hexdigest()

    def of(self, verdict: Verdict) -> list[RowPlan]:
        return [row for row in self.rows if row.verdict is verdict]


def make_plan(noun: str, rows: Iterable[RowPlan], unchanged: int) -> Plan:
    """Rows in the order of the file. Only libraries retire rows, so that other plans do not count them."""
    found = tuple(sorted(rows, key=lambda row: row.number))
    counts = Counter(row.verdict for row in found)
    listed = [verdict for verdict in Verdict if verdict is not Verdict.RETIRED or counts[verdict]]
    totals = {verdict.value: counts[verdict] for verdict in listed}
    return Plan(noun, found, totals | {"unchanged": unchanged})


def compare(columns: Sequence[str], before: Sequence[str], after: Sequence[str]) -> tuple[Cell, ...]:
    """The cells in which two rows of texts differ."""
    return tuple(Cell(column, old, new) for column, old, new in zip(columns, before, after, strict=True) if old != new)


def twice(keys: Iterable[tuple[int, object]]) -> dict[int, int]:
    """Rows whose key came before: row → the row where it came first."""
    first: dict[object, int] = {}
    found: dict[int, int] = {}
    for number, key in keys:
        if key in first:
            found[number] = first[key]
        else:
            first[key] = number
    return found
