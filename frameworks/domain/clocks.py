"""Clocks of the law: from which event, how long, to whom; and until when something is due.

How we count: hours run from the moment itself, also over a change of summer time. Days, working days, months and years
leave out the day of the event and end with the last second of their last day, in the zone of the moment that is given.
Working days are Monday to Friday; no calendar of public holidays is shipped, and every deadline of that kind says so.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

UNITS = ("hours", "days", "working_days", "months", "years")
AFTER, BEFORE, AT_LEAST = "after", "before", "at_least"
DIRECTIONS = (AFTER, BEFORE, AT_LEAST)
OFFICE, AUTHORITY, PRODUCT = "office", "authority", "product"
KEPT_BY = (OFFICE, AUTHORITY, PRODUCT)
MARKS = ("OJ", "CONS", "OMN", "P", "S", "S/m", "M")
UNVERIFIED = ("S/m", "M")
LONGEST: Mapping[str, int] = {"hours": 744, "days": 3650, "working_days": 1000, "months": 600, "years": 50}
"""A larger number is a slip of the pen: hours beyond a month are days, and so on."""
NO_HOLIDAYS = (
    "Working days are counted Monday to Friday; public holidays are not known here. Where one falls between, "
    "the real day lies later after an event and earlier before one."
)
LAST_MOMENT = time(23, 59, 59)
FRIDAY = 4
TEXTS = ("key", "title", "event", "trigger", "to", "source", "note")
FIELDS = {*TEXTS, "amount", "unit", "direction", "recurs", "kept_by", "requirements", "verification"}


class ClocksError(ValueError):
    """The file of clocks cannot be used; `problems` holds one sentence for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of thing that happens and starts clocks; `asks` is how its moment is asked for."""

    key: str
    title: str
    asks: str


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. `amount` counts `unit`; 0 is allowed before an event only and means: before it happens.

    `direction` at_least is a time for which something is kept. `kept_by` says who must look at the clock: the office,
    an authority that owes the office an answer, or the product itself, which nobody starts by hand.
    """

    key: str
    title: str
    event: str
    trigger: str
    amount: int
    unit: str
    direction: str
    recurs: bool
    kept_by: str
    requirements: tuple[str, ...]
    to: str
    source: str
    verification: str
    note: str

    @property
    def is_unverified(self) -> bool:
        return self.verification in UNVERIFIED

    @property
    def is_started_by_hand(self) -> bool:
        return self.kept_by != PRODUCT

    @property
    def length(self) -> str:
        """The clock in words: “within 15 days”, “60 working days before”, “at least 10 years”."""
        if not self.amount:
            return "before it happens"
        unit = self.unit.replace("_", " ")
        counted = f"{self.amount} {unit.removesuffix('s') if self.amount == 1 else unit}"
        if self.recurs:
            return f"every {counted}"
        words = {AFTER: f"within {counted}", BEFORE: f"{counted} before", AT_LEAST: f"at least {counted}"}
        return words[self.direction]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks that we ship and the kinds of events that start them, both by key and in the order of the file."""

    events: Mapping[str, Event]
    clocks: Mapping[str, Clock]

    def of_event(self, event: str) -> list[Clock]:
        """What one event starts, the shortest first; clocks that recur or that the product keeps are left out."""
        found = [clock for clock in self.clocks.values() if clock.event == event]
        return [clock for clock in found if clock.is_started_by_hand and not clock.recurs]

    def recurring(self) -> list[Clock]:
        """Duties that come again and again and that people keep."""
        return [clock for clock in self.clocks.values() if clock.recurs and clock.is_started_by_hand]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment in the zone of the start, and what must be known about how it was counted; "" when nothing."""

    at: datetime
    caveat: str = ""


def deadline(clock: Clock, started: datetime) -> Deadline:
    """Until when, from the moment of the event (an aware datetime; its zone says which day it is).

    Raises ValueError for a naive moment, and for one whose deadline no calendar holds.
    """
    if started.tzinfo is None:
        raise ValueError("A clock starts at a moment with a zone; this one has none.")
    if not clock.amount:
        return Deadline(started)
    signed = -clock.amount if clock.direction == BEFORE else clock.amount
    try:
        if clock.unit == "hours":
            moved = started.astimezone(UTC) + timedelta(hours=signed)
            return Deadline(moved.astimezone(started.tzinfo))
        day = _moved(started.date(), clock.unit, signed)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"No calendar holds {clock.length} of {started.date()}.") from error
    at = datetime.combine(day, LAST_MOMENT, started.tzinfo)
    return Deadline(at, NO_HOLIDAYS if clock.unit == "working_days" else "")


def _moved(day: date, unit: str, signed: int) -> date:
    if unit == "days":
        return day + timedelta(days=signed)
    if unit == "working_days":
        return _working_days(day, signed)
    return _months(day, signed * 12 if unit == "years" else signed)


