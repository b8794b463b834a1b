"""The team's portal: register, answer what still matters, see what is owed and why; the auditor's crosswalk."""

import io
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frameworks.models import Family
from frameworks.vocabulary_files import shipped_vocabulary
from governance.crosswalk_sheets import crosswalk_sheets, find_framework
from governance.domain.position import Position
from governance.inputs import position_of, positions_of
from governance.models import Deployment, Gap, UseCase
from governance.portal import (
    classifications,
    duties_of,
    flows_matter,
    places_of,
    questions_of,
    read_posted,
    statuses,
    totals,
)
from governance.portal_forms import CrosswalkForm, DaysForm, DeploymentForm, RegisterForm, TransferForm
from governance.services import answers, gaps, inventory
from office.models import Handover, Person
from office.service_admin import person_of
from office.services import rights, seats
from office.spreadsheet import write_xlsx
from office.tasks import nudge
from office.today import today

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
View = Callable[..., HttpResponse]


def for_people(view: View) -> View:
    """Signed in, and a person of the directory: a login without a person is told what to do about it."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = person_of(request)
        if person is None:
            return render(request, "portal/nobody.html", status=403)
        return view(request, person, *args, **kwargs)

    return checked


def _refuse_unless_registrar(person: Person) -> None:
    if not rights.registers_use_cases(person):
        raise PermissionDenied("Your role reads and exports; it does not write.")


@require_GET
@for_people
def home(request: HttpRequest, person: Person) -> HttpResponse:
    use_cases = UseCase.objects.visible_to(person).for_register()
    open_gaps = Gap.objects.open().visible_to(person)
    context = {
        "use_cases": use_cases,
        "open_gaps": open_gaps.count(),
        "overdue": open_gaps.overdue(today()).count(),
        "may_register": rights.registers_use_cases(person),
        "handovers": Handover.objects.waiting().asking(person).for_register(),
    }
    return render(request, "portal/home.html", context)


@require_POST
@for_people
def confirm_handover(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    """One of the two sides confirms, or takes the handover back."""
    handover = get_object_or_404(Handover.objects.waiting().asking(person), pk=pk)
    if "withdraw" in request.POST:
        seats.withdraw_handover(handover=handover, actor=person)
        messages.success(request, "The handover is withdrawn; nothing moved.")
    else:
        done = seats.confirm_handover(handover=handover, actor=person, on=today())
        moved = done.status == Handover.Status.DONE
        messages.success(
            request, "Both sides have confirmed: the seats moved." if moved else "Confirmed. The other side is asked."
        )
    return redirect("home")


@require_http_methods(["GET", "POST"])
@for_people
def register(request: HttpRequest, person: Person) -> HttpResponse:
    _refuse_unless_registrar(person)
    form = RegisterForm(request.POST or None, person=person)
    if form.is_valid():
        try:
            use_case = inventory.register_use_case(**form.cleaned_data, on=today(), actor=person)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(
                request, f"{use_case} is registered. Now answer what still matters; each answer is saved at once."
            )
            return redirect("questions", key=use_case.deployments.get().scope.key)
    return render(request, "portal/register.html", {"form": form})


@require_GET
@for_people
def use_case(request: HttpRequest, person: Person, ref: str) -> HttpResponse:
    found = get_object_or_404(UseCase.objects.visible_to(person).for_register(), ref=ref)
    deployments = list(Deployment.objects.for_register().filter(use_case=found).visible_to(person))
    positions = positions_of(deployments, today())
    rows = []
    for row in deployments:
        key = row.scope.key
        questions = len(positions[key].assessments[key].next_questions)
        rows.append({"deployment": row, "questions": questions, **statuses(positions[key], key)})
    context = {
        "use_case": found,
        "rows": rows,
        "form": DeploymentForm(person=person),
        "may_register": rights.registers_use_cases(person),
    }
    return render(request, "portal/use_case.html", context)


@require_POST
@for_people
def add_deployment(request: HttpRequest, person: Person, ref: str) -> HttpResponse:
    _refuse_unless_registrar(person)
    found = get_object_or_404(UseCase.objects.visible_to(person), ref=ref)
    form = DeploymentForm(request.POST, person=person)
    if form.is_valid():
        try:
            made = inventory.add_deployment(
                use_case=found, accountable=found.seat.holder or person, on=today(), actor=person, **form.cleaned_data
            )
            return redirect("questions", key=made.scope.key)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    else:
        messages.error(request, "Choose the legal entity and the stage.")
    return redirect("use-case", ref=ref)


def _deployment(person: Person, key: str) -> Deployment:
    return get_object_or_404(Deployment.objects.visible_to(person).for_register(), scope__key=key)


@require_GET
@for_people
def questions(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    deployment = _deployment(person, key)
    position = position_of(deployment, today())
    assessment = position.assessments[key]
    context = {
        "deployment": deployment,
        "asked": questions_of(deployment, assessment, person, request.GET.get("ask", "")),
        "counts": statuses(position, key),
        "contradictions": position.cases[key].facts.contradictions,
        "flows": deployment.transfers.all(),
        "flows_matter": flows_matter(assessment) or deployment.transfers.exists(),
        "may_register": rights.registers_use_cases(person),
    }
    return render(request, "portal/questions.html", context)


@require_POST
@for_people
def answer(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    """Saves the answers that were sent, each at its own subject. A script sends one and gets the new counts back."""
    _refuse_unless_registrar(person)
    deployment = _deployment(person, key)
    places = {place.token: place for group in places_of(deployment, person).values() for place in group if place.open}
    problems = _save_answers(request, person, places)
    if request.headers.get("accept", "").startswith("application/json"):
        return _answer_json(deployment, problems)
    for sentence in problems:
        messages.error(request, sentence)
    if not problems:
        messages.success(request, "Saved.")
    return redirect("questions", key=key)


def _save_answers(request: HttpRequest, person: Person, places: dict) -> list[str]:
    facts = shipped_vocabulary().facts
    problems: list[str] = []
    for name in request.POST:
        fact_key, _, token = name.partition("@")
        if not token:
            continue
        if fact_key not in facts or token not in places:
            problems.append(f"“{fact_key}” is not asked here, or is answered by somebody else.")
            continue
        value = read_posted(facts[fact_key], request.POST.getlist(name))
        try:
            answers.answer_facts(subject=places[token].subject, answers={fact_key: value}, actor=person)
        except ValidationError as error:
            problems += error.messages
    if not problems:
        gaps.ask_recompute(actor=person, nudge=nudge)
    return problems


def _answer_json(deployment: Deployment, problems: list[str]) -> JsonResponse:
    if problems:
        return JsonResponse({"problems": problems}, status=400)
    key, position = deployment.scope.key, position_of(deployment, today())
    questions = len(position.assessments[key].next_questions)
    return JsonResponse({"saved": True, "questions": questions, **statuses(position, key)})


@require_http_methods(["GET", "POST"])
@for_people
def transfer(request: HttpRequest, person: Person, key: str, name: str = "") -> HttpResponse:
    """Adds a data flow across a border, or changes the named one; `remove` takes it away."""
    _refuse_unless_registrar(person)
    deployment = _deployment(person, key)
    flow = get_object_or_404(deployment.transfers, name=name) if name else None
    if flow is not None and "remove" in request.POST:
        answers.remove_transfer(transfer=flow, actor=person)
        messages.success(request, f"The flow {name} is removed; the journal keeps its last state.")
        return redirect("questions", key=key)
    record = flow.record if flow else None
    form = TransferForm(request.POST or None, record=record, initial={"name": name}, name=name)
    if form.is_valid():
        try:
            if name:
                answers.record_transfer(deployment=deployment, name=name, record=form.record(), actor=person)
            else:
                chosen = form.cleaned_data["name"]
                answers.add_transfer(deployment=deployment, name=chosen, record=form.record(), actor=person)
            messages.success(request, "The flow is saved.")
            return redirect("questions", key=key)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(request, "portal/transfer.html", {"deployment": deployment, "form": form, "flow": flow})


@require_GET
@for_people
def duties(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    deployment = _deployment(person, key)
    days = DaysForm(request.GET or None)
    chosen = days.cleaned_data if days.is_valid() else {}
    on = chosen.get("on") or today()
    position = position_of(deployment, on, chosen.get("known_on"))
    groups = duties_of(deployment, position)
    assessment = position.assessments[key]
    context = {
        "deployment": deployment,
        "days": days if days.is_bound else DaysForm(initial={"on": on, "known_on": on}),
        "on": on,
        "known_on": position.known_on,
        "groups": groups,
        "totals": totals(groups),
        "classifications": classifications(assessment),
        "transfer": assessment.transfer,
        "launch": assessment.launch,
        "contradictions": position.cases[key].facts.contradictions,
        "questions": _open_questions(position, key),
        "approvals": deployment.approvals.all(),
    }
    return render(request, "portal/duties.html", context)


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
    """A form without a choice, a workbook with one."""
    if not rights.reads_register(person):
        raise PermissionDenied("The crosswalk is for officers, leaders and auditors.")
    frameworks = list(Family.objects.values_list("key", "title"))
    form = CrosswalkForm(request.GET if "focal" in request.GET else None, frameworks=frameworks)
    if not form.is_valid():
        return render(request, "portal/crosswalk.html", {"form": form, "empty": len(frameworks) < 2})
    on = form.cleaned_data["on"] or today()
    sides = [find_framework(form.cleaned_data[name], on) for name in ("focal", "reference")]
    sheets = crosswalk_sheets(focal=sides[0], reference=sides[1], on=on, known_on=on, reader=person)
    target = io.BytesIO()
    name = f"crosswalk-{sides[0].key}-{sides[1].key}-{on}.xlsx"
    write_xlsx(target, sheets, title=f"Crosswalk {sides[0].key} to {sides[1].key}", author="AI governance office")
    return HttpResponse(
        target.getvalue(), content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
