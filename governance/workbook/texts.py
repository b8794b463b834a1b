"""Texts as a cell holds them: what goes into a sheet is what goes into its hash, and what comes back."""

from __future__ import annotations

from dataclasses import replace

from controls.domain.crosswalk import CrosswalkRow
from office.spreadsheet import CELL_LIMIT, cut
from office.tables import text_of

MARK = cut(" " * (CELL_LIMIT + 1)).strip()
"""How a text ends that no cell has room for."""


def plain(text: str) -> str:
    """A text without what no file keeps: blanks around it, two kinds of line end, a mark that disarms it."""
    if text[:1] != "'" and "\r" not in text and text.strip() == text:
        return text
    while (tidy := text_of(text)) != text:
        text = tidy
    return text


def settled(row: CrosswalkRow) -> CrosswalkRow:
    """A row with its texts as they stand in a cell."""
    return _with(row, plain(row.rationale), plain(row.source), plain(row.comments))


def hash_of_row(row: CrosswalkRow) -> str:
    """The hash of a settled row, over what a cell of a workbook has room for."""
    return _with(row, cut(row.rationale), cut(row.source), cut(row.comments)).hash


def _with(row: CrosswalkRow, rationale: str, source: str, comments: str) -> CrosswalkRow:
    """The row itself where its texts are these already, as nearly always."""
    if (row.rationale, row.source, row.comments) == (rationale, source, comments):
        return row
    return replace(row, rationale=rationale, source=source, comments=comments)


def hashes_of(row: CrosswalkRow) -> set[str]:
    """The hashes that a row may have gone out with: that of its cells, and of its texts as stored, as it once was."""
    return {hash_of_row(settled(row)), row.hash}
