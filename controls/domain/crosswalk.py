"""Crosswalk rows between two frameworks: direct ones, in whichever direction they are stated, and derived ones that show
both legs.

Always focal → reference. A derived row has a type only where the algebra determines one.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from controls.domain.relations import Relationship, compose, determined, inverse, surely_overlaps

WEAKEST_FIRST = ("draft", "proposed", "re_review", "approved")
SHOWN = frozenset({"proposed", "re_review", "approved"})
INDETERMINATE = "indeterminate"
TURNED, BACKWARDS = "-turned", "read backwards"
"""How a row that is stated the other way round is told apart: by the end of its id, and by what it is derived from."""

COLUMNS = (
    "row id", "row hash", "focal framework", "focal version", "focal element", "focal title", "focal text",
    "relationship", "rationale type", "rationale text", "strength 0-10", "reference framework", "reference version",
    "reference element", "reference title", "reference text", "status", "author", "reviewer", "reviewed on",
    "derived from", "source citation", "comments", "notes",
)  # fmt: skip
"""The columns auditors expect, in order, and what the office notes about a row, which is not read back."""


@dataclass(frozen=True, slots=True)
class Direct:
    """A requirement mapped to a requirement by a person."""

    id: str
    focal: str
    reference: str
    relationship: Relationship | None
    rationale_type: str
    rationale: str
    strength: int | None
    status: str
    author: str = ""
    reviewer: str = ""
    reviewed_on: str = ""
    source: str = ""
    comments: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """A control mapped to a requirement, read control → requirement."""

    id: str
    control: str
    requirement: str
    relationship: Relationship | None
    rationale: str
    status: str


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """One line of the sheet, without the texts of its two elements. Persons by reference; `notes` are the office's."""

    id: str
    focal: str
    reference: str
    relationship: str
    rationale_type: str
    rationale: str
    strength: int | None
    status: str
    author: str
    reviewer: str
    reviewed_on: str
    derived_from: str
    source: str
    comments: str
    notes: str

    @property
    def is_derived(self) -> bool:
        """Whether it follows from other rows: from two legs, or from a row that is stated the other way round."""
        return bool(self.derived_from)

    @property
    def is_turned(self) -> bool:
        return self.derived_from.endswith(BACKWARDS)

    @property
    def hash(self) -> str:
        """SHA-256 over the row's content but its notes: an auditor's copy can be held against the office's states."""
        return row_digest([getattr(self, name) for name in HASHED])


