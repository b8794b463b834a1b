"""OSCAL catalogues as JSON: groups and controls become nodes, what they state becomes text.

The uuid of a catalogue changes with every version, so the key comes from what does not: the framework's identifier
that NIST writes as a property, a document id, or the title without the version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from frameworks.domain.libraries import Draft, Library, Problems, settle, shown, slug, without_version
from frameworks.library_files.safe import Fields, kind_of, read_json

KIND = "oscal"
STATED = {"overview", "statement"}
"""Parts whose prose is what a group or control says; guidance, examples and assessment are left out."""
ADVICE = {"suggested_action"}
"""Classes of parts that suggest instead of state."""
HEADINGS = {"function", "category", "family"}
"""Classes of controls that only hold others; NIST's own catalogue of the AI RMF writes its categories so."""
BRANCHES = ("groups", "controls")
LONGEST_LABEL = 500
INSERTED = 20_000_000
"""Characters that parameters may add to a catalogue in all: a long label can be inserted very often."""
INSERT = re.compile(r"\{\{\s*(?:insert:\s*param,\s*)?([^\s{},]+)\s*\}\}")


def looks_so(content: bytes) -> bool:
    opening = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return opening.startswith(b"{") and b'"catalog"' in content and b'"metadata"' in content


def read(text: str, problems: Problems) -> Library:
    """The catalogue in `text`. Faults are added to `problems`; raises LibraryError where reading cannot go on."""
    raw = read_json(text, problems)
    if not isinstance(raw, dict):
        raise problems.refuse(f"the file is {kind_of(raw)} where an object with `catalog` belongs.")
    catalog = Fields(raw, "The file", problems).table("catalog", needed=True)
    if catalog is None:
        problems.raise_if_any()
        raise problems.refuse("the file holds no catalogue.")
    uuid = catalog.text("uuid", needed=True)
    metadata = catalog.table("metadata", needed=True) or Fields({}, "`metadata`", Problems())
    title = metadata.text("title", needed=True)
    version = metadata.text("version", needed=True)
    drafts = _Walk(catalog, problems).drafts
    if not drafts:
        problems.add("the catalogue holds no group and no control, so there is nothing to bring.")
    key = _key(metadata, title, version)
    changed = metadata.day("last-modified")
    return Library(
        key=key,
        title=title,
        version=version,
        published=metadata.day("published") or changed,
        publisher=_publisher(metadata),
        copyright=_prop(metadata, "copyright") or _prop(metadata, "license"),
        language=_prop(metadata, "language"),
        kind=KIND,
        source_id=uuid,
        nodes=settle(drafts, problems),
        frameworks=(key,),
    )


def _key(metadata: Fields, title: str, version: str) -> str:
    documents = [document.text("identifier") for document in metadata.tables("document-ids", "Document id")]
    named = _prop(metadata, "framework-identifier") or next(filter(None, documents), "")
    return slug(named or without_version(title, version))


def _publisher(metadata: Fields) -> str:
    """The party that answers as publisher, by name."""
    names = {party.text("uuid"): party.text("name") for party in metadata.tables("parties", "Party")}
    for answer in metadata.tables("responsible-parties", "Responsible party"):
        named = answer.value("party-uuids")
        if answer.text("role-id") == "publisher" and isinstance(named, list):
            return next((names[uuid] for uuid in named if isinstance(uuid, str) and names.get(uuid)), "")
    return ""


def _prop(fields: Fields, name: str) -> str:
    """A property's value; one without a class before the variants that have one."""
    found = [prop for prop in fields.tables("props", "Property") if prop.text("name") == name]
    found.sort(key=lambda prop: bool(prop.text("class")))
    return found[0].text("value") if found else ""


class _Walk:
    """Goes through groups and controls in the order of the file, parents first, without recursion."""

    def __init__(self, catalog: Fields, problems: Problems) -> None:
        self.problems = problems
        self.drafts: list[Draft] = []
        self._params: dict[str, Fields] = {}
        self._labels: dict[str, str] = {}
        self._left = INSERTED
        visited = list(self._branches(catalog))
        for fields, is_control, key, parent in visited:
            self._draft(fields, is_control, key, parent)

    def _branches(self, catalog: Fields) -> Iterator[tuple[Fields, bool, str, str | None]]:
        """Every group and control with its key and its parent's; gathers the parameters on the way."""
        self._gather(catalog)
        waiting = self._children(catalog, None)
        while waiting:
            fields, is_control, parent = waiting.pop()
            self._gather(fields)
            key = fields.text("id", needed=is_control)
            key = key or slug(f"{parent or ''} {fields.text('title')}")
            fields.what = f"“{shown(key)}”"
            yield fields, is_control, key, parent
            waiting += self._children(fields, key)

    def _children(self, fields: Fields, parent: str | None) -> list[tuple[Fields, bool, str | None]]:
        """Last first, as they are taken from the end."""
        found = [
            (child, name == "controls", parent)
            for name in fields.raw
            if name in BRANCHES
            for child in fields.tables(name, "Control" if name == "controls" else "Group")
        ]
        return found[::-1]

    def _gather(self, fields: Fields) -> None:
        for param in fields.tables("params", f"Parameter of {fields.what},"):
            self._params.setdefault(param.text("id", needed=True), param)

    def _draft(self, fields: Fields, is_control: bool, key: str, parent: str | None) -> None:
        withdrawn = _prop(fields, "status").lower() == "withdrawn"
        heading = not is_control or fields.text("class") in HEADINGS
        self.drafts.append(
            Draft(
                key=key,
                parent=parent,
                refs=(key,),
                source_id=key,
                label=_prop(fields, "label"),
                title=fields.text("title", needed=True),
                text="\n".join(self._stated(fields)),
                assessable=not heading and not withdrawn,
            )
        )

    def _stated(self, fields: Fields) -> Iterator[str]:
        for part in fields.tables("parts", f"Part of {fields.what},"):
            if part.text("name") in STATED and part.text("class") not in ADVICE:
                yield from self._prose(part)

    def _prose(self, part: Fields) -> Iterator[str]:
        """A part and its sub-parts, one a line; the depth of the file bounds the recursion."""
        prose = INSERT.sub(self._inserted, part.text("prose"))
        line = f"{_prop(part, 'label')} {prose}".strip()
        if line:
            yield line
        for child in part.tables("parts", f"Part of {part.what},"):
            if child.text("class") not in ADVICE:
                yield from self._prose(child)

    def _inserted(self, found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in self._labels:
            param = self._params.get(name)
            self._labels[name] = f"[{(self._choices(param) if param else '') or self._label(name)}]"
        label = self._labels[name]
        self._left -= len(label)
        if self._left < 0:
            raise self.problems.refuse(f"its parameters add more than {INSERTED:,} characters of text; shorten them.")
        return label

    def _label(self, name: str) -> str:
        param = self._params.get(name)
        label = (param.text("label") if param else "") or name
        return label if len(label) <= LONGEST_LABEL else name

    def _choices(self, param: Fields) -> str:
        """The choices of a parameter; those of a parameter inside a choice stay behind its label."""
        select = param.table("select")
        raw: Any = select.value("choice") if select else None
        words: Sequence[str] = [word for word in raw if isinstance(word, str)] if isinstance(raw, list) else []
        told = "; ".join(INSERT.sub(lambda found: f"[{self._label(found.group(1))}]", word) for word in words)
        many = select is not None and select.text("how-many") == "one-or-more"
        return f"{'one or more of' if many else 'one of'}: {told}" if 0 < len(told) <= LONGEST_LABEL else ""
