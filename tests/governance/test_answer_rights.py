"""Who answers, records flows and decides: one rule of the services, the same through API, portal and admin."""

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import Answer, ApplicabilityDecision, Deployment, Transfer
from governance.services import answers
from office.models import JournalEvent, LegalEntity, Person
from office.services import people, rights
from office.services.logins import give_login
from tests.api.caller import Caller
from tests.makers import make_deployment, make_entity, make_person, make_requirement, make_use_case

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"
MARKETS = {"use_case.markets": ["hk"]}
FLOW = {"from": "cn", "to": "hk"}


@pytest.fixture
def theirs(officer) -> Deployment:
    """A deployment of the European bank with an answer, a flow and a decision."""
    deployment = make_deployment(make_use_case("Theirs"), make_entity("eu-bank", "eu", make_person("P-e")))
    answers.answer_facts(subject=deployment.scope, answers=MARKETS, actor=officer)
    answers.record_transfer(deployment=deployment, name="flow-1", record=FLOW, actor=officer)
    answers.decide(
        scope=deployment.scope, requirement=make_requirement(), verdict="applies", reason="Counsel.", actor=officer
    )
    return deployment


@pytest.fixture(params=["officer", "team_member"])
def two_roles(request, theirs) -> Person:
    """Writes in Hong Kong, and is an auditor of the European bank."""
    person = make_person("P-two", role=request.param, scope=make_entity("hk-bank", owner=make_person("P-h")))
    people.grant(person=person, role="auditor", scope=theirs.entity.scope, actor=None)
    return person


def login(person: Person) -> Client:
    give_login(person=person, username="two", actor=None, password=PASSWORD)
    client = Client()
    client.login(username="two", password=PASSWORD)
    return client


def test_who_audits_an_entity_writes_nothing_there_whatever_they_are_elsewhere(two_roles, theirs):
    flow = theirs.transfers.get()
    told = {"actor": two_roles}
    for write in (
        lambda: answers.answer_facts(subject=theirs.scope, answers={"use_case.audience": "public"}, **told),
        lambda: answers.answer_facts(subject=theirs.use_case, answers={"use_case.is_ai_system": True}, **told),
        lambda: answers.record_transfer(deployment=theirs, name="flow-2", record=FLOW, **told),
        lambda: answers.add_transfer(deployment=theirs, name="flow-2", record=FLOW, **told),
        lambda: answers.record_transfer(deployment=theirs, name="flow-1", record={}, **told),
        lambda: answers.remove_transfer(transfer=flow, **told),
    ):
        with pytest.raises(rights.Forbidden, match="ask who answers for it"):
            write()
    assert (Answer.objects.count(), theirs.transfers.get().record) == (1, FLOW)


def test_a_flow_is_not_carried_off_to_where_one_writes(two_roles, theirs):
    flow = theirs.transfers.get()
    flow.deployment = make_deployment(
        make_use_case("Own", two_roles), LegalEntity.objects.get(scope__key="hk-bank").scope
    )
    with pytest.raises(rights.Forbidden):
        answers.save_transfer(transfer=flow, actor=two_roles)
    row = ApplicabilityDecision.objects.get()
    row.scope = flow.deployment.scope
    with pytest.raises(rights.Forbidden):
        answers.change_decision(decision=row, actor=two_roles)


def test_the_api_refuses_it_and_writes_nothing(two_roles, theirs):
    caller, flow, head = Caller(two_roles), f"transfers/{theirs.transfers.get().pk}/", JournalEvent.objects.count()
    assert caller.get(flow).status_code == 200, "they read there"
    new = {"deployment": theirs.scope.key, "name": "flow-2", "record": FLOW}
    for told in (
        caller.post("answers/", {"scope": theirs.scope.key, "answers": MARKETS | {"use_case.audience": "public"}}),
        caller.post("transfers/", new),
        caller.seen("patch", flow, {"record": {}}),
        caller.seen("delete", flow),
    ):
        assert told.status_code == 403, told.content
    assert (JournalEvent.objects.count(), Transfer.objects.count(), Answer.objects.count()) == (head, 1, 1)


def test_the_portal_refuses_it_and_offers_it_not(two_roles, theirs):
    client, key = login(two_roles), theirs.scope.key
    answers.answer_facts(subject=theirs.scope, answers={"cn.data_leaves_mainland": True}, actor=None)
    page = client.get(reverse("questions", args=[key]))
    assert (page.status_code, page.context["may_register"]) == (200, False)
    add, change = reverse("add-flow", args=[key]), reverse("flow", args=[key, "flow-1"])
    for told in (
        client.get(add),
        client.post(add, {"name": "flow-2", "from": "cn", "to": "hk"}),
        client.post(change, {"from": "hk", "to": "cn"}),
        client.post(change, {"remove": "1"}),
    ):
        assert told.status_code == 403
    name = f"use_case.audience@scope-{theirs.scope.pk}"
    told = client.post(reverse("answer", args=[key]), {name: "public"}, headers={"accept": "application/json"})
    assert told.status_code == 400
    assert (theirs.transfers.get().record, Answer.objects.count()) == (FLOW, 2)


def test_who_writes_where_a_use_case_runs_answers_about_it(theirs):
    entity_officer = make_person("P-eo", role="officer", scope=theirs.entity.scope)
    own = make_use_case("Own", make_person("P-own", role="team_member", scope=theirs.entity.scope))
    assert answers.may_answer(entity_officer, theirs.use_case, None)
    assert answers.may_answer(entity_officer, theirs.scope, None)
    assert not answers.may_answer(entity_officer, own, None), "it runs nowhere yet"
    assert answers.may_answer(own.registered_by, own, None)
    assert not answers.may_answer(own.registered_by, theirs.scope, None)


@pytest.mark.parametrize("place", ["entity", "office"])
def test_a_team_member_knows_nothing_of_the_use_cases_of_others(theirs, office, place):
    scope = theirs.entity.scope if place == "entity" else office.scope
    team = Caller(make_person("P-team", role="team_member", scope=scope))
    key = theirs.scope.key
    assert team.get(f"deployments/{key}/").status_code == 404
    for noun in ("answers", "decisions", "transfers"):
        assert team.get(f"{noun}/").json()["results"] == [], noun
    assert team.get(f"decisions/{ApplicabilityDecision.objects.get().pk}/").status_code == 404
    assert team.post("answers/", {"scope": key, "answers": {"use_case.audience": "public"}}).status_code == 403
    assert Answer.objects.count() == 1


def test_what_was_answered_above_the_deployments_is_open_to_the_entity(theirs, officer):
    answers.answer_facts(subject=theirs.entity.scope, answers={"hk.presence": True}, actor=officer)
    team = make_person("P-team", role="team_member", scope=theirs.entity.scope)
    assert [row.fact for row in Answer.objects.visible_to(team)] == ["hk.presence"]
    assert Answer.objects.visible_to(officer).count() == 2
    assert not Answer.objects.visible_to(None).exists()
