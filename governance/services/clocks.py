"""Verbs about running clocks: one event starts several at once; a duty that comes again starts its next run by itself."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from frameworks.domain.clocks import BEFORE, Clock, deadline
from frameworks.vocabulary_files import shipped_clocks
from governance.models import RunningClock
from governance.services import reminders
from office.domain.words import nearest
from office.models import Person, Scope
from office.services import rights
from office.services.recording import Pen, recording

YEARS = (1990, 2150)
"""Moments outside of these are slips of the pen."""
Nudge = Callable[[int], None]


def start_clock(
    *, scope: Scope, clock: str, started_at: datetime, actor: Person, now: datetime, note: str = "",
    nudge: Nudge | None = None,
) -> RunningClock:  # fmt: skip
    """Starts one clock of the list in a subject, from the moment of its event."""
    (made,) = start_clocks(
        scope=scope, clocks=[clock], started_at=started_at, actor=actor, now=now, note=note, nudge=nudge
    )
    return made


def start_clocks(
    *, scope: Scope, clocks: Iterable[str], started_at: datetime, actor: Person, now: datetime, note: str = "",
    nudge: Nudge | None = None,
) -> list[RunningClock]:  # fmt: skip
    """Starts every clock that one event starts, all or none. Refuses with every problem at once.

    Whoever answers for the subject is told without waiting for tomorrow where a clock counts hours.
    """
    rights.require(actor, scope, "start clocks")
    keys = list(dict.fromkeys(clocks))
    if not keys:
        raise ValidationError({"clock": "Choose at least one clock."})
    rules = [_rule(key) for key in keys]
    problems = [sentence for rule in rules for sentence in _problems(rule, started_at, now)]
    if problems:
        raise ValidationError({"started_at": list(dict.fromkeys(problems))})
    with recording(actor=actor, reason=f"Started {_counted(rules)} in {scope.key}. {note}".strip()) as pen:
        Scope.objects.select_for_update().get(pk=scope.pk)  # two starts of one recurring duty take turns
        made = [_run(rule, scope, started_at, note.strip(), actor, pen) for rule in rules]
        if any(rule.unit == "hours" for rule in rules):
            reminders.ask_round_at_once(actor=None, now=now, nudge=nudge)
    return made


def _counted(rules: list[Clock]) -> str:
    return f"“{rules[0].title}”" if len(rules) == 1 else f"{len(rules)} clocks"


def _rule(key: str) -> Clock:
    known = shipped_clocks().clocks
    if key not in known:
        raise ValidationError({"clock": f"There is no clock “{key[:80]}”.{nearest(key, known)}"})
    if not known[key].is_started_by_hand:
        raise ValidationError(
            {"clock": f"“{known[key].title}” is kept by the product itself; nobody starts it by hand."}
        )
    return known[key]


def _problems(rule: Clock, started_at: datetime, now: datetime) -> list[str]:
    if not YEARS[0] <= started_at.year <= YEARS[1]:
        return [f"{started_at.year} is no year in which a clock starts; write one from {YEARS[0]} to {YEARS[1]}."]
    if rule.direction != BEFORE and started_at > now:
        return [f"“{rule.title}” runs from what has happened; this moment is still to come."]
    return []


def _run(rule: Clock, scope: Scope, started_at: datetime, note: str, actor: Person, pen: Pen) -> RunningClock:
    """Days are days of the office's zone."""
    until = deadline(rule, started_at.astimezone(timezone.get_default_timezone()))
    row = RunningClock(
        scope=scope, clock=rule.key, started_at=started_at, due_at=until.at, recurs=rule.recurs, note=note,
        recorded_by=actor,
    )  # fmt: skip
    pen.save(row)
    return row


def stop_clock(
    *, running: RunningClock, done_at: datetime, proof: str, actor: Person, now: datetime, again: bool = True
) -> RunningClock | None:
    """Stops a clock with what was done; returns the next run of a duty that comes again.

    `again` False ends such a duty here: it fell away, or was started by mistake.
    """
    rights.require(actor, running.scope, "stop clocks")
    if not proof.strip():
        raise ValidationError({"proof": "Say what was done, and where the proof is; an auditor will ask."})
    with recording(actor=actor, reason=f"Stopped {running}: {proof}") as pen:
        row = RunningClock.objects.select_for_update(of=("self",)).select_related("scope").get(pk=running.pk)
        if row.stopped_at is not None:
            raise ValidationError(f"“{row}” was stopped already; nothing is left to stop.")
        rule = row.rule
        early = done_at < row.started_at and not (rule is not None and rule.direction == BEFORE)
        if early or done_at > now or done_at.year < YEARS[0]:
            raise ValidationError({"done_at": "It was done between the start of the clock and this moment."})
        row.stopped_at, row.stopped_by, row.proof = done_at, actor, proof.strip()
        pen.save(row)
        if not (again and row.recurs and rule is not None):
            return None
        return _run(rule, row.scope, done_at, "", actor, pen)
