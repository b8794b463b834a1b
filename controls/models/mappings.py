from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from controls.choices import MappingStatus, RationaleType, RelationshipType
from controls.querysets import AttestationQuerySet, ControlMappingQuerySet, RequirementMappingQuerySet
from frameworks.models import Requirement, RequirementVersion
from office.models.base import Recorded, choices_check


class Mapping(Recorded):
    """A reviewed relationship: type, rationale, who proposed it and which other person approved it."""

    relationship = models.CharField(
        max_length=16, choices=RelationshipType.choices, blank=True, help_text="Empty: published without a type."
    )
    rationale_type = models.CharField(max_length=10, choices=RationaleType.choices, blank=True)
    rationale = models.TextField(blank=True)
    strength = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(10)], help_text="0 to 10; never enters coverage."
    )
    status = models.CharField(max_length=10, choices=MappingStatus.choices, default=MappingStatus.PROPOSED)
    proposed_by = models.ForeignKey(
        "office.Person",
        on_delete=models.PROTECT,
        related_name="%(class)ss_proposed",
        null=True,
        blank=True,
        help_text="Empty: shipped with the product.",
    )
    proposed_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        "office.Person", on_delete=models.PROTECT, related_name="%(class)ss_reviewed", null=True, blank=True
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=200, blank=True, help_text="Where the mapping was published, if it was.")
    comments = models.TextField(blank=True, help_text="What a reader noted; it changes nothing in the review.")

    class Meta:
        abstract = True
        constraints = [
            choices_check("status", MappingStatus, "%(class)s_status_is_known"),
            models.CheckConstraint(
                condition=Q(relationship__in=["", *RelationshipType.values]),
                name="%(class)s_relationship_is_known",
                violation_error_message="The relationship is one of: " + ", ".join(RelationshipType.values) + ".",
            ),
            models.CheckConstraint(
                condition=Q(rationale_type__in=["", *RationaleType.values]),
                name="%(class)s_rationale_type_is_known",
                violation_error_message="The rationale type is one of: " + ", ".join(RationaleType.values) + ".",
            ),
            models.CheckConstraint(
                condition=Q(strength__isnull=True) | Q(strength__lte=10),
                name="%(class)s_strength_is_0_to_10",
                violation_error_message="Strength is a whole number from 0 to 10.",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved")
                | (Q(reviewed_by__isnull=False) & (Q(proposed_by__isnull=True) | ~Q(reviewed_by=F("proposed_by")))),
                name="%(class)s_approved_by_another",
                violation_error_message="A mapping is approved by another person than the one who proposed it.",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | (~Q(relationship="") & ~Q(rationale="")),
                name="%(class)s_approved_has_reasons",
                violation_error_message="A mapping is approved with a relationship type and a rationale.",
            ),
        ]


class ControlMapping(Mapping):
    """A control mapped to a requirement, read control → requirement."""

    control = models.ForeignKey("controls.Control", on_delete=models.PROTECT, related_name="mappings")
    requirement = models.ForeignKey("frameworks.Requirement", on_delete=models.PROTECT, related_name="control_mappings")
    approved_version = models.ForeignKey(
        "frameworks.RequirementVersion",
        on_delete=models.PROTECT,
        related_name="approved_control_mappings",
        null=True,
        blank=True,
        editable=False,
        help_text="The text of the requirement that was approved against.",
    )
    approved_control = models.CharField(max_length=64, blank=True, editable=False)

    objects = ControlMappingQuerySet.as_manager()

    class Meta(Mapping.Meta):
        ordering = ["control__ref", "requirement__position", "pk"]
        indexes = [models.Index(fields=["status", "control"], name="mapping_by_status")]
        constraints = [
            *Mapping.Meta.constraints,
            models.UniqueConstraint(
                fields=["control", "requirement"],
                name="mapping_pair_is_once",
                violation_error_message="This control is already mapped to this requirement; change that mapping.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.control.ref} → {self.requirement.ref}"

    @property
    def text_current(self) -> bool:
        """Whether both texts still stand as they were approved. Reads control, requirement and both versions."""
        return self.approved_control == self.control.text_digest and _stands(self.approved_version, self.requirement)


def _stands(approved: RequirementVersion | None, requirement: Requirement) -> bool:
    """Whether a requirement still says what was approved, and was not retired."""
    return approved is not None and not requirement.is_repealed and approved.says_the_same(requirement.current)


class RequirementMapping(Mapping):
    """A requirement mapped to a requirement of another framework, read focal → reference."""

    focal = models.ForeignKey("frameworks.Requirement", on_delete=models.PROTECT, related_name="mappings_as_focal")
    reference = models.ForeignKey(
        "frameworks.Requirement", on_delete=models.PROTECT, related_name="mappings_as_reference"
    )

    approved_focal = models.ForeignKey(
        "frameworks.RequirementVersion",
        on_delete=models.PROTECT,
        related_name="approved_as_focal",
        null=True,
        blank=True,
        editable=False,
        help_text="The text of the focal requirement that was approved against.",
    )
    approved_reference = models.ForeignKey(
        "frameworks.RequirementVersion",
        on_delete=models.PROTECT,
        related_name="approved_as_reference",
        null=True,
        blank=True,
        editable=False,
        help_text="The text of the reference requirement that was approved against.",
    )

    objects = RequirementMappingQuerySet.as_manager()

    class Meta(Mapping.Meta):
        ordering = ["focal__position", "reference__position", "pk"]
        constraints = [
            *Mapping.Meta.constraints,
            models.UniqueConstraint(
                fields=["focal", "reference"],
                name="crosswalk_pair_is_once",
                violation_error_message="These two requirements are already mapped; change that mapping.",
            ),
            models.CheckConstraint(
                condition=~Q(focal=F("reference")),
                name="crosswalk_needs_two",
                violation_error_message="A requirement is not mapped to itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.focal.ref} → {self.reference.ref}"

    @property
    def text_current(self) -> bool:
        """Whether both texts still stand as they were approved. Reads both requirements and their versions."""
        return _stands(self.approved_focal, self.focal) and _stands(self.approved_reference, self.reference)


class Attestation(Recorded):
    """A person's word that several partial mappings together suffice for a requirement in a scope."""

    scope_path = "scope"

    requirement = models.ForeignKey("frameworks.Requirement", on_delete=models.PROTECT, related_name="attestations")
    scope = models.ForeignKey("office.Scope", on_delete=models.PROTECT, related_name="attestations")
    version = models.ForeignKey(
        "frameworks.RequirementVersion", on_delete=models.PROTECT, related_name="attestations", editable=False
    )
    reason = models.TextField()
    attested_by = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="attestations")
    attested_at = models.DateTimeField()

    objects = AttestationQuerySet.as_manager()

    class Meta:
        ordering = ["-attested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["requirement", "scope"],
                name="attestation_once_per_scope",
                violation_error_message="Somebody already attested this requirement here; change that attestation.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="attestation_has_a_reason",
                violation_error_message="Say why these parts suffice together.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement.ref} in {self.scope}"


class AttestationItem(Recorded):
    """One mapping of an attested set."""

    attestation = models.ForeignKey(Attestation, on_delete=models.CASCADE, related_name="items")
    mapping = models.ForeignKey(ControlMapping, on_delete=models.PROTECT, related_name="attestation_items")

    class Meta:
        ordering = ["attestation", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["attestation", "mapping"],
                name="attestation_names_a_mapping_once",
                violation_error_message="This mapping is already part of the set.",
            )
        ]

    def __str__(self) -> str:
        return str(self.mapping)
