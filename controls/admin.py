from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from controls.models import (
    Attestation,
    AttestationItem,
    Control,
    ControlMapping,
    ControlTest,
    Evidence,
    Implementation,
    RequirementMapping,
)
from controls.resources import ControlResource, EvidenceResource, ImplementationResource, MappingResource
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from office.admin_forms import NoteForm, ReasonForm
from office.models import Scope
from office.seat_actions import SeatedAdmin
from office.service_admin import ReadOnlyAdmin, ReadOnlyInline, ServiceModelAdmin, actor_of, ask_then
from office.sheet_admin import SheetAdmin

MAPPING_LABELS = {
    "approved": "success",
    "proposed": "info",
    "re_review": "warning",
    "rejected": "danger",
    "draft": "default",
}
STATE_LABELS = {
    "implemented": "success",
    "partial": "warning",
    "planned": "info",
    "not_implemented": "danger",
    "not_applicable": "default",
}


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
                control_services.activate(control=row, actor=actor_of(request))
            return f"{len(rows)} control(s) active."

        return ask_then(self, request, queryset, name="activate", title="Activate", form_class=ReasonForm, run=run)


class MappingAdmin(ServiceModelAdmin):
    """What both kinds of mapping share: approve, reject, and never a status by hand."""

    actions: tuple[str, ...] = ("approve", "reject")
    actions_detail = ("approve_one", "reject_one")
    ends: tuple[str, str]
    can_delete = False
    readonly_fields = (
        "side_by_side",
        "status",
        "proposed_by",
        "proposed_at",
        "reviewed_by",
        "reviewed_at",
        "review_note",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("side_by_side", "relationship", "rationale", "rationale_type", "strength")}),
            ("Which pair", {"fields": (*self.ends, "source")}),
            ("Review", {"fields": [name for name in self.readonly_fields if name != "side_by_side"]}),
        )

    @display(description="status", label=MAPPING_LABELS, ordering="status")
    def status_word(self, row: Any) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.display(description="relationship", ordering="relationship")
    def relation(self, row: Any) -> str:
        return row.get_relationship_display().split(":")[0] or "untyped"

    @admin.display(description="proposed by", ordering="proposed_by")
    def proposer(self, row: Any) -> str:
        return str(row.proposed_by or "shipped")

    def write(self, request: HttpRequest, row: Any, form: Any) -> None:
        mapping_services.save_mapping(mapping=row, actor=actor_of(request))

    @admin.action(description="Approve mappings", permissions=["act"])
    def approve(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            done = mapping_services.approve(mappings=rows, actor=actor_of(request), note=given["note"])
            return f"{done} mapping(s) approved against the texts as they stand."

        return ask_then(self, request, queryset, name="approve", title="Approve mappings", form_class=NoteForm, run=run)

    @admin.action(description="Reject mappings", permissions=["act"])
    def reject(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            done = mapping_services.reject(mappings=rows, actor=actor_of(request), note=given["reason"])
            return f"{done} mapping(s) rejected."

        return ask_then(self, request, queryset, name="reject", title="Reject mappings", form_class=ReasonForm, run=run)

    @action(description="Approve", url_path="approve", permissions=["act"], icon="check")
    def approve_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.approve(request, self._only(request, object_id)) or self._back(object_id)

    @action(description="Reject", url_path="reject", permissions=["act"], icon="close")
    def reject_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.reject(request, self._only(request, object_id)) or self._back(object_id)

    def _only(self, request: HttpRequest, object_id: str) -> QuerySet:
        return self.get_queryset(request).filter(pk=object_id)

    def _back(self, object_id: str) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)


def two_texts(left: tuple[str, str], right: tuple[str, str]) -> SafeString:
    """Two texts beside each other, each as (heading, text)."""
    cells = format_html_join(
        "",
        '<section class="border border-base-200 rounded-default p-4 dark:border-base-800">'
        '<h3 class="font-semibold mb-2">{}</h3><p class="whitespace-pre-line">{}</p></section>',
        (left, right),
    )
    return format_html(
        '<div style="display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; min-width: 44rem">{}</div>', cells
    )


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
class RequirementMappingAdmin(MappingAdmin):
    list_display = ("focal", "reference", "relation", "strength", "status_word", "proposer", "reviewed_by")
    list_filter = ("status", "relationship", "focal__family", "reference__family")
    search_fields = ("focal__ref", "reference__ref", "rationale")
    autocomplete_fields = ends = ("focal", "reference")

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
