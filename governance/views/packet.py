"""The audit packet: asked for here, made in the background, listed with its digest."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from governance.packet.asking import ask_packet, packets_for, reads_whole_office, usual_pairs
from governance.packet.assembling import verifier_digest, verifier_source
from governance.views.base import for_people
from office.models import Person
from office.tasks import nudge
from office.today import today


class PacketForm(forms.Form):
    """Both days of a packet."""

    on = forms.DateField(
        required=False,
        label="On",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Dates are placed on this day.",
    )
    known_on = forms.DateField(
        required=False,
        label="As known on",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The law and the office as they were known then; by default the same day.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def packet(request: HttpRequest, person: Person) -> HttpResponse:
    """An auditor may ask, too: a packet reads everything and writes nothing of the office."""
    if not reads_whole_office(person):
        raise PermissionDenied("An audit packet is for leaders, officers and auditors of the whole office.")
    if request.GET.get("verifier"):
        headers = {"Content-Disposition": 'attachment; filename="verify.py"'}
        return HttpResponse(verifier_source(), content_type="text/x-python; charset=utf-8", headers=headers)
    form = PacketForm(request.POST if request.method == "POST" else None, initial={"on": today(), "known_on": today()})
    if form.is_valid():
        on = form.cleaned_data["on"] or today()
        job = ask_packet(on=on, known_on=form.cleaned_data["known_on"] or on, pairs=(), actor=person, nudge=nudge)
        messages.info(request, "The packet is being made. Its digest appears here and in the list of packets.")
        return redirect("job", pk=job.pk)
    context: dict[str, Any] = {
        "form": form, "packets": packets_for(person), "pairs": usual_pairs(), "verifier": verifier_digest(),
    }  # fmt: skip
    return render(request, "portal/packet.html", context)
