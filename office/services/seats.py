"""Verbs about accountability: one seat, one person, no gap that nobody sees."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone

from office.models import Handover, HandoverSeat, Person, Scope, Seat, Tenure
from office.models.notices import EventKind
from office.services import rights, webhooks
from office.services.recording import Pen, recording


def make_seat(*, title: str, place: Scope | None, pen: Pen) -> Seat:
    seat = Seat(title=title[:200], place=place)
    pen.save(seat)
    return seat


def make_many(titles: Sequence[str], *, pen: Pen) -> list[Seat]:
    """Seats of the whole office, one a title."""
    made = [Seat(title=title[:200]) for title in titles]
    pen.create_many(made)
    return made


def assign_many(pairs: Sequence[tuple[Seat, Person]], *, on: date, pen: Pen) -> None:
    """Seats people on seats that were just made, so that nobody can sit there yet."""
    people = {person.pk: person for _, person in pairs}
    for person in Person.objects.select_for_update().filter(pk__in=people):
        if not person.is_active:
            raise ValidationError(f"{person} is not active and cannot answer for anything. Choose an active person.")
    pen.create_many([Tenure(seat=seat, person=person, started_on=on) for seat, person in pairs])


def assign(*, seat: Seat, person: Person, on: date, actor: Person | None, reason: str = "") -> Tenure:
    """Seats a person. Refused when somebody else sits there: hand the seat over, or end the tenure first."""
    tenure = Tenure(seat=seat, person=person, started_on=on, reason=reason)
    with recording(actor=actor, reason=reason or f"Assigned {person.ref} to “{seat}”") as pen:
        Seat.objects.select_for_update().get(pk=seat.pk)
        _refuse_inactive(person)
        pen.save(tenure)
    return tenure


def _refuse_inactive(person: Person) -> None:
    """Reads the person under lock: somebody may be deactivating them at this moment."""
    if not Person.objects.select_for_update().get(pk=person.pk).is_active:
        raise ValidationError(f"{person} is not active and cannot answer for anything. Choose an active person.")


def reassign(*, seat: Seat, person: Person, on: date, actor: Person | None, reason: str) -> Tenure:
    """An officer moves a seat at once, with a reason; the earlier tenure ends the same day."""
    if not reason.strip():
        raise ValidationError("Say why the seat moves; the reason is kept in the journal.")
    if actor is not None:
        rights.require(actor, seat.place, f"move the seat “{seat}”")
    with recording(actor=actor, reason=reason) as pen:
        _refuse_inactive(person)
        return _move(seat, person, on, reason, pen)


def _move(seat: Seat, person: Person, on: date, reason: str, pen: Pen) -> Tenure:
    Seat.objects.select_for_update().get(pk=seat.pk)
    current = Tenure.objects.open().filter(seat=seat).first()
    if current is not None and current.person_id == person.pk:
        return current
    if current is not None:
        current.ended_on = max(on, current.started_on)
        pen.save(current)
    tenure = Tenure(seat=seat, person=person, started_on=on, reason=reason)
    pen.save(tenure)
    return tenure


def propose_handover(
    *, giver: Person, taker: Person, seats: Iterable[Seat], reason: str, actor: Person | None
) -> Handover:
    """Asks both sides. Every seat must be the giver's today. The giver asks, or an officer where the seats stand."""
    seats = list(seats)
    if not seats:
        raise ValidationError("Choose at least one seat to hand over.")
    if actor is not None and actor.pk != giver.pk:
        for place in {seat.place_id: seat.place for seat in seats}.values():
            rights.require(actor, place, f"hand over what {giver} answers for")
    with recording(actor=actor, reason=f"Proposed handover: {reason}") as pen:
        _refuse_inactive(taker)
        _refuse_foreign(giver, seats)
        handover = Handover(giver=giver, taker=taker, reason=reason, proposed_at=timezone.now())
        if actor is not None and actor.pk == giver.pk:
            handover.given_at = handover.proposed_at
        pen.save(handover)
        items = [HandoverSeat(handover=handover, seat=seat) for seat in seats]
        for item in items:
            pen.save(item)
        body = {
            "handover": handover.pk,
            "giver": giver.ref,
            "taker": taker.ref,
            "seats": [seat.title for seat in seats],
        }
        webhooks.announce(event=EventKind.HANDOVER_ASKED, body=body, now=handover.proposed_at)
    return handover


def _refuse_foreign(giver: Person, seats: Iterable[Seat]) -> None:
    held = set(Tenure.objects.open().filter(person=giver).values_list("seat_id", flat=True))
    foreign = [seat for seat in seats if seat.pk not in held]
    if foreign:
        raise ValidationError(f"{giver} does not hold “{foreign[0]}” and cannot hand it over.")


def confirm_handover(*, handover: Handover, actor: Person, on: date, reason: str = "") -> Handover:
    """One side confirms, or an officer in its place with a reason. When both sides have, the seats move."""
    with recording(actor=actor, reason=reason or f"Confirmed handover {handover.pk}") as pen:
        handover = Handover.objects.select_for_update(of=("self",)).get(pk=handover.pk)
        if handover.status != Handover.Status.PROPOSED:
            raise ValidationError(f"This handover is already {handover.get_status_display().lower()}.")
        _confirm_side(handover, actor, reason)
        if handover.given_at and handover.taken_at:
            _complete(handover, on, pen)
        pen.save(handover)
    return handover


def _confirm_side(handover: Handover, actor: Person, reason: str) -> None:
    now = timezone.now()
    if actor.pk == handover.giver_id:
        handover.given_at = handover.given_at or now
    elif actor.pk == handover.taker_id:
        handover.taken_at = handover.taken_at or now
    elif not _governs(actor, handover):
        raise rights.Forbidden("Only the two people of the handover, or an officer with a reason, can confirm it.")
    elif not reason.strip():
        raise ValidationError("An officer who confirms in another's place gives a reason.")
    else:
        handover.given_at, handover.taken_at = handover.given_at or now, handover.taken_at or now
        handover.officer, handover.officer_reason = actor, reason


def _governs(actor: Person, handover: Handover) -> bool:
    """An officer or leader wherever one of the seats stands."""
    return all(rights.writes_in(actor, item.seat.place) for item in handover.items.select_related("seat__place"))


def _complete(handover: Handover, on: date, pen: Pen) -> None:
    seats = [item.seat for item in handover.items.select_related("seat")]
    _refuse_inactive(handover.taker)
    _refuse_foreign(handover.giver, seats)
    for seat in seats:
        _move(seat, handover.taker, on, handover.reason, pen)
    handover.status = Handover.Status.DONE


def withdraw_handover(*, handover: Handover, actor: Person) -> Handover:
    with recording(actor=actor, reason=f"Withdrew handover {handover.pk}") as pen:
        handover = Handover.objects.select_for_update(of=("self",)).get(pk=handover.pk)
        if handover.status != Handover.Status.PROPOSED:
            raise ValidationError(f"This handover is already {handover.get_status_display().lower()}.")
        if actor.pk not in (handover.giver_id, handover.taker_id) and not _governs(actor, handover):
            raise rights.Forbidden("Only the two people of the handover, or an officer, can withdraw it.")
        handover.status = Handover.Status.WITHDRAWN
        pen.save(handover)
    return handover
