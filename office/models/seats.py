from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from office.models.base import Recorded, choices_check
from office.querysets import HandoverQuerySet, SeatQuerySet, TenureQuerySet

if TYPE_CHECKING:
    from office.models.people import Person


class Seat(Recorded):
    """What one person answers for. Who sits on it, from when to when, is a tenure."""

    scope_path = "place"

    title = models.CharField(max_length=200)
    place = models.ForeignKey(
        "office.Scope",
        on_delete=models.PROTECT,
        related_name="seats",
        null=True,
        blank=True,
        help_text="The scope whose people see this seat; empty for the whole office.",
    )

    objects = SeatQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def holder(self) -> "Person | None":
        """The person on the seat today, or None while it is vacant. Reads what `holders` has fetched for many seats."""
        fetched: list[Tenure] | None = getattr(self, "open_tenures", None)
        if fetched is not None:
            return fetched[0].person if fetched else None
        tenure = self.tenures.open().select_related("person").first()
        return tenure.person if tenure else None


class Tenure(Recorded):
    """Who sits on a seat from when to when; at most one tenure of a seat is open."""

    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="tenures")
    person = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="tenures")
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True, help_text="Empty while the person sits on the seat.")
    reason = models.CharField(max_length=300, blank=True)

    objects = TenureQuerySet.as_manager()

    class Meta:
        ordering = ["seat", "-started_on", "-pk"]
        indexes = [models.Index(fields=["person", "ended_on"], name="tenure_by_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["seat"],
                condition=Q(ended_on__isnull=True),
                name="tenure_one_open_per_seat",
                violation_error_message=(
                    "Somebody already sits on this seat. Exactly one person is accountable: hand the seat over instead."
                ),
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="tenure_ends_after_it_starts",
                violation_error_message="A tenure cannot end before it starts.",
            ),
        ]

    def __str__(self) -> str:
        until = self.ended_on or "today"
        return f"{self.person} on {self.seat}, {self.started_on} to {until}"


class HandoverStatus(models.TextChoices):
    PROPOSED = "proposed", "Waiting for both sides"
    DONE = "done", "Done"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Handover(Recorded):
    """Moves a set of seats from one person to another; both sides confirm, or an officer in a side's place."""

    Status = HandoverStatus

    giver = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="handovers_given")
    taker = models.ForeignKey("office.Person", on_delete=models.PROTECT, related_name="handovers_taken")
    reason = models.CharField(max_length=300)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PROPOSED)
    proposed_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True, blank=True, help_text="When the giving side confirmed.")
    taken_at = models.DateTimeField(null=True, blank=True, help_text="When the taking side confirmed.")
    officer = models.ForeignKey(
        "office.Person",
        on_delete=models.PROTECT,
        related_name="handovers_confirmed",
        null=True,
        blank=True,
        help_text="The officer who confirmed in a side's place.",
    )
    officer_reason = models.CharField(max_length=300, blank=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            choices_check("status", HandoverStatus, "handover_status_is_known"),
            models.CheckConstraint(
                condition=~Q(giver=F("taker")),
                name="handover_needs_two_people",
                violation_error_message="A handover needs two different people.",
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(given_at__isnull=False, taken_at__isnull=False),
                name="handover_done_needs_both_sides",
                violation_error_message="A handover is done only when both sides have confirmed.",
            ),
            models.CheckConstraint(
                condition=Q(officer__isnull=True) | ~Q(officer_reason=""),
                name="handover_officer_gives_a_reason",
                violation_error_message="An officer who confirms in another's place gives a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"Handover from {self.giver} to {self.taker}"


class HandoverSeat(Recorded):
    """One seat of a handover."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="items")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="handover_items")

    class Meta:
        ordering = ["handover", "seat__title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["handover", "seat"],
                name="handover_names_a_seat_once",
                violation_error_message="This seat is already part of the handover.",
            )
        ]

    def __str__(self) -> str:
        return str(self.seat)
