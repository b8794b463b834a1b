"""Verbs about gaps: recompute, accept, hand over, and the actions that close them."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from frameworks.domain.applicability import NOT_APPLICABLE
from frameworks.models import Requirement
from governance.choices import GapStatus
from governance.domain.gaps import Demand, GapState, Move, due, plan, severity
from governance.domain.position import Line, Position
from governance.inputs import position_on
from governance.models import Action, ActionGap, AIModel, Deployment, Gap
from office.models import Job, JournalHead, LegalEntity, Office, Person, Scope, Seat
from office.models.notices import EventKind
from office.services import jobs, rights, webhooks
from office.services.recording import Pen, recording

RECOMPUTE = "recompute_gaps"
Progress = Callable[[int, int, str], None]
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
    """What is the same for every subject of one recompute."""

    position: Position
    requirements: dict[str, Requirement]
    seats: dict[str, Seat]
    scopes: dict[str, Scope]
    lines: dict[str, list[Line]] = field(default_factory=dict)


def recompute_gaps(
    *, on: date, actor: Person | None, scope: Scope | None = None, progress: Progress | None = None
) -> Recomputed:
    """Opens, reopens, closes and re-dates the gaps of every subject, or of one scope and what is below it.

    One transaction a subject: what a dead worker finished stays, and doing it again changes nothing.
    """
    ground = _ground(on)
    stored = set(Gap.objects.values_list("scope__key", flat=True))
    keys = sorted((stored | set(ground.lines)) & _within(scope, ground))
    done = Recomputed(subjects=len(keys))
    for number, key in enumerate(keys, start=1):
        _recompute_subject(key, ground, on, actor, done)
        if progress is not None:
            progress(number, len(keys), f"Gaps of {ground.scopes[key]}")
    done.standing = Gap.objects.standing().count()
    return done


def _ground(on: date) -> _Ground:
    position = position_on(on)
    scopes = {scope.key: scope for scope in Scope.objects.all()}
    ground = _Ground(position, {row.ref: row for row in Requirement.objects.all()}, _seats(), scopes)
    for line in position.lines:
        ground.lines.setdefault(line.subject, []).append(line)
    return ground


def _seats() -> dict[str, Seat]:
    """The seat of each subject by its scope's key. Four queries."""
    found = {}
    for model in (Office, LegalEntity, AIModel, Deployment):
        for row in model.objects.select_related("scope", "seat"):
            found[row.scope.key] = row.seat
    return found


def _within(scope: Scope | None, ground: _Ground) -> set[str]:
    if scope is None or scope.kind == Scope.Kind.OFFICE:
        return set(ground.scopes)
    return {key for key, row in ground.scopes.items() if scope.pk in (row.pk, row.parent_id)}


def _recompute_subject(key: str, ground: _Ground, on: date, actor: Person | None, done: Recomputed) -> None:
    lines = {line.requirement: line for line in ground.lines.get(key, [])}
    with recording(actor=actor, reason=f"Recomputed gaps of {key} on {on}") as pen:
        Scope.objects.select_for_update().get(key=key)  # two recomputes take turns at each subject
        gaps = {
            gap.requirement.ref: gap
            for gap in Gap.objects.select_for_update(of=("self",))
            .filter(scope__key=key)
            .select_related("requirement", "scope")
        }
        new: list[Gap] = []
        changed: list[Gap] = []
        moved: dict[Move, list[Gap]] = {}
        for ref in [*lines, *(ref for ref in gaps if ref not in lines)]:
            gap, line = gaps.get(ref), lines.get(ref)
            demand = _demand(line, ground.position.rows.get(ref))
            change = plan(GapState(gap.status, gap.accepted_until) if gap else None, demand, on)
            if change.move is Move.NOTHING:
                continue
            if gap is None:
                gap = Gap(scope=ground.scopes[key], requirement=ground.requirements[ref], seat=ground.seats[key])
                new.append(gap)
            else:
                changed.append(gap)
            _apply(gap, change.move, change.reason, demand, on)
            _count(done, change.move)
            moved.setdefault(change.move, []).append(gap)
        _write(pen, new, changed, done)
        _announce(key, moved)


NOWHERE = Demand(NOT_APPLICABLE, "", None, "VOLUNTARY", False, "none", "in_force", True, 0)


def _demand(line: Line | None, row) -> Demand:
    """What stands behind a line; a subject without one owes nothing there."""
    if line is None or row is None:
        return NOWHERE
    return Demand(
        status=line.verdict.status,
        timing=line.verdict.timing,
        applies_from=line.verdict.applies_from,
        force=row.force,
        supervised=row.supervised,
        penalty_tier=row.penalty_tier,
        legal_status=row.status,
        adopted=line.adopted,
        lower=line.bounds.lower,
    )


def _apply(gap: Gap, move: Move, reason: str, demand: Demand, on: date) -> None:
    gap.reason = reason
    if move in (Move.OPEN, Move.REOPEN):
        gap.status, gap.opened_on, gap.closed_on = GapStatus.OPEN, on, None
        gap.accepted_until, gap.accepted_by, gap.acceptance_reason = None, None, ""
        gap.reopened += move is Move.REOPEN
    if move is Move.CLOSE:
        gap.status, gap.closed_on = GapStatus.CLOSED, on
        gap.accepted_until, gap.accepted_by, gap.acceptance_reason = None, None, ""
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
    for event, moves in ((EventKind.GAP_OPENED, (Move.OPEN, Move.REOPEN)), (EventKind.GAP_CLOSED, (Move.CLOSE,))):
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
    done.reopened += move is Move.REOPEN
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
    """Moves gaps to another seat, with a reason; returns how many moved."""
    if not reason.strip():
        raise ValidationError("Say why the gaps move; the reason is kept in the journal.")
    rows = list(gaps)
    for gap in rows:
        rights.require(actor, gap.scope, "hand over gaps")
    with recording(actor=actor, reason=reason) as pen:
        locked = list(Gap.objects.select_for_update(of=("self",)).filter(pk__in=[gap.pk for gap in rows]))
        for gap in locked:
            gap.seat = seat
        return pen.change_many(locked, ("seat",))


def save_action(*, action: Action, gaps: Iterable[Gap] | None, actor: Person | None) -> Action:
    """An action with the gaps it works on; None leaves them as they are."""
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


def is_recompute_due(*, since: datetime) -> bool:
    """Whether gaps may be out of date: a new day has begun (`since` is its first moment), or something was written.

    A recompute that changed something is followed by one that changes nothing, and then there is peace.
    """
    whole = Job.objects.filter(kind=RECOMPUTE, arguments__scope="").order_by("-created_at").first()
    if whole is None or whole.created_at < since:
        return True
    busy = whole.status in (Job.Status.QUEUED, Job.Status.RUNNING)
    return not busy and whole.arguments.get("head") != head_seq()


def ask_recompute(*, actor: Person | None, scope: Scope | None = None, nudge: Callable[[int], None]) -> Job:
    """Queues a recompute for the workers; one that waits already will see the newest state too."""
    key = scope.key if scope else ""
    waiting = Job.objects.filter(kind=RECOMPUTE, status=Job.Status.QUEUED, arguments__scope=key).first()
    if waiting is not None:
        return waiting
    arguments = {"scope": key, "head": head_seq()}
    return jobs.enqueue(kind=RECOMPUTE, arguments=arguments, actor=actor, now=timezone.now(), nudge=nudge)
