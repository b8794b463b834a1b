"""Files that people bring: read as one table of text, whatever they are, or refused with a sentence that says how to mend it."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import xlsxwriter.utility
from django.core.exceptions import ValidationError
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from office.spreadsheet import LIVE

FILE_LIMIT = 25 * 1024 * 1024
UNPACKED_LIMIT = 300 * 1024 * 1024
ROW_LIMIT = 100_000
PIECE = 1024 * 1024
PACKED = b"PK\x03\x04"
ROW_MARK = b"<row "
ASIDE = ("read me", "lists")
"""Sheets that tell something about the others."""
COLUMN_LIMIT = 200
ENDINGS = {".xlsx": "a workbook", ".xlsm": "a workbook", ".ods": "a workbook", ".csv": "text", ".tsv": "text"}


@dataclass(frozen=True)
class Table:
    """Headings as they stand in the file, and rows as (row in the sheet, cells as text). Empty rows are left out."""

    headings: tuple[str, ...]
    rows: list[tuple[int, tuple[str, ...]]]


def read_table(content: bytes, name: str) -> Table:
    """Recognised by content, not by name. Raises ValidationError for what is too large, not readable, or not what it says."""
    if len(content) > FILE_LIMIT:
        raise ValidationError(f"{name} is larger than {FILE_LIMIT // 1024**2} MB. Send it in parts.")
    if not content.strip():
        raise ValidationError(f"{name} is empty.")
    packed = content.startswith(PACKED)
    _refuse_misnamed(name, packed)
    lines = _of_workbook(content, name) if packed else _of_text(content, name)
    return _table(lines, name)


def _refuse_misnamed(name: str, packed: bool) -> None:
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    said = ENDINGS.get(ending)
    if said is not None and (said == "a workbook") != packed:
        really = "a workbook" if packed else "text"
        raise ValidationError(
            f"{name} says that it is {said}, but it is {really}. Save it again in the format of its name."
        )


def _of_workbook(content: bytes, name: str) -> Iterator[Sequence[object]]:
    filled = _filled(content, name)
    if not filled:
        raise ValidationError(f"{name} has no sheet with content.")
    first = next((sheet for sheet in filled if sheet.name.lower() not in ASIDE), filled[0])
    yield from first.to_python(skip_empty_area=False)


def read_sheets(content: bytes, name: str) -> dict[str, Table]:
    """Every sheet of a workbook by its name; a text file is one sheet without a name. Raises as `read_table` does."""
    if not content.startswith(PACKED):
        return {"": read_table(content, name)}
    if len(content) > FILE_LIMIT:
        raise ValidationError(f"{name} is larger than {FILE_LIMIT // 1024**2} MB. Send it in parts.")
    _refuse_misnamed(name, packed=True)
    return {sheet.name: _table(sheet.to_python(skip_empty_area=False), name) for sheet in _filled(content, name)}


def _filled(content: bytes, name: str) -> list[CalamineSheet]:
    """The sheets with content, none of them too long or with merged cells."""
    _refuse_bomb(content, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [book.get_sheet_by_name(sheet) for sheet in book.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        raise ValidationError(f"{name} cannot be read as a workbook: {error}. Open it and save it as .xlsx.") from error
    filled = [sheet for sheet in sheets if sheet.total_height > 0]
    problems = [
        f"Sheet “{sheet.name}” of {name} has {sheet.total_height} rows; at most {ROW_LIMIT} are read. Send it in parts."
        for sheet in filled
        if sheet.total_height > ROW_LIMIT + 1
    ]
    problems += [sentence for sheet in filled for sentence in _merged(sheet)]
    if problems:
        raise ValidationError(problems)
    return filled


def _merged(sheet: CalamineSheet) -> Iterator[str]:
    """Merged cells leave all but one empty, and nobody could say which row the text belongs to."""
    for (row, column), (last, _) in (sheet.merged_cell_ranges or [])[:10]:
        letter = xlsxwriter.utility.xl_col_to_name(column)
        yield (
            f"Sheet “{sheet.name}”, rows {row + 1} to {last + 1}, column {letter}: these cells are merged. Unmerge them "
            "and write the text into each row that it is meant for."
        )


def _refuse_bomb(content: bytes, name: str) -> None:
    """By unpacking it in small pieces, so that a small file can neither fill the memory nor lie about its size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as box:
            if sum(part.file_size for part in box.infolist()) > UNPACKED_LIMIT:
                raise ValidationError(f"{name} unpacks to more than {UNPACKED_LIMIT // 1024**2} MB; it is not read.")
            names = set(box.namelist())
            rows = {part: _count_rows(box, part) for part in names if part.startswith("xl/worksheets/sheet")}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise ValidationError(f"{name} is damaged: {error}. Open it and save it again.") from error
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise ValidationError(f"{name} is a packed file, but no workbook. Bring .xlsx, .ods or .csv.")
    most = max(rows.values(), default=0)
    if most > ROW_LIMIT + 1:
        raise ValidationError(f"{name} has a sheet with {most} rows; at most {ROW_LIMIT} are read. Send it in parts.")


