"""Verbs about people and their roles."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError

from office.models import Membership, Person, Scope, Seat
from office.services.recording import Pen, recording


def add_person(*, ref: str, name: str, actor: Person | None, email: str = "", title: str = "", user=None) -> Person:
    person = Person(ref=ref, name=name, email=email, title=title, user=user)
    with recording(actor=actor, reason=f"Added person {ref}") as pen:
        pen.save(person)
    return person


def save_person(*, person: Person, actor: Person | None) -> Person:
    """Any change of a person. Deactivating one who still holds seats is refused, with the seats named."""
    with recording(actor=actor, reason=f"Changed person {person.ref}") as pen:
        if not person.is_active and person.pk:
            Person.objects.select_for_update().get(pk=person.pk)
            refuse_while_seated(person)
        pen.save(person)
    return person


def refuse_while_seated(person: Person) -> None:
    seats = list(Seat.objects.select_for_update().filter(tenures__person=person, tenures__ended_on__isnull=True))
    if seats:
        named = ", ".join(f"“{seat}”" for seat in seats[:5]) + (" and more" if len(seats) > 5 else "")
        raise ValidationError(
            f"{person} holds {len(seats)} seat(s): {named}. Hand them over first, then deactivate the person."
        )


def deactivate(*, person: Person, actor: Person | None) -> Person:
    person.is_active = False
    return save_person(person=person, actor=actor)


def grant(*, person: Person, role: str, scope: Scope, actor: Person | None) -> Membership:
    membership = Membership(person=person, role=role, scope=scope)
    with recording(actor=actor, reason=f"Gave {person.ref} the role {role} for {scope.key}") as pen:
        pen.save(membership)
    return membership


def save_many(*, new: Sequence[Person], changed: Sequence[Person], names: Sequence[str], pen: Pen) -> None:
    """Many people at once, each validated by the caller; who is deactivated is looked at under lock."""
    gone = [person.pk for person in changed if not person.is_active]
    for person in Person.objects.select_for_update().filter(pk__in=gone):
        refuse_while_seated(person)
    pen.create_many(new)
    pen.change_many(changed, names)
