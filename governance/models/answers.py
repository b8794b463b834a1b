from django.db import models
from django.db.models import Q

from governance.choices import VerdictWord
from governance.querysets import AdoptionQuerySet, AnswerQuerySet, DecisionQuerySet, TransferQuerySet
from office.models.base import Recorded, choices_check


class Answer(Recorded):
    """The answer to one fact, at its one subject: a scope (office, entity, model, deployment) or a use case."""

    scope = models.ForeignKey(
        "office.Scope", on_delete=models.PROTECT, related_name="answers", null=True, blank=True,
        help_text="Empty when the subject is a use case.",
    )  # fmt: skip
    use_case = models.ForeignKey(
        "governance.UseCase", on_delete=models.PROTECT, related_name="answers", null=True, blank=True
    )
    fact = models.CharField(max_length=80, help_text="Key of the vocabulary.")
    value = models.JSONField(help_text='The answer; "unknown" when somebody said that it is not known.')
    answered_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="answers", null=True, blank=True
    )
    answered_at = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["fact", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__isnull=False, use_case__isnull=True) | Q(scope__isnull=True, use_case__isnull=False),
                name="answer_has_one_subject",
                violation_error_message="An answer is about one subject: a scope or a use case.",
            ),
            models.UniqueConstraint(
                fields=["scope", "fact"],
                condition=Q(scope__isnull=False),
                name="answer_once_per_scope",
                violation_error_message="This fact is already answered there; change that answer.",
            ),
            models.UniqueConstraint(
                fields=["use_case", "fact"],
                condition=Q(use_case__isnull=False),
                name="answer_once_per_use_case",
                violation_error_message="This fact is already answered there; change that answer.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fact}: {self.value}"


class Transfer(Recorded):
    """One data flow across a border, with its exporting entity; volumes are summed over that entity's flows."""

    scope_path = "deployment.scope"

    deployment = models.ForeignKey("governance.Deployment", on_delete=models.PROTECT, related_name="transfers")
    exporter = models.ForeignKey("office.LegalEntity", on_delete=models.PROTECT, related_name="transfers")
    name = models.SlugField(max_length=60)
    record = models.JSONField(default=dict, blank=True, help_text="The fields of the vocabulary's flow form.")

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["deployment", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "name"],
                name="transfer_name_is_once",
                violation_error_message="This deployment already has a flow of that name.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.deployment}"


class ApplicabilityDecision(Recorded):
    """A person's decision that a requirement applies or does not apply in a subject, against or beside the engine."""

    scope_path = "scope"

    scope = models.ForeignKey("office.Scope", on_delete=models.PROTECT, related_name="applicability_decisions")
    requirement = models.ForeignKey(
        "frameworks.Requirement", on_delete=models.PROTECT, related_name="applicability_decisions"
    )
    verdict = models.CharField(max_length=16, choices=VerdictWord.choices)
    reason = models.TextField()
    decided_by = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="applicability_decisions")
    decided_at = models.DateTimeField()
    review_on = models.DateField(null=True, blank=True, help_text="When it should be looked at again.")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["scope__key", "requirement__position"]
        constraints = [
            choices_check("verdict", VerdictWord, "decision_verdict_is_known"),
            models.UniqueConstraint(
                fields=["scope", "requirement"],
                name="decision_once_per_scope",
                violation_error_message="There is already a decision on this requirement here; change that one.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="decision_has_a_reason",
                violation_error_message="Say why; an auditor will ask.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement.ref} {self.get_verdict_display().lower()} in {self.scope}"


class Adoption(Recorded):
    """Whether a family is followed in a scope; the nearest scope wins, and without a row a family is followed."""

    scope_path = "scope"

    scope = models.ForeignKey("office.Scope", on_delete=models.PROTECT, related_name="adoptions")
    family = models.ForeignKey("frameworks.Family", on_delete=models.PROTECT, related_name="adoptions")
    adopted = models.BooleanField(default=True)
    reason = models.CharField(max_length=500)

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        ordering = ["family__title", "scope__key"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "family"],
                name="adoption_once_per_scope",
                violation_error_message="This family already has a decision here; change that one.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.family} {'followed' if self.adopted else 'not followed'} in {self.scope}"
