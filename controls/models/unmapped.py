from django.db import models
from django.db.models import Q

from controls.querysets import ConflictQuerySet, NoControlQuerySet
from office.models.base import Recorded


class NoControl(Recorded):
    """A reasoned word that no control fits a requirement, so that its being unmapped is no oversight."""

    requirement = models.OneToOneField("frameworks.Requirement", on_delete=models.PROTECT, related_name="no_control")
    reason = models.TextField()
    stated_by = models.ForeignKey(
        "office.Person",
        on_delete=models.PROTECT,
        related_name="no_controls_stated",
        null=True,
        blank=True,
        editable=False,
        help_text="Empty: shipped with the product.",
    )
    stated_at = models.DateTimeField(editable=False)

    objects = NoControlQuerySet.as_manager()

    class Meta:
        ordering = ["requirement__position", "pk"]
        verbose_name = "reason why no control fits"
        verbose_name_plural = "reasons why no control fits"
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="nocontrol_has_a_reason",
                violation_error_message="Say why no control fits; an auditor will ask.",
            )
        ]

    def __str__(self) -> str:
        return f"No control fits {self.requirement.ref}"


class Conflict(Recorded):
    """Demands of two markets that one global setting cannot serve. The office decides; nobody picks a winner for it."""

    ref = models.CharField("reference", max_length=20, unique=True)
    title = models.CharField(max_length=200)
    question = models.TextField()
    why = models.TextField()
    sides = models.JSONField(help_text="Market, what it demands, and the requirements that say so.")
    options = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=200, blank=True)
    decision = models.TextField(blank=True, help_text="Empty: nobody has decided yet.")
    decided_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="conflicts_decided", null=True, blank=True
    )
    decided_on = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True, help_text="The day on which it is looked at again.")

    objects = ConflictQuerySet.as_manager()

    class Meta:
        ordering = ["ref"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_by__isnull=True, decided_on__isnull=True, review_on__isnull=True)
                | (~Q(decision="") & Q(decided_by__isnull=False, decided_on__isnull=False, review_on__isnull=False)),
                name="conflict_decided_needs_all",
                violation_error_message="A decision names what is decided, by whom, when, and when it is looked at again.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
