"""Sheets of plain cells, written so that text is never a formula, whatever it says."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO

import xlsxwriter
import xlsxwriter.utility

from office.domain.formulas import disarmed

Cell = str | int | float | date | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of a workbook."""
AUTHOR = "AI governance office"
LISTS = "Lists"
DROP_DOWN_ROWS = 20_000
FIRST_YEAR = 1900
"""Days before it are text: no workbook counts them."""
CELL_LIMIT = 32_000
"""A cell of the format holds 32,767 characters; longer text is cut with a mark."""
CUT = " … (cut)"


@dataclass(frozen=True)
class Sheet:
    """A name, columns as (title, width in characters), and rows of as many cells. `rows` is read once.

    `choices`: column → the words of its drop-down. `colours`: column → word → background of the cells that hold it.
    `last`: its rows are read after those of all other sheets, wherever it stands among them.
    """

    name: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Cell]]
    wrap: bool = True
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    colours: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    last: bool = False


def write_xlsx(
    target: Path | IO[bytes],
    sheets: Iterable[Sheet],
    *,
    title: str,
    author: str = AUTHOR,
    created: datetime | None = None,
) -> None:
    """Writes a workbook row by row in constant memory: frozen bold header, filters, widths. OSError where it cannot.

    `created` is the moment that its properties name, UTC; with one given, the same cells give the same bytes.
    """
    properties: dict[str, str | datetime] = {
        "title": title,
        "author": author,
        **({"created": created} if created else {}),
    }
    if isinstance(target, Path):
        with target.open("wb") as file:
            _write_book(file, sheets, properties)
    else:
        _write_book(target, sheets, properties)


def _write_book(target: IO[bytes], sheets: Iterable[Sheet], properties: Mapping[str, str | datetime]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties(properties)
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#E7ECEF", "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
        }
        lists: list[Sequence[str]] = []
        pages = [(book.add_worksheet(sheet.name), sheet) for sheet in sheets]
        for page, sheet in sorted(pages, key=lambda pair: pair[1].last):
            _write_sheet(page, sheet, formats)
            lists += [words for words in sheet.choices.values() if words not in lists]
            _drop_downs(page, sheet, lists)
            _colour(page, sheet, book)
        if lists:
            _write_lists(book.add_worksheet(LISTS), lists)


def _drop_downs(page, sheet: Sheet, lists: list[Sequence[str]]) -> None:
    """The words stand on a sheet of their own: a list inside a rule may hold 255 characters only."""
    for at, words in sheet.choices.items():
        letter = xlsxwriter.utility.xl_col_to_name(lists.index(words))
        rule = {
            "validate": "list",
            "source": f"='{LISTS}'!${letter}$1:${letter}${len(words)}",
            "error_title": "Not in the list",
            "error_message": "Choose one of the words of the list.",
        }
        page.data_validation(1, at, DROP_DOWN_ROWS, at, rule)


def _colour(page, sheet: Sheet, book) -> None:
    """By a rule, so that the colour follows when somebody changes the word."""
    for at, colours in sheet.colours.items():
        for word, colour in colours.items():
            look = book.add_format({"bg_color": colour})
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
            page.conditional_format(1, at, DROP_DOWN_ROWS, at, rule)


def _write_lists(page, lists: list[Sequence[str]]) -> None:
    for row in range(max(map(len, lists))):
        for at, words in enumerate(lists):
            if row < len(words):
                page.write_string(row, at, words[row])
    page.hide()


def _write_sheet(page, sheet: Sheet, formats: dict) -> None:
    for at, (_, width) in enumerate(sheet.columns):
        page.set_column(at, at, width)
    page.freeze_panes(1, 0)
    for at, (name, _) in enumerate(sheet.columns):
        page.write_string(0, at, name, formats["head"])
    count = 0
    for count, row in enumerate(sheet.rows, start=1):
        for at, cell in enumerate(row):
            _write_cell(page, count, at, cell, formats)
    page.autofilter(0, 0, max(count, 1), len(sheet.columns) - 1)


def _write_cell(page, row: int, column: int, cell: Cell, formats: dict) -> None:
    if cell is None or cell == "":
        return
    if type(cell) is str:
        page.write_string(row, column, cut(cell), formats["text"])
    elif isinstance(cell, date) and cell.year < FIRST_YEAR:
        page.write_string(row, column, cell.isoformat(), formats["text"])
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, formats["day"])
    elif isinstance(cell, int | float):
        page.write_number(row, column, cell, formats["text"])
    else:
        page.write_string(row, column, cut(str(cell)), formats["text"])


def cut(text: str) -> str:
    """The text as a cell holds it."""
    return text if len(text) <= CELL_LIMIT else text[:CELL_LIMIT] + CUT


def write_csv(target: Path, sheet: Sheet) -> None:
    """UTF-8 with a byte order mark, so that spreadsheets read it; live text is disarmed by a leading apostrophe."""
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_plain(name) for name, _ in sheet.columns])
        for row in sheet.rows:
            writer.writerow([_plain(cell) for cell in row])


def _plain(cell: Cell) -> str:
    text = "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)
    return disarmed(text) if isinstance(cell, str) else text
