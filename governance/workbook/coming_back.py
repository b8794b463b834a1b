"""The workbook as it comes back: every row held against the state in which it went out and the state that stands.

A row whose hash equals the present state gives cell edits, that of an earlier state a three-way merge; a row that this
office never wrote is refused. New rows have no row id. Derived rows and texts are shown, never written.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from controls.domain.crosswalk import COLUMNS
from controls.services import mappings as mapping_services
from governance.workbook.cells import CONTENT, OWN, TEXTS
from governance.workbook.reading import NOUN, Prepared, Reader
from office.domain.plans import Plan, Verdict
from office.domain.words import nearest
from office.importing import OTHERS, PROPOSING, READERS, Brought
from office.models import Person
from office.services import rights
from office.services.imports import PROBLEM, STALE, refuse_unless_shown, rows_but, without_problems
from office.services.recording import Pen, recording
from office.spreadsheet import Sheet
from office.tables import PACKED, Book, Table, read_table

TITLE, SHEET = "Crosswalk workbook", "Crosswalk"
OTHERS[NOUN] = TITLE
PROPOSING.add(NOUN)
MARKS = frozenset({"row id", "row hash", "focal element", "reference element"})
"""The headings by which the sheet is known."""


class Workbook:
    """A crosswalk that came back, with its rows as they stand in the file."""

    noun, title = NOUN, TITLE

    def __init__(self, table: Table) -> None:
        headings, self.rows = without_problems(table.headings, table.rows)
        self.headings = [heading.strip().lower() for heading in headings]
        self.length = len(self.rows)
        _refuse_headings(self.headings)

    def plan(self, actor: Person | None) -> Plan:
        """What it would change in the office as it stands."""
        _require(actor)
        return Reader(self.headings, actor, lock=False).read(self.rows).plan

    def apply(
        self, *, digest: str, leave_out_refused: bool, actor: Person | None, without: Collection[int] = ()
    ) -> Plan:
        """Writes the plan with this digest, whole or not at all."""
        _require(actor)
        try:
            with recording(actor=actor, reason=f"Workbook brought back: {digest[:16]}") as pen:
                found = Reader(self.headings, actor, lock=True).read(self.rows)
                if found.plan.digest != digest:
                    raise ValidationError(STALE)
                refused = found.plan.totals["refused"]
                if refused and not leave_out_refused:
                    raise ValidationError(f"{refused} row(s) are refused. Mend them, or say that they are left out.")
                if without:
                    shown, wanted = found.plan, rows_but(self.rows, without, found.plan)
                    found = Reader(self.headings, actor, lock=True).read(wanted)
                    refuse_unless_shown(found.plan, shown, without)
                _write(found, actor, pen)
        except IntegrityError as error:  # somebody proposed one of the new pairs at the same moment
            raise ValidationError(STALE) from error
        return found.plan

    def refused(self, actor: Person | None) -> Sheet:
        """The refused rows as they came, with what is wrong beside them, to be mended and brought again."""
        wrong = {row.number: " ".join(row.problems) for row in self.plan(actor).of(Verdict.REFUSED)}
        columns = [(name, 24) for name in self.headings]
        rows = ([*cells, wrong[number]] for number, cells in self.rows if number in wrong)
        return Sheet(SHEET, [*columns, (PROBLEM, 90)], rows)


def _require(actor: Person | None) -> None:
    if actor is not None:
        rights.require(actor, None, "bring back workbooks")


def _refuse_headings(headings: Sequence[str]) -> None:
    problems = [
        f"Column “{name}” of sheet “{SHEET}” is missing. Put it back as it was exported, or export the workbook anew."
        for name in (*OWN, "row hash", *(name for texts in TEXTS for name in texts))
        if name not in headings
    ]
    problems += [
        f"Column “{name}” is not a column of the crosswalk.{nearest(name, COLUMNS)} Take it out, or name it right."
        for name in dict.fromkeys(headings)
        if name and name not in COLUMNS
    ]
    problems += [f"Column “{name}” stands there twice." for name in COLUMNS if headings.count(name) > 1]
    if problems:
        raise ValidationError(problems)


def _write(found: Prepared, actor: Person | None, pen: Pen) -> None:
    names = [*CONTENT.values(), "comments"]
    if found.new or found.changed:
        mapping_services.propose_many(new=found.new, changed=found.changed, names=names, actor=actor, pen=pen)
    pen.change_many(found.noted, ["comments"])
    for status, rows in found.moved.items():
        for note in dict.fromkeys(note for _, note in rows):
            chosen = [mapping for mapping, said in rows if said == note]
            mapping_services.move(mappings=chosen, status=status, actor=actor, note=note)


def read(content: bytes, name: str) -> Brought | None:
    """The file as a workbook of ours, or None. Raises ValidationError where it is one and cannot be read."""
    ending = name[name.rfind(".") :].lower()
    if not content.startswith(PACKED) and ending not in (".csv", ".tsv", ".txt"):
        return None
    if content.startswith(PACKED) and ending not in (".xlsx", ".xlsm", ".ods"):
        return None
    if not content.startswith(PACKED):
        table = read_table(content, name)
        return Workbook(table) if _is_ours(table.headings) else None
    book = Book(content, name)
    found = [sheet for sheet in book.filled() if sheet in book.measured.too_long or _is_ours(book.headings(sheet))]
    if SHEET in found:
        return Workbook(book.table(SHEET))
    alike = next((sheet for sheet in found if sheet not in book.measured.too_long), None)
    if alike is not None:
        raise ValidationError(
            f"There is no sheet “{SHEET}” in {name}, but “{alike}” looks like it. Name it “{SHEET}” again."
        )
    return None


def _is_ours(headings: Sequence[str]) -> bool:
    return {heading.strip().lower() for heading in headings} >= MARKS


if TYPE_CHECKING:
    _reads: type[Brought] = Workbook
READERS.append(read)
