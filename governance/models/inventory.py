from django.db import models
from django.db.models import F, Q

from governance.choices import Stage, Status
from governance.querysets import ApprovalQuerySet, DeploymentQuerySet, ModelQuerySet, OpenQuerySet, UseCaseQuerySet
from office.models.base import Recorded, choices_check


class Supplier(Recorded):
    """Somebody outside the group who makes or runs AI for it."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=60, blank=True)
    contact = models.CharField(max_length=200, blank=True)

    objects = OpenQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class AIModel(Recorded):
    """One AI model, shared by everything built on it; a scope of its own, since some duties are owed once a model."""

    scope_path = "scope"

    scope = models.OneToOneField("office.Scope", on_delete=models.PROTECT, related_name="ai_model", editable=False)
    seat = models.OneToOneField("office.Seat", on_delete=models.PROTECT, related_name="ai_model", editable=False)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="models", null=True, blank=True)
    version = models.CharField(max_length=60, blank=True)
    filing_number = models.CharField(
        max_length=120, blank=True, help_text="Filing or registration number with a mainland authority."
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)

    objects = ModelQuerySet.as_manager()

    class Meta:
        ordering = ["scope__name", "pk"]
        verbose_name = "AI model"
        constraints = [choices_check("status", Status, "model_status_is_known")]

    def __str__(self) -> str:
        return self.scope.name


class UseCase(Recorded):
    """An idea with a purpose: the same whoever runs it."""

    ref = models.SlugField("reference", max_length=40, unique=True)
    title = models.CharField(max_length=200)
    purpose = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    seat = models.OneToOneField("office.Seat", on_delete=models.PROTECT, related_name="use_case", editable=False)
    registered_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="use_cases_registered", null=True, blank=True
    )

    objects = UseCaseQuerySet.as_manager()

    class Meta:
        ordering = ["ref"]
        constraints = [choices_check("status", Status, "use_case_status_is_known")]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"


class Deployment(Recorded):
    """One use case run by one legal entity. Facts, verdicts, coverage and gaps are per deployment."""

    scope_path = "scope"

    scope = models.OneToOneField("office.Scope", on_delete=models.PROTECT, related_name="deployment", editable=False)
    use_case = models.ForeignKey(UseCase, on_delete=models.PROTECT, related_name="deployments")
    entity = models.ForeignKey("office.LegalEntity", on_delete=models.PROTECT, related_name="deployments")
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.IDEA)
    seat = models.OneToOneField("office.Seat", on_delete=models.PROTECT, related_name="deployment", editable=False)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        ordering = ["use_case__ref", "scope__key"]
        constraints = [
            choices_check("stage", Stage, "deployment_stage_is_known"),
            models.UniqueConstraint(
                fields=["use_case", "entity"],
                name="deployment_once_per_entity",
                violation_error_message="This entity already runs this use case; open that deployment.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.use_case.title} at {self.entity}"


class DeploymentModel(Recorded):
    """A model that a deployment is built on."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="model_links")
    model = models.ForeignKey(AIModel, on_delete=models.PROTECT, related_name="deployment_links")

    class Meta:
        ordering = ["deployment", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "model"],
                name="deployment_names_a_model_once",
                violation_error_message="This deployment already uses this model.",
            )
        ]

    def __str__(self) -> str:
        return str(self.model)


class Approval(Recorded):
    """A body's decision that a deployment may enter a stage, with conditions and an end."""

    scope_path = "deployment.scope"

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="approvals")
    stage = models.CharField(max_length=10, choices=Stage.choices)
    body = models.CharField(max_length=200, help_text="Who decided, e.g. the risk management committee.")
    decided_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    conditions = models.TextField(blank=True)
    recorded_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="approvals_recorded", null=True, blank=True
    )

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["deployment", "-decided_on", "-pk"]
        constraints = [
            choices_check("stage", Stage, "approval_stage_is_known"),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gt=F("decided_on")),
                name="approval_ends_after_it_starts",
                violation_error_message="An approval ends after the day it was given.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} of {self.deployment}, {self.body}"
