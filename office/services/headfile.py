"""The head of the journal, kept outside the database: one line a batch, the last line counts."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from typing import IO

from django.conf import settings

from office.domain.chain import Head


@contextlib.contextmanager
def _locked() -> Iterator[IO[str]]:
    path = settings.JOURNAL_HEAD_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _last(file: IO[str]) -> Head | None:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 400))
    lines = [line.split() for line in file.read().splitlines()]
    heads = [Head(int(parts[0]), parts[1]) for parts in lines if len(parts) == 2 and parts[0].isdigit()]
    return heads[-1] if heads else None


def write(seq: int, hash_: str) -> None:
    """Appends a head, unless a later one already stands there (two processes may commit close together)."""
    with _locked() as file:
        last = _last(file)
        if last is None or last.seq < seq:
            _append(file, Head(seq, hash_))


def restart(head: Head) -> Callable[[], None]:
    """Appends a head whatever stands there: a restored office goes on from it, and what was said before stays readable.

    Returns what takes it back.
    """
    path, new = settings.JOURNAL_HEAD_FILE, not settings.JOURNAL_HEAD_FILE.exists()
    with _locked() as file:
        size = file.seek(0, os.SEEK_END)
        if _last(file) != head:
            _append(file, head)
    return path.unlink if new else lambda: os.truncate(path, size)


def _append(file: IO[str], head: Head) -> None:
    file.seek(0, os.SEEK_END)
    file.write(f"{head.seq} {head.hash}\n")
    file.flush()
    os.fsync(file.fileno())


def read() -> Head | None:
    if not settings.JOURNAL_HEAD_FILE.exists():
        return None
    with _locked() as file:
        return _last(file)
