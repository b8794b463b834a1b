"""Catalogue releases of one family, read into requirement versions.

A family has one file per release, oldest first. A later release lists only what it changes: date profiles defined
anew, rows that are new, fields of rows that change, ids that are repealed. The first version of a row is known from
the day its date profile names; a later version from its release's day, which closes the version before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from frameworks.domain.catalogue_problems import Report, check_file, check_merged
from frameworks.domain.conditions import parse
from frameworks.domain.raw_files import RawFile
from frameworks.domain.rendering import route_from_raw
from frameworks.domain.rows import UNVERIFIED, Item, Row, Text, select
from frameworks.domain.vocabulary import Vocabulary

NOT_VERIFIED = "(not yet verified)"
TIERS = ("fine", "civil", "national", "supervisory", "none")
"""Strongest first: what a breach can cost. `national` leaves the amount to a member state."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law, standard or circular with its issuer and number; its requirements are rows."""

    id: str
    family: str
    title: str
    title_zh: str
    issuer: str
    number: str
    force: str
    status: str
    adopted: str
    applies: str
    source: str
    verification: str


@dataclass(frozen=True, slots=True)
class Release:
    """One state of a family's catalogue. `known_from` is the day from which its changes are known."""

    family: str
    known_from: date
    title: str
    digest: str


@dataclass(frozen=True, slots=True)
class Family:
    """Everything that is shipped about one family; `versions` in the order of the catalogue, oldest first per row."""

    key: str
    title: str
    title_zh: str
    jurisdiction: str
    issuer: str
    voluntary: bool
    instruments: tuple[Instrument, ...]
    releases: tuple[Release, ...]
    versions: tuple[Row, ...]


