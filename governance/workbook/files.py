"""Every file that a crosswalk can be had as, written in one place for command, portal and API."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils import timezone

from controls.domain.crosswalk import CrosswalkRow
from controls.formats.olir import olir_sheets
from controls.formats.oscal import oscal_bundle
from controls.formats.sides import AsOf
from controls.formats.strm import strm_sheets
from frameworks.inputs import rows_known_on
from frameworks.models import Instrument
from governance.workbook.sheets import crosswalk_sheet, crosswalk_sheets, result_of
from governance.workbook.sides import Framework, find_frameworks
from office.history import reader_for
from office.models import JournalEvent, JournalHead, Office, Person
from office.spreadsheet import XLSX, write_csv, write_xlsx


@dataclass(frozen=True)
class Asked:
    """Two frameworks, both days, and who reads; `reader` None sees everything."""

    focal: Framework
    reference: Framework
    on: date
    known_on: date
    reader: Person | None = None

    @property
    def title(self) -> str:
        return f"Crosswalk {self.focal.key} to {self.reference.key}"

    def name(self, kind: str) -> str:
        """The name of the file."""
        return f"crosswalk-{self.focal.key}-{self.reference.key}-{self.on}{KINDS[kind].ending}"


def ask(keys: Sequence[str], on: date, known_on: date, reader: Person | None = None) -> Asked:
    """Refuses keys that are neither a family nor an instrument."""
    focal, reference = find_frameworks(keys, known_on)
    return Asked(focal, reference, on, known_on, reader)


@dataclass(frozen=True)
class Kind:
    """One format: what it is called, how its file ends, its media type, and what writes it."""

    title: str
    ending: str
    media: str
    write: Callable[[Asked, Path], None]


def _workbook(asked: Asked, target: Path) -> None:
    sheets = crosswalk_sheets(
        focal=asked.focal, reference=asked.reference, on=asked.on, known_on=asked.known_on, reader=asked.reader
    )
    write_xlsx(target, sheets, title=asked.title)


def _csv(asked: Asked, target: Path) -> None:
    found = result_of(asked.focal, asked.reference, reader_for(asked.known_on))
    write_csv(target, crosswalk_sheet(asked.focal, asked.reference, found))


def _oscal(asked: Asked, target: Path) -> None:
    """One archive: the mapping collection and both catalogues. ValidationError where no direct row has a type."""
    headings = [row for row in rows_known_on(asked.known_on) if row.heading]
    try:
        files = oscal_bundle(
            focal=asked.focal, reference=asked.reference, rows=_direct(asked), as_of=_as_of(asked), headings=headings,
            instruments=dict(Instrument.objects.values_list("ref", "title")),
        )  # fmt: skip
    except ValueError as error:
        raise ValidationError(str(error)) from error
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        for name, text in files.items():
            box.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)


def _strm(asked: Asked, target: Path) -> None:
    sheets = strm_sheets(focal=asked.focal, reference=asked.reference, rows=_direct(asked), as_of=_as_of(asked))
    write_xlsx(target, sheets, title=asked.title)


def _olir(asked: Asked, target: Path) -> None:
    sheets = olir_sheets(focal=asked.focal, reference=asked.reference, rows=_direct(asked), as_of=_as_of(asked))
    write_xlsx(target, sheets, title=asked.title)


def _direct(asked: Asked) -> Sequence[CrosswalkRow]:
    """Derived rows follow from others and go out in the workbook only."""
    found = result_of(asked.focal, asked.reference, reader_for(asked.known_on))
    return [row for row in found.rows if not row.is_derived]


def _as_of(asked: Asked) -> AsOf:
    """The moment is that of the last write, so that the same state gives the same bytes."""
    head = JournalHead.objects.filter(pk=1).first()
    moment = JournalEvent.objects.order_by("-seq").values_list("at", flat=True).first() or timezone.now()
    issuer = Office.objects.select_related("scope").first()
    told = f"{head.seq} {head.hash}" if head else ""
    return AsOf(asked.on, asked.known_on, moment, told, issuer.scope.name if issuer else "")


KINDS: Mapping[str, Kind] = {
    "xlsx": Kind("Workbook (.xlsx), to check and to bring back", ".xlsx", XLSX, _workbook),
    "csv": Kind("The crosswalk sheet alone (.csv)", ".csv", "text/csv; charset=utf-8", _csv),
    "oscal": Kind("OSCAL mapping collection with both catalogues (.zip)", ".oscal.zip", "application/zip", _oscal),
    "strm": Kind("STRM sheet, direct rows (.xlsx)", ".strm.xlsx", XLSX, _strm),
    "olir": Kind("OLIR columns, direct rows (.xlsx)", ".olir.xlsx", XLSX, _olir),
}


def write(asked: Asked, kind: str, target: Path) -> None:
    """Writes one file. OSError where it cannot."""
    KINDS[kind].write(asked, target)
