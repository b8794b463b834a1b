"""What the calendar of duties shows: clocks that run, duties that come again, and what an event would start."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from frameworks.domain.applicability import APPLIES, MAY_APPLY
from frameworks.domain.clocks import AT_LEAST, Clock, Deadline, Event, deadline
from frameworks.domain.dating import DISPUTED, IN_FORCE, UNKNOWN, UPCOMING
from frameworks.vocabulary_files import shipped_clocks
from governance.domain.due import time_left
from governance.domain.position import Line, Position
from governance.models import RunningClock
from governance.querysets import clock_scopes
from office.models import Person, Scope
from office.services import rights

NOW_OR_LATER = frozenset({IN_FORCE, UPCOMING, DISPUTED, UNKNOWN})
AT_MOST = 500
"""Running clocks on one page; who has more looks in the register."""


@dataclass(frozen=True)
class Running:
    """One clock that runs: how long it still has, and whether the person may stop it."""

    row: RunningClock
    left: str
    is_late: bool
    may_stop: bool


@dataclass(frozen=True)
class Recurring:
    """A duty that comes again and that a subject owes: its present run, or None where it was never recorded."""

    clock: Clock
    scope: Scope
    run: Running | None
    applies_from: object
    may_start: bool


@dataclass(frozen=True)
class Offered:
    """A clock that an event would start: whether its duty applies at the subject (None: no subject is chosen yet), and
    until when it would run (None: no moment is known yet)."""

    clock: Clock
    status: str | None = None
    until: Deadline | None = None

    @property
    def is_due(self) -> bool:
        return self.status == APPLIES


def writable(person: Person, scopes: Iterable[Scope]) -> list[Scope]:
    """Where the person may start and stop clocks. One query."""
    writes = rights.Writable(person)
    return [scope for scope in scopes if writes.allows(RunningClock(scope=scope))]


def scopes_seen(person: Person) -> dict[str, Scope]:
    """By key, the scopes whose clocks a person sees."""
    return {scope.key: scope for scope in clock_scopes(person)}


def running_rows(person: Person, now: datetime) -> list[Running]:
    """Everything that runs and that the person sees: late first, then by what comes first. Three queries."""
    rows = RunningClock.objects.running().visible_to(person).for_register()[:AT_MOST]
    writes = rights.Writable(person)
    found = [_running(row, now, may_stop=writes.allows(row)) for row in rows]
    return sorted(found, key=lambda one: (not one.is_late, one.row.due_at, one.row.pk))


def late_runs(person: Person, now: datetime) -> int:
    """How many clocks are late, of everything that the person sees. One query."""
    kept = [key for key, clock in shipped_clocks().clocks.items() if clock.direction == AT_LEAST]
    return RunningClock.objects.overdue(now).visible_to(person).exclude(clock__in=kept).count()


def _running(row: RunningClock, now: datetime, *, may_stop: bool) -> Running:
    over = row.due_at < now
    if row.is_kept:
        return Running(row, "the time is over" if over else time_left(row.due_at, now), False, may_stop)
    return Running(row, time_left(row.due_at, now), over, may_stop)


def recurring_rows(person: Person, position: Position, scopes: Mapping[str, Scope], now: datetime) -> list[Recurring]:
    """The recurring duties of the subjects that owe them now or later and follow their family; never recorded first.

    Their present runs are read by themselves: the list of what runs has an end. Two queries.
    """
    named = _by_requirement(shipped_clocks().recurring())
    writes = rights.Writable(person)
    rows = RunningClock.objects.running().filter(recurs=True).visible_to(person).for_register()
    runs = {(row.scope.key, row.clock): _running(row, now, may_stop=writes.allows(row)) for row in rows}
    found: dict[tuple[str, str], Recurring] = {}
    for line in position.lines:
        for clock in named.get(line.verdict.requirement, ()):
            scope = scopes.get(line.subject)
            if scope is not None and _is_owed(line):
                found[line.subject, clock.key] = Recurring(
                    clock, scope, runs.get((line.subject, clock.key)), line.verdict.applies_from,
                    writes.allows(RunningClock(scope=scope)),
                )  # fmt: skip
    return sorted(found.values(), key=_order)


def _order(row: Recurring) -> tuple:
    return (row.run is not None, row.run.row.due_at if row.run else timezone.now(), row.scope.name, row.clock.key)


def _by_requirement(clocks: Iterable[Clock]) -> Mapping[str, list[Clock]]:
    found: dict[str, list[Clock]] = defaultdict(list)
    for clock in clocks:
        for ref in clock.requirements:
            found[ref].append(clock)
    return dict(found)


def _is_owed(line: Line) -> bool:
    return line.adopted and line.verdict.status == APPLIES and line.verdict.timing in NOW_OR_LATER


def events_offered() -> list[tuple[Event, list[Offered]]]:
    """Every event that starts something, with its clocks side by side."""
    shipped = shipped_clocks()
    listed = [(event, [Offered(clock) for clock in shipped.of_event(event.key)]) for event in shipped.events.values()]
    return [(event, offered) for event, offered in listed if offered]


def offered_at(clocks: Iterable[Clock], position: Position, scope: Scope, at: datetime) -> list[Offered]:
    """The clocks with their deadlines from a moment: first what applies at the subject, then what may, then the rest."""
    here = position.of_deployment(scope.key) if scope.key in position.cases else position.of_subject(scope.key)
    words = statuses_of(line for line in here if line.adopted)
    moment = at.astimezone(timezone.get_default_timezone())
    found = [Offered(clock, _word(clock.requirements, words), deadline(clock, moment)) for clock in clocks]
    rank = {APPLIES: 0, MAY_APPLY: 1}
    return sorted(found, key=lambda one: (rank.get(one.status or "", 2), one.until.at if one.until else moment))


def statuses_of(lines: Iterable[Line]) -> dict[str, str]:
    """Requirement → applies or may apply; applies wins where two subjects differ."""
    found: dict[str, str] = {}
    for line in lines:
        if found.get(line.requirement) != APPLIES:
            found[line.requirement] = line.verdict.status
    return found


def _word(refs: Collection[str], words: Mapping[str, str]) -> str:
    said = {words.get(ref, "") for ref in refs}
    return APPLIES if APPLIES in said else MAY_APPLY if MAY_APPLY in said else ""


def choices_of(offered: Sequence[Offered]) -> list[tuple[str, str]]:
    return [(one.clock.key, one.clock.title) for one in offered]
