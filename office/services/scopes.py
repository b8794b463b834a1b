"""Verbs about the places where duties are owed: the office and its legal entities."""

from datetime import date

from django.core.exceptions import ValidationError

from office.models import LegalEntity, Office, Person, Scope
from office.services import seats
from office.services.recording import recording


def found_office(*, name: str, actor: Person | None) -> Office:
    """The one office, with its seat; a second call returns the first."""
    existing = Office.objects.select_related("scope", "seat").first()
    if existing:
        return existing
    with recording(actor=actor, reason="Founded the office") as pen:
        scope = Scope(key="office", name=name, kind=Scope.Kind.OFFICE)
        pen.save(scope)
        office = Office(scope=scope, seat=seats.make_seat(title=f"Office: {name}", place=scope, pen=pen))
        pen.save(office)
    return office


def add_entity(
    *,
    key: str,
    name: str,
    jurisdiction: str,
    city: str = "",
    accountable: Person | None = None,
    on: date | None = None,
    actor: Person | None,
) -> LegalEntity:
    """A legal entity under the office; with an accountable person it is active, without one it stays a draft."""
    office = Scope.objects.filter(kind=Scope.Kind.OFFICE).first()
    if office is None:
        raise ValidationError("There is no office yet. Run `manage.py quickstart`, or add the office first.")
    with recording(actor=actor, reason=f"Added legal entity {key}") as pen:
        scope = Scope(key=key, name=name, kind=Scope.Kind.ENTITY, parent=office)
        pen.save(scope)
        seat = seats.make_seat(title=f"Legal entity: {name}", place=scope, pen=pen)
        entity = LegalEntity(scope=scope, seat=seat, city=city, jurisdiction=jurisdiction)
        if accountable is not None and on is not None:
            seats.assign(seat=seat, person=accountable, on=on, actor=actor)
            entity.status = LegalEntity.Status.ACTIVE
        pen.save(entity)
    return entity


def refuse_vacant(*, seat, noun: str) -> None:
    """An active noun has exactly one accountable person."""
    if not seat.tenures.open().exists():
        raise ValidationError(
            f"{noun} needs an accountable person before it becomes active. "
            f"Assign one to its seat “{seat}”, or keep it a draft."
        )


def save_entity(*, entity: LegalEntity, actor: Person | None) -> LegalEntity:
    with recording(actor=actor, reason=f"Changed legal entity {entity.scope.key}") as pen:
        if entity.status == LegalEntity.Status.ACTIVE:
            refuse_vacant(seat=entity.seat, noun="A legal entity")
        pen.save(entity)
    return entity
