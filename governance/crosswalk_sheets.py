"""The auditor's crosswalk as sheets: what is mapped, what is not, what is open, and who answers for it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError

from controls.domain.crosswalk import COLUMNS, Crosswalk, CrosswalkRow
from controls.inputs import crosswalk_between
from controls.models import Control
from frameworks.choices import UNVERIFIED
from frameworks.domain.rows import Row
from frameworks.inputs import rows_known_on
from frameworks.models import Family, Instrument, Release
from governance.inputs import standing_gaps
from governance.models import AIModel, Deployment, Gap
from office.domain.words import nearest
from office.history import Reader, begins, reader_for, seat_people, then_of
from office.models import JournalHead, LegalEntity, Office, Person
from office.spreadsheet import Sheet

WIDTHS = (14, 16, 18, 16, 20, 34, 50, 14, 14, 60, 10, 18, 16, 20, 34, 50, 12, 18, 18, 12, 18, 24, 34)
DEFINITIONS = (
    ("equal", "Both elements ask the same."),
    ("subset", "The first element is part of the second."),
    ("superset", "The first element holds all that the second asks, and more."),
    ("intersects", "The elements overlap; each asks something that the other does not."),
    ("no_relationship", "The elements have nothing in common."),
    ("indeterminate", "Derived over a control whose two legs leave more than one type open; a person has to judge."),
    ("untyped", "Published without a type; nobody has reviewed it."),
)


@dataclass(frozen=True)
class Framework:
    """One side of a crosswalk: a family or one instrument of it, with the rows known on a day."""

    key: str
    title: str
    version: str
    rows: tuple[Row, ...]
    known_on: date


def find_framework(key: str, known_on: date) -> Framework:
    """By the key of a family or of an instrument. Refuses an unknown key and names the nearest."""
    family = Family.objects.filter(key__iexact=key).first()
    instrument = Instrument.objects.select_related("family").filter(ref__iexact=key).first()
    if family is None and instrument is None:
        known = [*Family.objects.values_list("key", flat=True), *Instrument.objects.values_list("ref", flat=True)]
        raise ValidationError(
            f"There is no family or instrument “{key}”.{nearest(key, known)} Families: "
            f"{', '.join(Family.objects.values_list('key', flat=True)) or 'none is loaded; run load_catalogues'}."
        )
    owner = family or instrument.family  # type: ignore[union-attr]
    release = Release.objects.filter(family=owner, known_from__lte=known_on).order_by("-known_from").first()
    version = f"release of {release.known_from}" if release else "no release known by then"
    rows = [row for row in rows_known_on(known_on) if row.family == owner.key and not row.heading and not row.context]
    if family is None and instrument is not None:
        rows = [row for row in rows if row.instrument == instrument.ref]
        return Framework(instrument.ref, instrument.title, version, tuple(rows), known_on)
    return Framework(owner.key, owner.title, version, tuple(rows), known_on)


def crosswalk_sheets(
    *, focal: Framework, reference: Framework, on: date, known_on: date, reader: Person | None = None
) -> list[Sheet]:
    """The six sheets, as the office stood at the end of an earlier `known_on`.

    `reader` sees only the gaps of their own scopes; None sees all.
    """
    office = reader_for(known_on)
    result = crosswalk_between([row.id for row in focal.rows], [row.id for row in reference.rows], office)
    return [
        _read_me(focal, reference, result, on, known_on),
        crosswalk_sheet(focal, reference, result),
        _unmapped("Unmapped focal", focal, result.unmapped_focal),
        _unmapped("Unmapped reference", reference, result.unmapped_reference),
        _gaps({row.id for row in (*focal.rows, *reference.rows)}, office, reader),
        _owners(office, reader),
    ]


def crosswalk_sheet(focal: Framework, reference: Framework, result: Crosswalk | None = None) -> Sheet:
    if result is None:
        office = reader_for(focal.known_on)
        result = crosswalk_between([row.id for row in focal.rows], [row.id for row in reference.rows], office)
    left, right = {row.id: row for row in focal.rows}, {row.id: row for row in reference.rows}
    cells = (_cells(row, left[row.focal], right[row.reference], focal, reference) for row in result.rows)
    return Sheet("Crosswalk", list(zip(COLUMNS, WIDTHS, strict=True)), cells)


def _cells(row: CrosswalkRow, left: Row, right: Row, focal: Framework, reference: Framework) -> list:
    return [
        row.id, row.hash, focal.title, focal.version, left.id, left.title, left.summary,
        row.relationship, row.rationale_type, row.rationale, row.strength, reference.title, reference.version,
        right.id, right.title, right.summary, row.status, row.author, row.reviewer,
        date.fromisoformat(row.reviewed_on) if row.reviewed_on else None,
        row.derived_from, row.source or f"{left.citation} / {right.citation}", _comments(row, left, right),
    ]  # fmt: skip


def _comments(row: CrosswalkRow, left: Row, right: Row) -> str:
    """The row's own comment, and which of its two texts is not yet verified."""
    marked = [
        f"Not yet verified ({side.verification}): {side.id}."
        for side in (left, right)
        if side.verification in UNVERIFIED
    ]
    return " ".join([row.comments, *marked]).strip()


