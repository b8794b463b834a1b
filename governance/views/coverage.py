"""Coverage with two bounds, as counts: for the whole office and by group, down to one requirement with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from controls.models import ControlMapping
from frameworks.choices import UNVERIFIED
from frameworks.domain.applicability import APPLIES
from frameworks.models import Family
from governance.documents.as_of import as_of
from governance.domain.grouping import (
    BY,
    DEPLOYMENT,
    ENTITY,
    FAMILY,
    MARKET,
    OFFICE,
    ONCE,
    REQUIREMENT,
    Group,
    Kept,
    Place,
    grouped,
    in_words,
    kept,
    standing,
)
from governance.domain.position import Line, Position, share
from governance.inputs import position_on
from governance.inputs.coverage import attestations_of, mapped_refs, mappings_to, names_of, places_seen
from governance.pages.duties import LEVELS, TIMINGS
from governance.views.base import for_people
from governance.views.documents import ANY, TwoDaysForm, days_of, kept_query
from office.history import reader_for, then_of
from office.models import Person
from office.models.scopes import EntityJurisdiction
from office.services import rights

AT_ONCE = 100
"""Groups, or subjects of one requirement, on one page."""
TITLES = {
    FAMILY: "Family", MARKET: "Market", ENTITY: "Legal entity", DEPLOYMENT: "Deployment", REQUIREMENT: "Requirement",
    OFFICE: "The whole office",
}  # fmt: skip
STATUSES = {"applies": "applies", "may_apply": "may apply"}


class CoverageForm(TwoDaysForm):
    """How the lines are grouped, which of them, and the days."""

    by = forms.ChoiceField(required=False, label="Grouped by", choices=[(word, TITLES[word]) for word in BY])
    family = forms.ChoiceField(required=False, label="Family")
    market = forms.ChoiceField(required=False, label="Market", choices=[ANY, ONCE, *EntityJurisdiction.choices])
    entity = forms.ChoiceField(required=False, label="Legal entity")
    field_order = ["by", "family", "market", "entity", "on", "known_on"]

    def __init__(self, *args: Any, places: dict[str, Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = sorted({place.entity for place in places.values()} - {ONCE})
        self.fields["family"].choices = [ANY, *Family.objects.values_list("key", "title")]  # type: ignore[attr-defined]
        self.fields["entity"].choices = [ANY, (ONCE[0], "The office, once"), *entities]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Looked:
    """What is looked at: the office on both days, the lines that are seen and chosen, and whose they are."""

    person: Person
    form: CoverageForm
    position: Position
    places: dict[str, Place]
    chosen: Kept
    lines: list[Line]

    def address(self, **over: str) -> str:
        """This page with something else chosen; what is not named stays."""
        given = self.form.data if self.form.is_bound else {}
        same = {name: given.get(name, "") for name in ("family", "market", "entity", "on", "known_on")}
        return "?" + urlencode({name: word for name, word in {**same, **over}.items() if word})

    @property
    def days(self) -> str:
        return urlencode({"on": self.position.on.isoformat(), "known_on": self.position.known_on.isoformat()})

    @property
    def shared(self) -> dict[str, Any]:
        on, known_on = self.position.on, self.position.known_on
        return {
            "form": self.form,
            "as_of": as_of(on, known_on, then_of(known_on)),
            "reads": rights.reads_register(self.person),
            "back": self.address(by=REQUIREMENT),
            "start": self.address(),
        }


@require_GET
@for_people
def coverage(request: HttpRequest, person: Person) -> HttpResponse:
    """Of what a person sees by role, and of the deployments of their own."""
    places = places_seen(person)
    form = CoverageForm(request.GET or None, places=places)
    given = form.cleaned_data if form.is_valid() else {}
    on, known_on = days_of(given)
    position = position_on(on, known_on)
    chosen = Kept(**{name: given.get(name) or "" for name in ("family", "market", "entity")})
    lines = [] if form.errors else kept(position.lines, places, chosen)
    looked = Looked(person, form, position, places, chosen, lines)
    ref = request.GET.get("requirement", "")
    if ref:
        return _one(request, looked, ref)
    return _many(request, looked, given.get("by") or FAMILY)


def _many(request: HttpRequest, looked: Looked, by: str) -> HttpResponse:
    names = names_of(looked.position, looked.places)
    groups = [group for group in grouped(looked.lines, by, names) if group.share.applies or group.share.may_apply]
    page = Paginator(groups, AT_ONCE).get_page(request.GET.get("page"))
    mapped = mapped_refs(reader_for(looked.position.known_on)) if by == REQUIREMENT else set()
    context = looked.shared | {
        "by": by,
        "title": TITLES[by],
        "whole": _counts(Group("", "Everything below", share(looked.lines))),
        "page": page,
        "rows": [_counts(group) | _down(group, by, looked, mapped) for group in page],
        "query": kept_query(request),
        "family": names.families.get(looked.chosen.family, ""),
    }
    return render(request, "portal/coverage.html", context)


def _counts(group: Group) -> dict[str, Any]:
    return {"group": group, "cell": group.share, "words": in_words(group.share)}


def _down(group: Group, by: str, looked: Looked, mapped: set[str]) -> dict[str, Any]:
    """Where a row leads, and whether anything is mapped at all to a requirement."""
    key = group.key
    urls = {
        FAMILY: lambda: looked.address(by=REQUIREMENT, family=key),
        MARKET: lambda: looked.address(by=FAMILY, market=key),
        ENTITY: lambda: looked.address(by=FAMILY, entity=key),
        DEPLOYMENT: lambda: f"{reverse('duties', args=[key])}?{looked.days}",
        REQUIREMENT: lambda: looked.address(requirement=key),
        OFFICE: lambda: looked.address(by=FAMILY),
    }
    return {"url": urls[by](), "unmapped": by == REQUIREMENT and key not in mapped}


def _one(request: HttpRequest, looked: Looked, ref: str) -> HttpResponse:
    """One requirement: every subject that owes it or may, the worst covered first."""
    row = looked.position.rows.get(ref)
    if row is None or row.heading or row.context:
        raise Http404("There is no such requirement on that day.")
    lines = sorted((line for line in looked.lines if line.requirement == ref), key=lambda line: _worst(line, looked))
    reader, page = reader_for(looked.position.known_on), Paginator(lines, AT_ONCE).get_page(request.GET.get("page"))
    mappings = mappings_to(ref, reader)
    context = looked.shared | {
        "requirement": row,
        "unverified": row.verification in UNVERIFIED,
        "whole": _counts(Group(ref, row.title, share(lines))),
        "page": page,
        "subjects": [_subject(line, looked) for line in page],
        "mappings": _mapped(mappings, looked.person),
        "attestations": attestations_of(ref, looked.person, reader),
        "query": kept_query(request),
    }
    return render(request, "portal/coverage_one.html", context)


def _worst(line: Line, looked: Looked) -> tuple[bool, bool, int, bool, int, str]:
    bounds = line.bounds
    name = looked.places[line.subject].name
    return not line.adopted, line.verdict.status != APPLIES, bounds.lower, bounds.partial, bounds.upper, name


def _subject(line: Line, looked: Looked) -> dict[str, Any]:
    own = line.level == DEPLOYMENT
    return {
        "line": line,
        "name": looked.places[line.subject].name,
        "owed_by": LEVELS[line.level],
        "status": STATUSES[line.verdict.status],
        "timing": TIMINGS.get(line.verdict.timing, line.verdict.timing),
        "words": standing(line.bounds),
        "url": f"{reverse('duties', args=[line.subject])}?{looked.days}" if own else "",
    }


def _mapped(mappings: Sequence[ControlMapping], person: Person) -> list[dict[str, Any]]:
    """The mappings, with the controls' implementations in the admin for those who may read or write there."""
    reads, writes = rights.reads_register(person), rights.writes_somewhere(person)
    listed, add = (reverse(f"admin:controls_implementation_{name}") for name in ("changelist", "add"))
    return [
        {
            "mapping": row,
            "kind": (row.relationship or "untyped").replace("_", " "),
            "earlier": row.status == "approved" and not row.text_current,
            "implementations": f"{listed}?control__id__exact={row.control_id}" if reads else "",
            "add": f"{add}?control={row.control_id}" if writes else "",
        }
        for row in mappings
    ]
