"""JSON of NIST's Cybersecurity and Privacy Reference Tool: elements, and relationships between them.

A “projection” leads from a parent to its child. An element can have several parents; the first one is its parent here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from frameworks.domain.libraries import Draft, Library, Problems, settle, shown, slug, without_version
from frameworks.library_files.safe import Fields, kind_of, read_json

KIND = "cprt"
WITHDRAWN = "withdraw_reason"
ASIDE = {
    WITHDRAWN, "sort", "party", "about", "discussion", "documentation", "reference", "reference_item", "resource",
    "suggested_action", "implementation_example", "example", "examine", "interview", "test", "determination",
    "odp", "odp_statement", "odp_type", "adversary_effect", "effect", "expected_result", "impact", "tactic",
    "protection_strategy",
}  # fmt: skip
"""Types of elements that stand beside requirements and demand nothing themselves."""
MARKS = (b'"documents"', b'"elements"', b'"doc_identifier"')
ENDS = ("source", "dest")


def looks_so(content: bytes) -> bool:
    opening = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return opening.startswith(b"{") and all(mark in content for mark in MARKS)


def read(text: str, problems: Problems) -> Library:
    """The main document of the export. Faults are added to `problems`; raises LibraryError where it cannot go on."""
    raw = read_json(text, problems)
    if not isinstance(raw, dict):
        raise problems.refuse(f"the file is {kind_of(raw)} where an object with `documents` and `elements` belongs.")
    export = Fields(_unwrapped(raw), "The export", problems)
    documents = list(export.tables("documents", "Document", needed=True))
    elements = list(export.tables("elements", "Element", needed=True))
    names = [document.text("doc_identifier", needed=True) for document in documents]
    used = {place for element in elements if isinstance(place := element.raw.get("doc_identifier"), str)}
    main = next((document for document, name in zip(documents, names, strict=True) if name in used), None)
    if main is None:
        raise problems.refuse("no document of the file has elements, so there is nothing to bring.")
    return _library(main, _Export(export, elements, main.text("doc_identifier"), set(names), problems))


def _unwrapped(raw: dict[str, Any]) -> dict[str, Any]:
    """The answer of the interface stands in `response` and there in `elements`; either may be missing."""
    for name in ("response", "elements"):
        inner = raw.get(name)
        raw = inner if isinstance(inner, dict) else raw
    return raw


def _library(main: Fields, export: _Export) -> Library:
    identifier = main.text("doc_identifier")
    version = main.text("version", needed=True)
    key = slug(without_version(identifier, version))
    return Library(
        key=key,
        title=main.text("name", needed=True),
        version=version,
        published=None,
        publisher="",
        copyright="",
        language="",
        kind=KIND,
        source_id=identifier,
        nodes=export.nodes(),
        frameworks=tuple(dict.fromkeys((key, slug(identifier)))),
        notes=tuple(export.notes()),
    )


class _Export:
    """Elements of the main document by identifier, and what the relationships say of them."""

    def __init__(
        self, export: Fields, elements: list[Fields], main: str, documents: set[str], problems: Problems
    ) -> None:
        self.main, self.documents, self.problems = main, documents, problems
        self.left_out: Counter[str] = Counter()
        self.kept: list[tuple[str, Fields]] = []
        self.known: set[tuple[str, str]] = set()
        self.types: dict[str, str] = {}
        self.parents: dict[str, str] = {}
        self.withdrawn: set[str] = set()
        for element in elements:
            self._take(element)
        self._names = {name for name, _ in self.kept}
        for relationship in export.tables("relationships", "Relationship"):
            self._relate(relationship)

    def _take(self, element: Fields) -> None:
        name = element.text("element_identifier", needed=True)
        element.what = f"Element “{shown(name)}”" if name else element.what
        document = element.text("doc_identifier", needed=True)
        kind = element.text("element_type", needed=True)
        if document and document not in self.documents:
            element.say("doc_identifier", f"names “{shown(document)}”, which is no document of this file; add it.")
        self.known.add((document, name))
        if document != self.main:
            self.left_out["elements of other documents"] += 1
        elif kind in ASIDE:
            self.types[name] = kind
            self.left_out[f"elements of type “{kind}”"] += 1
        elif name:
            self.kept.append((name, element))

    def _relate(self, relationship: Fields) -> None:
        kind = relationship.text("relationship_identifier", needed=True)
        names = [relationship.text(f"{end}_element_identifier", needed=True) for end in ENDS]
        places = [relationship.text(f"{end}_doc_identifier", needed=True) for end in ENDS]
        for end, name, place in zip(ENDS, names, places, strict=True):
            if name and kind == "projection" and place in self.documents and (place, name) not in self.known:
                field = f"{end}_element_identifier"
                relationship.say(field, f"names “{shown(name)}”, which is no element of this file; add it.")
        if kind != "projection":
            self.left_out[f"relationships of type “{shown(kind)}”"] += 1
        elif places == [self.main, self.main]:
            self._project(*names)

    def _project(self, parent: str, child: str) -> None:
        if self.types.get(child) == WITHDRAWN:
            self.withdrawn.add(parent)
        elif parent in self._names and child in self._names:
            first = self.parents.setdefault(child, parent)
            self.left_out["further parents"] += first != parent

    def nodes(self) -> tuple[Any, ...]:
        above = set(self.parents.values())
        drafts = [
            Draft(
                key=name,
                parent=self.parents.get(name),
                refs=(name,),
                source_id=name,
                label="",
                title=element.text("title"),
                text=element.text("text"),
                assessable=name not in above and name not in self.withdrawn,
            )
            for name, element in self.kept
        ]
        if not drafts:
            self.problems.add("the export holds no requirement, so there is nothing to bring.")
        return settle(drafts, self.problems)

    def notes(self) -> Iterator[str]:
        for what, count in self.left_out.items():
            if count:
                yield f"{count} {what} are left out."
