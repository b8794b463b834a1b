"""The calendar of duties: what runs, what comes again, and what an event starts."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from frameworks.domain.clocks import Clock, Event
from frameworks.vocabulary_files import shipped_clocks
from governance.inputs import position_on
from governance.models import RunningClock
from governance.pages.clocks import (
    AT_MOST,
    Offered,
    choices_of,
    events_offered,
    late_runs,
    offered_at,
    recurring_rows,
    running_rows,
    scopes_seen,
    writable,
)
from governance.pages.forms import StartForm, StopForm, WhenForm
from governance.services import clocks as services
from governance.services.clocks import YEARS
from governance.views.base import for_people
from office.models import Person, Scope
from office.services import rights
from office.tasks import nudge
from office.today import today


@require_GET
@for_people
def calendar(request: HttpRequest, person: Person) -> HttpResponse:
    now, scopes = timezone.now(), scopes_seen(person)
    running = running_rows(person, now)
    context = {
        "running": [one for one in running if not one.row.is_kept],
        "kept": [one for one in running if one.row.is_kept],
        "capped": len(running) >= AT_MOST,
        "late": late_runs(person, now),
        "recurring": recurring_rows(person, position_on(today()), scopes, now),
        "events": events_offered(),
        "may_start": bool(writable(person, scopes.values())),
    }
    return render(request, "portal/calendar.html", context)


@require_http_methods(["GET", "POST"])
@for_people
def start(request: HttpRequest, person: Person) -> HttpResponse:
    """Asks where and when, then shows every deadline, then starts what was chosen: three steps of one page."""
    event, listed = _asked(request.POST or request.GET)
    scopes = writable(person, scopes_seen(person).values())
    if not scopes:
        raise PermissionDenied("Starting clocks takes the role of an officer or leader.")
    if request.method == "POST":
        start_form = StartForm(
            request.POST, scopes=scopes, asks=event.asks, clocks=choices_of([Offered(clock) for clock in listed])
        )
        if start_form.is_valid() and _start(request, start_form, person):
            return redirect("clocks")
        form: WhenForm = start_form
        chosen = request.POST.getlist("clock")
        offered = _offered(form, listed)
    else:
        told = {"subject": request.GET.get("subject")}
        form = WhenForm(request.GET if "at" in request.GET else None, initial=told, scopes=scopes, asks=event.asks)
        offered = _offered(form, listed) if form.is_valid() else []
        chosen = [one.clock.key for one in offered if one.is_due or len(offered) == 1]
    context = {"event": event, "form": form, "offered": offered, "chosen": chosen, "listed": listed}
    return render(request, "portal/calendar_start.html", context)


def _asked(given) -> tuple[Event, list[Clock]]:
    """The event of the address with its clocks, or one clock by itself."""
    shipped = shipped_clocks()
    one = shipped.clocks.get(given.get("only") or "")
    if one is not None and one.is_started_by_hand:
        return shipped.events[one.event], [one]
    event = shipped.events.get(given.get("event") or "")
    listed = shipped.of_event(event.key) if event else []
    if event is None or not listed:
        raise Http404("There is no such event. Go back to the calendar and choose one.")
    return event, listed


def _offered(form: WhenForm, listed: list[Clock]) -> list[Offered]:
    """The clocks with their deadlines, where a place and a moment that a calendar holds are given."""
    at: datetime | None = form.cleaned_data.get("at")
    if at is None or not form.cleaned_data.get("subject"):
        return []
    if not YEARS[0] <= at.year <= YEARS[1]:
        form.add_error("at", f"Write a year from {YEARS[0]} to {YEARS[1]}.")
        return []
    return offered_at(listed, position_on(today()), form.scope, at)


def _start(request: HttpRequest, form: StartForm, person: Person) -> bool:
    given = form.cleaned_data
    scope: Scope = form.scope
    try:
        made = services.start_clocks(
            scope=scope, clocks=given["clock"], started_at=given["at"], note=given["note"], actor=person,
            now=timezone.now(), nudge=nudge,
        )  # fmt: skip
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    first = min(row.due_at for row in made)
    messages.success(
        request, f"{len(made)} clock(s) run in {scope}. The first is due {timezone.localtime(first):%Y-%m-%d %H:%M}."
    )
    return True


@require_http_methods(["GET", "POST"])
@for_people
def stop(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    running = get_object_or_404(RunningClock.objects.running().visible_to(person).for_register(), pk=pk)
    if not rights.writes_in(person, running.scope):
        raise PermissionDenied("Stopping clocks takes the role of an officer or leader of that scope.")
    form = StopForm(request.POST or None, recurs=running.recurs)
    if form.is_valid():
        given = form.cleaned_data
        try:
            following = services.stop_clock(
                running=running, done_at=given["done_at"], proof=given["proof"], again=not given.get("ends", False),
                actor=person, now=timezone.now(),
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            again = f" It comes again by {timezone.localtime(following.due_at):%Y-%m-%d}." if following else ""
            messages.success(request, f"“{running}” is stopped.{again}")
            return redirect("clocks")
    return render(request, "portal/calendar_stop.html", {"running": running, "form": form})
