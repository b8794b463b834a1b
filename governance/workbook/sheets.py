"""The auditor's crosswalk as sheets: what is mapped, what is not, what is open, who answers, what shows it, what changed."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

from controls.choices import MappingStatus, RationaleType, RelationshipType
from controls.domain.crosswalk import COLUMNS, INDETERMINATE, Crosswalk, CrosswalkRow
from controls.inputs import crosswalk_between
from controls.models import Control, ControlMapping, Evidence, NoControl, RequirementMapping
from frameworks.domain.rows import UNVERIFIED, Row
from governance.inputs import standing_gaps
from governance.models import AIModel, Deployment, Gap
from governance.workbook.manifest import Manifest
from governance.workbook.sides import Framework
from governance.workbook.texts import hash_of_row, settled
from office.history import Reader, begins, end_of, reader_for, seat_people, then_of
from office.models import JournalEvent, JournalHead, LegalEntity, Office, Person
from office.spreadsheet import Sheet

WIDTHS = (14, 16, 18, 16, 20, 34, 50, 14, 14, 60, 10, 18, 16, 20, 34, 50, 12, 18, 18, 12, 18, 24, 34, 34)
UNTYPED = "untyped"
RELATIONSHIPS = (*RelationshipType.values, UNTYPED)
STATUSES = tuple(word.replace("_", "-") for word in MappingStatus.values)
CLOSED: Mapping[str, Sequence[str]] = {
    "relationship": RELATIONSHIPS,
    "rationale type": RationaleType.values,
    "strength 0-10": tuple(str(number) for number in range(11)),
    "status": STATUSES,
}
"""Column → the words of its drop-down."""
COLOURS: Mapping[str, Mapping[str, str]] = {
    "status": {"approved": "#D6EFD8", "proposed": "#DCE9F7", "re-review": "#FCE8C8", "rejected": "#F7D6D6"},
    "relationship": {"equal": "#D6EFD8", "superset": "#E6F4E7", INDETERMINATE: "#EEEEEE", UNTYPED: "#FCE8C8"},
}
DEFINITIONS = (
    ("equal", "Both elements ask the same."),
    ("subset", "The first element is part of the second."),
    ("superset", "The first element holds all that the second asks, and more."),
    ("intersects", "The elements overlap; each asks something that the other does not."),
    ("no_relationship", "The elements have nothing in common."),
    (INDETERMINATE, "Derived over a control whose two legs leave more than one type open; a person has to judge."),
    (UNTYPED, "Published without a type; nobody has reviewed it."),
)


def crosswalk_sheets(
    *, focal: Framework, reference: Framework, on: date, known_on: date, reader: Person | None = None
) -> list[Sheet]:
    """The eight sheets, as the office stood at the end of an earlier `known_on`.

    `reader` sees only the gaps, owners and evidence of their own scopes; None sees all.
    """
    office = reader_for(known_on)
    result = result_of(focal, reference, office)
    refs = {row.id for row in (*focal.rows, *reference.rows)}
    manifest, reasons = Manifest(), _reasons(office)
    told = [
        crosswalk_sheet(focal, reference, result),
        _unmapped("Unmapped focal", focal, result.unmapped_focal, reasons),
        _unmapped("Unmapped reference", reference, result.unmapped_reference, reasons),
        _gaps(refs, office, reader),
        _owners(office, reader),
        _evidence(refs, office, on, reader),
        _changes(refs, known_on),
    ]
    read_me = Sheet(
        "Read me",
        [("Subject", 24), ("Text", 110)],
        _read_me(focal, reference, result, on, known_on, manifest),
        last=True,
    )
    return [read_me, *map(manifest.watch, told)]


def result_of(focal: Framework, reference: Framework, office: Reader) -> Crosswalk:
    """The crosswalk of two frameworks, its texts as cells hold them."""
    found = crosswalk_between([row.id for row in focal.rows], [row.id for row in reference.rows], office)
    return replace(found, rows=tuple(map(settled, found.rows)))


def crosswalk_sheet(focal: Framework, reference: Framework, result: Crosswalk) -> Sheet:
    left, right = {row.id: row for row in focal.rows}, {row.id: row for row in reference.rows}
    names = dict(Person.objects.values_list("ref", "name"))
    return Sheet(
        "Crosswalk",
        list(zip(COLUMNS, WIDTHS, strict=True)),
        (cells_of(row, left[row.focal], right[row.reference], focal, reference, names) for row in result.rows),
        choices={COLUMNS.index(name): words for name, words in CLOSED.items()},
        colours={COLUMNS.index(name): colours for name, colours in COLOURS.items()},
    )


def cells_of(
    row: CrosswalkRow, left: Row, right: Row, focal: Framework, reference: Framework, names: Mapping[str, str]
) -> list:
    """One line in the order of the columns. `names`: reference of a person → name."""
    return [
        row.id, hash_of_row(row), focal.title, focal.version, left.id, left.title, left.summary,
        row.relationship, row.rationale_type, row.rationale, row.strength, reference.title, reference.version,
        right.id, right.title, right.summary, row.status.replace("_", "-"), _person(row.author, names),
        _person(row.reviewer, names), date.fromisoformat(row.reviewed_on) if row.reviewed_on else None,
        row.derived_from, row.source, row.comments, _notes(row, left, right),
    ]  # fmt: skip


def _person(ref: str, names: Mapping[str, str]) -> str:
    """Reference and name: the reference tells who it was when the name has changed."""
    return f"{ref} {names[ref]}" if ref in names else ref


def _notes(row: CrosswalkRow, left: Row, right: Row) -> str:
    """Where both texts stand, the office's note about the row, and which text is not yet verified."""
    marked = [
        f"Not yet verified ({side.verification}): {side.id}."
        for side in (left, right)
        if side.verification in UNVERIFIED
    ]
    return " ".join([f"{left.citation} / {right.citation}.", row.notes, *marked]).replace("  ", " ").strip()


