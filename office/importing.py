"""From a file to a plan and from a plan to the office: at once where it is short, as a job where it is long."""

import re
import tempfile
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from office.domain.plans import Plan, RowPlan, Verdict
from office.jobs import Made, Progress, register
from office.models import Job, Person, Upload
from office.resource_base import NounResource, recognise, resource_of
from office.services import imports, jobs, rights, uploads
from office.spreadsheet import Sheet, write_csv, write_xlsx
from office.tables import Table, damage_told, read_table
from office.today import today


class Brought(Protocol):
    """A file that was understood: what it is about, how long it is, what it would change, and exactly that change."""

    noun: str
    title: str
    length: int

    def plan(self, actor: Person | None) -> Plan: ...

    def apply(
        self, *, digest: str, leave_out_refused: bool, actor: Person | None, without: Collection[int] = ()
    ) -> Plan: ...

    def refused(self, actor: Person | None) -> Sheet: ...


IDS = frozenset({"ref", "control", "requirement", "scope"})
"""Columns of a key that hold ids."""


class SheetFile:
    """A table about one noun."""

    def __init__(self, resource: NounResource, table: Table) -> None:
        self.resource, self.table = resource, table
        self.noun, self.title, self.length = resource.noun, resource.title, len(table.rows)
        imports.match_columns(resource, imports.without_problems(table.headings, ())[0])

    def plan(self, actor: Person | None) -> Plan:
        """The plan of the table as the office stands."""
        headings, rows = self.table.headings, self.table.rows
        plan = imports.prepare(resource=self.resource, headings=headings, rows=rows, actor=actor).plan
        return replace(plan, rows=tuple(map(self._with_damage, plan.rows)))

    def _with_damage(self, row: RowPlan) -> RowPlan:
        """A refused row also tells what a spreadsheet may have made of its ids."""
        named = [part for name, part in zip(self.resource.keys, row.key.split(" · "), strict=False) if name in IDS]
        told = {f"“{part}”": damage for part in named if (damage := damage_told(part))}
        problems = [
            sentence + next((damage for part, damage in told.items() if part in sentence), "")
            for sentence in row.problems
        ]
        return replace(row, problems=tuple(problems))

    def apply(
        self, *, digest: str, leave_out_refused: bool, actor: Person | None, without: Collection[int] = ()
    ) -> Plan:
        """Writes the plan with this digest."""
        return imports.apply(
            resource=resource_of(self.noun), headings=self.table.headings, rows=self.table.rows, digest=digest,
            leave_out_refused=leave_out_refused, actor=actor, on=today(), without=without,
        )  # fmt: skip

    def refused(self, actor: Person | None) -> Sheet:
        """The refused rows as they came, with what is wrong beside them, to be mended and brought again."""
        wrong = {row.number: " ".join(row.problems) for row in self.plan(actor).of(Verdict.REFUSED)}
        widths = {column.name.lower(): column.width for column in self.resource.columns}
        headings, cut = imports.without_problems(self.table.headings, self.table.rows)
        columns = [(name, widths.get(name.lower(), 20)) for name in headings]
        rows = ([*cells, wrong[number]] for number, cells in cut if number in wrong)
        return Sheet(self.title, [*columns, (imports.PROBLEM, 90)], rows)


READERS: list[Callable[[bytes, str], Brought | None]] = []
"""What other apps read besides tables; each gives None for what is not its own. They put themselves here, since imports
point right."""
OTHERS: dict[str, str] = {}
"""Noun of such files → title."""
PROPOSING: set[str] = set()
"""Nouns of such files that propose: another person than the proposer approves, so that somebody must have brought them."""


def understand(content: bytes, name: str, noun: str = "") -> Brought:
    """What a file is, by its content. `noun` names the table that it is said to be. Refuses what is nothing we read."""
    if not noun or noun in OTHERS:
        for reader in READERS:
            brought = reader(content, name)
            if brought is not None:
                return brought
    table = read_table(content, name)
    try:
        return SheetFile(resource_of(noun) if noun else recognise(table.headings), table)
    except ValidationError as error:
        where = f"Sheet “{table.sheet}”: " if table.sheet else ""
        raise ValidationError([f"{where}{sentence}" for sentence in error.messages]) from error


