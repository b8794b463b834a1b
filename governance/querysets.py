"""Adjectives of where it meets, and who may see it."""

from datetime import date, datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from governance.choices import Severity
from office.models import Scope
from office.querysets import holders, related

SEES_SCOPES = ("leader", "officer", "auditor")


def seen_scopes(person: Any) -> models.QuerySet:
    """The scopes whose use cases a person sees by role; team members see their own only."""
    if person is None or not person.memberships.filter(role__in=SEES_SCOPES).exists():
        return Scope.objects.none()
    roles = person.memberships.filter(role__in=SEES_SCOPES)
    if roles.filter(scope__kind="office").exists():
        return Scope.objects.all()
    entities = roles.values("scope")
    return Scope.objects.filter(Q(pk__in=entities) | Q(parent__in=entities))


class OpenQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.all() if person is not None and person.memberships.exists() else self.none()

    def for_register(self) -> Self:
        return self.all()


class ModelQuerySet(OpenQuerySet):
    def for_register(self) -> Self:
        return self.select_related("scope", "seat", "supplier").prefetch_related(holders(self))


def own_use_cases(person: Any) -> Q:
    """Use cases that a person registered or answers for, themselves or through a deployment."""
    sits = {"person": person, "ended_on__isnull": True}
    return (
        Q(registered_by=person)
        | Q(**{f"seat__tenures__{name}": value for name, value in sits.items()})
        | Q(**{f"deployments__seat__tenures__{name}": value for name, value in sits.items()})
    )


class UseCaseQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(status="active")

    def visible_to(self, person: Any) -> Self:
        if person is None:
            return self.none()
        seen = seen_scopes(person)
        if person.memberships.filter(role__in=SEES_SCOPES, scope__kind="office").exists():
            return self.all()
        return self.filter(own_use_cases(person) | Q(deployments__scope__in=seen)).distinct()

    def for_register(self) -> Self:
        return self.select_related("seat", "registered_by").prefetch_related(
            holders(self),
            models.Prefetch("deployments", related(self, "deployments").select_related("scope", "entity__scope")),
        )


class DeploymentQuerySet(models.QuerySet):
    def counting(self) -> Self:
        """Deployments that owe something: of active use cases, not retired."""
        return self.filter(use_case__status="active").exclude(stage="retired")

    def visible_to(self, person: Any) -> Self:
        if person is None:
            return self.none()
        use_cases = related(self, "use_case")
        own = use_cases.filter(own_use_cases(person)).values("pk")
        return self.filter(Q(scope__in=seen_scopes(person)) | Q(use_case__in=own))

    def for_register(self) -> Self:
        return self.select_related("scope", "use_case", "entity__scope", "seat").prefetch_related(
            holders(self), "model_links__model__scope"
        )


def told_scopes(person: Any) -> Q:
    """Rows of the scopes about which a person may know what was said: deployments as they see their use cases,
    the office, entities and models as they see these."""
    scopes = Scope.objects.visible_to(person).exclude(kind=Scope.Kind.DEPLOYMENT)
    deployments = related(Scope.objects.all(), "deployment").visible_to(person)
    return Q(scope__in=scopes.values("pk")) | Q(scope__in=deployments.values("scope_id"))


class ScopedQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.filter(told_scopes(person))


class DecisionQuerySet(ScopedQuerySet):
    def for_register(self) -> Self:
        return self.select_related("requirement__current", "scope", "decided_by")


class AdoptionQuerySet(ScopedQuerySet):
    def for_register(self) -> Self:
        return self.select_related("family", "scope")


class AnswerQuerySet(models.QuerySet):
    def of_the_living(self) -> Self:
        """Answers about what is not retired."""
        found = self
        for retired in (
            {"scope__deployment__stage": "retired"},
            {"scope__deployment__use_case__status": "retired"},
            {"scope__ai_model__status": "retired"},
            {"use_case__status": "retired"},
        ):
            found = found.exclude(**retired)
        return found

    def oldest_of_each(self) -> Any:
        """By subject (scope, use case), when its oldest answer was given."""
        rows = self.order_by().values_list("scope_id", "use_case_id")
        return rows.annotate(first=models.Min("answered_at"))

    def visible_to(self, person: Any) -> Self:
        if person is None:
            return self.none()
        use_cases = related(self, "use_case").visible_to(person)
        return self.filter(told_scopes(person) | Q(use_case__in=use_cases.values("pk")))

    def for_register(self) -> Self:
        return self.select_related("scope", "use_case", "answered_by")


class TransferQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        deployments = related(self, "deployment").visible_to(person)
        return self.filter(deployment__in=deployments)

    def for_register(self) -> Self:
        return self.select_related("deployment__use_case", "deployment__entity__scope", "exporter__scope")


class ApprovalQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.filter(deployment__in=related(self, "deployment").visible_to(person))

    def for_register(self) -> Self:
        return self.select_related("deployment__use_case", "deployment__entity__scope")


class GapQuerySet(models.QuerySet):
    def graded(self) -> Self:
        """With `grade` to order by, the gravest first: by its words, low would stand before medium."""
        ranks = (models.When(severity=word, then=rank) for rank, word in enumerate(Severity.values))
        return self.alias(grade=models.Case(*ranks, output_field=models.SmallIntegerField()))

    def open(self) -> Self:
        return self.filter(status="open")

    def standing(self) -> Self:
        """Open or accepted: the cause is still there."""
        return self.exclude(status="closed")

    def overdue(self, on: date) -> Self:
        return self.open().filter(due_on__lt=on)

    def visible_to(self, person: Any) -> Self:
        if person is None:
            return self.none()
        if person.memberships.filter(role__in=SEES_SCOPES, scope__kind="office").exists():
            return self.all()
        held = related(self, "seat").filter(tenures__person=person, tenures__ended_on__isnull=True)
        return self.filter(Q(scope__in=seen_scopes(person)) | Q(seat__in=held.values("pk")))

    def for_register(self) -> Self:
        related = ("scope", "requirement__current", "requirement__family", "seat", "accepted_by")
        return self.graded().select_related(*related).prefetch_related(holders(self))

    def for_api(self) -> Self:
        """What is shown of other rows comes as plain values: most of a long list's time goes into making objects.

        At most one tenure of a seat is open (NULL ended_on), so that the join adds no row.
        """
        sitting = models.FilteredRelation("seat__tenures", condition=Q(seat__tenures__ended_on__isnull=True))
        return self.annotate(
            sitting=sitting,
            holder_ref=models.F("sitting__person__ref"),
            subject_key=models.F("scope__key"),
            subject_name=models.F("scope__name"),
            requirement_ref=models.F("requirement__ref"),
            title=models.F("requirement__current__title"),
            family_key=models.F("requirement__family__key"),
            acceptor_ref=models.F("accepted_by__ref"),
        )


class ActionQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(status="open")

    def visible_to(self, person: Any) -> Self:
        """Everything for who governs the whole office; else one's own, and those on gaps that one sees by role.

        Of an action on gaps of several entities, `items` holds those that the person sees.
        """
        if person is None:
            return self.none()
        if person.memberships.filter(role__in=SEES_SCOPES, scope__kind="office").exists():
            return self.all()
        items = related(self, "items")
        by_role = items.filter(gap__scope__in=seen_scopes(person))
        rows = self.filter(Q(person=person) | Q(pk__in=by_role.values("action")))
        seen = items.filter(gap__in=related(items, "gap").visible_to(person))
        return rows.prefetch_related(models.Prefetch("items", seen))

    def for_register(self) -> Self:
        return self.select_related("person").prefetch_related("items").annotate(gaps=models.Count("items"))


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
