"""Both kinds of mapping and attested sets in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget

from controls.admin.review import MappingAdmin, two_texts
from controls.models import (
    Attestation,
    AttestationItem,
    ControlMapping,
    RequirementMapping,
)
from controls.resources import MappingResource
from controls.services import mappings as mapping_services
from office.admin_forms import ReasonForm
from office.models import Scope
from office.service_admin import ReadOnlyAdmin, ReadOnlyInline, actor_of, ask_then
from office.sheet_admin import SheetAdmin


class AttestForm(ReasonForm):
    scope = forms.ModelChoiceField(
        queryset=Scope.objects.all(), widget=UnfoldAdminSelectWidget(), help_text="Where they suffice, and below."
    )
    field_order = ["scope", "reason"]


@admin.register(ControlMapping)
class ControlMappingAdmin(MappingAdmin, SheetAdmin):
    resource = MappingResource
    actions = (*MappingAdmin.actions, "attest")
    list_display = ("control", "requirement", "relation", "strength", "status_word", "proposer", "reviewed_by")
    list_filter = ("status", "relationship", "rationale_type", "requirement__family", "control__theme")
    search_fields = ("control__ref", "control__title", "requirement__ref", "requirement__current__title", "rationale")
    autocomplete_fields = ends = ("control", "requirement")

    @admin.action(description="Attest that these suffice together", permissions=["act"])
    def attest(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            row = mapping_services.attest(
                requirement=rows[0].requirement, scope=given["scope"], mappings=rows, reason=given["reason"],
                actor=actor_of(request),
            )  # fmt: skip
            return f"Attested: {len(rows)} mappings suffice together for {row}. It lapses when a text changes."

        return ask_then(
            self, request, queryset, name="attest", title="Attest that these suffice together", form_class=AttestForm,
            run=run,
        )  # fmt: skip

    @admin.display(description="both texts")
    def side_by_side(self, row: ControlMapping) -> str | SafeString:
        if not row.pk:
            return "Shown once control and requirement are chosen."
        control, demand = row.control, row.requirement.current
        told = f"{control.objective}\n\n{control.guidance}"
        asked = f"{demand.citation}\n\n{demand.summary}" if demand else ""
        return two_texts((f"{control}", told), (f"{row.requirement}", asked))


@admin.register(RequirementMapping)
class RequirementMappingAdmin(MappingAdmin, SheetAdmin):
    """Its sheet is the crosswalk between two frameworks, which comes back as a workbook."""

    resource = MappingResource
    list_display = ("focal", "reference", "relation", "strength", "status_word", "proposer", "reviewed_by")
    list_filter = ("status", "relationship", "focal__family", "reference__family")
    search_fields = ("focal__ref", "reference__ref", "rationale")
    autocomplete_fields = ends = ("focal", "reference")

    def import_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("sheets")

    def export_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("crosswalk")

    @admin.display(description="both texts")
    def side_by_side(self, row: RequirementMapping) -> str | SafeString:
        if not row.pk:
            return "Shown once both requirements are chosen."
        sides = [(str(side), side.current.summary if side.current else "") for side in (row.focal, row.reference)]
        return two_texts(sides[0], sides[1])


class AttestationItemInline(ReadOnlyInline):
    model = AttestationItem
    fields = ("mapping",)


@admin.register(Attestation)
class AttestationAdmin(ReadOnlyAdmin):
    list_display = ("requirement", "scope", "attested_by", "attested_at")
    list_filter = ("requirement__family",)
    search_fields = ("requirement__ref", "scope__name", "reason")
    inlines = (AttestationItemInline,)
    actions = ("withdraw",)

    @admin.action(description="Withdraw", permissions=["act"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                mapping_services.withdraw_attestation(attestation=row, reason=given["reason"], actor=actor_of(request))
            return f"{len(rows)} attestation(s) withdrawn; the parts count as parts again."

        return ask_then(
            self, request, queryset, name="withdraw", title="Withdraw what was attested", form_class=ReasonForm, run=run
        )
