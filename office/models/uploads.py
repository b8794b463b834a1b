"""Files that people bring to change the office."""

from django.db import models

from office.models.base import choices_check
from office.models.jobs import Job
from office.querysets import UploadQuerySet


class UploadStatus(models.TextChoices):
    READING = "reading", "Being read"
    SHOWN = "shown", "Plan shown, nothing written"
    APPLYING = "applying", "Being applied"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Could not be read or applied"


LEFT_BEHIND = {UploadStatus.READING.value: UploadStatus.FAILED, UploadStatus.APPLYING.value: UploadStatus.SHOWN}
"""What a file that was being worked on is once its job is over without an end."""


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

    @property
    def state(self) -> UploadStatus:
        """How it stands. Where the work behind it was stopped or failed, nothing is being read or applied any more."""
        if self.job is None or self.job.status not in (Job.Status.FAILED, Job.Status.CANCELLED):
            return UploadStatus(self.status)
        return LEFT_BEHIND.get(self.status, UploadStatus(self.status))

    @property
    def state_words(self) -> str:
        return str(self.state.label)

    @property
    def told(self) -> str:
        """What its person should know: why it could not be read or applied, or what became of the work behind it."""
        if self.job is None or self.state == self.status:
            return self.message
        end = "Bring the file again." if self.state == UploadStatus.FAILED else "Nothing was written."
        return f"{self.job.message} {end}".strip()
