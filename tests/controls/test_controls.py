"""A control says nothing that no page could show: its days are days of a calendar, its reference is part of an address."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from controls.models import Control
from office import importing
from office.domain.plans import Verdict
from office.models import JournalEvent, Scope
from office.services import seats
from tests.api.caller import Caller
from tests.makers import TODAY, make_control, make_deployment, make_mapping, make_proof, make_requirement
from tests.test_review_pages import signed_in

pytestmark = pytest.mark.django_db
NEW = {"title": "Access", "theme": "security", "objective": "Only who may."}


@pytest.mark.parametrize("days", [0, 3661, 99_999_999])
def test_a_test_is_due_within_ten_years_through_every_door(officer, days):
    make_control(test_every_days=30)
    told = Caller(officer).seen("patch", "controls/C-1/", {"test_every_days": days})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (400, "#/test_every_days")
    sheet = f"ref,test every days\nC-1,{days}\n".encode()
    (row,) = importing.understand(sheet, "controls.csv").plan(officer).of(Verdict.REFUSED)
    assert "3660" in row.problems[0] or "greater than or equal to 1" in row.problems[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Control.objects.update(test_every_days=days)
    assert Control.objects.get().test_every_days == 30


def test_a_control_that_is_tested_as_seldom_as_can_be_is_shown(officer):
    control = make_control(owner=officer, test_every_days=3660)
    make_mapping(control, make_requirement())
    make_proof(control, Scope.objects.get(kind="office"), officer)
    make_deployment(owner=officer)
    client = signed_in(officer)
    assert {client.get(address).status_code for address in (reverse("coverage"), "/")} == {200}


def test_the_reason_for_which_a_control_becomes_active_is_kept(officer):
    control = make_control()
    seats.assign(seat=control.seat, person=officer, on=TODAY, actor=None)
    data = {"action": "activate", "_selected_action": [control.pk], "confirmed": "1", "reason": "The board decided."}
    signed_in(officer).post(reverse("admin:controls_control_changelist"), data)
    event = JournalEvent.objects.filter(noun="controls.control", verb="change").get()
    assert (event.after["status"], event.reason, event.actor_ref) == ("active", "The board decided.", officer.ref)


@pytest.mark.parametrize("ref", ["ACC 02", "ACC/01", "..", "-1"])
def test_a_reference_that_makes_no_address_is_refused(officer, ref):
    told = Caller(officer).post("controls/", {"ref": ref, **NEW})
    assert (told.status_code, Control.objects.count()) == (400, 0)
    sheet = f"ref,title,theme,status,objective,evidence required,specific\n{ref},T,security,draft,O,yes,no\n"
    (row,) = importing.understand(sheet.encode(), "controls.csv").plan(officer).of(Verdict.REFUSED)
    assert "it is part of an address" in row.problems[0]


@pytest.mark.parametrize("ref", ["ACC-02", "A.8.24", "控制_1"])
def test_a_reference_that_makes_one_leads_to_the_control(officer, ref):
    caller = Caller(officer)
    made = caller.post("controls/", {"ref": ref, **NEW})
    assert (made.status_code, caller.get(f"controls/{ref}/").status_code) == (201, 200)
