"""A person's reference is the journal's name for them: it never changes, and nobody else ever gets it."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from office import importing
from office.models import JournalEvent, Membership, Person, Upload
from office.services import people, records
from office.services.logins import give_login
from office.services.recording import SYSTEM, recording
from tests.api.caller import Caller
from tests.makers import make_deployment, make_entity, make_person

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"


def told(refused) -> str:
    return " ".join(refused.value.messages)


def spend(how: str) -> str:
    """A reference whose person is gone: deleted, or renamed before that was refused."""
    person = make_person("P-old")
    if how == "deleted":
        records.delete_record(row=person, actor=None)
    else:
        person.ref = "P-renamed"
        with recording(actor=None, reason="as it was possible once") as pen:
            pen.save(person, validate=False)
    return "P-old"


def test_the_reference_of_a_person_never_changes(ada):
    ada.ref = "P-else"
    with pytest.raises(ValidationError) as refused:
        people.save_person(person=ada, actor=None)
    assert told(refused).startswith("The reference of a person never changes")
    ada.ref, ada.title = "P-ada", "Head"
    people.save_person(person=ada, actor=None)


@pytest.mark.parametrize("how", ["deleted", "renamed"])
def test_a_reference_that_the_journal_knows_is_given_to_nobody_else(db, how):
    ref = spend(how)
    with pytest.raises(ValidationError) as refused:
        make_person(ref)
    assert told(refused).startswith("“P-old” is a person's already, or was")
    assert Person.objects.filter(ref=ref).count() == 0


@pytest.mark.parametrize("ref", [SYSTEM, "System"])
def test_nobody_is_called_as_the_journal_calls_nobody(db, ref):
    with pytest.raises(ValidationError) as refused:
        make_person(ref)
    assert "the journal's word for what nobody did" in told(refused)


def test_the_api_says_so_at_the_field(officer, ada):
    caller, ref = Caller(officer), spend("renamed")
    changed = caller.seen("patch", "persons/P-ada/", {"ref": "P-else"})
    answers = [changed] + [caller.post("persons/", {"ref": word, "name": "X"}) for word in (ref, SYSTEM, "P-ada")]
    assert [(one.status_code, one.json()["errors"][0]["pointer"]) for one in answers] == [(400, "#/ref")] * 4


def test_the_admin_shows_the_reference_and_refuses_one_that_was_given(officer, ada):
    give_login(person=officer, username="off", actor=None, password=PASSWORD)
    client, ref = Client(), spend("deleted")
    assert client.login(username="off", password=PASSWORD)
    form = {"ref": ref, "name": "Innocent", "email": "", "title": "", "is_active": "on"}
    page = client.post(reverse("admin:office_person_add"), form)
    assert "is a person&#x27;s already, or was" in page.content.decode()
    parts = {f"{part}-{name}_FORMS": "0" for part in ("memberships", "tenures") for name in ("TOTAL", "INITIAL")}
    changed = form | parts | {"ref": "P-else", "title": "Head"}
    client.post(reverse("admin:office_person_change", args=[ada.pk]), changed)
    ada.refresh_from_db()
    assert (ada.ref, ada.title) == ("P-ada", "Head")


def test_a_sheet_refuses_those_rows_before_anything_is_written(officer):
    ref = spend("deleted")
    sheet = f"ref,name,active\n{ref},Innocent,yes\n{SYSTEM},Nobody,yes\nP-new,New,yes\n"
    upload = importing.bring(content=sheet.encode(), name="p.csv", noun="", actor=officer, nudge=lambda pk: None)
    plan = Upload.objects.get(pk=upload.pk).plan
    assert [(row["verdict"], [one.split(" ")[0] for one in row["problems"]]) for row in plan] == [
        ("refused", ["“P-old”"]), ("refused", ["“system”"]), ("new", []),
    ]  # fmt: skip


def test_a_role_is_for_the_office_or_a_legal_entity(office, ada):
    entity = make_entity(owner=make_person("P-entity"))
    scope = make_deployment(entity=entity).scope
    with pytest.raises(ValidationError) as refused:
        people.grant(person=ada, role="officer", scope=scope, actor=None)
    assert told(refused).endswith("A role is for the whole office or one legal entity.")
    people.grant(person=ada, role="officer", scope=entity, actor=None)
    assert Membership.objects.filter(person=ada).count() == 1
    assert JournalEvent.objects.filter(noun="office.membership", after__person_id=ada.pk).count() == 1
