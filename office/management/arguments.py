"""Calendar days as people type them."""

from datetime import date

from django.core.management.base import CommandError


def day(text: str) -> date:
    """A calendar day like 2026-11-22."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise CommandError(f"“{text}” is not a day. Write it like 2026-11-22.") from error
