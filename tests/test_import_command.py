"""The same plan and apply on the command line, and the buttons in the registers."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from controls.models import ControlMapping
from controls.services import mappings as mapping_services
from office.models import Person
from office.services.logins import give_login
from tests.makers import make_control, make_mapping, make_person, make_requirement

pytestmark = pytest.mark.django_db
SHEET = "ref,name,active\nP-1,One,yes\nP-2,,yes\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def test_a_file_is_planned_first_and_applied_by_the_digest_that_was_printed(office, file, capsys):
    call_command("import_file", str(file))
    shown = capsys.readouterr()
    assert "row 2  new      P-1  ref: '' → 'P-1'; name: '' → 'One'; active: '' → 'yes'" in shown.out
    assert "row 3  refused  P-2  Column “name” is empty; it is needed." in shown.err
    assert "People: 1 new, 0 changed, 0 unchanged, 1 refused" in shown.out
    digest = shown.out.split("Digest of this plan: ")[1].strip()
    assert Person.objects.count() == 0
    with pytest.raises(CommandError, match=r"1 row\(s\) are refused"):
        call_command("import_file", str(file), "--apply", digest)
    with pytest.raises(CommandError, match="has changed since this plan"):
        call_command("import_file", str(file), "--apply", "0" * 64)
    call_command("import_file", str(file), "--apply", digest[:16], "--leave-out-refused")
    assert Person.objects.get().ref == "P-1"


def test_a_file_that_is_not_there_or_fits_nothing_is_told(office, tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_file", str(tmp_path / "no.csv"))
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="fit no noun"):
        call_command("import_file", str(path))


def test_who_brings_mappings_is_named_and_may_not_approve_them(officer, ada, tmp_path, capsys):
    ada.memberships.create(role="officer", scope=officer.memberships.get().scope)
    make_mapping(make_control(), make_requirement(), by=officer)
    path = tmp_path / "m.csv"
    path.write_text("control,requirement,rationale\nC-1,law.1,Edited by Ada.\n", encoding="utf-8")

    def digest(**by) -> str:
        call_command("import_file", str(path), **by)
        return capsys.readouterr().out.split("Digest of this plan: ")[1].strip()

    call_command("import_file", str(path), apply=digest(by="P-ada"), by="P-ada")
    row = ControlMapping.objects.get()
    assert (row.rationale, row.proposed_by) == ("Edited by Ada.", ada)
    with pytest.raises(ValidationError, match="another person"):
        mapping_services.approve(mappings=[row], actor=ada)
    path.write_text("control,requirement,rationale\nC-1,law.1,Edited by somebody.\n", encoding="utf-8")
    call_command("import_file", str(path), apply=digest())
    assert "Say who brings a file with --by REF" in capsys.readouterr().err
    assert ControlMapping.objects.get().proposed_by is None


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        ("P-of", 'There is no active person “P-of” in the directory. Did you mean "P-off"?'),
        ("P-aud", "cannot import: that takes the role of an officer or leader"),
    ],
)
def test_who_brings_a_file_must_be_known_and_may_write(officer, file, ref, sentence):
    make_person("P-aud", role="auditor")
    with pytest.raises(CommandError) as refused:
        call_command("import_file", str(file), by=ref)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("word", ["four", "²", "1" * 5000, "-2"])
def test_what_is_no_number_of_a_row_is_refused(office, file, word):
    with pytest.raises(CommandError, match="is no row. Write the numbers that the plan shows"):
        call_command("import_file", str(file), leave_out=word)


def test_the_registers_have_the_buttons_and_they_lead_to_the_same_door(officer):
    give_login(person=officer, username="olga", actor=None, password="a-long-test-password")
    client = Client()
    client.login(username="olga", password="a-long-test-password")
    for model in ("office_person", "controls_control", "controls_controlmapping", "governance_usecase"):
        page = client.get(reverse(f"admin:{model}_changelist")).content.decode()
        assert reverse(f"admin:{model}_import") in page
        assert reverse(f"admin:{model}_export") in page
    past = client.post(reverse("admin:office_person_process_import"), {"import_file_name": "x"})
    assert past["Location"] == "/sheets/?noun=persons", "the library's own way to write is closed"
    there = client.get(reverse("admin:office_person_import"))
    assert there["Location"] == "/sheets/?noun=persons"
    assert client.get(reverse("admin:office_person_export"))["Location"] == "/sheets/persons/export/"


def test_the_buttons_of_crosswalk_rows_lead_to_the_workbook(client, officer):
    give_login(person=officer, username="o", actor=None, password="a-long-test-password")
    client.login(username="o", password="a-long-test-password")
    page = client.get(reverse("admin:controls_requirementmapping_changelist")).content.decode()
    for name, target in (("import", "sheets"), ("export", "crosswalk")):
        address = reverse(f"admin:controls_requirementmapping_{name}")
        assert address in page
        assert client.get(address).url == reverse(target)
