"""Other programs: keys that let them in, webhooks that tell them."""

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from office.models import ApiKey, Delivery, Person, Webhook
from office.models.notices import EventKind
from office.rest.access import caller_of
from office.rest.fields import ClosedChoice, Named
from office.rest.serializers import NounSerializer
from office.rest.viewsets import Deletes, Nouns
from office.services import api_keys, webhooks
from office.today import today


class ApiKeySerializer(NounSerializer):
    person = Named(Person, read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "id", "person", "name", "prefix", "access", "created_on", "expires_on", "revoked_on", "last_used_at",
        )  # fmt: skip
        read_only_fields = fields


class ApiKeyViewSet(Nouns):
    """Keys for programs. They are made in the portal or by command, so that no key makes another."""

    model = ApiKey
    serializer_class = ApiKeySerializer
    own_word = ("revoke",)
    unmatched = ("revoke",)
    filters = {"access": "access", "person": "person__ref"}
    orders = {"name": "name", "expires_on": "expires_on"}

    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Opens nothing from now on."""
        row = api_keys.revoke_key(key=self.found(), on=today(), actor=caller_of(request))
        return self.shown(self.reread(row))


class WebhookSerializer(NounSerializer):
    person = Named(Person, read_only=True)
    events = serializers.ListField(child=ClosedChoice(EventKind.choices), min_length=1, max_length=10)

    class Meta:
        model = Webhook
        fields = ("id", "name", "url", "events", "is_active", "person")


class WebhookWithSecret(WebhookSerializer):
    """Shown once, when it is made."""

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")  # type: ignore[assignment]
        read_only_fields = ("secret",)


class WebhookViewSet(Deletes):
    """Addresses outside that are told what happens. The secret that signs is shown once, in the answer to its making."""

    samples = {
        "create": {
            "name": "Ticket system",
            "url": "https://tickets.example.com/hooks/office",
            "events": ["gap.opened", "gap.closed"],
        }
    }
    model = Webhook
    serializer_class = WebhookSerializer
    answers = {"create": WebhookWithSecret}
    filters = {"is_active": "is_active"}
    search_fields = ("name", "url")
    orders = {"name": "name"}

    def make(self, given: dict[str, Any], actor: Person) -> Webhook:
        return super().make(given | {"person": actor}, actor)

    def write(self, row: Webhook, actor: Person) -> None:
        webhooks.save_webhook(webhook=row, actor=actor)

    def created(self, row: Webhook) -> Response:
        response = super().created(row)
        response.data = {**response.data, "secret": row.secret}
        return response


class DeliverySerializer(NounSerializer):
    class Meta:
        model = Delivery
        fields = (
            "id", "webhook", "event", "body", "status", "attempts", "answered", "message", "created_at", "delivered_at",
        )  # fmt: skip


class DeliveryViewSet(Nouns):
    """What was told to webhooks, and how they answered."""

    model = Delivery
    serializer_class = DeliverySerializer
    filters = {"webhook": "webhook", "event": "event", "status": "status"}
    orders = {"created_at": "created_at"}
