"""The one place at the edges where the clock is read as a calendar day."""

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone


def today() -> date:
    """Today in the office's zone: what `on` means where nobody says otherwise."""
    return timezone.localdate()


def day_asked(asked: Mapping[str, str], name: str, default: date | None = None) -> date:
    """A day that somebody may have asked for under a name; else `default`, else today."""
    raw = asked.get(name) or ""
    if not raw:
        return default or today()
    try:
        return date.fromisoformat(raw)
    except ValueError as error:
        raise ValidationError({name: f"“{raw[:40]}” is not a day. Write it like 2026-11-22."}) from error
