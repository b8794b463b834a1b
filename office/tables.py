"""Files that people bring: read as one table of text, whatever they are, or refused with a sentence that says how to mend it."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import xlsxwriter.utility
from django.core.exceptions import ValidationError
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from office.domain.formulas import LIVE
from office.packed import ROW_LIMIT, Measured, measure, too_long

FILE_LIMIT = 25 * 1024 * 1024
PACKED = b"PK\x03\x04"
ASIDE = ("read me", "lists")
"""Sheets that tell something about the others."""
COLUMN_LIMIT = 200
PROBLEMS_SHOWN = 20
PIECE = 100_000
LONGEST_CELL = 32_767
"""Characters that a cell of a workbook holds; other programs write more, and the next one cuts it off."""
OTHER_FILES = {
    b"%PDF": "a PDF. Bring the sheet from which it was made",
    b"<!doctype html": "a web page. Open it in a spreadsheet program and save it as .xlsx",
    b"<html": "a web page. Open it in a spreadsheet program and save it as .xlsx",
    b"{\\rtf": "a text document. Copy its table into a spreadsheet and save it as .xlsx",
}
"""How a file begins, in small letters or not → what it is and what to do."""
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an old Office file begins, and a new one that is locked by a password."""
LOCKED = "EncryptedPackage".encode("utf-16-le")
ENDINGS = {".xlsx": "a workbook", ".xlsm": "a workbook", ".ods": "a workbook", ".csv": "text", ".tsv": "text"}


@dataclass(frozen=True)
class Table:
    """Headings as they stand in the file, and rows as (row in the sheet, cells as text). Empty rows are left out."""

    headings: tuple[str, ...]
    rows: list[tuple[int, tuple[str, ...]]]
    sheet: str = ""
    """The name of its sheet; text files have none."""
    passed_over: tuple[str, ...] = ()
    """Other sheets with content, of which nothing is read."""


def read_table(content: bytes, name: str) -> Table:
    """Recognised by content, not by name. Raises ValidationError for what is too large, not readable, or not what it says."""
    _refuse_large(content, name)
    if not content.strip():
        raise ValidationError(f"{name} is empty.")
    packed = content.startswith(PACKED)
    _refuse_others(content, name)
    _refuse_misnamed(name, packed)
    if not packed:
        return _table(_of_text(content, name), name)
    book = Book(content, name)
    filled = book.filled()
    first, *others = [sheet for sheet in filled if sheet.lower() not in ASIDE] or [""]
    if not first:
        told = ", ".join(f"“{sheet}”" for sheet in filled) or "no sheet with content"
        raise ValidationError(f"{name} has {told} and no sheet with rows. Bring the sheet that holds them.")
    return replace(book.table(first), passed_over=tuple(others))


def _refuse_large(content: bytes, name: str) -> None:
    if len(content) > FILE_LIMIT:
        raise ValidationError(f"{name} is larger than {FILE_LIMIT // 1024**2} MB. Send it in parts.")


def _refuse_others(content: bytes, name: str) -> None:
    """Files that are no table at all, told by how they begin."""
    if content.startswith(OLD):
        locked = LOCKED in content
        told = "protected by a password. Take the password off" if locked else "an old Office file (.xls). Open it"
        raise ValidationError(f"{name} is {told} and save it as .xlsx.")
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    told = next((told for mark, told in OTHER_FILES.items() if start.lower().startswith(mark.lower())), "")
    if told:
        raise ValidationError(f"{name} is {told}.")


def _refuse_misnamed(name: str, packed: bool) -> None:
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    said = ENDINGS.get(ending)
    if said is not None and (said == "a workbook") != packed:
        really = "a workbook" if packed else "text"
        raise ValidationError(
            f"{name} says that it is {said}, but it is {really}. Save it again in the format of its name."
        )


