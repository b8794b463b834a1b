"""A test is recorded once it was done: a day to come proves nothing when it comes."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from controls.models import ControlTest
from office.models import JournalBatch, Scope
from tests.api.caller import Caller
from tests.makers import make_control, make_implementation
from tests.test_review_pages import signed_in

pytestmark = pytest.mark.django_db
TODAY, TOMORROW = "2026-12-02", "2026-12-03"


@pytest.fixture
def place(officer):
    return make_implementation(make_control(), Scope.objects.get(kind="office"))


@pytest.fixture
def early(officer, place, monkeypatch):
    """Two in the morning of TODAY in Hong Kong, when in UTC it is still the day before."""
    caller, client = Caller(officer), signed_in(officer)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 12, 1, 18, tzinfo=UTC))
    return caller, client


def fields(place, officer, day):
    return {"implementation": place.pk, "performed_on": day, "result": "passed", "tester": officer.pk, "note": ""}


def test_a_program_records_no_test_of_a_day_to_come(early, place, officer):
    caller, _ = early
    told = caller.post("tests/", fields(place, officer, TOMORROW) | {"tester": officer.ref})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (400, "#/performed_on")
    made = caller.post("tests/", fields(place, officer, TODAY) | {"tester": officer.ref})
    assert made.status_code == 201
    path = f"tests/{made.json()['id']}/"
    assert caller.seen("patch", path, {"performed_on": TOMORROW}).status_code == 400
    assert ControlTest.objects.get().performed_on == date.fromisoformat(TODAY)


def test_the_form_records_none_either(early, place, officer):
    _, client = early
    address = reverse("admin:controls_controltest_add")
    told = client.post(address, fields(place, officer, TOMORROW))
    assert "A test is recorded once it was done; 2026-12-03 is still to come." in told.content.decode()
    assert client.post(address, fields(place, officer, TODAY)).status_code == 302
    assert ControlTest.objects.get().performed_on == date.fromisoformat(TODAY)
    assert JournalBatch.objects.latest("pk").reason.endswith("on 2026-12-02: passed")