def proposes(brought: Brought) -> bool:
    """Whether rows of the file keep who proposed them."""
    if not isinstance(brought, SheetFile):
        return brought.noun in PROPOSING
    return any(field.name == "proposed_by" for field in brought.resource.model._meta.concrete_fields)


def note_of(brought: Brought) -> str:
    """What its person should know besides the plan; empty where there is nothing."""
    table = brought.table if isinstance(brought, SheetFile) else None
    if table is None or not table.passed_over:
        return ""
    others = ", ".join(f"“{sheet}”" for sheet in table.passed_over)
    return f"Only the sheet “{table.sheet}” was read, not {others}. Bring each sheet of rows in a file of its own."


NUMBER = re.compile(r"[0-9]{1,9}")


def row_numbers(words: Collection[str]) -> list[int]:
    """Rows of a plan as somebody wrote them. Raises ValidationError for what is no number: nothing may be written that
    was to be left out."""
    wrong = next((word for word in words if not NUMBER.fullmatch(word)), None)
    if wrong is not None:
        raise ValidationError(f"“{wrong[:40]}” is no row. Write the numbers that the plan shows, such as 4,17.")
    return [int(word) for word in words]


def title_of(noun: str) -> str:
    return OTHERS.get(noun) or resource_of(noun).title


READ, APPLY, EXPORT = "read_import", "apply_import", "export_sheet"
AT_ONCE = 500
"""Rows up to which a plan is made while its person waits."""
PLAN_SHOWN = 1000
Nudge = Callable[[int], None]


def bring(*, content: bytes, name: str, noun: str, actor: Person, nudge: Nudge) -> Upload:
    """Takes a file in and makes its plan. `noun` empty: recognised by its headings. Refuses what is no table at all."""
    refuse_unless_writer(actor)
    brought = understand(content, name, noun)
    found = _planned(brought, actor) if brought.length <= AT_ONCE else None
    with transaction.atomic():
        upload = uploads.take_in(noun=brought.noun, name=name, content=content, person=actor, now=timezone.now())
        if found is not None:
            _keep(upload, brought, found)
        else:
            job = jobs.enqueue(kind=READ, arguments={"upload": upload.pk}, actor=actor, now=timezone.now(), nudge=nudge)
            uploads.give_job(upload=upload, job=job)
    return upload


def refuse_unless_writer(actor: Person) -> None:
    if not rights.writes_somewhere(actor):
        raise rights.Forbidden(f"{actor} cannot import: that takes the role of an officer or leader.")


def _planned(brought: Brought, person: Person) -> Plan | str:
    """The plan, or the sentence that says why there is none."""
    try:
        return brought.plan(person)
    except ValidationError as error:
        return " ".join(error.messages)


def _keep(upload: Upload, brought: Brought, found: Plan | str) -> None:
    if isinstance(found, str):
        uploads.fail(upload=upload, message=found)
    else:
        uploads.show(upload=upload, plan=found, shown=as_shown(found), message=note_of(brought))


def as_shown(plan: Plan) -> list[dict[str, Any]]:
    """The first rows of a plan as JSON: the refused ones first, since they ask for something."""
    order = {Verdict.REFUSED: 0, Verdict.RETIRED: 1, Verdict.CHANGED: 2, Verdict.NEW: 3}
    rows = sorted(plan.rows, key=lambda row: (order[row.verdict], row.number))
    return [
        {
            "number": row.number,
            "key": row.key,
            "verdict": row.verdict.value,
            "cells": [asdict(cell) for cell in row.cells],
            "problems": list(row.problems),
        }
        for row in rows[:PLAN_SHOWN]
    ]


def _opened(upload: Upload) -> Brought:
    with upload.file.open("rb") as file:
        return understand(file.read(), upload.name, upload.noun)


