"""What no control serves, in the admin: reasons why none fits, and conflicts between markets."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextareaWidget

from controls.models import (
    Conflict,
    NoControl,
)
from controls.services import conflicts as conflict_services
from office.admin_forms import ReasonForm
from office.service_admin import ReadOnlyAdmin, ServiceModelAdmin, actor_of, ask_then
from office.today import today


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
