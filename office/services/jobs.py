"""Verbs about long work: ask, claim with a lease, go on, finish, sweep. Safe to run twice, late or in parallel.

A job whose worker died is claimed again when its lease ends; its work must therefore be safe to repeat.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F, QuerySet

from office.jobs import Made, TryAgain, work_of
from office.models import Job, Person
from office.services import rights

LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
ATTEMPTS = settings.JOB_ATTEMPTS
KEPT = timedelta(days=90)
logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Another worker holds the job now; this one must stop without a word."""


class Cancelled(Exception):
    """Somebody asked to stop; what was finished stays."""


def enqueue(
    *, kind: str, arguments: dict[str, Any], actor: Person | None, now: datetime, nudge: Callable[[int], None] | None
) -> Job:
    """Writes the row; `nudge` sends the message once the transaction is committed. Without one the sweeper finds it."""
    work_of(kind)
    job = Job(kind=kind, arguments=arguments, created_by=actor, created_at=now)
    job.full_clean()
    job.save()
    if nudge is not None:
        transaction.on_commit(lambda: nudge(job.pk))
    return job


def claim(*, job_id: int, worker: str, now: datetime) -> Job | None:
    """One conditional update: exactly one worker gets it."""
    claimed = (
        Job.objects.claimable(now)
        .filter(pk=job_id)
        .update(
            status=Job.Status.RUNNING,
            lease_owner=worker,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            progress=0,
        )
    )
    return Job.objects.get(pk=job_id) if claimed else None


def run(*, job_id: int, worker: str, clock: Clock) -> bool:
    """Claims and does a job; False when there was nothing to do. A failure is kept as a sentence on the row."""
    job = claim(job_id=job_id, worker=worker, now=clock())
    if job is None:
        return False
    if job.attempts > ATTEMPTS:
        _finish(job, clock, status=Job.Status.FAILED, message=f"Given up after {ATTEMPTS} attempts: its worker died.")
        return True

    def progress(done: int, total: int, message: str) -> None:
        _keep_lease(job, clock, progress=done, total=total, message=message[:500])

    try:
        made = work_of(job.kind)(job.arguments, progress)
    except LeaseLost:
        logger.warning("Job %s was taken over by another worker.", job.pk)
    except Cancelled:
        _finish(job, clock, status=Job.Status.CANCELLED, message="Cancelled; what was finished stays.")
    except TryAgain as later:
        _put_back(job, clock, later)
    except ValidationError as error:
        _finish(job, clock, status=Job.Status.FAILED, message=" ".join(error.messages)[:500])
    except Exception as error:
        logger.exception("Job %s failed", job.pk)
        _finish(job, clock, status=Job.Status.FAILED, message=f"{type(error).__name__}: {error}"[:500])
    else:
        _finish_with(job, clock, made)
    return True


def _keep_lease(job: Job, clock: Clock, **fields: Any) -> None:
    if _mine(job).filter(cancel_asked=False).update(lease_until=clock() + LEASE, **fields):
        return
    if _mine(job).exists():
        raise Cancelled
    raise LeaseLost


def _mine(job: Job) -> QuerySet[Job]:
    """The job as long as this worker holds it."""
    return Job.objects.filter(pk=job.pk, lease_owner=job.lease_owner, status=Job.Status.RUNNING)


def _finish(job: Job, clock: Clock, *, status: str, message: str, **fields: Any) -> None:
    _mine(job).update(status=status, message=message, lease_until=None, finished_at=clock(), **fields)


def _finish_with(job: Job, clock: Clock, made: dict[str, Any] | Made) -> None:
    if not isinstance(made, Made):
        _finish(job, clock, status=Job.Status.DONE, message="Finished", result=made)
        return
    with made.path.open("rb") as file:
        name = job.file.storage.save(job.file.field.generate_filename(job, made.name), File(file))
    _finish(job, clock, status=Job.Status.DONE, message="Finished", result=made.result, file=name)
    made.path.unlink(missing_ok=True)


def _put_back(job: Job, clock: Clock, later: TryAgain) -> None:
    """To be tried again; the attempts that count against a job are those whose worker died."""
    _mine(job).update(
        status=Job.Status.QUEUED,
        message=str(later)[:500],
        lease_until=None,
        not_before=clock() + later.after,
        attempts=0,
    )


def may_cancel(job: Job, person: Person) -> bool:
    """One's own, or anybody's for an officer of the whole office."""
    return job.created_by_id == person.pk or rights.writes_in(person, None)


def cancel(*, job: Job, actor: Person) -> Job:
    """Refused unless `may_cancel`. Cancelling what is over changes nothing."""
    if not may_cancel(job, actor):
        rights.require(actor, None, "cancel this work")
    waiting = Job.objects.filter(pk=job.pk, status=Job.Status.QUEUED)
    if not waiting.update(status=Job.Status.CANCELLED, message=f"Cancelled by {actor.ref}.", cancel_asked=True):
        Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(cancel_asked=True)
    job.refresh_from_db()
    return job


def forget(*, now: datetime) -> int:
    """Jobs that have been over for 90 days, with their files; returns how many."""
    old = list(Job.objects.over().filter(created_at__lt=now - KEPT))
    for job in old:
        if job.file:
            job.file.delete(save=False)
    return Job.objects.filter(pk__in=[job.pk for job in old]).delete()[0]


def waiting(*, now: datetime) -> list[int]:
    """Jobs that a sweeper should nudge again: queued ones, and those whose worker died."""
    return list(Job.objects.claimable(now).order_by("created_at").values_list("pk", flat=True))
