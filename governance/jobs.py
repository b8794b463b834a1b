"""The kinds of long work of this app."""

import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from governance.packet.asking import BUILD
from governance.packet.building import build_packet
from governance.services.gaps import RECOMPUTE, recompute_gaps
from governance.services.reminders import ROUND, make_round
from office.jobs import Made, Progress, register
from office.models import Person, Scope
from office.today import today


@register(ROUND)
def daily_round(arguments: dict[str, Any], progress: Progress) -> dict[str, int]:
    """No arguments: today's digests, due gaps for webhooks, and what is forgotten."""
    return asdict(make_round(on=today(), now=timezone.now()))


@register(RECOMPUTE)
def recompute(arguments: dict[str, Any], progress: Progress) -> dict[str, int]:
    """Arguments: `scope` a key or empty for the whole office; `on` a day, today where it is missing; `since` an event of
    the journal after which writes are followed up, None for everything."""
    key = arguments.get("scope") or ""
    on = date.fromisoformat(arguments["on"]) if arguments.get("on") else today()
    scope = Scope.objects.get(key=key) if key else None
    return recompute_gaps(on=on, actor=None, scope=scope, since=arguments.get("since"), progress=progress).as_result()


@register(BUILD)
def audit_packet(arguments: dict[str, Any], progress: Progress) -> Made:
    """Arguments: `on` and `known_on`, days; `pairs`, lists of two keys, empty for the usual ones; `person` who reads."""
    on, known_on = (date.fromisoformat(arguments[name]) for name in ("on", "known_on"))
    with tempfile.NamedTemporaryFile(delete=False, suffix=".zip") as file:
        path = Path(file.name)
    try:
        built = build_packet(
            on=on, known_on=known_on, pairs=[(one, other) for one, other in arguments["pairs"]],
            reader=Person.objects.get(pk=arguments["person"]), target=path, progress=progress,
        )  # fmt: skip
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    result = {"on": arguments["on"], "known_on": arguments["known_on"], **asdict(built), "missing": list(built.missing)}
    return Made(result, path, f"audit-packet-{on}.zip")
