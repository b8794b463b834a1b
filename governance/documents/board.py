"""The board report: where the office stands, on one page. Every figure says what it counts; none says that something is done."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from controls.models import ControlMapping, RequirementMapping
from frameworks.choices import UNVERIFIED
from frameworks.domain.applicability import APPLIES
from frameworks.models import Family
from governance.choices import Severity
from governance.documents.as_of import AsOf, as_of
from governance.documents.gap_register import VACANT, seen_by
from governance.domain.gap_register import GapFact, ending, gravest, totals
from governance.domain.position import Line, Position, Share, share, upcoming
from governance.domain.proofs import lapsed
from governance.inputs import position_on
from governance.inputs.proofs import control_needs, implementations, markets_of, vacant_seats
from governance.inputs.register import register_gaps
from governance.querysets import seen_scopes
from office.history import Reader, reader_for, then_of
from office.models import Person, Scope, Seat
from office.models.scopes import EntityJurisdiction

GROUP = "group"
FAMILIES, GRAVEST, ENDING, COMING, SEATS = 6, 5, 3, 3, 3
"""How many of each the page holds; what does not fit is counted."""
WITHIN = 90
"""Days ahead for acceptances that end."""
NAME, PLACE, WHO, SEEN = 70, 38, 30, 120
"""Characters of a title, of a place, of a person and of what the reader sees; longer ones are cut with a mark."""

COUNTS = (
    "lower–upper of N (+M): of N requirements that apply and are followed, each at its worst subject, lower are shown to be "
    "covered and upper could still be; M more may apply, depending on answers. “Shown” is a mapping that a second person "
    "approved, the control implemented, tested, with evidence in date."
)
GAPS = (
    "Requirements that apply and are not shown to be covered, one for each subject. Overdue: open after the day it was due. "
    "Accepted: a person answers for it until a day; it stands all the same."
)
GRAVE = "Open gaps by severity, then by the day they are due."
ENDS = f"Acceptances that end within {WITHIN} days, or have ended and were not looked at again; then the gap is open."
COMES = "The next days on which requirements that apply begin to bind, by family; a requirement counts once a day and family."
CLOSING = (
    "Nothing on this page says that a requirement is fulfilled. What is not recorded is not counted as done. Product "
    "information, not legal advice."
)


@dataclass(frozen=True)
class FamilyRow:
    """A family's counts in words, by market and for the whole."""

    title: str
    cells: tuple[str, ...]
    total: str


@dataclass(frozen=True)
class GapRow:
    """A gap as the page names it. `day`: when it is due, or when its acceptance ends; `late` in days."""

    requirement: str
    subject: str
    severity: str
    accountable: str
    day: date | None
    late: int


@dataclass(frozen=True)
class SeverityRow:
    """Counts of the gaps of one severity."""

    severity: str
    open: int
    overdue: int
    accepted: int


@dataclass(frozen=True)
class Coming:
    """What begins to bind on a day, in how many subjects."""

    day: date
    family: str
    requirements: int
    subjects: int

    @property
    def which(self) -> str:
        return f"{self.requirements} requirement{'s' if self.requirements > 1 else ''} of {self.family}"

    @property
    def who(self) -> str:
        return f"{self.subjects} subject{'s' if self.subjects > 1 else ''}"


@dataclass(frozen=True)
class Figure:
    """A name, a value in words, and what it counts."""

    name: str
    value: str
    definition: str


@dataclass(frozen=True)
class Board:
    """The whole page. `more_families` and `more_ending` count what did not fit."""

    as_of: AsOf
    seen: str
    markets: tuple[str, ...]
    families: tuple[FamilyRow, ...]
    more_families: int
    severities: tuple[SeverityRow, ...]
    gravest: tuple[GapRow, ...]
    ending: tuple[GapRow, ...]
    more_ending: int
    coming: tuple[Coming, ...]
    figures: tuple[Figure, ...]


def board_report(person: Person, on: date, known_on: date) -> Board:
    """What the person sees, as the office stood at the end of an earlier `known_on`. About fifty queries, whatever its size."""
    reader, position = reader_for(known_on), position_on(on, known_on)
    scopes = {scope.pk: scope for scope in reader.rows(Scope)}
    seen = set(seen_scopes(person).values_list("key", flat=True))
    lines = [line for line in position.lines if line.subject in seen]
    gaps = register_gaps(reader, person, known_on)
    markets, families, more = _counts(lines, markets_of(reader, scopes))
    ends = ending(gaps, on, WITHIN)
    labels = dict(Severity.choices)
    return Board(
        as_of=as_of(on, known_on, then_of(known_on)),
        seen=cut(seen_by(person), SEEN),
        markets=markets,
        families=families,
        more_families=more,
        severities=tuple(
            SeverityRow(str(labels[row.severity]), row.open, row.overdue, row.accepted) for row in totals(gaps, on)
        ),
        gravest=tuple(_gap_row(gap, gap.due_on, on) for gap in gravest(gaps, GRAVEST)),
        ending=tuple(_gap_row(gap, gap.accepted_until, on) for gap in ends[:ENDING]),
        more_ending=len(ends[ENDING:]),
        coming=_coming(lines, on),
        figures=(*_law(lines, position), *_people(reader, person), *_proofs(reader, seen, on), *_mappings(reader)),
    )


