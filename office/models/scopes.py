from django.db import models
from django.db.models import Q

from office.models.base import Recorded, choices_check
from office.querysets import LegalEntityManager, OfficeQuerySet, ScopeQuerySet


class ScopeKind(models.TextChoices):
    OFFICE = "office", "Office"
    ENTITY = "entity", "Legal entity"
    MODEL = "model", "AI model"
    DEPLOYMENT = "deployment", "Deployment"


class Scope(Recorded):
    """A place in the office where a duty can be owed and a control can be run.

    A small tree: the office; its legal entities and models; under each entity its deployments.
    """

    Kind = ScopeKind

    key = models.SlugField(max_length=80, unique=True, help_text="Public identifier, e.g. hk-bank.")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)

    objects = ScopeQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        indexes = [models.Index(fields=["kind", "key"], name="scope_by_kind")]
        constraints = [
            choices_check("kind", ScopeKind, "scope_kind_is_known"),
            models.CheckConstraint(
                condition=Q(kind="office", parent__isnull=True) | (~Q(kind="office") & Q(parent__isnull=False)),
                name="scope_parent_fits_kind",
                violation_error_message="The office stands at the top; every other scope stands under one.",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="office"),
                name="scope_one_office",
                violation_error_message="There is one office; add legal entities under it.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Office(Recorded):
    """The one governance office of the group."""

    scope = models.OneToOneField(Scope, on_delete=models.PROTECT, related_name="office")
    seat = models.OneToOneField("office.Seat", on_delete=models.PROTECT, related_name="office")

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "office"

    def __str__(self) -> str:
        return self.scope.name


class EntityJurisdiction(models.TextChoices):
    CN = "cn", "Mainland China"
    HK = "hk", "Hong Kong"
    EU = "eu", "European Union"
    US = "us", "United States"
    OTHER = "other", "Elsewhere"


class EntityStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class LegalEntity(Recorded):
    """One legal person of the group: where it is registered, and who answers for it. Its licences are facts."""

    scope_path = "scope"

    Jurisdiction = EntityJurisdiction

    Status = EntityStatus

    scope = models.OneToOneField(Scope, on_delete=models.PROTECT, related_name="entity")
    seat = models.OneToOneField("office.Seat", on_delete=models.PROTECT, related_name="entity")
    city = models.CharField("registered place", max_length=80, blank=True)
    jurisdiction = models.CharField(max_length=10, choices=Jurisdiction.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)

    objects = LegalEntityManager()

    class Meta:
        ordering = ["scope__name", "pk"]
        verbose_name_plural = "legal entities"
        constraints = [
            choices_check("jurisdiction", EntityJurisdiction, "entity_jurisdiction_is_known"),
            choices_check("status", EntityStatus, "entity_status_is_known"),
        ]

    def __str__(self) -> str:
        return self.scope.name
