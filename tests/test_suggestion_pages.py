"""Suggested controls, on the page and by the API: what is shown to whom, and that nothing is mapped by it."""

import re
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from controls.inputs import suggest_controls
from controls.models import Control, ControlMapping, NoControl
from controls.services import mappings as mapping_services
from frameworks.models import Requirement, RequirementText
from office.models import JournalEvent
from office.services.logins import give_login
from office.services.recording import recording
from tests.api.caller import Caller
from tests.makers import make_control, make_entity, make_mapping, make_person, make_requirement

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"
INVENTORY = {"title": "Inventory of AI systems", "summary": "Keep a list of all systems.", "evidence": "An extract."}


@pytest.fixture
def asked(office) -> Requirement:
    return make_requirement("law.1", **INVENTORY)


def signed_in(person) -> Client:
    client = Client()
    give_login(person=person, username=person.ref, actor=None, password=PASSWORD)
    assert client.login(username=person.ref, password=PASSWORD)
    return client


@pytest.fixture
def owner(office):
    return make_person("P-own", role="officer")


@pytest.fixture
def client(owner) -> Client:
    return signed_in(owner)


def page(client: Client, requirement: Requirement, **query) -> str:
    response = client.get(reverse("suggestions", args=[requirement.ref]), query)
    assert response.status_code == 200
    return response.content.decode()


def found(requirement: Requirement, limit: int = 5) -> list[str]:
    requirement = Requirement.objects.select_related("current").get(pk=requirement.pk)
    return [row.control.ref for row in suggest_controls(requirement, limit=limit).candidates]


def test_a_control_that_uses_the_same_words_is_a_candidate_and_others_are_not(asked):
    make_control("C-1", title="Register of AI systems", objective="One inventory.")
    make_control("C-2", title="Training of staff", objective="People know.")
    assert found(asked) == ["C-1"]


def test_what_is_mapped_or_retired_is_no_candidate(asked, owner):
    for ref in ("C-1", "C-2", "C-3"):
        make_control(ref, title="Inventory", objective="A list.")
    make_mapping(Control.objects.get(ref="C-1"), asked, by=owner)
    Control.objects.filter(ref="C-2").update(status="retired")
    assert found(asked) == ["C-3"]


def test_a_rejected_pair_is_marked_with_its_reason_and_leads_to_the_rejected_mapping(asked, owner, client):
    mapping = make_mapping(make_control("C-1", title="Inventory"), asked, by=owner)
    mapping_services.reject(mappings=[mapping], actor=make_person("P-two", role="officer"), note="Says nothing of use.")
    html = page(client, asked)
    assert "rejected</span>" in html
    assert "Says nothing of use." in html
    assert reverse("admin:controls_controlmapping_change", args=[mapping.pk]) in html
    assert "Propose this mapping" not in html


def test_requirements_that_are_mapped_to_a_control_lend_it_their_words_until_they_are_rejected(asked, owner, client):
    lender = make_requirement("law.2", title="Catalogue", summary="An inventory of systems.")
    mapping = make_mapping(make_control("C-1", title="Register", objective="Know."), lender, by=owner)
    assert found(asked) == ["C-1"]
    assert "Only in requirements mapped to it:" in page(client, asked)
    mapping_services.reject(mappings=[mapping], actor=make_person("P-two", role="officer"), note="No.")
    assert found(asked) == []


def test_no_words_are_lent_where_a_person_sees_no_relationship(asked, owner):
    lender = make_requirement("law.2", title="Catalogue", summary="An inventory of systems.")
    control = make_control("C-1", title="Register", objective="Know.")
    make_mapping(control, lender, by=owner, relationship="no_relationship")
    assert found(asked) == []


def test_chinese_words_find_a_chinese_control_and_an_english_one_over_what_is_mapped_to_it(office, owner):
    asked, lender = (make_requirement(ref, title="x", summary="y", evidence="") for ref in ("law.1", "law.2"))
    with recording(actor=None, reason="test") as pen:
        for row, title in ((asked, "深度合成算法备案"), (lender, "算法备案变更")):
            pen.save(
                RequirementText(version=row.current, language="zh-Hans", origin="own", title=title, verification="P")
            )
    make_control("C-1", title="算法备案", objective="备案并公示。")
    make_mapping(make_control("C-2", title="Filing", objective="Told in time."), lender, by=owner)
    assert found(asked) == ["C-1", "C-2"]


def test_the_words_in_common_stand_as_a_list_with_their_parts(asked, client):
    make_control("C-1", title="Inventory", objective="A list of systems.")
    html = page(client, asked)
    parts = [int(part) for part in re.findall(r"<li><mark>[a-z]+</mark> (\d+)%</li>", html)]
    assert "<li><mark>inventory</mark>" in html
    assert parts == sorted(parts, reverse=True)
    assert 99 <= sum(parts) <= 101, "rounded"
    assert "Only in requirements" not in html
    assert "A list of systems." in html
    assert "compliant" not in html.lower()


def test_the_link_opens_the_form_of_a_mapping_with_both_ends_filled_in(asked, client):
    control = make_control("C-1", title="Inventory")
    add = f"{reverse('admin:controls_controlmapping_add')}?control={control.pk}&requirement={asked.pk}"
    assert add.replace("&", "&amp;") in page(client, asked)
    initial = client.get(add).context["adminform"].form.initial
    assert (initial["control"], initial["requirement"]) == (str(control.pk), str(asked.pk))


def test_looking_writes_nothing(asked, client, callers_of):
    make_control("C-1", title="Inventory")
    before = JournalEvent.objects.count()
    page(client, asked)
    callers_of["officer"].get("requirements/law.1/suggestions/")
    assert (JournalEvent.objects.count(), ControlMapping.objects.count()) == (before, 0)


