"""What shows that controls work and when it ends: tests and evidence that ask for something, as a page and as a workbook."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from controls.choices import Theme
from governance.documents.evidence import DAYS, SHORT, WORDS, EvidenceList, Wanted, evidence_list, evidence_sheets
from governance.domain.concerns import WITHIN
from governance.domain.gap_register import NO_ENTITY
from governance.inputs.evidence import ConcernRow, own_controls
from governance.views.base import for_people
from governance.views.documents import ANY, TwoDaysForm, days_of, file_of, format_asked, kept_query
from office.models import LegalEntity, Person
from office.services import rights
from office.today import today

AT_ONCE = 100
"""Rows on one page; the workbook holds all."""


class EvidenceForm(TwoDaysForm):
    """What is wanted, how far ahead, and the days."""

    theme = forms.ChoiceField(required=False, label="Theme of the control", choices=[ANY, *Theme.choices])
    entity = forms.ChoiceField(required=False, label="Legal entity")
    within = forms.IntegerField(required=False, label="Days ahead", min_value=0, max_value=3650)
    field_order = ["theme", "entity", "within", "on", "known_on"]

    def __init__(self, *args: Any, entities: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].choices = [ANY, (NO_ENTITY, "The office, once"), *entities]  # type: ignore[attr-defined]


@require_GET
@for_people
def evidence(request: HttpRequest, person: Person) -> HttpResponse:
    """Open to who reads the registers, by scope, and to who sits on a control's seat."""
    if not rights.reads_register(person) and not own_controls(person):
        raise PermissionDenied(
            "Evidence and tests are for officers, leaders, auditors and those who answer for a control."
        )
    wanted = format_asked(request, "xlsx")
    entities = LegalEntity.objects.visible_to(person).values_list("scope__key", "scope__name")
    form = EvidenceForm(request.GET or None, entities=list(entities))
    chosen = form.cleaned_data if form.is_valid() else {}
    on, known_on = days_of(chosen)
    found = evidence_list(person, on, known_on, _wanted(chosen))
    if form.errors:
        found = replace(found, rows=())
    elif wanted:
        sheets = evidence_sheets(found)
        return file_of(wanted, f"evidence-{on}", "Evidence and tests of controls", sheets, sheets[1])
    return render(request, "portal/evidence.html", _shown(request, person, form, found))


def _wanted(chosen: dict[str, Any]) -> Wanted:
    within = chosen.get("within")
    return Wanted(chosen.get("theme") or "", chosen.get("entity") or "", WITHIN if within is None else within)


def _shown(request: HttpRequest, person: Person, form: EvidenceForm, found: EvidenceList) -> dict[str, Any]:
    page = Paginator(found.rows, AT_ONCE).get_page(request.GET.get("page"))
    writes, reads = rights.Writable(person), rights.reads_register(person)
    now = found.as_of.then is None
    return {
        "form": form,
        "found": found,
        "as_of": found.as_of,
        "page": page,
        "reads": reads,
        "rows": [_row(row, person, reads=reads, writes=now and writes.allows(row.implementation)) for row in page],
        "query": kept_query(request),
    }


def _row(row: ConcernRow, person: Person, *, reads: bool, writes: bool) -> dict[str, Any]:
    """`writes`: the person may add to it where it stands, and what is shown is the present."""
    noun = "controltest" if row.concern.is_test else "evidence"
    own = {"tester": person.pk, "performed_on": today()} if row.concern.is_test else {"collected_by": person.pk}
    filled = urlencode({"implementation": row.implementation.pk, **own})
    return {
        "row": row,
        "words": WORDS[row.concern.kind],
        "day_is": DAYS[row.concern.kind],
        "short": row.proof.sha256[:SHORT] if row.proof else "",
        "control": reverse("admin:controls_control_change", args=[row.implementation.control_id]) if reads else "",
        "implementation": reverse("admin:controls_implementation_change", args=[row.implementation.pk])
        if reads
        else "",
        "proof": reverse(f"admin:controls_{noun}_change", args=[row.proof.pk]) if reads and row.proof else "",
        "add": f"{reverse(f'admin:controls_{noun}_add')}?{filled}" if writes else "",
    }
