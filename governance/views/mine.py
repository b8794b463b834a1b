"""What waits for the person who looks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from governance.views.base import for_people
from office.models import Handover, Person
from office.services import seats
from office.today import today


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
