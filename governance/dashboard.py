"""The officer's first page: how far the office is, what is open and since when, and what comes next."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from controls.models import ControlMapping, Evidence
from frameworks.models import Family
from governance.choices import Severity
from governance.domain.position import Line, Position, Share, share, upcoming
from governance.inputs import position_on
from governance.models import Deployment, Gap, UseCase
from governance.querysets import seen_scopes
from governance.services.gaps import RECOMPUTE
from office.models import Handover, Job, Person, Scope, Seat
from office.models.scopes import EntityJurisdiction
from office.service_admin import person_of
from office.services import rights
from office.today import today

GROUP = "group"
AGES = ((30, "up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"), (100_000, "older"))
SOON = timedelta(days=30)
SHOWN = 8


@dataclass(frozen=True)
class CoverageRow:
    """One family: both bounds for each market and for the whole."""

    family: Family
    cells: list[tuple[str, Share]]
    total: Share


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback for the index page."""
    person = person_of(request)
    if person is None:
        return {**context, "nobody": True}
    on = today()
    position = position_on(on)
    scopes = {scope.key: scope for scope in seen_scopes(person).select_related("entity", "parent__entity")}
    lines = [line for line in position.lines if line.subject in scopes]
    gaps = list(Gap.objects.visible_to(person).standing().values_list("status", "severity", "opened_on", "due_on"))
    return {
        **context,
        "on": on,
        "known_on": position.known_on,
        "may_recompute": rights.writes_in(person, None),
        "empty": not UseCase.objects.exists(),
        "steps": _first_steps(),
        "markets": [*_market_names(scopes.values()).items()],
        "coverage": _coverage(lines, scopes),
        "ages": [words for _, words in AGES],
        "gaps": _gap_table(gaps, on),
        "gap_counts": _gap_counts(gaps, on),
        "vacant": _vacant(person),
        "next": _next(lines, on, position),
        "waiting": _waiting(person, on),
        "questions": _questions(position, scopes),
        "last_job": Job.objects.visible_to(person).filter(kind=RECOMPUTE).first(),
    }


def _first_steps() -> list[tuple[str, str]]:
    """What to do in an office that is still empty, in order."""
    return [
        ("Add the people of the office", reverse("admin:office_person_add")),
        ("Give each a role", reverse("admin:office_membership_add")),
        ("Add the legal entities", reverse("admin:office_legalentity_add")),
        ("Register the first use case", reverse("register")),
    ]


def _market_names(scopes: Iterable[Scope]) -> dict[str, str]:
    """The columns: the group as such, and each place where an entity of ours sits."""
    found = {_market(scope) for scope in scopes}
    names = {GROUP: "Group", **dict(EntityJurisdiction.choices)}
    return {word: name for word, name in names.items() if word in found}


def _market(scope: Scope) -> str:
    """Where the entity of a subject is registered; the office and what several entities share is the group's."""
    for place in (scope, scope.parent):
        entity = getattr(place, "entity", None) if place is not None else None
        if entity is not None:
            return entity.jurisdiction
    return GROUP


def _coverage(lines: list[Line], scopes: dict[str, Scope]) -> list[CoverageRow]:
    markets = _market_names(scopes.values())
    grouped: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.family, _market(scopes[line.subject])].append(line)
    rows = []
    for family in Family.objects.all():
        cells = [(name, share(grouped[family.key, word])) for word, name in markets.items()]
        total = share(line for line in lines if line.family == family.key)
        rows.append(CoverageRow(family, cells, total))
    return rows


def _age(opened: date, on: date) -> str:
    return next(words for limit, words in AGES if (on - opened).days <= limit)


def _gap_table(gaps: list[tuple[str, str, date, date]], on: date) -> list[dict[str, Any]]:
    counts = Counter((severity, _age(opened, on)) for status, severity, opened, _ in gaps if status == "open")
    url = reverse("admin:governance_gap_changelist")
    return [
        {
            "name": label,
            "url": f"{url}?status__exact=open&severity__exact={word}",
            "cells": [counts[word, words] for _, words in AGES],
            "total": sum(counts[word, words] for _, words in AGES),
        }
        for word, label in Severity.choices
    ]


def _gap_counts(gaps: list[tuple[str, str, date, date]], on: date) -> dict[str, int]:
    return {
        "open": sum(status == "open" for status, *_ in gaps),
        "accepted": sum(status == "accepted" for status, *_ in gaps),
        "overdue": sum(status == "open" and due < on for status, _, _, due in gaps),
    }


def _vacant(person: Person) -> dict[str, Any]:
    seats = Seat.objects.vacant().visible_to(person)
    return {"count": seats.count(), "seats": list(seats[:SHOWN])}


def _next(lines: list[Line], on: date, position: Position) -> list[dict[str, Any]]:
    families = dict(Family.objects.values_list("key", "title"))
    rows = []
    for day, family, found in upcoming(lines, on)[:SHOWN]:
        refs = list(dict.fromkeys(line.requirement for line in found))
        citations = [position.rows[ref].citation for ref in refs]
        rows.append(
            {
                "day": day,
                "days": (day - on).days,
                "family": families[family],
                "requirements": len(refs),
                "subjects": len({line.subject for line in found}),
                "citations": ", ".join(citations[:6]) + (" …" if len(citations) > 6 else ""),
            }
        )
    return rows


def _waiting(person: Person, on: date) -> list[tuple[str, int, str]]:
    mappings, evidence = (
        reverse("admin:controls_controlmapping_changelist"),
        reverse("admin:controls_evidence_changelist"),
    )
    seen = Evidence.objects.visible_to(person)
    return [
        (
            "Mappings proposed, not reviewed",
            ControlMapping.objects.filter(status="proposed").count(),
            f"{mappings}?status__exact=proposed",
        ),
        (
            "Mappings in re-review after a change of text",
            ControlMapping.objects.filter(status="re_review").count(),
            f"{mappings}?status__exact=re_review",
        ),
        ("Evidence out of date", seen.filter(valid_until__lt=on).count(), f"{evidence}?valid_until__lt={on}"),
        (
            "Evidence that goes out of date within 30 days",
            seen.expiring(on, on + SOON).count(),
            f"{evidence}?valid_until__gte={on}&valid_until__lt={on + SOON + timedelta(days=1)}",
        ),
        (
            "Handovers waiting for a side",
            Handover.objects.waiting().visible_to(person).count(),
            reverse("admin:office_handover_changelist") + "?status__exact=proposed",
        ),
    ]


def _questions(position: Position, scopes: dict[str, Scope]) -> list[dict[str, Any]]:
    """Deployments whose duties hang on unanswered questions, the most open first."""
    hanging = position.hanging()
    first = [key for key, _ in hanging.most_common() if key in scopes][:SHOWN]
    names = {row.scope.key: str(row) for row in Deployment.objects.for_register().filter(scope__key__in=first)}
    rows: list[dict[str, Any]] = [
        {
            "name": names[key],
            "url": reverse("duties", args=[key]),
            "questions": len(position.assessments[key].next_questions),
            "may_apply": hanging[key],
        }
        for key in first
    ]
    return [row for row in rows if row["questions"]]
