"""Lines of coverage gathered under what they have in common: each group with both bounds as counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from controls.domain.coverage import Bounds
from governance.domain.position import DEPLOYMENT, Line, Share, share

FAMILY, MARKET, ENTITY, REQUIREMENT, OFFICE = "family", "market", "entity", "requirement", "office"
BY = (FAMILY, MARKET, ENTITY, DEPLOYMENT, REQUIREMENT, OFFICE)
"""What lines can be grouped by; office: all of them together."""
ONCE = ("office", "The office")
"""Entity and market of what is owed above all legal entities."""
WHOLE = ("whole", "Everything")
SHOWN, PART, POSSIBLE, NOTHING = (
    "shown to be covered", "a part is shown", "could still be covered", "not covered by anything mapped",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A subject by name, and the entity and market that it counts for, each as (key, name)."""

    name: str
    entity: tuple[str, str] = ONCE
    market: tuple[str, str] = ONCE


@dataclass(frozen=True, slots=True)
class Names:
    """What the groups are called. `places`: subject → place; `families`, `requirements`: key → title."""

    places: Mapping[str, Place]
    families: Mapping[str, str]
    requirements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that have a key in common: the counts of their requirements, each at its worst subject."""

    key: str
    title: str
    share: Share


@dataclass(frozen=True, slots=True)
class Kept:
    """Which lines are looked at, by key; empty words keep every line."""

    family: str = ""
    market: str = ""
    entity: str = ""

    def keeps(self, line: Line, place: Place) -> bool:
        wanted = ((self.family, line.family), (self.market, place.market[0]), (self.entity, place.entity[0]))
        return all(word in ("", found) for word, found in wanted)


def kept(lines: Iterable[Line], places: Mapping[str, Place], chosen: Kept) -> list[Line]:
    """The lines whose subject has a place, as far as they are chosen, in their order."""
    return [line for line in lines if line.subject in places and chosen.keeps(line, places[line.subject])]


def grouped(lines: Iterable[Line], by: str, names: Names) -> list[Group]:
    """One group a key, in the order of the keys; requirements stay in the order of the lines.

    By deployment: what deployments owe themselves; what is owed once above them is left out. KeyError where `by` is
    not one of BY.
    """
    key_of = _KEYS[by]
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if by != DEPLOYMENT or line.level == DEPLOYMENT:
            found.setdefault(key_of(line, names), []).append(line)
    ordered = found if by == REQUIREMENT else sorted(found)
    return [Group(*key, share(found[key])) for key in ordered]


_KEYS: Mapping[str, Callable[[Line, Names], tuple[str, str]]] = {
    FAMILY: lambda line, names: (line.family, names.families[line.family]),
    MARKET: lambda line, names: names.places[line.subject].market,
    ENTITY: lambda line, names: names.places[line.subject].entity,
    DEPLOYMENT: lambda line, names: (line.subject, names.places[line.subject].name),
    REQUIREMENT: lambda line, names: (line.requirement, names.requirements[line.requirement]),
    OFFICE: lambda line, names: WHOLE,
}


def in_words(counts: Share) -> str:
    """“12 to 40 of 118 that apply, 33 may apply”."""
    more = f"{counts.may_apply} may apply"
    if not counts.applies:
        return f"none applies yet, {more}" if counts.may_apply else "none applies"
    told = f"{counts.lower} to {counts.upper} of {counts.applies} that {'apply' if counts.applies > 1 else 'applies'}"
    return f"{told}, {more}" if counts.may_apply else told


def standing(bounds: Bounds) -> str:
    """The bounds of one requirement in words that claim no more than they say."""
    if bounds.lower:
        return SHOWN
    if bounds.partial:
        return PART
    return POSSIBLE if bounds.upper else NOTHING
