from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from frameworks.choices import UNVERIFIED, Force, ItemKind, LegalStatus, OwedBy, PenaltyTier, TextOrigin, Verification
from frameworks.querysets import ItemQuerySet, RequirementQuerySet, VersionQuerySet
from office.models.base import Recorded, choices_check

TEXT_FIELDS = ("citation", "title", "summary", "bearer")
"""What a mapping is approved against."""


class Requirement(Recorded):
    """One thing that is demanded, under an id that is never used for anything else. What it says is in its versions."""

    ref = models.CharField("reference", max_length=80, unique=True)
    family = models.ForeignKey("frameworks.Family", on_delete=models.PROTECT, related_name="requirements")
    instrument = models.ForeignKey("frameworks.Instrument", on_delete=models.PROTECT, related_name="requirements")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)
    position = models.PositiveIntegerField(help_text="Place in the catalogue of its family.")
    current = models.OneToOneField(
        "frameworks.RequirementVersion",
        on_delete=models.PROTECT,
        related_name="current_of",
        null=True,
        blank=True,
        help_text="The newest version; its text is what mappings are approved against.",
    )

    objects = RequirementQuerySet.as_manager()

    class Meta:
        ordering = ["family__title", "position", "pk"]
        indexes = [models.Index(fields=["family", "position"], name="requirement_in_order")]

    def __str__(self) -> str:
        return f"{self.ref} {self.current.title}" if self.current else self.ref

    @property
    def is_repealed(self) -> bool:
        return self.current is not None and self.current.known_until is not None


class RequirementVersion(Recorded):
    """What a requirement says, to whom and from when, as known from one day until another. Never overwritten."""

    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="versions")
    release = models.ForeignKey("frameworks.Release", on_delete=models.PROTECT, related_name="versions")
    known_from = models.DateField(null=True, blank=True, help_text="Empty: always known, the sheet gives no day.")
    known_until = models.DateField(null=True, blank=True, help_text="Empty: still stands.")
    citation = models.CharField(max_length=300)
    title = models.CharField(max_length=400)
    summary = models.TextField()
    bearer = models.CharField(max_length=200)
    applies_when = models.JSONField(help_text="Scope, role and trigger in one condition.")
    routes = models.JSONField(help_text="From when it applies, by route.")
    owed_by = models.CharField(max_length=10, choices=OwedBy.choices, blank=True)
    force = models.CharField(max_length=10, choices=Force.choices)
    supervised = models.BooleanField(default=False, help_text="Circulars: an expectation for the supervised entity.")
    status = models.CharField(max_length=10, choices=LegalStatus.choices, default=LegalStatus.IN_FORCE)
    is_heading = models.BooleanField("heading", default=False)
    is_context = models.BooleanField("context only", default=False)
    one_of = models.CharField(max_length=80, blank=True, help_text="Rows with the same key are alternatives.")
    evidence = models.TextField(blank=True)
    cadence = models.CharField(max_length=300, blank=True)
    penalty = models.TextField(blank=True)
    penalty_tier = models.CharField(max_length=12, choices=PenaltyTier.choices)
    source = models.CharField(max_length=200)
    verification = models.CharField(max_length=5, choices=Verification.choices)
    note = models.TextField(blank=True)
    characteristics = models.JSONField(
        default=list, blank=True, help_text="NIST: trustworthiness characteristics that the outcome is about."
    )
    actor_tasks = models.JSONField(default=list, blank=True, help_text="NIST: who usually works on the outcome.")
    digest = models.CharField(max_length=64)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["requirement__position", "known_from", "pk"]
        indexes = [models.Index(fields=["known_until", "known_from"], name="version_by_knowledge")]
        constraints = [
            choices_check("force", Force, "version_force_is_known"),
            choices_check("status", LegalStatus, "version_status_is_known"),
            choices_check("penalty_tier", PenaltyTier, "version_penalty_tier_is_known"),
            choices_check("verification", Verification, "version_verification_is_known"),
            models.CheckConstraint(
                condition=Q(owed_by__in=OwedBy.values) | Q(is_heading=True) | Q(is_context=True),
                name="version_is_owed_by_somebody",
                violation_error_message="A requirement is owed at one level, unless it is a heading or context.",
            ),
            models.CheckConstraint(
                condition=Q(known_until__isnull=True) | Q(known_from__isnull=True) | Q(known_until__gt=F("known_from")),
                name="version_known_until_is_later",
                violation_error_message="A version stops being the known one after it became known.",
            ),
            models.UniqueConstraint(
                fields=["requirement"],
                condition=Q(known_until__isnull=True),
                name="version_one_stands",
                violation_error_message="A requirement has one version that stands; close it before adding another.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.citation}: {self.title}"

    def clean(self) -> None:
        """A version is never overwritten; only the day on which it was replaced is added, once."""
        super().clean()
        if self.pk is None:
            return
        stored = type(self).objects.filter(pk=self.pk).first()
        names = [field.attname for field in self._meta.concrete_fields if field.name != "known_until"]
        if stored and [getattr(stored, name) for name in names] != [getattr(self, name) for name in names]:
            raise ValidationError(
                f"{self.citation}: a version of a requirement is never overwritten. Load a catalogue release with a day of "
                "its own; it adds a version and keeps this one."
            )
        if stored and stored.known_until and stored.known_until != self.known_until:
            raise ValidationError(f"{self.citation}: the day on which this version was replaced is already set.")

    @property
    def is_unverified(self) -> bool:
        return self.verification in UNVERIFIED

    def says_the_same(self, other: "RequirementVersion | None") -> bool:
        """Whether the words are equal; a later version may only move a date, and then an approval stands."""
        return other is not None and all(getattr(self, name) == getattr(other, name) for name in TEXT_FIELDS)


class RequirementText(Recorded):
    """Title and summary of a version in one language, with where the words come from."""

    version = models.ForeignKey(RequirementVersion, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=12, help_text="BCP 47: en, zh-Hans, zh-Hant.")
    origin = models.CharField(max_length=10, choices=TextOrigin.choices)
    title = models.CharField(max_length=400)
    summary = models.TextField(blank=True)
    verification = models.CharField(max_length=5, choices=Verification.choices)

    class Meta:
        ordering = ["version", "language", "origin"]
        constraints = [
            choices_check("origin", TextOrigin, "text_origin_is_known"),
            models.UniqueConstraint(
                fields=["version", "language", "origin"],
                name="text_once_per_language_and_origin",
                violation_error_message="This version already has a text of that language and origin.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"


class RequirementItem(Recorded):
    """A part of a version that is ticked off by itself: a point of an annex, or a suggested action of a profile.

    Nobody owes an item; the requirement is owed.
    """

    version = models.ForeignKey(RequirementVersion, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    ref = models.CharField("reference", max_length=60)
    kind = models.CharField(max_length=10, choices=ItemKind.choices)
    part = models.CharField(max_length=120, blank=True, help_text="The heading it stands under.")
    title = models.CharField(max_length=300)
    risks = models.JSONField(default=list, blank=True, help_text="NIST AI 600-1: the risks that the action is about.")
    actor_tasks = models.JSONField(default=list, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["version", "position"]
        verbose_name = "item"
        constraints = [
            choices_check("kind", ItemKind, "item_kind_is_known"),
            models.UniqueConstraint(
                fields=["version", "ref"],
                name="item_once_per_version",
                violation_error_message="This version already has an item of that reference.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
