"""Verbs about gaps: recompute, accept, hand over, and the actions that close them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from controls.inputs import coverage_on
from frameworks.domain.rows import Row
from frameworks.models import Requirement
from governance.choices import GapStatus
from governance.domain.gaps import Demand, GapState, Move, demand_of, due, plan, severity
from governance.domain.position import Line, lines_of
from governance.inputs import demands_on, position_on, touched_since
from governance.inputs.touched import BESIDE
from governance.models import Action, ActionGap, AIModel, Deployment, Gap
from office.history import Present
from office.models import Job, JournalEvent, JournalHead, LegalEntity, Office, Person, Scope, Seat
from office.models.notices import EventKind
from office.services import jobs, rights, webhooks
from office.services.recording import Pen, recording

RECOMPUTE = "recompute_gaps"
AGAIN_AFTER = timedelta(hours=1)
"""After which work of the schedule that failed is asked for again."""
Progress = Callable[[int, int, str], None]
REOPENING = (Move.REOPEN, Move.LAPSE)
OPENING = (Move.OPEN, *REOPENING)
FIELDS = (
    "status", "severity", "timing", "applies_from", "opened_on", "due_on", "reason", "reopened", "closed_on",
    "accepted_until", "accepted_by", "acceptance_reason",
)  # fmt: skip


@dataclass
class Recomputed:
    """What a recompute did, in numbers of gaps."""

    subjects: int = 0
    opened: int = 0
    reopened: int = 0
    closed: int = 0
    changed: int = 0
    standing: int = 0

    def as_result(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class _Ground:
    """What is the same for every subject of one recompute: the lines of each, and the law behind them.

    `head`: the event of the journal up to which it holds. `refs`: the requirements that are looked at; None: all.
    """

    head: int

    rows: Mapping[str, Row]
    lines: Mapping[str, list[Line]]
    requirements: Mapping[str, Requirement]
    refs: frozenset[str] | None


def recompute_gaps(
    *,
    on: date,
    actor: Person | None,
    scope: Scope | None = None,
    since: int | None = None,
    progress: Progress | None = None,
) -> Recomputed:
    """Opens, reopens, closes and re-dates the gaps of every subject, or of one scope and what is below it.

    `since` names the event of the journal up to which the gaps are right: only what was written after it is followed up,
    and where that can move single requirements only, nothing else is read. One transaction a subject: what a dead worker
    finished stays, and doing it again changes nothing.
    """
    ground = _ground(on, since)
    keys = sorted(_within(_subjects(ground, on), scope))
    scopes, seats = Scope.objects.in_bulk(keys, field_name="key"), _seats(keys)
    done = Recomputed(subjects=len(keys))
    for number, key in enumerate(keys, start=1):
        with recording(actor=actor, reason=f"Recomputed gaps of {key} on {on}") as pen:
            Scope.objects.select_for_update().get(key=key)  # two recomputes take turns at each subject
            ground = _renewed(ground, on, since)
            _recompute_subject(pen, scopes[key], seats[key], ground, on, done)
        if progress is not None:
            progress(number, len(keys), f"Gaps of {scopes[key]}")
    done.standing = Gap.objects.standing().count()
    return done


def _ground(on: date, since: int | None) -> _Ground:
    head = head_seq()  # before anything is read: what is written meanwhile counts as newer
    refs = touched_since(since) if since is not None else None
    lines: dict[str, list[Line]] = defaultdict(list)
    if refs is None:
        position = position_on(on)
        for line in position.lines:
            lines[line.subject].append(line)
        return _Ground(head, position.rows, lines, {row.ref: row for row in Requirement.objects.all()}, None)
    demands = demands_on(on)
    for line in lines_of(demands, coverage_on(on, Present(), refs), refs) if refs else ():
        lines[line.subject].append(line)
    requirements = {row.ref: row for row in Requirement.objects.filter(ref__in=refs)}
    return _Ground(head, demands.rows, lines, requirements, frozenset(refs))


def _renewed(ground: _Ground, on: date, since: int | None) -> _Ground:
    """The ground as it is now that the subject is locked: another recompute may have gone by something newer meanwhile."""
    head = head_seq()
    newer = JournalEvent.objects.filter(seq__gt=ground.head, seq__lte=head).exclude(noun__in=BESIDE)
    if head == ground.head or not newer.exists():
        return replace(ground, head=head)
    return _ground(on, since)


def _subjects(ground: _Ground, on: date) -> set[str]:
    """The keys of the subjects to go through. Where single requirements are looked at, only those whose gaps would move."""
    if ground.refs is None:
        return set(Gap.objects.values_list("scope__key", flat=True)) | set(ground.lines)
    stored: dict[str, list[Gap]] = defaultdict(list)
    for gap in Gap.objects.filter(requirement__ref__in=ground.refs).select_related("requirement", "scope"):
        stored[gap.scope.key].append(gap)
    return {
        key for key in {*stored, *ground.lines} if _moves(stored.get(key, []), ground.lines.get(key, []), ground, on)
    }


def _moves(gaps: list[Gap], lines: list[Line], ground: _Ground, on: date) -> bool:
    """Whether a recompute would write anything here."""
    known = {gap.requirement.ref: gap for gap in gaps}
    owed = {line.requirement: line for line in lines}
    for ref in {*known, *owed}:
        gap, demand = known.get(ref), demand_of(owed.get(ref), ground.rows.get(ref))
        change = plan(_state(gap), demand, on)
        if change.move not in (Move.NOTHING, Move.KEEP):
            return True
        if gap is not None and change.move is Move.KEEP:
            before = [getattr(gap, name) for name in FIELDS]
            _apply(gap, change.move, change.reason, demand, on)
            if before != [getattr(gap, name) for name in FIELDS]:
                return True
    return False


def _state(gap: Gap | None) -> GapState | None:
    return GapState(gap.status, gap.accepted_until) if gap else None


def _seats(keys: Collection[str]) -> dict[str, Seat]:
    """The seat of each subject by its scope's key. Four queries."""
    found = {}
    for model in (Office, LegalEntity, AIModel, Deployment):
        for row in model.objects.filter(scope__key__in=keys).select_related("scope", "seat"):
            found[row.scope.key] = row.seat
    return found


