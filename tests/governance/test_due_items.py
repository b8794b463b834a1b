"""What is reminded of and what is not: what stands in for what, what is retired, and which days a calendar is sent."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from controls.models import Control
from controls.services import controls as control_services
from controls.services.conflicts import decide_conflict, reopen_conflict
from governance.inputs import due_items, position_of
from governance.models import Answer, Approval, Gap
from governance.services import answers, gaps, inventory
from governance.services.gaps import recompute_gaps
from office.models import JournalBatch, JournalEvent
from office.services import people, rights
from office.services.api_keys import make_key
from office.services.logins import give_login
from office.today import today
from tests.makers import (
    make_conflict,
    make_control,
    make_deployment,
    make_entity,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)  # the next morning in the office
DAY = date(2026, 11, 26)
YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def clock_of_the_office(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def owner(office):
    return make_person("P-own", role="officer")


@pytest.fixture
def deployment(owner):
    return make_deployment(make_use_case("Scoring", owner), owner=owner)


def days_of(kind: str, person) -> list[date]:
    return sorted(item.day for item in due_items(person) if item.kind == kind)


def answered_long_ago(deployment, owner) -> None:
    answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["eu"]}, actor=owner)
    answers.answer_facts(subject=deployment.use_case, answers={"use_case.is_ai_system": True}, actor=owner)
    Answer.objects.update(answered_at=NOW - YEAR - timedelta(days=30))


def test_the_same_answer_confirms_one_that_is_a_year_old(deployment, owner):
    told = {"subject": deployment.scope, "answers": {"use_case.markets": ["eu"]}}
    answers.answer_facts(**told, actor=owner)
    second = make_person("P-two", role="officer")
    Answer.objects.update(answered_at=NOW - YEAR + timedelta(days=1))
    assert answers.answer_facts(**told, actor=second) == 0, "it stands for another day"
    Answer.objects.update(answered_at=NOW - YEAR)
    assert days_of("answers", owner) == [DAY]
    assert answers.answer_facts(**told, actor=second) == 1
    row = Answer.objects.get()
    assert (row.value, row.answered_by, row.answered_at) == (["eu"], second, NOW)
    assert days_of("answers", owner) == [DAY + YEAR]


def test_all_answers_about_a_subject_are_confirmed_with_one_word(deployment, owner):
    answered_long_ago(deployment, owner)
    with pytest.raises(rights.Forbidden):
        answers.confirm_answers(subject=deployment.scope, actor=make_person("P-stranger"))
    assert answers.confirm_answers(subject=deployment.scope, actor=owner) == 1
    assert days_of("answers", owner) == [DAY - timedelta(days=30), DAY + YEAR]
    event = JournalEvent.objects.filter(noun="governance.answer").first()
    assert (event.actor_ref, event.reason) == (owner.ref, f"Confirmed the answers about {deployment.scope}")
    assert event.before["value"] == event.after["value"] == ["eu"]


def test_the_questions_page_asks_again_and_takes_the_word(deployment, owner):
    answered_long_ago(deployment, owner)
    give_login(person=owner, username="own", actor=None, password="a-long-test-password")
    client = Client()
    client.login(username="own", password="a-long-test-password")
    questions, answer = (reverse(name, args=[deployment.scope.key]) for name in ("questions", "answer"))
    page = client.get(questions)
    tokens = [place.token for place in page.context["asked_again"]]
    assert tokens == [f"scope-{deployment.scope_id}", f"use_case-{deployment.use_case_id}"]
    assert "They still hold" in page.content.decode()
    for token in tokens:
        page = client.post(answer, {"confirm": token}, follow=True)
        assert "still holds." in page.content.decode()
    assert page.context["asked_again"] == []
    assert set(Answer.objects.values_list("answered_at", flat=True)) == {NOW}
    assert client.post(answer, {"confirm": "scope-999"}).status_code == 403


@pytest.mark.parametrize("what", ["deployment", "use_case"])
def test_nobody_is_asked_about_what_is_retired(deployment, owner, what):
    answered_long_ago(deployment, owner)
    model = inventory.add_model(key="m1", name="M1", actor=owner, accountable=owner, on=DAY)
    answers.answer_facts(subject=model.scope, answers={"model.source": "own"}, actor=owner)
    assert len(days_of("answers", owner)) == 3
    model.status = "retired"
    inventory.save_model(model=model, actor=owner)
    if what == "deployment":
        deployment.stage = "retired"
        inventory.save_deployment(deployment=deployment, actor=owner)
        assert [item.noun for item in due_items(owner) if item.kind == "answers"] == ["governance.usecase"]
    else:
        deployment.use_case.status = "retired"
        inventory.save_use_case(use_case=deployment.use_case, actor=owner)
        assert days_of("answers", owner) == []


def approve(deployment, owner, decided: int, until: int | None, stage: str = "live") -> None:
    ends = date(until, 1, 1) if until else None
    approval = Approval(deployment=deployment, stage=stage, body="B", decided_on=date(decided, 1, 1), expires_on=ends)
    inventory.record_approval(approval=approval, actor=owner)


def test_a_newer_approval_stands_in_for_the_older_ones_of_its_stage(deployment, owner):
    for decided, until in ((2024, 2025), (2025, 2026), (2026, 2030)):
        approve(deployment, owner, decided, until)
    approve(deployment, owner, 2024, 2025, "pilot")
    assert days_of("approval", owner) == [date(2025, 1, 1), date(2030, 1, 1)]
    approve(deployment, owner, 2026, None)
    assert days_of("approval", owner) == [date(2025, 1, 1)], "of the pilot; the other has no end any more"


@pytest.mark.parametrize("change", [{"status": "retired"}, {"evidence_required": False}])
def test_evidence_is_renewed_only_where_it_counts(deployment, owner, change):
    control = make_control(owner=owner)
    place = make_proof(control, deployment.scope, owner, valid_until=DAY, on=DAY - timedelta(days=9))
    assert days_of("evidence", owner) == [DAY]
    control = Control.objects.get(pk=control.pk)
    for name, value in change.items():
        setattr(control, name, value)
    control_services.save_control(control=control, actor=None)
    assert days_of("evidence", owner) == []
    assert place.evidence.exists()


def test_a_decided_conflict_is_looked_at_again_on_its_day(owner):
    for requirement in ("law.1", "law.2"):
        make_requirement(requirement)
    row = decide_conflict(
        conflict=make_conflict(), decision="Two.", review_on=DAY + timedelta(days=9), actor=owner, on=DAY
    )
    (item,) = due_items(owner)
    assert (item.kind, item.day, item.title) == (
        "decision", DAY + timedelta(days=9), "Look again at the decision on CF-1",
    )  # fmt: skip
    assert item.path == reverse("admin:controls_conflict_change", args=[row.pk])
    reopen_conflict(conflict=row, reason="A new law.", actor=owner)
    assert due_items(owner) == []


def test_a_calendar_is_sent_a_year_back_and_two_ahead(deployment, owner):
    ends = {"law.0": -YEAR, "law.1": timedelta(days=30), "law.2": timedelta(days=730)}
    for ref in ends:
        make_requirement(ref)
    recompute_gaps(on=DAY, actor=None)
    for gap in Gap.objects.select_related("requirement"):
        gaps.accept_gap(gap=gap, until=DAY + timedelta(days=1), reason="x", actor=owner, on=DAY)
        Gap.objects.filter(pk=gap.pk).update(accepted_until=DAY + ends[gap.requirement.ref])
    text = make_key(person=owner, name="phone", access="calendar", created_on=today(), expires_on=today(), actor=owner)[
        1
    ]

    def sent() -> int:
        answer = Client().get(reverse("calendar", args=[text]))
        assert answer.status_code == 200
        return len(Calendar.from_ical(answer.content).walk("VEVENT"))

    assert sent() == 3
    Gap.objects.filter(requirement__ref="law.2").update(accepted_until=date(9999, 12, 31))
    Gap.objects.filter(requirement__ref="law.0").update(accepted_until=DAY - YEAR - timedelta(days=1))
    assert sent() == 1


def test_a_decision_and_a_batch_have_the_day_of_the_office(deployment, owner):
    requirement = make_requirement()
    answers.decide(scope=deployment.scope, requirement=requirement, verdict="applies", reason="So.", actor=owner)
    position = position_of(deployment, DAY)
    (line,) = position.lines
    assert position.reasons(line).because[0] == f"Decided by {owner} on 2026-11-26: So."
    assert str(JournalBatch.objects.first()).startswith("2026-11-26 04:30 P-own: Decided law.1")


VOLUMES = {
    "from": "cn", "to": "hk", "contains_pi": True, "important_data": "not_important", "origin": "mainland",
    "purpose": "other", "pi_nonsensitive_ytd": 60_000, "pi_sensitive_ytd": 0,
}  # fmt: skip


@pytest.mark.parametrize("what", ["deployment", "use_case"])
def test_volumes_count_while_the_deployment_and_its_use_case_do(owner, what):
    entity = make_entity("cn-bank", "cn", owner)
    answers.answer_facts(subject=entity, answers={"cn.ciio": False, "cn.ftz": "none"}, actor=owner)
    first, second = (make_deployment(make_use_case(title, owner), entity) for title in ("One", "Two"))
    for row in (first, second):
        answers.record_transfer(deployment=row, name="f", record=VOLUMES, actor=owner)
        answers.answer_facts(subject=row.scope, answers={"cn.data_leaves_mainland": True}, actor=owner)

    def outcome(row) -> str:
        return position_of(row, DAY).assessments[row.scope.key].transfer.outcome

    assert outcome(first).startswith("STANDARD_CONTRACT")
    if what == "deployment":
        second.stage = "retired"
        inventory.save_deployment(deployment=second, actor=owner)
    else:
        second.use_case.status = "retired"
        inventory.save_use_case(use_case=second.use_case, actor=owner)
        assert outcome(second).startswith("STANDARD_CONTRACT"), "asked alone it still has its own flow"
    assert outcome(first) == "EXEMPT"


def test_answers_above_the_deployments_are_confirmed_in_the_admin(deployment, owner):
    entity = deployment.entity.scope
    answers.answer_facts(subject=entity, answers={"hk.presence": True, "org.size": "larger"}, actor=owner)
    answered_long_ago(deployment, owner)
    chosen = Answer.objects.filter(fact="hk.presence").get()
    page = reverse("admin:governance_answer_changelist")
    data = {"action": "confirm", "_selected_action": [chosen.pk]}

    def sent(person) -> str:
        give_login(person=person, username=person.ref, actor=None, password="a-long-test-password")
        client = Client()
        client.login(username=person.ref, password="a-long-test-password")
        return client.post(page, data, follow=True).content.decode()

    other = make_person("P-two", role="officer", scope=make_entity("eu-bank", "eu", owner))
    people.grant(person=other, role="auditor", scope=entity, actor=None)
    assert "cannot answer about" in sent(other)
    assert not Answer.objects.filter(answered_at=NOW).exists()
    assert "2 answers about 1 subjects are confirmed." in sent(owner)
    assert set(Answer.objects.filter(answered_at=NOW).values_list("scope", flat=True)) == {entity.pk}
