"""Crosswalk rows as an OSCAL 1.2 mapping collection.

`equal` is written as `equivalent-to`, since our word means that the same is asked; only where the rationale is syntactic
do the words agree as well, which OSCAL calls `equal-to`. OSCAL has no relationship for a row that was published without a
type: such rows are counted and left out. Strength is not confidence and stays a property. Source: NIST OSCAL 1.2.0,
mapping model.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from controls.domain.crosswalk import CrosswalkRow
from controls.formats.catalogues import catalogue, metadata, prop, props, token
from controls.formats.sides import OPINION, UNTYPED, AsOf, Side, direct, family_of, one_line
from frameworks.domain.libraries import RATIONALE_TYPES, slug
from frameworks.domain.rows import Row
from frameworks.library_files.interchange import NOT_STATED, OSCAL_WRITTEN, SAME_WORDS

Json = dict[str, Any]
COMMONEST = ("semantic", "functional", "syntactic")
"""Which rationale type stands for a collection where two are as frequent; it counts for no map that says its own."""


def mapping_collection(
    *, focal: Side, reference: Side, rows: Iterable[CrosswalkRow], as_of: AsOf, hrefs: tuple[str, str] | None = None
) -> Json:
    """The direct typed rows as `{"mapping-collection": …}`; the same state gives the same content, uuids included.

    `hrefs` are where the two catalogues lie. Raises ValueError, with a sentence, where no row has a type: OSCAL has no
    collection without a map.
    """
    stated = direct(rows)
    typed = [row for row in stated if row.relationship != UNTYPED]
    if not typed:
        raise ValueError(
            f"No direct mapping from {focal.title} to {reference.title} has a relationship, and OSCAL has no collection "
            f"without one; {len(stated)} without a type stand there. Give them a type, or write the STRM or OLIR sheet."
        )
    version = f"{focal.key} {focal.version}; {reference.key} {reference.version}"
    head = metadata(f"Mapping of {focal.title} to {reference.title}", version, as_of)
    files = hrefs or (catalogue_file(focal), catalogue_file(reference))
    mapping = {"status": _status(stated), **_mapping(focal, reference, typed, files, as_of)}
    provenance = {
        "method": "human",
        "matching-rationale": _commonest(typed),
        "status": _status(stated),
        "mapping-description": _description(focal, reference, typed, len(stated) - len(typed), as_of),
        "remarks": f"The rationale type above holds for no map whose property rationale-type is {NOT_STATED}.",
    }
    content = hashlib.sha256(_text([head, provenance, mapping]).encode()).hexdigest()
    seed = _uuid(as_of, "collection", focal.key, reference.key, content)
    return {"mapping-collection": {"uuid": seed, "metadata": head, "provenance": provenance, "mappings": [mapping]}}


def _mapping(focal: Side, reference: Side, typed: Sequence[CrosswalkRow], hrefs: tuple[str, str], as_of: AsOf) -> Json:
    """The maps, and on each side what no map names."""
    found: Json = {
        "uuid": _uuid(as_of, "mapping", focal.key, reference.key),
        "source-resource": _resource(focal, hrefs[0]),
        "target-resource": _resource(reference, hrefs[1]),
        "maps": [_map(row, as_of) for row in typed],
    }
    sides = (
        ("source-gap-summary", focal, {row.focal for row in typed}),
        ("target-gap-summary", reference, {row.reference for row in typed}),
    )
    for name, side, used in sides:
        unmapped = [token(row.id) for row in side.rows if row.id not in used and not row.heading]
        if unmapped:
            seed = _uuid(as_of, name, focal.key, reference.key)
            found[name] = {"uuid": seed, "unmapped-controls": [{"with-ids": unmapped}]}
    return found


def oscal_bundle(
    *,
    focal: Side,
    reference: Side,
    rows: Iterable[CrosswalkRow],
    as_of: AsOf,
    headings: Sequence[Row] = (),
    instruments: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """File name → JSON text of the collection and both catalogues, which it names by relative addresses.

    `headings` are the headings of either framework and `instruments` titles by key, where they are known. Raises
    ValueError as `mapping_collection` does.
    """
    collection = mapping_collection(focal=focal, reference=reference, rows=rows, as_of=as_of)
    found = {f"mapping-{slug(focal.key)}--{slug(reference.key)}.json": _text(collection)}
    for side in (focal, reference):
        content = catalogue(side, as_of=as_of, headings=headings, instruments=instruments)
        found[catalogue_file(side)] = _text(content)
    return found


def catalogue_file(side: Side) -> str:
    return f"catalog-{slug(side.key)}.json"


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


NAMESPACE_OF_IDS = "urn:ai-governance-office:ids"


def _uuid(as_of: AsOf, *parts: str) -> str:
    """The same for the same parts, in the same office."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([NAMESPACE_OF_IDS, as_of.issuer, *parts])))


