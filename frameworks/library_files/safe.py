"""From bytes to plain values, for files that nobody here wrote: bounded in size, depth and number before anything else.

YAML is built from parser events, so that an alias is refused before it can expand and no object is ever constructed.
JSON is scanned for depth and number before it is parsed, so that no nesting can exhaust the stack.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import yaml

from frameworks.domain.libraries import LibraryError, Problems, shown

LIMIT = 20_000_000
MAX_DEPTH = 60
MAX_VALUES = 200_000
"""Texts, numbers, lists and mappings of a file; keys are not counted."""
LONGEST_NUMBER = 18
CORE = "tag:yaml.org,2002:"
CORE_TAGS = {f"{CORE}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")}
NULLS = {"", "~", "null", "Null", "NULL"}
FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
WHOLE = re.compile(rf"[+-]?[0-9]{{1,{LONGEST_NUMBER}}}")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]|$)")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What no database keeps as text: NUL, and half of a pair of surrogates."""
TOO_DEEP = f"the file is nested deeper than {MAX_DEPTH} levels; such a file is not read. Flatten it."
TOO_MANY = f"the file holds more than {MAX_VALUES:,} values; such a file is not read. Bring it in parts."


class Plain(str):
    """A YAML scalar without quotes: text, number, yes or no, or a day, as the field that reads it decides."""

    __slots__ = ()


