"""Idle memory of the web server with its schedule, and of the worker: proportional set size, as the kernel counts it."""

import re
import tempfile
import time
from pathlib import Path

from tests.installation import Installation, free_port, wait_for
from tests.test_processes import answers

MOST = 300


def main() -> None:
    installation = Installation(Path(tempfile.mkdtemp(prefix="bench-")), postgres=False)
    try:
        installation.manage("quickstart", "--no-serve")
        port = free_port()
        installation.start("manage.py", "serve", "--port", str(port), log="server.log")
        wait_for(lambda: answers(port), 60, "The first page")
        wait_for(lambda: len(found(installation)) == 2, 60, "Web and worker")
        idle(installation)
        sizes = {name: megabytes(pid) for name, pid in found(installation).items()}
        print("\nIdle memory, MB (PSS): " + ", ".join(f"{name} {size:.0f}" for name, size in sizes.items()), end="")
        print(f"; together {sum(sizes.values()):.0f} (at most {MOST})")
        assert sum(sizes.values()) < MOST
    finally:
        for process in installation.running:
            process.terminate()
            process.wait(30)
        installation.close()


def idle(installation: Installation) -> None:
    """Until no job waits or runs, and then a little longer."""
    waits = "SELECT 1 FROM office_job WHERE status IN ('queued', 'running')"
    wait_for(lambda: not installation.query(waits), 120, "Peace", pause=1)
    time.sleep(5)


def found(installation: Installation) -> dict[str, int]:
    mark = f"DATA_DIR={installation.folder}".encode()
    pids = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                line = (entry / "cmdline").read_bytes()
                pids["worker" if b"celery" in line else "web"] = int(entry.name)
        except OSError:
            continue
    return pids


def megabytes(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    match = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
    assert match is not None
    return int(match.group(1)) / 1024


if __name__ == "__main__":
    main()