@pytest.fixture
def callers_of(owner):
    return {"officer": Caller(owner, "read")}


def test_who_has_no_role_sees_nothing_who_reads_sees_all_and_only_who_writes_is_asked_to_propose(asked):
    make_control("C-1", title="Inventory")
    address = reverse("suggestions", args=["law.1"])
    shown = {}
    for ref, role, scope in (
        ("P-none", "", None), ("P-team", "team_member", None), ("P-aud", "auditor", None),
        ("P-eo", "officer", make_entity(owner=make_person("P-h"))), ("P-lead", "leader", None),
    ):  # fmt: skip
        response = signed_in(make_person(ref, role=role, scope=scope)).get(address)
        shown[ref] = (response.status_code, "Propose this mapping" in response.content.decode())
    assert shown == {
        "P-none": (403, False), "P-team": (403, False), "P-aud": (200, False), "P-eo": (200, False), "P-lead": (200, True),
    }  # fmt: skip
    assert urlsplit(Client().get(address).url).path == reverse("login")


def test_without_any_control_the_page_says_where_controls_come_from(asked, client):
    html = page(client, asked)
    assert "There is no control yet." in html
    assert reverse("admin:controls_control_add") in html


def test_where_no_control_shares_a_word_the_page_leads_to_a_new_one_or_to_a_reason(asked, client):
    make_control("C-1", title="Training", objective="People know.")
    html = page(client, asked)
    assert "No control shares a word with this requirement." in html
    assert f"{reverse('admin:controls_nocontrol_add')}?requirement={asked.pk}" in html


def test_what_is_mapped_and_why_none_fits_stand_above_the_candidates(asked, owner, client):
    with recording(actor=None, reason="test") as pen:
        pen.save(NoControl(requirement=asked, reason="Only the authority acts.", stated_at=timezone.now()))
    assert "Only the authority acts." in page(client, asked)
    mapping = make_mapping(make_control("C-1", title="Inventory"), asked, by=owner)
    html = page(client, asked)
    assert "Mapped already" in html
    assert reverse("admin:controls_controlmapping_change", args=[mapping.pk]) in html
    assert "No further control shares a word" in html


def test_five_come_first_and_more_when_asked(asked, client):
    for at in range(8):
        make_control(f"C-{at}", title="Inventory")
    few, many = page(client, asked), page(client, asked, more="1")
    assert (few.count("Propose this mapping"), many.count("Propose this mapping")) == (5, 8)
    assert "?more=1" in few
    assert "?more=1" not in many


def test_a_requirement_that_does_not_exist_is_not_found(client, callers_of):
    assert client.get(reverse("suggestions", args=["law.none"])).status_code == 404
    for ref in ("law.none", "a%00b", "x" * 81):
        assert callers_of["officer"].get(f"requirements/{ref}/suggestions/").status_code == 404


def test_the_requirement_in_the_office_leads_to_its_suggestions(asked, client):
    html = client.get(reverse("admin:frameworks_requirement_change", args=[asked.pk])).content.decode()
    assert reverse("suggestions", args=["law.1"]) in html


def test_the_api_gives_the_same_candidates_with_their_shares(asked, owner, callers_of):
    mapping = make_mapping(make_control("C-1", title="Inventory of systems"), asked, by=owner)
    mapping_services.reject(mappings=[mapping], actor=make_person("P-two", role="officer"), note="Not that.")
    make_control("C-2", title="Inventory", objective="Something else.")
    told = callers_of["officer"].get("requirements/law.1/suggestions/").json()
    first, second = told["suggestions"]
    assert (first["control"], first["rejected_mapping"], first["review_note"]) == ("C-1", mapping.pk, "Not that.")
    assert (second["control"], second["rejected_mapping"], second["status"]) == ("C-2", None, "draft")
    assert first["score"] == pytest.approx(sum(term["share"] for term in first["terms"]))
    assert (told["mapped"], told["no_control"]) == ([], "")
    one = callers_of["officer"].get("requirements/law.1/suggestions/?limit=1").json()
    assert one["suggestions"] == [first]


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "limit=five", "limit=", "limt=5", "limit=" + "9" * 40])
def test_the_api_refuses_a_limit_that_is_none(asked, callers_of, query):
    assert callers_of["officer"].get(f"requirements/law.1/suggestions/?{query}").status_code == 400


def queries(requirement: Requirement, client: Client) -> tuple[int, int]:
    fresh = Requirement.objects.select_related("current").get(pk=requirement.pk)
    with CaptureQueriesContext(connection) as read:
        suggest_controls(fresh, limit=5)
    asked = len(read)  # the first request empties what was caught
    page(client, requirement)
    with CaptureQueriesContext(connection) as shown:
        page(client, requirement)
    return asked, len(shown)


def test_many_controls_and_mappings_take_as_many_queries_as_few(asked, owner, client):
    def furnish(start: int, end: int) -> None:
        for at in range(start, end):
            control = make_control(f"C-{at}", title="Inventory")
            make_mapping(control, make_requirement(f"law.{at + 10}", title="List of systems"), by=owner)
            rejected = make_mapping(make_control(f"R-{at}", title="Inventory"), asked, by=owner)
            mapping_services.reject(mappings=[rejected], actor=second, note="No.")
            make_mapping(make_control(f"M-{at}", title="Inventory"), asked, by=owner)

    second = make_person("P-two", role="officer")
    furnish(0, 2)
    few = queries(asked, client)
    furnish(2, 12)
    assert queries(asked, client) == few
    assert few[0] == 8
