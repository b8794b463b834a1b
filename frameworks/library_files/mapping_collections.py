"""OSCAL 1.2 mapping collections as JSON, alone or as the archive that we write with both catalogues.

Whatever a file says of its status, a map comes in as a claim. A map of several sources or targets speaks of them together;
it becomes typed pairs only where the type holds for each of them, else untyped ones that say so.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from frameworks.domain.libraries import (
    RATIONALE_TYPES,
    STRONGEST,
    Library,
    LibraryError,
    MappingPair,
    MappingSet,
    Problems,
    shown,
    slug,
    without_version,
)
from frameworks.library_files.gathered import Gathered
from frameworks.library_files.interchange import NAMESPACE, NOT_STATED, OSCAL_NAMESPACES, OSCAL_READ
from frameworks.library_files.safe import LIMIT, MAX_VALUES, TOO_MANY, Fields, decode, kind_of, read_json
from office.packed import UNREADABLE

KIND, BUNDLE = "oscal-mapping", "oscal-bundle"
OPENING = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"\$schema"\s*:\s*"[^"]*"\s*,\s*)?"mapping-collection"\s*:')
MOST_FILES = 20
GENERIC = {"catalog", "catalogue", "profile", "index", ""}
"""File names that say nothing of the framework; the folder's name does."""


def looks_so(content: bytes) -> bool:
    return OPENING.match(content) is not None


def looks_like_bundle(content: bytes) -> bool:
    """An archive of a few JSON files, one of which opens as a mapping collection. Unpacks their first bytes only."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as box:
            return any(looks_so(_opening(box, name)) for name in _json_names(box))
    except UNREADABLE:
        return False


def _json_names(box: zipfile.ZipFile) -> list[str]:
    names = box.namelist()
    return [name for name in names if name.endswith(".json")] if len(names) <= MOST_FILES else []


def _opening(box: zipfile.ZipFile, name: str) -> bytes:
    with box.open(name) as file:
        return file.read(4096)


def read_bundle(content: bytes, problems: Problems) -> Library:
    """The mapping collection of an archive; its catalogues are files of their own, brought where they are wanted."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as box:
            if sum(part.file_size for part in box.infolist()) > LIMIT:
                raise problems.refuse(f"the archive unpacks to more than {LIMIT // 1_000_000} MB. Bring it in parts.")
            found = [name for name in _json_names(box) if looks_so(_opening(box, name))]
            if len(found) != 1:
                raise problems.refuse(f"the archive holds {len(found)} mapping collections; bring one at a time.")
            text = decode(box.read(found[0]))
    except LibraryError:
        raise
    except UNREADABLE as error:
        raise problems.refuse(f"the archive is damaged: {error}. Pack it again.") from error
    return read(text, problems)


def read(text: str, problems: Problems) -> Library:
    """The collection in `text`. Faults are added to `problems`; raises LibraryError where reading cannot go on."""
    raw = read_json(text, problems)
    if not isinstance(raw, dict):
        raise problems.refuse(f"the file is {kind_of(raw)} where an object with `mapping-collection` belongs.")
    collection = Fields(raw, "The file", problems).table("mapping-collection", needed=True)
    if collection is None:
        problems.raise_if_any()
        raise problems.refuse("the file holds no mapping collection.")
    metadata = collection.table("metadata", needed=True) or Fields({}, "`metadata`", Problems())
    title, version = metadata.text("title", needed=True), metadata.text("version", needed=True)
    reading = _Reading(collection, problems)
    sets = tuple(reading.sets())
    if not any(one.pairs for one in sets):
        problems.add("the collection holds no map, so there is nothing to bring.")
    return Library(
        key=slug(without_version(title, version)),
        title=title,
        version=version,
        published=metadata.day("published") or metadata.day("last-modified"),
        publisher="",
        copyright="",
        language="",
        kind=KIND,
        source_id=collection.text("uuid", needed=True),
        mapping_sets=sets,
        notes=(*reading.gathered.notes, *reading.notes()),
    )


