from django.db import models
from django.db.models import F, Q

from controls.choices import ImplementationState, TestResult
from controls.querysets import EvidenceQuerySet, ImplementationQuerySet, TestQuerySet
from office.models.base import Recorded, choices_check


class Implementation(Recorded):
    """A control in a scope. No row: nothing is implemented there; the nearest scope above counts."""

    scope_path = "scope"

    control = models.ForeignKey("controls.Control", on_delete=models.PROTECT, related_name="implementations")
    scope = models.ForeignKey("office.Scope", on_delete=models.PROTECT, related_name="implementations")
    state = models.CharField(max_length=16, choices=ImplementationState.choices)
    since = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    objects = ImplementationQuerySet.as_manager()

    class Meta:
        ordering = ["control__ref", "scope__key"]
        constraints = [
            choices_check("state", ImplementationState, "implementation_state_is_known"),
            models.UniqueConstraint(
                fields=["control", "scope"],
                name="implementation_once_per_scope",
                violation_error_message="This control already has an implementation there; change its state.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.control.ref} in {self.scope}"


class Evidence(Recorded):
    """What shows that an implementation exists: a file or a link, valid from a day until a day."""

    scope_path = "implementation.scope"

    implementation = models.ForeignKey(Implementation, on_delete=models.PROTECT, related_name="evidence")
    title = models.CharField(max_length=200)
    file = models.FileField(upload_to="%Y/%m", blank=True)
    link = models.URLField(blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, editable=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="Last valid day; empty: no end.")
    collected_by = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="evidence_collected")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["implementation", "-valid_from", "-pk"]
        verbose_name_plural = "evidence"
        indexes = [models.Index(fields=["valid_until"], name="evidence_by_end")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="evidence_ends_after_it_starts",
                violation_error_message="Evidence cannot go out of date before it is valid.",
            )
        ]

    def __str__(self) -> str:
        return self.title


class ControlTest(Recorded):
    """One test of an implementation, on a day, by a person, with a result."""

    scope_path = "implementation.scope"

    __test__ = False

    implementation = models.ForeignKey(Implementation, on_delete=models.PROTECT, related_name="tests")
    performed_on = models.DateField()
    result = models.CharField(max_length=6, choices=TestResult.choices)
    tester = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="tests_performed")
    note = models.CharField(max_length=500, blank=True)

    objects = TestQuerySet.as_manager()

    class Meta:
        ordering = ["implementation", "-performed_on", "-pk"]
        verbose_name = "test"
        constraints = [choices_check("result", TestResult, "test_result_is_known")]

    def __str__(self) -> str:
        return f"{self.implementation}, {self.performed_on}: {self.get_result_display().lower()}"
