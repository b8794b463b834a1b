"""The team's way through the portal, on the real law: register, answer what still matters, see what is owed and why."""

import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from python_calamine import load_workbook

from frameworks.catalogue_files import shipped_families
from frameworks.services.catalogues import load_family
from frameworks.vocabulary_files import shipped_vocabulary
from governance.inputs import position_of
from governance.models import Answer, Deployment, UseCase
from governance.pages.duties import read_posted
from governance.services import answers, inventory
from governance.services.gaps import recompute_gaps
from office.models import Job, LegalEntity, Seat
from office.services import seats
from office.services.logins import give_login
from office.today import today
from tests.makers import make_control, make_entity, make_person

PASSWORD = "a-long-test-password"
pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


@pytest.fixture
def team(office):
    entity = make_entity("hk-bank", "hk", make_person("P-h"))
    person = make_person("P-team", name="Tia Team", role="team_member", scope=entity)
    give_login(person=person, username="tia", actor=None, password=PASSWORD)
    return person


@pytest.fixture
def client(team) -> Client:
    client = Client()
    client.login(username="tia", password=PASSWORD)
    return client


@pytest.fixture
def law(db):
    for family in shipped_families().values():
        load_family(shipped=family, actor=None)


def text_of(page) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


def register(client: Client, person, **over):
    data = {
        "title": "Letter drafting", "purpose": "Drafts letters to clients.", "stage": "pilot",
        "entity": LegalEntity.objects.get(scope__key="hk-bank").pk, "accountable": person.pk,
    }  # fmt: skip
    return client.post(reverse("register"), {**data, **over}, follow=True)


def key() -> str:
    return Deployment.objects.get().scope.key


def test_the_first_page_says_what_to_do_when_there_is_nothing(client):
    page = text_of(client.get(reverse("home")))
    assert "Nothing here yet" in page
    assert reverse("register") in page


def test_registering_leads_to_the_questions_with_one_person_accountable(client, team, law):
    page = register(client, team)
    assert page.redirect_chain[-1][0] == reverse("questions", args=[key()])
    use_case = UseCase.objects.get()
    assert (use_case.registered_by, use_case.seat.holder, use_case.status) == (team, team, "active")
    assert "UC-001 Letter drafting is registered" in text_of(page)


def test_what_is_missing_is_named_at_its_field_and_nothing_typed_is_lost(client, team):
    page = text_of(register(client, team, purpose="", title="Kept title"))
    assert "This field is required." in page
    assert 'value="Kept title"' in page
    assert not UseCase.objects.exists()


def test_only_questions_that_still_matter_are_asked_and_an_answer_removes_them(client, team, law):
    register(client, team)
    first = client.get(reverse("questions", args=[key()])).context["asked"]
    asked = [question.fact.key for question in first.now]
    assert len(asked) == 12
    assert first.later > 0
    scope = Deployment.objects.get().scope
    told = client.post(
        reverse("answer", args=[key()]), {f"use_case.markets@scope-{scope.pk}": ["hk"]}, headers=JSON
    ).json()
    assert told["saved"]
    after = client.get(reverse("questions", args=[key()])).context["asked"]
    left = len(after.now) + after.later
    assert left < len(first.now) + first.later
    assert "eu.placed_on_market_or_in_service" not in {question.fact.key for question in after.now}
    assert Answer.objects.get().answered_by == team


def test_each_answer_is_saved_at_once_at_its_own_subject_and_asks_for_a_recompute(client, team, law):
    register(client, team)
    use_case = UseCase.objects.get()
    client.post(
        reverse("answer", args=[key()]), {f"use_case.is_ai_system@use_case-{use_case.pk}": "true"}, headers=JSON
    )
    assert use_case.answers.get().value is True
    assert Job.objects.get().kind == "recompute_gaps"


def test_a_plain_form_without_script_saves_too(client, team, law):
    register(client, team)
    use_case = UseCase.objects.get()
    data = {f"use_case.is_ai_system@use_case-{use_case.pk}": "false", "csrfmiddlewaretoken": "x"}
    page = client.post(reverse("answer", args=[key()]), data, follow=True)
    assert "Saved." in text_of(page)
    assert use_case.answers.get().value is False


def test_an_answer_outside_the_choices_is_refused_with_the_choices(client, team, law):
    register(client, team)
    name = f"use_case.markets@scope-{Deployment.objects.get().scope.pk}"
    told = client.post(reverse("answer", args=[key()]), {name: ["mars"]}, headers=JSON)
    assert told.status_code == 400
    assert "choose from" in told.json()["problems"][0]
    page = client.post(reverse("answer", args=[key()]), {name: ["mars"]}, follow=True)
    assert "choose from" in text_of(page)
    told = client.post(reverse("answer", args=[key()]), {"no.such@scope-1": "x"}, headers=JSON)
    assert "is not asked here" in told.json()["problems"][0]
    assert not Answer.objects.exists()


