"""Sheets of a workbook or a CSV file as rows of text, for tables that have lines above their headings."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import xlsxwriter.utility
from django.core.exceptions import ValidationError
from python_calamine import CalamineError, CalamineWorkbook

from frameworks.domain.libraries import Problems, shown
from frameworks.library_files.safe import LIMIT, decode
from office.packed import ROW_LIMIT, UNREADABLE, measured
from office.tables import COLUMN_LIMIT, LONGEST_CELL, text_of

PACKED = b"PK\x03\x04"
OPENING = 300_000
"""Bytes of each part of a workbook, or of a text, in which its headings are looked for."""
HEADING_ROWS = 30
"""How far down the headings of a table may stand."""
PARTS = re.compile(r"xl/sharedStrings\.xml|xl/worksheets/[^/]+\.xml|content\.xml")
MARKS = re.compile(r"fde #|strm |document element")
"""What a line of headings says, of all the lines above a table."""


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: its name, empty for CSV, and its rows with their numbers from 1; empty rows are left out."""

    name: str
    rows: list[tuple[int, tuple[str, ...]]]

    def where(self, row: int) -> str:
        return f"Sheet “{shown(self.name)}”, row {row}" if self.name else f"Row {row}"


def heading(text: str) -> str:
    """A heading as it is compared: small letters, single blanks, without a colon or “(optional)” at its end."""
    return re.sub(r"\s*(?:\(optional\))?\s*:?$", "", " ".join(text.casefold().split()))


def opening_cells(content: bytes) -> set[str]:
    """The cells near the beginning as headings are compared. Unpacks the first bytes of each part and parses nothing."""
    if not content.startswith(PACKED):
        text = content[:OPENING].decode("utf-8-sig", "replace")
        lines = text.splitlines()[:HEADING_ROWS]
        return {heading(cell.strip('" ')) for line in lines for cell in re.split(r"[,;\t]", line)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as box:
            names = [name for name in box.namelist() if PARTS.fullmatch(name)]
            return {cell for name in names[:COLUMN_LIMIT] for cell in _part_cells(box, name)}
    except UNREADABLE:
        return set()


def _part_cells(box: zipfile.ZipFile, name: str) -> Iterator[str]:
    with box.open(name) as file:
        text = file.read(OPENING).decode("utf-8", "replace")
    return (heading(cell) for cell in re.split(r"<[^<>]*>", text) if cell)


def pages(content: bytes, problems: Problems) -> list[Page]:
    """All sheets. Raises LibraryError for what is too large or cannot be read."""
    if not content.startswith(PACKED):
        return [_page("", _lines(decode(content), problems), problems)]
    if len(content) > LIMIT:
        raise problems.refuse(f"the file is larger than {LIMIT // 1_000_000} MB. Bring it in parts.")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(measured(content, "the file")))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except ValidationError as error:
        raise problems.refuse(" ".join(error.messages)) from error
    except (CalamineError, *UNREADABLE) as error:
        told = f"the file cannot be read as a workbook: {error}. Open it and save it as .xlsx."
        raise problems.refuse(told) from error
    return [_page(sheet.name, sheet.to_python(skip_empty_area=False), problems) for sheet in sheets]


def _lines(text: str, problems: Problems) -> Iterator[Sequence[str]]:
    opening = text.splitlines()[:HEADING_ROWS]
    headings = max(opening, key=lambda line: len(MARKS.findall(line.casefold())), default="")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=headings.count), strict=True)
    except csv.Error as error:
        raise problems.refuse(f"the file is not valid CSV: {error}. Save it as CSV again.") from error


def _page(name: str, lines: Iterable[Sequence[object]], problems: Problems) -> Page:
    rows = []
    for number, line in enumerate(lines, start=1):
        cells = tuple(text_of(cell) for cell in line[:COLUMN_LIMIT])
        if any(cells):
            rows.append((number, cells))
            _say_too_long(name, number, cells, problems)
        if number > ROW_LIMIT:
            raise problems.refuse(f"the file has more than {ROW_LIMIT:,} rows. Bring it in parts.")
    return Page(name, rows)


def _say_too_long(name: str, number: int, cells: Sequence[str], problems: Problems) -> None:
    """Text that no cell of a workbook holds. CSV has no such limit."""
    for column, cell in enumerate(cells):
        if name and len(cell) > LONGEST_CELL:
            letter = xlsxwriter.utility.xl_col_to_name(column)
            problems.add(
                f"Sheet “{shown(name)}”, row {number}, column {letter}: the cell holds {len(cell):,} characters, and a "
                f"workbook at most {LONGEST_CELL:,}. Shorten it, or bring the row as CSV."
            )
