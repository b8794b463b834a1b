"""Implementations with their evidence and tests in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from controls.models import (
    ControlTest,
    Evidence,
    Implementation,
)
from controls.resources import EvidenceResource, ImplementationResource
from controls.services import controls as control_services
from office.service_admin import ReadOnlyInline, ServiceModelAdmin, actor_of
from office.sheet_admin import SheetAdmin
from office.today import today

STATE_LABELS = {
    "implemented": "success",
    "partial": "warning",
    "planned": "info",
    "not_implemented": "danger",
    "not_applicable": "default",
}


class EvidenceInline(ReadOnlyInline):
    model = Evidence
    fields = ("title", "valid_from", "valid_until", "collected_by")


class TestInline(ReadOnlyInline):
    model = ControlTest
    fields = ("performed_on", "result", "tester", "note")


@admin.register(Implementation)
class ImplementationAdmin(ServiceModelAdmin, SheetAdmin):
    resource = ImplementationResource
    list_display = ("control", "scope", "state_word", "since", "note")
    list_filter = ("state", "control__theme", "scope__kind")
    search_fields = ("control__ref", "control__title", "scope__name", "scope__key", "note")
    autocomplete_fields = ("control", "scope")
    fields = ("control", "scope", "state", "since", "note")
    inlines = (EvidenceInline, TestInline)

    @display(description="state", label=STATE_LABELS, ordering="state")
    def state_word(self, row: Implementation) -> tuple[str, str]:
        return row.state, row.get_state_display()


@admin.register(Evidence)
class EvidenceAdmin(ServiceModelAdmin, SheetAdmin):
    resource = EvidenceResource
    list_display = ("title", "implementation", "valid_from", "valid_until", "collected_by", "sha256_short")
    list_filter = ("valid_until", "implementation__control__theme")
    search_fields = ("title", "implementation__control__ref", "implementation__scope__name")
    autocomplete_fields = ("implementation", "collected_by")
    date_hierarchy = "valid_until"
    readonly_fields = ("sha256",)

    @admin.display(description="SHA-256")
    def sha256_short(self, row: Evidence) -> str:
        return row.sha256[:12] or "–"

    def write(self, request: HttpRequest, row: Evidence, form: Any) -> None:
        control_services.save_evidence(evidence=row, actor=actor_of(request))


@admin.register(ControlTest)
class ControlTestAdmin(ServiceModelAdmin):
    list_display = ("implementation", "performed_on", "result", "tester", "note")
    list_filter = ("result", "performed_on")
    search_fields = ("implementation__control__ref", "implementation__scope__name", "note")
    autocomplete_fields = ("implementation", "tester")

    def write(self, request: HttpRequest, row: ControlTest, form: Any) -> None:
        control_services.save_test(test=row, actor=actor_of(request), on=today())
