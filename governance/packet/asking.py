"""Who may have a packet, what it may be asked for, and the work that makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from frameworks.models import Family
from governance.workbook.sides import Framework, find_frameworks
from office import made_files
from office.models import Job, Person, Scope
from office.services import jobs, rights

BUILD = "audit_packet"
Pair = tuple[str, str]
USUAL: tuple[Pair, ...] = (
    ("eu-ai-act", "nist-ai-rmf"),
    ("hk", "nist-ai-rmf"),
    ("cn-mainland", "eu-ai-act"),
    ("cn-mainland", "hk"),
)
"""Focal and reference of the workbooks that a packet holds unless somebody asks for others."""


def reads_whole_office(person: Person) -> bool:
    """A packet holds the whole journal: it is for leaders, officers and auditors of the whole office."""
    return person.memberships.filter(role__in=rights.READERS, scope__kind=Scope.Kind.OFFICE).exists()


made_files.only_for(BUILD, reads_whole_office)


def refuse_unless_whole(person: Person | None) -> None:
    """None is the command line of who runs the office."""
    if person is not None and not reads_whole_office(person):
        raise rights.Forbidden(
            f"{person} cannot have an audit packet: that takes the role of a leader, officer or auditor of the whole office."
        )


def usual_pairs() -> list[Pair]:
    """Those of which both families are loaded."""
    loaded = set(Family.objects.values_list("key", flat=True))
    return [pair for pair in USUAL if loaded.issuperset(pair)]


def frameworks_of(pairs: Sequence[Pair], known_on: date) -> list[tuple[Framework, Framework]]:
    """Both sides of each pair, each pair once; none asked for: the usual ones. Refuses unknown keys."""
    wanted = list(pairs) or usual_pairs()
    keys = list(dict.fromkeys(key for pair in wanted for key in pair))
    sides = dict(zip(keys, find_frameworks(keys, known_on), strict=True))
    found = {(sides[one].key, sides[other].key): (sides[one], sides[other]) for one, other in wanted}
    same = [one for one, other in found if one == other]
    if same:
        raise ValidationError(f"A crosswalk needs two frameworks; “{same[0]}” was given twice.")
    return list(found.values())


def ask_packet(*, on: date, known_on: date, pairs: Sequence[Pair], actor: Person, nudge: Callable[[int], None]) -> Job:
    """A packet as a job; what it made is downloaded from there. Refuses who may not, and pairs that nobody knows."""
    refuse_unless_whole(actor)
    if pairs:
        frameworks_of(pairs, known_on)
    arguments: dict[str, Any] = {
        "on": on.isoformat(), "known_on": known_on.isoformat(), "pairs": [list(pair) for pair in pairs], "person": actor.pk,
    }  # fmt: skip
    return jobs.enqueue(kind=BUILD, arguments=arguments, actor=actor, now=timezone.now(), nudge=nudge)


def packets_for(person: Person) -> list[Job]:
    """The newest packets that one sees, those that are being made included."""
    return list(Job.objects.visible_to(person).for_register().filter(kind=BUILD)[:20])
