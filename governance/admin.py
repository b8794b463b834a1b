from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from governance import clock_admin  # noqa: F401 (registers running clocks)
from governance.admin_forms import (
    ActionRecordForm,
    DeploymentForm,
    NewDeploymentForm,
    NewModelForm,
    NewUseCaseForm,
    SeatForm,
    WorkForm,
)
from governance.models import (
    Action,
    ActionGap,
    Adoption,
    AIModel,
    Answer,
    ApplicabilityDecision,
    Approval,
    Deployment,
    DeploymentModel,
    Gap,
    Supplier,
    Transfer,
    UseCase,
)
from governance.portal import TIMINGS
from governance.resources import UseCaseResource
from governance.services import answers, gaps, inventory
from office.admin_forms import AcceptForm
from office.seat_actions import SeatedAdmin
from office.service_admin import ReadOnlyAdmin, ReadOnlyInline, ServiceModelAdmin, actor_of, ask_then, person_of
from office.services import rights
from office.sheet_admin import SheetAdmin
from office.tasks import nudge
from office.today import today

admin.site.index_title = "Dashboard"
SEVERITY_LABELS = {"critical": "danger", "high": "warning", "medium": "info", "low": "default"}


@admin.register(Supplier)
class SupplierAdmin(ServiceModelAdmin):
    list_display = ("name", "key", "country", "contact")
    search_fields = ("name", "key", "country")
    prepopulated_fields = {"key": ("name",)}


class UsedByInline(ReadOnlyInline):
    model = DeploymentModel
    fields = ("deployment",)
    verbose_name_plural = "used by"


@admin.register(AIModel)
class AIModelAdmin(SeatedAdmin):
    list_display = ("scope", "supplier", "version", "filing_number", "status", "accountable")
    list_filter = ("status", "supplier")
    search_fields = ("scope__name", "scope__key", "filing_number", "supplier__name")
    autocomplete_fields = ("supplier",)
    fields = ("scope", "supplier", "version", "filing_number", "status", "accountable")
    readonly_fields = ("scope", "accountable")
    add_fieldsets = ((None, {"fields": ("key", "name", "holder", "supplier", "version", "filing_number", "person")}),)
    add_form = NewModelForm
    inlines = (UsedByInline,)
    actions = ("assign", "hand_over")
    can_delete = False

    def write(self, request: HttpRequest, row: AIModel, form: Any) -> None:
        if row.pk:
            inventory.save_model(model=row, actor=actor_of(request))
            return
        given = form.cleaned_data
        made = inventory.add_model(
            key=given["key"], name=given["name"], holder=given["holder"], supplier=given["supplier"],
            version=given["version"], filing_number=given["filing_number"], accountable=given["person"], on=today(),
            actor=actor_of(request),
        )  # fmt: skip
        row.pk, row.scope, row.seat = made.pk, made.scope, made.seat


class DeploymentInline(ReadOnlyInline):
    model = Deployment
    fields = ("entity", "stage")


@admin.register(UseCase)
class UseCaseAdmin(SeatedAdmin, SheetAdmin):
    resource = UseCaseResource
    list_display = ("ref", "title", "status", "entities", "accountable", "duties")
    list_filter = ("status", "deployments__entity", "deployments__stage")
    search_fields = ("ref", "title", "purpose")
    fields = ("ref", "title", "purpose", "status", "accountable", "duties")
    readonly_fields = ("accountable", "duties")
    add_fieldsets = ((None, {"fields": ("title", "purpose", "ref", "person", "status")}),)
    add_form = NewUseCaseForm
    inlines = (DeploymentInline,)
    actions = ("assign", "hand_over")
    can_delete = False

    @admin.display(description="run by")
    def entities(self, row: UseCase) -> str:
        return ", ".join(str(deployment.entity) for deployment in row.deployments.all()) or "–"

    @admin.display(description="answers and duties")
    def duties(self, row: UseCase) -> str | SafeString:
        return format_html('<a class="underline" href="{}">Open</a>', reverse("use-case", args=[row.ref]))

    def write(self, request: HttpRequest, row: UseCase, form: Any) -> None:
        actor = person_of(request)
        if row.pk:
            inventory.save_use_case(use_case=row, actor=actor)
            return
        made = inventory.add_use_case(
            ref=row.ref, title=row.title, purpose=row.purpose, status=row.status,
            accountable=form.cleaned_data["person"], on=today(), actor=actor,
        )  # fmt: skip
        row.pk, row.ref, row.seat = made.pk, made.ref, made.seat


