"""The tour of the API that the documentation prints, as a reader would run it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.installation import ROOT, Installation, free_port, wait_for
from tests.test_processes import answers

pytestmark = pytest.mark.worker


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_tour_registers_reads_duties_uploads_evidence_and_watches_a_gap_close(tmp_path: Path):
    installation = Installation(tmp_path)
    try:
        installation.manage("quickstart", "--no-serve")
        people = installation.query(
            "SELECT p.ref FROM office_person p JOIN office_membership m ON m.person_id = p.id "
            "JOIN office_scope s ON s.id = m.scope_id WHERE m.role = 'officer' AND s.kind = 'office' AND p.user_id IS NOT NULL"
        )
        key = installation.manage("make_api_key", people[0][0], "--name", "tour", "--access", "write").strip()
        port = free_port()
        installation.start("manage.py", "serve", "--port", str(port), log="server.log")
        wait_for(lambda: answers(port), 60, "The first page")
        told = {**os.environ, "OFFICE": f"http://127.0.0.1:{port}", "KEY": key}
        done = subprocess.run(
            ["bash", "docs/tour.sh"], cwd=ROOT, env=told, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "mapping: approved" in done.stdout
        assert "evidence minutes.txt, SHA-256" in done.stdout
        assert "\nclosed\n" in done.stdout
        assert installation.manage("verify_journal").startswith("The journal holds: ")
    finally:
        for process in installation.running:
            process.terminate()
            process.wait(30)
        installation.close()
