"""The board report as a Word document of one A4 page."""

import re
from collections.abc import Iterable, Sequence
from typing import IO, Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from governance.documents.board import CLOSING, COMES, COUNTS, ENDS, GAPS, GRAVE, Board
from office.spreadsheet import AUTHOR

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
"""The media type of a Word document."""
FONT = "Arial"
BODY, CELL, SMALL, HEAD, TITLE = 8, 7.5, 6.5, 9.5, 14
"""Sizes in points."""
WIDTH = 186
"""Millimetres between the margins of A4."""
DIM = RGBColor(0x5A, 0x66, 0x61)
SHADE = "E7ECEF"
UNFIT = re.compile(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML holds, and breaks of lines and pages: names are told on one line."""


def write_board(target: IO[bytes], board: Board) -> None:
    """Writes the document; lists are as long as the report holds them, so that it stays on one page."""
    page = Document()
    _lay_out(page)
    _line(page, "Board report: AI governance", size=TITLE, bold=True)
    _line(page, f"{board.seen[:1].upper()}{board.seen[1:]}. {board.as_of.days}", size=BODY)
    _line(page, _basis(board), size=SMALL, dim=True, after=2)
    _families(page, board)
    _gaps(page, board)
    _days(page, board)
    _head(page, "What the figures rest on")
    rows = [(one.name, one.value, one.definition) for one in board.figures]
    _table(page, ("Figure", "Count", "What it counts"), rows, (38, 48, 100))
    _line(page, CLOSING, size=SMALL, dim=True, before=4)
    page.save(target)


def _lay_out(page: Any) -> None:
    section = page.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(12)
    section.top_margin = section.bottom_margin = Mm(10)
    section.header_distance = section.footer_distance = Mm(5)
    style = page.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(BODY)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    page.core_properties.title = "Board report: AI governance"
    page.core_properties.author = AUTHOR


def _basis(board: Board) -> str:
    releases = "; ".join(f"{family}, known from {day}" for family, day, _ in board.as_of.releases[:6])
    head = f"{board.as_of.seq} {board.as_of.head[:16]}" if board.as_of.head else "nothing has been written yet"
    return f"Catalogue releases: {releases or 'none was known by then'}. Journal head: {head}."


def _families(page: Any, board: Board) -> None:
    _head(page, "Requirements by family and market")
    rows = [(row.title, *row.cells, row.total) for row in board.families] or [("No requirement is owed yet.",)]
    columns = ("Family", *board.markets, "All")
    width = (WIDTH - 46) / (len(columns) - 1)
    _table(page, columns, rows, (46, *[width] * (len(columns) - 1)))
    more = f" {board.more_families} more families are in the office's dashboard." if board.more_families else ""
    _line(page, COUNTS + more, size=SMALL, dim=True)


def _gaps(page: Any, board: Board) -> None:
    _head(page, "Gaps")
    rows = [(row.severity, row.open, row.overdue, row.accepted) for row in board.severities]
    _table(page, ("Severity", "Open", "Overdue", "Accepted"), rows, (60, 42, 42, 42))
    _line(page, GAPS, size=SMALL, dim=True)
    _head(page, "The gravest open gaps")
    found: list[Sequence[object]] = [
        (row.requirement, row.subject, row.severity, row.accountable, f"{row.day}{_late(row.late)}")
        for row in board.gravest
    ]
    columns = ("Requirement", "Subject", "Severity", "Accountable", "Due")
    _table(page, columns, found or [("No gap is open.",)], (64, 45, 18, 33, 26))
    _line(page, GRAVE, size=SMALL, dim=True)


def _late(days: int) -> str:
    return f", {days} day{'s' if days > 1 else ''} late" if days else ""


def _days(page: Any, board: Board) -> None:
    _head(page, f"Accepted gaps that end, {len(board.ending) + board.more_ending}, and what applies next")
    found: list[Sequence[object]] = [
        (row.day, "acceptance ends", f"{row.requirement}; {row.subject}", row.accountable) for row in board.ending
    ]
    found += [(row.day, "applies", row.which, row.who) for row in board.coming]
    columns = ("Day", "What", "Which", "Who")
    _table(page, columns, found or [("", "Nothing has a day that is still to come.")], (20, 28, 98, 40))
    _line(page, f"{ENDS} {COMES}", size=SMALL, dim=True)


def _head(page: Any, text: str) -> None:
    _line(page, text, size=HEAD, bold=True, before=4, after=1)


def _line(
    page: Any, text: str, *, size: float, bold: bool = False, dim: bool = False, before: float = 0, after: float = 0
) -> None:
    paragraph = page.add_paragraph()
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    _say(paragraph, text, size, bold, dim)


def _say(paragraph: Any, text: str, size: float, bold: bool = False, dim: bool = False) -> None:
    run = paragraph.add_run(UNFIT.sub(" ", text))
    run.font.size, run.font.name, run.bold = Pt(size), FONT, bold
    if dim:
        run.font.color.rgb = DIM


def _table(page: Any, columns: Sequence[str], rows: Iterable[Sequence[object]], widths: Sequence[float]) -> None:
    """Widths in millimetres; the first row is the head, and is marked as such for readers that speak."""
    listed = list(rows)
    table = page.add_table(rows=1 + len(listed), cols=len(columns))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.LEFT, False
    for at, width in enumerate(widths):
        table.columns[at].width = Mm(width)
    for at, row in enumerate([columns, *listed]):
        cells = table.rows[at].cells
        for cell, text, width in zip(cells, [*row, *[""] * (len(columns) - len(row))], widths, strict=True):
            cell.width = Mm(width)
            _say(cell.paragraphs[0], str(text), CELL, bold=at == 0)
            if at == 0:
                _shade(cell)
    _repeat_head(table.rows[0])


def _shade(cell: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", SHADE)):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _repeat_head(row: Any) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