class Book:
    """A packed workbook. Its sheets are read one at a time; only the one that is wanted must be within the limits.

    Raises ValidationError, with a sentence, wherever a sheet cannot be read.
    """

    def __init__(self, content: bytes, name: str) -> None:
        _refuse_large(content, name)
        _refuse_misnamed(name, packed=True)
        self.name = name
        self.measured: Measured = measure(content, name)
        self._book = self._tried(lambda: CalamineWorkbook.from_filelike(io.BytesIO(self.measured.content)))

    def _tried(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (CalamineError, OSError, ValueError) as error:
            told = f"{self.name} cannot be read as a workbook: {error}. Open it and save it as .xlsx."
            raise ValidationError(told) from error

    def _sheet(self, sheet: str) -> CalamineSheet:
        return self._tried(lambda: self._book.get_sheet_by_name(sheet))

    def filled(self) -> list[str]:
        """The names of the sheets with content."""
        return [
            name for name in self._book.sheet_names if name in self.measured.too_long or self._sheet(name).height > 0
        ]

    def headings(self, sheet: str) -> tuple[str, ...]:
        """The first line with content; none of a sheet that is too long."""
        lines = self._sheet(sheet).iter_rows()
        return next((tuple(map(text_of, line)) for line in lines if _says_something(line)), ())

    def table(self, sheet: str) -> Table:
        """The whole sheet, none of whose cells is merged or the error of a formula."""
        if sheet in self.measured.too_long:
            raise ValidationError(too_long(f"Sheet “{sheet}” of {self.name}"))
        page = self._sheet(sheet)
        problems = list(_merged(page)) or list(self._failed(sheet))
        if problems:
            raise ValidationError(problems)
        return _table(page.to_python(skip_empty_area=False), self.name, sheet)

    def _failed(self, sheet: str) -> Iterator[str]:
        """Readers make an empty cell of a formula that failed, and an empty cell would take away what stands there."""
        headings = self.headings(sheet)
        for row, column in self.measured.errors.get(sheet, ()):
            heading = headings[column - 1] if column <= len(headings) else ""
            told = f"“{heading}”" if heading else xlsxwriter.utility.xl_col_to_name(column - 1)
            yield (
                f"Sheet “{sheet}”, row {row}, column {told}: the formula gives an error. Mend it, or write the value in its "
                "place."
            )


def _says_something(line: Sequence[object]) -> bool:
    return any(cell not in ("", None) for cell in line)


def _merged(sheet: CalamineSheet) -> Iterator[str]:
    """Merged cells leave all but one empty, and nobody could say which row the text belongs to."""
    for (row, column), (last, _) in (sheet.merged_cell_ranges or [])[:10]:
        letter = xlsxwriter.utility.xl_col_to_name(column)
        yield (
            f"Sheet “{sheet.name}”, rows {row + 1} to {last + 1}, column {letter}: these cells are merged. Unmerge them "
            "and write the text into each row that it is meant for."
        )


def _of_text(content: bytes, name: str) -> Iterator[Sequence[object]]:
    text = _decoded(content, name)
    if "\0" in text:
        raise ValidationError(
            f"{name} is not a text file, or UTF-16 without its mark. In Excel, save it as “CSV UTF-8” or as .xlsx."
        )
    heading = text.split("\n", 1)[0]
    mark = max(",;\t", key=heading.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    except csv.Error as error:
        raise ValidationError(f"{name} cannot be read as CSV: {error}. Save it as “CSV UTF-8” again.") from error


def _decoded(content: bytes, name: str) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            f"{name} is not UTF-8 (byte {error.start}). In Excel, save it as “CSV UTF-8” or as .xlsx.{_guess(content)}"
        ) from error


def _guess(content: bytes) -> str:
    """What a text probably is that is not UTF-8; said, never assumed. Chinese letters come in pairs, those of Western
    Europe alone among plain ones."""
    text = content[:PIECE].decode("latin-1")
    pairs = sum(len(run) // 2 for run in re.findall(r"[\x81-\xfe]{2,}", text))
    alone = len(re.findall(r"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", text))
    known = "GB18030 (Chinese)" if pairs > alone else "Windows-1252 or another code of Western Europe"
    return f" It looks like {known}."


def _table(lines: Iterable[Sequence[object]], name: str, sheet: str = "") -> Table:
    numbered = enumerate(lines, start=1)
    where = f"Sheet “{sheet}” of {name}" if sheet else name
    found = next(((number, line) for number, line in numbered if _says_something(line)), None)
    if found is None:
        raise ValidationError(f"{where} is empty.")
    headings = [text_of(cell) for cell in found[1]]
    while headings and not headings[-1]:
        headings.pop()
    for at, heading in enumerate(headings):
        if "\0" in heading:
            letter = xlsxwriter.utility.xl_col_to_name(at)
            raise ValidationError(
                f"Sheet “{sheet}”, row {found[0]}, column {letter}: the heading holds the sign NUL, which nobody sees. Write "
                "it again."
            )
    if len(headings) > COLUMN_LIMIT:
        raise ValidationError(
            f"{where} has {len(headings)} columns; at most {COLUMN_LIMIT} are read. Take out those that are not needed."
        )
    width, rows, problems = len(headings), [], list[str]()
    for number, line in numbered:
        cells = tuple(map(text_of, line))
        if any(cells):
            cells = cells[:width] if len(cells) >= width else cells + ("",) * (width - len(cells))
            rows.append((number, cells))
            problems += _not_kept(f"Sheet “{sheet}”, row {number}", headings, cells) if sheet else ()
        if len(rows) > ROW_LIMIT:
            raise ValidationError(f"{where} has more than {ROW_LIMIT} rows. Send it in parts.")
        if len(problems) >= PROBLEMS_SHOWN:
            break
    if problems:
        raise ValidationError(problems)
    return Table(tuple(headings), rows, sheet)


def _not_kept(where: str, headings: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Text that no cell of a workbook holds, where CSV has no such limit, and the NUL that no database keeps."""
    if max(map(len, cells)) <= LONGEST_CELL and "\0" not in "".join(cells):
        return []
    told = []
    for heading, cell in zip(headings, cells, strict=True):
        if len(cell) > LONGEST_CELL:
            told.append(
                f"{where}, column “{heading}”: the cell holds {len(cell):,} characters, and a workbook at most "
                f"{LONGEST_CELL:,}. Shorten it, or bring the row as CSV."
            )
        if "\0" in cell:
            told.append(f"{where}, column “{heading}”: the cell holds the sign NUL, which nobody sees. Write it again.")
    return told


NUMBERED = re.compile(r"[-+]?[0-9.,]+(e[-+]?[0-9]+)?", re.IGNORECASE)
MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)"
DATED = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{1,2}}-{MONTH}|{MONTH}-[0-9]{{2}}|[0-9]{{1,2}}月[0-9]{{1,2}}日",
    re.IGNORECASE,
)


def damage_told(text: str) -> str:
    """What a spreadsheet may have made of an id, as a sentence with a blank before it; empty where it shows nothing."""
    kind = "a number" if NUMBERED.fullmatch(text) else "a date" if DATED.fullmatch(text) else ""
    told = f" It looks as if a spreadsheet turned an id into {kind}: format the column as text and write the id again."
    return told if kind else ""


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
    return text[1:].strip() if text[:1] == "'" and text[1:2] in LIVE and len(text) > 1 else text


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