def _working_days(day: date, signed: int) -> date:
    """The day that many Mondays to Fridays on or back; the starting day is never one of them."""
    step = timedelta(days=1 if signed > 0 else -1)
    left = abs(signed)
    while left:
        day += step
        left -= day.weekday() <= FRIDAY
    return day


def _months(day: date, signed: int) -> date:
    """The same day of another month; where the month is too short its last day: 31 January and a month is 28 February."""
    months = day.year * 12 + day.month - 1 + signed
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def parse_clocks(raw: object, requirements: Collection[str] | None = None) -> Clocks:
    """The file's content as clocks. Raises ClocksError with every fault at once.

    `requirements`: the ids that exist; without them ids are not looked up.
    """
    if not isinstance(raw, Mapping) or set(raw) != {"events", "clocks"}:
        raise ClocksError(["The file of clocks holds two lists and nothing else: events and clocks."])
    problems: list[str] = []
    events = _events(raw["events"], problems)
    found: dict[str, Clock] = {}
    for number, entry in enumerate(_entries(raw["clocks"], "clocks", problems), start=1):
        where = f"Clock {number} ({entry.get('key', 'without a key')})"
        faults = _faults(entry, events, requirements)
        if not faults and entry["key"] in found:
            faults.append("this key stands twice.")
        problems += [f"{where}: {fault}" for fault in faults]
        if not faults:
            found[entry["key"]] = _clock(entry)
    if problems:
        raise ClocksError(problems)
    return Clocks(events, found)


def _entries(raw: object, name: str, problems: list[str]) -> list[Mapping[str, Any]]:
    if not isinstance(raw, list):
        problems.append(f"“{name}” is a list.")
        return []
    for number, entry in enumerate(raw, start=1):
        if not isinstance(entry, Mapping):
            problems.append(f"Entry {number} of “{name}” is not a mapping of fields.")
    return [entry for entry in raw if isinstance(entry, Mapping)]


def _events(raw: object, problems: list[str]) -> dict[str, Event]:
    found: dict[str, Event] = {}
    for number, entry in enumerate(_entries(raw, "events", problems), start=1):
        if set(entry) != {"key", "title", "asks"} or not all(_is_text(value) for value in entry.values()):
            problems.append(f"Event {number}: it has a key, a title and what it asks, each a text.")
        elif entry["key"] in found:
            problems.append(f"Event {number} ({entry['key']}): this key stands twice.")
        else:
            found[entry["key"]] = Event(**entry)
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _faults(entry: Mapping[str, Any], events: Mapping[str, Event], requirements: Collection[str] | None) -> list[str]:
    """What is wrong with one clock, each as the end of a sentence."""
    faults = [f"“{name}” is not a field of a clock." for name in entry if name not in FIELDS]
    faults += [f"“{name}” is missing or empty." for name in TEXTS[:-1] if not _is_text(entry.get(name))]
    for name, allowed, default in (
        ("unit", UNITS, None), ("direction", DIRECTIONS, None), ("verification", MARKS, None), ("kept_by", KEPT_BY, OFFICE),
    ):  # fmt: skip
        if entry.get(name, default) not in allowed:
            faults.append(f"{name} must be one of: {', '.join(allowed)}.")
    if not isinstance(entry.get("recurs"), bool):
        faults.append("recurs must be true or false.")
    if _is_text(entry.get("event")) and entry["event"] not in events:
        faults.append(f"there is no event “{entry['event']}”.")
    if not isinstance(entry.get("note", ""), str):
        faults.append("note must be a text.")
    return [*faults, *_amount_faults(entry), *_requirement_faults(entry, requirements)]


def _amount_faults(entry: Mapping[str, Any]) -> list[str]:
    amount, longest = entry.get("amount"), LONGEST.get(str(entry.get("unit")), 0)
    if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0 or (longest and amount > longest):
        return [f"amount must be a whole number from 0 to {longest or max(LONGEST.values())}."]
    if amount == 0 and entry.get("direction") != BEFORE:
        return ["amount 0 means “before it happens”; the direction must then be before."]
    if entry.get("recurs") is True and entry.get("direction") != AFTER:
        return ["a clock that recurs counts after the last time; its direction must be after."]
    return []


def _requirement_faults(entry: Mapping[str, Any], known: Collection[str] | None) -> list[str]:
    ids = entry.get("requirements")
    if not isinstance(ids, list) or not ids or not all(_is_text(ref) for ref in ids):
        return ["requirements must be a list of at least one id."]
    return [] if known is None else [f"there is no requirement “{ref}”." for ref in ids if ref not in known]


def _clock(entry: Mapping[str, Any]) -> Clock:
    told = {"kept_by": OFFICE, "note": "", **entry, "requirements": tuple(entry["requirements"])}
    return Clock(**told)
