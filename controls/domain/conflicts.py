"""Conflicts between markets that one global setting cannot serve: shown, and decided by a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controls.domain.library import LibraryError
from office.domain.words import nearest

MARKETS = ("cn", "hk", "eu", "us")
NEEDED = ("ref", "title", "question", "why", "source", "sides", "options")


@dataclass(frozen=True, slots=True)
class Side:
    """What one market demands, and the requirements that say so."""

    market: str
    demands: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LibraryConflict:
    """Two or more sides, the question that they put, and ways that firms take; none of them is preferred."""

    ref: str
    title: str
    question: str
    why: str
    source: str
    sides: tuple[Side, ...]
    options: tuple[str, ...]


def read_conflicts(raw: Iterable[Mapping[str, Any]], *, requirements: Collection[str]) -> list[LibraryConflict]:
    """Raises LibraryError with every problem of every conflict."""
    rows = list(raw)
    times = Counter(str(row.get("ref")) for row in rows)
    problems = [
        f"Conflict “{row.get('ref')}”: {sentence}."
        for row in rows
        for sentence in _problems(row, times[str(row.get("ref"))], requirements)
    ]
    if problems:
        raise LibraryError(problems)
    return [_conflict(row) for row in rows]


def _problems(row: Mapping[str, Any], times: int, requirements: Collection[str]) -> list[str]:
    found = [f"has no {name}" for name in NEEDED if not row.get(name)]
    if times > 1:
        found.append("stands twice")
    sides = row.get("sides") or []
    if len({side.get("market") for side in sides}) < 2:
        found.append("a conflict has two sides")
    for side in sides:
        if side.get("market") not in MARKETS:
            found.append(f"market “{side.get('market')}” is not one of {', '.join(MARKETS)}")
        if not str(side.get("demands") or "").strip():
            found.append(f"side {side.get('market')} says nothing of what is demanded")
        found += [
            f"there is no requirement “{ref}”.{nearest(ref, requirements)}".rstrip(".")
            for ref in side.get("requirements") or []
            if ref not in requirements
        ]
    return found


def _conflict(row: Mapping[str, Any]) -> LibraryConflict:
    def flat(text: str) -> str:
        return " ".join(text.split())

    return LibraryConflict(
        ref=row["ref"],
        title=flat(row["title"]),
        question=flat(row["question"]),
        why=flat(row["why"]),
        source=flat(row["source"]),
        sides=tuple(
            Side(side["market"], flat(side["demands"]), tuple(side.get("requirements") or ())) for side in row["sides"]
        ),
        options=tuple(flat(option) for option in row["options"]),
    )


def meets(sides: Iterable[Side], owed: Collection[str]) -> tuple[str, ...]:
    """The markets whose demands are owed; a conflict bites where there are two or more."""
    return tuple(side.market for side in sides if any(ref in owed for ref in side.requirements))
