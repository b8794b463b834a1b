"""The two doors for people, the portal's and the office's: who guesses passwords waits at both."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm

from office.models import Person
from office.services import logins, rights


def opens_office(user: Any) -> bool:
    """Leaders, officers and auditors, by the roles of this moment; a superuser for the logins."""
    if not user.is_active:
        return False
    return user.is_superuser or rights.reads_register(Person.objects.active().filter(user=user).first())


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; behind a proxy that is trusted, as the proxy says: the last it wrote."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.TRUSTED_PROXY else ""
    return forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))


class SignInForm(AuthenticationForm):
    wait = 0
    """Seconds until another try; the password was not looked at."""

    def clean(self) -> dict[str, Any]:
        name, address = self.cleaned_data.get("username") or "", address_of(self.request) if self.request else ""
        self.wait = logins.count_try(name=name, address=address, now=timezone.now())
        if self.wait:
            raise ValidationError(f"Too many tries. Wait {self.wait} seconds, then sign in again.", code="wait")
        cleaned = super().clean()
        logins.forgive_try(name=name, address=address)
        return cleaned


class OfficeSignInForm(SignInForm, UnfoldAuthenticationForm):
    def confirm_login_allowed(self, user: Any) -> None:
        AuthenticationForm.confirm_login_allowed(self, user)
        if not opens_office(user):
            raise ValidationError(
                "The office is for leaders, officers and auditors. Sign in to the portal instead, or ask an officer for a "
                "role.",
                code="no_role",
            )


class SignIn(LoginView):
    authentication_form = SignInForm

    def form_invalid(self, form: Any) -> HttpResponse:
        return told_to_wait(super().form_invalid(form))


def told_to_wait(response: HttpResponse) -> HttpResponse:
    """A page with a form that refused to look, in the words of HTTP."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    wait = getattr(form, "wait", 0)
    if wait:
        response.status_code = 429
        response["Retry-After"] = str(wait)
    return response