def _status(rows: Sequence[CrosswalkRow]) -> str:
    """Complete only where somebody else than the proposer approved every row, those without a type included."""
    approved = sum(row.status == "approved" for row in rows)
    if approved == len(rows):
        return "complete"
    return "not-complete" if approved else "draft"


def _commonest(rows: Iterable[CrosswalkRow]) -> str:
    """OSCAL demands one for the whole collection."""
    counts = Counter(row.rationale_type for row in rows if row.rationale_type in RATIONALE_TYPES)
    return max(COMMONEST, key=lambda word: counts[word])


def _description(focal: Side, reference: Side, typed: Sequence[CrosswalkRow], untyped: int, as_of: AsOf) -> str:
    statuses = Counter(row.status.replace("_", "-") for row in typed)
    told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    lines = [
        f"Mapping of {focal.title} ({focal.version}), focal, to {reference.title} ({reference.version}), reference, by "
        "set theory relationship mapping (NIST IR 8477), always read focal to reference.",
        as_of.sentence,
        f"Maps: {told}. Each says in its properties how it stands and who proposed and reviewed it.",
        f"Left out: {untyped} published without a type, which OSCAL cannot write, and all that is derived over a control.",
        OPINION,
    ]
    return "\n\n".join(map(one_line, lines))


def _resource(side: Side, href: str) -> Json:
    named = props(framework=family_of(side), key=side.key, title=side.title, version=side.version)
    return {"type": "catalog", "href": href, "props": named}


def _map(row: CrosswalkRow, as_of: AsOf) -> Json:
    relationship = OSCAL_WRITTEN[row.relationship]
    if row.relationship == "equal" and row.rationale_type == "syntactic":
        relationship = SAME_WORDS
    found: Json = {"uuid": _uuid(as_of, "map", row.id, row.focal, row.reference)}
    if row.rationale_type:
        found["matching-rationale"] = row.rationale_type
    found |= {
        "relationship": relationship,
        "sources": [_item(row.focal)],
        "targets": [_item(row.reference)],
        "props": props(
            status=row.status.replace("_", "-"), author=row.author, reviewer=row.reviewer,
            reviewed_on=row.reviewed_on, strength=row.strength, rationale_type="" if row.rationale_type else NOT_STATED,
            row_id=row.id, row_hash=row.hash, source=row.source,
        ),
    }  # fmt: skip
    told = {"comments": row.comments, "rationale": row.rationale}
    found["props"] += [_in_full(name, text) for name, text in told.items() if text.strip()]
    return found


def _in_full(name: str, text: str) -> Json:
    """A value of OSCAL is one line; a longer text stands in full in the remarks."""
    found = prop(name, text)
    return found if found["value"] == text else {**found, "remarks": text}


def _item(ref: str) -> Json:
    found: Json = {"type": "control", "id-ref": token(ref)}
    return found if token(ref) == ref else {**found, "props": [prop("original-id", ref)]}
