"""Pairs of requirements that others published: what a file would add, and exactly that.

A pair comes in as somebody else's claim: proposed, with the type that the file gives or none, reviewed by nobody. A pair
that the office has already is left as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from controls.choices import MappingStatus
from controls.domain.relations import Relationship, inverse
from controls.models import RequirementMapping
from controls.services.mappings import propose_many
from frameworks.domain.libraries import Library, MappingPair, MappingSet, Node, slug
from frameworks.models import Family, Requirement
from frameworks.services.libraries import family_key, ref_of
from office.domain.plans import Cell, RowPlan, Verdict
from office.domain.words import nearest
from office.services.recording import Pen

KNOWN_SHARE = 0.5
"""A framework is taken for one that is loaded when this share of its ids is found there."""


@dataclass(frozen=True)
class Side:
    """A framework as a set names it: the family it lives in, and how an id of the file is found there."""

    family: str
    title: str
    refs: Mapping[str, str]
    """Id as it is compared → id of the requirement."""
    missing: bool = False
    """Nothing of it is here: a framework of identifiers alone is made."""

    def find(self, ident: str) -> str | None:
        return self.refs.get(comparable(ident))


def comparable(ident: str) -> str:
    """Ids are compared without regard to case, blanks, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "-", ident.strip().casefold())


def sets_of(library: Library) -> list[MappingSet]:
    """The sets of a file without those that say backwards what another says."""
    kept: list[MappingSet] = []
    said: set[tuple[str, str, str]] = set()
    for one in library.mapping_sets:
        backwards = {(pair.target, pair.source, _backwards(pair.relationship)) for pair in one.pairs}
        if not backwards <= said:
            kept.append(one)
        said |= {(pair.source, pair.target, pair.relationship) for pair in one.pairs}
    return kept


def _backwards(word: str) -> str:
    """A relationship read the other way round; an untyped one stays untyped."""
    return inverse(Relationship(word)).value if word else ""


def find_side(name: str, idents: Sequence[str], library: Library) -> Side:
    """The framework that a set means: one of the same file, one imported under that name, one whose ids it uses, or none."""
    if library.nodes and name in library.frameworks:
        key = family_key(library)
        names = {comparable(ident): ref_of(key, node.ref) for node in library.nodes for ident in _names(node)}
        return Side(key, library.title, names)
    own = family_key(_named(name))
    sides = [_side(family) for family in Family.objects.all()]
    found = next((side for side in sides if side.family in (own, name)), None)
    if found is None and sides:
        best = max(sides, key=lambda side: _hits(side, idents))
        found = best if _hits(best, idents) >= KNOWN_SHARE * len(idents) else None
    return found or Side(own, name, {comparable(ident): ref_of(own, ident) for ident in idents}, missing=True)


def _names(node: Node) -> tuple[str, ...]:
    return (node.ref, node.citation, node.source_id, node.source_id.rsplit(":", 1)[-1])


def _named(name: str, nodes: tuple[Node, ...] = ()) -> Library:
    return Library(
        key=slug(name), title=name, version="", published=None, publisher="", copyright="", language="en",
        kind="identifiers", source_id=name, nodes=nodes,
    )  # fmt: skip


def _side(family: Family) -> Side:
    refs: dict[str, str] = {}
    rows = Requirement.objects.filter(family=family, current__isnull=False).values_list("ref", "current__citation")
    for ref, citation in rows:
        refs.setdefault(comparable(citation), ref)
        refs.setdefault(comparable(ref), ref)
        refs.setdefault(comparable(ref.removeprefix(f"{family.key}.")), ref)
    return Side(family.key, family.title, refs)


def _hits(side: Side, idents: Iterable[str]) -> int:
    return sum(side.find(ident) is not None for ident in idents)


def identifiers_only(side: Side, idents: Sequence[str]) -> Library:
    """A framework of which nothing is known but its ids."""
    nodes = tuple(Node(ident, None, ident, ident, "", True, source_id=ident) for ident in dict.fromkeys(idents))
    return _named(side.title, nodes)


def known_pairs() -> set[tuple[str, str]]:
    """The pairs that the office has, by the ids of both requirements. One query."""
    return set(RequirementMapping.objects.values_list("focal__ref", "reference__ref"))


def plan_pairs(
    one: MappingSet, focal: Side, reference: Side, known: Container[tuple[str, str]]
) -> tuple[list[RowPlan], list[tuple[str, str, MappingPair]], int]:
    """Rows of the plan, the pairs that would be added with the ids of both requirements, and how many stand already."""
    rows, new, unchanged = [], [], 0
    for at, pair in enumerate(one.pairs, start=1):
        key, number = f"{pair.source} → {pair.target}", pair.line or at
        ends = (focal.find(pair.source), reference.find(pair.target))
        found = (str(ends[0]), str(ends[1]))
        problems = [
            f"“{ident}” is not in {side.title}.{nearest(comparable(ident), side.refs)}"
            for ident, side, ref in ((pair.source, focal, ends[0]), (pair.target, reference, ends[1]))
            if ref is None
        ]
        if not problems and ends[0] == ends[1]:
            problems = ["A requirement is not mapped to itself."]
        if problems:
            rows.append(RowPlan(number, key, Verdict.REFUSED, problems=tuple(problems)))
        elif found in known:
            unchanged += 1
        else:
            told = Cell("relationship", "", pair.relationship or "untyped")
            rows.append(RowPlan(number, " → ".join(found), Verdict.NEW, (told,)))
            new.append((*found, pair))
    return rows, new, unchanged


def add_pairs(*, pairs: Sequence[tuple[str, str, MappingPair]], source: str, pen: Pen) -> int:
    """Proposes the pairs in the name of whoever brought the file; two queries and one statement a few hundred."""
    refs = {ref for focal, reference, _ in pairs for ref in (focal, reference)}
    rows = {row.ref: row for row in Requirement.objects.filter(ref__in=refs)}
    now = timezone.now()
    new = [
        RequirementMapping(
            focal=rows[focal], reference=rows[reference], relationship=pair.relationship,
            status=MappingStatus.PROPOSED, proposed_at=now, source=source[:200],
        )
        for focal, reference, pair in pairs
    ]  # fmt: skip
    for row in new:
        row.clean_fields(exclude=["focal", "reference"])
    propose_many(new=new, changed=[], names=[], actor=pen.actor, pen=pen)
    return len(new)
