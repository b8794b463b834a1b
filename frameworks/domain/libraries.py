"""Library files made by others, in one neutral shape, and the checks that hold whatever format a file had.

A library is what somebody else published: requirements as a tree, pairs of requirements as mapping sets, or both.
Nothing in it is a duty or an approved mapping yet; whoever takes it in decides that.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

RELATIONSHIPS = ("", "equal", "subset", "superset", "intersects", "no_relationship")
"""As focal → reference; the empty word is an untyped pair, which the source left open."""
RATIONALE_TYPES = ("syntactic", "semantic", "functional")
"""Why two requirements are related: by their wording, their meaning or their effect (NIST IR 8477)."""
STRONGEST = 10
MAX_PROBLEMS = 100
KEY_LENGTH = 80
SHOWN = 80
LONGEST_TITLE = 500


@dataclass(frozen=True, slots=True)
class Node:
    """One requirement or heading. `ref` and `parent` are ids inside the library, `citation` is what people call it.

    `source_id` is the id exactly as in the file, `line` counts from 1 where the format has lines.
    """

    ref: str
    parent: str | None
    citation: str
    title: str
    text: str
    assessable: bool
    line: int | None = None
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class MappingPair:
    """Focal → reference. The ids are refs of nodes where the file holds them, else the last part of their ids.

    Type of the rationale, rationale, strength (0 to 10) and comments are empty where the file does not tell them.
    """

    source: str
    target: str
    relationship: str = ""
    line: int | None = None
    rationale_type: str = ""
    rationale: str = ""
    strength: int | None = None
    comments: str = ""
    """What is noted beside the pair; it says nothing of how the two relate."""

    @property
    def said(self) -> tuple[str, str, str, int | None]:
        """What the pair says of its two ends."""
        return self.relationship, self.rationale_type, self.rationale, self.strength


@dataclass(frozen=True, slots=True)
class MappingSet:
    """Pairs between two frameworks, named as slugs of their own ids; an empty name means that the file does not say."""

    key: str
    title: str
    source_framework: str
    target_framework: str
    pairs: tuple[MappingPair, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """A file as read. `key` stays the same from version to version; the order of the file is kept.

    `frameworks` are the names by which mapping sets, here or in other files, mean the nodes of this one.
    `notes` say what the file holds and this shape leaves out, in sentences.
    """

    key: str
    title: str
    version: str
    published: date | None
    publisher: str
    copyright: str
    language: str
    kind: str
    source_id: str
    nodes: tuple[Node, ...] = ()
    mapping_sets: tuple[MappingSet, ...] = ()
    frameworks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class LibraryError(ValueError):
    """Nothing is read; `problems` holds a sentence for each fault, at most a hundred and how many more there are."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class Problems:
    """Collects sentences in bounded memory: a file with a million faults keeps a hundred and a number."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._more = 0

    def add(self, sentence: str, line: int | None = None) -> None:
        told = f"Line {line}: {sentence}" if line else sentence[:1].upper() + sentence[1:]
        if told in self._sentences:
            return
        if len(self._sentences) < MAX_PROBLEMS:
            self._sentences.append(told)
        else:
            self._more += 1

    def refuse(self, sentence: str, line: int | None = None) -> LibraryError:
        """The error to raise where reading cannot go on, with what was found before."""
        self.add(sentence, line)
        return self._error()

    def raise_if_any(self) -> None:
        if self._sentences:
            raise self._error()

    def _error(self) -> LibraryError:
        more = [f"{self._more:,} more problems are not listed; mend these first."] if self._more else []
        return LibraryError([*self._sentences, *more])


@dataclass(frozen=True, slots=True)
class Draft:
    """A node as a reader found it: `key` and `parent` compare ids, `refs` are names for it, the best first."""

    key: str
    parent: str | None
    refs: tuple[str, ...]
    source_id: str
    label: str
    title: str
    text: str
    assessable: bool
    line: int | None = None


def settle(drafts: Sequence[Draft], problems: Problems) -> tuple[Node, ...]:
    """Checks ids and parents and gives every node its ref; the order is that of the drafts.

    Problems: an id twice, a parent that does not exist, a node that is its own ancestor.
    """
    by_key: dict[str, Draft] = {}
    for draft in drafts:
        first = by_key.setdefault(draft.key, draft)
        if first is not draft:
            where = f" (first on line {first.line})" if first.line else ""
            problems.add(
                f"“{shown(draft.source_id)}” stands twice{where}; give each entry an id of its own.", draft.line
            )
    for draft in by_key.values():
        if draft.parent is not None and draft.parent not in by_key:
            told = f"parent “{shown(draft.parent)}” does not exist; add it, or correct the parent."
            problems.add(f"“{shown(draft.source_id)}”: {told}", draft.line)
    _check_circles(by_key, problems)
    refs = _refs(by_key)
    return tuple(
        Node(
            ref=refs[draft.key],
            parent=refs.get(draft.parent) if draft.parent is not None else None,
            citation=_citation(draft, refs[draft.key]),
            title=draft.title,
            text=draft.text,
            assessable=draft.assessable,
            line=draft.line,
            source_id=draft.source_id,
        )
        for draft in drafts
    )


def _check_circles(by_key: Mapping[str, Draft], problems: Problems) -> None:
    """Walks up from every node, each edge once, without recursion."""
    known: set[str] = set()
    for start in by_key:
        path: dict[str, None] = {}
        current: str | None = start
        while current is not None and current in by_key and current not in known and current not in path:
            path[current] = None
            current = by_key[current].parent
        if current in path:
            names = list(path)
            circle = names[names.index(current) :]
            steps = " → ".join(shown(by_key[key].source_id) for key in [*circle[:9], circle[0]])
            draft = by_key[circle[0]]
            problems.add(f"“{shown(draft.source_id)}” is its own ancestor: {steps}. Correct a parent.", draft.line)
        known.update(path)


def _refs(by_key: Mapping[str, Draft]) -> dict[str, str]:
    """The best name that no other node has; a name that several nodes want goes to none of them."""
    wanted = Counter(draft.refs[0].casefold() for draft in by_key.values())
    refs = {key: draft.refs[0] for key, draft in by_key.items() if wanted[draft.refs[0].casefold()] == 1}
    taken = {ref.casefold() for ref in refs.values()} | {name for name, count in wanted.items() if count > 1}
    for key, draft in by_key.items():
        if key not in refs:
            names = (*draft.refs[1:], draft.source_id)
            refs[key] = next((name for name in names if name.casefold() not in taken), key)
            taken.add(refs[key].casefold())
    return refs


def shared_refs(drafts: Sequence[Draft]) -> int:
    """How many nodes share their best name with another."""
    wanted = Counter(draft.refs[0].casefold() for draft in drafts)
    return sum(count for count in wanted.values() if count > 1)


def _citation(draft: Draft, ref: str) -> str:
    if draft.label:
        return draft.label
    return draft.title if draft.title and slug(draft.title) == slug(ref) else ref


def settle_pairs(pairs: Sequence[MappingPair], what: str, problems: Problems) -> tuple[tuple[MappingPair, ...], int]:
    """Each pair once, and how many repeated ones were left out. A pair that says two things is a problem."""
    kept: dict[tuple[str, str], MappingPair] = {}
    for pair in pairs:
        first = kept.setdefault((pair.source, pair.target), pair)
        names = f"“{shown(pair.source)}” → “{shown(pair.target)}”"
        if first.relationship != pair.relationship:
            words = f"“{first.relationship or 'untyped'}” and “{pair.relationship or 'untyped'}”"
            problems.add(f"{what}: {names} stands twice, as {words}; keep one of them.", pair.line)
        elif first.said != pair.said:
            problems.add(f"{what}: {names} stands twice, with different reasons; keep one of them.", pair.line)
    return tuple(kept.values()), len(pairs) - len(kept)


def slug(name: str) -> str:
    """A key in small letters, digits and hyphens; a digest stands in for what has none of these or is too long."""
    key = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    if key and len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{key[: KEY_LENGTH - 13].strip('-') or 'library'}-{digest}"


def without_version(name: str, version: str) -> str:
    """A title or identifier without its version: what stays from one version to the next.

    Zeros at the end count for nothing (2.0 stands in CSF_2_0_0). A single number goes from a title only after a word
    such as “Rev”, since it may belong to the name.
    """
    parts = re.findall(r"\d+", version)
    if not parts or len(name) > LONGEST_TITLE:
        return name
    while len(parts) > 2 and parts[-1] == "0":
        parts.pop()
    number = rf"{'[._-]'.join(parts)}(?:[._-]0+)*"
    if " " not in name:
        return re.sub(rf"[._-]{number}$", "", name) or name
    word = r"\b(?:version|revision|release|rev|ver|v|r)[\s.]*"
    mark = rf"(?:{word})?" if len(parts) > 1 else word
    return re.sub(rf"(?i)\s*{mark}(?<![\d.]){number}(?![.\w]*\d)", "", name).strip(" -:,") or name


def shown(value: object) -> str:
    """A value as it is quoted in a sentence: on one line, cut where it is long."""
    text = " ".join(str(value)[: SHOWN * 4].split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
