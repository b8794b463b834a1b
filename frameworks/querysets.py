"""Adjectives of the law. The law is open to everybody who has a role."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q


class _OpenToRoles(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.all() if person is not None and person.memberships.exists() else self.none()


class FamilyQuerySet(_OpenToRoles):
    def for_register(self) -> Self:
        return self.annotate(rows=models.Count("requirements"))


class InstrumentQuerySet(_OpenToRoles):
    def for_register(self) -> Self:
        return self.select_related("family").annotate(rows=models.Count("requirements"))


class ReleaseQuerySet(_OpenToRoles):
    def for_register(self) -> Self:
        return self.select_related("family")


class RequirementQuerySet(_OpenToRoles):
    def duties(self) -> Self:
        """Rows that somebody owes: neither headings nor context."""
        return self.filter(current__is_heading=False, current__is_context=False)

    def standing(self) -> Self:
        """Not repealed: NULL known_until means that the newest version still stands."""
        return self.filter(current__known_until__isnull=True)

    def for_register(self) -> Self:
        return self.select_related("family", "instrument", "current").prefetch_related("current__counsel_reviews")


class VersionQuerySet(_OpenToRoles):
    def known_on(self, day: date) -> Self:
        """The versions that stood on a day. NULL known_from: always known; NULL known_until: still stands."""
        began = Q(known_from__isnull=True) | Q(known_from__lte=day)
        return self.filter(began).filter(Q(known_until__isnull=True) | Q(known_until__gt=day))

    def for_register(self) -> Self:
        return self.select_related("requirement", "release__family")

    def for_api(self) -> Self:
        """What is shown of the requirement and its surroundings comes as plain values."""
        rows = self.annotate(
            ref=models.F("requirement__ref"),
            position=models.F("requirement__position"),
            family_key=models.F("requirement__family__key"),
            instrument_ref=models.F("requirement__instrument__ref"),
            parent_ref=models.F("requirement__parent__ref"),
        )
        return rows.prefetch_related("texts", "items")

    def in_order(self) -> Self:
        """As they were first loaded, which is the order of the catalogues but for what came later; an index gives it."""
        return self.order_by("requirement_id")


class ItemQuerySet(_OpenToRoles):
    def standing(self) -> Self:
        """Of versions that stand: NULL known_until."""
        return self.filter(version__known_until__isnull=True)

    def for_register(self) -> Self:
        return self.select_related("version__requirement__family")


class ReviewQuerySet(_OpenToRoles):
    def for_register(self) -> Self:
        return self.select_related("version__requirement__family", "reviewed_by")
