"""Gaps and the actions that work on them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from governance.choices import ActionStatus
from governance.models import Action, Gap
from governance.services import gaps
from office.models import Person, Seat
from office.rest.fields import ClosedChoice, Named, Numbered, StrictDate, StrictInteger, StrictText
from office.rest.serializers import NounSerializer, ReasonBody, StrictFields
from office.rest.viewsets import Changes, Nouns
from office.today import today


class GapSerializer(NounSerializer):
    subject = serializers.CharField(source="subject_key", read_only=True)
    subject_name = serializers.CharField(read_only=True)
    requirement = serializers.CharField(source="requirement_ref", read_only=True)
    title = serializers.CharField(read_only=True)
    family = serializers.CharField(source="family_key", read_only=True)
    accountable = serializers.CharField(
        source="holder_ref",
        read_only=True,
        allow_null=True,
        help_text="Who sits on its seat, or null while it is vacant.",
    )
    seat = serializers.IntegerField(source="seat_id", read_only=True)
    accepted_by = serializers.CharField(source="acceptor_ref", read_only=True, allow_null=True)

    class Meta:
        model = Gap
        fields = (
            "id", "subject", "subject_name", "requirement", "title", "family", "status", "severity", "timing",
            "applies_from", "opened_on", "due_on", "reason", "accountable", "seat", "reopened", "closed_on",
            "accepted_until", "accepted_by", "acceptance_reason",
        )  # fmt: skip


class AcceptBody(StrictFields):
    until = StrictDate(help_text="The gap reopens on the next day.")
    reason = StrictText(max_length=500, help_text="An auditor will read it.")


class HandOverBody(ReasonBody):
    seat = Numbered(Seat)


class GapViewSet(Nouns):
    """What applies and is not shown to be covered. Nobody closes a gap by hand: it closes when its cause is gone."""

    samples = {
        "accept": {"until": "2027-03-31", "reason": "The system is replaced in March."},
        "hand_over": {"seat": 12, "reason": "The branch runs it."},
    }
    model = Gap
    serializer_class = GapSerializer
    bodies = {"accept": AcceptBody, "hand_over": HandOverBody}
    filters = {
        "status": "status",
        "severity": "severity",
        "timing": "timing",
        "subject": "scope__key",
        "kind": "scope__kind",
        "requirement": "requirement__ref",
        "family": "requirement__family__key",
        "due_before": "due_on__lt",
        "due_from": "due_on__gte",
        "seat": "seat",
    }
    search_fields = ("requirement__ref", "requirement__current__title", "scope__name", "reason")
    orders = {"due_on": "due_on", "opened_on": "opened_on", "severity": "grade"}

    def base(self) -> QuerySet:
        return Gap.objects.graded()

    def dress(self, rows: Any) -> QuerySet:
        return rows.for_api()

    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """An officer answers for the gap until a day."""

        def do(row: Gap, given: dict[str, Any], actor: Person) -> None:
            gaps.accept_gap(gap=row, until=given["until"], reason=given["reason"], actor=actor, on=today())

        return self.act(request, do)

    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, pk: str) -> Response:
        """Moves the gap to another seat."""

        def do(row: Gap, given: dict[str, Any], actor: Person) -> None:
            gaps.hand_gaps_to(gaps=[row], seat=given["seat"], reason=given["reason"], actor=actor)

        return self.act(request, do)


class ActionSerializer(NounSerializer):
    person = Named(Person, read_only=True)
    gaps = serializers.SerializerMethodField(help_text="Numbers of the gaps it works on.")

    class Meta:
        model = Action
        fields = ("id", "title", "person", "due_on", "status", "note", "gaps")

    def get_gaps(self, row: Action) -> list[int]:
        return [item.gap_id for item in row.items.all()]


class ActionBody(StrictFields):
    title = StrictText(max_length=200)
    person = Named(Person)
    due_on = StrictDate()
    status = ClosedChoice(ActionStatus.choices, required=False)
    note = StrictText(max_length=20_000, required=False, allow_blank=True)
    gaps = serializers.ListField(child=StrictInteger(min_value=1), required=False, max_length=1000)


class ActionViewSet(Changes):
    """Work that closes one or many gaps. Closing it closes no gap."""

    samples = {
        "create": {"title": "Write the monitoring plan", "person": "P-014", "due_on": "2027-01-31", "gaps": [101, 102]}
    }
    model = Action
    serializer_class = ActionSerializer
    bodies = {"create": ActionBody, "partial_update": ActionBody}
    filters = {
        "status": "status",
        "person": "person__ref",
        "due_before": "due_on__lt",
        "due_from": "due_on__gte",
        "gap": "items__gap",
    }
    search_fields = ("title", "note")
    orders = {"due_on": "due_on", "title": "title"}

    def make(self, given: dict[str, Any], actor: Person) -> Action:
        row = Action()
        self.change(row, given, actor)
        return row

    def change(self, row: Action, given: dict[str, Any], actor: Person) -> None:
        for name in set(given) - {"gaps"}:
            setattr(row, name, given[name])
        self.allow(row, actor)
        chosen = _gaps(given["gaps"], actor) if "gaps" in given else None
        gaps.save_action(action=row, gaps=chosen, actor=actor)


def _gaps(numbers: list[int], actor: Person) -> list[Gap]:
    found = {gap.pk: gap for gap in Gap.objects.visible_to(actor).filter(pk__in=numbers)}
    missing = [number for number in numbers if number not in found]
    if missing:
        raise ValidationError({"gaps": f"There is no gap {missing[0]}."})
    return list(found.values())
