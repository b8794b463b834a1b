"""STRM sheets (columns of the Secure Controls Framework) and OLIR sheets (NIST IR 8278A r1), as workbooks or CSV.

Both frameworks are named on a sheet of their own or above the headings; a file that names none is taken only where most
of its identifiers are known. The relationship words are those of NIST IR 8477; an empty cell is an untyped pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from frameworks.domain.libraries import (
    RATIONALE_TYPES,
    STRONGEST,
    Library,
    MappingPair,
    MappingSet,
    Problems,
    shown,
    slug,
)
from frameworks.library_files.gathered import Gathered
from frameworks.library_files.interchange import (
    CUT,
    FOCAL_LABELS,
    OLIR_WRITTEN,
    REFERENCE_LABELS,
    SHEET_READ,
    SHEET_WRITTEN,
    STANDING,
    ZERO,
)
from frameworks.library_files.sheets import HEADING_ROWS, Page, heading, opening_cells, pages

STRM, OLIR = "strm", "olir"
STRM_MARKS = {"fde #", "fde name", "strm relationship", "strm rationale", "target id #"}
OLIR_MARKS = {
    "focal document element", "focal document element description", "reference document element",
    "reference document element description",
}  # fmt: skip
WORDS = {STRM: SHEET_WRITTEN, OLIR: OLIR_WRITTEN}
WEAKEST = {STRM: 1, OLIR: 0}
CELL_LIMIT = 32_000


def looks_like_strm(content: bytes) -> bool:
    return len(STRM_MARKS & opening_cells(content)) > 1


def looks_like_olir(content: bytes) -> bool:
    return len(OLIR_MARKS & opening_cells(content)) > 1


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each column stands, and its heading as the sheet has it."""

    at: Mapping[str, int]
    names: Mapping[str, str]
    target: str
    """What the headings call the reference framework."""

    def cell(self, name: str, cells: Sequence[str]) -> str:
        at = self.at.get(name, len(cells))
        return cells[at] if at < len(cells) else ""


def read_strm(content: bytes, problems: Problems) -> Library:
    return _read(content, STRM, problems)


def read_olir(content: bytes, problems: Problems) -> Library:
    return _read(content, OLIR, problems)


def _read(content: bytes, kind: str, problems: Problems) -> Library:
    """Every sheet that has the headings. Faults are added to `problems`; raises LibraryError for what cannot be read."""
    found = pages(content, problems)
    marks = STRM_MARKS if kind == STRM else OLIR_MARKS
    named: dict[str, str] = {}
    tables: list[tuple[Page, int, dict[str, str]]] = []
    for page in found:
        at = next(
            (at for at, (_, cells) in enumerate(page.rows[:HEADING_ROWS]) if len(_marked(cells, marks)) > 1), None
        )
        told = dict(_labels(page.rows[: HEADING_ROWS if at is None else at]))
        if at is None:
            named |= told
        else:
            tables.append((page, at, told))
    if not tables:
        raise problems.refuse(f"no sheet has its headings within the first {HEADING_ROWS} rows; move them up.")
    gathered = Gathered(problems)
    sets = tuple(_Table(page, at, kind, problems).read((own, named), gathered) for page, at, own in tables)
    if not any(one.pairs for one in sets):
        problems.add("the sheet holds no pair, so there is nothing to bring.")
    title = sets[0].title
    return Library(
        key=sets[0].key,
        title=title,
        version="",
        published=None,
        publisher="",
        copyright="",
        language="",
        kind=kind,
        source_id=title,
        mapping_sets=sets,
        notes=gathered.notes,
    )


def _marked(cells: Sequence[str], marks: set[str]) -> set[str]:
    return marks & {heading(cell) for cell in cells}


