"""Celery carries nothing but the id of a job."""

import logging
import os
import socket
import uuid
from math import inf
from time import monotonic

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from office.services import jobs

logger = logging.getLogger(__name__)


def worker_name() -> str:
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@shared_task(name="office.run_job")
def run_job(job_id: int) -> bool:
    return jobs.run(job_id=job_id, worker=worker_name(), clock=timezone.now)


def nudge(job_id: int) -> None:
    """Tells the workers that a job waits. Where no broker answers, the sweeper finds the job later."""
    try:
        run_job.apply_async((job_id,), retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("No broker took the message for job %s (%s); the sweeper sends it again.", job_id, error)


_swept: dict[int, float] = {}
"""Waiting job → when this process last sent a message for it, in seconds of its own clock."""


@shared_task(name="office.sweep_jobs")
def sweep_jobs() -> int:
    """A message for each waiting job, at most one in the time of a lease: while no worker is free, they only pile up.
    A job that was taken and waits again is told of at once. Returns how many were sent."""
    now, waiting = monotonic(), jobs.waiting(now=timezone.now())
    for job_id in _swept.keys() - set(waiting):
        del _swept[job_id]
    fresh = [job_id for job_id in waiting if now - _swept.get(job_id, -inf) >= jobs.LEASE.total_seconds()]
    for job_id in fresh:
        nudge(job_id)
        _swept[job_id] = now
    return len(fresh)
