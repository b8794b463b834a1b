"""The kinds of long work of this app."""

from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils import timezone

from governance.services.gaps import RECOMPUTE, recompute_gaps
from governance.services.reminders import ROUND, make_round
from office.jobs import Progress, register
from office.models import Scope
from office.today import today


@register(ROUND)
def daily_round(arguments: dict[str, Any], progress: Progress) -> dict[str, int]:
    """No arguments: today's digests, due gaps for webhooks, and what is forgotten."""
    return asdict(make_round(on=today(), now=timezone.now()))


@register(RECOMPUTE)
def recompute(arguments: dict[str, Any], progress: Progress) -> dict[str, int]:
    """Arguments: `scope` a key or empty for the whole office; `on` a day, today where it is missing."""
    key = arguments.get("scope") or ""
    on = date.fromisoformat(arguments["on"]) if arguments.get("on") else today()
    scope = Scope.objects.get(key=key) if key else None
    return recompute_gaps(on=on, actor=None, scope=scope, progress=progress).as_result()
