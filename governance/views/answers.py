"""Questions, answers and flows of a deployment."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frameworks.vocabulary_files import shipped_vocabulary
from governance.inputs import position_of
from governance.inputs.due import asked_again_on
from governance.models import Answer, Deployment
from governance.pages.duties import (
    Place,
    flows_matter,
    places_of,
    questions_of,
    read_posted,
    statuses,
)
from governance.pages.forms import TransferForm
from governance.services import answers, gaps
from governance.views.base import find_deployment, for_people, refuse_unless_registrar
from office.models import Person
from office.services import rights
from office.tasks import nudge
from office.today import today


@require_GET
@for_people
def questions(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    deployment = find_deployment(person, key)
    position = position_of(deployment, today())
    assessment = position.assessments[key]
    context = {
        "deployment": deployment,
        "asked": questions_of(deployment, assessment, person, request.GET.get("ask", "")),
        "counts": statuses(position, key),
        "contradictions": position.cases[key].facts.contradictions,
        "asked_again": _asked_again(deployment, person),
        "flows": deployment.transfers.all(),
        "flows_matter": flows_matter(assessment) or deployment.transfers.exists(),
        "may_register": _answers_here(person, deployment),
    }
    return render(request, "portal/questions.html", context)


def _answers_here(person: Person, deployment: Deployment) -> bool:
    """Whether the person records flows here: a role that writes, and the right to answer about the deployment."""
    writes = rights.registers_use_cases(person)
    return writes and answers.may_answer(person, deployment.scope, deployment.seat.holder)


@require_POST
@for_people
def answer(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    """Saves the answers that were sent, each at its own subject. A script sends one and gets the new counts back.

    `confirm` names a subject of which every answer still holds.
    """
    refuse_unless_registrar(person)
    deployment = find_deployment(person, key)
    places = {place.token: place for group in places_of(deployment, person).values() for place in group if place.open}
    if "confirm" in request.POST:
        return _confirm(request, person, key, places)
    problems = _save_answers(request, person, places)
    if request.headers.get("accept", "").startswith("application/json"):
        return _answer_json(deployment, problems)
    for sentence in problems:
        messages.error(request, sentence)
    if not problems:
        messages.success(request, "Saved.")
    return redirect("questions", key=key)


def _asked_again(deployment: Deployment, person: Person) -> list[Place]:
    """The subjects whose answers are a year old, of those about which the person answers. One query besides theirs."""
    places = [place for group in places_of(deployment, person).values() for place in group if place.open]
    first = {
        f"use_case-{case}" if case else f"scope-{scope}": at
        for scope, case, at in Answer.objects.of_the_living().oldest_of_each()
    }
    return [place for place in places if place.token in first and asked_again_on(first[place.token]) <= today()]


def _confirm(request: HttpRequest, person: Person, key: str, places: dict[str, Place]) -> HttpResponse:
    place = places.get(request.POST["confirm"])
    if place is None:
        raise PermissionDenied("Somebody else answers about that. Ask who sits on its seat.")
    answers.confirm_answers(subject=place.subject, actor=person)
    messages.success(request, f"Confirmed: every answer about {place.name} still holds.")
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
    refuse_unless_registrar(person)
    deployment = find_deployment(person, key)
    if not _answers_here(person, deployment):
        raise PermissionDenied("You read this deployment; who answers for it, or an officer, records its flows.")
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
