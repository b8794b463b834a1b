"""What stands around every request: the person behind the login, a line in the log, and the headers that browsers obey."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from office.models import Person

GetResponse = Callable[[HttpRequest], HttpResponse]
CALENDAR = re.compile("^/calendar/.*")
"""An address that holds a key: calendars know no other way."""
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
logger = logging.getLogger("office.request")


def person_of(request: HttpRequest) -> Person | None:
    """The active person of the signed-in user, or None: a login without a person may not do anything."""
    if not request.user.is_authenticated:
        return None
    return Person.objects.active().filter(user=request.user).first()


class PersonMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.person = SimpleLazyObject(lambda: person_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)


class LogMiddleware:
    """One line a request, with an id that goes back to the caller. Neither query nor body nor who it was is logged."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        ident = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        response = self.get_response(request)
        told = {
            "request_id": ident,
            "method": request.method,
            "path": CALENDAR.sub("/calendar/…", request.path),
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - began) * 1000, 1),
        }
        logger.info("%(method)s %(path)s %(status)s in %(milliseconds)s ms", told, extra=told)
        response["X-Request-ID"] = ident
        return response


class PolicyMiddleware:
    """What a page may load and run: nothing from outside, and no script but our files. The first prefix that fits counts."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = next(text for prefix, text in settings.CONTENT_POLICIES if request.path.startswith(prefix))
        response.setdefault("Content-Security-Policy", policy)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        return response