def _counts(lines: Iterable[Line], places: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[FamilyRow, ...], int]:
    """Names of the markets, the rows of families that ask something, and how many did not fit."""
    grouped: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.family, places.get(line.subject, GROUP)].append(line)
    found = {market for _, market in grouped}
    names = {word: str(name) for word, name in ((GROUP, "Group"), *EntityJurisdiction.choices) if word in found}
    rows = []
    for family in Family.objects.all():
        parts = [grouped.get((family.key, market), []) for market in names]
        whole = share(line for part in parts for line in part)
        if whole.applies or whole.may_apply:
            rows.append(
                FamilyRow(cut(family.title, PLACE), tuple(_words(share(part)) for part in parts), _words(whole))
            )
    return tuple(names.values()), tuple(rows[:FAMILIES]), len(rows[FAMILIES:])


def _words(counts: Share) -> str:
    if not counts.applies:
        return f"none (+{counts.may_apply})" if counts.may_apply else "none"
    more = f" (+{counts.may_apply})" if counts.may_apply else ""
    return f"{counts.lower}–{counts.upper} of {counts.applies}{more}"


def _gap_row(gap: GapFact, day: date | None, on: date) -> GapRow:
    return GapRow(
        requirement=cut(f"{gap.requirement}: {gap.citation} {gap.title}", NAME),
        subject=cut(gap.subject_name, PLACE),
        severity=gap.severity,
        accountable=cut(gap.accountable or VACANT, WHO),
        day=day,
        late=gap.overdue_days(on),
    )


def _coming(lines: list[Line], on: date) -> tuple[Coming, ...]:
    titles = dict(Family.objects.values_list("key", "title"))
    return tuple(
        Coming(
            day,
            cut(titles[family], PLACE),
            len({row.requirement for row in found}),
            len({row.subject for row in found}),
        )
        for day, family, found in upcoming(lines, on)[:COMING]
    )


def _law(lines: Iterable[Line], position: Position) -> list[Figure]:
    refs = {line.requirement for line in lines if line.adopted and line.verdict.status == APPLIES}
    doubtful = sum(position.rows[ref].verification in UNVERIFIED for ref in refs)
    return [
        Figure(
            "Law not yet verified", f"{doubtful} of {len(refs)}",
            "Requirements that apply and whose text rests on memory, in part or whole, or on an imported file.",
        )
    ]  # fmt: skip


def _people(reader: Reader, person: Person) -> list[Figure]:
    seen = set(Seat.objects.visible_to(person).values_list("pk", flat=True))
    vacant, whole = vacant_seats(reader, seen), sum(pk in seen for (pk,) in reader.values(Seat, "id"))
    names = ", ".join(cut(title, PLACE) for title in vacant[:SEATS])
    more = f" and {len(vacant) - SEATS} more" if len(vacant) > SEATS else ""
    told = f" Vacant: {names}{more}" if vacant else ""
    return [Figure("Seats that are vacant", f"{len(vacant)} of {whole}", f"Seats on which nobody sits.{told}")]


def _proofs(reader: Reader, seen: set[str], on: date) -> list[Figure]:
    rows = [row for row in implementations(reader).values() if row.scope in seen]
    found = lapsed(rows, control_needs(reader), on)
    whole = f"of the {found.implemented} implementations marked implemented"
    return [
        Figure(
            "Evidence out of date", f"{found.evidence_out_of_date}, and {found.evidence_missing} without any",
            f"Controls that need evidence and have none that is valid on the day, {whole}.",
        ),
        Figure(
            "Tests overdue", f"{found.tests_overdue}, {found.tests_missing} never done, {found.tests_failed} failed",
            f"Controls whose test of the day is not passed, {whole}.",
        ),
    ]  # fmt: skip


def _mappings(reader: Reader) -> list[Figure]:
    counts = Counter(word for noun in (ControlMapping, RequirementMapping) for (word,) in reader.values(noun, "status"))
    return [
        Figure(
            "Mappings awaiting review", f"{counts['proposed']} proposed, {counts['re_review']} in re-review",
            "Mappings that no second person has approved against the texts as they stand; none of them counts as shown.",
        )
    ]  # fmt: skip


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