def _within(keys: set[str], scope: Scope | None) -> set[str]:
    """Those of the keys that are a scope or lie directly below it."""
    if scope is None or scope.kind == Scope.Kind.OFFICE:
        return keys
    return keys & set(Scope.objects.filter(Q(pk=scope.pk) | Q(parent=scope)).values_list("key", flat=True))


def _recompute_subject(pen: Pen, scope: Scope, seat: Seat, ground: _Ground, on: date, done: Recomputed) -> None:
    key = scope.key
    lines = {line.requirement: line for line in ground.lines.get(key, [])}
    stored = Gap.objects.select_for_update(of=("self",)).filter(scope=scope)
    stored = stored if ground.refs is None else stored.filter(requirement__ref__in=ground.refs)
    gaps = {gap.requirement.ref: gap for gap in stored.select_related("requirement", "scope")}
    new: list[Gap] = []
    changed: list[Gap] = []
    moved: dict[Move, list[Gap]] = {}
    for ref in [*lines, *(ref for ref in gaps if ref not in lines)]:
        gap, line = gaps.get(ref), lines.get(ref)
        demand = demand_of(line, ground.rows.get(ref))
        change = plan(_state(gap), demand, on)
        if change.move is Move.NOTHING:
            continue
        if gap is None:
            gap = Gap(scope=scope, requirement=ground.requirements[ref], seat=seat)
            new.append(gap)
        else:
            changed.append(gap)
        _apply(gap, change.move, change.reason, demand, on)
        _count(done, change.move)
        moved.setdefault(change.move, []).append(gap)
    _write(pen, new, changed, done)
    _announce(key, moved)


