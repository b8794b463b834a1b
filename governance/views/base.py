"""Who may look at the portal at all, and what its pages share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from governance.models import Deployment
from office.models import Person
from office.service_admin import person_of
from office.services import rights

View = Callable[..., HttpResponse]


def for_people(view: View) -> View:
    """Signed in, and a person of the directory: a login without a person is told what to do about it.

    What a service refuses and the view does not show itself is told here: what the role does not cover as 403, anything
    else that was sent as a message on the page that it was sent from.
    """

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = person_of(request)
        if person is None:
            return render(request, "portal/nobody.html", status=403)
        try:
            return view(request, person, *args, **kwargs)
        except rights.Forbidden as error:
            raise PermissionDenied(" ".join(error.messages)) from error
        except ValidationError as error:
            if request.method != "POST":
                raise
            messages.error(request, " ".join(error.messages))
            return redirect(_sent_from(request))

    return checked


def _sent_from(request: HttpRequest) -> str:
    """The page of ours that holds the form; the first page where the browser does not say."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if ours else reverse("home")


def reads_register(request: HttpRequest) -> dict[str, Any]:
    """For templates: whether the person has a role for the registers at this moment. Asked only where a page asks."""
    return {"reads_register": SimpleLazyObject(lambda: rights.reads_register(person_of(request)))}


def refuse_unless_registrar(person: Person) -> None:
    if not rights.registers_use_cases(person):
        raise PermissionDenied("Your role reads and exports; it does not write.")


def find_deployment(person: Person, key: str) -> Deployment:
    return get_object_or_404(Deployment.objects.visible_to(person).for_register(), scope__key=key)
