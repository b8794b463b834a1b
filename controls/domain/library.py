"""The shipped control library, read from plain values: controls, proposed mappings, why none fits; all problems at once."""

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
DAYS = (1, 3660)
"""The fewest and the most days after which a test can be due again: ten years at most."""
OUTSIDE = "outside"
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


@dataclass(frozen=True, slots=True)
class LibraryCrosswalk:
    """A proposed crosswalk row, read focal → reference. `source` names where the pair was first noted, if anywhere."""

    focal: str
    reference: str
    relationship: Relationship
    rationale_type: str
    rationale: str
    strength: int
    source: str


@dataclass(frozen=True, slots=True)
class LibraryReason:
    """Why no control fits a requirement."""

    requirement: str
    reason: str


End = tuple[str, str, Collection[str]]
"""One side of a mapping: its field, the noun of what it names, and the names that exist."""


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
        elif not _is_interval(row.get("test_every_days")):
            told = f"{row['test_every_days']!r} is not a whole number from {DAYS[0]} to {DAYS[1]}; leave it out for no test"
            problems.append(f"Control “{row['ref']}”: test_every_days {told}.")
        else:
            controls.append(_control(row))
    if problems:
        raise LibraryError(problems)
    return controls


def _is_interval(days: object) -> bool:
    return days is None or (isinstance(days, int) and not isinstance(days, bool) and DAYS[0] <= days <= DAYS[1])


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
    """Raises LibraryError with every problem of every mapping."""
    ends = (("control", "control", controls), ("requirement", "requirement", requirements))
    return [
        LibraryMapping(control=row["control"], requirement=row["requirement"], **_content(row))
        for row in _sound(raw, ends)
    ]


def read_crosswalk(raw: Iterable[Mapping[str, Any]], *, requirements: Collection[str]) -> list[LibraryCrosswalk]:
    """Raises LibraryError with every problem of every row."""
    ends = (("focal", "requirement", requirements), ("reference", "requirement", requirements))
    return [
        LibraryCrosswalk(
            focal=row["focal"], reference=row["reference"], source=row.get("source") or "", **_content(row)
        )
        for row in _sound(raw, ends)
    ]


def read_reasons(
    raw: Iterable[Mapping[str, Any]], *, requirements: Collection[str], mapped: Collection[str]
) -> list[LibraryReason]:
    """Raises LibraryError with every problem: unknown, doubled or mapped requirements, and empty reasons."""
    problems, found = [], list(raw)
    times = Counter(str(row.get("requirement")) for row in found)
    for row in found:
        ref = str(row.get("requirement"))
        told = [] if ref in requirements else [_unknown(ref, "requirement", requirements)]
        told += ["stands twice"] if times[ref] > 1 else []
        told += ["is mapped to a control, so that one fits"] if ref in mapped else []
        told += [] if str(row.get("reason") or "").strip() else ["the reason is empty"]
        problems += [f"No control for {ref}: {sentence}." for sentence in told]
    if problems:
        raise LibraryError(problems)
    return [LibraryReason(row["requirement"], " ".join(row["reason"].split())) for row in found]


def _sound(raw: Iterable[Mapping[str, Any]], ends: tuple[End, End]) -> list[Mapping[str, Any]]:
    """The rows, once nothing is wrong with any of them."""
    problems: list[str] = []
    rows = list(raw)
    pairs = [(str(row.get(ends[0][0])), str(row.get(ends[1][0]))) for row in rows]
    times = Counter(pairs)
    for row, pair in zip(rows, pairs, strict=True):
        found = _problems(row, pair, ends) + (["stands twice"] if times[pair] > 1 else [])
        problems += [f"Mapping {pair[0]} → {pair[1]}: {sentence}." for sentence in found]
    if problems:
        raise LibraryError(problems)
    return rows


def _problems(row: Mapping[str, Any], pair: tuple[str, str], ends: tuple[End, End]) -> list[str]:
    found = [
        _unknown(word, noun, known) for word, (_, noun, known) in zip(pair, ends, strict=True) if word not in known
    ]
    if pair[0] == pair[1]:
        found.append("nothing is mapped to itself")
    if row.get("relationship") not in list(Relationship):
        found.append(f"relationship “{row.get('relationship')}” is not one of {', '.join(Relationship)}")
    if row.get("rationale_type") not in RATIONALE_TYPES:
        found.append(f"rationale type “{row.get('rationale_type')}” is not one of {', '.join(RATIONALE_TYPES)}")
    strength = row.get("strength")
    if isinstance(strength, bool) or not isinstance(strength, int) or not 0 <= strength <= 10:
        found.append(f"strength {strength!r} is not a whole number from 0 to 10")
    rationale = str(row.get("rationale") or "").strip()
    if not rationale:
        found.append("the rationale is empty; say why these two meet")
    elif row.get("relationship") == Relationship.INTERSECTS and OUTSIDE not in rationale.lower():
        found.append(f"an “intersects” says what stays “{OUTSIDE}”")
    return found


def _unknown(word: str, noun: str, known: Collection[str]) -> str:
    return f"there is no {noun} “{word}”.{nearest(word, known)}".rstrip(".")


def _content(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "relationship": Relationship(row["relationship"]),
        "rationale_type": row["rationale_type"],
        "rationale": " ".join(row["rationale"].split()),
        "strength": row["strength"],
    }


def refuse_likeness(rows: Sequence[LibraryMapping | LibraryCrosswalk]) -> None:
    """Raises LibraryError where two rationales share more than 0.8 of their five-word runs."""
    runs = [_runs(row.rationale) for row in rows]
    by_run: dict[tuple[str, ...], list[int]] = {}
    for at, found in enumerate(runs):
        for run in found:
            by_run.setdefault(run, []).append(at)
    shared: Counter[tuple[int, int]] = Counter()
    for places in by_run.values():
        shared.update((first, second) for i, first in enumerate(places) for second in places[i + 1 :])
    problems = [
        f"Mappings {_name(rows[first])} and {_name(rows[second])} share most of their rationale; each must fit its own pair."
        for (first, second), common in shared.items()
        if common > LIKENESS * len(runs[first] | runs[second])
    ]
    if problems:
        raise LibraryError(problems)


def _name(row: LibraryMapping | LibraryCrosswalk) -> str:
    return f"{row.control} → {row.requirement}" if isinstance(row, LibraryMapping) else f"{row.focal} → {row.reference}"


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = text.lower().split()
    return frozenset(tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4)))
