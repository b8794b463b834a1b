"""An office of its own to measure in: a fresh database in a temporary folder, thrown away afterwards."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import django

TODAY = datetime.now(UTC).date()
"""What the office holds is of today; an earlier day would be read from the journal, where nothing was yet."""


def set_up() -> None:
    """Before anything of Django is imported that needs settings."""
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="bench-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
    os.environ["API_RATE_READ"] = os.environ["API_RATE_WRITE"] = ""
    os.environ["LOG_LEVEL"] = "ERROR"
    os.environ["TIME_ZONE"] = "UTC"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that is sent, reads and writes alike."""
    from django.db import connection

    sent: list[str] = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


def seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def median(do: Callable[[], object], times: int) -> float:
    return statistics.median(seconds(do) for _ in range(times))
