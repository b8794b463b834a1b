"""The columns of the OLIR template (NIST IR 8278A r1): one row a direct mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from controls.domain.crosswalk import CrosswalkRow
from controls.formats.sides import UNTYPED, AsOf, Side, direct, read_me_rows, standing
from frameworks.domain.rows import Row
from frameworks.library_files.interchange import OLIR_COLUMNS, OLIR_WRITTEN
from office.spreadsheet import Cell, Sheet

WIDTHS = (22, 60, 14, 18, 22, 60, 12, 14, 12, 80)
ABOUT = [
    ("Rationale", "Syntactic (the wording), semantic (the meaning) or functional (the effect)."),
    ("Fulfilled By (Y/N)", "Empty: a mapping does not say that anything is fulfilled."),
    ("Strength of Relationship", "0 to 10 where it was given."),
    (
        "Comments",
        "Why, in the words of whoever proposed the mapping; the last line says how the row stands. What the office noted "
        "beside a row has no column here and is left out; the workbook, OSCAL and the STRM sheet hold it.",
    ),
]


def olir_sheets(*, focal: Side, reference: Side, rows: Iterable[CrosswalkRow], as_of: AsOf) -> list[Sheet]:
    """A workbook's two sheets, “Read me” and “Relationships”; for CSV write the second alone."""
    stated = direct(rows)
    lines = [*read_me_rows(focal, reference, stated, as_of), *ABOUT]
    return [
        Sheet("Read me", [("Subject", 26), ("Text", 110)], lines),
        olir_sheet(focal=focal, reference=reference, rows=stated),
    ]


def olir_sheet(*, focal: Side, reference: Side, rows: Iterable[CrosswalkRow]) -> Sheet:
    """The ten columns, one row a direct mapping; the relationship of an untyped one is empty."""
    columns = list(zip(OLIR_COLUMNS, WIDTHS, strict=True))
    return Sheet("Relationships", columns, _cells(focal.rows, reference.rows, direct(rows)))


def _cells(focal: Sequence[Row], reference: Sequence[Row], rows: Iterable[CrosswalkRow]) -> Iterator[list[Cell]]:
    left, right = {row.id: row for row in focal}, {row.id: row for row in reference}
    for row in rows:
        source, target = left[row.focal], right[row.reference]
        told = f"{row.rationale}\n{standing(row)}" if row.rationale else standing(row)
        yield [
            source.id, _described(source), row.rationale_type,
            OLIR_WRITTEN["" if row.relationship == UNTYPED else row.relationship], target.id, _described(target),
            None, None, row.strength, told,
        ]  # fmt: skip


def _described(row: Row) -> str:
    return f"{row.citation}: {row.title}\n{row.summary}".strip()
