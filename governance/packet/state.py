"""One state of the office, written beside the packet before it is packed: what the database holds on the two days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import Storage

from controls.models import Evidence
from frameworks.models import Release, RequirementVersion
from governance.packet.asking import Pair, frameworks_of
from governance.packet.figures import Figures
from governance.workbook.sheets import crosswalk_sheets
from governance.workbook.sides import Framework
from office.domain.chain import GENESIS, Head, canonical
from office.history import end_of, reader_for, then_of
from office.models import JournalHead
from office.services.recording import plain
from office.spreadsheet import Sheet, write_csv, write_xlsx

TRIES = 3
CHUNK = 2000
EVIDENCE_COLUMNS = [
    (name, 12)
    for name in (
        "id", "control", "scope", "title", "SHA-256", "valid from", "valid until", "in packet", "file", "link",
    )
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """An evidence file: its name in the packet, where it lies and under which name."""

    name: str
    storage: Storage
    place: str


@dataclass(frozen=True, slots=True)
class State:
    """Parts by their names in the packet, lying in a folder; evidence files, which are read where they lie.

    `until`: the last moment whose events count for the office's own data; None: all of them.
    """

    head: Head
    until: str | None
    releases: tuple[dict[str, str], ...]
    parts: dict[str, Path]
    evidence: tuple[Stored, ...]
    missing: tuple[str, ...]


class Steps:
    """Says which part is being made."""

    def __init__(self, progress: Any, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def next(self, message: str) -> None:
        self._progress(min(self._done, self._total), self._total, message)
        self._done += 1

    def still(self, message: str) -> None:
        """The same step goes on: keeps the lease of its job."""
        self._progress(min(self._done, self._total), self._total, message)


def journal_head() -> Head:
    row = JournalHead.objects.filter(pk=1).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def take_state(*, on: date, known_on: date, pairs: Sequence[Pair], folder: Path, steps: Steps) -> State:
    """All parts from one state: taken again when somebody wrote in between. No lock, so that nobody has to wait."""
    for _ in range(TRIES):
        head = journal_head()
        state = _take(head, on, known_on, pairs, folder, steps)
        if journal_head() == head:
            return state
    raise ValidationError(
        f"Somebody wrote in the office each of the {TRIES} times that its state was taken. Ask again at a quieter time."
    )


def _take(head: Head, on: date, known_on: date, pairs: Sequence[Pair], folder: Path, steps: Steps) -> State:
    parts: dict[str, Path] = {}

    def place(name: str) -> Path:
        parts[name] = folder / f"{len(parts)}"
        return parts[name]

    for focal, reference in frameworks_of(pairs, known_on):
        steps.next(f"Workbook {focal.key} to {reference.key}")
        _workbook(place(_workbook_name(focal, reference, parts)), focal, reference, on, known_on)
    steps.next("Coverage, line by line")
    _coverage(Figures(on, known_on), place)
    steps.next("Requirements and evidence")
    _write_lines(place("catalogues/requirements.jsonl"), _requirements(known_on))
    evidence, missing = _evidence(known_on, place("evidence.csv"))
    then = then_of(known_on)
    until = plain(end_of(then)) if then is not None else None
    return State(head, until, tuple(_releases(known_on)), parts, tuple(evidence), tuple(missing))


def _workbook_name(focal: Framework, reference: Framework, taken: Iterable[str]) -> str:
    """Keys of instruments may hold what no file name should."""
    stem = re.sub(r"[^\w.-]+", "-", f"crosswalk-{focal.key}-{reference.key}")
    name = f"workbooks/{stem}.xlsx"
    return f"workbooks/{stem}-{len(list(taken))}.xlsx" if name in taken else name


def _workbook(target: Path, focal: Framework, reference: Framework, on: date, known_on: date) -> None:
    """Who reads a packet sees the whole office, so that the workbook is the same whoever asked."""
    sheets = crosswalk_sheets(focal=focal, reference=reference, on=on, known_on=known_on, reader=None)
    write_xlsx(
        target, sheets, title=f"Crosswalk {focal.key} to {reference.key}", created=datetime.combine(on, time.min)
    )


def _coverage(figures: Figures, place: Any) -> None:
    with place("coverage/inputs.json").open("wb") as file:
        figures.write_inputs(file)
    _write_lines(place("coverage/lines.jsonl"), figures.lines())
    place("coverage/totals.json").write_bytes(canonical(figures.totals()) + b"\n")


def _write_lines(target: Path, rows: Iterable[dict[str, Any]]) -> None:
    with target.open("wb") as file:
        for row in rows:
            file.write(canonical(row) + b"\n")


def _requirements(known_on: date) -> Iterator[dict[str, Any]]:
    names = ("id", "family", "citation", "force", "title", "digest", "known_from")
    versions = RequirementVersion.objects.known_on(known_on).order_by("requirement__ref")
    rows = versions.values_list(
        "requirement__ref", "requirement__family__key", "citation", "force", "title", "digest", "known_from"
    )
    for *told, known_from in rows.iterator(chunk_size=CHUNK):
        yield dict(zip(names, [*told, known_from and known_from.isoformat()], strict=True))


def _releases(known_on: date) -> Iterator[dict[str, str]]:
    rows = Release.objects.filter(known_from__lte=known_on).order_by("family__key", "known_from")
    for family, known_from, title, digest in rows.values_list("family__key", "known_from", "title", "digest"):
        yield {"family": family, "known_from": known_from.isoformat(), "title": title, "digest": digest}


def _evidence(known_on: date, target: Path) -> tuple[list[Stored], list[str]]:
    """Writes the list; gives the files to pack, and the names of those that are gone."""
    rows = reader_for(known_on).rows(Evidence, "implementation__control", "implementation__scope")
    rows.sort(key=lambda row: row.pk)
    stored = {row.pk: Stored(_name_of(row), row.file.storage, row.file.name or "") for row in rows if row.file}
    here = {pk for pk, file in stored.items() if file.storage.exists(file.place)}
    cells = (_cells(row, stored.get(row.pk), row.pk in here) for row in rows)
    write_csv(target, Sheet("Evidence", EVIDENCE_COLUMNS, cells))
    gone = [file.name for pk, file in stored.items() if pk not in here]
    return [file for pk, file in stored.items() if pk in here], gone


def _name_of(row: Evidence) -> str:
    return f"evidence/{row.pk}-{str(row.file.name).rsplit('/', 1)[-1]}"


def _cells(row: Evidence, file: Stored | None, here: bool) -> list[Any]:
    word = "yes" if here else "link" if file is None and row.link else "no"
    return [
        row.pk, row.implementation.control.ref, row.implementation.scope.key, row.title, row.sha256, row.valid_from,
        row.valid_until, word, file.name if file and here else "", row.link,
    ]  # fmt: skip
