"""Celery carries nothing but the id of a job."""

import os
import socket
import uuid

from celery import shared_task
from django.utils import timezone

from office.services import jobs


def worker_name() -> str:
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


@shared_task(name="office.run_job")
def run_job(job_id: int) -> bool:
    return jobs.run(job_id=job_id, worker=worker_name(), clock=timezone.now)


def nudge(job_id: int) -> None:
    """Tells the workers that a job waits. Where no broker answers, the sweeper finds the job later."""
    run_job.delay(job_id)


@shared_task(name="office.sweep_jobs")
def sweep_jobs() -> int:
    waiting = jobs.waiting(now=timezone.now())
    for job_id in waiting:
        nudge(job_id)
    return len(waiting)
