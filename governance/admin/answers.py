"""Answers, transfers, decisions and families followed, in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.models import (
    Adoption,
    Answer,
    ApplicabilityDecision,
    Transfer,
)
from governance.services import answers
from office.service_admin import ReadOnlyAdmin, ServiceModelAdmin, actor_of, person_of
from office.services import rights

admin.site.index_title = "Dashboard"


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ("fact", "subject", "value", "answered_by", "answered_at")
    list_filter = ("scope__kind",)
    search_fields = ("fact", "scope__name", "scope__key", "use_case__title", "use_case__ref")
    date_hierarchy = "answered_at"
    actions = ("confirm",)

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights.writes_somewhere(person_of(request))

    @admin.action(description="Confirm: all answers about the same subjects still hold", permissions=["act"])
    def confirm(self, request: HttpRequest, queryset: QuerySet) -> None:
        subjects = {row.scope or row.use_case for row in queryset}
        try:
            with transaction.atomic():
                count = sum(answers.confirm_answers(subject=one, actor=actor_of(request)) for one in subjects)
            messages.success(request, f"{count} answers about {len(subjects)} subjects are confirmed.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))

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
        answers.save_transfer(transfer=row, actor=actor_of(request))

    def delete_model(self, request: HttpRequest, obj: Transfer) -> None:
        answers.remove_transfer(transfer=obj, actor=actor_of(request))


@admin.register(ApplicabilityDecision)
class ApplicabilityDecisionAdmin(ServiceModelAdmin):
    list_display = ("requirement", "scope", "verdict", "decided_by", "decided_at", "review_on")
    list_filter = ("verdict", "requirement__family")
    search_fields = ("requirement__ref", "scope__name", "reason")
    autocomplete_fields = ("requirement", "scope")
    fields = ("requirement", "scope", "verdict", "review_on", "reason")

    def write(self, request: HttpRequest, row: ApplicabilityDecision, form: Any) -> None:
        answers.change_decision(decision=row, actor=actor_of(request))


@admin.register(Adoption)
class AdoptionAdmin(ServiceModelAdmin):
    list_display = ("family", "scope", "adopted", "reason")
    list_filter = ("family", "adopted")
    search_fields = ("family__title", "scope__name", "reason")
    autocomplete_fields = ("scope", "family")
