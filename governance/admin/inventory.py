"""Use cases, deployments, models, suppliers and approvals in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from governance.admin.forms import (
    DeploymentForm,
    NewDeploymentForm,
    NewModelForm,
    NewUseCaseForm,
)
from governance.models import (
    AIModel,
    Approval,
    Deployment,
    DeploymentModel,
    Supplier,
    Transfer,
    UseCase,
)
from governance.resources import UseCaseResource
from governance.services import gaps, inventory
from office.models import Scope
from office.seat_actions import SeatedAdmin
from office.service_admin import ReadOnlyInline, ServiceModelAdmin, actor_of, person_of
from office.sheet_admin import SheetAdmin
from office.tasks import nudge
from office.today import today

admin.site.index_title = "Dashboard"


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

    def place_of(self, row: AIModel, form: Any) -> Scope | None:
        if row.pk:
            return super().place_of(row, form)
        holder = form.cleaned_data["holder"]
        return holder.scope if holder else None

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

    def place_of(self, row: Deployment, form: Any) -> Scope | None:
        return super().place_of(row, form) if row.pk else row.entity.scope

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
