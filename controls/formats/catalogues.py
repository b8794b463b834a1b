"""A framework as an OSCAL 1.2 catalogue: what a mapping collection refers to.

Ids are those of the office wherever OSCAL allows them; a property holds the original. The statement of a control is the
office's own summary unless its property `text-origin` says otherwise. A control is grouped under its heading, or under its
instrument where its headings are not given.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controls.formats.sides import AsOf, Side, family_of, one_line
from frameworks.domain.rows import Row
from frameworks.library_files.interchange import NAMESPACE, OSCAL_VERSION

Json = dict[str, Any]
TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
DEEPEST = 20
"""Headings above a control; what lies deeper stands under the twentieth."""


def token(ident: str) -> str:
    """An id that OSCAL allows: unchanged where it is one, else with hyphens and a digest, so that no two become one."""
    if TOKEN.fullmatch(ident):
        return ident
    tidy = re.sub(r"[^A-Za-z0-9._-]+", "-", ident).strip("-")
    return f"_{tidy}-{hashlib.sha256(ident.encode()).hexdigest()[:8]}"


def prop(name: str, value: object) -> Json:
    """A property of ours; its value is one line."""
    return {"name": name.replace("_", "-"), "ns": NAMESPACE, "value": one_line(value)}


def props(**values: object) -> list[Json]:
    """Properties in the order given; what is empty is left out."""
    return [prop(name, value) for name, value in values.items() if value is not None and one_line(value)]


def metadata(title: str, version: str, as_of: AsOf, **more: object) -> Json:
    """Head of an OSCAL file: title, moment, version, state, and the office as publisher where it has a name."""
    head: Json = {
        "title": one_line(title),
        "last-modified": as_of.moment.isoformat(timespec="seconds"),
        "version": one_line(version) or "not told",
        "oscal-version": OSCAL_VERSION,
        "props": props(**more, on=as_of.on, known_on=as_of.known_on, journal_head=as_of.journal_head),
    }
    if as_of.issuer.strip():
        party = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}:party:{as_of.issuer}"))
        head["roles"] = [{"id": "publisher", "title": "Publisher"}]
        head["parties"] = [{"uuid": party, "type": "organization", "name": one_line(as_of.issuer)}]
        head["responsible-parties"] = [{"role-id": "publisher", "party-uuids": [party]}]
    return head


@dataclass(slots=True)
class _Group:
    id: str
    title: str
    heading: Row | None = None
    groups: list[_Group] = field(default_factory=list)
    controls: list[Json] = field(default_factory=list)

    def as_json(self) -> Json:
        """A group holds groups or controls, never both: controls beside groups get a group of their own."""
        found: Json = {"id": self.id, "class": "heading", "title": self.title}
        if self.heading is not None:
            found["props"] = _label(self.heading)
            if self.heading.summary.strip():
                found["parts"] = [{"id": f"{self.id}_ovw", "name": "overview", "prose": self.heading.summary}]
        if self.groups:
            own = [_Group(f"{self.id}_own", self.title, controls=self.controls)] if self.controls else []
            found["groups"] = [group.as_json() for group in (*own, *self.groups)]
        else:
            found["controls"] = self.controls
        return found


def catalogue(
    side: Side, *, as_of: AsOf, headings: Sequence[Row] = (), instruments: Mapping[str, str] | None = None
) -> Json:
    """`{"catalog": …}` of the side's requirements; the same state gives the same content, uuid included.

    `headings` are rows that stand above them, those of other frameworks are passed over; `instruments` gives titles by key.
    """
    shelf = _Shelf([*headings, *side.rows], instruments or {})
    for row in side.rows:
        if not row.heading:
            shelf.put(row)
    head = metadata(
        side.title, side.version, as_of, framework_identifier=side.key, family=family_of(side), language="en"
    )
    body: Json = {"metadata": head}
    if shelf.groups:
        body["groups"] = [group.as_json() for group in shelf.groups]
    content = hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()
    seed = json.dumps(["catalogue", as_of.issuer, side.key, side.version, content])
    return {"catalog": {"uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}:{seed}")), **body}}


class _Shelf:
    """Groups as they are needed, in the order in which their first control comes."""

    def __init__(self, rows: Sequence[Row], titles: Mapping[str, str]) -> None:
        self.groups: list[_Group] = []
        self._rows = {row.id: row for row in rows}
        self._titles = titles
        self._found: dict[str, _Group] = {}

    def put(self, row: Row) -> None:
        group = self._instrument(row.instrument)
        for heading in self._above(row):
            group = self._under(group, heading)
        group.controls.append(_control(row))

    def _above(self, row: Row) -> list[Row]:
        """The headings above a row, the outermost first."""
        found: dict[str, Row] = {}
        parent = self._rows.get(row.parent or "")
        while parent is not None and parent.id not in found:
            found[parent.id] = parent
            parent = self._rows.get(parent.parent or "")
        return [parent for parent in found.values() if parent.heading][::-1][:DEEPEST]

    def _instrument(self, key: str) -> _Group:
        name = f"instrument {key}"
        if name not in self._found:
            self._found[name] = _Group(f"{token(key)}_all", one_line(self._titles.get(key, key)))
            self.groups.append(self._found[name])
        return self._found[name]

    def _under(self, group: _Group, heading: Row) -> _Group:
        if heading.id not in self._found:
            self._found[heading.id] = _Group(token(heading.id), one_line(heading.title), heading)
            group.groups.append(self._found[heading.id])
        return self._found[heading.id]


def _label(row: Row) -> list[Json]:
    label = [{"name": "label", "value": one_line(row.citation)}] if one_line(row.citation) else []
    return [*label, *props(original_id=row.id, citation=row.citation, force=row.force, verification=row.verification)]


def _control(row: Row) -> Json:
    origin = next((text.origin for text in row.texts if text.summary == row.summary), "")
    more = props(
        instrument=row.instrument, parent=row.parent, owed_by=row.owed_by, source=row.source, text_origin=origin
    )
    found: Json = {
        "id": token(row.id),
        "class": "requirement",
        "title": one_line(row.title) or row.id,
        "props": [*_label(row), *more],
    }
    if row.summary.strip():
        found["parts"] = [{"id": f"{token(row.id)}_smt", "name": "statement", "prose": row.summary}]
    return found
