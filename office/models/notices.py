"""How the office tells others: webhooks with their deliveries, and notices that people got."""

import base64
import secrets

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from office.models.base import Recorded, choices_check
from office.querysets import DeliveryQuerySet, WebhookQuerySet


class EventKind(models.TextChoices):
    GAP_OPENED = "gap.opened", "Gaps opened or reopened"
    GAP_DUE = "gap.due", "Gaps come due"
    GAP_CLOSED = "gap.closed", "Gaps closed"
    HANDOVER_ASKED = "handover.asked", "A handover waits for somebody's word"
    LAW_CHANGED = "law.changed", "A catalogue release was loaded"


def new_secret() -> str:
    """As Standard Webhooks writes it: 32 random bytes in base64 after a prefix."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Webhook(Recorded):
    """An address outside that is told when something happens. Every message is signed with the secret."""

    journal_personal = ("secret",)

    name = models.CharField(max_length=80)
    url = models.URLField("address", max_length=500, help_text="https://… of the receiving system.")
    events = models.JSONField(default=list, help_text="Which events it is told of.")
    secret = models.CharField(max_length=100, default=new_secret, editable=False)
    is_active = models.BooleanField("active", default=True)
    person = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="webhooks", help_text="Who answers for it."
    )

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="webhook_name_is_once",
                violation_error_message="There is already a webhook of that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        known = EventKind.values
        listed = self.events if isinstance(self.events, list) else [self.events]
        unknown = [str(word) for word in listed if word not in known]
        if unknown:
            raise ValidationError({"events": f"There is no event “{unknown[0]}”. Events: {', '.join(known)}."})


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class Delivery(models.Model):
    """One message to one webhook: the row is written with what it tells of, a job brings it there."""

    Status = DeliveryStatus

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20, choices=EventKind.choices)
    body = models.JSONField(encoder=DjangoJSONEncoder)
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    answered = models.PositiveSmallIntegerField("status answered", null=True, blank=True)
    message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["status", "created_at"], name="delivery_by_status")]
        constraints = [choices_check("status", DeliveryStatus, "delivery_status_is_known")]

    def __str__(self) -> str:
        return f"{self.get_event_display()} to {self.webhook}"


class Notice(models.Model):
    """That a person was told of something with a day. Told once, however often the schedule looks."""

    person = models.ForeignKey("office.Person", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=30)
    noun = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    due_on = models.DateField()
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "noun", "object_id", "due_on"], name="notice_is_given_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.noun} {self.object_id} to {self.person}"
