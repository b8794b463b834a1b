"""Pairs of requirements that others published: what a file would add, and exactly that.

A pair comes in as somebody else's claim: proposed, with the type that the file gives or none, reviewed by nobody. A pair
that the office has already is left as it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
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
from office.tables import damage_told

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
    several: frozenset[str] = frozenset()
    """Citations that more than one requirement has; such a name means none of them."""

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
    """The framework that a set means: one of the same file, one here under that name, one whose ids it uses, or none.

    Raises ValidationError for a file that names no framework and whose ids are not known either, or known to two.
    """
    if library.nodes and name in library.frameworks:
        key = family_key(library)
        names = {comparable(ident): ref_of(key, node.ref) for node in library.nodes for ident in _names(node)}
        return Side(key, library.title, names)
    own = family_key(_named(name))
    sides = [_side(family) for family in Family.objects.all()]
    named = next((side for key in (name, own) for side in sides if side.family == key), None)
    found = named or _by_ids(name, idents, sides)
    if found is None and not name:
        raise ValidationError(
            f"The file does not say which framework “{idents[0] if idents else ''}” belongs to, and too few of the ids "
            f"beside it are known here. {NAME_BOTH}, or load the framework first."
        )
    return found or Side(own, name, {comparable(ident): ref_of(own, ident) for ident in idents}, missing=True)


NAME_BOTH = "Add lines “Focal framework” and “Reference framework” with the keys of both above the headings"


def _by_ids(name: str, idents: Sequence[str], sides: Sequence[Side]) -> Side | None:
    """The framework that has most of the ids, and at least the known share. Refuses to choose between two."""
    hits = {side.family: _hits(side, idents) for side in sides}
    most = max(hits.values(), default=0)
    best = [side for side in sides if hits[side.family] == most and most >= KNOWN_SHARE * len(idents) > 0]
    if len(best) > 1:
        keys = " and ".join(side.family for side in best)
        raise ValidationError(
            f"The ids of “{name or idents[0]}” are those of {keys} alike. {NAME_BOTH}, or call the framework by its key."
        )
    return best[0] if best else None


def _names(node: Node) -> tuple[str, ...]:
    return (node.ref, node.citation, node.source_id, node.source_id.rsplit(":", 1)[-1])


def _named(name: str, nodes: tuple[Node, ...] = ()) -> Library:
    return Library(
        key=slug(name), title=name, version="", published=None, publisher="", copyright="", language="en",
        kind="identifiers", source_id=name, nodes=nodes,
    )  # fmt: skip


def _side(family: Family) -> Side:
    """Ids first: a citation names a requirement only where no other has it, and where it is no id."""
    rows = Requirement.objects.filter(family=family, current__isnull=False).values_list("ref", "current__citation")
    cited = [(comparable(citation), ref) for ref, citation in rows]
    refs = {comparable(ref): ref for _, ref in cited}
    for _, ref in cited:
        refs.setdefault(comparable(ref.removeprefix(f"{family.key}.")), ref)
    counts = Counter(citation for citation, _ in cited)
    several = frozenset(citation for citation, count in counts.items() if count > 1 and citation not in refs)
    for citation, ref in cited:
        if citation not in several:
            refs.setdefault(citation, ref)
    return Side(family.key, family.title, refs, several=several)


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
    first: dict[tuple[str, str], tuple[int, MappingPair]] = {}
    for at, pair in enumerate(one.pairs, start=1):
        number = pair.line or at
        found = (str(focal.find(pair.source)), str(reference.find(pair.target)))
        problems = _problems(pair, focal, reference)
        if not problems and found in first and _says_the_same(pair, first[found][1]):
            unchanged += 1  # one map that names a requirement twice, in two spellings
            continue
        if not problems and found in first:
            problems = [f"Row {first[found][0]} names the same two requirements in other words; keep one of them."]
        if problems:
            key = f"{pair.source} → {pair.target}"
            rows.append(RowPlan(number, key, Verdict.REFUSED, problems=tuple(problems)))
            continue
        first[found] = (number, pair)
        if found in known:
            unchanged += 1
        else:
            rows.append(RowPlan(number, " → ".join(found), Verdict.NEW, _told(pair)))
            new.append((*found, pair))
    return rows, new, unchanged


def _says_the_same(pair: MappingPair, earlier: MappingPair) -> bool:
    """Whether two pairs of one row or map differ in nothing but the spelling of their ids."""
    return replace(pair, source=earlier.source, target=earlier.target) == earlier


def _problems(pair: MappingPair, focal: Side, reference: Side) -> list[str]:
    ends = (focal.find(pair.source), reference.find(pair.target))
    if None in ends and focal.find(pair.target) and reference.find(pair.source):
        told = f"The pair stands backwards: “{pair.source}” is of {reference.title}, “{pair.target}” of {focal.title}."
        return [f"{told} Exchange them and turn the relationship round, or leave the row out."]
    if None not in ends:
        return ["A requirement is not mapped to itself."] if ends[0] == ends[1] else []
    sides = ((pair.source, focal, ends[0]), (pair.target, reference, ends[1]))
    return [_unknown(ident, side) for ident, side, ref in sides if ref is None]


def _unknown(ident: str, side: Side) -> str:
    if comparable(ident) in side.several:
        return (
            f"“{ident}” is cited by more than one requirement of {side.title}; write the id of the one that is meant."
        )
    damaged = "" if re.fullmatch(r"[0-9.]+", ident) else damage_told(ident)  # “1.9” is an id of many frameworks
    return f"“{ident}” is not in {side.title}.{nearest(comparable(ident), side.refs)}{damaged}"


def _told(pair: MappingPair) -> tuple[Cell, ...]:
    """All that would be written of a pair, so that the digest of the plan names it."""
    more = {"rationale type": pair.rationale_type, "rationale": pair.rationale, "strength": pair.strength}
    more["comments"] = pair.comments
    cells = [Cell(name, "", str(value)) for name, value in more.items() if value not in ("", None)]
    return (Cell("relationship", "", pair.relationship or "untyped"), *cells)


def add_pairs(*, pairs: Sequence[tuple[str, str, MappingPair]], source: str, pen: Pen) -> int:
    """Proposes the pairs in the name of whoever brought the file; two queries and one statement a few hundred."""
    refs = {ref for focal, reference, _ in pairs for ref in (focal, reference)}
    rows = {row.ref: row for row in Requirement.objects.filter(ref__in=refs)}
    now = timezone.now()
    new = [
        RequirementMapping(
            focal=rows[focal], reference=rows[reference], relationship=pair.relationship,
            rationale_type=pair.rationale_type, rationale=pair.rationale, strength=pair.strength,
            status=MappingStatus.PROPOSED, proposed_at=now, source=source[:200], comments=pair.comments,
        )
        for focal, reference, pair in pairs
    ]  # fmt: skip
    for row in new:
        row.clean_fields(exclude=["focal", "reference"])
    propose_many(new=new, changed=[], names=[], actor=pen.actor, pen=pen)
    return len(new)