def ask_apply(
    *, upload: Upload, digest: str, leave_out_refused: bool, actor: Person, nudge: Nudge, without: Collection[int] = ()
) -> Upload:
    """Applies exactly the plan that was shown: at once where it is short, else as a job.

    `without`: rows of it, by their numbers, that the person leaves out.
    """
    uploads.refuse_unless_shown(upload=upload, digest=digest, actor=actor)
    if sum(upload.totals.values()) <= AT_ONCE:
        apply(upload=upload, digest=digest, leave_out_refused=leave_out_refused, without=without)
        return upload
    arguments = {
        "upload": upload.pk, "digest": digest, "leave_out_refused": leave_out_refused, "without": sorted(without),
    }  # fmt: skip
    with transaction.atomic():
        job = jobs.enqueue(kind=APPLY, arguments=arguments, actor=actor, now=timezone.now(), nudge=nudge)
        uploads.begin(upload=upload, job=job)
    return upload


def apply(*, upload: Upload, digest: str, leave_out_refused: bool, without: Collection[int] = ()) -> Plan:
    """Writes the plan; where that is refused, the plan is made anew, so that the next look shows what holds now."""
    brought = _opened(upload)
    try:
        with uploads.finishing(upload=upload, now=timezone.now()):
            return brought.apply(
                digest=digest, leave_out_refused=leave_out_refused, actor=upload.person, without=without
            )
    except ValidationError as error:
        _keep(upload, brought, _planned(brought, upload.person))
        uploads.note(upload=upload, message=" ".join(error.messages))
        raise


@register(READ)
def read_job(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Arguments: `upload`. Reads only, so that it may be done again; late, it leaves the file as it is."""
    upload = Upload.objects.select_related("person").get(pk=arguments["upload"])
    if upload.status != Upload.Status.READING:
        return upload.totals
    progress(0, 2, "Reading the file")
    brought = _opened(upload)
    progress(1, 2, f"Comparing {brought.length} rows with the office")
    _keep(upload, brought, _planned(brought, upload.person))
    return upload.totals


@register(APPLY)
def apply_job(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Arguments: `upload`, `digest`, `leave_out_refused`, `without`. Whole or not at all: done twice it writes once."""
    upload = Upload.objects.select_related("person").get(pk=arguments["upload"])
    if upload.status == Upload.Status.APPLIED:
        return upload.totals
    progress(0, 1, "Making the plan again and comparing its digest")
    plan = apply(
        upload=upload, digest=arguments["digest"], leave_out_refused=arguments["leave_out_refused"],
        without=arguments.get("without", ()),
    )  # fmt: skip
    return dict(plan.totals)


def refused_sheet(upload: Upload) -> Sheet:
    """The refused rows, with what is wrong, to be mended and brought again."""
    return _opened(upload).refused(upload.person)


def ask_export(*, noun: str, kind: str, actor: Person, nudge: Nudge) -> Job:
    """An export as a job; what it made is downloaded from there."""
    resource_of(noun)
    arguments = {"noun": noun, "format": kind, "person": actor.pk}
    return jobs.enqueue(kind=EXPORT, arguments=arguments, actor=actor, now=timezone.now(), nudge=nudge)


@register(EXPORT)
def export_job(arguments: dict[str, Any], progress: Progress) -> Made:
    """Arguments: `noun`, `format` (xlsx or csv), `person` (what they see is written)."""
    person = Person.objects.get(pk=arguments["person"])
    with tempfile.NamedTemporaryFile(delete=False, suffix=f".{arguments['format']}") as file:
        path = Path(file.name)
    rows = write_export(noun=arguments["noun"], kind=arguments["format"], reader=person, target=path)
    return Made({"rows": rows}, path, f"{arguments['noun']}-{today()}.{arguments['format']}")


def write_export(*, noun: str, kind: str, reader: Person | None, target: Path) -> int:
    """Everything of a noun that the reader sees, in typed cells; returns how many rows."""
    resource, count = resource_of(noun), 0

    def counted(rows: Any) -> Any:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    sheet = resource.sheet(reader)
    sheet = Sheet(sheet.name, sheet.columns, counted(sheet.rows), choices=sheet.choices)
    if kind == "csv":
        write_csv(target, sheet)
    else:
        write_xlsx(target, [sheet, resource.read_me()], title=resource.title)
    return count
