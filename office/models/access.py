"""How programs get in: keys that belong to people, and answers kept so that a repeated request does nothing twice."""

from django.db import models
from django.db.models import F, Q

from office.models.base import Recorded, choices_check
from office.querysets import ApiKeyQuerySet


class KeyAccess(models.TextChoices):
    READ = "read", "Reads"
    WRITE = "write", "Reads and writes"
    CALENDAR = "calendar", "Opens the calendar feed only"


class ApiKey(Recorded):
    """A person's key for programs. Only a hash of it is kept; it may do what its person may do, or less."""

    journal_unwritten = ("last_used_at",)

    Access = KeyAccess

    person = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80, help_text="What uses the key, e.g. nightly inventory.")
    prefix = models.CharField(max_length=12, unique=True, help_text="The first part of the key; tells keys apart.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the key.")
    access = models.CharField(max_length=8, choices=KeyAccess.choices, default=KeyAccess.READ)
    created_on = models.DateField()
    expires_on = models.DateField(help_text="Last day on which the key opens anything.")
    revoked_on = models.DateField(null=True, blank=True, help_text="Empty unless revoked.")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute; empty: never used.")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["person__name", "name", "pk"]
        verbose_name = "API key"
        constraints = [
            choices_check("access", KeyAccess, "api_key_access_is_known"),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("created_on")),
                name="api_key_expires_later",
                violation_error_message="A key expires on or after the day it is made.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Replay(models.Model):
    """What was answered to a request with an idempotency key, so that the same request again gets the same answer."""

    person = models.ForeignKey("office.Person", on_delete=models.CASCADE, related_name="replays")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64, help_text="SHA-256 over method, path and content.")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["created_at"], name="replay_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="replay_key_is_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.person}"
