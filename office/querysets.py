"""Adjectives of the office's rows, and who may see them."""

from datetime import date, datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q


def related(rows: models.QuerySet, field: str) -> Any:
    """The manager of the noun that a field points to; saves a queryset from importing what imports it."""
    return rows.model._meta.get_field(field).related_model.objects


def holders(rows: models.QuerySet, field: str = "seat") -> models.Prefetch:
    """Who sits on the seats of rows, as `Seat.holder` reads it: a list a seat, in one query. `field` empty: rows are seats."""
    seats = rows.model._meta.get_field(field).related_model if field else rows.model
    tenures = seats._meta.get_field("tenures").related_model.objects.open().select_related("person")
    return models.Prefetch(f"{field}__tenures" if field else "tenures", tenures, to_attr="open_tenures")


WHOLE_OFFICE_ROLES = ("leader", "officer", "auditor")


class PersonQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def visible_to(self, person: Any) -> Self:
        """The directory is open to everybody who has a role: people must be able to find who answers."""
        return self.all() if person is not None and person.memberships.exists() else self.none()

    def for_register(self) -> Self:
        return self.select_related("user").annotate(
            seats_held=models.Count("tenures", filter=Q(tenures__ended_on__isnull=True))
        )


class ScopeQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        """Everything for a role in the whole office; else the entities of the person's roles and what is below them."""
        if person is None:
            return self.none()
        scopes = list(person.memberships.values_list("scope_id", "scope__kind"))
        if any(kind == "office" for _, kind in scopes):
            return self.all()
        entities = [pk for pk, _ in scopes]
        return self.filter(Q(pk__in=entities) | Q(parent__in=entities) | Q(kind="office"))

    def for_register(self) -> Self:
        return self.select_related("parent")


class OfficeQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.filter(scope__in=related(self, "scope").visible_to(person))

    def for_register(self) -> Self:
        return self.select_related("scope", "seat").prefetch_related(holders(self))


class LegalEntityQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.filter(scope__in=related(self, "scope").visible_to(person))

    def for_register(self) -> Self:
        return self.select_related("scope", "seat").prefetch_related(holders(self))


class LegalEntityManager(models.Manager.from_queryset(LegalEntityQuerySet)):  # type: ignore[misc]
    """An entity's name is its scope's, so that every list of entities needs the scope."""

    def get_queryset(self) -> LegalEntityQuerySet:
        return super().get_queryset().select_related("scope")


class SeatQuerySet(models.QuerySet):
    def vacant(self) -> Self:
        """Seats without an open tenure; NULL ended_on means that the person still sits there."""
        return self.exclude(tenures__ended_on__isnull=True, tenures__isnull=False)

    def visible_to(self, person: Any) -> Self:
        scopes = related(self, "place").visible_to(person)
        return self.filter(Q(place__in=scopes) | Q(place__isnull=True)) if person else self.none()

    def for_register(self) -> Self:
        return self.select_related("place").prefetch_related(holders(self, ""))


class TenureQuerySet(models.QuerySet):
    def open(self) -> Self:
        return self.filter(ended_on__isnull=True)

    def on(self, on: date) -> Self:
        """Tenures that covered the day; an open one has no end."""
        return self.filter(started_on__lte=on).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on))

    def visible_to(self, person: Any) -> Self:
        return self.filter(seat__in=related(self, "seat").visible_to(person))

    def for_register(self) -> Self:
        return self.select_related("seat", "person")


class HandoverQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        return self.filter(status="proposed")

    def visible_to(self, person: Any) -> Self:
        """Everything for who governs the whole office; else one's own, and those of seats that one's role governs."""
        if person is None:
            return self.none()
        roles = person.memberships.filter(role__in=WHOLE_OFFICE_ROLES)
        if roles.filter(scope__kind="office").exists():
            return self.all()
        mine = Q(giver=person) | Q(taker=person)
        if roles.exists():
            entities = roles.values("scope")
            # A seat of the whole office stands in the office or, as a control's, nowhere (NULL place).
            place = Q(place__in=entities) | Q(place__parent__in=entities) | Q(place__kind="office") | Q(place=None)
            items = related(self, "items")
            governed = related(items, "seat").filter(place)
            mine |= Q(pk__in=items.filter(seat__in=governed).values("handover"))
        return self.filter(mine)

    def for_register(self) -> Self:
        return self.select_related("giver", "taker", "officer").prefetch_related("items__seat")

    def asking(self, person: Any) -> Self:
        """Handovers that wait for this person's own word: NULL means that a side has not confirmed."""
        return self.filter(Q(giver=person, given_at__isnull=True) | Q(taker=person, taken_at__isnull=True))


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        return self.all() if person is not None and person.memberships.exists() else self.none()

    def for_register(self) -> Self:
        return self.select_related("person", "scope")


class JournalEventQuerySet(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        """Officers, leaders and auditors of the whole office read the journal."""
        if person is None:
            return self.none()
        reads = person.memberships.filter(role__in=WHOLE_OFFICE_ROLES, scope__kind="office").exists()
        return self.all() if reads else self.none()

    def about(self, row: models.Model) -> Self:
        return self.filter(noun=row._meta.label_lower, object_id=row.pk)

    def refs_of(self, noun: str, **ref: str) -> set[str]:
        """Every `ref` that rows of a noun have, or ever had; with `ref` that one alone. One query."""
        events = self.filter(noun=noun, **{f"after__{name}": value for name, value in ref.items()})
        return set(events.order_by().values_list("after__ref", flat=True))

    def last_of_each(self, noun: str, until: datetime | None = None) -> Self:
        """The last event of every row of a noun, by a moment or by now. One query."""
        events = self.filter(noun=noun)
        if until is not None:
            events = events.filter(at__lte=until)
        last = events.order_by().values("object_id").annotate(last=models.Max("seq")).values("last")
        return self.filter(seq__in=last)


class _OwnQuerySet(models.QuerySet):
    """One's own rows; those who govern the whole office see all. `owner` names the field that says whose they are."""

    owner = "person"

    def visible_to(self, person: Any) -> Self:
        if person is None:
            return self.none()
        if person.memberships.filter(role__in=WHOLE_OFFICE_ROLES, scope__kind="office").exists():
            return self.all()
        return self.filter(**{self.owner: person})


class JobQuerySet(_OwnQuerySet):
    owner = "created_by"

    def claimable(self, now: datetime) -> Self:
        """Queued and its time has come (NULL not_before: at once), or running with a lease that a dead worker left."""
        ready = Q(status="queued") & (Q(not_before__isnull=True) | Q(not_before__lte=now))
        return self.filter(ready | Q(status="running", lease_until__lt=now))

    def over(self) -> Self:
        """Jobs that nothing more will happen to."""
        return self.filter(status__in=["done", "failed", "cancelled"])

    def for_register(self) -> Self:
        return self.select_related("created_by")


class ApiKeyQuerySet(_OwnQuerySet):
    def standing(self, on: date) -> Self:
        """Keys that open something on a day: not revoked (NULL), not expired, their person active."""
        return self.filter(revoked_on__isnull=True, expires_on__gte=on, person__is_active=True)

    def for_register(self) -> Self:
        return self.select_related("person")


class _ForTheWholeOffice(models.QuerySet):
    def visible_to(self, person: Any) -> Self:
        if person is None:
            return self.none()
        reads = person.memberships.filter(role__in=WHOLE_OFFICE_ROLES, scope__kind="office").exists()
        return self.all() if reads else self.none()


class WebhookQuerySet(_ForTheWholeOffice):
    def for_register(self) -> Self:
        return self.select_related("person")

    def hearing(self, event: str) -> list[Any]:
        """Active webhooks of active people that asked for an event. The list of events is JSON: picked here."""
        rows = self.filter(is_active=True, person__is_active=True)
        return [row for row in rows if event in row.events]  # type: ignore[attr-defined]


class DeliveryQuerySet(_ForTheWholeOffice):
    def for_register(self) -> Self:
        return self.select_related("webhook")


class UploadQuerySet(_OwnQuerySet):
    def for_register(self) -> Self:
        return self.select_related("person", "job")
