"""Verbs about logins. A login belongs to one person; what it may do comes from the person's roles."""

import hashlib
import math
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import ValidationError

from office.models import Person
from office.services import rights
from office.services.recording import recording


def give_login(*, person: Person, username: str, actor: Person | None, password: str = "") -> str:
    """Makes a login for a person and returns its password; a random one where none is given. It is stored nowhere else."""
    if person.user_id is not None:
        raise ValidationError(f"{person} already has the login “{person.user}”.")
    if get_user_model().objects.filter(username__iexact=username).exists():
        raise ValidationError(f"The login “{username}” is somebody's already. Choose another name.")
    chosen = password or secrets.token_urlsafe(12)
    with recording(actor=actor, reason=f"Gave {person.ref} a login") as pen:
        person.user = get_user_model().objects.create_user(
            username=username, password=chosen, is_staff=rights.reads_register(person)
        )
        pen.save(person)
    return chosen


SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def count_try(*, name: str, address: str, now: datetime) -> int:
    """Counts a try before the password is looked at; gives the seconds to wait, 0 where it may be looked at.

    Tries count by login name and by address, each as often as LOGIN_RATES says, in a time that the first of them begins.
    """
    return max(_counted(kind, word, now) for kind, word in (("name", name), ("address", address)))


def forgive_try(*, name: str, address: str) -> None:
    """The password was right: the name begins anew, and this try is none of the address."""
    cache.delete(_cache_key("name", name))
    try:
        cache.decr(_cache_key("address", address))
    except ValueError:
        """Its time ran out meanwhile."""


def _counted(kind: str, word: str, now: datetime) -> int:
    rate = settings.LOGIN_RATES[kind]
    if not rate:
        return 0
    most, _, period = rate.partition("/")
    seconds = SECONDS[period[0]]
    key = _cache_key(kind, word)
    if cache.add(key, 0, seconds):
        cache.set(f"{key}:until", now + timedelta(seconds=seconds), seconds)
    try:
        tries = cache.incr(key)
    except ValueError:
        return 0
    if tries <= int(most):
        return 0
    return max(1, math.ceil((cache.get(f"{key}:until", now) - now).total_seconds()))


def _cache_key(kind: str, word: str) -> str:
    return f"login-{kind}-{hashlib.sha256(word.casefold().encode()).hexdigest()}"