class TransferInline(ReadOnlyInline):
    model = Transfer
    fields = ("name", "exporter", "record")


class ApprovalInline(ReadOnlyInline):
    model = Approval
    fields = ("stage", "body", "decided_on", "expires_on", "conditions")


@admin.register(Deployment)
class DeploymentAdmin(SeatedAdmin):
    list_display = ("use_case", "entity", "stage", "accountable", "duties")
    list_filter = ("stage", "entity", "use_case__status")
    search_fields = ("scope__key", "scope__name", "use_case__ref", "use_case__title")
    autocomplete_fields = ("use_case", "entity")
    form = DeploymentForm
    fields = ("use_case", "entity", "stage", "models", "accountable", "duties")
    readonly_fields = ("use_case", "entity", "accountable", "duties")
    add_fieldsets = ((None, {"fields": ("use_case", "entity", "stage", "person", "key")}),)
    add_form = NewDeploymentForm
    inlines = (TransferInline, ApprovalInline)
    actions = ("assign", "hand_over", "recompute")
    can_delete = False

    @admin.display(description="answers and duties")
    def duties(self, row: Deployment) -> str | SafeString:
        return format_html('<a class="underline" href="{}">Open</a>', reverse("duties", args=[row.scope.key]))

    def write(self, request: HttpRequest, row: Deployment, form: Any) -> None:
        if row.pk:
            inventory.save_deployment(deployment=row, actor=actor_of(request))
            inventory.set_models(deployment=row, models=form.cleaned_data["models"], actor=actor_of(request))
            return
        given = form.cleaned_data
        made = inventory.add_deployment(
            use_case=row.use_case, entity=row.entity, stage=row.stage, key=given["key"], accountable=given["person"],
            on=today(), actor=actor_of(request),
        )  # fmt: skip
        row.pk, row.scope, row.seat = made.pk, made.scope, made.seat

    @admin.action(description="Recompute gaps", permissions=["act"])
    def recompute(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            gaps.ask_recompute(actor=actor_of(request), scope=row.scope, nudge=nudge)
        messages.info(request, "Queued. See Jobs for progress; gaps change as each subject is done.")


@admin.register(Approval)
class ApprovalAdmin(ServiceModelAdmin):
    list_display = ("deployment", "stage", "body", "decided_on", "expires_on")
    list_filter = ("stage", "expires_on")
    search_fields = ("body", "deployment__use_case__title", "conditions")
    autocomplete_fields = ("deployment", "recorded_by")
    date_hierarchy = "decided_on"

    def write(self, request: HttpRequest, row: Approval, form: Any) -> None:
        inventory.record_approval(approval=row, actor=actor_of(request))


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ("fact", "subject", "value", "answered_by", "answered_at")
    list_filter = ("scope__kind",)
    search_fields = ("fact", "scope__name", "scope__key", "use_case__title", "use_case__ref")
    date_hierarchy = "answered_at"

    @admin.display
    def subject(self, row: Answer) -> str:
        return str(row.scope or row.use_case)


@admin.register(Transfer)
class TransferAdmin(ServiceModelAdmin):
    list_display = ("name", "deployment", "exporter")
    list_filter = ("exporter",)
    search_fields = ("name", "deployment__use_case__title")
    autocomplete_fields = ("deployment", "exporter")

    def write(self, request: HttpRequest, row: Transfer, form: Any) -> None:
        made = answers.record_transfer(
            deployment=row.deployment, name=row.name, record=row.record, exporter=row.exporter, actor=actor_of(request)
        )
        row.pk = made.pk


@admin.register(ApplicabilityDecision)
class ApplicabilityDecisionAdmin(ServiceModelAdmin):
    list_display = ("requirement", "scope", "verdict", "decided_by", "decided_at", "review_on")
    list_filter = ("verdict", "requirement__family")
    search_fields = ("requirement__ref", "scope__name", "reason")
    autocomplete_fields = ("requirement", "scope")
    fields = ("requirement", "scope", "verdict", "review_on", "reason")

    def write(self, request: HttpRequest, row: ApplicabilityDecision, form: Any) -> None:
        made = answers.decide(
            scope=row.scope, requirement=row.requirement, verdict=row.verdict, reason=row.reason,
            review_on=row.review_on, actor=actor_of(request),
        )  # fmt: skip
        row.pk, row.decided_by, row.decided_at = made.pk, made.decided_by, made.decided_at


@admin.register(Adoption)
class AdoptionAdmin(ServiceModelAdmin):
    list_display = ("family", "scope", "adopted", "reason")
    list_filter = ("family", "adopted")
    search_fields = ("family__title", "scope__name", "reason")
    autocomplete_fields = ("scope", "family")


class WorkInline(ReadOnlyInline):
    model = ActionGap
    fields = ("action",)
    verbose_name_plural = "actions"


class OverdueFilter(admin.SimpleListFilter):
    title = "due"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Overdue"), ("no", "Not yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.filter(due_on__lt=today())
        return queryset.filter(due_on__gte=today()) if self.value() == "no" else queryset


@admin.register(Gap)
class GapAdmin(SeatedAdmin, ReadOnlyAdmin):
    list_display = ("requirement", "scope", "severity_word", "status", "timing_word", "due_on", "accountable")
    list_filter = ("status", "severity", "requirement__family", "timing", "scope__kind", OverdueFilter)
    search_fields = ("requirement__ref", "requirement__current__title", "scope__name", "scope__key", "reason")
    date_hierarchy = "due_on"
    inlines = (WorkInline,)
    actions = ("accept", "hand_over_gaps", "work_on", "recompute")

    @admin.display(description="timing", ordering="timing")
    def timing_word(self, row: Gap) -> str:
        return TIMINGS.get(row.timing, row.timing)

    @display(description="severity", label=SEVERITY_LABELS, ordering="severity")
    def severity_word(self, row: Gap) -> tuple[str, str]:
        return row.severity, row.get_severity_display()

    @admin.action(description="Accept until a day", permissions=["act"])
    def accept(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                gaps.accept_gap(
                    gap=row, until=given["until"], reason=given["reason"], actor=actor_of(request), on=today()
                )
            return f"{len(rows)} gap(s) accepted until {given['until']}; they reopen afterwards."

        return ask_then(
            self, request, queryset, name="accept", title="Accept until a day", form_class=AcceptForm, run=run
        )

    @admin.action(description="Hand over to another seat", permissions=["act"])
    def hand_over_gaps(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            moved = gaps.hand_gaps_to(gaps=rows, seat=given["seat"], reason=given["reason"], actor=actor_of(request))
            return f"{moved} gap(s) now belong to “{given['seat']}”."

        return ask_then(
            self,
            request,
            queryset,
            name="hand_over_gaps",
            title="Hand over to another seat",
            form_class=SeatForm,
            run=run,
        )

    @admin.action(description="Work on these with an action", permissions=["act"])
    def work_on(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            action = given["standing"] or Action(title=given["title"], person=given["person"], due_on=given["due_on"])
            gaps.add_to_action(action=action, gaps=rows, actor=actor_of(request))
            return f"“{action}” works on {len(rows)} more gap(s). Closing it closes none: a gap closes when its cause is gone."

        return ask_then(
            self, request, queryset, name="work_on", title="Work on these with an action", form_class=WorkForm, run=run
        )

    @admin.action(description="Recompute the whole office", permissions=["act"])
    def recompute(self, request: HttpRequest, queryset: QuerySet) -> None:
        if not rights.writes_in(person_of(request), None):
            messages.error(request, "Only an officer of the whole office recomputes everything.")
            return
        job = gaps.ask_recompute(actor=actor_of(request), nudge=nudge)
        messages.info(request, f"Queued as {job}. See Jobs for progress; gaps change as each subject is done.")


@admin.register(Action)
class ActionAdmin(ServiceModelAdmin):
    form = ActionRecordForm
    list_display = ("title", "person", "due_on", "status", "gap_count")
    list_filter = ("status", "due_on")
    search_fields = ("title", "person__name", "note")
    autocomplete_fields = ("person",)
    date_hierarchy = "due_on"
    fields = ("title", "person", "due_on", "status", "note", "gaps")

    @admin.display(description="gaps", ordering="gaps")
    def gap_count(self, row: Action) -> int:
        return row.gaps  # type: ignore[attr-defined]

    def write(self, request: HttpRequest, row: Action, form: Any) -> None:
        gaps.save_action(action=row, gaps=form.cleaned_data["gaps"], actor=actor_of(request))
