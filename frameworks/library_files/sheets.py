"""Sheets of a workbook or a CSV file as rows of text, for tables that have lines above their headings."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from python_calamine import CalamineError, CalamineWorkbook

from frameworks.domain.libraries import LibraryError, Problems, shown
from frameworks.library_files.safe import LIMIT, decode
from office.tables import COLUMN_LIMIT, ROW_LIMIT, UNPACKED_LIMIT, text_of

PACKED = b"PK\x03\x04"
OPENING = 300_000
"""Bytes of each part of a workbook, or of a text, in which its headings are looked for."""
HEADING_ROWS = 30
"""How far down the headings of a table may stand."""
PARTS = re.compile(r"xl/sharedStrings\.xml|xl/worksheets/[^/]+\.xml|content\.xml")
MARKS = re.compile(r"fde #|strm |document element")
"""What a line of headings says, of all the lines above a table."""
UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, ValueError, OSError, EOFError)


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
        with zipfile.ZipFile(io.BytesIO(content)) as box:
            if sum(part.file_size for part in box.infolist()) > UNPACKED_LIMIT:
                size = UNPACKED_LIMIT // 1024**2
                raise problems.refuse(f"the workbook unpacks to more than {size} MB. Bring it in parts.")
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except LibraryError:
        raise
    except (CalamineError, *UNREADABLE) as error:
        told = f"the file cannot be read as a workbook: {error}. Open it and save it as .xlsx."
        raise problems.refuse(told) from error
    for sheet in sheets:
        if sheet.total_height > ROW_LIMIT:
            told = f"sheet “{shown(sheet.name)}” has {sheet.total_height:,} rows; at most {ROW_LIMIT:,} are read."
            raise problems.refuse(f"{told} Bring it in parts.")
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
        if number > ROW_LIMIT:
            raise problems.refuse(f"the file has more than {ROW_LIMIT:,} rows. Bring it in parts.")
    return Page(name, rows)
