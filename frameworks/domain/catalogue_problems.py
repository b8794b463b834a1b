"""What can be wrong with catalogue files, each as a sentence with file and line, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from frameworks.domain.conditions import ConditionError, parse
from frameworks.domain.raw_files import RawFile
from frameworks.domain.vocabulary import Vocabulary, check_condition
from office.domain.words import nearest

FORCES = ("LAW", "REG", "RULE", "NORM", "STD-M", "STD-R", "CIRC", "GUIDE", "POLICY", "VOLUNTARY")
LEVELS = ("office", "entity", "model", "deployment")
STATUSES = ("in_force", "pending", "proposed")
MARKS = ("P", "S", "S/m", "M", "OJ", "CONS", "OMN", "SEC")
TIERS = ("fine", "civil", "national", "supervisory", "none")
TRANSITIONS = ("moved", "exempt")
ITEM_KINDS = ("checklist", "action")
ITEM_FIELDS = frozenset(("ref", "kind", "title", "part", "risks", "actor_tasks", "note"))
NEEDED = ("instrument", "citation", "title", "summary", "bearer", "force", "applies_when", "penalty", "dates")
NEEDED_OF_DUTIES = ("owed_by", "evidence")
KNOWN_FIELDS = frozenset(
    (*NEEDED, *NEEDED_OF_DUTIES, "id", "source", "verification", "position", "title_zh", "parent", "heading", "context")
) | {"one_of", "supervised", "status", "cadence", "note", "priority", "items", "characteristics", "actor_tasks"}
CLOSED = {"force": FORCES, "owed_by": LEVELS, "status": STATUSES, "verification": MARKS}
DAYS = ("legal_from", "effective_from", "other_reading_from")


class Report:
    """Collects sentences."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, file: RawFile, where: str, sentence: str) -> None:
        line = file.lines.get(where)
        self.sentences.append(f"{file.name}{f', line {line}' if line else ''}: {sentence}")


def is_day(value: object) -> bool:
    try:
        date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def check_file(file: RawFile, report: Report) -> None:
    """The shape of one file: its parts, its release day, each id once."""
    if not isinstance(file.content, Mapping):
        report.add(file, "", "the file is not a mapping of `family`, `release`, `rows`.")
        return
    for part in ("family", "release"):
        if not isinstance(file.content.get(part), Mapping):
            report.add(file, "", f"`{part}` is missing; it is a mapping.")
            return
    if not is_day(file.content["release"].get("known_from")):
        report.add(file, "", "`release.known_from` is missing or not a day like '2026-07-24'.")
    if not file.content["release"].get("title"):
        report.add(file, "", "`release.title` is missing: say in a few words what this release is.")
    for part in ("rows", "instruments"):
        seen: set[str] = set()
        for raw in file.content.get(part, []):
            if not isinstance(raw, Mapping) or not isinstance(raw.get("id"), str):
                report.add(file, "", f"an entry of `{part}` has no `id`.")
            elif raw["id"] in seen:
                report.add(file, raw["id"], f"“{raw['id']}” stands twice in `{part}`; an id is used once.")
            else:
                seen.add(raw["id"])


def check_merged(files: Sequence[RawFile], vocabulary: Vocabulary, report: Report) -> None:
    """The releases on top of each other: what later files change must exist, and every row must be whole."""
    merged = _Merged(vocabulary, report)
    for file in files:
        merged.add(file)


