"""What comes due as an iCalendar feed (RFC 5545), for a calendar to fetch."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from icalendar import Calendar, Event

from governance.domain.due import Due


def feed(items: Iterable[Due], now: datetime) -> bytes:
    """One all-day event a thing, one at its minute where hours count; the same thing keeps its id, so that a calendar
    moves it when its day moves."""
    calendar = Calendar()
    calendar.add("prodid", "-//AI governance office//due//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "AI governance office")
    calendar.add("refresh-interval;value=duration", "PT6H")
    for item in items:
        event = Event()
        event.add("uid", f"{item.kind}-{item.noun}-{item.id}@ai-governance-office")
        event.add("dtstamp", now)
        event.add("dtstart", item.at.astimezone(UTC) if item.at else item.day)
        if item.at is None:
            event.add("dtend", item.day + timedelta(days=1))
        event.add("summary", item.title)
        event.add("description", item.place)
        event.add("url", f"{settings.PUBLIC_URL}{item.path}")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
