"""Totals of coverage over lines, by family, market and entity, and over everything. Bundled into the verifier.

Over several subjects a requirement takes the minimum, so that lines alike count once however many subjects have them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from controls.domain.coverage import Bounds
from governance.domain.position import share

NOWHERE = "office"
"""Entity and market of what is owed once for the whole office."""
WHOLE = "whole"
KINDS = ("families", "markets", "entities")


class Status(NamedTuple):
    """Whether a requirement applies or may apply."""

    status: str


@dataclass(frozen=True, slots=True)
class Line:
    """What of a line decides the totals: everything but its subject."""

    requirement: str
    verdict: Status
    adopted: bool
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a subject stands: its scopes for coverage, nearest first; its entity and market, `office` where none."""

    chain: tuple[str, ...]
    entity: str
    market: str


class Totals:
    """Takes lines one by one; holds each kind of line once a group."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], set[Line]] = defaultdict(set)

    def add(
        self,
        *,
        family: str,
        subject: Subject,
        requirement: str,
        status: str,
        adopted: bool,
        bounds: tuple[int, int, bool],
    ) -> None:
        """`bounds`: lower, upper, partial."""
        line = Line(requirement, Status(status), adopted, Bounds(*bounds, ()))
        groups = ((WHOLE, WHOLE), ("families", family), ("markets", subject.market), ("entities", subject.entity))
        for group in groups:
            self._groups[group].add(line)

    def result(self) -> dict[str, Any]:
        """Counts of requirements: lower, upper, applies and may_apply of each group."""
        found: dict[str, Any] = {kind: {} for kind in KINDS}
        for (kind, key), lines in sorted(self._groups.items()):
            if kind != WHOLE:
                found[kind][key] = _counts(lines)
        return {**found, WHOLE: _counts(self._groups.get((WHOLE, WHOLE), set()))}


def _counts(lines: Any) -> dict[str, int]:
    return asdict(share(lines))
