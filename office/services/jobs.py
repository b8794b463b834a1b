"""Verbs about long work: ask, claim with a lease, go on, finish, sweep. Safe to run twice, late or in parallel.

A job whose worker died is claimed again when its lease ends; its work must therefore be safe to repeat.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from office.jobs import work_of
from office.models import Job, Person

LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
ATTEMPTS = 5
logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Another worker holds the job now; this one must stop without a word."""


def enqueue(
    *, kind: str, arguments: dict[str, Any], actor: Person | None, now: datetime, nudge: Callable[[int], None] | None
) -> Job:
    """Writes the row; `nudge` sends the message once the transaction is committed. A lost message is swept up later."""
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
        result = work_of(job.kind)(job.arguments, progress)
    except LeaseLost:
        logger.warning("Job %s was taken over by another worker.", job.pk)
    except Exception as error:
        logger.exception("Job %s failed", job.pk)
        _finish(job, clock, status=Job.Status.FAILED, message=f"{type(error).__name__}: {error}"[:500])
    else:
        _finish(job, clock, status=Job.Status.DONE, message="Finished", result=result)
    return True


def _keep_lease(job: Job, clock: Clock, **fields: Any) -> None:
    mine = Job.objects.filter(pk=job.pk, lease_owner=job.lease_owner, status=Job.Status.RUNNING)
    if not mine.update(lease_until=clock() + LEASE, **fields):
        raise LeaseLost


def _finish(job: Job, clock: Clock, *, status: str, message: str, result: dict[str, Any] | None = None) -> None:
    Job.objects.filter(pk=job.pk, lease_owner=job.lease_owner, status=Job.Status.RUNNING).update(
        status=status, message=message, result=result, lease_until=None, finished_at=clock()
    )


def waiting(*, now: datetime) -> list[int]:
    """Jobs that a sweeper should nudge again: queued ones, and those whose worker died."""
    return list(Job.objects.claimable(now).order_by("created_at").values_list("pk", flat=True))
