from django.db import models

from frameworks.choices import FamilyOrigin, Force, Verification
from frameworks.querysets import FamilyQuerySet, InstrumentQuerySet, ReleaseQuerySet
from office.models.base import Recorded, choices_check


class Family(Recorded):
    """A body of rules that an office adopts as a whole: EU AI Act, NIST AI RMF, mainland China, Hong Kong."""

    key = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    title_zh = models.CharField("Chinese title", max_length=200, blank=True)
    jurisdiction = models.CharField(max_length=10)
    issuer = models.CharField(max_length=200)
    origin = models.CharField(
        max_length=8,
        choices=FamilyOrigin.choices,
        default=FamilyOrigin.SHIPPED,
        help_text="An imported family is followed where somebody says so; a shipped one unless somebody says not.",
    )
    source_id = models.CharField(
        max_length=200, blank=True, help_text="The name of an imported library in its own file."
    )
    is_voluntary = models.BooleanField("voluntary", default=False, help_text="Binds by adoption only.")

    objects = FamilyQuerySet.as_manager()

    class Meta:
        ordering = ["title", "key"]
        verbose_name_plural = "families"
        constraints = [choices_check("origin", FamilyOrigin, "family_origin_is_known")]

    def __str__(self) -> str:
        return self.title


class Instrument(Recorded):
    """A law, regulation, standard, circular or guideline, with issuer, number and status."""

    family = models.ForeignKey(Family, on_delete=models.PROTECT, related_name="instruments")
    ref = models.CharField("reference", max_length=60, unique=True)
    title = models.CharField(max_length=300)
    title_zh = models.CharField("Chinese title", max_length=300, blank=True)
    issuer = models.CharField(max_length=300, blank=True)
    number = models.CharField(max_length=120, blank=True)
    force = models.CharField(max_length=10, choices=Force.choices)
    status = models.CharField(max_length=300)
    adopted = models.CharField("adopted / effective", max_length=200, blank=True)
    applies = models.TextField("applies to", blank=True)
    source = models.CharField(max_length=200)
    verification = models.CharField(max_length=5, choices=Verification.choices)

    objects = InstrumentQuerySet.as_manager()

    class Meta:
        ordering = ["family__title", "ref"]
        constraints = [
            choices_check("force", Force, "instrument_force_is_known"),
            choices_check("verification", Verification, "instrument_verification_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ref}: {self.title}"


class Release(Recorded):
    """One loaded state of a family's catalogue: what changed became known on this day."""

    family = models.ForeignKey(Family, on_delete=models.PROTECT, related_name="releases")
    known_from = models.DateField()
    title = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    loaded_at = models.DateTimeField()

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["family__title", "known_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["family", "known_from"],
                name="release_day_is_once_per_family",
                violation_error_message="This family already has a release of that day.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.family}, {self.known_from}: {self.title}"
