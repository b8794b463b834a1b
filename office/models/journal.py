from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from office.querysets import JournalEventQuerySet


class JournalBatch(models.Model):
    """One outermost transaction: who wrote, when, and why."""

    at = models.DateTimeField()
    actor_ref = models.CharField(max_length=40, help_text="Reference of the person, or `system`.")
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "journal batches"

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.actor_ref}: {self.reason}"


class JournalEvent(models.Model):
    """One write of one row, chained to the event before it. Never changed, never deleted."""

    class Verb(models.TextChoices):
        CREATE = "create", "created"
        CHANGE = "change", "changed"
        DELETE = "delete", "deleted"

    seq = models.BigIntegerField(primary_key=True)
    batch = models.ForeignKey(JournalBatch, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    actor_ref = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    verb = models.CharField(max_length=6, choices=Verb.choices)
    noun = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    before = models.JSONField(encoder=DjangoJSONEncoder, null=True)
    after = models.JSONField(encoder=DjangoJSONEncoder, null=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = JournalEventQuerySet.as_manager()

    class Meta:
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["noun", "object_id", "seq"], name="event_by_object"),
            models.Index(fields=["at"], name="event_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(seq__gte=1), name="event_seq_starts_at_one"),
            models.CheckConstraint(condition=Q(verb__in=["create", "change", "delete"]), name="event_verb_is_known"),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.actor_ref} {self.get_verb_display()} {self.noun} {self.object_id}"


class JournalHead(models.Model):
    """The last link of the chain: one row, locked last by every writer."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="journal_has_one_head")]

    def __str__(self) -> str:
        return f"#{self.seq} {self.hash[:12]}"
