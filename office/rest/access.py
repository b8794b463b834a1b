"""Who calls: a person by a key or by a session; what a key and a role allow at all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from rest_framework import authentication, exceptions, permissions, throttling
from rest_framework.request import Request

from office.models import ApiKey, Person
from office.service_admin import person_of
from office.services import api_keys, rights
from office.today import today

if TYPE_CHECKING:
    from rest_framework.views import APIView

SCHEME = "Bearer"


@dataclass(frozen=True)
class Caller:
    """The person behind a request; None for a login that belongs to nobody. `key` is set where a program calls."""

    person: Person | None
    key: ApiKey | None = None
    is_authenticated: bool = True
    is_active: bool = True

    @property
    def pk(self) -> Any:
        return self.person.pk if self.person else None


def caller_of(request: Request) -> Person:
    """The person who calls; the permission has made sure that there is one."""
    caller = request.user
    if not isinstance(caller, Caller) or caller.person is None:
        raise exceptions.NotAuthenticated
    return caller.person


class KeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer ago_…`"""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        try:
            key = api_keys.find_key(text=text.strip(), now=timezone.now(), on=today())
        except api_keys.KeyRefused as refused:
            raise exceptions.AuthenticationFailed(str(refused)) from refused
        if key.access == ApiKey.Access.CALENDAR:
            raise exceptions.AuthenticationFailed("This key opens the calendar feed only. Make another for the API.")
        return Caller(key.person, key), key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class SessionAuthentication(authentication.SessionAuthentication):
    """The login of the portal, for the documentation's own page. Writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        django_request = request._request
        if not django_request.user.is_authenticated:
            return None
        self.enforce_csrf(request)
        return Caller(person_of(django_request)), None


class HasRole(permissions.BasePermission):
    """Anybody with a role reads what `visible_to` shows. To write takes a key that writes and a role that does.

    A view's `open_to_readers` names the actions that write nothing of the office, or only the caller's own word.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        caller = request.user
        if not isinstance(caller, Caller):
            return False
        if caller.person is None:
            raise exceptions.PermissionDenied("This login belongs to no person of the directory. Ask the office.")
        if not caller.person.memberships.exists():
            raise exceptions.PermissionDenied(f"{caller.person} has no role in this office. Ask an officer for one.")
        if request.method in permissions.SAFE_METHODS:
            return True
        action = getattr(view, "action", None) or str(request.method).lower()
        stateless = action in getattr(view, "writes_nothing", ())
        if caller.key is not None and caller.key.access == ApiKey.Access.READ and not stateless:
            raise exceptions.PermissionDenied("This key only reads. Make one that writes, or call with another.")
        if not stateless and action not in getattr(view, "own_word", ()):
            self._refuse_readers(caller.person)
        return True

    def _refuse_readers(self, person: Person) -> None:
        if not rights.registers_use_cases(person):
            raise exceptions.PermissionDenied("Your role reads and exports; it does not write.")


class _Rate(throttling.UserRateThrottle):
    def get_rate(self) -> str | None:
        return settings.API_RATES[str(self.scope)] or None


class ReadRate(_Rate):
    scope = "read"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        return request.method not in permissions.SAFE_METHODS or super().allow_request(request, view)


class WriteRate(_Rate):
    scope = "write"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        return request.method in permissions.SAFE_METHODS or super().allow_request(request, view)
