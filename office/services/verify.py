"""Does the journal still say what was done, and do the rows still say what the journal says?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from office.domain.chain import GENESIS, Head, Link, check_chain, check_outside
from office.models import JournalEvent, JournalHead
from office.models.base import Recorded
from office.services import headfile
from office.services.moments import one_state
from office.services.recording import content_of, plain, snapshot
from office.services.triggers import missing_triggers

CHUNK = 2000
SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """The head that was checked, what does not agree with it, and what a reader should know though it does agree."""

    head: Head
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def recorded_models() -> list[type[Recorded]]:
    """Every noun that the journal covers, in a fixed order."""
    found = [model for model in apps.get_models() if issubclass(model, Recorded)]
    return sorted(found, key=lambda model: model._meta.label_lower)


def verify(outside: Head | None = None) -> list[str]:
    """All problems as sentences that name the place; empty when chain, rows, head and triggers agree."""
    return list(examine(outside).problems)


def examine(outside: Head | None = None) -> Verdict:
    """Checks everything in one state of the database, also while others write.

    `outside` is the head to hold against the chain; None: the one that the file outside the database holds. That is
    read before the database, so that it is never ahead of it.
    """
    outside = outside or headfile.read()
    with one_state():
        stored = JournalHead.objects.filter(pk=1).first()
        head = Head(stored.seq, stored.hash) if stored else Head(0, GENESIS)
        problems = check_chain(_links(), head)
        seqs = [outside.seq] if outside else []
        hashes = dict(JournalEvent.objects.filter(seq__in=seqs).values_list("seq", "hash"))
        problems += check_outside(outside, hashes, head)
        remarks: list[str] = []
        for model in recorded_models():
            wrong, gone = _compare(model)
            unexplained, explained = _sorted_out(model, gone)
            problems += (wrong + unexplained)[:SHOWN]
            remarks += explained
        problems += missing_triggers()
    return Verdict(head, tuple(problems), tuple(remarks))


def _links() -> Iterator[Link]:
    for event in JournalEvent.objects.order_by("seq").iterator(chunk_size=CHUNK):
        yield Link(event.seq, content_of(event), event.previous_hash, event.hash)


def _compare(model: type[Recorded]) -> tuple[list[str], list[JournalEvent]]:
    """Each live row against its last event, and the last events of rows that are not there. Two queries a noun.

    A field younger than the event counts as unset.
    """
    noun = model.journal_noun()
    unset = {field.attname: plain(field.get_default()) for field in model._meta.concrete_fields}
    last = {event.object_id: event for event in JournalEvent.objects.last_of_each(noun).iterator(CHUNK)}
    problems = []
    for row in model._base_manager.order_by("pk").iterator(chunk_size=CHUNK):
        event = last.pop(row.pk, None)
        if event is None or event.after is None:
            problems.append(f"{noun} {row.pk} ({row}) stands in the database but not in the journal.")
            continue
        now = snapshot(row)
        wrong = sorted(name for name in now if now[name] != event.after.get(name, unset.get(name)))
        if wrong:
            problems.append(
                f"{noun} {row.pk}: {', '.join(wrong)} differ from event {event.seq}; "
                "the row was changed behind the services."
            )
    return problems, [event for event in last.values() if event.after is not None]


def _sorted_out(model: type[Recorded], gone: list[JournalEvent]) -> tuple[list[str], list[str]]:
    """Problems and remarks about rows that are gone without an event. One query a whole that the noun is a part of.

    An older version left none for a part that went with its whole; the event of the whole, which is chained, stands for
    both. A part whose whole is there, or went before the part was last written, was removed behind the services.
    """
    wholes = _wholes(model) if gone else {}
    problems, remarks = [], []
    for event in gone:
        noun, pk = event.noun, event.object_id
        later = [seq for name, ends in wholes.items() for seq in ends[(event.after or {}).get(name)] if seq > event.seq]
        if later:
            remarks.append(
                f"{noun} {pk} has no event of its end: it went with its whole, which event {later[0]} deleted."
            )
        else:
            problems.append(f"{noun} {pk} was removed behind the services; event {event.seq} is its last.")
    return problems, remarks


def _wholes(model: type[Recorded]) -> dict[str, Mapping[int | None, list[int]]]:
    """For each field by which rows of the noun go along with another: key of the whole → events that deleted it."""
    found: dict[str, Mapping[int | None, list[int]]] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE:
            ends: dict[int | None, list[int]] = defaultdict(list)
            events = JournalEvent.objects.filter(noun=field.related_model._meta.label_lower, verb="delete")
            for key, seq in events.order_by("seq").values_list("object_id", "seq"):
                ends[key].append(seq)
            found[field.attname] = ends
    return found