def _read_me(focal: Framework, reference: Framework, result: Crosswalk, on: date, known_on: date) -> Sheet:
    head = JournalHead.objects.filter(pk=1).first()
    direct = sum(not row.derived_from for row in result.rows)
    lines = [
        ("What this is", f"Crosswalk from {focal.title} (focal) to {reference.title} (reference)."),
        ("As of", f"Dates placed on {on}; texts as known on {known_on}; {_stood(known_on)}"),
        ("Focal", f"{focal.key}, {focal.version}, {len(focal.rows)} requirements"),
        ("Reference", f"{reference.key}, {reference.version}, {len(reference.rows)} requirements"),
        ("Rows", f"{direct} direct, {len(result.rows) - direct} derived over a control"),
        ("Method", "Set theory relationship mapping (NIST IR 8477), always read focal to reference."),
        (
            "Derived rows",
            "A control mapped to both sides gives a row that shows both legs. It has a type only where the two legs "
            "determine one; otherwise it is indeterminate and never counts.",
        ),
        (
            "Status",
            "Proposed: nobody has reviewed it. Approved: another person than the proposer approved it against the "
            "texts of that day. Re-review: a text changed since. A derived row has the status of its weaker leg.",
        ),
        ("Row hash", "SHA-256 over the content of the row; it tells whether a copy equals the office's state."),
        *DEFINITIONS,
        (
            "What it does not say",
            "A mapping is a reviewed opinion about texts. It does not say that anything is fulfilled. Not legal advice.",
        ),
        ("Journal head", f"{head.seq} {head.hash}" if head else "nothing has been written yet"),
    ]
    return Sheet("Read me", [("Subject", 24), ("Text", 110)], lines)


def _stood(known_on: date) -> str:
    """Which state of the office's own data the sheets show."""
    then, first = then_of(known_on), begins()
    if then is None:
        return "mappings, gaps and owners as they stand now."
    early = "" if first is not None and first <= then else f" The office's records begin on {first}."
    return f"mappings, gaps and owners as they stood at the end of {then}.{early}"


def _unmapped(name: str, framework: Framework, refs: Iterable[str]) -> Sheet:
    rows = {row.id: row for row in framework.rows}
    columns = [("element", 22), ("citation", 22), ("title", 50), ("text", 80), ("force", 10), ("verification", 12)]
    found = (rows[ref] for ref in refs)
    return Sheet(
        name, columns, ([row.id, row.citation, row.title, row.summary, row.force, row.verification] for row in found)
    )


GAP_COLUMNS = [
    ("subject", 40), ("subject key", 18), ("requirement", 22), ("title", 44), ("status", 10), ("severity", 10),
    ("timing", 12), ("applies from", 12), ("opened", 12), ("due", 12), ("accountable", 24), ("accepted until", 14),
    ("acceptance reason", 40), ("reason", 60),
]  # fmt: skip


def _gaps(refs: set[str], office: Reader, reader: Person | None) -> Sheet:
    gaps = [gap for gap in standing_gaps(office, shown=True) if gap.requirement.ref in refs]
    seen = _seen(Gap, reader)
    return Sheet("Gaps", GAP_COLUMNS, (gap_cells(gap) for gap in gaps if seen is None or gap.pk in seen))


def _seen(model: Any, reader: Person | None) -> set[int] | None:
    """The keys of the rows that a person may see today; None: all."""
    return None if reader is None else set(model.objects.visible_to(reader).values_list("pk", flat=True))


def gap_cells(gap: Gap) -> list:
    title = gap.requirement.current.title if gap.requirement.current else ""
    return [
        gap.scope.name, gap.scope.key, gap.requirement.ref, title, gap.status, gap.severity, gap.timing,
        gap.applies_from, gap.opened_on, gap.due_on, str(gap.seat.holder or "vacant"), gap.accepted_until,
        gap.acceptance_reason, gap.reason,
    ]  # fmt: skip


def _owners(office: Reader, reader: Person | None) -> Sheet:
    columns = [("kind", 14), ("key", 22), ("name", 60), ("accountable", 28), ("job title", 36), ("status", 12)]
    return Sheet("Owners", columns, _owner_cells(office, reader))


def _owner_cells(office: Reader, reader: Person | None) -> Iterator[list]:
    def held(model: Any, *relations: str) -> list[Any]:
        seen = None if model is Office else _seen(model, reader)
        rows = [row for row in office.rows(model, "seat", *relations) if seen is None or row.pk in seen]
        seat_people(office, [row.seat for row in rows])
        return rows

    for row in held(Office, "scope"):
        yield ["office", row.scope.key, row.scope.name, *_who(row.seat), "active"]
    for row in chain(held(LegalEntity, "scope"), held(AIModel, "scope")):
        kind = "legal entity" if isinstance(row, LegalEntity) else "model"
        yield [kind, row.scope.key, row.scope.name, *_who(row.seat), row.status]
    for row in held(Deployment, "scope", "use_case", "entity__scope"):
        yield ["deployment", row.scope.key, str(row), *_who(row.seat), row.stage]
    for row in held(Control):
        yield ["control", row.ref, row.title, *_who(row.seat), row.status]


def _who(seat) -> tuple[str, str]:
    person = seat.holder
    return (str(person), person.title) if person else ("vacant", "")
