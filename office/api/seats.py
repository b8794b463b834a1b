"""Seats, tenures and handovers: who answers for what."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from office.models import Handover, Person, Scope, Seat, Tenure
from office.rest.fields import Named, StrictInteger, StrictText
from office.rest.serializers import NounSerializer, ReasonBody, StrictFields
from office.rest.viewsets import Creates, Nouns
from office.services import seats
from office.today import today


class SeatSerializer(NounSerializer):
    place = Named(Scope, "key", read_only=True)
    accountable = serializers.SerializerMethodField()

    class Meta:
        model = Seat
        fields = ("id", "title", "place", "accountable")

    def get_accountable(self, row: Seat) -> str | None:
        """The ref of the person on the seat, or null while it is vacant."""
        return row.holder.ref if row.holder else None


class AssignBody(ReasonBody):
    person = Named(Person)


class SeatViewSet(Nouns):
    """What somebody answers for. One person at a time, or nobody."""

    samples = {"assign": {"person": "P-014", "reason": "Took over on 1 November"}}
    model = Seat
    serializer_class = SeatSerializer
    bodies = {"assign": AssignBody}
    filters = {"place": "place__key", "place_kind": "place__kind"}
    search_fields = ("title",)
    orders = {"title": "title"}

    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """An officer puts a person on the seat at once; the earlier tenure ends the same day."""

        def do(seat: Seat, given: dict[str, Any], actor: Person) -> None:
            seats.reassign(seat=seat, person=given["person"], on=today(), actor=actor, reason=given["reason"])

        return self.act(request, do)


class TenureSerializer(NounSerializer):
    person = Named(Person, read_only=True)

    class Meta:
        model = Tenure
        fields = ("id", "seat", "person", "started_on", "ended_on", "reason")


class TenureViewSet(Nouns):
    """Who sat on which seat from when to when."""

    model = Tenure
    serializer_class = TenureSerializer
    filters = {"person": "person__ref", "seat": "seat", "open": "ended_on__isnull"}
    orders = {"started_on": "started_on", "ended_on": "ended_on"}


class HandoverSerializer(NounSerializer):
    giver = Named(Person, read_only=True)
    taker = Named(Person, read_only=True)
    officer = Named(Person, read_only=True)
    seats = serializers.SerializerMethodField()

    class Meta:
        model = Handover
        fields = (
            "id", "giver", "taker", "seats", "reason", "status", "proposed_at", "given_at", "taken_at", "officer",
            "officer_reason",
        )  # fmt: skip

    def get_seats(self, row: Handover) -> list[int]:
        return [item.seat_id for item in row.items.all()]


class NewHandover(ReasonBody):
    giver = Named(Person)
    taker = Named(Person)
    seats = serializers.ListField(child=StrictInteger(min_value=1), min_length=1, max_length=500)


class ConfirmBody(StrictFields):
    reason = StrictText(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="Needed where an officer confirms in a side's place.",
    )


class HandoverViewSet(Creates):
    """Seats that move from one person to another once both have confirmed."""

    samples = {
        "create": {"giver": "P-014", "taker": "P-015", "seats": [12, 13], "reason": "Parental leave"},
        "confirm": {"reason": "The giver has left"},
    }
    model = Handover
    serializer_class = HandoverSerializer
    bodies = {"create": NewHandover, "confirm": ConfirmBody}
    own_word = ("confirm", "withdraw")
    filters = {"status": "status", "giver": "giver__ref", "taker": "taker__ref"}
    orders = {"proposed_at": "proposed_at"}

    def make(self, given: dict[str, Any], actor: Person) -> Handover:
        return seats.propose_handover(**given | {"seats": _seats(given["seats"], actor)}, actor=actor)

    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """The giver's or the taker's own word; an officer in their place gives a reason."""

        def do(row: Handover, given: dict[str, Any], actor: Person) -> None:
            seats.confirm_handover(handover=row, actor=actor, on=today(), reason=given.get("reason", ""))

        return self.act(request, do)

    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Nothing moves."""
        return self.act(request, lambda row, given, actor: seats.withdraw_handover(handover=row, actor=actor))


def _seats(numbers: list[int], actor: Person) -> list[Seat]:
    found = {seat.pk: seat for seat in Seat.objects.visible_to(actor).select_related("place").filter(pk__in=numbers)}
    missing = [number for number in numbers if number not in found]
    if missing:
        raise ValidationError({"seats": f"There is no seat {missing[0]}."})
    return list(found.values())
