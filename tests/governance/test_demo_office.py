"""The whole office on the real law, loaded once by the command a newcomer runs."""

import io
import re
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.test import TestCase

from controls.library_files import shipped_library
from controls.models import Control, ControlMapping
from frameworks.models import Requirement
from governance.domain.position import share
from governance.inputs import position_of, position_on
from governance.models import Deployment, Gap, UseCase
from governance.services.gaps import recompute_gaps
from office.models import Handover, JournalEvent, JournalHead, Membership, Person, Seat, Tenure
from office.services import headfile
from office.services.verify import verify
from office.today import today

THEMES_NEEDED = 40


class DemoOffice(TestCase):
    """One office for all the tests of this class."""

    printed = ""

    @classmethod
    def setUpTestData(cls):
        out = io.StringIO()
        call_command("quickstart", no_serve=True, stdout=out)
        cls.printed = out.getvalue()

    def duties(self, key: str) -> dict[str, str]:
        deployment = Deployment.objects.get(scope__key=key)
        assessment = position_of(deployment, today()).assessments[key]
        return {duty.id: duty.status for duty in assessment.duties}

    def test_four_logins_are_printed_once_with_random_passwords(self):
        found = re.findall(r"^  (officer|reviewer|team|auditor) +(\S{16}) ", self.printed, re.MULTILINE)
        assert [name for name, _ in found] == ["officer", "reviewer", "team", "auditor"]
        assert len({password for _, password in found}) == 4
        for name, password in found:
            assert self.client.login(username=name, password=password)

    def test_a_second_run_changes_nothing(self):
        head = JournalHead.objects.get()
        out = io.StringIO()
        call_command("quickstart", no_serve=True, stdout=out)
        assert JournalHead.objects.get().hash == head.hash
        assert "unchanged" in out.getvalue()
        assert "4 login(s) stand as they were" in out.getvalue()

    def test_the_journal_agrees_with_every_row(self):
        head = JournalHead.objects.get()
        headfile.write(head.seq, head.hash)  # what a commit does; the tests of this class never commit
        assert verify() == []

    def test_there_are_at_least_twelve_use_cases_over_four_places(self):
        assert UseCase.objects.count() >= 12
        places = set(Deployment.objects.values_list("entity__jurisdiction", flat=True))
        assert places == {"hk", "cn", "eu", "us"}
        assert Membership.objects.filter(role="auditor").exists()

    def test_the_same_use_case_owes_other_duties_in_shenzhen_than_in_hong_kong(self):
        china, hong_kong = self.duties("uc-002-cn"), self.duties("uc-002-hk")
        assert china["CN-LBL-01"] == "applies"
        assert hong_kong["CN-LBL-01"] == "not_applicable"
        assert hong_kong["HK-GAI24-08"] == "applies"
        assert china["HK-GAI24-08"] == "not_applicable"

    def test_a_govern_requirement_is_owed_once_for_the_office(self):
        lines = [line for line in position_on(today()).lines if line.requirement == "nist-ai-rmf.GOVERN-1.1"]
        assert [line.subject for line in lines] == ["office"]
        assert Gap.objects.filter(requirement__ref="nist-ai-rmf.GOVERN-6.2").count() == 1

    def test_every_gap_has_exactly_one_accountable_person_or_a_seat_that_is_shown_vacant(self):
        open_seats = Tenure.objects.open().values("seat").annotate(people=Count("pk"))
        assert not open_seats.filter(people__gt=1).exists()
        vacant = set(Seat.objects.vacant().values_list("pk", flat=True))
        assert not Gap.objects.standing().filter(seat__in=vacant).exists()

    def test_both_bounds_are_real_and_in_order(self):
        for family in ("eu-ai-act", "nist-ai-rmf", "cn-mainland", "hk"):
            found = share(line for line in position_on(today()).lines if line.family == family)
            assert 0 < found.lower < found.upper <= found.applies, family

    def test_recomputing_again_changes_nothing(self):
        before = JournalEvent.objects.count()
        assert recompute_gaps(on=today(), actor=None).changed == 0
        assert JournalEvent.objects.count() == before

    def test_some_mappings_are_approved_by_a_second_person_and_the_rest_is_only_proposed(self):
        counts = dict(ControlMapping.objects.values_list("status").annotate(Count("pk")))
        assert set(counts) == {"approved", "proposed", "rejected"}
        approvers = set(ControlMapping.objects.approved().values_list("reviewed_by__ref", flat=True))
        assert approvers == {"P-003"}
        assert not ControlMapping.objects.exclude(proposed_by=None).exists()

    def test_controls_stand_in_different_states_and_some_evidence_is_out_of_date(self):
        states = set(Control.objects.values_list("implementations__state", flat=True)) - {None}
        assert len(states) == 5
        assert Control.objects.filter(status="draft").exists()
        assert Handover.objects.waiting().exists()
        reasons = " ".join(line.bounds.reasons[0] for line in position_on(today()).lines if line.bounds.reasons)
        assert "out of date" in reasons
        assert "overdue" in reasons

    def test_some_facts_are_unknown_and_named_where_duties_hang_on_them(self):
        position = position_on(today())
        maybe = [line for line in position.lines if line.verdict.status == "may_apply"]
        assert maybe
        assert all(position.reasons(line).missing for line in maybe)


@pytest.mark.django_db
def test_without_the_demo_there_is_an_office_with_its_first_officer(capsys):
    call_command("quickstart", no_serve=True, no_demo=True)
    assert re.search(r"^  officer +\S{16} ", capsys.readouterr().out, re.MULTILINE)
    assert Person.objects.get().memberships.get().role == "officer"
    assert not UseCase.objects.exists()


def test_a_taken_port_is_told_before_anything_is_set_up(monkeypatch):
    monkeypatch.setattr("governance.management.commands.serve.is_port_free", lambda port, host: False)
    for command in ("quickstart", "serve"):
        with pytest.raises(CommandError, match=r"Port 8000 is taken .* choose another with --port N"):
            call_command(command)
    with pytest.raises(CommandError, match="70000 is not a port"):
        call_command("serve", port=70000)


@pytest.mark.django_db
def test_the_library_reaches_what_it_has_to_reach():
    call_command("load_catalogues")
    mappings = shipped_library(set(Requirement.objects.values_list("ref", flat=True))).mappings
    reached = {mapping.requirement for mapping in mappings}
    duties = set(Requirement.objects.duties().standing().values_list("ref", flat=True))
    articles = "4|9|10|11|12|13|14|15|17|26|27|50|72|73"
    needed = re.compile(
        rf"nist-ai-rmf\..*|eu-ai-act\.art-({articles})(-.*)?|CN-(GAI|ALGO|LBL|FIN|XB)-.*|HK-(HLP|GAI24|SFC|MPF|PDPO)-.*"
    )
    wanted = {ref for ref in duties if needed.fullmatch(ref)}
    assert len(wanted) == 72 + 107 + 70 + 81, "CN-GAI-18 is context: nobody owes it"
    assert wanted - reached == set()
    assert len({mapping.control for mapping in mappings}) >= THEMES_NEEDED
    assert {mapping.relationship.value for mapping in mappings} == {"superset", "subset", "intersects"}


@pytest.mark.django_db
def test_demo_days_do_not_age(monkeypatch):
    """Loaded a year later, evidence and tests stand in the same relation to that day."""
    later = date(2027, 11, 25)
    monkeypatch.setattr("governance.management.commands.quickstart.today", lambda: later)
    call_command("quickstart", no_serve=True, stdout=io.StringIO())
    found = share(line for line in position_on(later).lines if line.family == "nist-ai-rmf")
    assert found.lower > 0
