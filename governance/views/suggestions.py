"""Candidate controls for a requirement, each with the words that both texts use. The page writes nothing."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from controls.inputs import Candidate, suggest_controls
from controls.models import Control
from frameworks.models import Requirement
from governance.views.base import for_people
from office.models import Person
from office.services import rights

FEW, MANY = 5, 25
TERMS = 8
"""Words that are listed of each candidate; the others are counted."""


@require_GET
@for_people
def suggestions(request: HttpRequest, person: Person, ref: str) -> HttpResponse:
    if not rights.reads_register(person):
        raise PermissionDenied("Suggested controls are for officers, leaders and auditors.")
    requirement = get_object_or_404(
        Requirement.objects.visible_to(person).select_related("current", "family", "instrument"), ref=ref
    )
    more = "more" in request.GET
    found = suggest_controls(requirement, limit=MANY if more else FEW)
    context = {
        "requirement": requirement,
        "texts": requirement.current.texts.exclude(language="en") if requirement.current else [],
        "suggested": found,
        "rows": [_row(candidate) for candidate in found.candidates],
        "more": more,
        "many": MANY,
        "can_be_more": not more and len(found.candidates) == FEW,
        "writes": rights.writes_in(person, None),
        "no_controls": not found.candidates and not found.mapped and not Control.objects.exists(),
    }
    return render(request, "portal/suggestions.html", context)


def _row(candidate: Candidate) -> dict[str, Any]:
    terms = candidate.found.terms
    shown = [(term, f"{term.share / candidate.found.score:.0%}") for term in terms[:TERMS]]
    return {
        "control": candidate.control,
        "rejected": candidate.rejected,
        "own": [(term.word, part) for term, part in shown if not term.borrowed],
        "borrowed": [(term.word, part) for term, part in shown if term.borrowed],
        "further": max(len(terms) - TERMS, 0),
    }