class CatalogueError(ValueError):
    """Nothing is loaded; `problems` holds every sentence, with file and line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def read_family(files: Sequence[RawFile], vocabulary: Vocabulary) -> Family:
    """Reads the releases of one family, oldest first.

    Raises CatalogueError with all problems of all files: nothing is loaded when there is one.
    """
    report = Report()
    for file in files:
        check_file(file, report)
    if not report.sentences:
        check_merged(files, vocabulary, report)
    if report.sentences:
        raise CatalogueError(report.sentences)
    head = files[0].content["family"]
    return Family(
        key=head["key"],
        title=head["title"],
        title_zh=head.get("title_zh", ""),
        jurisdiction=head["jurisdiction"],
        issuer=head["issuer"],
        voluntary=bool(head.get("voluntary", False)),
        instruments=tuple(_instruments(files, head["key"])),
        releases=tuple(
            Release(
                family=head["key"],
                known_from=date.fromisoformat(file.content["release"]["known_from"]),
                title=file.content["release"]["title"],
                digest=file.digest,
            )
            for file in files
        ),
        versions=tuple(_versions(files, head)),
    )


def rows_known_on(families: Iterable[Family], known_on: date) -> list[Row]:
    """The rows of several families as they were known on a day, in the order of the catalogues."""
    return [row for family in families for row in select(family.versions, known_on)]


def _instruments(files: Sequence[RawFile], family: str) -> list[Instrument]:
    merged: dict[str, Mapping[str, str]] = {}
    for file in files:
        merged |= {raw["id"]: raw for raw in file.content.get("instruments", [])}
    return [
        Instrument(
            id=raw["id"],
            family=family,
            title=raw["title"],
            title_zh=raw.get("title_zh", ""),
            issuer=raw.get("issuer", ""),
            number=raw.get("number", ""),
            force=raw["force"],
            status=raw["status"],
            adopted=raw.get("adopted", ""),
            applies=raw.get("applies", ""),
            source=raw["source"],
            verification=raw["verification"],
        )
        for raw in merged.values()
    ]


class _State:
    """The overlay of the releases read so far."""

    def __init__(self, family: Mapping[str, Any]) -> None:
        self.family = family
        self.profiles: dict[str, Mapping[str, Any]] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self.penalties: dict[str, Mapping[str, str]] = {}

    def apply(self, content: Mapping[str, Any]) -> None:
        self.profiles |= content.get("date_profiles", {})
        self.penalties |= content.get("penalties", {})
        for raw in content.get("rows", []):
            self.rows[raw["id"]] = {**self.rows.get(raw["id"], {}), **raw}

    def row(self, raw: Mapping[str, Any]) -> Row:
        profile = self.profiles[raw["dates"]]
        known_from = profile.get("known_from")
        penalties = [self.penalties[code] for code in raw["penalty"]]
        return Row(
            id=raw["id"],
            family=self.family["key"],
            instrument=raw["instrument"],
            citation=raw["citation"],
            title=raw["title"],
            summary=raw["summary"],
            parent=raw.get("parent"),
            position=raw["position"],
            bearer=raw["bearer"],
            owed_by=raw.get("owed_by", ""),
            applies_when=parse(raw["applies_when"]),
            force=raw["force"],
            supervised=raw.get("supervised", False),
            status=raw.get("status", "in_force"),
            heading=raw.get("heading", False),
            context=raw.get("context", False),
            one_of=raw.get("one_of", ""),
            evidence=raw.get("evidence", ""),
            cadence=raw.get("cadence", ""),
            penalty="; ".join(_told(penalty) for penalty in penalties),
            penalty_tier=min((penalty["tier"] for penalty in penalties), key=TIERS.index),
            source=", ".join(raw["source"]),
            verification=raw["verification"],
            texts=self._texts(raw),
            routes=tuple(route_from_raw(entry) for entry in profile["routes"]),
            known_from=date.fromisoformat(known_from) if known_from else None,
            note=raw.get("note", ""),
            items=tuple(_item(entry) for entry in raw.get("items", [])),
            characteristics=tuple(raw.get("characteristics", [])),
            actor_tasks=tuple(raw.get("actor_tasks", [])),
        )

    def _texts(self, raw: Mapping[str, Any]) -> tuple[Text, ...]:
        texts = [Text("en", "own", raw["title"], raw["summary"], raw["verification"])]
        if raw.get("title_zh"):
            texts.append(Text(self.family["language"], "own", raw["title_zh"], "", raw["verification"]))
        return tuple(texts)


def _told(penalty: Mapping[str, str]) -> str:
    """The text of a penalty; what rests on memory says so wherever it is shown."""
    return f"{penalty['text']} {NOT_VERIFIED}" if penalty.get("verification") in UNVERIFIED else penalty["text"]


def _item(raw: Mapping[str, Any]) -> Item:
    return Item(
        ref=raw["ref"],
        kind=raw.get("kind", "checklist"),
        title=raw["title"],
        part=raw.get("part", ""),
        risks=tuple(raw.get("risks", [])),
        actor_tasks=tuple(raw.get("actor_tasks", [])),
        note=raw.get("note", ""),
    )


def _versions(files: Sequence[RawFile], family: Mapping[str, Any]) -> list[Row]:
    state = _State(family)
    history: dict[str, list[Row]] = {}
    for file in files:
        released = date.fromisoformat(file.content["release"]["known_from"])
        state.apply(file.content)
        for ref in file.content.get("repealed", []):
            history[ref][-1] = replace(history[ref][-1], known_until=released)
            del state.rows[ref]
        for ref, raw in state.rows.items():
            _add_version(history.setdefault(ref, []), state.row(raw), released)
    ordered = sorted(history.values(), key=lambda versions: versions[0].position)
    return [row for versions in ordered for row in versions]


def _add_version(versions: list[Row], row: Row, released: date) -> None:
    """Appends a version if anything but the known dates differs from the one before, and closes that one."""
    if not versions:
        versions.append(row)
        return
    last = versions[-1]
    if replace(row, known_from=last.known_from) != last:
        versions[-1] = replace(last, known_until=released)
        versions.append(replace(row, known_from=released))
