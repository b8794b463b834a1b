"""The office's own pages: who gets in is asked of the roles, at each request."""

from functools import update_wrapper
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

from office.signing_in import opens_office, told_to_wait


class OfficeSite(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return opens_office(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Who is signed in already and may not come in is told so; only the front page offers another login."""
        inner = super().admin_view(view, cacheable)
        if view in (self.index, self.logout):
            return inner

        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied("The office is for leaders, officers and auditors.")
            return inner(request, *args, **kwargs)

        return update_wrapper(checked, inner)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return told_to_wait(super().login(request, extra_context))