class Table(dict[str, Any]):
    """A YAML mapping that knows its line and the line of every key."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def decode(content: bytes) -> str:
    """The text of a file. Raises LibraryError for what is too large, empty, not UTF-8 or no text."""
    if len(content) > LIMIT:
        raise LibraryError([f"The file is larger than {LIMIT // 1_000_000} MB. Bring it in parts."])
    if not content.strip():
        raise LibraryError(["The file is empty. Bring the library as it was published."])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LibraryError([f"The file is not UTF-8 (byte {error.start}). Save it as UTF-8."]) from error
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise LibraryError([f"Line {line}: the file holds a NUL character, so it is no text. Save it as UTF-8 text."])
    return text


def read_yaml(text: str, problems: Problems) -> Any:
    """One YAML document as Table, list, str and Plain. Keys that stand twice and tags are added to `problems`.

    Raises LibraryError where reading cannot go on: syntax, an alias, depth, number, no document or several.
    """
    growth = _Growth(problems)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            growth.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        deep = "nesting depth" in str(error.problem)
        told = TOO_DEEP if deep else f"the file is not valid YAML: {error.problem}. Correct it."
        raise problems.refuse(told, line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise problems.refuse(f"the file is not valid YAML: {error.reason}. Remove it.", line) from error
    if growth.documents == 0:
        raise problems.refuse("the file holds no YAML document. Bring the library as it was published.")
    if growth.aliases:
        raise problems.refuse("a file with aliases is not read; write out what they stand for.")
    return growth.root


class _Growth:
    """Grows plain values from parser events, without recursion; refuses as soon as a bound is passed."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.root: Any = None
        self.documents = self.aliases = self.values = 0
        self._open: list[Table | list[Any]] = []
        self._keys: list[str | None] = []

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._check_tag(event, line)
            self._scalar(event, line)
        elif isinstance(event, yaml.AliasEvent):
            self.aliases += 1
            self.problems.add(f"“*{shown(event.anchor)}” is an alias.", line)
            self._put(None, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._check_tag(event, line)
            self._begin(Table(line) if isinstance(event, yaml.MappingStartEvent) else [], line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.problems.refuse("a second YAML document begins here; bring one library a file.", line)

    def _check_tag(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!") and event.tag not in CORE_TAGS:
            name = event.tag.replace(CORE, "!!")
            self.problems.add(f"the tag “{shown(name)}” is not read; write the plain value without it.", line)

    def _scalar(self, event: Any, line: int) -> None:
        waiting = self._open[-1] if self._open else None
        if isinstance(waiting, Table) and self._keys[-1] is None:
            self._key(waiting, event.value, line)
        else:
            bare = event.tag not in (f"{CORE}str", "!") and (event.implicit[0] or event.tag is not None)
            self._put(Plain(event.value) if bare else event.value, line)

    def _key(self, table: Table, key: str, line: int) -> None:
        if key in table.lines:
            first = table.lines[key]
            self.problems.add(f"“{shown(key)}” stands twice in one mapping (first on line {first}); keep one.", line)
        table.lines.setdefault(key, line)
        self._keys[-1] = key

    def _begin(self, container: Table | list[Any], line: int) -> None:
        if self._open and isinstance(self._open[-1], Table) and self._keys[-1] is None:
            raise self.problems.refuse("a key of a mapping is itself a list or a mapping; a key is text.", line)
        self._put(container, line)
        self._open.append(container)
        self._keys.append(None)
        if len(self._open) > MAX_DEPTH:
            raise self.problems.refuse(TOO_DEEP, line)

    def _put(self, value: Any, line: int) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise self.problems.refuse(TOO_MANY, line)
        if not self._open:
            self.root = value
            return
        container = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        else:
            container.setdefault(self._keys[-1] or "", value)
            self._keys[-1] = None


def read_json(text: str, problems: Problems) -> Any:
    """One JSON value. Keys that stand twice and numbers that are none are added to `problems`.

    Raises LibraryError where reading cannot go on: syntax, depth, number.
    """
    _check_bounds(text, problems)

    def refused(word: str) -> Any:
        problems.add(f"{shown(word)} is no number that can be kept; write a smaller number or null.")
        return None

    def whole(digits: str) -> Any:
        return int(digits) if len(digits) <= LONGEST_NUMBER else refused(digits)

    def broken(digits: str) -> Any:
        return found if math.isfinite(found := float(digits)) else refused(digits)

    try:
        return json.loads(
            text, object_pairs_hook=_once(problems), parse_constant=refused, parse_int=whole, parse_float=broken
        )
    except json.JSONDecodeError as error:
        told = f"the file is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]} (column {error.colno}). Correct it."
        raise problems.refuse(told, error.lineno) from error


def _check_bounds(text: str, problems: Problems) -> None:
    """Counts brackets and commas outside texts. Escapes are taken out first, so that every quote left is a border.

    Before the first fault of the syntax the count is exact, and the parser does not go beyond that fault: so the scan
    may end where there are more signs and texts than any valid file has for its values.
    """
    bare = text.replace("\\\\", "").replace('\\"', "") if "\\" in text else text
    depth, values = 0, 1
    for seen, found in enumerate(re.finditer(r'"[^"]*"|[\[\]{},]', bare)):
        sign = found.group() if found.end() - found.start() == 1 else ""
        if sign in ("[", "{"):
            depth += 1
        elif sign in ("]", "}"):
            depth -= 1
        values += sign in ("[", "{", ",")
        if depth > MAX_DEPTH or values > MAX_VALUES:
            line = bare.count("\n", 0, found.start()) + 1
            raise problems.refuse(TOO_DEEP if depth > MAX_DEPTH else TOO_MANY, line)
        if seen > 4 * (values + 1):
            return


def _once(problems: Problems) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """A hook that keeps the first of two equal keys and says where."""

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(reversed(pairs)) if len({key for key, _ in pairs}) != len(pairs) else dict(pairs)
        if len(found) != len(pairs):
            names = ("id", "element_identifier", "uuid", "doc_identifier", "title", "name")
            name = next((found[key] for key in names if isinstance(found.get(key), str)), "")
            where = f"the object “{shown(name)}”" if name else "one object"
            problems.add(f"“{shown(_twice(pairs))}” stands twice in {where}; keep one.")
        return found

    return hook


def _twice(pairs: Iterable[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


class Fields:
    """The fields of one mapping, read as what they should be; what they are not is added to `problems`.

    `what` names the mapping in sentences. Works on YAML and on JSON alike; lines are known for YAML.
    """

    def __init__(self, raw: Mapping[str, Any], what: str, problems: Problems) -> None:
        self.raw, self.what, self.problems = raw, what, problems

    @property
    def line(self) -> int | None:
        return self.raw.line if isinstance(self.raw, Table) else None

    def line_of(self, name: str) -> int | None:
        return self.raw.lines.get(name, self.raw.line) if isinstance(self.raw, Table) else None

    def say(self, name: str, sentence: str) -> None:
        self.problems.add(f"{self.what}: `{name}` {sentence}", self.line_of(name))

    def value(self, name: str, *, needed: bool = False) -> Any:
        """The raw value; None where it is missing, null or empty."""
        value = self.raw.get(name)
        if value == "" or (isinstance(value, Plain) and value in NULLS):
            value = None
        if value is None and needed:
            self.say(name, "is missing; add it.")
        return value

    def text(self, name: str, *, needed: bool = False) -> str:
        value = self.value(name, needed=needed)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.say(name, f"is {kind_of(value)} where text belongs; write text.")
            return ""
        if UNSTORABLE.search(value):
            self.say(name, "holds a NUL character or half a character; remove it.")
            return ""
        text = value.strip()
        if needed and not text:
            self.say(name, "is missing; add it.")
        return text

    def whole(self, name: str, *, needed: bool = False) -> int | None:
        value = self.value(name, needed=needed)
        if isinstance(value, Plain) and WHOLE.fullmatch(value):
            return int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.say(name, f"is {kind_of(value)} where a whole number belongs; write it like 3, without quotes.")
        return None

    def flag(self, name: str, *, needed: bool = False) -> bool:
        value = self.value(name, needed=needed)
        if isinstance(value, Plain) and value.lower() in FLAGS:
            return FLAGS[value.lower()]
        if value is not None and not isinstance(value, bool):
            self.say(name, f"is {kind_of(value)} where true or false belongs; write true or false, without quotes.")
        return value is True

    def day(self, name: str) -> date | None:
        """A day, or the day of a moment; the rest of a moment is left out."""
        value = self.value(name)
        found = DAY.match(value) if isinstance(value, str) else None
        try:
            if found:
                return date.fromisoformat(found.group(1))
        except ValueError:
            pass
        if value is not None:
            self.say(name, f"is {kind_of(value)} where a day belongs; write it like 2026-11-22.")
        return None

    def table(self, name: str, *, needed: bool = False) -> Fields | None:
        value = self.value(name, needed=needed)
        if value is not None and not isinstance(value, dict):
            self.say(name, f"is {kind_of(value)} where a mapping belongs; write its fields under it.")
        return Fields(value, f"`{name}`", self.problems) if isinstance(value, dict) else None

    def tables(self, name: str, what: str, *, needed: bool = False) -> Iterator[Fields]:
        """The mappings of a list, each named by `what` and its place."""
        value = self.value(name, needed=needed)
        if value is not None and not isinstance(value, list):
            self.say(name, f"is {kind_of(value)} where a list belongs; write its entries as a list.")
        for place, entry in enumerate(value if isinstance(value, list) else [], start=1):
            if isinstance(entry, dict):
                yield Fields(entry, f"{what} {place}", self.problems)
            else:
                self.say(name, f"holds {kind_of(entry)} as entry {place} where a mapping belongs; write its fields.")


def kind_of(value: object) -> str:
    """What a value is, in words for a sentence."""
    if isinstance(value, str):
        return f"the text “{shown(value)}”"
    if isinstance(value, bool):
        return f"the value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "null"
