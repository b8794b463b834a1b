"""Verbs about logins. A login belongs to one person; what it may do comes from the person's roles."""

import secrets

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from office.models import Person
from office.services import rights
from office.services.recording import recording


def give_login(*, person: Person, username: str, actor: Person | None, password: str = "") -> str:
    """Makes a login for a person and returns its password; a random one where none is given. It is stored nowhere else."""
    if person.user_id is not None:
        raise ValidationError(f"{person} already has the login “{person.user}”.")
    chosen = password or secrets.token_urlsafe(12)
    with recording(actor=actor, reason=f"Gave {person.ref} a login") as pen:
        person.user = get_user_model().objects.create_user(
            username=username, password=chosen, is_staff=rights.reads_register(person)
        )
        pen.save(person)
    return chosen
