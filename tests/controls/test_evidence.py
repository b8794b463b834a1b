"""The digest of evidence is what an auditor holds the file against: it is that of what was uploaded, and of nothing else."""

from hashlib import sha256
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from controls.models import Evidence
from controls.services import controls
from office.models import Scope
from tests.api.caller import Caller
from tests.makers import TODAY, make_control, make_implementation
from tests.test_review_pages import signed_in

pytestmark = pytest.mark.django_db
ONE = sha256(b"one").hexdigest()


@pytest.fixture
def evidence(officer):
    place = make_implementation(make_control(), Scope.objects.get(kind="office"))
    return controls.add_evidence(
        implementation=place, title="Minutes", valid_from=TODAY, collected_by=officer, actor=officer,
        file=ContentFile(b"one", name="a.txt"),
    )  # fmt: skip


def by_api(evidence, officer, **change):
    told = Caller(officer).seen("patch", f"evidence/{evidence.pk}/", change)
    assert told.status_code == 200
    return Evidence.objects.get(pk=evidence.pk)


def by_form(evidence, officer, **change):
    client, address = signed_in(officer), reverse("admin:controls_evidence_change", args=[evidence.pk])
    fields = {"implementation": evidence.implementation_id, "title": "Minutes", "valid_from": TODAY.isoformat()}
    told = client.post(address, {**fields, "collected_by": evidence.collected_by_id, **change})
    assert told.status_code == 302, told.context["adminform"].form.errors
    return Evidence.objects.get(pk=evidence.pk)


@pytest.mark.parametrize("door", [by_api, by_form])
def test_a_file_that_was_swapped_keeps_the_digest_of_what_was_uploaded(evidence, officer, door):
    assert evidence.sha256 == ONE
    Path(evidence.file.path).write_bytes(b"forged")
    changed = door(evidence, officer, valid_until="2027-12-31")
    assert (str(changed.valid_until), changed.sha256) == ("2027-12-31", ONE)


@pytest.mark.parametrize("door", [by_api, by_form])
def test_evidence_whose_file_is_gone_can_be_changed(evidence, officer, door):
    Path(evidence.file.path).unlink()
    changed = door(evidence, officer, valid_until="2027-12-31")
    assert (str(changed.valid_until), changed.sha256) == ("2027-12-31", ONE)


def test_a_cleared_file_takes_its_digest_with_it_and_another_one_brings_its_own(evidence, officer):
    changed = by_form(evidence, officer, **{"file-clear": "on"})
    assert (changed.file.name, changed.sha256) == ("", "")
    changed.file = ContentFile(b"two", name="b.txt")
    controls.save_evidence(evidence=changed, actor=officer)
    assert Evidence.objects.get().sha256 == sha256(b"two").hexdigest()
