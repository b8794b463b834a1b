"""Packed workbooks, measured before anything reads them: what is read afterwards is exactly what was measured.

A small file may unpack to gigabytes, lie about its size, or name one cell far out, for which a reader would set aside a
whole rectangle. Every part is unpacked in small pieces and packed again, once, under its name; a sheet is gone through
for the last row and column that hold something.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

from django.core.exceptions import ValidationError

UNPACKED_LIMIT = 300 * 1024 * 1024
ROW_LIMIT = 100_000
AREA_LIMIT = 6_000_000
"""Cells of the rectangle that a sheet spans, empty ones included: 100,000 rows of 60 columns, about 200 MB as they are read."""
PARTS_LIMIT = 5_000
MERGED_LIMIT = 10_000
ERRORS_KEPT = 20
"""Failed formulas of a sheet whose places are kept, to be told."""
NO_ROWS = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'
DEEPEST = 200
PIECE = 1024 * 1024
ADDRESS = re.compile(r"([A-Za-z]{1,4})([0-9]{1,9})")
READ = re.compile(
    r"xl/.*\.(xml|rels)|_rels/\.rels|\[Content_Types\]\.xml|mimetype|META-INF/manifest\.xml|content\.xml", re.I
)
SHORTEST_TEXT = 5
"""Bytes of the shortest shared text, `<si/>`."""
UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError)
"""What a damaged archive raises."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A workbook packed again. Sheets that are too long are in it without their rows; failed formulas, of which readers
    make empty cells, are told by sheet → (row, column), each from 1, the first ones."""

    content: bytes
    too_long: frozenset[str]
    errors: Mapping[str, list[tuple[int, int]]]


def measured(content: bytes, name: str) -> bytes:
    """The workbook packed again, without what no reader needs. Raises ValidationError, with a sentence, for all else, and
    for a sheet that is too long."""
    found = measure(content, name)
    for title in sorted(found.too_long):
        raise ValidationError(too_long(f"Sheet “{title}” of {name}"))
    return found.content


def measure(content: bytes, name: str) -> Measured:
    """As `measured`, but a sheet that is too long is only named: whoever does not want it need not shorten it."""
    target, scan = _packed_again(content, name, frozenset())
    if scan.too_long:
        target, _ = _packed_again(content, name, frozenset(scan.too_long.values()))
    return Measured(target.getvalue(), frozenset(scan.too_long), scan.errors)


def too_long(where: str) -> str:
    return f"{where} has more than {ROW_LIMIT} rows; at most {ROW_LIMIT} are read. Send it in parts."


def _packed_again(content: bytes, name: str, emptied: Collection[str]) -> tuple[io.BytesIO, _Scan]:
    """`emptied`: parts whose rows are left out."""
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as box, _new(target) as again:
            return target, _copy_all(box, again, name, emptied)
    except (expat.ExpatError, LookupError, *UNREADABLE) as error:
        raise ValidationError(f"{name} is damaged: {error}. Open it and save it again.") from error


def _copy_all(box: zipfile.ZipFile, again: zipfile.ZipFile, name: str, emptied: Collection[str]) -> _Scan:
    parts = box.infolist()
    _refuse_parts(parts, name)
    titles, scan = _titles(box, name), _Scan(name)
    for part in parts:
        if part.filename in emptied:
            again.writestr(part.filename, NO_ROWS)
        elif READ.fullmatch(part.filename):
            scan.begin(titles.get(part.filename, ""), part.file_size, part.filename)
            _copy(box, part, again, scan)
    return scan


def _new(target: io.BytesIO) -> zipfile.ZipFile:
    return zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1)


def _refuse_parts(parts: list[zipfile.ZipInfo], name: str) -> None:
    names = [part.filename for part in parts]
    if sum(part.file_size for part in parts) > UNPACKED_LIMIT:
        raise ValidationError(
            f"{name} unpacks to more than {UNPACKED_LIMIT // 1024**2} MB; it is not read. Send it in parts."
        )
    if len(names) > PARTS_LIMIT:
        raise ValidationError(
            f"{name} holds {len(names)} parts; at most {PARTS_LIMIT} are read. Save it as .xlsx again."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise ValidationError(f"{name} is protected by a password. Take the password off and save it again.")
    commonest = Counter(names).most_common(1)
    if commonest and commonest[0][1] > 1:
        raise ValidationError(
            f"{name} is damaged: its part {commonest[0][0]} stands there twice. Open it and save it again."
        )
    if "xl/workbook.bin" in names:
        raise ValidationError(f"{name} is a binary workbook (.xlsb). Save it as .xlsx.")
    if not {"xl/workbook.xml", "content.xml"} & set(names):
        raise ValidationError(f"{name} is a packed file, but no workbook. Bring .xlsx, .ods or .csv.")


def _copy(box: zipfile.ZipFile, part: zipfile.ZipInfo, again: zipfile.ZipFile, scan: _Scan) -> None:
    """One part in pieces. What the quick look is not sure of is unpacked once more and gone through mark by mark."""
    look = _QuickLook(part.file_size)
    longer = copy(part)
    longer.file_size += 1  # one more than it says, so that a part that holds more is seen
    count = 0
    with box.open(longer) as source, again.open(part.filename, "w") as target:
        for piece in _pieces(source):
            count += len(piece)
            if count > part.file_size:
                raise zipfile.BadZipFile(f"its part {part.filename} holds more than it says")
            look.take(piece)
            target.write(piece)
    look.take(b"<")
    if part.filename == "mimetype":
        return
    if look.is_sure and scan.area + look.rows * look.columns <= AREA_LIMIT:
        scan.area += look.rows * look.columns
        return
    parser = _parser(scan.start, scan.end, scan.file)
    with box.open(part) as source:
        for piece in _pieces(source):
            parser.Parse(piece, False)
    parser.Parse(b"", True)


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


class _QuickLook:
    """Whether a part is written plainly and spans little: every cell begins with its place, as all common programs write
    it. Ten times as fast as going through the marks; sure only where nothing could be hidden from it."""

    PLAIN = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
    ODD = re.compile(rb'<c(?! r="[A-Z]{1,3}[0-9]{1,7}"|[a-zA-Z])|:c[ \t\r\n/>]')
    TEXTS = re.compile(rb"uniqueCount\s*=\s*[\"'](\d+)")
    FAILED = re.compile(rb"[ \t\r\n]t[ \t\r\n]*=[ \t\r\n]*[\"']e[\"']")
    ELSEWHERE = (b"\0", b"<!", b"mergeCell", b"table-row")
    """Entities and comments, other encodings, merged cells, the other kind of workbook, and failed formulas: gone through
    mark by mark."""
    WIDEST = 200

    def __init__(self, size: int) -> None:
        self.size, self.is_sure = size, True
        self.rows = self.columns = 0
        self._kept = b""

    def take(self, piece: bytes) -> None:
        """The next piece; the end from its last mark on is kept for the one after."""
        text = self._kept + piece
        cut = text.rfind(b"<")
        text, self._kept = text[:cut], text[cut:]
        if len(self._kept) > 4 * PIECE or any(mark in text for mark in self.ELSEWHERE) or self.ODD.search(text):
            self.is_sure = False
        if self.FAILED.search(text):
            self.is_sure = False
        if any(int(told[:12]) > self.size // SHORTEST_TEXT for told in self.TEXTS.findall(text)):
            self.is_sure = False
        if not self.is_sure:
            self._kept = b""
            return
        places = self.PLAIN.findall(text)
        self.rows = max([self.rows, *map(int, {row for _, row in places})])
        self.columns = max(
            [self.columns, *(_column(letters.decode()) for letters in {letters for letters, _ in places})]
        )
        self.is_sure = self.rows <= ROW_LIMIT + 1 and self.columns <= self.WIDEST


def _parser(
    start: Callable[[str, dict[str, str]], None], end: Callable[[str], None] | None, name: str
) -> expat.XMLParserType:
    def refuse(*told: object) -> None:
        raise ValidationError(
            f"{name} is not read: it declares entities (a DOCTYPE), which no spreadsheet needs. Open it in a spreadsheet "
            "program and save it again."
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    return parser


def _titles(box: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Part → title of the sheet in it, so that a sentence can name the sheet."""
    titles: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(tag: str, attrs: dict[str, str]) -> None:
        key = next((value for found, value in attrs.items() if found.endswith(":id")), "")
        if tag.endswith("sheet") and key and len(titles) < PARTS_LIMIT:
            titles[key] = attrs.get("name", "")

    def relation(tag: str, attrs: dict[str, str]) -> None:
        if tag.endswith("Relationship") and len(targets) < PARTS_LIMIT:
            targets[attrs.get("Id", "")] = attrs.get("Target", "")

    for part, start in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", relation)):
        if part in box.namelist():
            with box.open(part) as source:
                _parser(start, None, name).Parse(source.read(PIECE), False)
    return {
        target.lstrip("/") if target.startswith("/") else f"xl/{target}": titles[key]
        for key, target in targets.items()
        if key in titles
    }