def _count_rows(box: zipfile.ZipFile, part: str) -> int:
    """Rows of a sheet, counted in the file itself; the end of a piece is kept for a mark that lies across."""
    count, kept = 0, b""
    with box.open(part) as file:
        while piece := file.read(PIECE):
            text = kept + piece
            count += text.count(ROW_MARK)
            kept = text[-(len(ROW_MARK) - 1) :]
    return count


def _of_text(content: bytes, name: str) -> Iterator[Sequence[object]]:
    text = _decoded(content, name)
    if "\0" in text:
        raise ValidationError(f"{name} is not a text file. Bring .xlsx, .ods or .csv.")
    heading = text.split("\n", 1)[0]
    mark = max(",;\t", key=heading.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    except csv.Error as error:
        raise ValidationError(f"{name} cannot be read as CSV: {error}.") from error


def _decoded(content: bytes, name: str) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            f"{name} is not UTF-8 (byte {error.start}). In Excel, save it as “CSV UTF-8” or as .xlsx."
        ) from error


def _table(lines: Iterable[Sequence[object]], name: str) -> Table:
    numbered = enumerate(lines, start=1)
    found = next(((number, line) for number, line in numbered if any(cell not in ("", None) for cell in line)), None)
    if found is None:
        raise ValidationError(f"{name} is empty.")
    headings = [text_of(cell) for cell in found[1]]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > COLUMN_LIMIT:
        raise ValidationError(f"{name} has {len(headings)} columns; at most {COLUMN_LIMIT} are read.")
    width, rows = len(headings), []
    for number, line in numbered:
        cells = tuple(map(text_of, line))
        if any(cells):
            rows.append((number, cells[:width] if len(cells) >= width else cells + ("",) * (width - len(cells))))
        if len(rows) > ROW_LIMIT:
            raise ValidationError(f"{name} has more than {ROW_LIMIT} rows. Send it in parts.")
    return Table(tuple(headings), rows)


def text_of(cell: object) -> str:
    """A cell as the text that our own sheets write: whole numbers without a point, days as 2026-11-22, yes and no."""
    if isinstance(cell, str):
        return _tidy(cell)
    kind = next((kind for kind in WRITTEN if isinstance(cell, kind)), None)
    return WRITTEN[kind](cell) if kind else str(cell)


def _tidy(text: str) -> str:
    """Without blanks around it, with one kind of line end, and without the apostrophe that disarms live text in CSV."""
    text = text.strip()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text[1:] if text[:1] == "'" and text[1:2] in LIVE and len(text) > 1 else text


def _moment(cell: datetime) -> str:
    return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(sep=" ")


WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda cell: "",
    bool: lambda cell: "yes" if cell else "no",
    float: lambda cell: str(int(cell)) if cell.is_integer() else repr(cell),
    datetime: _moment,
    date: date.isoformat,
}
"""Kind of cell → its text; the first that fits."""
