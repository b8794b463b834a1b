from django.db import models
from django.db.models import F, Q

from governance.choices import ActionStatus, GapStatus, Severity
from governance.querysets import ActionQuerySet, GapQuerySet
from office.models.base import Recorded, choices_check


class Gap(Recorded):
    """A requirement that applies in a subject and is not shown to be covered. The same row reopens."""

    scope_path = "scope"

    scope = models.ForeignKey("office.Scope", on_delete=models.PROTECT, related_name="gaps", verbose_name="subject")
    requirement = models.ForeignKey("frameworks.Requirement", on_delete=models.PROTECT, related_name="gaps")
    status = models.CharField(max_length=8, choices=GapStatus.choices, default=GapStatus.OPEN)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    timing = models.CharField(max_length=14)
    applies_from = models.DateField(null=True, blank=True, help_text="Empty: no single day is known.")
    opened_on = models.DateField()
    due_on = models.DateField()
    reason = models.TextField()
    seat = models.ForeignKey("office.Seat", on_delete=models.PROTECT, related_name="gaps")
    reopened = models.PositiveIntegerField("times reopened", default=0)
    closed_on = models.DateField(null=True, blank=True)
    accepted_until = models.DateField(null=True, blank=True, help_text="Empty unless accepted.")
    accepted_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="gaps_accepted", null=True, blank=True
    )
    acceptance_reason = models.CharField(max_length=500, blank=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(fields=["status", "due_on"], name="gap_by_due"),
            models.Index(fields=["due_on", "id"], name="gap_in_order"),
            models.Index(fields=["scope", "status"], name="gap_by_scope"),
        ]
        constraints = [
            choices_check("status", GapStatus, "gap_status_is_known"),
            choices_check("severity", Severity, "gap_severity_is_known"),
            models.UniqueConstraint(
                fields=["scope", "requirement"],
                name="gap_once_per_subject",
                violation_error_message="There is already a gap for this requirement here; it reopens.",
            ),
            models.CheckConstraint(
                condition=~Q(status="accepted")
                | (Q(accepted_until__isnull=False, accepted_by__isnull=False) & ~Q(acceptance_reason="")),
                name="gap_accepted_needs_all",
                violation_error_message="Accepting a gap needs a reason, an approver and a day on which it ends.",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("opened_on")),
                name="gap_due_after_opening",
                violation_error_message="A gap is due on or after the day it was opened.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement.ref} in {self.scope}"


class Action(Recorded):
    """Work that closes one or many gaps. Closing it closes no gap: the cause must go."""

    title = models.CharField(max_length=200)
    person = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="actions")
    due_on = models.DateField()
    status = models.CharField(max_length=8, choices=ActionStatus.choices, default=ActionStatus.OPEN)
    note = models.TextField(blank=True)

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [choices_check("status", ActionStatus, "action_status_is_known")]

    def __str__(self) -> str:
        return self.title


class ActionGap(Recorded):
    """A gap that an action works on."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="items")
    gap = models.ForeignKey(Gap, on_delete=models.PROTECT, related_name="action_items")

    class Meta:
        ordering = ["action", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "gap"],
                name="action_names_a_gap_once",
                violation_error_message="This action already works on this gap.",
            )
        ]

    def __str__(self) -> str:
        return str(self.gap)
