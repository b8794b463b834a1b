"""What shows that controls work, and when it ends: the list of tests and evidence that ask for something, and its workbook."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from controls.choices import Theme
from governance.documents.as_of import AsOf, as_of
from governance.documents.gap_register import VACANT
from governance.domain.concerns import (
    EVIDENCE_ENDS,
    EVIDENCE_MISSING,
    EVIDENCE_OVER,
    KINDS,
    TEST_DUE,
    TEST_FAILED,
    TEST_NEVER,
    TEST_OVERDUE,
    WITHIN,
)
from governance.inputs.evidence import ConcernRow, concern_rows
from office.history import reader_for, then_of
from office.models import Person
from office.services import rights
from office.spreadsheet import Cell, Sheet

WORDS: Mapping[str, str] = {
    TEST_FAILED: "The last test failed",
    TEST_NEVER: "Never tested",
    TEST_OVERDUE: "The test is overdue",
    EVIDENCE_MISSING: "No evidence",
    EVIDENCE_OVER: "Evidence out of date",
    TEST_DUE: "The next test is due soon",
    EVIDENCE_ENDS: "Evidence ends soon",
}
DAYS: Mapping[str, str] = {
    TEST_FAILED: "tested on", TEST_NEVER: "", TEST_OVERDUE: "was due by", EVIDENCE_MISSING: "",
    EVIDENCE_OVER: "last valid day", TEST_DUE: "due by", EVIDENCE_ENDS: "last valid day",
}  # fmt: skip
"""What the day of each kind is."""
SHORT = 12
"""Characters of a digest that a page shows; the workbook has all 64."""


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for; empty words choose everything. `within`: days looked ahead."""

    theme: str = ""
    entity: str = ""
    within: int = WITHIN

    def keeps(self, row: ConcernRow) -> bool:
        wanted = ((self.theme, row.implementation.control.theme), (self.entity, row.entity))
        return all(word in ("", found) for word, found in wanted)

    def words(self) -> Iterator[str]:
        if self.theme:
            yield f"theme {Theme(self.theme).label.lower()}"
        if self.entity:
            yield f"entity {self.entity}"
        yield f"within {self.within} days"


@dataclass(frozen=True)
class EvidenceList:
    """The rows that are wanted, the most urgent first; `seen` says whose they are."""

    as_of: AsOf
    seen: str
    wanted: Wanted
    rows: tuple[ConcernRow, ...]

    @property
    def totals(self) -> list[tuple[str, int]]:
        """Kind in words and how many, zeros included."""
        counts = Counter(row.concern.kind for row in self.rows)
        return [(WORDS[kind], counts[kind]) for kind in KINDS]


def evidence_list(person: Person, on: date, known_on: date, wanted: Wanted) -> EvidenceList:
    """As the office stood at the end of an earlier `known_on`. About fifteen queries, however much there is."""
    rows = concern_rows(reader_for(known_on), person, on=on, within=wanted.within)
    return EvidenceList(
        as_of=as_of(on, known_on, then_of(known_on)),
        seen=_seen_by(person),
        wanted=wanted,
        rows=tuple(row for row in rows if wanted.keeps(row)),
    )


def _seen_by(person: Person) -> str:
    own = "the controls on the reader's own seats"
    return f"the implementations that the reader sees by role, and {own}" if rights.reads_register(person) else own


COLUMNS = (
    ("what", 24), ("day", 12), ("what the day is", 16), ("keeps it from being shown", 12), ("control", 12),
    ("title", 40), ("theme", 20), ("scope", 30), ("scope key", 20), ("entity", 16), ("accountable", 24),
    ("evidence or test", 36), ("collected or tested by", 24), ("SHA-256 of the file", 68),
)  # fmt: skip
METHOD = (
    ("Listed", "Controls that are marked implemented in a scope, and not retired, whose due test has not passed or comes due, or "
     "whose required evidence is missing, out of date or ends. Each test and each evidence by itself."),
    ("Test", "The last one by the day on which dates are placed counts; of two on one day the failed one. A test is overdue "
     "after the days that its control sets. Of controls for which no test is due none is listed."),
    ("Evidence", "Only of controls that require it. Evidence that other evidence follows without a day between does not end."),
    ("Keeps it from being shown", "Yes: while it stands, the control is not shown to work here, so that no requirement is shown "
     "to be covered by it. No: it is still to come."),
    ("Accountable", "Who sits on the control's seat; vacant: nobody does."),
    ("What it does not say", "That what is not listed is fulfilled. Product information, not legal advice."),
)  # fmt: skip


def evidence_sheets(found: EvidenceList) -> list[Sheet]:
    return [
        Sheet("Read me", [("Subject", 30), ("Text", 110)], _told(found)),
        Sheet("Evidence and tests", COLUMNS, (_cells(row) for row in found.rows)),
    ]


def _told(found: EvidenceList) -> Iterator[tuple[str, str]]:
    yield "What this is", f"What keeps controls from being shown to work, or soon will: {found.seen}."
    yield from found.as_of.lines()
    yield "Chosen", "; ".join(found.wanted.words())
    for words, count in found.totals:
        yield words, str(count)
    yield from METHOD


def _cells(row: ConcernRow) -> list[Cell]:
    control, concern, proof = row.implementation.control, row.concern, row.proof
    return [
        WORDS[concern.kind], concern.day, DAYS[concern.kind], "no" if concern.is_ahead else "yes", control.ref,
        control.title, control.get_theme_display(), row.implementation.scope.name, row.implementation.scope.key,
        row.entity, row.accountable or VACANT, proof.title if proof else "", proof.by if proof else "",
        proof.sha256 if proof else "",
    ]  # fmt: skip
