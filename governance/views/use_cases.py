"""Use cases: the home page, registering, one use case with who runs it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.inputs import positions_of
from governance.models import Deployment, Gap, UseCase
from governance.pages.duties import (
    statuses,
)
from governance.pages.forms import DeploymentForm, RegisterForm
from governance.services import inventory
from governance.services.reminders import due_for
from governance.views.base import for_people, refuse_unless_registrar
from office.models import Handover, Person
from office.services import rights
from office.today import today

DUE_SHOWN = 12


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
        "due": due_for(person, today())[:DUE_SHOWN],
        "on": today(),
        "handovers": Handover.objects.waiting().asking(person).for_register(),
    }
    return render(request, "portal/home.html", context)


@require_http_methods(["GET", "POST"])
@for_people
def register(request: HttpRequest, person: Person) -> HttpResponse:
    refuse_unless_registrar(person)
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
    refuse_unless_registrar(person)
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