def test_questions_for_others_name_the_person_to_ask_and_unknown_ones_are_set_aside(client, team, law):
    register(client, team)
    scope = Deployment.objects.get().scope
    answers.answer_facts(
        subject=scope, answers={"use_case.markets": ["hk"], "use_case.audience": "unknown"}, actor=team
    )
    page = client.get(reverse("questions", args=[key()]))
    asked = page.context["asked"]
    assert {question.place.name for question in asked.for_others} >= {"HK-BANK"}
    assert "ask Person P-h" in text_of(page)
    assert [question.fact.key for question in asked.set_aside] in (["use_case.audience"], [])
    again = client.get(reverse("questions", args=[key()]), {"ask": "use_case.markets"}).context["asked"]
    assert again.now[0].fact.key == "use_case.markets"
    assert again.now[0].words == "Hong Kong"


def answered(team) -> Deployment:
    deployment = Deployment.objects.get()
    answers.answer_facts(
        subject=deployment.use_case,
        answers={
            "use_case.is_ai_system": True, "use_case.generates_content": ["text"], "use_case.domains": ["finance"],
            "use_case.interacts_with_people": True, "use_case.finance_functions": ["chatbot"],
        },
        actor=team,
    )  # fmt: skip
    answers.answer_facts(
        subject=deployment.scope,
        answers={
            "use_case.markets": ["hk"],
            "use_case.audience": "public",
            "hk.personal_data": True,
            "use_case.finance_customer_facing": True,
        },
        actor=team,
    )
    answers.answer_facts(
        subject=deployment.entity.scope, answers={"hk.presence": True, "hk.licences": ["HKMA_AI"]}, actor=None
    )
    return deployment


def test_the_result_shows_duties_by_market_with_day_citation_reason_missing_facts_gaps_and_owners(client, team, law):
    register(client, team)
    deployment = answered(team)
    recompute_gaps(on=today(), actor=None)
    page = client.get(reverse("duties", args=[key()]))
    groups = {group.family.key: group for group in page.context["groups"]}
    applying = {row.row.id: row for row in groups["hk"].applies}
    duty = applying["HK-GAI24-08"]
    assert duty.because[0] == "Applies: its condition is met."
    assert duty.gap is not None
    assert duty.gap.seat.holder == team
    assert groups["hk"].may_apply
    assert all(row.missing for row in groups["hk"].may_apply)
    assert groups["cn-mainland"].not_applicable
    assert page.context["totals"]["gaps"] > 0
    shown = text_of(page)
    assert duty.row.citation in shown
    assert "Hong Kong" in shown
    assert "Tia Team" in shown
    assert "Nothing covers it" in shown
    assert deployment.scope.key in reverse("duties", args=[key()])


def test_the_same_page_answers_for_another_day_and_another_knowledge(client, team, law):
    register(client, team)
    deployment = answered(team)
    answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["eu"]}, actor=team)
    asked = {"on": "2026-07-28", "known_on": "2026-07-23", "answers": "now"}
    page = client.get(reverse("duties", args=[key()]), asked)
    assert (page.context["on"], page.context["known_on"]) == (date(2026, 7, 28), date(2026, 7, 23))
    assert "Dates placed on 2026-07-28, law as known on 2026-07-23. Answers and controls as they stand now" in text_of(
        page
    )
    assert page.context["totals"]["applies"] > 0

    def ids(day: date) -> set[str]:
        position = position_of(deployment, day, day, answers="now")
        return {duty.id for duty in position.assessments[key()].duties}

    then, now = ids(date(2026, 7, 23)), ids(date(2026, 7, 28))
    assert now - then, "the amendment of 2026 inserted requirements"


def test_rows_that_are_not_yet_verified_look_like_it(client, team, law):
    register(client, team)
    answered(team)
    assert "not yet verified" in text_of(client.get(reverse("duties", args=[key()])))


def test_data_that_crosses_a_border_is_asked_for_flow_by_flow(client, team, law):
    register(client, team)
    scope = Deployment.objects.get().scope
    answers.answer_facts(subject=scope, answers={"cn.data_leaves_mainland": True}, actor=team)
    page = text_of(client.get(reverse("questions", args=[key()])))
    assert "No flow is recorded yet" in page
    add = reverse("add-flow", args=[key()])
    assert "Where does the data start?" in text_of(client.get(add))
    data = {"name": "prompts", "from": "cn", "to": "hk", "contains_pi": "true", "pi_sensitive_ytd": "12", "origin": ""}
    client.post(add, data)
    flow = Deployment.objects.get().transfers.get()
    assert flow.record == {"from": "cn", "to": "hk", "contains_pi": True, "pi_sensitive_ytd": 12}
    assert "already has a flow" in text_of(client.post(add, data))
    change = reverse("flow", args=[key(), "prompts"])
    refused = client.post(change, {**data, "contains_pi": "false"})
    assert "but contains_pi is false" in text_of(refused)
    assert 'value="12"' in text_of(refused), "nothing typed is lost"
    client.post(change, {**data, "pi_sensitive_ytd": "15", "name": "other"})
    assert [(row.name, row.record["pi_sensitive_ytd"]) for row in Deployment.objects.get().transfers.all()] == [
        ("prompts", 15)
    ]
    assert client.get(reverse("flow", args=[key(), "nothing"])).status_code == 404
    client.post(change, {"remove": "1"})
    assert not Deployment.objects.get().transfers.exists()


