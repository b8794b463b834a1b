"""What of the catalogue is not yet verified, and why; counts by family and mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from frameworks.domain.catalogue import NOT_VERIFIED, Instrument
from frameworks.domain.rows import UNVERIFIED, Row
from frameworks.domain.vocabulary_terms import Derived

REASONS = {
    "M": "Written from memory; no source was opened for it.",
    "S/m": "Its substance was read in a secondary source; the article or section number is from memory.",
    "IMP": "It stands as it was in a file that this office imported; nobody has checked it.",
    "unverified": "Written from memory; an indicator only.",
    "penalty": "The row was read; what a breach costs is from memory or from a secondary source.",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that must not look verified: kind is requirement, instrument, classification or penalty."""

    kind: str
    id: str
    citation: str
    title: str
    family: str
    mark: str
    why: str


def counts_by_mark(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """(family, mark) → rows that carry it. Headings count: their words are read like any."""
    return dict(Counter((row.family, row.verification) for row in rows))


def doubts(rows: Iterable[Row], instruments: Iterable[Instrument], derived: Mapping[str, Derived]) -> list[Doubt]:
    """Everything that is not yet verified: requirements, instruments, penalties, classifications, in this order."""
    listed = list(rows)
    found = [
        Doubt("requirement", row.id, row.citation, row.title, row.family, row.verification, REASONS[row.verification])
        for row in listed
        if row.verification in UNVERIFIED
    ]
    found += [
        Doubt("instrument", one.id, one.number, one.title, one.family, one.verification, REASONS[one.verification])
        for one in instruments
        if one.verification in UNVERIFIED
    ]
    found += _penalties(listed)
    found += [
        Doubt("classification", one.name, one.citation, one.note, one.name.split(".")[0], "", REASONS["unverified"])
        for one in derived.values()
        if one.verification == "unverified"
    ]
    return found


def _penalties(rows: Iterable[Row]) -> list[Doubt]:
    """Each doubtful penalty once, with how many rows name it."""
    named = Counter(
        (row.family, text)
        for row in rows
        for text in dict.fromkeys(row.penalty.split("; "))
        if text.endswith(NOT_VERIFIED)
    )
    return [
        Doubt("penalty", f"{count} rows", "", text.removesuffix(NOT_VERIFIED).strip(), family, "", REASONS["penalty"])
        for (family, text), count in named.items()
    ]
