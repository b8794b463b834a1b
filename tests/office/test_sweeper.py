"""The sweeper tells the workers of waiting jobs, and does not flood the queue while none is free."""

from datetime import UTC, datetime, timedelta

import pytest

from office import tasks
from office.models import Job
from office.services.jobs import LEASE

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.fixture
def sweep(monkeypatch):
    """Sweeps so many seconds after the beginning; returns the jobs that a message was sent for."""
    sent: list[int] = []
    monkeypatch.setattr(tasks, "_swept", {})
    monkeypatch.setattr(tasks, "nudge", sent.append)

    def at(seconds: float) -> list[int]:
        monkeypatch.setattr(tasks, "monotonic", lambda: 1000 + seconds)
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(seconds=seconds))
        sent.clear()
        tasks.sweep_jobs()
        return list(sent)

    return at


def make_jobs(number: int) -> list[int]:
    return [Job.objects.create(kind="recompute_gaps", created_at=NOW).pk for _ in range(number)]


def test_each_waiting_job_is_told_of_once_in_the_time_of_a_lease(sweep):
    waiting = make_jobs(3)
    lease = LEASE.total_seconds()
    assert sweep(0) == waiting
    assert [pk for step in range(1, 10) for pk in sweep(step * lease / 10)] == []
    late = make_jobs(1)
    assert sweep(lease * 0.95) == late
    assert sweep(lease) == waiting, "a message may have been lost"


def test_a_job_that_was_taken_and_waits_again_is_told_of_at_once(sweep):
    (job,) = make_jobs(1)
    assert sweep(0) == [job]
    Job.objects.filter(pk=job).update(not_before=NOW + timedelta(seconds=5))
    assert sweep(1) == []
    assert sweep(6) == [job]
