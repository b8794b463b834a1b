"""The shipped control library, read from plain values: controls and their proposed mappings, all problems at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controls.domain.relations import Relationship
from office.domain.words import nearest

RATIONALE_TYPES = ("syntactic", "semantic", "functional")
"""NIST IR 8477, OLIR and OSCAL use these three."""
THEMES = (
    "governance", "accountability", "data", "transparency", "oversight", "testing", "security", "third parties",
    "incidents", "records", "transfers", "filings", "consumer protection", "content", "society",
)  # fmt: skip
NEEDED = ("ref", "title", "theme", "objective", "guidance", "evidence", "test_procedure", "cadence")
LIKENESS = 0.8
"""Two rationales may share at most this part of their five-word runs (Jaccard)."""


class LibraryError(ValueError):
    """Nothing is loaded; `problems` holds every sentence."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class LibraryControl:
    """A common control of the library. `test_every_days` None: not tested; `settings` by market."""

    ref: str
    title: str
    theme: str
    objective: str
    guidance: str
    evidence: str
    test_procedure: str
    cadence: str
    test_every_days: int | None
    evidence_required: bool
    specific: bool
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LibraryMapping:
    """A proposed mapping, read control → requirement."""

    control: str
    requirement: str
    relationship: Relationship
    rationale_type: str
    rationale: str
    strength: int


def read_controls(raw: Iterable[Mapping[str, Any]]) -> list[LibraryControl]:
    """Raises LibraryError with every problem of every control."""
    problems, controls = [], []
    rows = list(raw)
    for ref, times in Counter(row.get("ref") for row in rows).items():
        if times > 1:
            problems.append(f"Control “{ref}” stands {times} times; a reference is used once.")
    for row in rows:
        missing = [name for name in NEEDED if not row.get(name)]
        if missing:
            problems.append(f"Control “{row.get('ref')}” has no {', '.join(missing)}.")
        elif row["theme"] not in THEMES:
            problems.append(f"Control “{row['ref']}”: theme “{row['theme']}” is not one of {', '.join(THEMES)}.")
        else:
            controls.append(_control(row))
    if problems:
        raise LibraryError(problems)
    return controls


def _control(row: Mapping[str, Any]) -> LibraryControl:
    return LibraryControl(
        **{name: row[name] for name in NEEDED},
        test_every_days=row.get("test_every_days"),
        evidence_required=bool(row.get("evidence_required", False)),
        specific=bool(row.get("specific", False)),
        settings=row.get("settings") or {},
    )


def read_mappings(
    raw: Iterable[Mapping[str, Any]], *, controls: Collection[str], requirements: Collection[str]
) -> list[LibraryMapping]:
    """Raises LibraryError with every problem of every mapping, likenesses between rationales included."""
    problems: list[str] = []
    mappings: list[LibraryMapping] = []
    seen: set[tuple[str, str]] = set()
    for row in raw:
        pair = (str(row.get("control")), str(row.get("requirement")))
        found = _problems(row, pair, controls, requirements)
        if pair in seen:
            found.append("stands twice")
        seen.add(pair)
        problems += [f"Mapping {pair[0]} → {pair[1]}: {sentence}." for sentence in found]
        if not found:
            mappings.append(_mapping(row))
    problems += [
        f"Mappings {first} and {second} share most of their rationale; each must fit its own pair."
        for first, second in alike(mappings)
    ]
    if problems:
        raise LibraryError(problems)
    return mappings


def _problems(
    row: Mapping[str, Any], pair: tuple[str, str], controls: Collection[str], requirements: Collection[str]
) -> list[str]:
    found = []
    for word, known, noun in ((pair[0], controls, "control"), (pair[1], requirements, "requirement")):
        if word not in known:
            found.append(f"there is no {noun} “{word}”.{nearest(word, known)}".rstrip("."))
    if row.get("relationship") not in list(Relationship):
        found.append(f"relationship “{row.get('relationship')}” is not one of {', '.join(Relationship)}")
    if row.get("rationale_type") not in RATIONALE_TYPES:
        found.append(f"rationale type “{row.get('rationale_type')}” is not one of {', '.join(RATIONALE_TYPES)}")
    strength = row.get("strength")
    if isinstance(strength, bool) or not isinstance(strength, int) or not 0 <= strength <= 10:
        found.append(f"strength {strength!r} is not a whole number from 0 to 10")
    if not str(row.get("rationale") or "").strip():
        found.append("the rationale is empty; say why these two meet")
    return found


def _mapping(row: Mapping[str, Any]) -> LibraryMapping:
    return LibraryMapping(
        control=row["control"],
        requirement=row["requirement"],
        relationship=Relationship(row["relationship"]),
        rationale_type=row["rationale_type"],
        rationale=" ".join(row["rationale"].split()),
        strength=row["strength"],
    )


def alike(mappings: Sequence[LibraryMapping]) -> list[tuple[str, str]]:
    """Pairs of mappings whose rationales share more than 0.8 of their five-word runs."""
    runs = [_runs(mapping.rationale) for mapping in mappings]
    by_run: dict[tuple[str, ...], list[int]] = {}
    for at, found in enumerate(runs):
        for run in found:
            by_run.setdefault(run, []).append(at)
    shared: Counter[tuple[int, int]] = Counter()
    for places in by_run.values():
        shared.update((first, second) for i, first in enumerate(places) for second in places[i + 1 :])
    return [
        (_name(mappings[first]), _name(mappings[second]))
        for (first, second), common in shared.items()
        if common > LIKENESS * len(runs[first] | runs[second])
    ]


def _name(mapping: LibraryMapping) -> str:
    return f"{mapping.control} → {mapping.requirement}"


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = text.lower().split()
    return frozenset(tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4)))
