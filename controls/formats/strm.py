"""The columns of an STRM workbook as the Secure Controls Framework publishes them: one row a direct mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from controls.domain.crosswalk import CrosswalkRow
from controls.formats.sides import UNTYPED, AsOf, Side, direct, one_line, read_me_rows, standing
from frameworks.domain.rows import Row
from frameworks.library_files.interchange import SHEET_WRITTEN, STRM_COLUMNS, ZERO
from office.spreadsheet import Cell, Sheet

WIDTHS = (22, 34, 60, 12, 16, 60, 18, 12, 34, 22, 60, 44)
ABOUT = [
    ("Confidence Levels", "Empty: the office keeps no confidence, and strength is not confidence."),
    ("NIST IR-8477 Rationale", "Syntactic (the wording), semantic (the meaning) or functional (the effect)."),
    ("STRM Rationale", "Why, in the words of whoever proposed the mapping."),
    ("Notes", "What the office noted beside the row; the last line says how the row stands."),
    ("Strength of Relationship", f"1 to 10 where it was given. The notes say so where it is 0: “{ZERO}”"),
]


def strm_sheets(*, focal: Side, reference: Side, rows: Iterable[CrosswalkRow], as_of: AsOf) -> list[Sheet]:
    """A workbook's two sheets, “Read me” and “STRM”; for CSV write the second alone."""
    stated = direct(rows)
    lines = [*read_me_rows(focal, reference, stated, as_of), *ABOUT]
    return [
        Sheet("Read me", [("Subject", 26), ("Text", 110)], lines),
        strm_sheet(focal=focal, reference=reference, rows=stated),
    ]


def strm_sheet(*, focal: Side, reference: Side, rows: Iterable[CrosswalkRow]) -> Sheet:
    """The twelve columns, one row a direct mapping; the relationship of an untyped one is empty."""
    target = one_line(reference.title)
    columns = [(name.format(target=target), width) for name, width in zip(STRM_COLUMNS, WIDTHS, strict=True)]
    return Sheet("STRM", columns, _cells(focal.rows, reference.rows, direct(rows)))


def _cells(focal: Sequence[Row], reference: Sequence[Row], rows: Iterable[CrosswalkRow]) -> Iterator[list[Cell]]:
    left, right = {row.id: row for row in focal}, {row.id: row for row in reference}
    for row in rows:
        source, target = left[row.focal], right[row.reference]
        notes = [ZERO if row.strength == 0 else "", row.comments, standing(row)]
        yield [
            source.id, f"{source.citation}: {source.title}", source.summary, None, row.rationale_type, row.rationale,
            SHEET_WRITTEN["" if row.relationship == UNTYPED else row.relationship], row.strength or None,
            f"{target.citation}: {target.title}", target.id, target.summary, "\n".join(filter(None, notes)),
        ]  # fmt: skip
