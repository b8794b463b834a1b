"""Answers, flows and decisions that are changed: the row that was meant, and nothing beside it."""

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import ApplicabilityDecision, Transfer
from governance.services import answers
from office.models import JournalEvent
from office.services.logins import give_login
from tests.api.caller import Caller
from tests.makers import make_deployment, make_entity, make_person, make_requirement

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"
FLOW = {"from": "cn", "to": "hk"}


@pytest.fixture
def deployment(officer):
    return make_deployment()


@pytest.fixture
def client(officer) -> Client:
    give_login(person=officer, username="olga", actor=None, password=PASSWORD)
    client = Client()
    client.login(username="olga", password=PASSWORD)
    return client


def test_a_flow_that_is_changed_keeps_its_exporter(deployment, officer, client):
    other = make_entity("cn-bank", "cn", make_person("P-cn")).entity
    told = {"deployment": deployment, "name": "f1", "actor": officer}
    assert answers.record_transfer(record=FLOW, **told).exporter == deployment.entity
    assert answers.record_transfer(record=FLOW, exporter=other, **told).exporter == other
    assert answers.record_transfer(record=FLOW, **told).exporter == other
    client.post(reverse("flow", args=[deployment.scope.key, "f1"]), {**FLOW, "contains_pi": "true"})
    flow = Transfer.objects.get()
    assert (flow.record, flow.exporter) == (FLOW | {"contains_pi": True}, other)


def test_a_flow_that_is_renamed_in_the_admin_is_the_same_flow(deployment, officer, client):
    flow = answers.record_transfer(deployment=deployment, name="f1", record=FLOW, actor=officer)
    page = reverse("admin:governance_transfer_change", args=[flow.pk])
    sent = {"deployment": deployment.pk, "name": "f2", "exporter": flow.exporter_id, "record": '{"from": "cn"}'}
    assert client.post(page, sent).status_code == 302
    assert list(Transfer.objects.values_list("pk", "name", "record")) == [(flow.pk, "f2", {"from": "cn"})]
    verbs = JournalEvent.objects.about(flow).order_by("seq").values_list("verb", "reason")
    assert list(verbs) == [("create", f"Flow f1 of {deployment}"), ("change", f"Flow f2 of {deployment}")]
    refused = client.post(page, {**sent, "record": "[1]"})
    assert "Write the fields of the flow as an object" in refused.content.decode()
    client.post(reverse("admin:governance_transfer_delete", args=[flow.pk]), {"post": "yes"})
    assert JournalEvent.objects.about(flow).first().reason == f"Removed flow f2 of {deployment}"


def test_a_decision_that_is_moved_in_the_admin_is_the_same_decision(deployment, officer, client):
    wrong, right = make_requirement("law.1"), make_requirement("law.2")
    told = {"scope": deployment.scope, "verdict": "not_applicable", "actor": make_person("P-two", role="officer")}
    row = answers.decide(requirement=wrong, reason="Wrong line.", **told)
    page = reverse("admin:governance_applicabilitydecision_change", args=[row.pk])
    sent = {"requirement": right.pk, "scope": deployment.scope_id, "verdict": "not_applicable", "reason": "Right line."}
    assert client.post(page, sent).status_code == 302
    (row,) = ApplicabilityDecision.objects.select_related("requirement", "decided_by")
    assert (row.requirement.ref, row.reason, row.decided_by) == ("law.2", "Right line.", officer)


def test_a_second_decision_on_the_same_thing_is_refused_and_the_first_stands(deployment, officer):
    requirement = make_requirement()
    first = answers.decide(
        scope=deployment.scope, requirement=requirement, verdict="applies", reason="Counsel.", actor=officer
    )
    body = {"scope": deployment.scope.key, "requirement": "law.1", "verdict": "not_applicable", "reason": "Sold."}
    told = Caller(make_person("P-two", role="officer")).post("decisions/", body)
    assert told.status_code == 400
    assert "There is already a decision on this requirement here; change that one." in told.content.decode()
    row = ApplicabilityDecision.objects.get()
    assert (row.verdict, row.reason, row.decided_by, row.decided_at) == (
        "applies", "Counsel.", officer, first.decided_at,
    )  # fmt: skip
