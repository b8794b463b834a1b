"""What is owed and why, the auditor's crosswalk, and the order to recompute."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from frameworks.models import Family
from frameworks.vocabulary_files import shipped_vocabulary
from governance.domain.position import Position
from governance.inputs import position_of
from governance.models import Deployment
from governance.pages.duties import classifications, duties_of, standing_of, totals
from governance.pages.forms import CrosswalkForm, DaysForm
from governance.services import gaps
from governance.views.base import find_deployment, for_people
from governance.workbook.files import KINDS, ask, write
from office.history import THEN, Reader, begins, reader_of, then_of
from office.models import Person
from office.services import rights
from office.tasks import nudge
from office.today import today


@require_GET
@for_people
def duties(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    deployment = find_deployment(person, key)
    days = DaysForm(request.GET or None)
    chosen = days.cleaned_data if days.is_valid() else {}
    on = chosen.get("on") or today()
    known_on, answers = chosen.get("known_on") or on, chosen.get("answers") or THEN
    position, then = position_of(deployment, on, known_on, answers=answers), then_of(known_on, answers)
    context = {
        "deployment": deployment,
        "days": days if days.is_bound else DaysForm(initial={"on": on, "known_on": on, "answers": THEN}),
        "on": on,
        "known_on": known_on,
        "then": then,
    }
    context |= _owed(deployment, position, reader_of(then)) if key in position.cases else {"begins": begins()}
    return render(request, "portal/duties.html", context)


def _owed(deployment: Deployment, position: Position, reader: Reader) -> dict[str, Any]:
    """What the page shows of a deployment that is there on the day."""
    key, groups = deployment.scope.key, duties_of(deployment, position, reader)
    assessment, standing = position.assessments[key], standing_of(deployment, reader)
    return {
        "deployment": standing.deployment,
        "standing": standing,
        "groups": groups,
        "totals": totals(groups),
        "classifications": classifications(assessment),
        "transfer": assessment.transfer,
        "launch": assessment.launch,
        "contradictions": position.cases[key].facts.contradictions,
        "at_odds": assessment.contradictions,
        "questions": _open_questions(position, key),
    }


def _open_questions(position: Position, key: str) -> list[tuple[str, str]]:
    facts = shipped_vocabulary().facts
    return [(name, facts[name].question) for name in position.assessments[key].next_questions]


@require_POST
@for_people
def recompute(request: HttpRequest, person: Person) -> HttpResponse:
    if not rights.writes_in(person, None):
        raise PermissionDenied("Only an officer or leader of the whole office recomputes everything.")
    job = gaps.ask_recompute(actor=person, nudge=nudge)
    messages.info(request, f"Queued as {job}. The figures change as each subject is done.")
    return redirect("admin:index")


@require_GET
@for_people
def crosswalk(request: HttpRequest, person: Person) -> HttpResponse:
    """A form without a choice, a file with one."""
    if not rights.reads_register(person):
        raise PermissionDenied("The crosswalk is for officers, leaders and auditors.")
    frameworks = list(Family.objects.values_list("key", "title"))
    form = CrosswalkForm(request.GET if "focal" in request.GET else None, frameworks=frameworks)
    if not form.is_valid():
        return render(request, "portal/crosswalk.html", {"form": form, "empty": len(frameworks) < 2})
    on, kind = form.cleaned_data["on"] or today(), form.cleaned_data["format"] or "xlsx"
    with TemporaryDirectory() as folder:
        try:
            asked = ask([form.cleaned_data[name] for name in ("focal", "reference")], on, on, person)
            path = Path(folder) / asked.name(kind)
            write(asked, kind, path)
        except ValidationError as error:
            form.add_error("format", error)
            return render(request, "portal/crosswalk.html", {"form": form, "empty": False}, status=400)
        headers = {"Content-Disposition": f'attachment; filename="{path.name}"'}
        return HttpResponse(path.read_bytes(), content_type=KINDS[kind].media, headers=headers)
