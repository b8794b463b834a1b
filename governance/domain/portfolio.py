"""From answers to the facts of a deployment, and from deployments up to the level where a duty is owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Answer = object
ORDER = ("applies", "may_apply", "not_applicable")
"""Three-valued any: one that applies decides, then one that may."""


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
    """One requirement in one subject."""

    requirement: str
    status: str
    timing: str
    applies_from: date | None
    missing_facts: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


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


def roll_up(below: Sequence[Verdict]) -> Verdict:
    """The verdict at a level, from those of the deployments below it: three-valued any.

    The earliest day counts; timing is in force as soon as it is in force anywhere below.
    """
    status = min((row.status for row in below), key=ORDER.index)
    rows = [row for row in below if row.status == status]
    days = [row.applies_from for row in rows if row.applies_from]
    timings = {row.timing for row in rows}
    timing = next((word for word in ("in_force", "disputed", "unknown", "upcoming", "pending") if word in timings), "")
    return Verdict(
        requirement=rows[0].requirement,
        status=status,
        timing=timing or rows[0].timing,
        applies_from=min(days) if days else None,
        missing_facts=tuple(dict.fromkeys(fact for row in rows for fact in row.missing_facts)),
        because=tuple(dict.fromkeys(reason for row in rows for reason in row.because)),
    )
