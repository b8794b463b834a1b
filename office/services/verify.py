"""Does the journal still say what was done, and do the rows still say what the journal says?"""

from collections.abc import Iterator

from django.apps import apps

from office.domain.chain import GENESIS, Head, Link, check_chain, check_outside
from office.models import JournalEvent, JournalHead
from office.models.base import Recorded
from office.services import headfile
from office.services.recording import content_of, plain, snapshot
from office.services.triggers import missing_triggers

CHUNK = 2000
SHOWN = 20


def recorded_models() -> list[type[Recorded]]:
    """Every noun that the journal covers, in a fixed order."""
    found = [model for model in apps.get_models() if issubclass(model, Recorded)]
    return sorted(found, key=lambda model: model._meta.label_lower)


def verify() -> list[str]:
    """All problems as sentences that name the place; empty when chain, rows, head and triggers agree."""
    stored = JournalHead.objects.filter(pk=1).first()
    head = Head(stored.seq, stored.hash) if stored else Head(0, GENESIS)
    problems = check_chain(_links(), head)
    outside = headfile.read()
    seqs = [outside.seq] if outside else []
    hashes = dict(JournalEvent.objects.filter(seq__in=seqs).values_list("seq", "hash"))
    problems += check_outside(outside, hashes, head)
    for model in recorded_models():
        problems += _compare(model)
    problems += missing_triggers()
    return problems


def _links() -> Iterator[Link]:
    for event in JournalEvent.objects.order_by("seq").iterator(chunk_size=CHUNK):
        yield Link(event.seq, content_of(event), event.previous_hash, event.hash)


def _compare(model: type[Recorded]) -> list[str]:
    """Each live row against its last event. Two queries a noun. A field younger than the event counts as unset."""
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
    for pk, event in last.items():
        if event.after is not None:
            problems.append(f"{noun} {pk} was removed behind the services; event {event.seq} is its last.")
    return problems[:SHOWN]