def row_digest(told: Sequence[str | int | None]) -> str:
    """SHA-256 over the values of HASHED, in their order, as a JSON array."""
    return hashlib.sha256(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


HASHED = (
    "id", "focal", "reference", "relationship", "rationale_type", "rationale", "strength", "status", "author",
    "reviewer", "reviewed_on", "derived_from", "source", "comments",
)  # fmt: skip
"""What a row hash covers, in this order, as a JSON array."""


@dataclass(frozen=True, slots=True)
class Crosswalk:
    rows: tuple[CrosswalkRow, ...]
    unmapped_focal: tuple[str, ...]
    unmapped_reference: tuple[str, ...]


def crosswalk(
    *, focal: Sequence[str], reference: Sequence[str], direct: Iterable[Direct], legs: Iterable[Leg]
) -> Crosswalk:
    """Every direct row, those stated reference → focal turned round, and for every other pair the rows that two legs
    over one control give.

    `focal` and `reference` are requirement ids in the order of their catalogues; ids outside them are left out.
    """
    order = {ref: at for at, ref in enumerate(focal)}
    order_there = {ref: at for at, ref in enumerate(reference)}
    over = _over_controls(order, order_there, legs)
    shown = [row for row in direct if row.status in SHOWN]
    forwards = [row for row in shown if row.focal in order and row.reference in order_there]
    backwards = {
        (row.reference, row.focal): row for row in shown if row.reference in order and row.focal in order_there
    }
    rows = []
    for row in forwards:
        pair = (row.focal, row.reference)
        rows.append(_held_against(direct_row(row), row.relationship, over.pop(pair, ()), backwards.pop(pair, None)))
    for pair, row in backwards.items():
        rows.append(_held_against(_turned_row(row), _turned(row), over.pop(pair, ())))
    rows += [_derived_row(first, second) for pairs in over.values() for first, second in pairs]
    rows.sort(key=lambda row: (order[row.focal], order_there[row.reference], row.id))
    reached, reached_there = {row.focal for row in rows}, {row.reference for row in rows}
    return Crosswalk(
        rows=tuple(rows),
        unmapped_focal=tuple(ref for ref in focal if ref not in reached),
        unmapped_reference=tuple(ref for ref in reference if ref not in reached_there),
    )


def _held_against(
    row: CrosswalkRow, kind: Relationship | None, pairs: Iterable[tuple[Leg, Leg]], other: Direct | None = None
) -> CrosswalkRow:
    """A direct row stands instead of derived ones; where it cannot be true together with two legs, or with `other`, which
    states the same pair the other way round, its notes say so."""
    told = [
        f"At odds with {first.control}: its two mappings leave {_either(possible)}; one of the three is to be judged again."
        for first, second in pairs
        if (possible := _possible(first, second)) and kind is not None and kind not in possible
    ]
    turned = _turned(other) if other else None
    if other and turned and kind and turned is not kind:
        told.append(
            f"At odds with {other.id}, which states the other way round, and so leaves {_either([turned])}; one of the two is "
            "to be judged again."
        )
    return replace(row, notes=" ".join([row.notes, *told]).strip()) if told else row


def _turned(row: Direct) -> Relationship | None:
    return inverse(row.relationship) if row.relationship else None


def _turned_row(row: Direct) -> CrosswalkRow:
    """A mapping that is stated reference → focal, read focal → reference; it is changed where it is stated."""
    told = direct_row(replace(row, focal=row.reference, reference=row.focal, relationship=_turned(row)))
    note = f"Stated the other way round as {row.id}; its rationale reads {row.focal} to {row.reference}."
    return replace(
        told, id=f"{row.id}{TURNED}", derived_from=f"{row.id}, {BACKWARDS}", notes=f"{told.notes} {note}".strip()
    )


def _possible(first: Leg, second: Leg) -> frozenset[Relationship]:
    """What two typed legs over a control leave open between the two requirements; nothing is known of untyped ones."""
    if first.relationship is None or second.relationship is None:
        return frozenset()
    return compose(inverse(first.relationship), second.relationship)


def _either(possible: Iterable[Relationship]) -> str:
    return " or ".join(kind.value.replace("_", " ") for kind in Relationship if kind in set(possible))


def direct_row(row: Direct) -> CrosswalkRow:
    """A mapping of two requirements as its line."""
    return CrosswalkRow(
        id=row.id,
        focal=row.focal,
        reference=row.reference,
        relationship=row.relationship.value if row.relationship else "untyped",
        rationale_type=row.rationale_type,
        rationale=row.rationale,
        strength=row.strength,
        status=row.status,
        author=row.author,
        reviewer=row.reviewer,
        reviewed_on=row.reviewed_on,
        derived_from="",
        source=row.source,
        comments=row.comments,
        notes="" if row.relationship else "Published without a type; not reviewed.",
    )


def _over_controls(
    focal: Mapping[str, int], reference: Mapping[str, int], legs: Iterable[Leg]
) -> dict[tuple[str, str], list[tuple[Leg, Leg]]]:
    """(focal, reference) → the pairs of legs that a control gives between them."""
    by_control: dict[str, tuple[list[Leg], list[Leg]]] = defaultdict(lambda: ([], []))
    for leg in legs:
        if leg.status in SHOWN and leg.relationship is not Relationship.NONE:
            sides = by_control[leg.control]
            if leg.requirement in focal:
                sides[0].append(leg)
            if leg.requirement in reference:
                sides[1].append(leg)
    found: dict[tuple[str, str], list[tuple[Leg, Leg]]] = defaultdict(list)
    for firsts, seconds in by_control.values():
        for first, second in product(firsts, seconds):
            if first.requirement != second.requirement:
                found[first.requirement, second.requirement].append((first, second))
    return found


def _derived_row(first: Leg, second: Leg) -> CrosswalkRow:
    """focal ← control → reference: the first leg is turned round before the two are composed."""
    into = inverse(first.relationship) if first.relationship else None
    kind = determined(into, second.relationship)
    if kind is not None:
        note = "Derived over a control; both legs are shown, the type follows from them."
    elif surely_overlaps(into, second.relationship):
        note = "Some overlap, type to be judged."
    else:
        note = "The two legs do not determine a type."
    return CrosswalkRow(
        id=f"{first.id}+{second.id}",
        focal=first.requirement,
        reference=second.requirement,
        relationship=kind.value if kind else INDETERMINATE,
        rationale_type="",
        rationale=(
            f"{_words(first)} {first.requirement}: {first.rationale} | {_words(second)} {second.requirement}: "
            f"{second.rationale}"
        ),
        strength=None,
        status=min(first.status, second.status, key=WEAKEST_FIRST.index),
        author="",
        reviewer="",
        reviewed_on="",
        derived_from=f"{first.id}; {second.id}",
        source="",
        comments="",
        notes=note,
    )


def _words(leg: Leg) -> str:
    return f"{leg.control} → ({leg.relationship.value.replace('_', ' ') if leg.relationship else 'untyped'})"
