"""Published crosswalks as CSV: two columns of identifiers, focal and reference, under the names of two frameworks.

Such a table says neither how two requirements relate nor why, so every pair is untyped.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator

from frameworks.domain.libraries import Library, MappingPair, MappingSet, Problems, settle_pairs, shown, slug
from frameworks.library_files.safe import MAX_VALUES, TOO_MANY

KIND = "crosswalk"
OWN_HEADINGS = {"ref", "control", "requirement", "relationship", "scope"}
"""Columns of our own sheets, which are brought in another way."""
WIDTHS = (2, 3)
LONGEST_HEADING = 200
LONGEST_ROW = 100_000
IDENTIFIER = re.compile(r"(?=.{1,60}$)(?=.*\d)\w[\w.:()\[\]/§*+-]*(?: [\w.:()\[\]/§*+-]+){0,3}")
"""At most four words, one of them with a digit: GOVERN 1.1, B.6.1.2, Art. 26(1), LLM01:2025."""
UNITS = re.compile(r"(?:[ _-]+(?:subcategory|category|reference|ref|identifier|id|element|item|clause|article))+$")
"""What a heading says of its column besides the framework's name."""


def looks_so(content: bytes) -> bool:
    """Two or three columns, identifiers all down the first and for the most part down the second."""
    start = content[:65536].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"\0" in start or start[:1] in (b"{", b"[", b"<"):
        return False
    heading = start.splitlines()[0].decode("utf-8", "replace") if start else ""
    if heading.count(_mark(heading)) + 1 not in WIDTHS and '"' not in heading:
        return False
    rows: list[tuple[int, list[str]]] = []
    with contextlib.suppress(csv.Error):
        rows.extend(_rows(content.decode("utf-8-sig", "replace")))
    return _fits(rows)


def _fits(rows: list[tuple[int, list[str]]]) -> bool:
    if len(rows) < 2 or len(rows[0][1]) not in WIDTHS or not all(rows[0][1][:2]):
        return False
    if max(map(len, rows[0][1])) > LONGEST_HEADING or OWN_HEADINGS & {heading.lower() for heading in rows[0][1]}:
        return False
    seconds = [cells[1] for _, cells in rows[1:] if len(cells) > 1 and cells[1]]
    named = sum(IDENTIFIER.fullmatch(cell) is not None for cell in seconds)
    return named * 2 > len(seconds) and all(_names(cells[0]) for _, cells in rows[1:])


def _names(cell: str) -> bool:
    """Whether a cell names a requirement; a bare number could be anything."""
    return IDENTIFIER.fullmatch(cell) is not None and not cell.isdigit()


def _mark(heading: str) -> str:
    return max(",;\t", key=heading.count)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, with their line; the first are the headings."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=_mark(text.lstrip().partition("\n")[0]), strict=True)
    count = 0
    for cells in reader:
        lines.size = 0
        tidy = [" ".join(cell.split()) for cell in cells]
        if any(tidy):
            yield reader.line_num, tidy
            count += 1
        if count > MAX_VALUES + 1:
            return


class _Lines:
    """Lines for the CSV reader; refuses a row that does not end before it fills the memory."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.size += len(line)
        if self.size > LONGEST_ROW:
            raise csv.Error(f"a row is longer than {LONGEST_ROW:,} characters")
        return line


def read(text: str, problems: Problems) -> Library:
    """The crosswalk in `text`. Faults are added to `problems`; raises LibraryError where reading cannot go on."""
    try:
        rows = list(_rows(text))
    except csv.Error as error:
        raise problems.refuse(f"the file is not valid CSV: {error}. Save it as CSV again.") from error
    if len(rows) > MAX_VALUES + 1:
        raise problems.refuse(TOO_MANY)
    (line, headings), *body = rows
    if _shape(headings[0]) in {_shape(cells[0]) for _, cells in body}:
        problems.add("this looks like a pair, not like headings; put the names of both frameworks here.", line)
    pairs = [pair for line, cells in body if (pair := _pair(line, cells, len(headings), problems)) is not None]
    kept, again = settle_pairs(pairs, "The crosswalk", problems)
    focal, reference = (UNITS.sub("", heading.lower()) for heading in headings[:2])
    key = slug(f"{focal} {reference}")
    title = f"{focal.replace('_', ' ')} → {reference.replace('_', ' ')}"
    notes = [f"Column “{shown(heading)}” is not read." for heading in headings[2:]]
    if again:
        notes.append(f"{again} repeated pairs are left out.")
    return Library(
        key=key,
        title=title,
        version="",
        published=None,
        publisher="",
        copyright="",
        language="",
        kind=KIND,
        source_id=f"{headings[0]} → {headings[1]}",
        mapping_sets=(MappingSet(key, title, slug(focal), slug(reference), kept),),
        notes=tuple(notes),
    )


def _shape(cell: str) -> str:
    return re.sub(r"\d+", "0", cell)


def _pair(line: int, cells: list[str], width: int, problems: Problems) -> MappingPair | None:
    if len(cells) > width:
        problems.add(
            f"the row has {len(cells)} cells under {width} headings; leave out or quote what is too much.", line
        )
        return None
    for place, name in enumerate(("focal", "reference")):
        cell = cells[place] if place < len(cells) else ""
        if not cell:
            problems.add(f"the {name} identifier is missing; add it, or leave the row out.", line)
            return None
        if not IDENTIFIER.fullmatch(cell):
            problems.add(f"“{shown(cell)}” is no identifier; write one such as A.5.1 in each row.", line)
            return None
    return MappingPair(cells[0], cells[1], "", line)
