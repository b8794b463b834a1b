"""Answers, transfers, decisions and families followed, in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.models import (
    Adoption,
    Answer,
    ApplicabilityDecision,
    Transfer,
)
from governance.services import answers
from office.service_admin import ReadOnlyAdmin, ServiceModelAdmin, actor_of

admin.site.index_title = "Dashboard"


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
