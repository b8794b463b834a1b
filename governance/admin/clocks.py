"""Running clocks in the office's register: starting is the add form, stopping an action."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextareaWidget

from frameworks.vocabulary_files import shipped_clocks
from governance.domain.due import time_left
from governance.models import RunningClock
from governance.services import clocks
from office.service_admin import ServiceForm, ServiceModelAdmin, actor_of, ask_then
from office.tasks import nudge


def clock_choices() -> list[tuple[str, str]]:
    return [
        (one.key, f"{one.title} ({one.length})") for one in shipped_clocks().clocks.values() if one.is_started_by_hand
    ]


class StartClockForm(ServiceForm):
    clock = forms.ChoiceField(choices=clock_choices, widget=UnfoldAdminSelectWidget())

    class Meta:
        model = RunningClock
        fields = ("scope", "clock", "started_at", "note")


class StopClockForm(forms.Form):
    done_at = forms.SplitDateTimeField(
        label="When was it done?", widget=UnfoldAdminSplitDateTimeWidget(), initial=timezone.localtime
    )
    proof = forms.CharField(
        label="What was done?",
        max_length=5000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="And where the proof is; an auditor will read it. A duty that comes again starts its next run by itself.",
    )


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Runs"), ("overdue", "Past its end"), ("stopped", "Stopped")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "running":
            return queryset.running()
        if self.value() == "overdue":
            return queryset.overdue(timezone.now())
        return queryset.filter(stopped_at__isnull=False) if self.value() == "stopped" else queryset


@admin.register(RunningClock)
class RunningClockAdmin(ServiceModelAdmin):
    list_display = ("title", "scope", "started_at", "due_at", "state", "stopped_by")
    list_filter = (StateFilter, "recurs", "scope__kind")
    search_fields = ("clock", "note", "proof", "scope__name", "scope__key")
    date_hierarchy = "due_at"
    fields = (
        "title", "scope", "started_at", "due_at", "caveat", "recurs", "note", "recorded_by", "stopped_at", "stopped_by",
        "proof",
    )  # fmt: skip
    readonly_fields = ("title", "caveat")
    add_fieldsets = ((None, {"fields": ("scope", "clock", "started_at", "note")}),)
    add_form = StartClockForm
    autocomplete_fields = ("scope",)
    actions = ("stop",)
    can_change = can_delete = False

    @admin.display(ordering="clock")
    def title(self, row: RunningClock) -> str:
        return row.title

    @display(description="state", label={"late": "danger", "runs": "info", "stopped": "success"})
    def state(self, row: RunningClock) -> tuple[str, str]:
        if row.stopped_at is not None:
            return "stopped", f"Stopped {timezone.localtime(row.stopped_at):%Y-%m-%d}"
        now = timezone.now()
        return "late" if row.due_at < now and not row.is_kept else "runs", time_left(row.due_at, now)

    def write(self, request: HttpRequest, row: RunningClock, form: Any) -> None:
        made = clocks.start_clock(
            scope=row.scope, clock=row.clock, started_at=row.started_at, note=row.note, actor=actor_of(request),
            now=timezone.now(), nudge=nudge,
        )  # fmt: skip
        row.pk, row.due_at, row.recurs, row.recorded_by = made.pk, made.due_at, made.recurs, made.recorded_by

    @admin.action(description="Stop: it was done", permissions=["act"])
    def stop(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            told = {"done_at": given["done_at"], "proof": given["proof"], "actor": actor_of(request)}
            following = [clocks.stop_clock(running=row, now=timezone.now(), **told) for row in rows]
            again = sum(row is not None for row in following)
            return f"{len(rows)} clock(s) stopped; {again} of them began their next run."

        return ask_then(
            self, request, queryset, name="stop", title="Stop: it was done", form_class=StopClockForm, run=run
        )
