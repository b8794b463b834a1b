"""Adjectives of what we do. Controls and mappings are the office's; implementations belong to a scope."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from office.models import Scope
from office.querysets import holders


class _OpenToRoles(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.all() if person is not None and person.memberships.exists() else self.none()


class ControlQuerySet(_OpenToRoles):
    def active(self) -> Self:
        return self.filter(status="active")

    def for_register(self) -> Self:
        return (
            self.select_related("seat")
            .prefetch_related(holders(self))
            .annotate(mapped=models.Count("mappings", distinct=True))
        )


class _Mappings(_OpenToRoles):
    def waiting(self) -> Self:
        return self.filter(status__in=["proposed", "re_review"])

    def approved(self) -> Self:
        return self.filter(status="approved")

    def not_proposed_by(self, person: Any) -> Self:
        """NULL proposed_by: shipped with the product, proposed by nobody here."""
        return self.filter(Q(proposed_by__isnull=True) | ~Q(proposed_by=person))


class ControlMappingQuerySet(_Mappings):
    def of_family(self, key: str) -> Self:
        return self.filter(requirement__family__key=key)

    def for_review(self) -> Self:
        """Everything that the page of one mapping shows, but for its history."""
        return self.select_related(
            "control", "requirement__current", "requirement__family", "requirement__instrument", "approved_version",
            "proposed_by", "reviewed_by",
        ).prefetch_related("requirement__current__items", "requirement__current__texts")  # fmt: skip

    def for_register(self) -> Self:
        return self.select_related(
            "control", "requirement__current", "requirement__family", "proposed_by", "reviewed_by", "approved_version"
        )


class RequirementMappingQuerySet(_Mappings):
    def of_family(self, key: str) -> Self:
        return self.filter(Q(focal__family__key=key) | Q(reference__family__key=key))

    def for_review(self) -> Self:
        """Everything that the page of one mapping shows, but for its history."""
        ends = ("focal", "reference")
        related = [f"{end}__{name}" for end in ends for name in ("current", "family", "instrument")]
        parts = [f"{end}__current__{name}" for end in ends for name in ("items", "texts")]
        return self.select_related(
            *related, "approved_focal", "approved_reference", "proposed_by", "reviewed_by"
        ).prefetch_related(*parts)

    def for_register(self) -> Self:
        return self.select_related(
            "focal__current", "focal__family", "reference__current", "reference__family", "proposed_by", "reviewed_by"
        )


class NoControlQuerySet(_OpenToRoles):
    def for_register(self) -> Self:
        return self.select_related("requirement__current", "requirement__family", "stated_by")


class ConflictQuerySet(_OpenToRoles):
    def undecided(self) -> Self:
        return self.filter(decision="")

    def for_register(self) -> Self:
        return self.select_related("decided_by")


class ImplementationQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.filter(scope__in=Scope.objects.visible_to(person))

    def for_register(self) -> Self:
        return self.select_related("control", "scope")


class AttestationQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.filter(scope__in=Scope.objects.visible_to(person))

    def for_register(self) -> Self:
        return self.select_related("requirement__current", "scope", "attested_by")


class _OfImplementation(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.filter(implementation__scope__in=Scope.objects.visible_to(person))


class EvidenceQuerySet(_OfImplementation):
    def valid(self, on: date) -> Self:
        """NULL valid_until means that the evidence has no end."""
        return self.filter(valid_from__lte=on).filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on))

    def expiring(self, on: date, until: date) -> Self:
        return self.filter(valid_until__gte=on, valid_until__lte=until)

    def for_register(self) -> Self:
        return self.select_related("implementation__control", "implementation__scope", "collected_by")


class TestQuerySet(_OfImplementation):
    __test__ = False

    def for_register(self) -> Self:
        return self.select_related("implementation__control", "implementation__scope", "tester")
