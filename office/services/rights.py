"""Who may read and who may write, asked in one place by every door."""

from typing import Any

from django.core.exceptions import ValidationError

from office.models import Membership, Person, Scope
from office.models.base import Recorded

READERS = (Membership.Role.LEADER, Membership.Role.OFFICER, Membership.Role.AUDITOR)
WRITERS = (Membership.Role.LEADER, Membership.Role.OFFICER)
REGISTRARS = (*WRITERS, Membership.Role.TEAM_MEMBER)


def _holds(person: Person | None, roles: tuple) -> bool:
    return person is not None and person.memberships.filter(role__in=roles).exists()


def reads_register(person: Person | None) -> bool:
    """Leaders, officers and auditors see the registers; team members have the portal."""
    return _holds(person, READERS)


def registers_use_cases(person: Person | None) -> bool:
    """Auditors never write; everybody else with a role may register a use case."""
    return _holds(person, REGISTRARS)


def writes_somewhere(person: Person | None) -> bool:
    return _holds(person, WRITERS)


def writes_in(person: Person | None, scope: Scope | None) -> bool:
    """Whether a person may change what belongs to a scope; None means what belongs to the whole office."""
    if person is None:
        return False
    held = list(person.memberships.filter(role__in=WRITERS).values_list("scope_id", "scope__kind"))
    if any(kind == Scope.Kind.OFFICE for _, kind in held):
        return True
    return scope is not None and any(pk in (scope.pk, scope.parent_id) for pk, _ in held)


class Forbidden(ValidationError):
    """A sentence like any other refusal; doors that have a word for it (403) say so."""


def place_of(row: Any) -> Scope | None:
    """The scope that a row belongs to; None: the whole office."""
    return row.belongs_in() if isinstance(row, Recorded) else None


def require(person: Person, scope: Scope | None, verb: str) -> None:
    """Refuses who may not write there; asked by every service with a rule of its own, so that no door can forget it."""
    if not writes_in(person, scope):
        where = f" for {scope}" if scope is not None else " of the whole office"
        raise Forbidden(f"{person} cannot {verb}: that takes the role of an officer or leader{where}.")


def require_write(person: Person | None, row: Recorded) -> None:
    """Refuses who may not change a row where it stands, or not where it would stand. The system itself may."""
    if person is None:
        return
    stored = type(row)._default_manager.filter(pk=row.pk).first() if row.pk else None
    for state in (stored, row):
        if state is not None:
            require(person, place_of(state), f"change {row._meta.verbose_name_plural}")


class Writable:
    """Where a person writes, read once for many rows. The system writes everywhere."""

    def __init__(self, person: Person | None) -> None:
        held = person.memberships.filter(role__in=WRITERS).values_list("scope_id", "scope__kind") if person else []
        kinds = dict(held)
        self._everywhere = person is None or Scope.Kind.OFFICE in kinds.values()
        self._scopes = set(kinds)

    def allows(self, row: Any) -> bool:
        return self._everywhere or self.covers(place_of(row))

    def covers(self, place: Scope | None) -> bool:
        """As `writes_in`."""
        if self._everywhere:
            return True
        return place is not None and not self._scopes.isdisjoint((place.pk, place.parent_id))