class _Reading:
    """Goes through mappings and maps; counts what this shape leaves out."""

    def __init__(self, collection: Fields, problems: Problems) -> None:
        self.collection, self.problems = collection, problems
        self.gathered = Gathered(problems)
        self.left_out: dict[str, int] = {}
        self._pairs = self._maps = 0
        provenance = collection.table("provenance")
        self._rationale = _rationale_type(provenance) if provenance else ""
        self._titles = _titles(collection)

    def notes(self) -> Iterator[str]:
        for name, count in self.left_out.items():
            yield f"`{name}` of {count} maps is left out."

    def sets(self) -> Iterator[MappingSet]:
        if isinstance(self.collection.value("mappings"), dict):
            one = self.collection.table("mappings")
            mappings = [one] if one else []
        else:
            mappings = list(self.collection.tables("mappings", "Mapping", needed=True))
        for mapping in mappings:
            ends = (self._framework(mapping, "source-resource"), self._framework(mapping, "target-resource"))
            pairs = tuple(self._pairs_of(mapping, ends))
            yield MappingSet(slug(" ".join(ends)), f"{ends[0]} → {ends[1]}", ends[0], ends[1], pairs)

    def _framework(self, mapping: Fields, name: str) -> str:
        """By our own property, by the title of the resource at the back, or by the address of the file."""
        resource = mapping.table(name, needed=True)
        if resource is None:
            return ""
        href = resource.text("href", needed=True)
        named = _own(resource, "framework") or self._titles.get(href.removeprefix("#"), "")
        if not named:
            parts = [
                part for part in PurePosixPath(href.partition("://")[2] or href).parts if part not in (".", "..", "/")
            ]
            stems = [PurePosixPath(part).stem if "." in part else part for part in parts[-1:]] + parts[-2:-1]
            named = next((stem for stem in stems if stem.lower() not in GENERIC), "")
        return slug(named) if named else ""

    def _pairs_of(self, mapping: Fields, ends: tuple[str, str]) -> Iterator[MappingPair]:
        usual = _rationale_type(mapping) or self._rationale
        where = mapping.what
        for entry in mapping.tables("maps", f"{where}, map", needed=True):
            self._maps += 1
            entry.what += f" (“{shown(entry.text('uuid'))}”)" if entry.text("uuid") else ""
            for name in ("confidence-score", "coverage", "qualifiers"):
                if entry.value(name) is not None:
                    self.left_out[name] = self.left_out.get(name, 0) + 1
            for pair in self._pairs_of_map(entry, usual):
                if self.gathered.keep(pair, ends, entry.what):
                    yield pair

    def _pairs_of_map(self, entry: Fields, usual: str) -> Iterator[MappingPair]:
        relationship = _relationship(entry)
        sources, targets = _items(entry, "sources"), _items(entry, "targets")
        own = _own(entry, "rationale-type")
        rationale_type = "" if own == NOT_STATED else _rationale_type(entry) or usual
        rationale, strength, comments = _rationale(entry), _strength(entry), _own(entry, "comments")
        self._pairs += len(sources) * len(targets)
        if self._pairs > MAX_VALUES:
            raise self.problems.refuse(TOO_MANY)
        if not _holds_for_each(relationship, len(sources), len(targets)):
            told = (
                f"The file relates {len(sources)} sources to {len(targets)} targets together as "
                f"“{entry.text('relationship')}”; it does not say how each pair relates."
            )
            relationship, rationale = "", f"{told} {rationale}".strip()
        for source in sources:
            for target in targets:
                yield MappingPair(
                    source, target, relationship, self._maps, rationale_type, rationale, strength, comments
                )


def _holds_for_each(relationship: str, sources: int, targets: int) -> bool:
    """Whether what is said of all together holds of every pair: parts of one whole are each part of it."""
    if sources <= 1 and targets <= 1:
        return True
    each = {"no_relationship": True, "subset": targets == 1, "superset": sources == 1}
    return each.get(relationship, False)


def _titles(collection: Fields) -> dict[str, str]:
    """Titles of the resources at the back, by uuid."""
    back = collection.table("back-matter")
    resources = back.tables("resources", "Resource") if back else ()
    return {resource.text("uuid"): resource.text("title") for resource in resources}


def _own(fields: Fields, name: str) -> str:
    """The value of a property of ours; its remarks where they hold the text in full."""
    for found in fields.tables("props", f"Property of {fields.what},"):
        if found.text("name") == name and found.text("ns") == NAMESPACE:
            return found.text("remarks") or found.text("value")
    return ""


def _relationship(entry: Fields) -> str:
    word, namespace = entry.text("relationship", needed=True), entry.text("ns")
    if namespace not in OSCAL_NAMESPACES:
        entry.say("ns", f"is “{shown(namespace)}”, whose relationships are not known here; write those of OSCAL.")
    elif word and word not in OSCAL_READ:
        entry.say("relationship", f"is “{shown(word)}”; it is one of {', '.join(OSCAL_READ)}.")
    return OSCAL_READ.get(word, "")


def _rationale_type(fields: Fields) -> str:
    word = fields.text("matching-rationale")
    if word and word not in RATIONALE_TYPES:
        fields.say("matching-rationale", f"is “{shown(word)}”; it is one of {', '.join(RATIONALE_TYPES)}.")
        return ""
    return word


def _rationale(entry: Fields) -> str:
    """Our property, else the remarks of the map."""
    return _own(entry, "rationale") or entry.text("remarks")


def _strength(entry: Fields) -> int | None:
    told = _own(entry, "strength")
    if not told:
        return None
    if not re.fullmatch(r"[0-9]{1,2}", told) or int(told) > STRONGEST:
        entry.say("props", f"give the strength “{shown(told)}”; write a whole number from 0 to {STRONGEST}.")
        return None
    return int(told)


def _items(entry: Fields, name: str) -> list[str]:
    """Ids as the catalogue has them; a statement of ours goes by the control that it states."""
    found = []
    for item in entry.tables(name, f"{entry.what}, entry of `{name}`", needed=True):
        ident = item.text("id-ref", needed=True)
        if item.text("type") == "statement":
            ident = ident.removesuffix("_smt")
        if ident:
            found.append(_own(item, "original-id") or ident)
    if not found and isinstance(entry.value(name), list):
        entry.say(name, "is empty; name at least one control.")
    return list(dict.fromkeys(found))
