"""Files that people bring to change the office."""

from django.db import models

from office.models.base import choices_check
from office.querysets import UploadQuerySet


class UploadStatus(models.TextChoices):
    READING = "reading", "Being read"
    SHOWN = "shown", "Plan shown, nothing written"
    APPLYING = "applying", "Being applied"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Could not be read or applied"


class Upload(models.Model):
    """A sheet that somebody brought: the plan of what it would change, and whether it did. Nothing is written unseen."""

    Status = UploadStatus

    noun = models.CharField(max_length=30)
    name = models.CharField(max_length=200, help_text="As the file was called.")
    file = models.FileField(upload_to="uploads/%Y/%m")
    sha256 = models.CharField("SHA-256", max_length=64)
    person = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="uploads")
    status = models.CharField(max_length=9, choices=UploadStatus.choices, default=UploadStatus.READING)
    digest = models.CharField(max_length=64, blank=True, help_text="Names exactly what would be written.")
    totals = models.JSONField(default=dict)
    plan = models.JSONField(default=list, help_text="The first rows that are new, changed or refused.")
    message = models.CharField(max_length=1000, blank=True)
    job = models.ForeignKey("office.Job", on_delete=models.SET_NULL, related_name="uploads", null=True, blank=True)
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [choices_check("status", UploadStatus, "upload_status_is_known")]

    def __str__(self) -> str:
        return f"{self.name} ({self.noun})"
