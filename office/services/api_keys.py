"""Verbs about keys for programs: make, revoke, recognise."""

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError

from office.models import ApiKey, Person
from office.services import rights
from office.services.recording import recording

SIGN = "ago"
LONGEST = timedelta(days=366)
MINUTE = timedelta(minutes=1)


class KeyRefused(Exception):
    """Why a key opens nothing, in a sentence that helps its owner and tells a stranger nothing."""


def make_key(
    *, person: Person, name: str, access: str, created_on: date, expires_on: date, actor: Person | None
) -> tuple[ApiKey, str]:
    """A key and its text, which is kept nowhere. At most a year; one that writes needs a person who writes.

    Two standing keys of a person have two names, so that a form sent twice makes one key.
    """
    if expires_on - created_on > LONGEST:
        raise ValidationError({"expires_on": "A key lives for a year at most. Choose an earlier day."})
    if access == ApiKey.Access.WRITE and not rights.registers_use_cases(person):
        raise ValidationError({"access": f"{person} has no role that writes; choose a key that reads."})
    if ApiKey.objects.standing(created_on).filter(person=person, name=name).exists():
        raise ValidationError({"name": f"You have a key “{name}” already. Revoke it first, or choose another name."})
    prefix = secrets.token_hex(4)
    text = f"{SIGN}_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        person=person, name=name, prefix=prefix, digest=_digest(text), access=access, created_on=created_on,
        expires_on=expires_on,
    )  # fmt: skip
    with recording(actor=actor, reason=f"Made API key {prefix} for {person.ref}") as pen:
        pen.save(key)
    return key, text


def _digest(text: str) -> str:
    """The text carries 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def revoke_key(*, key: ApiKey, on: date, actor: Person) -> ApiKey:
    """One's own, or anybody's for an officer of the whole office. Revoking twice changes nothing."""
    if key.person_id != actor.pk:
        rights.require(actor, None, "revoke another person's key")
    with recording(actor=actor, reason=f"Revoked API key {key.prefix}") as pen:
        key.revoked_on = key.revoked_on or on
        pen.save(key)
    return key


def find_key(*, text: str, now: datetime, on: date) -> ApiKey:
    """The key with its person; KeyRefused says why it opens nothing. Notes the use, once a minute."""
    prefix = text.split("_")[1] if text.count("_") >= 2 else ""
    key = ApiKey.objects.select_related("person").filter(prefix=prefix).first()
    if key is None or not hmac.compare_digest(key.digest, _digest(text)):
        raise KeyRefused("This key is not known. Make one under “API keys” in the portal.")
    if key.revoked_on is not None:
        raise KeyRefused("This key was revoked. Make another under “API keys” in the portal.")
    if key.expires_on < on:
        raise KeyRefused(f"This key expired on {key.expires_on}. Make another under “API keys” in the portal.")
    if not key.person.is_active:
        raise KeyRefused("The person of this key is no longer active. Ask the governance office.")
    if key.last_used_at is None or now - key.last_used_at >= MINUTE:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
