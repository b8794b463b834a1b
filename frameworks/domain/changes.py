"""What changed in the law between two days of knowledge: rows added, reworded, moved in time, repealed, and what else.

A row can change in several ways at once. Rows are compared by id; ids are never reused, so that the same id is the same
demand.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from frameworks.domain.rows import Route, Row


class Kind(enum.StrEnum):
    """What happened to a row."""

    ADDED = "added"
    REPEALED = "repealed"
    REWORDED = "reworded"
    MOVED = "moved"
    CONDITION = "condition"
    OTHER = "other"


WORDS = ("citation", "title", "summary", "bearer")
"""What mappings are approved against; other words in one of these put approvals into re-review."""
CONDITION = ("applies_when", "owed_by", "heading", "context", "one_of")
OTHER = (
    "force", "supervised", "penalty", "penalty_tier", "evidence", "cadence", "verification", "source", "note", "items",
    "characteristics", "actor_tasks", "instrument", "parent",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One thing that a row says, before and after, in words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that is not what it was. `before` is None for an added row, `after` for a repealed one."""

    id: str
    family: str
    kinds: tuple[Kind, ...]
    before: Row | None
    after: Row | None
    fields: tuple[FieldChange, ...]

    @property
    def row(self) -> Row:
        """The row as it stands now, or as it stood last."""
        row = self.after or self.before
        assert row is not None
        return row


def compare_law(before: Iterable[Row], after: Iterable[Row]) -> list[RowChange]:
    """Every row that differs between two states of the law; first those that stand, in their order, then those repealed."""
    old, new = {row.id: row for row in before}, {row.id: row for row in after}
    changes = [change for row in new.values() for change in _compare(old.get(row.id), row)]
    gone = [row for row in old.values() if row.id not in new]
    return [*changes, *(RowChange(row.id, row.family, (Kind.REPEALED,), row, None, ()) for row in gone)]


def totals(changes: Iterable[RowChange]) -> Mapping[Kind, int]:
    """How many rows changed in each way; a row counts once for each of its ways."""
    counts = Counter(kind for change in changes for kind in change.kinds)
    return {kind: counts[kind] for kind in Kind}


def _compare(before: Row | None, after: Row) -> list[RowChange]:
    if before is None:
        return [RowChange(after.id, after.family, (Kind.ADDED,), None, after, ())]
    fields = [*_differing(WORDS, before, after), *_moved(before, after)]
    kinds = [Kind.REWORDED] if _differing(WORDS, before, after) else []
    kinds += [Kind.MOVED] if _moved(before, after) else []
    for kind, names in ((Kind.CONDITION, CONDITION), (Kind.OTHER, OTHER)):
        found = _differing(names, before, after)
        kinds += [kind] if found else []
        fields += found
    return [RowChange(after.id, after.family, tuple(kinds), before, after, tuple(fields))] if kinds else []


def _differing(names: Iterable[str], before: Row, after: Row) -> list[FieldChange]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return [FieldChange(name, _said(name, old), _said(name, new)) for name, old, new in pairs if old != new]


def _said(name: str, value: object) -> str:
    if name == "applies_when":
        return "another condition"
    if name == "items" and isinstance(value, tuple):
        count = f"{len(value)} item{'s' if len(value) > 1 else ''}"
        return f"{count}: {', '.join(item.ref for item in value)}" if value else "no items"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "yes" if value is True else "no" if value is False else str(value or "")


def _moved(before: Row, after: Row) -> list[FieldChange]:
    """Other days or another status; another wording of where a day comes from is no move."""
    found = []
    if days_of(before.routes) != days_of(after.routes):
        found.append(FieldChange("applies from", days_of(before.routes), days_of(after.routes)))
    elif _plain(before.routes) != _plain(after.routes):
        found.append(FieldChange("transition rules", _rules(before.routes), _rules(after.routes)))
    if before.status != after.status:
        found.append(FieldChange("status", before.status, after.status))
    return found


def _plain(routes: Iterable[Route]) -> list[tuple[object, ...]]:
    return [
        (route.when, route.legal_from, route.effective_from, route.disputed, route.other_reading_from, route.transition)
        for route in routes
    ]


def _rules(routes: Iterable[Route]) -> str:
    return "; ".join(route.basis for route in routes if route.transition) or "none"


def days_of(routes: Iterable[Route]) -> str:
    """The days of the ordinary routes in words: each once, in their order; a disputed day with its other reading."""
    told = [_day(route) for route in routes if not route.transition]
    return " or ".join(dict.fromkeys(told)) or "no day"


def _day(route: Route) -> str:
    day = _written(route.day)
    if route.disputed:
        return f"{day} (disputed: {_written(route.other_reading_from)})"
    if route.effective_from and route.legal_from and route.effective_from != route.legal_from:
        return f"{day} (by the letter {_written(route.legal_from)})"
    return day


def _written(day: date | None) -> str:
    return day.isoformat() if day else "no day"