def _apply(gap: Gap, move: Move, reason: str, demand: Demand, on: date) -> None:
    gap.reason = reason
    if move in (*OPENING, Move.CLOSE):
        gap.status, gap.closed_on = (GapStatus.CLOSED, on) if move is Move.CLOSE else (GapStatus.OPEN, None)
        gap.accepted_until, gap.accepted_by, gap.acceptance_reason = None, None, ""
        gap.reopened += move in REOPENING
    if move in (Move.OPEN, Move.REOPEN):
        gap.opened_on = on
    if gap.status != GapStatus.CLOSED:
        gap.severity = severity(
            force=demand.force,
            supervised=demand.supervised,
            penalty_tier=demand.penalty_tier,
            timing=demand.timing,
        )
        gap.timing, gap.applies_from = demand.timing, demand.applies_from
        gap.due_on = due(opened_on=gap.opened_on, applies_from=gap.applies_from, level=gap.severity)


def _announce(key: str, moved: dict[Move, list[Gap]]) -> None:
    """One message a subject, not one a gap: a new law opens hundreds at once."""
    for event, moves in ((EventKind.GAP_OPENED, OPENING), (EventKind.GAP_CLOSED, (Move.CLOSE,))):
        gaps = [gap for move in moves for gap in moved.get(move, [])]
        if gaps:
            webhooks.announce(
                event=event, body={"subject": key, "gaps": [told(gap) for gap in gaps]}, now=timezone.now()
            )


def told(gap: Gap) -> dict[str, object]:
    """A gap as webhooks are told of it."""
    return {
        "id": gap.pk,
        "subject": gap.scope.key,
        "requirement": gap.requirement.ref,
        "status": gap.status,
        "severity": gap.severity,
        "due_on": gap.due_on,
    }


def _count(done: Recomputed, move: Move) -> None:
    done.opened += move is Move.OPEN
    done.reopened += move in REOPENING
    done.closed += move is Move.CLOSE


def _write(pen: Pen, new: list[Gap], changed: list[Gap], done: Recomputed) -> None:
    for gap in new:
        gap.clean_fields(exclude=["scope", "requirement", "seat", "accepted_by"])
    pen.create_many(new)
    done.changed += pen.change_many(changed, FIELDS)


def accept_gap(*, gap: Gap, until: date, reason: str, actor: Person, on: date) -> Gap:
    """Accepts a gap until a day, after which it reopens. An officer or leader answers for it."""
    rights.require(actor, gap.scope, "accept gaps")
    if until <= on:
        raise ValidationError(f"An acceptance ends on a later day than {on}; {until} has already come.")
    with recording(actor=actor, reason=f"Accepted gap {gap} until {until}: {reason}") as pen:
        gap = Gap.objects.select_for_update(of=("self",)).get(pk=gap.pk)
        if gap.status == GapStatus.CLOSED:
            raise ValidationError(f"{gap} is closed; there is nothing to accept.")
        gap.status, gap.accepted_until, gap.accepted_by = GapStatus.ACCEPTED, until, actor
        gap.acceptance_reason = reason.strip()
        pen.save(gap)
    return gap


def hand_gaps_to(*, gaps: Iterable[Gap], seat: Seat, reason: str, actor: Person) -> int:
    """Moves gaps to another seat that the actor sees and somebody sits on, with a reason; returns how many moved."""
    if not reason.strip():
        raise ValidationError("Say why the gaps move; the reason is kept in the journal.")
    rows = list(gaps)
    for gap in rows:
        rights.require(actor, gap.scope, "hand over gaps")
    if not Seat.objects.visible_to(actor).filter(pk=seat.pk).exists():
        raise rights.Forbidden(f"{actor} cannot put gaps on seat {seat.pk}: it belongs to another part of the group.")
    with recording(actor=actor, reason=reason) as pen:
        Seat.objects.select_for_update().get(pk=seat.pk)
        if not seat.tenures.open().exists():
            raise ValidationError(f"Nobody sits on “{seat}”. Assign a person to it first, or choose another seat.")
        locked = list(Gap.objects.select_for_update(of=("self",)).filter(pk__in=[gap.pk for gap in rows]))
        for gap in locked:
            gap.seat = seat
        return pen.change_many(locked, ("seat",))


