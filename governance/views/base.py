"""Who may look at the portal at all, and what its pages share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from governance.models import Deployment
from office.models import Person
from office.service_admin import person_of
from office.services import rights

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


def refuse_unless_registrar(person: Person) -> None:
    if not rights.registers_use_cases(person):
        raise PermissionDenied("Your role reads and exports; it does not write.")


def find_deployment(person: Person, key: str) -> Deployment:
    return get_object_or_404(Deployment.objects.visible_to(person).for_register(), scope__key=key)