def _read_me(
    focal: Framework, reference: Framework, result: Crosswalk, on: date, known_on: date, manifest: Manifest
) -> Iterator[tuple[str, str]]:
    """Read after all other sheets, when the manifest knows them."""
    head = JournalHead.objects.filter(pk=1).first()
    direct, turned = sum(not row.is_derived for row in result.rows), sum(row.is_turned for row in result.rows)
    over = len(result.rows) - direct - turned
    yield from (
        ("What this is", f"Crosswalk from {focal.title} (focal) to {reference.title} (reference)."),
        ("As of", f"Dates placed on {on}; texts as known on {known_on}; {_stood(known_on)}"),
        ("Focal", f"{focal.key}, {focal.version}, {len(focal.rows)} requirements"),
        ("Reference", f"{reference.key}, {reference.version}, {len(reference.rows)} requirements"),
        ("Rows", f"{direct} direct, {turned} stated the other way round, {over} derived over a control"),
    )
    yield from METHOD
    yield from DEFINITIONS
    yield ("Journal head", f"{head.seq} {head.hash}" if head else "nothing has been written yet")
    for name, (count, digest) in manifest.sheets.items():
        yield (f"Sheet {name}", f"{count} rows, SHA-256 {digest}")
    yield ("Manifest digest", manifest.digest)


METHOD = (
    ("Method", "Set theory relationship mapping (NIST IR 8477), always read focal to reference."),
    (
        "Derived rows",
        "A control mapped to both sides gives a row that shows both legs. It has a type only where the two legs determine "
        "one; otherwise it is indeterminate and never counts.",
    ),
    (
        "Turned rows",
        "A mapping that is stated reference to focal stands here turned round, with its type read backwards; its row id ends "
        "in “-turned”. Where a pair is stated both ways and the two cannot both be true, notes say so.",
    ),
    (
        "Status",
        "Proposed: nobody has reviewed it. Approved: another person than the proposer approved it against the texts of "
        "that day. Re-review: a text changed since. A derived row has the status of its weaker leg.",
    ),
    (
        "Bringing it back",
        "Edit relationship, rationale, strength, status, source and comments of direct rows; add rows with an empty row id. "
        "Bring the workbook under “Sheets”: a plan shows every change before anything is written. Derived and turned rows, "
        "texts and notes are shown, not written. Who approves a row is another person than the one who proposed it.",
    ),
    (
        "Row hash",
        "SHA-256 over the content of the row, as a JSON array of row id, focal element, reference element, relationship, "
        "rationale type, rationale, strength, status, author, reviewer, reviewed on, derived from, source and comments; "
        "persons by reference, statuses with underscores, texts as their cells hold them in this workbook, cut where they "
        "are cut here. It tells whether a copy equals a state of the office.",
    ),
    (
        "Sheet digest",
        "SHA-256 over one line a row, headings first: a JSON array of the texts of its cells. The manifest digest is the "
        "SHA-256 over one line a sheet: name, rows, digest.",
    ),
    (
        "What it does not say",
        "A mapping is a reviewed opinion about texts. It does not say that anything is fulfilled. Not legal advice.",
    ),
)


