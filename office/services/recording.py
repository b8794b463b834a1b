"""The one way in which rows are written: a recording, journalled as one batch of one transaction.

    with recording(actor=person, reason="Approved after review") as pen:
        pen.save(mapping)

A recording inside another joins it. The head of the chain is locked last, just before the outermost commit.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import router, transaction
from django.db.models import JSONField
from django.db.models.deletion import Collector
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from office.domain.chain import GENESIS, keyed_hash, link_hash
from office.domain.numbers import settled
from office.models import JournalBatch, JournalEvent, JournalHead, Person
from office.models.base import Recorded
from office.services import headfile

SYSTEM = "system"
CHUNK = 400
_open: ContextVar["Pen | None"] = ContextVar("open_recording", default=None)
State = dict[str, Any]


def snapshot(row: Recorded) -> State:
    """The row as the journal keeps it: every stored field; personal fields only as keyed hashes."""
    state: State = {}
    for field in row._meta.concrete_fields:
        if field.name in row.journal_unwritten:
            continue
        value = field.value_from_object(row)
        if field.name in row.journal_personal and value not in (None, ""):
            value = keyed_hash(settings.SECRET_KEY, value)
        state[field.attname] = plain(value)
    return state


def plain(value: Any) -> Any:
    """A stored value as JSON holds it: moments in UTC to the microsecond, files by their name."""
    if isinstance(value, FieldFile):
        return value.name or ""
    if isinstance(value, datetime):
        return (
            value.astimezone(timezone.get_default_timezone() if timezone.is_naive(value) else value.tzinfo)
            .astimezone(tz=_UTC)
            .isoformat()
        )
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


_UTC = timezone.get_fixed_timezone(0)


class Pen:
    """Writes rows and remembers what it wrote. Made by `recording`, used by services only."""

    def __init__(self, actor: Person | None, reason: str) -> None:
        self.actor = actor
        self.actor_ref = actor.ref if actor else SYSTEM
        self.reason = reason
        self._events: list[tuple[str, str, int, State | None, State | None]] = []

    def save(self, row: Recorded, *, validate: bool = True) -> None:
        """Creates or changes one row, after `full_clean()`. An unchanged row is not written and leaves no event."""
        before = self._before([row]).get(row.pk) if row.pk else None
        _settle([row])
        if validate:
            row.full_clean()
        if before is not None and before == snapshot(row):
            return
        row.save()
        self._note(row, before)

    def create_many(self, rows: Sequence[Recorded]) -> None:
        """Creates many rows of one noun with one statement a chunk. The caller has validated them."""
        if not rows:
            return
        _settle(rows)
        type(rows[0])._default_manager.bulk_create(rows, batch_size=CHUNK)
        for row in rows:
            self._note(row, None)

    def change_many(self, rows: Sequence[Recorded], fields: Sequence[str]) -> int:
        """Changes the named fields of many rows of one noun; returns how many really changed."""
        before = self._before(rows)
        _settle(rows)
        changed = [row for row in rows if before.get(row.pk) != snapshot(row)]
        if not changed:
            return 0
        # An upsert by key: the named fields only, and many times faster than a CASE for each row and field.
        manager: Any = type(changed[0])._default_manager
        manager.bulk_create(
            changed, batch_size=CHUNK, update_conflicts=True, unique_fields=["pk"], update_fields=list(fields)
        )
        for row in changed:
            self._note(row, before[row.pk])
        return len(changed)

    def delete(self, row: Recorded) -> None:
        """Deletes one row and what goes along with it by CASCADE; each of them leaves an event, the parts first."""
        # A locked row gets no new part, so that nothing goes along unseen.
        list(type(row)._base_manager.select_for_update().filter(pk=row.pk).values_list("pk"))
        gone = [*_parts_of(row), row]
        states = [("delete", one.journal_noun(), one.pk, snapshot(one), None) for one in gone]
        row.delete()
        self._events.extend(states)

    def _before(self, rows: Sequence[Recorded]) -> dict[int, State]:
        if not rows:
            return {}
        manager = type(rows[0])._base_manager
        stored = manager.in_bulk([row.pk for row in rows if row.pk])
        return {pk: snapshot(row) for pk, row in stored.items()}

    def _note(self, row: Recorded, before: State | None) -> None:
        verb = "create" if before is None else "change"
        self._events.append((verb, row.journal_noun(), row.pk, before, snapshot(row)))

    def _settled(self) -> list[tuple[str, str, int, State | None, State | None]]:
        """One event a row: states between the first and the last write of a batch were never seen by anybody."""
        rows: dict[tuple[str, int], tuple[State | None, State | None]] = {}
        for _, noun, pk, before, after in self._events:
            first = rows.get((noun, pk), (before, None))[0]
            rows[noun, pk] = (first, after)
        verbs = {(True, False): "create", (False, False): "change", (False, True): "delete"}
        return [
            (verbs[before is None, after is None], noun, pk, before, after)
            for (noun, pk), (before, after) in rows.items()
            if before != after
        ]

    def close(self) -> None:
        """Chains the events of the batch to the journal; the head row is locked here, last of all."""
        written = self._settled()
        if not written:
            return
        at = timezone.now()
        batch = JournalBatch.objects.create(at=at, actor_ref=self.actor_ref, reason=self.reason)
        JournalHead.objects.get_or_create(pk=1, defaults={"seq": 0, "hash": GENESIS})
        head = JournalHead.objects.select_for_update().get(pk=1)
        events = []
        for verb, noun, pk, before, after in written:
            event = JournalEvent(
                seq=head.seq + 1,
                batch=batch,
                at=at,
                actor_ref=self.actor_ref,
                reason=self.reason,
                verb=verb,
                noun=noun,
                object_id=pk,
                before=before,
                after=after,
                previous_hash=head.hash,
            )
            event.hash = link_hash(head.hash, content_of(event))
            head.seq, head.hash = event.seq, event.hash
            events.append(event)
        JournalEvent.objects.bulk_create(events, batch_size=CHUNK)
        head.save(update_fields=["seq", "hash"])
        self._events = []
        transaction.on_commit(lambda: headfile.write(head.seq, head.hash))


def _settle(rows: Sequence[Recorded]) -> None:
    """Gives JSON the form that is read back, before it is written and hashed."""
    for noun in {type(row) for row in rows}:
        names = [field.attname for field in noun._meta.concrete_fields if isinstance(field, JSONField)]
        for row in rows if names else ():
            for name in names if isinstance(row, noun) else ():
                setattr(row, name, settled(getattr(row, name)))


def _parts_of(row: Recorded) -> list[Recorded]:
    """The recorded rows that deleting this one takes along, whole, in a fixed order. One query a noun."""
    collector = Collector(using=router.db_for_write(type(row), instance=row), origin=row)
    collector.collect([row])
    keys: dict[type[Recorded], set[int]] = defaultdict(set)
    for found in (*collector.data.values(), *collector.fast_deletes):
        for one in found:
            if isinstance(one, Recorded) and one != row:
                keys[type(one)].add(one.pk)
    nouns = sorted(keys, key=lambda noun: noun.journal_noun())
    # Read anew: the collector leaves out the fields that it does not need.
    return [one for noun in nouns for _, one in sorted(noun._base_manager.in_bulk(keys[noun]).items())]


def content_of(event: JournalEvent) -> State:
    """What the hash of an event covers: everything but the hashes."""
    return {
        "seq": event.seq,
        "batch": event.batch_id,
        "at": plain(event.at),
        "actor": event.actor_ref,
        "reason": event.reason,
        "verb": event.verb,
        "noun": event.noun,
        "object": event.object_id,
        "before": event.before,
        "after": event.after,
    }


@contextlib.contextmanager
def recording(*, actor: Person | None, reason: str) -> Iterator[Pen]:
    """Opens a transaction whose writes become one batch of the journal. `actor` None is the system itself."""
    outer = _open.get()
    if outer is not None:
        with transaction.atomic():
            yield outer
        return
    with transaction.atomic():
        pen = Pen(actor, reason[:500])
        token = _open.set(pen)
        try:
            yield pen
        finally:
            _open.reset(token)
        pen.close()
