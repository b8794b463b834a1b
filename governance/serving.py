"""One machine: the web server in this process, the schedule in a thread of it, one worker in a child process.

Many machines: each process serves some of the parts. Every part may run any number of times.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from datetime import datetime
from datetime import time as time_of_day
from pathlib import Path
from types import FrameType
from typing import Any

import waitress
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from governance.services.gaps import keep_current
from governance.services.reminders import ask_round
from governance.wsgi import application
from office.tasks import nudge, sweep_jobs
from office.today import today

HOST = "127.0.0.1"
WEB, WORKER, SCHEDULE = PARTS = ("web", "worker", "schedule")
TICK_SECONDS = 5
STOP_SECONDS = 10
logger = logging.getLogger(__name__)


def is_port_free(port: int, host: str = HOST) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Worker:
    """The Celery worker as a child; started again when it dies, ended with the server."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "governance.celery", "worker", "--pool", "solo"]
        command += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def keep_alive(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            logger.warning("The worker ended (%s); starting another.", self._child.returncode)
            self.start()

    def stop(self) -> None:
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def tick() -> None:
    """What the schedule does again and again: sweep up waiting jobs, keep the gaps current, ask for the day's round.
    Safe to miss or repeat, and from several machines at once.
    """
    sweep_jobs()
    now = timezone.now()
    midnight = timezone.make_aware(datetime.combine(today(), time_of_day.min))
    keep_current(midnight=midnight, now=now, nudge=nudge)
    ask_round(since=midnight, now=now)


class Schedule(threading.Thread):
    """Calls `tick` every few seconds until it is stopped; a failing tick is logged and tried again."""

    def __init__(self, work: Callable[[], None], worker: Worker) -> None:
        super().__init__(name="schedule", daemon=True)
        self._work, self._worker = work, worker
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._worker.keep_alive()
                self._work()
            except Exception:
                logger.exception("The schedule failed; it tries again in %s s.", TICK_SECONDS)
            finally:
                close_old_connections()
            self._stopping.wait(TICK_SECONDS)

    def stop(self) -> None:
        self._stopping.set()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Waiting:
    """Stands in for the web server where a process serves other parts only."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def run(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            self._worker.keep_alive()

    def close(self) -> None:
        pass


def serve(*, port: int, say: Callable[[str], None], host: str = HOST, parts: Collection[str] = PARTS) -> None:
    """Runs until Ctrl-C or SIGTERM, then ends the schedule and the worker too."""
    worker = Worker(Path(settings.DATA_DIR) / "worker.log")
    schedule = Schedule(tick, worker)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    began = time.monotonic()
    if WORKER in parts:
        worker.start()
    if SCHEDULE in parts:
        schedule.start()
    server = _web(host, port) if WEB in parts else Waiting(worker)
    try:
        took = time.monotonic() - began
        say(f"Running {', '.join(parts)} (process {os.getpid()}, up after {took:.1f} s). Ctrl-C stops everything.")
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        say("Stopping …")
        server.close()
        schedule.stop()
        worker.stop()
        say("Stopped.")


def _web(host: str, port: int) -> Any:
    return waitress.create_server(
        application, host=host, port=port, threads=8, ident=None, max_request_body_size=settings.API_UPLOAD_LIMIT,
        clear_untrusted_proxy_headers=not settings.TRUSTED_PROXY,
    )  # fmt: skip