def save_action(*, action: Action, gaps: Iterable[Gap] | None, actor: Person | None) -> Action:
    """An action with the gaps it works on; None leaves them as they are. Actions belong to the whole office."""
    rights.require_write(actor, action)
    with recording(actor=actor, reason=f"Action “{action.title}”") as pen:
        pen.save(action)
        if gaps is None:
            return action
        wanted = list(gaps)
        for item in action.items.exclude(gap__in=wanted):
            pen.delete(item)
        return add_to_action(action=action, gaps=wanted, actor=actor)


def add_to_action(*, action: Action, gaps: Iterable[Gap], actor: Person | None) -> Action:
    """A new or a standing action works on these gaps too; one it works on already is passed over."""
    rights.require_write(actor, action)
    with recording(actor=actor, reason=f"Action “{action.title}”") as pen:
        pen.save(action)
        known = set(action.items.values_list("gap_id", flat=True))
        for gap in gaps:
            if gap.pk not in known:
                pen.save(ActionGap(action=action, gap=gap))
    return action


def head_seq() -> int:
    """How many events the journal holds."""
    return JournalHead.objects.filter(pk=1).values_list("seq", flat=True).first() or 0


def is_recompute_due(*, midnight: datetime, now: datetime) -> bool:
    """Whether gaps may be out of date: a new day has begun (`midnight` is its first moment), something was written, or the
    last recompute was cancelled or has failed (then again after AGAIN_AFTER).

    A recompute that changed something is followed by one that changes nothing, and then there is peace.
    """
    whole = _last_whole()
    if whole is None or whole.created_at < midnight:
        return True
    if whole.status in (Job.Status.QUEUED, Job.Status.RUNNING):
        return False
    lost = whole.status == Job.Status.CANCELLED
    failed = whole.status == Job.Status.FAILED and now - whole.created_at >= AGAIN_AFTER
    return lost or failed or whole.arguments.get("head") != head_seq()


def _last_whole() -> Job | None:
    """The last recompute of the whole office, whether of everything or of what was touched."""
    return Job.objects.filter(kind=RECOMPUTE, arguments__scope="").order_by("-created_at").first()


def keep_current(*, midnight: datetime, now: datetime, nudge: Callable[[int], None]) -> Job | None:
    """What the schedule asks for: nothing while gaps are right; after a write what it touched; once a day everything."""
    if not is_recompute_due(midnight=midnight, now=now):
        return None
    whole = _last_whole()
    followed = whole is not None and whole.status == Job.Status.DONE and whole.created_at >= midnight
    since = whole.arguments.get("head") if whole is not None and followed else None
    return ask_recompute(actor=None, since=since, nudge=nudge)


def ask_recompute(
    *, actor: Person | None, scope: Scope | None = None, since: int | None = None, nudge: Callable[[int], None]
) -> Job:
    """Queues a recompute for the workers; one that waits already will see the newest state too.

    `since`: only what was written after that event of the journal is followed up.
    """
    key = scope.key if scope else ""
    waiting = Job.objects.filter(kind=RECOMPUTE, status=Job.Status.QUEUED, arguments__scope=key)
    found = next((job for job in waiting if since is not None or job.arguments.get("since") is None), None)
    if found is not None:
        return found
    arguments = {"scope": key, "head": head_seq(), "since": since}
    return jobs.enqueue(kind=RECOMPUTE, arguments=arguments, actor=actor, now=timezone.now(), nudge=nudge)
