"""Requests that may be repeated: the same idempotency key and content get the answer of the first time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from office.models import Person, Replay

KEPT = timedelta(days=7)


class KeyReused(Exception):
    """The key came before with another content."""


@dataclass(frozen=True)
class Answered:
    """What was answered the first time."""

    status: int
    body: Any
    headers: dict[str, str]


def reserve(*, person: Person, key: str, request_digest: str, now: datetime) -> Answered | Replay:
    """The answer of the first time, or a row to fill in the caller's transaction.

    Two at once: the second waits for the first at the unique index, then gets its answer. KeyReused where the content differs.
    """
    row = Replay(person=person, key=key, request_digest=request_digest, created_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
        return row
    except IntegrityError:
        first = Replay.objects.get(person=person, key=key)
    if first.request_digest != request_digest:
        raise KeyReused
    return Answered(first.status, first.body, first.headers)


def keep(*, row: Replay, status: int, body: Any, headers: dict[str, str]) -> None:
    row.status, row.body, row.headers = status, body, headers
    row.save(update_fields=["status", "body", "headers"])


def forget(*, now: datetime) -> int:
    """Answers older than a week are forgotten; returns how many."""
    return Replay.objects.filter(created_at__lt=now - KEPT).delete()[0]
