"""Use cases, deployments, answers, transfers, decisions: what is refused, with which sentence, and what is kept."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from frameworks.models import Family
from governance.inputs import position_of
from governance.models import Answer, Approval, UseCase
from governance.services import answers, inventory
from office.models import JournalEvent, LegalEntity, Scope
from office.services import people, rights
from office.services.logins import give_login
from tests.makers import TODAY, make_deployment, make_entity, make_person, make_requirement, make_use_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment(office, ada, ben):
    """A deployment in an office in which Ada and Ben are officers."""
    for person in (ada, ben):
        people.grant(person=person, role="officer", scope=office.scope, actor=None)
    return make_deployment()


def facts_of(deployment):
    return position_of(deployment, TODAY).cases[deployment.scope.key].facts


def test_an_unknown_fact_is_refused_and_the_nearest_named(deployment, ada):
    with pytest.raises(ValidationError, match='Did you mean "use_case.markets"'):
        answers.answer_facts(subject=deployment.scope, answers={"use_case.market": ["eu"]}, actor=ada)


def test_who_neither_sits_on_the_seat_nor_writes_there_answers_nothing(deployment):
    stranger, entity = make_person("P-stranger"), deployment.entity
    with pytest.raises(rights.Forbidden, match="ask who answers for it"):
        answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["eu"]}, actor=stranger)
    with pytest.raises(rights.Forbidden):
        answers.answer_facts(subject=entity.scope, answers={"hk.presence": True}, actor=stranger)
    answers.answer_facts(subject=entity.scope, answers={"hk.presence": True}, actor=entity.seat.holder)
    assert Answer.objects.count() == 1


def test_a_fact_is_answered_at_its_one_subject(deployment, ada):
    with pytest.raises(ValidationError, match="is about a legal entity, not about a use case"):
        answers.answer_facts(subject=deployment.use_case, answers={"org.size": "larger"}, actor=ada)
    with pytest.raises(ValidationError, match="is the stage of the deployment itself"):
        answers.answer_facts(subject=deployment.scope, answers={"use_case.stage": "live"}, actor=ada)


def test_all_problems_of_a_set_of_answers_are_told_and_nothing_is_kept(deployment, ada):
    with pytest.raises(ValidationError) as refused:
        answers.answer_facts(
            subject=deployment.scope, answers={"use_case.markets": ["mars"], "use_case.audience": 3}, actor=ada
        )
    assert len(refused.value.messages) == 2
    assert "choose from" in refused.value.messages[0]
    assert not Answer.objects.exists()


def test_an_answer_says_who_and_when_and_changes_only_what_changed(deployment, ada, ben):
    given = {"use_case.markets": ["eu"], "use_case.audience": "unknown"}
    assert answers.answer_facts(subject=deployment.scope, answers=given, actor=ada) == 2
    assert answers.answer_facts(subject=deployment.scope, answers=given, actor=ben) == 0
    assert set(Answer.objects.values_list("answered_by__ref", flat=True)) == {"P-ada"}
    assert answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["hk"]}, actor=ben) == 1
    row = Answer.objects.get(fact="use_case.markets")
    assert (row.value, row.answered_by) == (["hk"], ben)
    assert str(row) == "use_case.markets: ['hk']"
    assert answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": None}, actor=ben) == 1
    assert JournalEvent.objects.filter(noun="governance.answer", verb="delete").count() == 1


def test_facts_of_a_deployment_are_the_merge_of_its_subjects(deployment, ada):
    answers.answer_facts(subject=deployment.entity.scope, answers={"hk.presence": True}, actor=ada)
    answers.answer_facts(subject=deployment.use_case, answers={"use_case.is_ai_system": True}, actor=ada)
    answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["hk"]}, actor=ada)
    facts = facts_of(deployment)
    assert facts.facts == {
        "hk.presence": True, "use_case.is_ai_system": True, "use_case.markets": ["hk"], "use_case.stage": "live",
    }  # fmt: skip
    assert facts.origins["hk.presence"] == "HK-BANK"


def test_two_models_that_contradict_each_other_leave_the_fact_unknown_and_say_so(deployment, ada):
    models = [inventory.add_model(key=key, name=key, actor=ada, accountable=ada, on=TODAY) for key in ("m1", "m2")]
    inventory.set_models(deployment=deployment, models=models, actor=ada)
    for model, source in zip(models, ("own", "finetuned"), strict=True):
        answers.answer_facts(subject=model.scope, answers={"model.source": source}, actor=ada)
    facts = facts_of(deployment)
    assert "model.source" not in facts.facts
    (told,) = facts.contradictions
    assert (told.fact, told.answers) == ("model.source", (("m1", "own"), ("m2", "finetuned")))
    inventory.set_models(deployment=deployment, models=models[:1], actor=ada)
    assert facts_of(deployment).facts["model.source"] == "own"


def test_a_flow_is_checked_field_by_field_and_changed_under_its_name(deployment, ada):
    with pytest.raises(ValidationError, match='field "form" is not in the vocabulary.*Did you mean "from"'):
        answers.record_transfer(deployment=deployment, name="f1", record={"form": "cn"}, actor=ada)
    answers.record_transfer(deployment=deployment, name="f1", record={"from": "cn", "to": "hk"}, actor=ada)
    row = answers.record_transfer(deployment=deployment, name="f1", record={"from": "cn", "to": "eu"}, actor=ada)
    assert deployment.transfers.get() == row
    assert str(row) == "f1 of Scoring at HK-BANK"
    assert row.exporter == deployment.entity


def test_volumes_of_the_exporting_entity_are_summed_over_its_use_cases(office, ada):
    entity = make_entity("cn-bank", "cn", owner=ada)
    first = make_deployment(make_use_case("One", ada), entity)
    second = make_deployment(make_use_case("Two", ada), entity)
    record = {
        "from": "cn", "to": "hk", "contains_pi": True, "important_data": "not_important", "origin": "mainland",
        "purpose": "other", "pi_nonsensitive_ytd": 60_000, "pi_sensitive_ytd": 0,
    }  # fmt: skip
    for deployment in (first, second):
        answers.record_transfer(deployment=deployment, name="f", record=record, actor=ada)
        answers.answer_facts(subject=deployment.scope, answers={"cn.data_leaves_mainland": True}, actor=ada)
    answers.answer_facts(subject=entity, answers={"cn.ciio": False, "cn.ftz": "none"}, actor=ada)
    assert position_of(first, TODAY).assessments[first.scope.key].transfer.outcome.startswith("STANDARD_CONTRACT")
    second.stage = "retired"
    inventory.save_deployment(deployment=second, actor=ada)
    assert "EXEMPT" in position_of(first, TODAY).assessments[first.scope.key].transfer.outcome


def test_only_an_officer_decides_what_applies_and_with_a_reason(deployment, officer):
    requirement, stranger = make_requirement(), make_person("P-stranger")
    with pytest.raises(ValidationError, match="role of an officer or leader"):
        answers.decide(scope=deployment.scope, requirement=requirement, verdict="applies", reason="x", actor=stranger)
    with pytest.raises(ValidationError, match="Say why"):
        answers.decide(scope=deployment.scope, requirement=requirement, verdict="applies", reason="", actor=officer)
    row = answers.decide(
        scope=deployment.scope, requirement=requirement, verdict="not_applicable", reason="Sold.", actor=officer
    )
    again = answers.decide(
        scope=deployment.scope, requirement=requirement, verdict="applies", reason="Bought back.", actor=officer
    )
    assert row.pk == again.pk
    assert str(again).startswith("law.1 applies in")
    position = position_of(deployment, TODAY)
    (line,) = position.lines
    assert (
        position.reasons(line).because[0]
        == f"Decided by {officer} on {timezone.localdate(again.decided_at)}: Bought back."
    )


def test_a_new_use_case_starts_with_one_deployment_and_one_person(office, ada):
    entity = LegalEntity.objects.get(scope=make_entity(owner=ada))
    use_case = inventory.register_use_case(
        title="Triage", purpose="Sorts claims.", entity=entity, accountable=ada, on=TODAY, actor=ada
    )
    assert use_case.ref == "UC-001"
    assert use_case.deployments.get().seat.holder == ada
    assert make_use_case("Next", ada).ref == "UC-002"
    assert str(use_case) == "UC-001 Triage"


def test_an_active_use_case_and_a_live_deployment_need_a_person(office, ada):
    with pytest.raises(ValidationError, match="needs an accountable person before it becomes active"):
        inventory.add_use_case(title="X", purpose="Y", actor=ada, status="active")
    assert not UseCase.objects.exists()
    use_case = make_use_case("Idea", ada)
    entity = LegalEntity.objects.get(scope=make_entity(owner=ada))
    with pytest.raises(ValidationError, match="A deployment in pilot or live"):
        inventory.add_deployment(use_case=use_case, entity=entity, actor=ada, stage="pilot")
    inventory.add_deployment(use_case=use_case, entity=entity, actor=ada)
    with pytest.raises(ValidationError, match="already runs"):
        inventory.add_deployment(use_case=use_case, entity=entity, actor=ada)


def test_a_model_belongs_to_its_holder_and_is_a_draft_without_a_person(office, ada):
    entity = LegalEntity.objects.get(scope=make_entity(owner=ada))
    model = inventory.add_model(key="m", name="Model", holder=entity, actor=ada)
    assert (model.status, model.scope.parent, str(model)) == ("draft", entity.scope, "Model")
    model.status = "active"
    with pytest.raises(ValidationError, match="An active model needs an accountable person"):
        inventory.save_model(model=model, actor=ada)


def test_an_approval_ends_after_it_was_given_and_knows_who_recorded_it(deployment, ada):
    approval = Approval(deployment=deployment, stage="live", body="Board", decided_on=TODAY, expires_on=TODAY)
    with pytest.raises(ValidationError, match="ends after the day it was given"):
        inventory.record_approval(approval=approval, actor=ada)
    approval.expires_on = date(2027, 1, 1)
    assert inventory.record_approval(approval=approval, actor=ada).recorded_by == ada
    assert str(approval) == "Live of Scoring at HK-BANK, Board"


def test_a_family_decision_is_changed_not_doubled(deployment, ada):
    make_requirement()
    family, scope = Family.objects.get(), Scope.objects.get(kind="office")
    answers.adopt(scope=scope, family=family, adopted=True, reason="Law", actor=ada)
    row = answers.adopt(scope=scope, family=family, adopted=False, reason="Sold the market", actor=ada)
    assert str(row) == "Law law not followed in Test office"


def test_a_login_is_given_once_and_staff_follows_the_role(office, officer, ada):
    password = give_login(person=officer, username="olga", actor=None)
    assert len(password) >= 12
    assert officer.user.is_staff
    assert officer.user.check_password(password)
    with pytest.raises(ValidationError, match="already has the login"):
        give_login(person=officer, username="again", actor=None)
    give_login(person=make_person("P-t", role="team_member"), username="t", actor=None, password="long-enough-password")
    assert not Scope.objects.first().memberships.get(person__ref="P-t").person.user.is_staff
