"""The buttons of django-import-export on a register; they lead to the same plan and apply as every other door."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin

from office.resource_base import NounResource
from office.service_admin import person_of
from office.services import rights


class SheetAdmin(ImportExportModelAdmin):
    """For the admin of a noun that goes out and comes in by sheet; `resource` says which."""

    resource: type[NounResource]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return rights.writes_somewhere(person_of(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return rights.reads_register(person_of(request))

    def import_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(f"{reverse('sheets')}?{urlencode({'noun': self.resource.noun})}")

    def process_import(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The library's own second step would write past the plan; nothing goes through it."""
        return self.import_action(request)

    def export_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("sheet-export", noun=self.resource.noun)
