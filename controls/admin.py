from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from controls.mapping_admin import MappingAdmin, two_texts
from controls.models import (
    Attestation,
    AttestationItem,
    Conflict,
    Control,
    ControlMapping,
    ControlTest,
    Evidence,
    Implementation,
    NoControl,
    RequirementMapping,
)
from controls.resources import ControlResource, EvidenceResource, ImplementationResource, MappingResource
from controls.services import conflicts as conflict_services
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from office.admin_forms import ReasonForm
from office.models import Scope
from office.seat_actions import SeatedAdmin
from office.service_admin import ReadOnlyAdmin, ReadOnlyInline, ServiceModelAdmin, actor_of, ask_then
from office.sheet_admin import SheetAdmin
from office.today import today

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


@admin.register(NoControl)
class NoControlAdmin(ServiceModelAdmin):
    list_display = ("requirement", "reason", "stated_by", "stated_at")
    list_filter = ("requirement__family",)
    search_fields = ("requirement__ref", "requirement__current__title", "reason")
    autocomplete_fields = ("requirement",)
    fields = ("requirement", "reason", "stated_by", "stated_at")
    readonly_fields = ("stated_by", "stated_at")

    def write(self, request: HttpRequest, row: NoControl, form: Any) -> None:
        conflict_services.save_no_control(row=row, actor=actor_of(request))


class DecisionForm(forms.Form):
    decision = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), help_text="What is done in which market, and why."
    )
    review_on = forms.DateField(widget=UnfoldAdminDateWidget(), help_text="The day on which it is looked at again.")


@admin.register(Conflict)
class ConflictAdmin(ReadOnlyAdmin):
    list_display = ("ref", "title", "question", "decided", "decided_by", "review_on")
    list_filter = ("decided_on",)
    search_fields = ("ref", "title", "question", "decision")
    fields = (
        "ref", "title", "question", "why", "told_sides", "told_options", "source", "decision", "decided_by",
        "decided_on", "review_on",
    )  # fmt: skip
    readonly_fields = ("told_sides", "told_options")
    actions = ("decide", "reopen")

    @display(description="decision", label={"decided": "success", "open": "warning"})
    def decided(self, row: Conflict) -> tuple[str, str]:
        return ("decided", "Decided") if row.decision else ("open", "Asks for a decision")

    @admin.display(description="both sides")
    def told_sides(self, row: Conflict) -> SafeString:
        return format_html_join(
            "",
            "<p><strong>{}</strong>: {} ({})</p>",
            (
                (side["market"].upper(), side["demands"], ", ".join(side["requirements"]) or "no row")
                for side in row.sides
            ),
        )

    @admin.display(description="ways that firms take")
    def told_options(self, row: Conflict) -> SafeString:
        return format_html_join("", "<p>{}</p>", ((option,) for option in row.options))

    @admin.action(description="Record a decision", permissions=["act"])
    def decide(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                conflict_services.decide_conflict(conflict=row, actor=actor_of(request), on=today(), **given)
            return f"{len(rows)} decision(s) recorded."

        return ask_then(
            self, request, queryset, name="decide", title="Record a decision", form_class=DecisionForm, run=run
        )

    @admin.action(description="Take a decision back", permissions=["act"])
    def reopen(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                conflict_services.reopen_conflict(conflict=row, reason=given["reason"], actor=actor_of(request))
            return f"{len(rows)} conflict(s) ask for a decision again."

        return ask_then(
            self, request, queryset, name="reopen", title="Take a decision back", form_class=ReasonForm, run=run
        )


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
