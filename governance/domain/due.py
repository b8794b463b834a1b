"""What comes due, for whom, and how urgent it is on a day. Windows, not equality: a missed day loses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from controls.domain.coverage import days_after

AHEAD: Mapping[str, int] = {
    "gap": 14, "acceptance": 30, "evidence": 30, "test": 30, "answers": 30, "approval": 60, "decision": 30, "handover": 0,
    "clock_hours": 31, "clock_days": 30, "clock_long": 60, "clock_kept": 0,
}  # fmt: skip
"""Days before the day on which a person is told, by kind. A clock of hours is shorter than its window: told at once."""
ATTESTED_FOR = timedelta(days=365)
"""How long the answer to a fact stands before it is asked again."""
SOON, REACHED = "soon", "due"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing with a day. `noun` and `id` name the row; `person` is the number of who is told, None while nobody sits there.

    `at` is the moment within the day, where hours count.
    """

    kind: str
    noun: str
    id: int
    day: date
    person: int | None
    title: str
    place: str
    path: str
    at: datetime | None = None

    def stage(self, on: date) -> str | None:
        """soon, due, or None while it is further off than its kind is told ahead."""
        if self.day <= on:
            return REACHED
        return SOON if self.day - timedelta(days=AHEAD[self.kind]) <= on else None

    def key(self, stage: str) -> tuple[str, str, int, date]:
        """What a person is told once: the thing, its day, and how urgent it was."""
        return (f"{self.kind}.{stage}", self.noun, self.id, self.day)


def pending(
    items: Iterable[Due], on: date, told: Mapping[int, frozenset[tuple[str, str, int, date]]]
) -> dict[int, list[Due]]:
    """By person, what they have not been told yet, the most urgent first. `told`: person → keys."""
    found: dict[int, list[Due]] = {}
    for item in sorted(items, key=lambda item: (item.day, item.kind, item.title)):
        stage = item.stage(on)
        if stage is None or item.person is None:
            continue
        if item.key(stage) not in told.get(item.person, frozenset()):
            found.setdefault(item.person, []).append(item)
    return found


def next_test(passed: Sequence[date], since: date | None, every_days: int) -> date | None:
    """The day of the next test: after the last that passed; None where it was never passed and nothing says since when."""
    last = max(passed, default=since)
    return days_after(last, every_days) if last is not None else None


def clock_kind(unit: str, *, kept: bool) -> str:
    """The kind of a running clock by its unit; `kept`: a time for which something is kept."""
    if kept:
        return "clock_kept"
    return {"hours": "clock_hours", "months": "clock_long", "years": "clock_long"}.get(unit, "clock_days")


def time_left(until: datetime, now: datetime) -> str:
    """In the two largest units that count: “3 days 4 h left”, “2 h 5 min late”."""
    minutes = int(abs((until - now).total_seconds()) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    counted = f"{days} day{'' if days == 1 else 's'} {hours} h" if days else f"{hours} h {rest} min"
    return f"{counted} {'late' if until < now else 'left'}"
