"""A gap opens, closes when its cause is gone, and the same gap reopens; nobody closes one by hand."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from frameworks.models import Family
from governance.inputs import position_on
from governance.models import Action, Gap
from governance.services import answers, gaps, inventory
from office.models import JournalEvent, Scope
from office.services import jobs, rights, seats
from tests.makers import (
    TODAY,
    make_control,
    make_deployment,
    make_entity,
    make_implementation,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment(office):
    return make_deployment()


@pytest.fixture
def requirement(office):
    return make_requirement()


def recompute(on: date = TODAY):
    return gaps.recompute_gaps(on=on, actor=None)


def bounds(deployment, requirement, on: date = TODAY):
    (line,) = [line for line in position_on(on).of_subject(deployment.scope.key) if line.requirement == requirement.ref]
    return line.bounds.lower, line.bounds.upper


def test_approval_implementation_evidence_and_test_move_the_lower_bound_and_close_the_gap(
    deployment, requirement, officer, ada
):
    assert recompute().opened == 1
    gap = Gap.objects.get()
    assert (gap.status, gap.severity, gap.due_on) == ("open", "critical", TODAY + timedelta(days=30))
    assert gap.seat == deployment.seat

    control = make_control(owner=ada)
    mapping = make_mapping(control, requirement, by=ada)
    assert bounds(deployment, requirement) == (0, 1)
    mapping_services.approve(mappings=[mapping], actor=officer)
    implementation = make_implementation(control, deployment.scope)
    assert bounds(deployment, requirement) == (0, 1)
    control_services.add_evidence(
        implementation=implementation, title="Minutes", valid_from=TODAY, valid_until=TODAY + timedelta(days=90),
        collected_by=ada, actor=ada,
    )  # fmt: skip
    assert bounds(deployment, requirement) == (0, 1)
    control_services.record_test(
        implementation=implementation, performed_on=TODAY, result="passed", tester=ada, actor=ada
    )
    assert bounds(deployment, requirement) == (1, 1)
    assert recompute().closed == 1
    gap.refresh_from_db()
    assert (gap.status, gap.closed_on) == ("closed", TODAY)


def test_evidence_that_expires_reopens_the_same_gap(deployment, requirement, officer, ada):
    control = make_control(owner=ada)
    mapping = make_mapping(control, requirement, by=ada)
    mapping_services.approve(mappings=[mapping], actor=officer)
    make_implementation(control, deployment.scope, state="planned")
    recompute()
    gap = Gap.objects.get()
    make_proof(control, deployment.scope, ada, valid_until=TODAY + timedelta(days=90))
    recompute()
    expired = TODAY + timedelta(days=91)
    assert bounds(deployment, requirement, expired) == (0, 1)
    assert recompute(expired).reopened == 1
    again = Gap.objects.get()
    assert (again.pk, again.status, again.reopened, again.opened_on) == (gap.pk, "open", 1, expired)
    assert again.closed_on is None


def test_a_second_recompute_changes_nothing_and_leaves_no_event(deployment, requirement):
    recompute()
    before = JournalEvent.objects.count()
    done = recompute()
    assert (done.opened, done.changed, done.standing) == (0, 0, 1)
    assert JournalEvent.objects.count() == before


def test_a_recompute_of_one_entity_leaves_the_others_alone(deployment, requirement):
    entity = Scope.objects.get(key="hk-bank")
    assert gaps.recompute_gaps(on=TODAY, actor=None, scope=entity).opened == 1
    office = Scope.objects.get(kind="office")
    assert gaps.recompute_gaps(on=TODAY, actor=None, scope=office).opened == 0


def test_a_family_that_is_not_followed_makes_no_gap_and_closes_those_it_made(deployment, requirement, ada):
    recompute()
    family = Family.objects.get()
    answers.adopt(scope=deployment.entity.scope, family=family, adopted=False, reason="Not our law.", actor=ada)
    assert recompute().closed == 1
    office = Scope.objects.get(kind="office")
    answers.adopt(scope=office, family=family, adopted=True, reason="Our law.", actor=ada)
    assert recompute().reopened == 0, "the nearest scope wins"
    answers.adopt(scope=deployment.entity.scope, family=family, adopted=True, reason="It is.", actor=ada)
    assert recompute().reopened == 1


def test_a_deployment_that_retires_closes_its_gaps(deployment, requirement):
    recompute()
    deployment.stage = "retired"
    inventory.save_deployment(deployment=deployment, actor=None)
    assert recompute().closed == 1


def test_accepting_needs_a_role_a_reason_and_a_later_day_and_ends_by_itself(deployment, requirement, officer, ada):
    recompute()
    gap = Gap.objects.get()
    until = TODAY + timedelta(days=30)
    with pytest.raises(ValidationError, match="role of an officer or leader"):
        gaps.accept_gap(gap=gap, until=until, reason="Small", actor=ada, on=TODAY)
    with pytest.raises(ValidationError, match="has already come"):
        gaps.accept_gap(gap=gap, until=TODAY, reason="Small", actor=officer, on=TODAY)
    with pytest.raises(ValidationError, match="needs a reason, an approver"):
        gaps.accept_gap(gap=gap, until=until, reason="  ", actor=officer, on=TODAY)
    gaps.accept_gap(gap=gap, until=until, reason="Small", actor=officer, on=TODAY)
    assert recompute(until).reopened == 0
    assert Gap.objects.get().status == "accepted"
    assert recompute(until + timedelta(days=1)).reopened == 1
    again = Gap.objects.get()
    assert (again.status, again.accepted_until, again.acceptance_reason) == ("open", None, "")


def test_accepting_until_tomorrow_makes_no_late_gap_punctual(deployment, requirement, officer):
    recompute()
    gap = Gap.objects.get()
    late = gap.due_on + timedelta(days=100)
    gaps.accept_gap(gap=gap, until=late + timedelta(days=1), reason="Small", actor=officer, on=late)
    assert recompute(late + timedelta(days=2)).reopened == 1
    again = Gap.objects.get()
    assert (again.status, again.reopened) == ("open", 1)
    assert (again.opened_on, again.due_on) == (gap.opened_on, gap.due_on)


def test_a_closed_gap_cannot_be_accepted(deployment, requirement, officer, ada):
    recompute()
    deployment.stage = "retired"
    inventory.save_deployment(deployment=deployment, actor=None)
    recompute()
    with pytest.raises(ValidationError, match="is closed"):
        gaps.accept_gap(gap=Gap.objects.get(), until=date(2027, 1, 1), reason="x", actor=officer, on=TODAY)


def test_gaps_move_to_another_seat_with_a_reason(deployment, requirement, officer, ada):
    recompute()
    control = make_control(owner=ada)
    with pytest.raises(ValidationError, match="Say why"):
        gaps.hand_gaps_to(gaps=Gap.objects.all(), seat=control.seat, reason=" ", actor=officer)
    assert gaps.hand_gaps_to(gaps=Gap.objects.all(), seat=control.seat, reason="She runs it", actor=officer) == 1
    assert Gap.objects.get().seat.holder == ada
    recompute()
    assert Gap.objects.get().seat == control.seat, "a recompute leaves it where it was put"


def test_gaps_are_not_put_on_a_seat_that_is_vacant_or_that_the_actor_does_not_see(deployment, requirement, officer):
    recompute()
    with pytest.raises(ValidationError, match="Nobody sits on .*Assign a person"):
        gaps.hand_gaps_to(gaps=Gap.objects.all(), seat=make_control().seat, reason="Hers", actor=officer)
    foreign = make_entity("eu-bank", "eu", owner=make_person("P-eu")).entity.seat
    here = make_person("P-here", role="officer", scope=deployment.entity.scope)
    with pytest.raises(rights.Forbidden, match="belongs to another part of the group"):
        gaps.hand_gaps_to(gaps=Gap.objects.all(), seat=foreign, reason="Theirs", actor=here)
    assert Gap.objects.get().seat == deployment.seat
    assert gaps.hand_gaps_to(gaps=Gap.objects.all(), seat=deployment.entity.seat, reason="Hers", actor=here) == 1


def test_actions_are_planned_by_officers_of_the_whole_office(deployment, requirement, officer, ada):
    recompute()
    here = make_person("P-here", role="officer", scope=deployment.entity.scope)
    for actor in (ada, here):
        action = Action(title="Write it down", person=ada, due_on=date(2027, 1, 1))
        with pytest.raises(rights.Forbidden, match="officer or leader of the whole office"):
            gaps.save_action(action=action, gaps=None, actor=actor)
        with pytest.raises(rights.Forbidden, match="officer or leader of the whole office"):
            gaps.add_to_action(action=action, gaps=Gap.objects.all(), actor=actor)
    assert not Action.objects.exists()


def test_closing_an_action_closes_no_gap(deployment, requirement, officer, ada):
    recompute()
    action = Action(title="Write it down", person=ada, due_on=date(2027, 1, 1))
    gaps.save_action(action=action, gaps=Gap.objects.all(), actor=officer)
    action.status = "done"
    gaps.save_action(action=action, gaps=None, actor=officer)
    assert (action.items.count(), Gap.objects.get().status) == (1, "open")
    gaps.save_action(action=action, gaps=[], actor=officer)
    assert action.items.count() == 0


def test_a_waiting_recompute_is_not_queued_twice(office, officer):
    first = gaps.ask_recompute(actor=officer, nudge=lambda job_id: None)
    assert gaps.ask_recompute(actor=officer, nudge=lambda job_id: None) == first


def test_gaps_are_computed_again_when_something_was_written_or_a_day_has_begun_and_then_there_is_peace(
    deployment, requirement, ada
):
    def due() -> bool:
        return gaps.is_recompute_due(midnight=midnight, now=timezone.now())

    def work_off() -> None:
        job = gaps.ask_recompute(actor=None, nudge=lambda job_id: None)
        assert not due(), "one that waits is enough"
        jobs.run(job_id=job.pk, worker="w", clock=timezone.now)

    midnight = timezone.now() - timedelta(hours=1)
    assert due(), "never computed"
    work_off()
    assert due(), "the recompute itself wrote gaps"
    work_off()
    assert not due()
    make_control(owner=ada)
    assert due(), "something was written"
    work_off()
    assert not due()
    assert gaps.is_recompute_due(midnight=timezone.now(), now=timezone.now()), "a new day has begun"


@pytest.fixture
def schedule():
    """What the schedule asks for; `later` looks at it an hour and a minute on."""
    midnight = timezone.now() - timedelta(hours=1)

    def ask(later: bool = False):
        now = timezone.now() + timedelta(minutes=61 if later else 0)
        return gaps.keep_current(midnight=midnight, now=now, nudge=lambda job_id: None)

    return ask


def work_off(job) -> str:
    jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
    job.refresh_from_db()
    return job.status


def test_a_recompute_that_failed_is_done_again_after_an_hour(deployment, requirement, schedule, monkeypatch):
    job = schedule()
    with monkeypatch.context() as patch:
        patch.setattr("governance.services.gaps.position_on", lambda on: 1 / 0)
        assert work_off(job) == "failed"
    assert schedule() is None, "not again every few seconds"
    assert work_off(schedule(later=True)) == "done"
    assert Gap.objects.count() == 1


def test_a_recompute_that_was_cancelled_is_done_again_by_the_system(deployment, requirement, schedule):
    member = make_person("P-team", role="team_member")
    work_off(schedule())
    make_requirement("law.2")
    jobs.cancel(job=gaps.ask_recompute(actor=member, nudge=lambda job_id: None), actor=member)
    again = schedule()
    assert (again.created_by, again.arguments["since"]) == (None, None)
    assert work_off(again) == "done"
    assert Gap.objects.count() == 2


def test_the_slower_of_two_recomputes_does_not_write_old_truth_over_new(deployment, requirement, officer, monkeypatch):
    read_seats = gaps._seats

    def meanwhile(keys):
        """The slower has read what is owed; a decision is made, and another recompute follows it up."""
        monkeypatch.setattr(gaps, "_seats", read_seats)
        answers.decide(
            scope=deployment.scope, requirement=requirement, verdict="not_applicable", reason="So.", actor=officer
        )
        assert recompute().opened == 0
        return read_seats(keys)

    monkeypatch.setattr(gaps, "_seats", meanwhile)
    assert recompute().opened == 0
    assert not Gap.objects.exists()


def test_the_command_names_the_scopes_when_it_is_given_another(deployment, requirement, capsys):
    with pytest.raises(CommandError, match="There is no scope “hk-bnk”. Known: .*hk-bank"):
        call_command("recompute_gaps", scope="hk-bnk")
    with pytest.raises(CommandError, match="is not a day"):
        call_command("recompute_gaps", on="tomorrow")
    call_command("recompute_gaps", scope="hk-bank", on="2026-11-25")
    assert "1 gaps opened" in capsys.readouterr().out


def test_a_handed_over_seat_takes_its_gaps_along(deployment, requirement, officer):
    recompute()
    taker = make_person("P-taker")
    seats.reassign(seat=deployment.seat, person=taker, on=TODAY, actor=officer, reason="New in the job")
    assert Gap.objects.get().seat.holder == taker
