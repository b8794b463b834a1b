"""Gaps and the actions that close them, in the admin."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from governance.admin.forms import (
    ActionRecordForm,
    SeatForm,
    WorkForm,
)
from governance.models import (
    Action,
    ActionGap,
    Gap,
)
from governance.pages.duties import TIMINGS
from governance.services import gaps
from office.admin_forms import AcceptForm
from office.seat_actions import SeatedAdmin
from office.service_admin import ReadOnlyAdmin, ReadOnlyInline, ServiceModelAdmin, actor_of, ask_then, person_of
from office.services import rights
from office.tasks import nudge
from office.today import today

admin.site.index_title = "Dashboard"


SEVERITY_LABELS = {"critical": "danger", "high": "warning", "medium": "info", "low": "default"}


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
            return queryset.overdue(today())  # type: ignore[attr-defined]
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

    @display(description="severity", label=SEVERITY_LABELS, ordering="grade")
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
            form_class=partial(SeatForm, person=person_of(request)),
            run=run,
        )

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Actions belong to the whole office."""
        return rights.writes_in(person_of(request), None)

    @admin.action(description="Work on these with an action", permissions=["work"])
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
