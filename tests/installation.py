"""An installation of its own for a test: real processes, a data folder and a database that nobody else uses."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).parent.parent
POSTGRES = os.environ.get("DATABASE_URL", "") if "postgres" in os.environ.get("DATABASE_URL", "") else ""


def wait_for(condition: Callable[[], Any], seconds: float, what: str, pause: float = 0.05) -> Any:
    """What the condition gives once it holds; fails with a sentence when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    raise AssertionError(f"{what} did not happen within {seconds} s.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    """Commands and workers as separate processes over one fresh database: PostgreSQL where DATABASE_URL says so."""

    def __init__(self, folder: Path, *, postgres: bool | None = None, **environment: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.postgres = bool(POSTGRES) if postgres is None else postgres
        self.name = f"office_{uuid.uuid4().hex[:10]}"
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATA_DIR")}
        self.environment = {**kept, "DATA_DIR": str(folder), "PYTHONWARNINGS": "default", **environment}
        self.url = ""
        if self.postgres:
            parts = urlsplit(POSTGRES)
            self.url = urlunsplit(parts._replace(path=f"/{self.name}"))
            self._administer(f'CREATE DATABASE "{self.name}"')
            self.environment["DATABASE_URL"] = self.url
        self.running: list[subprocess.Popen] = []

    def _administer(self, statement: str) -> None:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(statement)

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.postgres:
            self._administer(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    def manage(self, *arguments: str) -> str:
        """A command to its end; fails with what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command to its end, whatever its end."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)

    def start(self, *command: str, log: str) -> subprocess.Popen:
        with (self.folder / log).open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def start_worker(self) -> subprocess.Popen:
        command = (
            "-m",
            "celery",
            "-A",
            "governance.celery",
            "worker",
            "--pool",
            "solo",
            "--without-gossip",
            "--without-mingle",
        )
        return self.start(*command, log="worker.log")

    def query(self, statement: str) -> list[tuple]:
        """Reads the database past Django, from outside."""
        if self.postgres:
            with psycopg.connect(self.url) as connection:
                return connection.execute(statement).fetchall()  # type: ignore[arg-type]
        connection = sqlite3.connect(self.folder / "office.sqlite3", timeout=30)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


def kill(process: subprocess.Popen) -> None:
    """What a power cut does."""
    process.send_signal(signal.SIGKILL)
    process.wait()
