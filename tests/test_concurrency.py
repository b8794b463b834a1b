"""Rules across tables hold when several people act at the same moment, on SQLite and on PostgreSQL alike."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from controls.models import ControlMapping
from controls.services import mappings as mapping_services
from governance.models import Gap
from governance.services.gaps import recompute_gaps
from governance.services.reminders import make_round
from office import importing
from office.models import JournalEvent, JournalHead, Person, Seat, Tenure, Webhook
from office.services import people, scopes, seats, webhooks
from office.services.recording import recording
from office.services.verify import verify
from tests.makers import (
    TODAY,
    make_control,
    make_deployment,
    make_mapping,
    make_person,
    make_requirement,
    make_use_case,
)

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 8


def at_once(work: list[Callable[[], object]]) -> list[object]:
    """Starts all at the same moment; what each gave back, or the refusal it met."""
    gate = threading.Barrier(len(work))
    found: list[object] = [None] * len(work)

    def run(number: int, do: Callable[[], object]) -> None:
        gate.wait()
        try:
            found[number] = do()
        except ValidationError as error:
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def seat(transactional_db) -> Seat:
    office = scopes.found_office(name="Test office", actor=None)
    with recording(actor=None, reason="test") as pen:
        return seats.make_seat(title="A seat", place=office.scope, pen=pen)


def test_of_many_who_take_a_seat_at_once_exactly_one_sits_on_it(seat):
    takers = [make_person(f"P-{number}") for number in range(WRITERS)]
    found = at_once([lambda p=person: seats.assign(seat=seat, person=p, on=TODAY, actor=None) for person in takers])
    assert sum(isinstance(row, Tenure) for row in found) == 1
    assert sum(isinstance(row, ValidationError) for row in found) == WRITERS - 1
    assert Tenure.objects.open().count() == 1


def test_a_seat_that_moves_many_times_at_once_has_one_holder_and_a_whole_history(seat):
    takers = [make_person(f"P-{number}") for number in range(WRITERS)]
    at_once([lambda p=p: seats.reassign(seat=seat, person=p, on=TODAY, actor=None, reason="moved") for p in takers])
    assert Tenure.objects.open().count() == 1
    assert Tenure.objects.count() == WRITERS


def test_nobody_is_deactivated_while_being_seated(seat):
    person = make_person("P-1")
    copy = Person.objects.get(pk=person.pk)
    at_once(
        [
            lambda: seats.assign(seat=seat, person=person, on=TODAY, actor=None),
            lambda: people.deactivate(person=copy, actor=None),
        ]
    )
    person.refresh_from_db()
    assert person.is_active is Tenure.objects.open().filter(person=person).exists()


def test_two_recomputes_at_once_open_each_gap_once_and_the_chain_holds(seat):
    make_deployment()
    for number in range(5):
        make_requirement(f"law.{number}")
    at_once([lambda: recompute_gaps(on=TODAY, actor=None) for _ in range(3)])
    assert Gap.objects.count() == 5
    assert JournalEvent.objects.filter(noun="governance.gap", verb="create").count() == 5
    assert JournalHead.objects.get().seq == JournalEvent.objects.count()
    assert verify() == []


def test_a_sheet_and_a_form_that_change_the_same_row_at_once_lose_nothing_and_the_journal_agrees(seat):
    officer = make_person("P-off", role="officer")
    mapping = make_mapping(make_control(), make_requirement(), by=officer)
    for number in range(6):
        words, strength = f"Reason {number}.", number % 10 + (mapping.strength == number % 10)
        content = f"control,requirement,strength\nC-1,law.1,{strength}\n".encode()
        upload = importing.bring(content=content, name="m.csv", noun="", actor=officer, nudge=lambda pk: None)

        def by_sheet(upload=upload):
            importing.ask_apply(
                upload=upload, digest=upload.digest, leave_out_refused=False, actor=officer, nudge=lambda pk: None
            )

        def by_form(words=words):
            with transaction.atomic():
                row = ControlMapping.objects.select_for_update().get()
                row.rationale = words
                mapping_services.save_mapping(mapping=row, actor=officer)

        at_once([by_sheet, by_form])
        mapping.refresh_from_db()
        assert (mapping.rationale, mapping.strength) == (words, strength)
    assert verify() == []


def test_two_rounds_at_once_tell_each_person_once(seat):
    owner = make_person("P-own", email="own@example.com")
    make_deployment(make_use_case("Scoring", owner), owner=owner)
    make_requirement()
    recompute_gaps(on=TODAY, actor=None)
    hook = Webhook(name="h", url="https://example.com/in", events=["gap.due"], person=owner)
    webhooks.save_webhook(webhook=hook, actor=None)
    later, now = TODAY + timedelta(days=400), timezone.now()
    found = at_once([lambda: make_round(on=later, now=now) for _ in range(3)])
    assert sum(told.people for told in found) == 1
    assert sum(told.gaps_announced for told in found) == 1
    assert len(mail.outbox) == 1
