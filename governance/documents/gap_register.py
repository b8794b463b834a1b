"""The register of gaps that a person sees: those that stand, and those that closed, with when and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from frameworks.models import Family
from governance.documents.as_of import AsOf, as_of
from governance.domain.gap_register import ACCEPTED, CLOSED, Chosen, GapFact, Total, totals
from governance.inputs.register import register_gaps
from governance.pages.duties import TIMINGS
from office.history import reader_for, then_of
from office.models import Person, Scope
from office.querysets import WHOLE_OFFICE_ROLES
from office.spreadsheet import Cell, Sheet

VACANT = "vacant"


@dataclass(frozen=True)
class Register:
    """`standing` and `closed` in the order of the register; `seen` says whose gaps they are; `chosen` what was asked for."""

    as_of: AsOf
    seen: str
    chosen: Chosen
    standing: tuple[GapFact, ...]
    closed: tuple[GapFact, ...]
    totals: tuple[Total, ...]

    @property
    def open(self) -> int:
        return sum(row.open for row in self.totals)

    @property
    def overdue(self) -> int:
        return sum(row.overdue for row in self.totals)

    @property
    def accepted(self) -> int:
        return sum(row.accepted for row in self.totals)


def register_of(person: Person, on: date, known_on: date, chosen: Chosen) -> Register:
    """As the office stood at the end of an earlier `known_on`. About twenty queries, however many gaps there are."""
    gaps = [gap for gap in register_gaps(reader_for(known_on), person, known_on) if chosen.keeps(gap, on)]
    standing = tuple(gap for gap in gaps if gap.status != CLOSED)
    return Register(
        as_of=as_of(on, known_on, then_of(known_on)),
        seen=seen_by(person),
        chosen=chosen,
        standing=standing,
        closed=tuple(gap for gap in gaps if gap.status == CLOSED),
        totals=tuple(totals(standing, on)),
    )


def seen_by(person: Person) -> str:
    """Whose rows a document shows to its reader, in words."""
    roles = person.memberships.filter(role__in=WHOLE_OFFICE_ROLES)
    places = list(roles.values_list("scope__kind", "scope__name").order_by("scope__name").distinct())
    if any(kind == Scope.Kind.OFFICE for kind, _ in places):
        return "the whole office"
    return f"{', '.join(name for _, name in places)}, and what stands on the reader's own seats"


SUBJECT_COLUMNS = (
    ("gap", 8), ("subject", 36), ("subject key", 20), ("entity", 16), ("requirement", 20), ("citation", 22),
    ("title", 44), ("text not yet verified", 10), ("family", 18), ("force", 10), ("severity", 10),
)  # fmt: skip
STANDING_COLUMNS = (
    *SUBJECT_COLUMNS, ("status", 10), ("timing", 14), ("applies from", 12), ("due", 12), ("overdue days", 10),
    ("accountable", 24), ("actions", 50), ("accepted until", 12), ("accepted by", 22), ("acceptance reason", 40),
    ("opened", 12), ("times reopened", 10), ("reason", 50), ("controls mapped", 44),
)  # fmt: skip
CLOSED_COLUMNS = (*SUBJECT_COLUMNS, ("opened", 12), ("closed", 12), ("times reopened", 10), ("why it closed", 60))
METHOD = (
    ("A gap", "A requirement that applies in a subject, of a family that is followed there, in force or dated, and that is not "
     "shown to be covered. A requirement that may apply is a question, not a gap."),
    ("Severity", "From force, penalty and timing, when the gap was last looked at: binding, in force and with a fine: critical; "
     "other binding ones and circulars for a supervised entity: high; the rest low; one lower while it is not in force."),
    ("Due", "The later of the day it applies and its opening plus 30 (critical), 90 (high) or 180 days."),
    ("Overdue days", "Days from the day it was due to the day on which dates are placed; empty while it is not late. An accepted "
     "gap is not late."),
    ("Accepted", "A person answers for the gap until a day, with a reason. The gap stands all the same, and reopens after it."),
    ("Closed", "Its cause is gone: the reason says which. Nobody closes a gap by hand."),
    ("Accountable", "Who sits on the seat that the gap stands on; vacant: nobody does."),
    ("Controls mapped", "Mappings that are proposed, approved or in re-review. A proposed one was reviewed by nobody."),
    ("What it does not say", "That what is not listed is fulfilled. Product information, not legal advice."),
)  # fmt: skip


def register_sheets(register: Register) -> list[Sheet]:
    return [_read_me(register), standing_sheet(register), _closed_sheet(register)]


def standing_sheet(register: Register) -> Sheet:
    on = register.as_of.on
    return Sheet("Gaps", STANDING_COLUMNS, (_standing(gap, on) for gap in register.standing))


def _closed_sheet(register: Register) -> Sheet:
    rows = ([*_subject(gap), gap.opened_on, gap.closed_on, gap.reopened, gap.reason] for gap in register.closed)
    return Sheet("Closed", CLOSED_COLUMNS, rows)


def _subject(gap: GapFact) -> list[Cell]:
    return [
        gap.id, gap.subject_name, gap.subject, gap.entity, gap.requirement, gap.citation, gap.title,
        "yes" if gap.unverified else "", gap.family, gap.force, gap.severity,
    ]  # fmt: skip


def _standing(gap: GapFact, on: date) -> list[Cell]:
    return [
        *_subject(gap), gap.status, TIMINGS.get(gap.timing, gap.timing), gap.applies_from, gap.due_on,
        gap.overdue_days(on) or None, gap.accountable or VACANT, "\n".join(action_words(gap)), *_acceptance(gap),
        gap.opened_on, gap.reopened, gap.reason, "\n".join(gap.controls),
    ]  # fmt: skip


def _acceptance(gap: GapFact) -> list[Cell]:
    return [gap.accepted_until, gap.accepted_by, gap.acceptance_reason] if gap.status == ACCEPTED else [None, "", ""]


def action_words(gap: GapFact) -> list[str]:
    """“Write the plan (Ann, until 2027-01-31)”, with the word done where it is."""
    return [
        f"{one.title} ({one.person}, until {one.due_on}{', done' if one.status == 'done' else ''})"
        for one in gap.actions
    ]


def _read_me(register: Register) -> Sheet:
    return Sheet("Read me", [("Subject", 30), ("Text", 110)], _told(register))


def _told(register: Register) -> Iterator[tuple[str, str]]:
    yield "What this is", f"Register of gaps: {register.seen}."
    yield from register.as_of.lines()
    yield "Chosen", "; ".join(chosen_words(register.chosen)) or "everything"
    yield "Standing", f"{register.open} open, {register.overdue} of them overdue, {register.accepted} accepted"
    yield "Closed gaps listed", str(len(register.closed))
    yield from METHOD


def chosen_words(chosen: Chosen) -> Iterator[str]:
    for name, word in (("entity", chosen.entity), ("family", chosen.family), ("severity", chosen.severity)):
        if word:
            yield f"{name} {word}"
    if chosen.overdue:
        yield "overdue only"


def families_known() -> list[tuple[str, str]]:
    return list(Family.objects.values_list("key", "title"))
