"""Libraries of CISO Assistant: frameworks and requirement mapping sets in one YAML document.

Ids are urns, `urn:<packager>:risk:req_node:<framework>:<id>`. They are compared without regard to case, as that
program does. `ref_id` is what people call a requirement; it may be missing, and need not be unique.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from frameworks.domain.libraries import (
    Draft,
    Library,
    MappingPair,
    MappingSet,
    Problems,
    settle,
    settle_pairs,
    shared_refs,
    shown,
    slug,
)
from frameworks.library_files.safe import Fields, kind_of, read_yaml

KIND = "ciso-assistant"
WORDS = {
    "equal": "equal",
    "subset": "subset",
    "superset": "superset",
    "intersect": "intersects",
    "intersects": "intersects",
    "not_related": None,
}
"""Their word → ours. None: the pair says that there is no relation, so there is nothing to map."""
TOP = re.compile(rb"""^["']?(urn|objects|provider|packager|locale)["']?[ \t]*:""", re.MULTILINE)
INNER = re.compile(rb"\b(?:requirement_nodes|requirement_mapping_sets?|frameworks?)\b|urn:")


def looks_so(content: bytes) -> bool:
    """Two of the fields that stand at the margin of such a library, and something that it holds."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return False
    names: set[bytes] = set()
    for found in TOP.finditer(content):
        names.add(found.group(1))
        if len(names) == 2:
            return INNER.search(content) is not None
    return False


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    frameworks: list[str] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(text: str, problems: Problems) -> Library:
    """The library in `text`. Faults are added to `problems`; raises LibraryError where reading cannot go on."""
    raw = read_yaml(text, problems)
    if not isinstance(raw, dict):
        raise problems.refuse(f"the file is {kind_of(raw)} where a mapping with `urn` and `objects` belongs.")
    top = Fields(raw, "The library", problems)
    urn = top.text("urn", needed=True)
    version = top.whole("version", needed=True)
    title = top.text("name", needed=True)
    found = _Found()
    objects = top.table("objects", needed=True)
    for framework in _each(objects, "framework", "frameworks"):
        _read_framework(framework, found)
    nodes = settle(found.drafts, problems)
    refs = {draft.key: node.ref for draft, node in zip(found.drafts, nodes, strict=True)}
    shared = shared_refs(found.drafts)
    if shared:
        found.notes.append(f"{shared} nodes share their ref_id with another; they go by the last part of their urn.")
    sets = tuple(_read_sets(objects, refs, found, problems))
    if objects is not None and not nodes and not sets:
        problems.add("the library holds no framework with nodes and no mapping set, so there is nothing to bring.")
    return Library(
        key=slug(_last(urn)),
        title=title,
        version="" if version is None else str(version),
        published=top.day("publication_date"),
        publisher=top.text("provider") or top.text("packager"),
        copyright=top.text("copyright"),
        language=top.text("locale"),
        kind=KIND,
        source_id=urn,
        nodes=nodes,
        mapping_sets=sets,
        frameworks=tuple(found.frameworks),
        notes=tuple(found.notes),
    )


def _each(objects: Fields | None, *names: str) -> Iterator[Fields]:
    """Older files hold one mapping under the singular, newer ones a list under the plural; either is read."""
    if objects is None:
        return
    for name in names:
        if isinstance(objects.value(name), list):
            yield from objects.tables(name, f"Entry of `{name}`")
        elif (one := objects.table(name)) is not None:
            yield one


def _last(urn: str) -> str:
    """The id inside a framework: all that follows the framework's name, or the last part of a shorter urn."""
    return urn.split(":", 5)[-1] if urn.count(":") >= 5 else urn.rsplit(":", 1)[-1]


def _read_framework(framework: Fields, found: _Found) -> None:
    urn = framework.text("urn", needed=True)
    found.frameworks.append(slug(_last(urn)))
    for node in framework.tables("requirement_nodes", "Entry of `requirement_nodes`", needed=True):
        draft = _read_node(node)
        if draft is not None:
            found.drafts.append(draft)


def _read_node(node: Fields) -> Draft | None:
    urn = node.text("urn", needed=True)
    if urn:
        node.what = f"“{shown(urn)}”"
    node.whole("depth")
    ref = node.text("ref_id")
    draft = Draft(
        key=urn.lower(),
        parent=node.text("parent_urn").lower() or None,
        refs=(ref, _last(urn)) if ref else (_last(urn),),
        source_id=urn,
        label=ref,
        title=node.text("name"),
        text=node.text("description"),
        assessable=node.flag("assessable", needed=True),
        line=node.line,
    )
    return draft if urn else None


def _read_sets(
    objects: Fields | None, refs: Mapping[str, str], found: _Found, problems: Problems
) -> Iterator[MappingSet]:
    keys: set[str] = set()
    for raw in _each(objects, "requirement_mapping_set", "requirement_mapping_sets"):
        urn = raw.text("urn", needed=True)
        raw.what = f"“{shown(urn)}”" if urn else raw.what
        key = slug(_last(urn))
        if urn and key in keys:
            problems.add(f"“{shown(urn)}” stands twice; give each mapping set an urn of its own.", raw.line_of("urn"))
        keys.add(key)
        ends = [slug(_last(raw.text(name, needed=True))) for name in ("source_framework_urn", "target_framework_urn")]
        pairs = _read_pairs(raw, refs, [end in found.frameworks for end in ends], found.notes)
        kept, again = settle_pairs(pairs, raw.what, problems)
        if again:
            found.notes.append(f"{again} repeated pairs of {raw.what} are left out.")
        yield MappingSet(key, raw.text("name") or raw.text("ref_id") or key, ends[0], ends[1], kept)


def _read_pairs(raw: Fields, refs: Mapping[str, str], held: Sequence[bool], notes: list[str]) -> list[MappingPair]:
    """`held` says of focal and reference whether its framework stands in this file, so that its ids must exist."""
    pairs: list[MappingPair] = []
    unrelated = 0
    for entry in raw.tables("requirement_mappings", "Entry of `requirement_mappings`", needed=True):
        names = ("source_requirement_urn", "target_requirement_urn")
        urns = [entry.text(name, needed=True) for name in names]
        for name, urn, is_held in zip(names, urns, held, strict=True):
            if is_held and urn and urn.lower() not in refs:
                entry.say(name, f"names “{shown(urn)}”, which is no node of this file; correct it.")
        word = entry.text("relationship")
        if word and word not in WORDS:
            entry.say("relationship", f"is “{shown(word)}”; it is one of {', '.join(WORDS)}.")
            continue
        relationship = WORDS[word] if word else ""
        if relationship is None:
            unrelated += 1
        elif all(urns):
            source, target = (refs.get(urn.lower()) or _last(urn) for urn in urns)
            pairs.append(MappingPair(source, target, relationship, entry.line))
    if unrelated:
        notes.append(f"{unrelated} pairs of {raw.what} say that there is no relation; they are left out.")
    return pairs
