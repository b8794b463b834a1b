"""Adjectives of running clocks, and in which scopes a person sees them."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from governance.querysets import seen_scopes
from office.models import Scope
from office.querysets import related

SEATED = ("office", "entity", "ai_model", "deployment")
"""The nouns that stand behind a scope and hold its seat."""


def clock_scopes(person: Any) -> models.QuerySet:
    """The scopes whose clocks a person sees: by role, by a seat they sit on, and those of their own use cases."""
    if person is None:
        return Scope.objects.none()
    deployments = related(Scope.objects.all(), "deployment").visible_to(person)
    mine = Q(pk__in=seen_scopes(person).values("pk")) | Q(pk__in=deployments.values("scope_id"))
    for noun in SEATED:
        rows = related(Scope.objects.all(), noun).filter(
            seat__tenures__person=person, seat__tenures__ended_on__isnull=True
        )
        mine |= Q(pk__in=rows.values("scope_id"))
    return Scope.objects.filter(mine)


class RunningClockQuerySet(models.QuerySet):
    def running(self) -> Self:
        """Not stopped: NULL stopped_at."""
        return self.filter(stopped_at__isnull=True)

    def overdue(self, now: datetime) -> Self:
        return self.running().filter(due_at__lt=now)

    def visible_to(self, person: Any) -> Self:
        return self.filter(scope__in=clock_scopes(person).values("pk")) if person is not None else self.none()

    def for_register(self) -> Self:
        return self.select_related("scope", "stopped_by", "recorded_by")
