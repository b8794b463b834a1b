"""Controls in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from controls.models import (
    Control,
    ControlMapping,
    Implementation,
)
from controls.resources import ControlResource
from controls.services import controls as control_services
from office.admin_forms import ReasonForm
from office.seat_actions import SeatedAdmin
from office.service_admin import ReadOnlyInline, actor_of, ask_then
from office.sheet_admin import SheetAdmin


class ImplementationInline(ReadOnlyInline):
    model = Implementation
    fields = ("scope", "state", "since", "note")


class MappingInline(ReadOnlyInline):
    model = ControlMapping
    fields = ("requirement", "relationship", "strength", "status")


@admin.register(Control)
class ControlAdmin(SeatedAdmin, SheetAdmin):
    resource = ControlResource
    list_display = ("ref", "title", "theme", "status", "accountable", "mapped")
    list_filter = ("theme", "status", "specific")
    search_fields = ("ref", "title", "objective", "guidance")
    readonly_fields = ("accountable",)
    fields = (
        "ref", "title", "theme", "status", "accountable", "objective", "guidance", "evidence", "test_procedure",
        "cadence", "test_every_days", "evidence_required", "specific", "settings",
    )  # fmt: skip
    inlines = (ImplementationInline, MappingInline)
    actions = ("assign", "hand_over", "activate")
    can_delete = False

    @admin.display(description="mapped requirements", ordering="mapped")
    def mapped(self, row: Control) -> int:
        return row.mapped  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("accountable",) if obj else ("accountable", "status")

    def write(self, request: HttpRequest, row: Control, form: Any) -> None:
        control_services.save_control(control=row, actor=actor_of(request))

    @admin.action(description="Activate", permissions=["act"])
    def activate(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                control_services.activate(control=row, reason=given["reason"], actor=actor_of(request))
            return f"{len(rows)} control(s) active."

        return ask_then(self, request, queryset, name="activate", title="Activate", form_class=ReasonForm, run=run)