def test_both_sides_of_a_handover_confirm_in_the_portal(client, team, office, ada):
    control = make_control(owner=ada)
    handover = seats.propose_handover(giver=ada, taker=team, seats=[control.seat], reason="Leave", actor=None)
    url = reverse("confirm-handover", args=[handover.pk])
    page = text_of(client.get(reverse("home")))
    assert "Ada Tester hands over to Tia Team: Leave" in page
    assert "The other side is asked" in text_of(client.post(url, follow=True))
    assert client.post(url).status_code == 404, "one word is enough"
    seats.confirm_handover(handover=handover, actor=ada, on=today())
    assert Seat.objects.get(pk=control.seat_id).holder == team
    back = seats.propose_handover(giver=team, taker=ada, seats=[control.seat], reason="Back", actor=None)
    client.post(reverse("confirm-handover", args=[back.pk]), {"withdraw": "1"})
    back.refresh_from_db()
    assert back.status == "withdrawn"
    foreign = seats.propose_handover(giver=team, taker=ada, seats=[control.seat], reason="Back", actor=team)
    with pytest.raises(ValidationError, match="Only the two people"):
        seats.withdraw_handover(handover=foreign, actor=make_person("P-other"))


def test_a_second_entity_runs_the_same_use_case_once(client, team, law):
    register(client, team)
    ref = UseCase.objects.get().ref
    page = client.post(
        reverse("add-deployment", args=[ref]),
        {"entity": LegalEntity.objects.get(scope__key="hk-bank").pk, "stage": "idea"}, follow=True,
    )  # fmt: skip
    assert "already runs" in text_of(page)
    page = client.post(reverse("add-deployment", args=[ref]), {"stage": "idea"}, follow=True)
    assert "Choose the legal entity" in text_of(page)
    inventory.save_use_case(use_case=UseCase.objects.get(), actor=None)
    page = text_of(client.get(reverse("use-case", args=[ref])))
    assert "requirements apply" in page
    assert "open question" in page


def test_without_a_catalogue_the_result_says_what_is_missing(client, team):
    register(client, team)
    assert "No catalogue is loaded" in text_of(client.get(reverse("duties", args=[key()])))


def test_a_wrong_password_is_told_in_words(client):
    page = Client().post(reverse("login"), {"username": "tia", "password": "wrong"})
    assert "do not fit together" in text_of(page)


def test_an_auditor_downloads_the_crosswalk(law, office, tmp_path):
    auditor = make_person("P-aud", role="auditor")
    give_login(person=auditor, username="aud", actor=None, password=PASSWORD)
    client = Client()
    client.login(username="aud", password=PASSWORD)
    assert "Choose another framework" in text_of(client.get(reverse("crosswalk"), {"focal": "hk", "reference": "hk"}))
    page = client.get(reverse("crosswalk"), {"focal": "eu-ai-act", "reference": "nist-ai-rmf", "on": "2026-11-25"})
    assert page["Content-Disposition"] == 'attachment; filename="crosswalk-eu-ai-act-nist-ai-rmf-2026-11-25.xlsx"'
    path = tmp_path / "x.xlsx"
    path.write_bytes(page.content)
    assert load_workbook(path).sheet_names[0] == "Read me"


@pytest.mark.parametrize(
    ("fact", "words", "value"),
    [
        ("use_case.is_ai_system", ["true"], True),
        ("use_case.is_ai_system", ["false"], False),
        ("use_case.is_ai_system", ["maybe"], "maybe"),
        ("use_case.is_ai_system", ["unknown"], "unknown"),
        ("use_case.is_ai_system", [""], None),
        ("use_case.markets", ["eu", "hk"], ["eu", "hk"]),
        ("use_case.markets", ["none"], ["none"]),
        ("cn.pi_subjects_total", ["1,000,000"], 1_000_000),
        ("cn.pi_subjects_total", ["0.5"], 0.5),
        ("cn.pi_subjects_total", ["many"], "many"),
        ("use_case.audience", ["public"], "public"),
        ("eu.system_placed_date", ["2026-01-02"], "2026-01-02"),
    ],
)
def test_what_a_browser_sends_becomes_an_answer_of_the_vocabulary(fact, words, value):
    found = read_posted(shipped_vocabulary().facts[fact], words)
    assert found == value
    assert type(found) is type(value)