def _stood(known_on: date) -> str:
    """Which state of the office's own data the sheets show."""
    then, first = then_of(known_on), begins()
    if then is None:
        return "mappings, gaps and owners as they stand now."
    early = "" if first is not None and first <= then else f" The office's records begin on {first}."
    return f"mappings, gaps and owners as they stood at the end of {then}.{early}"


def _reasons(office: Reader) -> dict[str, str]:
    """Requirement → why a person holds that no control fits it."""
    return {row.requirement.ref: row.reason for row in office.rows(NoControl, "requirement")}


def _unmapped(name: str, framework: Framework, refs: Iterable[str], reasons: Mapping[str, str]) -> Sheet:
    rows = {row.id: row for row in framework.rows}
    columns = [
        ("element", 22), ("citation", 22), ("title", 50), ("text", 80), ("force", 10), ("verification", 12),
        ("why no control fits", 60),
    ]  # fmt: skip
    found = (rows[ref] for ref in refs)
    return Sheet(
        name,
        columns,
        (
            [row.id, row.citation, row.title, row.summary, row.force, row.verification, reasons.get(row.id, "")]
            for row in found
        ),
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


EVIDENCE_COLUMNS = [
    ("control", 12), ("scope", 22), ("title", 44), ("file", 34), ("link", 44), ("SHA-256", 66), ("valid from", 12),
    ("valid until", 12), ("state", 14), ("collected by", 24),
]  # fmt: skip


def _evidence(refs: set[str], office: Reader, on: date, reader: Person | None) -> Sheet:
    """What shows the controls that are mapped to a requirement of either side."""
    mapped = {row.control_id for row in office.rows(ControlMapping, "requirement") if row.requirement.ref in refs}
    seen = _seen(Evidence, reader)
    rows = (
        row
        for row in office.rows(Evidence, "implementation__control", "implementation__scope", "collected_by")
        if row.implementation.control_id in mapped and (seen is None or row.pk in seen)
    )
    return Sheet("Evidence", EVIDENCE_COLUMNS, (_evidence_cells(row, on) for row in rows))


def _evidence_cells(row: Evidence, on: date) -> list:
    place, file = row.implementation, str(row.file.name).rsplit("/", 1)[-1] if row.file else ""
    return [
        place.control.ref, place.scope.key, row.title, file, row.link, row.sha256, row.valid_from, row.valid_until,
        _state(row, on), str(row.collected_by),
    ]  # fmt: skip


def _state(row: Evidence, on: date) -> str:
    if row.valid_from > on:
        return "not yet valid"
    return "in date" if row.valid_until is None or on <= row.valid_until else "out of date"


CHANGE_COLUMNS = [
    ("when (UTC)", 20), ("who", 24), ("row id", 12), ("verb", 10), ("field", 18), ("before", 50), ("after", 50),
    ("reason", 60),
]  # fmt: skip


def _changes(refs: set[str], known_on: date) -> Sheet:
    """What the journal holds of the mappings on either side, oldest first."""
    direct = RequirementMapping.objects.values_list("pk", "focal__ref", "reference__ref")
    legs = ControlMapping.objects.values_list("pk", "requirement__ref")
    wanted = {
        RequirementMapping._meta.label_lower: ("R", {pk for pk, *ends in direct if refs.issuperset(ends)}),
        ControlMapping._meta.label_lower: ("C", {pk for pk, ref in legs if ref in refs}),
    }
    return Sheet("Change log", CHANGE_COLUMNS, _change_cells(wanted, known_on))


def _change_cells(wanted: Mapping[str, tuple[str, set[int]]], known_on: date) -> Iterator[list]:
    """Births are told in one line and read without their content; of a change every field that changed."""
    events = JournalEvent.objects.filter(noun__in=wanted, at__lte=end_of(known_on)).order_by("seq")
    fields = ("seq", "at", "actor_ref", "noun", "object_id", "verb", "reason")
    births = events.filter(verb="create").values_list(*fields).iterator(chunk_size=2000)
    others = events.exclude(verb="create").values_list(*fields, "before", "after").iterator(chunk_size=500)
    names = dict(Person.objects.values_list("ref", "name"))
    for _, at, who, noun, pk, verb, reason, *states in heapq.merge(births, others, key=lambda event: event[0]):
        letter, known = wanted[noun]
        if pk in known:
            start = [f"{at:%Y-%m-%d %H:%M:%S}", _person(who, names), f"{letter}{pk}", verb]
            for name, before, after in _differences(*states) if states else [("", None, None)]:
                yield [*start, name, _told(before), _told(after), reason]


def _differences(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterator[tuple[str, Any, Any]]:
    old, new = before or {}, after or {}
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def _told(value: Any) -> str:
    return "" if value is None else str(value)
