"""A job is done once, whoever dies, and a failure is told on the row."""

from datetime import UTC, datetime, timedelta

import pytest

from office import jobs as kinds
from office.models import Job
from office.services import jobs
from office.tasks import nudge

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def done(monkeypatch) -> list[dict]:
    calls: list[dict] = []

    def work(arguments, progress):
        progress(1, 2, "half")
        calls.append(arguments)
        if arguments.get("fail"):
            raise ValueError("the file is empty")
        return {"ok": True}

    monkeypatch.setitem(kinds._kinds, "test", work)
    return calls


def ask(**arguments) -> Job:
    return jobs.enqueue(kind="test", arguments=arguments, actor=None, now=NOON, nudge=None)


def run(job: Job, worker: str = "w1", now: datetime = NOON) -> bool:
    return jobs.run(job_id=job.pk, worker=worker, clock=lambda: now)


def test_a_job_runs_once(done):
    job = ask(n=1)
    assert run(job) is True
    assert run(job) is False
    job.refresh_from_db()
    assert (job.status, job.result, done) == ("done", {"ok": True}, [{"n": 1}])


def test_a_failure_is_a_sentence_on_the_row(done):
    job = ask(fail=True)
    run(job)
    job.refresh_from_db()
    assert (job.status, job.message) == ("failed", "ValueError: the file is empty")


def test_a_held_job_cannot_be_claimed_until_its_lease_ends(done):
    job = ask()
    assert jobs.claim(job_id=job.pk, worker="dead", now=NOON) is not None
    assert run(job, now=NOON + timedelta(seconds=30)) is False
    assert jobs.waiting(now=NOON + timedelta(seconds=30)) == []
    later = NOON + jobs.LEASE + timedelta(seconds=1)
    assert jobs.waiting(now=later) == [job.pk]
    assert run(job, worker="next", now=later) is True
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 2)


def test_a_worker_that_lost_its_lease_writes_nothing(done, monkeypatch):
    job = ask()

    def slow(arguments, progress):
        Job.objects.filter(pk=job.pk).update(lease_owner="thief")
        progress(1, 1, "late")
        raise AssertionError("must have stopped")

    monkeypatch.setitem(kinds._kinds, "test", slow)
    run(job)
    job.refresh_from_db()
    assert (job.status, job.lease_owner) == ("running", "thief")


def test_a_job_that_kills_its_workers_is_given_up(done):
    job = ask()
    Job.objects.update(attempts=jobs.ATTEMPTS)
    run(job)
    job.refresh_from_db()
    assert job.status == "failed"
    assert "Given up after 5 attempts" in job.message


def test_an_unknown_kind_is_refused_when_asked_for():
    with pytest.raises(LookupError, match="No work is registered under “nonsense”"):
        jobs.enqueue(kind="nonsense", arguments={}, actor=None, now=NOON, nudge=None)


def test_the_nudge_comes_after_the_commit(done, django_capture_on_commit_callbacks):
    nudged: list[int] = []
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue(kind="test", arguments={}, actor=None, now=NOON, nudge=nudged.append)
        assert nudged == []
    assert nudged == [job.pk]


def test_a_broker_that_does_not_answer_costs_no_write(monkeypatch, caplog):
    def refuse(*arguments, **options):
        raise OSError("no queue")

    monkeypatch.setattr("office.tasks.run_job.apply_async", refuse)
    nudge(7)
    assert "No broker took the message for job 7" in caplog.text
