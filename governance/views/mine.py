"""What waits for the person who looks."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.calendar_feed import feed
from governance.inputs import due_items
from governance.pages.forms import KeyForm
from governance.views.base import for_people
from office.models import ApiKey, Handover, Person
from office.services import api_keys, seats
from office.today import today

FEED_BACK, FEED_AHEAD = timedelta(days=365), timedelta(days=730)


@require_POST
@for_people
def confirm_handover(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    """One of the two sides confirms, or takes the handover back."""
    handover = get_object_or_404(Handover.objects.waiting().asking(person), pk=pk)
    if "withdraw" in request.POST:
        seats.withdraw_handover(handover=handover, actor=person)
        messages.success(request, "The handover is withdrawn; nothing moved.")
    else:
        done = seats.confirm_handover(handover=handover, actor=person, on=today())
        moved = done.status == Handover.Status.DONE
        messages.success(
            request, "Both sides have confirmed: the seats moved." if moved else "Confirmed. The other side is asked."
        )
    return redirect("home")


@require_http_methods(["GET", "POST"])
@for_people
def keys(request: HttpRequest, person: Person) -> HttpResponse:
    """One's own keys for programs. A new one is shown this once, on the answer itself, and kept nowhere."""
    form = KeyForm(request.POST or None, initial={"expires_on": today() + timedelta(days=90), "access": "read"})
    text, feed_url = "", ""
    if form.is_valid():
        try:
            _, text = api_keys.make_key(person=person, **form.cleaned_data, created_on=today(), actor=person)
            if form.cleaned_data["access"] == ApiKey.Access.CALENDAR:
                feed_url = request.build_absolute_uri(reverse("calendar", args=[text]))
            form = KeyForm(initial={"expires_on": today() + timedelta(days=90), "access": "read"})
        except ValidationError as error:
            form.add_error(None, error)
    own = ApiKey.objects.filter(person=person).for_register()
    return render(
        request, "portal/keys.html", {"form": form, "keys": own, "text": text, "feed_url": feed_url, "on": today()}
    )


@require_POST
@for_people
def revoke_key(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=pk, person=person)
    api_keys.revoke_key(key=key, on=today(), actor=person)
    messages.success(request, f"{key} is revoked; it opens nothing from now on.")
    return redirect("keys")


@require_GET
def calendar(request: HttpRequest, text: str) -> HttpResponse:
    """The feed of a person's due things; the address holds a key that opens nothing else. A year back, two ahead."""
    try:
        key = api_keys.find_key(text=text, now=timezone.now(), on=today())
    except api_keys.KeyRefused as refused:
        return HttpResponse(str(refused), status=403, content_type="text/plain; charset=utf-8")
    if key.access != ApiKey.Access.CALENDAR:
        return HttpResponse("Make a key for the calendar; another does not belong into an address.", status=403)
    first, last = today() - FEED_BACK, today() + FEED_AHEAD
    items = [item for item in due_items(key.person) if first <= item.day <= last]
    return HttpResponse(feed(items, timezone.now()), content_type="text/calendar; charset=utf-8")
