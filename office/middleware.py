"""Puts the person behind the login on the request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from office.models import Person


def person_of(request: HttpRequest) -> Person | None:
    """The active person of the signed-in user, or None: a login without a person may not do anything."""
    if not request.user.is_authenticated:
        return None
    return Person.objects.active().filter(user=request.user).first()


class PersonMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.person = SimpleLazyObject(lambda: person_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)
