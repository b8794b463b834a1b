"""The two actions on everything that has a seat: put a person on it, or hand it to somebody else."""

from collections import defaultdict
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from office.admin_forms import AssignForm, HandOverForm
from office.models import Person, Seat
from office.service_admin import ServiceModelAdmin, actor_of, ask_then
from office.services import seats
from office.today import today


class SeatedAdmin(ServiceModelAdmin):
    """The admin of a noun with a `seat`: shows who answers, assigns, hands over."""

    @admin.display(description="accountable")
    def accountable(self, row: Any) -> str | SafeString:
        holder = self.seat_of(row).holder
        return str(holder) if holder else format_html('<span class="text-red-700">{}</span>', "vacant")

    def seat_of(self, row: Any) -> Seat:
        return row if isinstance(row, Seat) else row.seat

    @admin.action(description="Assign an accountable person", permissions=["act"])
    def assign(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                seats.reassign(
                    seat=self.seat_of(row), person=given["person"], on=today(), actor=actor_of(request),
                    reason=given["reason"],
                )  # fmt: skip
            return f"{given['person']} now answers for {len(rows)} seat(s)."

        return ask_then(
            self, request, queryset, name="assign", title="Assign an accountable person", form_class=AssignForm, run=run
        )

    @admin.action(description="Hand over to another person", permissions=["act"])
    def hand_over(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            chosen = by_holder([self.seat_of(row) for row in rows])
            for giver, held in chosen.items():
                seats.propose_handover(
                    giver=giver, taker=given["taker"], seats=held, reason=given["reason"], actor=actor_of(request)
                )
            return f"{len(chosen)} handover(s) proposed; both sides confirm under Handovers."

        return ask_then(
            self,
            request,
            queryset,
            name="hand_over",
            title="Hand over to another person",
            form_class=HandOverForm,
            run=run,
        )


def by_holder(chosen: list[Seat]) -> dict[Person, list[Seat]]:
    """Seats by the person who sits on them; a vacant one is refused."""
    groups: dict[Person, list[Seat]] = defaultdict(list)
    for seat in chosen:
        holder = seat.holder
        if holder is None:
            raise ValidationError(f"“{seat}” is vacant: assign a person instead of handing it over.")
        groups[holder].append(seat)
    return groups