def _labels(rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[tuple[str, str]]:
    """Label and what stands beside it, or behind its colon."""
    for _, cells in rows:
        filled = [cell for cell in cells if cell]
        if len(filled) == 1:
            filled = [part.strip() for part in filled[0].split(":", 1)]
        if len(filled) > 1 and filled[1] and heading(filled[0]) in (*FOCAL_LABELS, *REFERENCE_LABELS):
            yield heading(filled[0]), filled[1]


def _said(named: Sequence[Mapping[str, str]], labels: Sequence[str]) -> str:
    """What the nearest place says beside one of these labels; nothing where none does."""
    return next((place[label] for place in named for label in labels if label in place), "")


class _Table:
    """One sheet from its headings down."""

    def __init__(self, page: Page, at: int, kind: str, problems: Problems) -> None:
        self.page, self.kind, self.problems = page, kind, problems
        self.line, headings = page.rows[at]
        self.rows = page.rows[at + 1 :]
        self.columns = self._columns(headings)
        self._types_elsewhere = self._strm_rationale_is_the_type()

    def read(self, named: Sequence[Mapping[str, str]], gathered: Gathered) -> MappingSet:
        """`named`: what stands above these headings, then what a sheet without a table says for all of the file."""
        focal = _said(named, FOCAL_LABELS)
        reference = _said(named, REFERENCE_LABELS) or self.columns.target
        ends = (slug(focal) if focal else "", slug(reference) if reference else "")
        told = (focal or "focal elements", reference or "reference elements")
        pairs = []
        for line, cells in self.rows if {"source", "target", "relationship"} <= set(self.columns.at) else ():
            pair = self._pair(line, cells)
            if pair is not None and gathered.keep(pair, told, self._where(line, "source", "target")):
                pairs.append(pair)
        title = f"{self.kind.upper()} sheet {told[0]} → {told[1]}"
        return MappingSet(slug(title), title, ends[0], ends[1], tuple(pairs))

    def _where(self, line: int, *names: str) -> str:
        columns = " and ".join(f"“{self.columns.names[name]}”" for name in names)
        return f"{self.page.where(line)}, column{'s' if len(names) > 1 else ''} {columns}"

    def _say(self, line: int, name: str, sentence: str) -> None:
        self.problems.add(f"{self._where(line, name)}: {sentence}")

    def _columns(self, headings: Sequence[str]) -> _Columns:
        plain = [heading(name) for name in headings]
        wanted, target = _strm_wanted(plain) if self.kind == STRM else (OLIR_WANTED, "")
        at: dict[str, int] = {}
        for name, (told, is_needed) in wanted.items():
            found = [place for place, cell in enumerate(plain) if cell in (told.casefold(), *OTHER_NAMES.get(name, ()))]
            if not found and is_needed:
                self.problems.add(
                    f"{self.page.where(self.line)}: the column “{told}” is missing; add it to the headings."
                )
            if len(found) > 1:
                self.problems.add(f"{self.page.where(self.line)}: the column “{told}” stands twice; keep one of them.")
            if found:
                at[name] = found[0]
        return _Columns(at, {name: " ".join(headings[place].split()) for name, place in at.items()}, target)

    def _strm_rationale_is_the_type(self) -> bool:
        """Workbooks without a word in their own column for the type have it under “STRM Rationale”."""
        types = [self.columns.cell("type", cells) for _, cells in self.rows]
        texts = [text for _, cells in self.rows if (text := self.columns.cell("rationale", cells))]
        return self.kind == STRM and not any(types) and all(text.casefold() in RATIONALE_TYPES for text in texts)

    def _pair(self, line: int, cells: Sequence[str]) -> MappingPair | None:
        cell = self.columns.cell
        source, target = " ".join(cell("source", cells).split()), " ".join(cell("target", cells).split())
        relationship = self._relationship(line, cell("relationship", cells))
        if not target and (not source or relationship == "no_relationship"):
            return None
        for name, ident in (("source", source), ("target", target)):
            if not ident:
                self._say(line, name, "the identifier is missing; add it, or leave the row out.")
        rationale_type, rationale = cell("type", cells), cell("rationale", cells)
        if self._types_elsewhere:
            rationale_type, rationale = rationale, ""
        notes = cell("notes", cells)
        return MappingPair(
            source, target, relationship, line,
            rationale_type=self._type(line, rationale_type),
            rationale=self._rationale(line, rationale),
            strength=self._strength(line, cell("strength", cells), notes),
            comments=self._comments(line, notes, is_zero=not cell("strength", cells)),
        )  # fmt: skip

    def _relationship(self, line: int, cell: str) -> str:
        word = " ".join(cell.casefold().replace("_", " ").split())
        if word not in SHEET_READ:
            words = ", ".join(filter(None, WORDS[self.kind].values()))
            self._say(line, "relationship", f"“{shown(cell)}” is no relationship; write {words}, or leave it empty.")
        return SHEET_READ.get(word, "")

    def _type(self, line: int, cell: str) -> str:
        word = cell.casefold()
        if word and word not in RATIONALE_TYPES:
            name = "rationale" if self._types_elsewhere else "type"
            words = ", ".join(RATIONALE_TYPES)
            self._say(line, name, f"“{shown(cell)}” is no type of rationale; write {words}, or leave it empty.")
            return ""
        return word

    def _refuse_cut(self, line: int, name: str, cell: str) -> None:
        if len(cell) >= CELL_LIMIT and cell.endswith(CUT):
            told = f"the workbook cut this text at {CELL_LIMIT:,} characters; bring the CSV or OSCAL file instead."
            self._say(line, name, told)

    def _comments(self, line: int, notes: str, *, is_zero: bool) -> str:
        """The notes of an STRM sheet without what we put before and behind them. OLIR has no column for comments."""
        self._refuse_cut(line, "notes", notes)
        told = notes.removeprefix(ZERO) if is_zero else notes
        return STANDING.sub("", told).strip()

    def _rationale(self, line: int, cell: str) -> str:
        self._refuse_cut(line, "rationale", cell)
        return STANDING.sub("", cell).strip() if self.kind == OLIR else cell

    def _strength(self, line: int, cell: str, notes: str) -> int | None:
        if not cell:
            return 0 if self.kind == STRM and notes.startswith(ZERO) else None
        weakest = WEAKEST[self.kind]
        if not re.fullmatch(r"[0-9]{1,2}", cell) or not weakest <= int(cell) <= STRONGEST:
            told = f"“{shown(cell)}” is no strength; write a whole number from {weakest} to {STRONGEST}, or leave it empty."
            self._say(line, "strength", told)
            return None
        return int(cell)


OLIR_WANTED = {
    "source": ("Focal Document Element", True),
    "target": ("Reference Document Element", True),
    "relationship": ("Relationship", True),
    "type": ("Rationale", False),
    "strength": ("Strength of Relationship", False),
    "rationale": ("Comments", False),
}
OTHER_NAMES = {"type": ("nist ir-8477 rational", "nist ir 8477 rationale", "nist ir 8477 rational")}
"""Other headings that are found for a column, in small letters."""


def _strm_wanted(plain: Sequence[str]) -> tuple[dict[str, tuple[str, bool]], str]:
    """Our name → heading and whether it is needed; and what the headings call the reference framework.

    The column of its ids is “Target ID #”, or its own name and a “#”, as in the published workbooks.
    """
    others = [name for name in plain if name.endswith(" #") and name != "fde #"]
    target = others[0] if len(others) == 1 else "Target ID #"
    titled = next((name for name in plain if name.endswith(" requirement title")), "")
    name = titled.removesuffix(" requirement title") if titled else target.removesuffix(" #")
    wanted = {
        "source": ("FDE #", True),
        "target": ("Target ID #" if target == "target id #" else target, True),
        "relationship": ("STRM Relationship", True),
        "type": ("NIST IR-8477 Rationale", False),
        "rationale": ("STRM Rationale", False),
        "strength": ("Strength of Relationship", False),
        "notes": ("Notes", False),
    }
    return wanted, "" if name.casefold() in ("target", "target id", "*target*") else name
