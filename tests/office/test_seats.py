"""Exactly one person is accountable, and every change of hands is confirmed."""

import pytest
from django.core.exceptions import ValidationError

from office.models import Handover, LegalEntity, Seat, Tenure
from office.services import people, scopes, seats
from office.services.recording import recording
from tests.conftest import TODAY
from tests.makers import make_entity, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(office) -> Seat:
    with recording(actor=None, reason="test") as pen:
        return seats.make_seat(title="Control GOV-01", place=office.scope, pen=pen)


@pytest.fixture
def held(seat, ada) -> Seat:
    seats.assign(seat=seat, person=ada, on=TODAY, actor=None)
    return seat


def holder(seat: Seat):
    return Seat.objects.get(pk=seat.pk).holder


def test_a_seat_is_vacant_until_somebody_is_assigned(seat, ada):
    assert holder(seat) is None
    assert seat in Seat.objects.vacant()
    seats.assign(seat=seat, person=ada, on=TODAY, actor=None)
    assert holder(seat) == ada
    assert seat not in Seat.objects.vacant()
    assert list(Seat.objects.filter(tenures__person=ada, tenures__ended_on=None)) == [seat]


def test_a_second_open_tenure_is_refused_with_a_sentence(held, ben):
    with pytest.raises(ValidationError, match="Somebody already sits on this seat"):
        seats.assign(seat=held, person=ben, on=TODAY, actor=None)


def test_a_person_who_holds_seats_cannot_be_deactivated(held, ada):
    with pytest.raises(ValidationError, match=r"Ada Tester holds 1 seat.*Control GOV-01.*Hand them over first"):
        people.deactivate(person=ada, actor=None)


def test_a_person_without_seats_can_be_deactivated_and_then_gets_none(seat, ada):
    people.deactivate(person=ada, actor=None)
    with pytest.raises(ValidationError, match="is not active"):
        seats.assign(seat=seat, person=ada, on=TODAY, actor=None)


def test_a_handover_moves_the_seat_when_both_sides_confirm(held, ada, ben):
    handover = seats.propose_handover(giver=ada, taker=ben, seats=[held], reason="leave", actor=ada)
    assert holder(held) == ada
    handover = seats.confirm_handover(handover=handover, actor=ben, on=TODAY)
    assert (handover.status, holder(held)) == (Handover.Status.DONE, ben)
    assert Tenure.objects.filter(seat=held, ended_on=TODAY, person=ada).exists()


def test_a_stranger_cannot_confirm(held, ada, ben):
    handover = seats.propose_handover(giver=ada, taker=ben, seats=[held], reason="leave", actor=ada)
    eve = people.add_person(ref="P-eve", name="Eve", actor=None)
    with pytest.raises(ValidationError, match="Only the two people"):
        seats.confirm_handover(handover=handover, actor=eve, on=TODAY)


def test_an_officer_confirms_in_a_sides_place_only_with_a_reason(held, ada, ben, officer):
    handover = seats.propose_handover(giver=ada, taker=ben, seats=[held], reason="left", actor=officer)
    with pytest.raises(ValidationError, match="gives a reason"):
        seats.confirm_handover(handover=handover, actor=officer, on=TODAY)
    done = seats.confirm_handover(handover=handover, actor=officer, on=TODAY, reason="Ada has left the firm")
    assert (done.officer, holder(held)) == (officer, ben)


def test_nobody_hands_over_what_another_holds(held, ada, ben):
    with pytest.raises(ValidationError, match="does not hold"):
        seats.propose_handover(giver=ben, taker=ada, seats=[held], reason="x", actor=ben)


def test_a_finished_handover_cannot_be_confirmed_or_withdrawn_again(held, ada, ben):
    handover = seats.propose_handover(giver=ada, taker=ben, seats=[held], reason="x", actor=ada)
    seats.withdraw_handover(handover=handover, actor=ada)
    with pytest.raises(ValidationError, match="already withdrawn"):
        seats.confirm_handover(handover=handover, actor=ben, on=TODAY)
    with pytest.raises(ValidationError, match="already withdrawn"):
        seats.withdraw_handover(handover=handover, actor=ben)


def test_a_handover_needs_seats_and_two_people(held, ada):
    with pytest.raises(ValidationError, match="at least one seat"):
        seats.propose_handover(giver=ada, taker=ada, seats=[], reason="x", actor=ada)
    with pytest.raises(ValidationError, match="two different people"):
        seats.propose_handover(giver=ada, taker=ada, seats=[held], reason="x", actor=ada)


def test_an_officer_reassigns_at_once_with_a_reason(held, ben, officer):
    with pytest.raises(ValidationError, match="Say why"):
        seats.reassign(seat=held, person=ben, on=TODAY, actor=officer, reason=" ")
    seats.reassign(seat=held, person=ben, on=TODAY, actor=officer, reason="reorganisation")
    assert holder(held) == ben
    again = seats.reassign(seat=held, person=ben, on=TODAY, actor=officer, reason="again")
    assert Tenure.objects.filter(seat=held).count() == 2
    assert again.person == ben


def test_an_entity_without_a_person_stays_a_draft(office, ada):
    entity = scopes.add_entity(key="hk", name="HK Bank", jurisdiction="hk", actor=None)
    assert entity.status == LegalEntity.Status.DRAFT
    entity.status = LegalEntity.Status.ACTIVE
    with pytest.raises(ValidationError, match="needs an accountable person"):
        scopes.save_entity(entity=entity, actor=None)
    seats.assign(seat=entity.seat, person=ada, on=TODAY, actor=None)
    assert scopes.save_entity(entity=entity, actor=None).status == LegalEntity.Status.ACTIVE


def test_there_is_one_office(office):
    assert scopes.found_office(name="Another", actor=None) == office


def test_who_governs_one_entity_reads_no_handover_of_another(office, officer, held, ada, ben):
    own, other = make_entity("hk-bank", owner=ada), make_entity("eu-bank", "eu", ada)
    moved = {
        scope: seats.propose_handover(giver=ada, taker=ben, seats=[scope.entity.seat], reason="Illness", actor=ada)
        for scope in (own, other)
    }
    moved["office"] = seats.propose_handover(giver=ada, taker=ben, seats=[held], reason="Leave", actor=ada)
    for role in ("officer", "auditor", "leader"):
        person = make_person(f"P-{role}", role=role, scope=own)
        assert set(Handover.objects.visible_to(person)) == {moved[own], moved["office"]}
    member = make_person("P-member", role="team_member", scope=own)
    assert not Handover.objects.visible_to(member).exists()
    assert [Handover.objects.visible_to(one).count() for one in (ada, ben, officer, None)] == [3, 3, 3, 0]
