"""Clocks of the law that run in the office: start them, stop them with what was done."""

import re
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from frameworks.vocabulary_files import shipped_clocks
from governance.models import RunningClock
from governance.services import clocks
from office.models import Person, Scope
from office.rest.fields import ClosedChoice, Named, StrictBoolean, StrictText
from office.rest.serializers import NounSerializer, StrictFields
from office.rest.viewsets import Creates
from office.tasks import nudge

KEYS = [(one.key, one.title) for one in shipped_clocks().clocks.values() if one.is_started_by_hand]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class StrictMoment(serializers.DateTimeField):
    """A moment with its zone: without one nobody knows which hour is meant."""

    default_error_messages = {"invalid": "Write a moment with its zone, like 2026-11-26T08:30:00Z."}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            self.fail("invalid", format="ISO 8601")
        return super().to_internal_value(value)


class ClockSerializer(NounSerializer):
    scope = Named(Scope, "key", read_only=True)
    title = serializers.CharField(read_only=True)
    caveat = serializers.CharField(read_only=True, help_text="What must be known about how it was counted.")
    recorded_by = Named(Person, read_only=True)
    stopped_by = Named(Person, read_only=True)

    class Meta:
        model = RunningClock
        fields = (
            "id", "scope", "clock", "title", "started_at", "due_at", "caveat", "recurs", "note", "recorded_by",
            "stopped_at", "stopped_by", "proof",
        )  # fmt: skip


class StartBody(StrictFields):
    scope = Named(Scope, "key", help_text="The subject in which it happened.")
    clock = ClosedChoice(KEYS)
    started_at = StrictMoment(help_text="The moment of the event; of a duty that comes again, when it was last done.")
    note = StrictText(max_length=500, required=False, allow_blank=True)


class StopBody(StrictFields):
    done_at = StrictMoment(help_text="Not before the clock started, and not still to come.")
    proof = StrictText(max_length=5000, help_text="What was done, and where the proof is.")
    again = StrictBoolean(
        required=False, help_text="false: a duty that comes again ends here. By default its next run begins."
    )


class ClockViewSet(Creates):
    """Clocks that run or ran. One that was stopped stays; a duty that comes again starts its next run by itself."""

    samples = {
        "create": {
            "scope": "uc-001-hk-bank",
            "clock": "hk-ci-incident-serious",
            "started_at": "2026-11-26T08:30:00Z",
            "note": "INC-2041",
        },
        "stop": {"done_at": "2026-11-26T15:10:00Z", "proof": "Reported by phone, then by form; receipt 7731."},
    }
    model = RunningClock
    serializer_class = ClockSerializer
    bodies = {"create": StartBody, "stop": StopBody}
    filters = {
        "scope": "scope__key",
        "kind": "scope__kind",
        "clock": "clock",
        "recurs": "recurs",
        "running": "stopped_at__isnull",
        "due_before": "due_at__lt",
        "due_from": "due_at__gte",
    }
    search_fields = ("note", "proof", "scope__name")
    orders = {"due_at": "due_at", "started_at": "started_at", "stopped_at": "stopped_at"}

    def make(self, given: dict[str, Any], actor: Person) -> RunningClock:
        return clocks.start_clock(**given, actor=actor, now=timezone.now(), nudge=nudge)

    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Says what was done. Of a duty that comes again the next run begins in the same step."""

        def do(row: RunningClock, given: dict[str, Any], actor: Person) -> None:
            clocks.stop_clock(running=row, **given, actor=actor, now=timezone.now())

        return self.act(request, do)
