"""From answers to the facts of a deployment, and from deployments up to the level where a duty is owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from frameworks.domain.applicability import APPLIES, MAY_APPLY, NOT_APPLICABLE
from frameworks.domain.columns import Masks
from frameworks.domain.dating import Placement

Answer = object
TIMINGS = ("in_force", "disputed", "unknown", "upcoming", "pending")
"""Strongest first."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A fact that two subjects of one deployment answer differently. It counts as unknown until resolved."""

    fact: str
    answers: tuple[tuple[str, Answer], ...]


@dataclass(frozen=True, slots=True)
class MergedFacts:
    """The facts of a deployment, where each came from, and what contradicts itself."""

    facts: Mapping[str, Answer]
    origins: Mapping[str, str]
    contradictions: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One requirement in one subject: whether it applies, from when, and how it stands in time. Reasons are asked for apart."""

    requirement: str
    status: str
    timing: str
    applies_from: date | None


def merge(answers: Iterable[tuple[str, Mapping[str, Answer]]]) -> MergedFacts:
    """Merges the answers of a deployment's subjects (name, facts), each fact answered once at its subject.

    Two models of one deployment may answer differently: then the fact is unknown and the contradiction is shown.
    """
    given: dict[str, list[tuple[str, Answer]]] = {}
    for subject, facts in answers:
        for key, value in facts.items():
            given.setdefault(key, []).append((subject, value))
    facts, origins, contradictions = {}, {}, []
    for key, values in given.items():
        distinct = {_comparable(value) for _, value in values}
        if len(distinct) == 1:
            facts[key], origins[key] = values[0][1], ", ".join(subject for subject, _ in values)
        else:
            contradictions.append(Contradiction(key, tuple(values)))
    return MergedFacts(facts, origins, tuple(contradictions))


def _comparable(value: Answer) -> object:
    return frozenset(value) if isinstance(value, list | tuple) else (type(value), value)


def deciding(truth: Masks, below: int) -> tuple[str, int]:
    """Three-valued any over the cases of a mask: the status above them, and the cases that bring it about."""
    unknown = below & ~truth.yes & ~truth.no
    return next(
        (status, mask)
        for status, mask in ((APPLIES, below & truth.yes), (MAY_APPLY, unknown), (NOT_APPLICABLE, below))
        if mask or status == NOT_APPLICABLE
    )


def roll_up(requirement: str, truth: Masks, placed: Iterable[tuple[int, Placement]], below: int) -> Verdict:
    """The verdict at a level, from the cases below it.

    The strongest timing of the deciding cases counts, in force as soon as it is in force anywhere below, and the
    earliest day of those that have it: an old system that is exempt lends its day to no new one.
    """
    status, mask = deciding(truth, below)
    placements = [placement for part, placement in placed if part & mask]
    timings = [placement.timing for placement in placements]
    timing = next((word for word in TIMINGS if word in timings), timings[0])
    days = [row.applies_from for row in placements if row.timing == timing and row.applies_from]
    return Verdict(requirement, status, timing, min(days, default=None))
