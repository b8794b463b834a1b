"""Telling people what comes due: one digest a person, each thing once for each stage; webhooks likewise."""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from governance.domain.due import REACHED, Due, pending
from governance.inputs import due_items
from governance.models import Gap
from governance.services.gaps import AGAIN_AFTER, told
from office.models import Job, Notice, Person, Webhook
from office.models.notices import EventKind
from office.services import jobs, replays, uploads, webhooks

ROUND = "daily_round"
Keys = dict[int, frozenset[tuple[str, str, int, date]]]
HOOKED = "gap.hooked"
logger = logging.getLogger(__name__)


class Unsent(Exception):
    """Somebody could not be told; everything else of the round is done."""


@dataclass
class Told:
    """What a round did, in numbers."""

    people: int = 0
    things: int = 0
    without_address: int = 0
    gaps_announced: int = 0
    forgotten: int = 0


def due_for(person: Person, on: date) -> list[Due]:
    """What is near or past for one person, the most urgent first."""
    return pending(due_items(person), on, {}).get(person.pk, [])


def send_digests(*, on: date, now: datetime, done: Told) -> list[str]:
    """A mail to everybody who has news; returns the references of those whom it could not be sent to.

    What the mail server refuses for one person keeps nobody else waiting. Where the server itself does not answer, nobody
    is tried.
    """
    fresh = pending(due_items(), on, _told())
    people = list(Person.objects.active().filter(pk__in=fresh))
    reached = [person for person in people if person.email]
    done.without_address += len(people) - len(reached)
    if reached and not _answers():
        return [person.ref for person in reached]
    return [person.ref for person in reached if not _tell(person, fresh[person.pk], on, now, done)]


def _answers() -> bool:
    """Whether the mail server lets us in. An SMTPException is an OSError."""
    try:
        with get_connection():
            return True
    except OSError:
        logger.exception("The mail server does not answer. See EMAIL_URL.")
        return False


def _tell(person: Person, items: list[Due], on: date, now: datetime, done: Told) -> bool:
    """The notices and the mail go together: where the mail fails, the next round tells the same."""
    try:
        with transaction.atomic():
            items = _untold(person, items, on)
            if not items:
                return True
            keys = [item.key(item.stage(on) or REACHED) for item in items]
            Notice.objects.bulk_create(
                Notice(person=person, kind=kind, noun=noun, object_id=pk, due_on=day, sent_at=now)
                for kind, noun, pk, day in keys
            )
            digest(person, items, on).send()
    except OSError:
        logger.exception("The digest of %s could not be sent.", person.ref)
        return False
    done.people += 1
    done.things += len(items)
    return True


def _untold(person: Person, items: list[Due], on: date) -> list[Due]:
    """Looked at again under lock: a second round at the same moment finds everything told."""
    Person.objects.select_for_update().get(pk=person.pk)
    return pending(items, on, _told(person)).get(person.pk, [])


def _told(person: Person | None = None) -> Keys:
    rows = Notice.objects.all() if person is None else Notice.objects.filter(person=person)
    keys: dict[int, set[tuple[str, str, int, date]]] = defaultdict(set)
    for owner, kind, noun, pk, day in rows.values_list("person_id", "kind", "noun", "object_id", "due_on"):
        keys[owner].add((kind, noun, pk, day))
    return {owner: frozenset(found) for owner, found in keys.items()}


def digest(person: Person, items: list[Due], on: date) -> EmailMessage:
    """Plain text, so that nothing is loaded and everything can be read."""
    late = [item for item in items if item.day < on]
    lines = [f"{person.name}, this is what the AI governance office has on your seats.", ""]
    for heading, part in (("Past its day", late), ("Coming", [item for item in items if item.day >= on])):
        if part:
            lines += [heading, *map(_line, part), ""]
    lines += [
        "Each thing is told once when it is near and once when its day has come.",
        f"All of it: {settings.PUBLIC_URL}/",
    ]
    subject = f"AI governance office: {len(items)} thing(s) on your seats" + (f", {len(late)} late" if late else "")
    return EmailMessage(subject, "\n".join(lines), to=[person.email])


def _line(item: Due) -> str:
    day = timezone.localtime(item.at).strftime("%Y-%m-%d %H:%M") if item.at else item.day
    return f"- {day}  {item.title} ({item.place})\n  {settings.PUBLIC_URL}{item.path}"


def announce_due_gaps(*, on: date, now: datetime, done: Told) -> None:
    """Webhooks hear once of each gap whose day has come."""
    hearing: list[Webhook] = Webhook.objects.hearing(EventKind.GAP_DUE)
    if not hearing:
        return
    with transaction.atomic():
        Webhook.objects.select_for_update().get(pk=hearing[0].pk)  # two rounds at once take turns
        known = set(Notice.objects.filter(kind=HOOKED).values_list("object_id", "due_on"))
        rows = Gap.objects.open().filter(due_on__lte=on).select_related("scope", "requirement")
        fresh = [gap for gap in rows if (gap.pk, gap.due_on) not in known]
        if not fresh:
            return
        webhooks.announce(event=EventKind.GAP_DUE, body={"gaps": [told(gap) for gap in fresh]}, now=now)
        owner = hearing[0].person
        Notice.objects.bulk_create(
            Notice(person=owner, kind=HOOKED, noun="governance.gap", object_id=gap.pk, due_on=gap.due_on, sent_at=now)
            for gap in fresh
        )
    done.gaps_announced = len(fresh)


def make_round(*, on: date, now: datetime) -> Told:
    """Once a day: tell people and webhooks, and forget what nobody needs any more. Safe to repeat.

    Raises Unsent at the end where somebody could not be told, so that the failure is seen and the round is made again.
    """
    done = Told()
    unsent = send_digests(on=on, now=now, done=done)
    announce_due_gaps(on=on, now=now, done=done)
    done.forgotten = sum(part.forget(now=now) for part in (uploads, jobs, replays, webhooks))
    if unsent:
        raise Unsent(
            f"{len(unsent)} digest(s) could not be sent: {', '.join(unsent)}. Check their e-mail addresses, EMAIL_URL and the "
            "log. Everything else was done; who was not told is tried again within the hour."
        )
    return done


def ask_round_at_once(*, actor: Person | None, now: datetime, nudge: Callable[[int], None] | None) -> Job:
    """A round that does not wait for tomorrow: a clock of hours has begun. One that is queued already will see it too."""
    waiting = Job.objects.filter(kind=ROUND, status=Job.Status.QUEUED).first()
    return waiting or jobs.enqueue(kind=ROUND, arguments={}, actor=actor, now=now, nudge=nudge)


def ask_round(*, since: datetime, now: datetime) -> Job | None:
    """Queues today's round, once (`since`: the day's first moment); a failed one is asked for again after an hour."""
    latest = Job.objects.filter(kind=ROUND, created_at__gte=since).order_by("-created_at").first()
    if latest is not None and (latest.status != Job.Status.FAILED or now - latest.created_at < AGAIN_AFTER):
        return None
    return jobs.enqueue(kind=ROUND, arguments={}, actor=None, now=now, nudge=None)
