"""The kinds of long work: each app registers a function under a name. The function gets the job's arguments and a
`progress(done, total, message)` to call between its steps; what it returns is the job's result."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Made:
    """A result with a file to download: where the file lies now, and the name it is given."""

    result: dict[str, Any]
    path: Path
    name: str


class TryAgain(Exception):
    """The work could not be done now: the job goes back to the queue and waits."""

    def __init__(self, after: timedelta, message: str) -> None:
        super().__init__(message)
        self.after = after


Work = Callable[[dict[str, Any], Progress], dict[str, Any] | Made]
_kinds: dict[str, Work] = {}


def register(kind: str) -> Callable[[Work], Work]:
    def keep(work: Work) -> Work:
        _kinds[kind] = work
        return work

    return keep


def work_of(kind: str) -> Work:
    if kind not in _kinds:
        raise LookupError(f"No work is registered under “{kind}”. Known: {', '.join(sorted(_kinds)) or 'none'}.")
    return _kinds[kind]
