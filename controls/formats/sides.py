"""What every format is written from: two sides, the direct rows between them, and the state that they show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from controls.domain.crosswalk import CrosswalkRow
from frameworks.domain.rows import Row

UNTYPED = "untyped"
OPINION = (
    "A mapping is a reviewed opinion about texts. It does not say that anything is fulfilled. What is proposed, nobody "
    "has reviewed yet. Not legal advice."
)


class Side(Protocol):
    """One framework of a crosswalk. `version` names its release; `rows` are its requirements in their order."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def rows(self) -> Sequence[Row]: ...


@dataclass(frozen=True, slots=True)
class AsOf:
    """Which state is shown: days of the law and of its knowledge, the moment of writing (with a zone), the journal head.

    `issuer` is the name of the office; it goes into every uuid, so that two offices never write the same one.
    """

    on: date
    known_on: date
    moment: datetime
    journal_head: str
    issuer: str = ""

    @property
    def sentence(self) -> str:
        head = self.journal_head or "nothing has been written yet"
        return f"Dates placed on {self.on}; texts and mappings as known on {self.known_on}. Journal head: {head}."


def family_of(side: Side) -> str:
    """The family that a side lives in, by which it is found again; a side may be one instrument of it."""
    return side.rows[0].family if side.rows else side.key


def direct(rows: Iterable[CrosswalkRow]) -> list[CrosswalkRow]:
    """The rows that a person or a publisher stated; derived ones follow from others and are not handed on."""
    return [row for row in rows if not row.derived_from]


def one_line(text: object) -> str:
    return " ".join(str(text).split())


def standing(row: CrosswalkRow) -> str:
    """Status, people and row in one bracket: the last line of a note, never read back."""
    reviewed = f"; reviewed by {row.reviewer} on {row.reviewed_on}" if row.reviewer else ""
    author = f"; proposed by {row.author}" if row.author else ""
    told = one_line(f"{row.status.replace('_', '-')}{author}{reviewed}; row {row.id}")
    return f"[Status: {told}]"


def read_me_rows(focal: Side, reference: Side, rows: Sequence[CrosswalkRow], as_of: AsOf) -> list[tuple[str, str]]:
    """Subject and text. The two lines “… framework” are what finds both frameworks again when the file comes back."""
    untyped = sum(row.relationship == UNTYPED for row in rows)
    approved = sum(row.status == "approved" for row in rows)
    return [
        ("Focal framework", family_of(focal)),
        ("Focal document", f"{focal.title}, {focal.version}"),
        ("Reference framework", family_of(reference)),
        ("Reference document", f"{reference.title}, {reference.version}"),
        ("Issued by", as_of.issuer or "not told"),
        ("As of", as_of.sentence),
        ("Written", as_of.moment.isoformat(timespec="seconds")),
        ("Rows", f"{len(rows)} direct; {approved} approved; {untyped} published without a type, their cell is empty."),
        ("Left out", "Rows derived over a control: they follow from other rows and nobody stated them."),
        ("Method", "Set theory relationship mapping (NIST IR 8477), always read focal to reference."),
        ("Identifiers", "Those of the office, so that the file can come back; the citation stands in the name."),
        ("What it does not say", OPINION),
    ]
