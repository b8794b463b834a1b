"""The journal records every write once and shows every change made behind the services."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from office.models import JournalBatch, JournalEvent, JournalHead, Person
from office.services import people, records, triggers
from office.services.recording import recording
from office.services.verify import verify
from tests.installation import free_port

pytestmark = pytest.mark.django_db(transaction=True)


def raw(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_a_write_leaves_an_event_that_says_who_what_and_why(officer):
    person = people.add_person(ref="P-1", name="Eve", actor=officer)
    event = JournalEvent.objects.about(person).get()
    assert (event.actor_ref, event.verb, event.reason, event.before) == ("P-off", "create", "Added person P-1", None)
    assert event.after["ref"] == "P-1"


def test_names_and_addresses_never_reach_the_journal(ada):
    event = JournalEvent.objects.about(ada).get()
    assert "Ada" not in str(event.after)
    assert "example.com" not in str(event.after)
    assert event.after["name"].startswith("hmac-sha256:")


def test_saving_an_unchanged_row_leaves_no_event(ada):
    before = JournalEvent.objects.count()
    records.save_record(row=Person.objects.get(pk=ada.pk), actor=None)
    assert JournalEvent.objects.count() == before


def test_nested_recordings_are_one_batch():
    with recording(actor=None, reason="outer"):
        people.add_person(ref="P-1", name="Eve", actor=None)
        people.add_person(ref="P-2", name="Dan", actor=None)
    assert JournalBatch.objects.count() == 1
    assert JournalEvent.objects.count() == 2


def test_a_failed_transaction_leaves_neither_row_nor_event():
    with pytest.raises(ValidationError), recording(actor=None, reason="fails") as pen:
        pen.save(Person(ref="P-1", name="Eve"))
        pen.save(Person(ref="P-1", name="Dan"))
    assert not Person.objects.exists()
    assert not JournalEvent.objects.exists()


def test_an_untouched_journal_holds(ada, ben, capsys):
    assert verify() == []
    call_command("verify_journal")
    assert "The journal holds: 2 events" in capsys.readouterr().out


def test_one_changed_byte_of_an_event_is_named(ada, ben):
    triggers.lift()
    raw("UPDATE office_journalevent SET reason = 'x' WHERE seq = 1")
    triggers.install()
    assert verify() == ["Event 1 was changed after it was written."]


def test_a_row_changed_by_raw_sql_is_named_with_its_field(ada):
    raw("UPDATE office_person SET title = 'Forged' WHERE id = %s", ada.pk)
    assert verify() == [f"office.person {ada.pk}: title differ from event 1; the row was changed behind the services."]


def test_a_changed_personal_field_is_seen_through_its_hash(ada):
    raw("UPDATE office_person SET name = 'Mallory' WHERE id = %s", ada.pk)
    assert "name differ from event 1" in verify()[0]


def test_an_inserted_and_a_removed_row_are_named(ada, ben):
    raw("UPDATE office_person SET id = 4711 WHERE id = %s", ben.pk)
    problems = verify()
    assert any("4711" in sentence and "not in the journal" in sentence for sentence in problems)
    assert any(f"office.person {ben.pk} was removed behind the services" in sentence for sentence in problems)


def test_a_cut_tail_is_noticed_even_when_the_head_row_is_moved(ada, ben):
    first = JournalEvent.objects.get(seq=1)
    triggers.lift()
    raw("DELETE FROM office_journalevent WHERE seq = 2")
    triggers.install()
    JournalHead.objects.update(seq=1, hash=first.hash)
    raw("DELETE FROM office_person WHERE id = %s", ben.pk)
    assert verify() == ["The journal was cut: outside the database its head is event 2, inside it ends at event 1."]


def test_the_command_fails_with_the_places(ada, capsys):
    raw("UPDATE office_person SET title = 'Forged' WHERE id = %s", ada.pk)
    with pytest.raises(CommandError, match="does not hold: 1 problem"):
        call_command("verify_journal")
    assert "title differ" in capsys.readouterr().err


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE office_journalevent SET reason = 'x'",
        "DELETE FROM office_journalevent",
        "UPDATE office_journalbatch SET reason = 'x'",
        "DELETE FROM office_journalbatch",
    ],
)
def test_the_database_itself_refuses_to_rewrite_the_journal(ada, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        raw(statement)
    assert verify() == []


def test_a_missing_trigger_is_reported_and_the_next_migrate_puts_it_back(ada):
    triggers.lift()
    assert any("is missing" in sentence for sentence in verify())
    with pytest.raises(
        CommandError, match=r"Trigger office_journalevent_no_update is missing .* run `manage.py migrate`"
    ):
        call_command("serve", port=free_port())
    call_command("migrate", verbosity=0, skip_checks=False)
    assert triggers.missing_triggers() == []
    assert verify() == []


def test_a_deleted_row_keeps_its_last_state(ada):
    pk = ada.pk
    records.delete_record(row=ada, actor=None)
    event = JournalEvent.objects.get(seq=2)
    assert (event.verb, event.object_id, event.after) == ("delete", pk, None)
    assert verify() == []


def test_several_writes_of_a_row_in_one_batch_are_one_event_with_the_last_state():
    with recording(actor=None, reason="twice") as pen:
        person = Person(ref="P-1", name="Eve")
        pen.save(person)
        person.title = "Analyst"
        pen.save(person)
    event = JournalEvent.objects.about(person).get()
    assert (event.verb, event.before, event.after["title"]) == ("create", None, "Analyst")
    assert verify() == []


def test_what_a_batch_makes_and_takes_back_leaves_no_event():
    with recording(actor=None, reason="nothing") as pen:
        person = Person(ref="P-1", name="Eve")
        pen.save(person)
        pen.delete(person)
    assert not JournalEvent.objects.exists()
    assert verify() == []
