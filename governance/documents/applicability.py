"""The statement of applicability of one deployment: every requirement, whether it applies and why, what stands behind it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from controls.choices import ImplementationState, MappingStatus
from controls.domain.coverage import ImplementationFact
from frameworks.choices import UNVERIFIED, FamilyOrigin
from frameworks.domain.applicability import NOT_APPLICABLE
from frameworks.models import Family
from frameworks.vocabulary_files import shipped_vocabulary
from governance.documents.as_of import AsOf, as_of
from governance.domain.position import Position
from governance.domain.proofs import IN_DATE, OUT_OF_DATE, MappedControl, evidence_on, nearest
from governance.domain.statement import Entry, chain_of, entries, shown, still_possible
from governance.inputs import position_of, standing_gaps
from governance.inputs.proofs import accountable_in, implementations, mapped_controls
from governance.models import Deployment, Gap
from governance.pages.duties import LEVELS, TIMINGS, Standing, standing_of
from office.history import Reader, reader_of, then_of
from office.models import Person, Scope
from office.spreadsheet import Cell, Sheet

STATUS_WORDS = {"applies": "applies", "may_apply": "may apply", "not_applicable": "does not apply"}
VACANT = "vacant"
NOT_SHOWN = "Its reason stands in the register of gaps."


@dataclass(frozen=True)
class ControlLine:
    """A control mapped to a requirement, and how it stands where the requirement is owed."""

    control: str
    title: str
    mapping: str
    implementation: str
    evidence: str


@dataclass(frozen=True)
class StatementRow:
    """One requirement in words. `shown` and `possible` are "" where nobody owes it; `followed` None: not known here."""

    requirement: str
    family: str
    citation: str
    title: str
    unverified: bool
    status: str
    applies_from: date | None
    timing: str
    because: tuple[str, ...]
    questions: tuple[str, ...]
    level: str
    subject: str
    followed: bool | None
    controls: tuple[ControlLine, ...]
    shown: str
    possible: str
    accepted_until: date | None
    acceptance_reason: str
    accountable: str

    @property
    def applies(self) -> str:
        return STATUS_WORDS[self.status]


@dataclass(frozen=True)
class Part:
    """The rows of one family."""

    key: str
    title: str
    rows: tuple[StatementRow, ...]

    @property
    def owed(self) -> list[StatementRow]:
        """What applies or may apply."""
        return [row for row in self.rows if row.status != NOT_APPLICABLE]

    @property
    def ruled_out(self) -> list[tuple[tuple[str, ...], list[StatementRow]]]:
        """What does not apply, together where the reasons are the same."""
        found: dict[tuple[str, ...], list[StatementRow]] = {}
        for row in self.rows:
            if row.status == NOT_APPLICABLE:
                found.setdefault(row.because, []).append(row)
        return list(found.items())

    def count(self, status: str) -> int:
        return len({row.requirement for row in self.rows if row.status == status})

    @property
    def counts(self) -> tuple[int, int, int]:
        """Requirements that apply, may apply, do not apply."""
        applies, may_apply, not_applicable = (self.count(word) for word in STATUS_WORDS)
        return applies, may_apply, not_applicable


@dataclass(frozen=True)
class Statement:
    """`standing` None: nothing is known of the deployment on that day. `left_out`: imported families that nobody follows."""

    deployment: Deployment
    as_of: AsOf
    standing: Standing | None
    parts: tuple[Part, ...]
    left_out: tuple[str, ...]


SHORT = 3
"""Sentences of a reason that stand in the table of the page; a longer one is told once below it and named by number."""


@dataclass(frozen=True)
class Printed:
    """A part as the page prints it: rows with the sentences that stand beside them and the number of the rest, or 0."""

    part: Part
    owed: list[tuple[StatementRow, tuple[str, ...], int]]


def printed(statement: Statement) -> tuple[list[Printed], list[tuple[int, tuple[str, ...]]]]:
    """The parts, and the long reasons by number: many requirements share theirs."""
    numbers: dict[tuple[str, ...], int] = {}
    shown = []
    for part in statement.parts:
        owed = []
        for row in part.owed:
            full = len(row.because) <= SHORT
            number = 0 if full else numbers.setdefault(row.because, len(numbers) + 1)
            owed.append((row, row.because if full else row.because[:2], number))
        shown.append(Printed(part, owed))
    return shown, [(number, because) for because, number in numbers.items()]


@dataclass(frozen=True)
class _Ground:
    """Everything that a row is told from, read once."""

    position: Position
    key: str
    on: date
    mapped: dict[str, list[MappedControl]]
    implemented: dict[tuple[str, str], ImplementationFact]
    names: dict[str, str]
    accountable: dict[str, str]
    gaps: dict[tuple[str, str], Gap]
    seen: set[int]


def statement_of(deployment: Deployment, person: Person, on: date, known_on: date, answers: str) -> Statement:
    """As the duties page reads the days. About forty queries, whatever the size of the office."""
    then, key = then_of(known_on, answers), deployment.scope.key
    position, reader = position_of(deployment, on, known_on, answers=answers), reader_of(then)
    head = as_of(on, known_on, then)
    if key not in position.cases:
        return Statement(deployment, head, None, (), ())
    ground = _ground(position, key, reader, person)
    parts, left_out = _parts(_row(entry, ground) for entry in entries(position, key))
    return Statement(deployment, head, standing_of(deployment, reader), parts, left_out)


def _ground(position: Position, key: str, reader: Reader, person: Person) -> _Ground:
    case = position.cases[key]
    above = {key, case.entity, case.office, *case.models}
    scopes = {scope.pk: scope for scope in reader.rows(Scope, key=above)}
    gaps = standing_gaps(reader, above, shown=True)
    seen = Gap.objects.visible_to(person).filter(pk__in=[gap.pk for gap in gaps])
    return _Ground(
        position=position,
        key=key,
        on=position.on,
        mapped=mapped_controls(reader),
        implemented=implementations(reader, above),
        names={scope.key: scope.name for scope in scopes.values()},
        accountable=accountable_in(reader, set(scopes)),
        gaps={(gap.scope.key, gap.requirement.ref): gap for gap in gaps},
        seen=set(seen.values_list("pk", flat=True)),
    )


def _row(entry: Entry, ground: _Ground) -> StatementRow:
    row, line, facts = entry.row, entry.line, shipped_vocabulary().facts
    subject = line.subject if line else ground.key
    gap = ground.gaps.get((subject, row.id)) if line and entry.status == "applies" else None
    accepted = gap if gap is not None and gap.status == "accepted" else None
    return StatementRow(
        requirement=row.id,
        family=row.family,
        citation=row.citation,
        title=row.title,
        unverified=row.verification in UNVERIFIED,
        status=entry.status,
        applies_from=entry.applies_from,
        timing=TIMINGS.get(entry.timing, entry.timing),
        because=entry.because,
        questions=tuple(facts[key].question if key in facts else key for key in entry.missing),
        level=LEVELS[row.owed_by],
        subject=ground.names[line.subject] if line else "",
        followed=line.adopted if line else None,
        controls=tuple(_control(mapped, entry, subject, ground) for mapped in ground.mapped.get(row.id, ())),
        shown=shown(line.bounds) if line else "",
        possible=still_possible(line.bounds) if line else "",
        accepted_until=accepted.accepted_until if accepted else None,
        acceptance_reason=_acceptance(accepted, ground),
        accountable=_accountable(gap, subject, ground) if line else "",
    )


def _acceptance(gap: Gap | None, ground: _Ground) -> str:
    if gap is None:
        return ""
    return gap.acceptance_reason if gap.pk in ground.seen else NOT_SHOWN


def _accountable(gap: Gap | None, subject: str, ground: _Ground) -> str:
    """Who answers for the gap, which can have been handed over; else for the subject."""
    name = str(gap.seat.holder or "") if gap else ground.accountable.get(subject, "")
    return name or VACANT


def _control(mapped: MappedControl, entry: Entry, subject: str, ground: _Ground) -> ControlLine:
    chain = chain_of(ground.position.cases[ground.key], subject, entry.row.owed_by if entry.line else "deployment")
    found = nearest(mapped.control, mapped.specific, chain, ground.implemented)
    kind = (mapped.relationship or "untyped").replace("_", " ")
    status = MappingStatus(mapped.status).label.lower()
    if mapped.status == "approved" and not mapped.text_current:
        status = "approved against an earlier text"
    return ControlLine(
        control=mapped.control,
        title=mapped.title,
        mapping=f"{kind}, {status}",
        implementation=_implementation(found, mapped, ground),
        evidence=_evidence(found, mapped, ground.on),
    )


def _implementation(found: ImplementationFact | None, mapped: MappedControl, ground: _Ground) -> str:
    if found is None:
        return "not recorded for this subject itself" if mapped.specific else "not recorded"
    return f"{ImplementationState(found.state).label.lower()} in {ground.names[found.scope]}"


def _evidence(found: ImplementationFact | None, mapped: MappedControl, on: date) -> str:
    if found is None:
        return "none"
    word, day = evidence_on(found.evidence, on)
    if word == IN_DATE:
        return f"in date until {day}" if day else "in date, no end"
    if word == OUT_OF_DATE:
        return f"out of date since {day}"
    return "none" if mapped.evidence_required else "none is asked for"


def _parts(rows: Iterable[StatementRow]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """By family; an imported one counts where somebody follows it, as on the page of duties."""
    by_family: dict[str, list[StatementRow]] = {}
    for row in rows:
        by_family.setdefault(row.family, []).append(row)
    parts, left_out = [], []
    for family in Family.objects.all():
        found = by_family.get(family.key, [])
        if family.origin == FamilyOrigin.IMPORTED and not any(row.followed for row in found):
            left_out.append(family.title)
        elif found:
            parts.append(Part(family.key, family.title, tuple(found)))
    return tuple(parts), tuple(left_out)


COLUMNS = (
    ("requirement", 20), ("citation", 22), ("title", 44), ("text not yet verified", 10), ("family", 20),
    ("verdict", 14), ("from", 12), ("timing", 16), ("why", 70), ("hangs on", 40), ("owed by", 22), ("subject", 30),
    ("family followed here", 10), ("controls mapped", 40), ("relationship and mapping status", 34),
    ("implementation", 34), ("evidence", 26), ("shown to be covered", 12), ("could still be", 12),
    ("gap accepted until", 14), ("acceptance reason", 40), ("accountable", 24),
)  # fmt: skip
METHOD = (
    ("Verdict", "Applies: the answers meet the requirement's condition, or a person decided so. May apply: an answer that "
     "is missing decides; the column “hangs on” says which. Does not apply: the column “why” gives what decides it."),
    ("Hangs on", "Questions that nobody has answered. What is not answered is not taken as a no."),
    ("Owed by", "Who owes it: this deployment, or once the model, the legal entity or the office above it."),
    ("Controls mapped", "Mappings that are proposed, approved or in re-review, of controls that are not retired; one line "
     "for each, in the same order in four columns. A proposed mapping was reviewed by nobody."),
    ("Implementation", "The state of the control in the nearest scope: the deployment, its only model, its legal entity, the "
     "office. Not recorded: nobody has said anything."),
    ("Shown to be covered", "Yes: a control that holds all that is asked is mapped and approved against the current texts, "
     "implemented, tested and with evidence in date, or a person attested that approved parts suffice together. Partial: "
     "that is so for a part."),
    ("Could still be", "Yes: nothing that is recorded rules it out. It does not say that it is."),
    ("Empty coverage", "Nobody owes the requirement here, or nobody is known who does."),
    ("What it does not say", "That anything is fulfilled. Product information, not legal advice. Texts marked not yet "
     "verified rest on a secondary source, on memory or on an imported file."),
)  # fmt: skip


def statement_sheets(statement: Statement) -> list[Sheet]:
    """Read me and the rows, written one by one."""
    rows = (_cells(row) for part in statement.parts for row in part.rows)
    return [_read_me(statement), Sheet("Statement", COLUMNS, rows)]


def _cells(row: StatementRow) -> list[Cell]:
    followed = {True: "yes", False: "no", None: ""}[row.followed]
    return [
        row.requirement, row.citation, row.title, "yes" if row.unverified else "", row.family, row.applies,
        row.applies_from, row.timing, "\n".join(row.because), "\n".join(row.questions), row.level, row.subject,
        followed, "\n".join(f"{one.control} {one.title}" for one in row.controls),
        "\n".join(one.mapping for one in row.controls), "\n".join(one.implementation for one in row.controls),
        "\n".join(one.evidence for one in row.controls), row.shown, row.possible, row.accepted_until,
        row.acceptance_reason, row.accountable,
    ]  # fmt: skip


def _read_me(statement: Statement) -> Sheet:
    return Sheet("Read me", [("Subject", 30), ("Text", 110)], _told(statement))


def _told(statement: Statement) -> Iterator[tuple[str, str]]:
    standing = statement.standing
    yield (
        "What this is",
        f"Statement of applicability of {statement.deployment}: every requirement of the families, each once.",
    )
    if standing is not None:
        deployment = standing.deployment
        yield (
            "Deployment",
            f"{deployment.scope.key}, {deployment.get_stage_display().lower()}, run by {deployment.entity}",
        )
        yield "Accountable", str(deployment.seat.holder or VACANT)
        yield "Built on", ", ".join(str(model) for model in standing.models) or "no model is recorded"
    yield from statement.as_of.lines()
    for part in statement.parts:
        yield part.title, "{} apply, {} may apply, {} do not apply".format(*part.counts)
    if statement.left_out:
        yield "Left out", f"Imported families that are not followed here: {', '.join(statement.left_out)}."
    yield from METHOD
