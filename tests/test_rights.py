"""Role × endpoint: one table, every cell over HTTP; and what a person may see of others' rows."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from governance.models import Action, Gap, UseCase
from governance.services import answers
from governance.services.gaps import recompute_gaps
from office.models import Person, Scope
from office.services import people
from office.services.api_keys import make_key
from office.services.logins import give_login
from office.today import today
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
    make_use_case,
)

PASSWORD = "a-long-test-password"
ROLES = ("anonymous", "nobody", "team", "auditor", "entity_officer", "officer")
LOGIN, OK, NO, GONE = 302, 200, 403, 404
WRITTEN_BY_FORM = {  # noun: who may open the add form besides the office's officers
    "person": False, "membership": True, "legalentity": False, "control": False, "controlmapping": False,
    "requirementmapping": False, "implementation": True, "evidence": True, "controltest": True, "supplier": False,
    "nocontrol": False,
    "aimodel": True, "usecase": False, "deployment": True, "approval": True, "transfer": True,
    "applicabilitydecision": True, "adoption": True, "runningclock": True, "action": False, "webhook": False,
}  # fmt: skip
READ_ONLY = {
    "office", "scope", "seat", "tenure", "handover", "job", "journalevent", "family", "instrument", "requirement",
    "requirementversion", "release", "attestation", "answer", "gap", "apikey", "delivery",
    "requirementitem", "counselreview", "conflict",
}  # fmt: skip
SUPERUSERS_ONLY = {"user", "group"}


@pytest.fixture
def clients(office) -> dict[str, Client]:
    """A client for each role, in an office with two entities that each run a use case."""
    hong_kong, europe = (
        make_entity("hk-bank", owner=make_person("P-h")),
        make_entity("eu-bank", "eu", make_person("P-e")),
    )
    make_requirement()
    people = {
        "team": make_person("P-team", role="team_member", scope=hong_kong),
        "auditor": make_person("P-aud", role="auditor"),
        "entity_officer": make_person("P-eo", role="officer", scope=hong_kong),
        "officer": make_person("P-off", role="officer"),
    }
    make_deployment(make_use_case("Mine", people["team"], ref="UC-MINE"), hong_kong)
    make_deployment(make_use_case("Theirs", make_person("P-x"), ref="UC-THEIRS"), europe)
    control = make_control(owner=people["officer"])
    make_mapping(control, make_requirement("law.2"), by=people["officer"])
    for scope in (hong_kong, europe):
        make_proof(control, scope, people["officer"])
    recompute_gaps(on=TODAY, actor=None)
    clients = {"anonymous": Client(), "nobody": Client()}
    get_user_model().objects.create_user("nobody", password=PASSWORD)
    for name, person in people.items():
        give_login(person=person, username=name, actor=None, password=PASSWORD)
        clients[name] = Client()
    for name, client in clients.items():
        assert name == "anonymous" or client.login(username=name, password=PASSWORD)
    return clients


PORTAL = [  # method, url name, arguments, data, expected by role in the order of ROLES
    ("get", "home", (), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "register", (), {}, (LOGIN, NO, OK, NO, OK, OK)),
    ("get", "use-case", ("UC-MINE",), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "use-case", ("UC-THEIRS",), {}, (LOGIN, NO, GONE, OK, GONE, OK)),
    ("post", "add-deployment", ("UC-MINE",), {}, (LOGIN, NO, 302, NO, 302, 302)),
    ("post", "add-deployment", ("UC-THEIRS",), {}, (LOGIN, NO, GONE, NO, GONE, 302)),
    ("get", "duties", ("uc-mine-hk-bank",), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "duties", ("uc-theirs-eu-bank",), {}, (LOGIN, NO, GONE, OK, GONE, OK)),
    ("get", "questions", ("uc-mine-hk-bank",), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "questions", ("uc-theirs-eu-bank",), {}, (LOGIN, NO, GONE, OK, GONE, OK)),
    ("post", "answer", ("uc-mine-hk-bank",), {}, (LOGIN, NO, 302, NO, 302, 302)),
    ("post", "answer", ("uc-theirs-eu-bank",), {}, (LOGIN, NO, GONE, NO, GONE, 302)),
    ("get", "add-flow", ("uc-mine-hk-bank",), {}, (LOGIN, NO, OK, NO, OK, OK)),
    ("post", "add-flow", ("uc-theirs-eu-bank",), {"name": "f"}, (LOGIN, NO, GONE, NO, GONE, 302)),
    ("get", "flow", ("uc-theirs-eu-bank", "f"), {}, (LOGIN, NO, GONE, NO, GONE, OK)),
    ("get", "law-changes", (), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "law-changes", (), {"before": "2026-01-01", "after": "2026-11-01"}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "law-verification", (), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "suggestions", ("law.1",), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "suggestions", ("law.99",), {}, (LOGIN, NO, NO, GONE, GONE, GONE)),
    ("get", "statement", ("uc-mine-hk-bank",), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "statement", ("uc-theirs-eu-bank",), {}, (LOGIN, NO, GONE, OK, GONE, OK)),
    ("get", "statement", ("uc-theirs-eu-bank",), {"format": "xlsx"}, (LOGIN, NO, GONE, OK, GONE, OK)),
    ("get", "gaps", (), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "gaps", (), {"format": "csv"}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "board", (), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "board", (), {"format": "docx"}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "coverage", (), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "coverage", (), {"by": "requirement"}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "coverage", (), {"requirement": "law.1"}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "coverage", (), {"requirement": "law.99"}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("get", "evidence", (), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "evidence", (), {"format": "xlsx"}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "crosswalk", (), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "crosswalk", (), {"focal": "law", "reference": "law"}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "review", (), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "review", (), {"view": "list"}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "review", (), {"item": "control-999"}, (LOGIN, NO, NO, GONE, GONE, GONE)),
    ("post", "review", (), {"do": "approve"}, (LOGIN, NO, NO, NO, NO, OK)),
    ("get", "packet", (), {}, (LOGIN, NO, NO, OK, NO, OK)),
    ("get", "packet", (), {"verifier": "1"}, (LOGIN, NO, NO, OK, NO, OK)),
    ("post", "packet", (), {}, (LOGIN, NO, NO, 302, NO, 302)),
    ("post", "confirm-handover", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("post", "recompute", (), {}, (LOGIN, NO, NO, NO, NO, 302)),
    ("get", "clocks", (), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "start-clocks", (), {"event": "incident"}, (LOGIN, NO, NO, NO, OK, OK)),
    ("post", "start-clocks", (), {"event": "incident"}, (LOGIN, NO, NO, NO, OK, OK)),
    ("get", "start-clocks", (), {"event": "nothing"}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("get", "stop-clock", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("post", "stop-clock", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("get", "keys", (), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "sheets", (), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("post", "sheets", (), {}, (LOGIN, NO, NO, NO, OK, OK)),
    ("get", "sheet-template", ("mappings",), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "sheet-export", ("controls",), {}, (LOGIN, NO, NO, OK, OK, OK)),
    ("get", "import", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("post", "apply-import", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("get", "refused-rows", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("get", "work", (), {}, (LOGIN, NO, OK, OK, OK, OK)),
    ("get", "job", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("post", "cancel-job", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("get", "job-file", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("post", "revoke-key", (99,), {}, (LOGIN, NO, GONE, GONE, GONE, GONE)),
    ("get", "login", (), {}, (OK, 302, 302, 302, 302, 302)),
    ("get", "admin:index", (), {}, (LOGIN, LOGIN, LOGIN, OK, OK, OK)),
]


@pytest.mark.django_db
def test_the_portal_opens_to_each_role_as_the_table_says(clients):
    wrong = []
    for method, name, arguments, data, expected in PORTAL:
        for role, status in zip(ROLES, expected, strict=True):
            found = getattr(clients[role], method)(reverse(name, args=arguments), data).status_code
            if found != status:
                wrong.append(f"{role} {method} {name}{arguments}: {found}, not {status}")
    assert wrong == []


def nouns() -> dict[str, str]:
    return {model._meta.model_name: model._meta.app_label for model in admin.site._registry}


def test_the_table_names_every_noun_of_the_admin():
    assert set(nouns()) == set(WRITTEN_BY_FORM) | READ_ONLY | SUPERUSERS_ONLY


@pytest.mark.django_db
def test_the_registers_open_to_those_who_read_and_forms_to_those_who_write(clients):
    wrong = []
    for noun, app in nouns().items():
        url = reverse(f"admin:{app}_{noun}_changelist")
        add = reverse(f"admin:{app}_{noun}_add")
        outside = {"anonymous": LOGIN, "nobody": NO, "team": NO}
        lists = outside | dict.fromkeys(("auditor", "entity_officer", "officer"), OK)
        adds = outside | dict.fromkeys(("auditor", "entity_officer", "officer"), NO)
        if noun in SUPERUSERS_ONLY:
            lists |= dict.fromkeys(("auditor", "entity_officer", "officer"), NO)
        if noun in WRITTEN_BY_FORM:
            adds["officer"] = OK
            adds["entity_officer"] = OK if WRITTEN_BY_FORM[noun] else NO
        for role in ROLES:
            found = clients[role].get(url).status_code, clients[role].get(add).status_code
            if found != (lists[role], adds[role]):
                wrong.append(f"{role} {noun}: {found}, not {(lists[role], adds[role])}")
    assert wrong == []


@pytest.mark.django_db
def test_an_entity_officer_sees_the_rows_of_the_entity_only(clients):
    page = clients["entity_officer"].get(reverse("admin:governance_gap_changelist")).content.decode()
    assert "Mine at HK-BANK" in page
    assert "Theirs at EU-BANK" not in page
    everything = clients["officer"].get(reverse("admin:governance_gap_changelist")).content.decode()
    assert "Theirs at EU-BANK" in everything


@pytest.mark.django_db
def test_an_entity_officer_cannot_write_where_the_entity_ends(clients):
    control = make_control("C-2")
    foreign = make_implementation(
        control, Gap.objects.get(scope__key="uc-theirs-eu-bank", requirement__ref="law.1").scope
    )
    url = reverse("admin:controls_implementation_change", args=[foreign.pk])
    assert clients["entity_officer"].get(url).status_code == 302, "it does not exist for her"
    add = reverse("admin:controls_implementation_add")
    data = {"control": control.pk, "scope": foreign.scope.parent_id, "state": "planned", "note": ""}
    assert clients["entity_officer"].post(add, data).status_code == NO
    assert clients["officer"].post(add, data).status_code == 302


@pytest.mark.django_db
def test_an_entity_officer_hands_gaps_to_no_seat_elsewhere_and_plans_no_actions(clients):
    gap = Gap.objects.get(scope__key="uc-mine-hk-bank", requirement__ref="law.1")
    foreign = Scope.objects.get(key="eu-bank").entity.seat
    url = reverse("admin:governance_gap_changelist")
    chosen = {"_selected_action": [gap.pk]}
    hand_over = {"action": "hand_over_gaps", **chosen}
    form = clients["entity_officer"].post(url, hand_over).context["form"]
    assert foreign not in form.fields["seat"].queryset
    given = {"confirmed": "1", "seat": foreign.pk, "reason": "Theirs"}
    assert clients["entity_officer"].post(url, {**hand_over, **given}).status_code == OK, "the form again"
    assert Gap.objects.get(pk=gap.pk).seat == gap.seat
    work = {"title": "Work", "person": Person.objects.get(ref="P-eo").pk, "due_on": str(TODAY), "confirmed": "1"}
    clients["entity_officer"].post(url, {"action": "work_on", **chosen, **work})
    assert not Action.objects.exists()
    clients["officer"].post(url, {"action": "work_on", **chosen, **work})
    assert Action.objects.get().items.get().gap == gap
    assert clients["officer"].post(url, {**hand_over, **given}).status_code == LOGIN
    assert Gap.objects.get(pk=gap.pk).seat == foreign


@pytest.mark.django_db
def test_an_entity_officer_adds_deployments_and_models_of_the_entity_only(clients):
    here, there = (Scope.objects.get(key=key).entity for key in ("hk-bank", "eu-bank"))
    mine, shared = (make_use_case(title, make_person(f"P-{title}"), ref=title) for title in ("UC-A", "UC-B"))
    make_deployment(shared, here.scope)
    post = clients["entity_officer"].post

    def deployment(entity, use_case) -> int:
        data = {"use_case": use_case.pk, "entity": entity.pk, "stage": "idea", "person": "", "key": ""}
        return post(reverse("admin:governance_deployment_add"), data).status_code

    def model(key: str, holder) -> int:
        data = {"key": key, "name": key, "holder": holder.pk if holder else ""}
        return post(reverse("admin:governance_aimodel_add"), data).status_code

    assert (deployment(here, mine), deployment(there, shared)) == (LOGIN, NO)
    assert (model("here", here), model("there", there), model("shared", None)) == (LOGIN, OK, NO)
    made = Scope.objects.filter(key__in=["uc-a-hk-bank", "uc-b-eu-bank", "here", "there", "shared"])
    assert set(made.values_list("key", flat=True)) == {"uc-a-hk-bank", "here"}
    form = clients["entity_officer"].get(reverse("admin:governance_aimodel_add")).context["adminform"].form
    assert list(form.fields["holder"].queryset) == [here]


@pytest.mark.django_db
def test_who_only_audits_an_entity_adds_no_deployments_there(clients):
    person, europe = Person.objects.get(ref="P-team"), Scope.objects.get(key="eu-bank")
    people.grant(person=person, role="auditor", scope=europe, actor=None)
    use_case = UseCase.objects.get(ref="UC-THEIRS")
    fourth = make_entity("eu-fund", "eu", make_person("P-f"))
    people.grant(person=person, role="auditor", scope=fourth, actor=None)
    told = {"entity": fourth.entity.pk, "stage": "idea"}
    page = clients["team"].post(reverse("add-deployment", args=[use_case.ref]), told, follow=True)
    assert "cannot add a deployment" in page.content.decode()
    _, text = make_key(person=person, name="k", access="write", created_on=today(), expires_on=today(), actor=person)
    sent = {"use_case": use_case.ref, "entity": "eu-fund"}
    told = {"content_type": "application/json", "headers": {"authorization": f"Bearer {text}"}}
    assert Client().post("/api/v1/deployments/", sent, **told).status_code == NO
    assert not fourth.children.exists()
    mine = {"use_case": "UC-MINE", "entity": "eu-fund"}
    assert Client().post("/api/v1/deployments/", mine, **told).status_code == 201, "her own use case"


@pytest.mark.django_db
def test_an_auditor_writes_nothing_even_by_an_action(clients):
    gap = Gap.objects.filter(scope__key="uc-mine-hk-bank").first()
    data = {
        "action": "accept",
        "_selected_action": [gap.pk],
        "confirmed": "1",
        "until": str(today() + timedelta(days=90)),
        "reason": "x",
    }
    clients["auditor"].post(reverse("admin:governance_gap_changelist"), data)
    gap.refresh_from_db()
    assert gap.status == "open"
    clients["officer"].post(reverse("admin:governance_gap_changelist"), data)
    gap.refresh_from_db()
    assert gap.status == "accepted"


@pytest.mark.django_db
def test_a_team_member_answers_for_the_use_case_but_not_for_the_entity(clients, office):
    team = Person.objects.get(ref="P-team")
    use_case = team.use_cases_registered.get()
    scope = use_case.deployments.get().scope
    answers.answer_facts(subject=scope, answers={"use_case.markets": ["hk"]}, actor=team)
    url = reverse("answer", args=["uc-mine-hk-bank"])
    told = clients["team"].post(
        url, {f"hk.presence@scope-{scope.parent_id}": "true"}, headers={"accept": "application/json"}
    )
    assert told.status_code == 400
    assert "is answered by somebody else" in told.json()["problems"][0]
    told = clients["officer"].post(
        url, {f"hk.presence@scope-{scope.parent_id}": "true"}, headers={"accept": "application/json"}
    )
    assert told.json()["saved"] is True


@pytest.mark.django_db
def test_a_deactivated_person_is_nobody(clients):
    person = Person.objects.get(ref="P-aud")
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert clients["auditor"].get(reverse("home")).status_code == NO
    assert clients["auditor"].get(reverse("admin:governance_gap_changelist")).status_code == NO