class _Scan:
    """Goes through the marks of every part, of either kind of workbook; remembers the last cell that holds something,
    the sheets that are too long, by their parts, and the cells whose formula failed."""

    def __init__(self, file: str) -> None:
        self.file, self.area = file, 0
        """The name of the file, and the cells that its finished sheets span."""
        self.too_long: dict[str, str] = {}
        self.errors: dict[str, list[tuple[int, int]]] = {}
        self.marks: Mapping[str, Callable[[dict[str, str]], None]] = {
            "row": self._row, "c": self._cell, "v": self._fill, "is": self._fill, "f": self._fill,
            "mergeCell": self._merge, "sst": self._texts, "table": self._table, "table-row": self._ods_row,
            "table-cell": self._ods_cell, "covered-table-cell": self._ods_cell, "p": self._fill,
        }  # fmt: skip
        self.depth = self.merged = self.rows = self.columns = 0
        self.title = ""
        self.begin("", 0, "")

    def begin(self, title: str, size: int, part: str) -> None:
        """The next part, or the next sheet of the same part. What is too long is never read, so that it has no area."""
        self.area += 0 if self.title in self.too_long else self.rows * self.columns
        self.title, self.size, self.part = title, size, part
        self.row = self.column = self.rows = self.columns = 0
        self.is_open = False

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValidationError(f"{self.file} is damaged: it is nested deeper than {DEEPEST} levels. Save it again.")
        mark = self.marks.get(tag) or self.marks.get(tag.rpartition(":")[2])
        if mark is not None:
            mark(attrs)

    def end(self, tag: str) -> None:
        self.depth -= 1

    def _row(self, attrs: dict[str, str]) -> None:
        self.row, self.column, self.is_open = _number(attrs.get("r", ""), self.row + 1), 0, False

    def _cell(self, attrs: dict[str, str]) -> None:
        address = attrs.get("r", "")
        found = ADDRESS.fullmatch(address)
        if address and found is None:
            raise ValidationError(f"{self.file} is damaged: “{address[:20]}” is no place of a cell. Save it again.")
        self.column = _column(found[1]) if found else self.column + 1
        self.row = int(found[2]) if found else self.row
        self.is_open = True
        if attrs.get("t") == "e":
            self._fail()

    def _fail(self) -> None:
        places = self.errors.setdefault(self.title, [])
        if len(places) < ERRORS_KEPT:
            places.append((self.row, self.column))

    def _fill(self, attrs: dict[str, str]) -> None:
        if self.is_open:
            self.is_open = False
            self._hold(self.row, self.column)

    def _hold(self, row: int, column: int) -> None:
        if row <= self.rows and column <= self.columns:
            return
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        where = f"Sheet “{self.title}” of {self.file}" if self.title else f"A sheet of {self.file}"
        if self.rows > ROW_LIMIT + 1:
            named = self.title and self.part.startswith("xl/worksheets/")
            if not named:  # content.xml is read all at once, and a sheet without a known name may be any
                raise ValidationError(too_long(where))
            self.too_long[self.title] = self.part
        elif self.area + self.rows * self.columns > AREA_LIMIT:
            raise ValidationError(
                f"{where} reaches to row {self.rows}, column {self.columns}; at most {AREA_LIMIT} cells are read. Delete "
                "what stands far out, or send the sheet in parts."
            )

    def _merge(self, attrs: dict[str, str]) -> None:
        self.merged += 1
        if self.merged > MERGED_LIMIT:
            raise ValidationError(
                f"Sheet “{self.title}” of {self.file} has more than {MERGED_LIMIT} merged cells. Unmerge them."
            )

    def _texts(self, attrs: dict[str, str]) -> None:
        """Readers set aside room for as many texts as the file says that it has."""
        told = _number(attrs.get("uniqueCount", ""), 0)
        if told > self.size // SHORTEST_TEXT:
            raise ValidationError(
                f"{self.file} is damaged: it says that it has {told} texts. Open it and save it again."
            )

    def _table(self, attrs: dict[str, str]) -> None:
        self.begin(attrs.get("table:name", self.title), self.size, self.part)

    def _ods_row(self, attrs: dict[str, str]) -> None:
        self.row, self.column = self.row + _number(attrs.get("table:number-rows-repeated", ""), 1), 0

    def _ods_cell(self, attrs: dict[str, str]) -> None:
        self.column += _number(attrs.get("table:number-columns-repeated", ""), 1)
        self.is_open = True
        if "office:value-type" in attrs:
            self._fill(attrs)
        if attrs.get("calcext:value-type") == "error":
            self._fail()


def _number(text: str, otherwise: int) -> int:
    """A count as a part gives it; what is no count is taken as large where it is long."""
    return int(text[:12]) if text.isdecimal() else otherwise


def _column(letters: str) -> int:
    """A is 1, Z is 26, AA is 27."""
    found = 0
    for letter in letters.upper():
        found = found * 26 + ord(letter) - 64
    return found
