from django.db import models
from django.db.models import Q

from office.models.base import choices_check
from office.querysets import JobQuerySet


class JobStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Job(models.Model):
    """Long work. The row is the truth; a queue message only says "look at it"."""

    Status = JobStatus

    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=9, choices=JobStatus.choices, default=JobStatus.QUEUED)
    progress = models.PositiveIntegerField(default=0, help_text="Units finished.")
    total = models.PositiveIntegerField(default=0, help_text="Units in all; 0 while unknown.")
    message = models.CharField(max_length=500, blank=True)
    result = models.JSONField(null=True, blank=True)
    file = models.FileField(upload_to="jobs/%Y/%m", blank=True, help_text="What the job made, to download.")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Empty unless a worker holds the job.")
    not_before = models.DateTimeField(null=True, blank=True, help_text="Empty: at once.")
    cancel_asked = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="jobs", null=True, blank=True
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "lease_until"], name="job_waiting"),
            models.Index(fields=["kind", "created_at"], name="job_by_kind"),
        ]
        constraints = [
            choices_check("status", JobStatus, "job_status_is_known"),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False),
                name="job_running_has_a_lease",
                violation_error_message="A running job holds a lease.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}: {self.get_status_display().lower()}"

    @property
    def kind_words(self) -> str:
        """The kind as a person would say it."""
        return self.kind.replace("_", " ").capitalize()