def _check_items(row: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """The points of a checklist or the actions of a profile: each once, with a title, in fields that are known."""
    for field in ("characteristics", "actor_tasks"):
        if not _is_words(row.get(field, [])):
            say(f"`{field}` is not a list of words.")
    items, seen = row.get("items", []), set()
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        say("`items` is not a list of mappings with `ref` and `title`.")
        return
    for item in items:
        ref, kind = item.get("ref"), item.get("kind", "checklist")
        if not isinstance(ref, str) or not ref or not isinstance(item.get("title"), str):
            say(f"item {ref!r} needs a `ref` and a `title` in words.")
        elif ref in seen:
            say(f"item “{ref}” stands twice.")
        seen.add(str(ref))
        if kind not in ITEM_KINDS:
            say(f"item “{ref}”: `kind` is “{kind}”; it is one of {', '.join(ITEM_KINDS)}.")
        for field in sorted(set(item) - ITEM_FIELDS):
            say(f"item “{ref}”: `{field}` is not a field of an item.{nearest(field, ITEM_FIELDS)}")
        for field in ("risks", "actor_tasks"):
            if not _is_words(item.get(field, [])):
                say(f"item “{ref}”: `{field}` is not a list of words.")


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word for word in value)


class _Merged:
    def __init__(self, vocabulary: Vocabulary, report: Report) -> None:
        self.vocabulary = vocabulary
        self.report = report
        self.last_release: date | None = None
        self.key = ""
        self.rows: dict[str, dict[str, Any]] = {}
        self.repealed: set[str] = set()
        self.known: dict[str, set[str]] = {"sources": set(), "penalties": set(), "date_profiles": set(), "ids": set()}

    def add(self, file: RawFile) -> None:
        self._check_head(file)
        for part in ("sources", "penalties", "date_profiles"):
            self.known[part] |= set(file.content.get(part, {}))
        self.known["ids"] |= {raw["id"] for raw in file.content.get("instruments", [])}
        self._check_profiles(file)
        self._check_penalties(file)
        self._check_instruments(file)
        self._repeal(file)
        for raw in file.content.get("rows", []):
            self._merge(file, raw)
        for ref in sorted({raw["id"] for raw in file.content.get("rows", [])} & set(self.rows)):
            self._check_parents(file, ref)

    def _check_head(self, file: RawFile) -> None:
        family, released = file.content["family"], date.fromisoformat(file.content["release"]["known_from"])
        if self.last_release is None:
            for field in ("key", "title", "jurisdiction", "issuer"):
                if not family.get(field):
                    self.report.add(file, "", f"`family.{field}` is missing.")
            self.key = family.get("key", "")
        elif released <= self.last_release:
            self.report.add(file, "", f"release {released} is not newer than {self.last_release}, the one before it.")
        if family.get("key") != self.key:
            self.report.add(file, "", f"the file is of family “{family.get('key')}”, the folder of “{self.key}”.")
        self.last_release = released

    def _check_profiles(self, file: RawFile) -> None:
        for name, profile in file.content.get("date_profiles", {}).items():
            if not isinstance(profile, Mapping) or not isinstance(profile.get("routes"), Sequence):
                self.report.add(file, name, f"date profile “{name}” has no list of `routes`.")
                continue
            if "known_from" in profile and not is_day(profile["known_from"]):
                self.report.add(file, name, f"date profile “{name}”: `known_from` is not a day like '2026-07-24'.")
            for entry in profile["routes"]:
                self._check_route(file, name, entry)

    def _check_route(self, file: RawFile, name: str, entry: Mapping[str, Any]) -> None:
        for field in DAYS:
            if field in entry and not is_day(entry[field]):
                self.report.add(file, name, f"date profile “{name}”: `{field}` is not a day: {entry[field]!r}.")
        if entry.get("transition", "moved") not in TRANSITIONS:
            self.report.add(file, name, f"date profile “{name}”: `transition` is one of {', '.join(TRANSITIONS)}.")
        if "when" in entry:
            self._check_condition(file, name, entry["when"], f"date profile “{name}”")

    def _check_penalties(self, file: RawFile) -> None:
        for code, penalty in file.content.get("penalties", {}).items():
            if penalty.get("tier") not in TIERS or not penalty.get("text"):
                self.report.add(file, code, f"penalty “{code}” needs a `text` and a `tier` of {', '.join(TIERS)}.")

    def _check_instruments(self, file: RawFile) -> None:
        for raw in file.content.get("instruments", []):
            missing = [name for name in ("title", "force", "status", "source", "verification") if not raw.get(name)]
            if missing:
                self.report.add(file, raw["id"], f"instrument “{raw['id']}” has no {', '.join(missing)}.")
            elif raw["force"] not in FORCES:
                self.report.add(file, raw["id"], f"instrument “{raw['id']}”: force is one of {', '.join(FORCES)}.")

    def _repeal(self, file: RawFile) -> None:
        for ref in file.content.get("repealed", []):
            if self.rows.pop(ref, None) is None:
                self.report.add(file, "", f"“{ref}” is repealed but does not exist.{nearest(ref, self.rows)}")
            self.repealed.add(ref)

    def _merge(self, file: RawFile, raw: Mapping[str, Any]) -> None:
        ref = raw["id"]
        if ref in self.repealed:
            self.report.add(file, ref, f"“{ref}” was repealed; an id is never used again.")
            return
        if ref not in self.rows and self.rows and "citation" not in raw and "applies_when" not in raw:
            self.report.add(file, ref, f"“{ref}” changes a row that does not exist.{nearest(ref, self.rows)}")
            return
        self.rows[ref] = {**self.rows.get(ref, {}), **raw}
        self._check_row(file, self.rows[ref])

    def _check_row(self, file: RawFile, row: Mapping[str, Any]) -> None:
        say: Callable[[str], None] = lambda text: self.report.add(file, row["id"], f"row “{row['id']}”: {text}")  # noqa: E731
        group = row.get("heading") or row.get("context")
        for field in (*NEEDED, *(() if group else NEEDED_OF_DUTIES), "verification"):
            if row.get(field) in (None, "", []):
                say(f"`{field}` is missing.")
        if not row.get("source"):
            say("`source` is missing: name where this was read.")
        for field in sorted(set(row) - KNOWN_FIELDS):
            say(f"`{field}` is not a field of a row.{nearest(field, KNOWN_FIELDS)}")
        for field, allowed in CLOSED.items():
            if field in row and row[field] not in allowed:
                say(f"`{field}` is “{row[field]}”; it is one of {', '.join(allowed)}.")
        if not isinstance(row.get("position"), int):
            say("`position` is not a whole number.")
        self._check_references(row, say)
        _check_items(row, say)
        if row.get("applies_when") not in (None, "", []):
            self._check_condition(file, row["id"], row["applies_when"], f"row “{row['id']}”")

    def _check_references(self, row: Mapping[str, Any], say: Callable[[str], None]) -> None:
        named = [
            ("instrument", "ids", [row.get("instrument")]),
            ("dates", "date_profiles", [row.get("dates")]),
            ("source", "sources", row.get("source", [])),
            ("penalty", "penalties", row.get("penalty", [])),
        ]
        for field, part, values in named:
            for value in values:
                if value and value not in self.known[part]:
                    say(f"`{field}` names “{value}”, which is not defined.{nearest(value, self.known[part])}")

    def _check_condition(self, file: RawFile, where: str, raw: object, what: str) -> None:
        try:
            condition = parse(raw)
        except ConditionError as error:
            problems = [f"{what}: {problem}" for problem in error.problems]
        else:
            problems = check_condition(self.vocabulary, condition, what)
        for problem in problems:
            self.report.add(file, where, problem)

    def _check_parents(self, file: RawFile, ref: str) -> None:
        seen, current = [ref], self.rows[ref].get("parent")
        while current:
            if current in seen:
                if min(seen) == ref:
                    self.report.add(file, ref, f"row “{ref}” is its own ancestor: {' → '.join([*seen, current])}.")
                return
            if current not in self.rows:
                if len(seen) == 1:
                    hint = nearest(current, self.rows)
                    self.report.add(file, ref, f"row “{ref}”: parent “{current}” does not exist.{hint}")
                return
            seen.append(current)
            current = self.rows[current].get("parent")
