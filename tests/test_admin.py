"""The office's registers: constant queries, the actions, and what bad input gets there."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from controls.models import Attestation, Control, ControlMapping, Evidence, Implementation, RequirementMapping
from controls.services import mappings as mapping_services
from frameworks.models import CounselReview, Requirement, RequirementItem
from frameworks.services.reviews import record_reviews
from governance.models import (
    Action,
    Adoption,
    AIModel,
    Approval,
    Deployment,
    Gap,
    RunningClock,
    Supplier,
    Transfer,
    UseCase,
)
from governance.services import answers, clocks, gaps, inventory
from governance.services.gaps import recompute_gaps
from office.models import Handover, Job, JournalEvent, LegalEntity, Office, Person, Scope, Seat, Webhook
from office.models.notices import EventKind
from office.services import records, seats, webhooks
from office.services.api_keys import make_key
from office.services.logins import give_login
from office.today import today
from tests.makers import (
    TODAY,
    make_conflict,
    make_control,
    make_deployment,
    make_direct,
    make_entity,
    make_implementation,
    make_mapping,
    make_no_control,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

PASSWORD = "a-long-test-password"
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(officer) -> Client:
    give_login(person=officer, username="olga", actor=None, password=PASSWORD)
    client = Client()
    client.login(username="olga", password=PASSWORD)
    return client


def url_of(model, page: str = "changelist", *arguments) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def act(client: Client, model, name: str, rows, **given):
    data = {"action": name, "_selected_action": [row.pk for row in rows], "confirmed": "1", **given}
    return client.post(url_of(model), data, follow=True)


def text_of(page) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


def add_one_of_each(number: int, officer: Person) -> None:
    """One more row of every noun that has a list."""
    person = make_person(f"P-{number}", role="team_member")
    entity = make_entity(f"entity-{number}", owner=person)
    use_case = make_use_case(f"Use {number}", person)
    model = inventory.add_model(
        key=f"model-{number}", name=f"Model {number}", actor=person, accountable=person, on=TODAY
    )
    deployment = make_deployment(use_case, entity, models=[model])
    records.save_record(row=Supplier(key=f"s-{number}", name=f"Supplier {number}"), actor=None)
    answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["eu"]}, actor=person)
    answers.record_transfer(deployment=deployment, name="flow", record={"from": "cn"}, actor=person)
    approval = Approval(deployment=deployment, stage="live", body="Board", decided_on=TODAY)
    inventory.record_approval(approval=approval, actor=person)
    requirement = make_requirement(f"law-{number}.1", family=f"law-{number}")
    answers.adopt(scope=entity, family=requirement.family, adopted=True, reason="Law", actor=person)
    answers.decide(scope=entity, requirement=requirement, verdict="applies", reason="Strict", actor=officer)
    assert requirement.current is not None
    RequirementItem.objects.create(version=requirement.current, position=1, ref="1", kind="checklist", title="A point")
    record_reviews(
        requirements=[requirement], reviewed_by=person, reviewed_on=TODAY, result="open", source_read="OJ", note="",
        actor=officer, on=TODAY,
    )  # fmt: skip
    control = make_control(f"C-{number}", owner=person)
    mapping = make_mapping(control, requirement, by=person)
    second = make_mapping(make_control(f"D-{number}"), requirement, by=person)
    mapping_services.attest(
        requirement=requirement, scope=entity, mappings=[mapping, second], reason="Together", actor=officer
    )
    make_direct(
        focal=requirement, reference=make_requirement(f"law-{number}.2", family=f"law-{number}"), actor=person,
        relationship="equal", rationale="Same words.",
    )  # fmt: skip
    make_proof(control, deployment.scope, person)
    bare = make_requirement(f"law-{number}.3", family=f"law-{number}")
    make_no_control(bare, "It asks nothing of us.", actor=officer)
    make_conflict(f"CF-{number}")
    taker = make_person(f"P-t{number}")
    seats.propose_handover(giver=person, taker=taker, seats=[control.seat], reason="Leave", actor=person)
    clocks.start_clock(
        scope=deployment.scope, clock="eu-incident", started_at=officer_time(), actor=officer, now=officer_time()
    )
    action = Action(title="Work", person=person, due_on=TODAY)
    gaps.save_action(action=action, gaps=None, actor=officer)
    Job.objects.create(kind="recompute_gaps", created_at=officer_time(), created_by=person)
    hook = Webhook(name=f"hook-{number}", url="https://example.com/in", events=["law.changed"], person=officer)
    webhooks.save_webhook(webhook=hook, actor=officer)
    webhooks.announce(event=EventKind.LAW_CHANGED, body={}, now=officer_time())
    make_key(person=person, name="k", access="read", created_on=TODAY, expires_on=TODAY, actor=None)


def officer_time():
    return JournalEvent.objects.first().at


def queries_of(client: Client, url: str) -> tuple[int, int]:
    """Queries of a page and the rows on it."""
    reset_queries()
    with CaptureQueriesContext(connection) as caught:
        page = client.get(url)
    assert page.status_code == 200, url
    cl = page.context.get("cl")
    return len(caught), len(cl.result_list) if cl else 0


def test_every_list_page_takes_as_many_queries_for_twenty_rows_as_for_two(client, officer, django_user_model):
    lists = [model for model, model_admin in admin.site._registry.items() if model not in (get_user_model(), *groups())]
    for number in range(2):
        add_one_of_each(number, officer)
    recompute_gaps(on=TODAY, actor=None)
    for model in lists:
        client.get(url_of(model))
    few = {model: queries_of(client, url_of(model)) for model in lists}
    for number in range(2, 20):
        add_one_of_each(number, officer)
    recompute_gaps(on=TODAY, actor=None)
    many = {model: queries_of(client, url_of(model)) for model in lists}
    grown = {model.__name__: (few[model], many[model]) for model in lists if many[model][0] > few[model][0]}
    assert grown == {}
    thin = [model.__name__ for model in lists if many[model][1] < 20 and model is not Office]
    assert thin == []


def groups():
    return [model for model in admin.site._registry if model._meta.model_name == "group"]


def test_the_portal_takes_as_many_queries_for_twenty_use_cases_as_for_two(client, officer):
    entity = make_entity(owner=make_person("P-h"))
    person = make_person("P-t")

    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("home")).status_code == 200
        return len(caught)

    for number in range(2):
        make_deployment(make_use_case(f"Use {number}", person), entity)
    client.get(reverse("home"))
    few = count()
    for number in range(2, 20):
        make_deployment(make_use_case(f"Use {number}", person), entity)
    assert count() == few


def test_a_use_case_takes_as_many_queries_for_many_entities_as_for_one(client, officer):
    person = make_person("P-t")
    use_case = make_use_case("Shared", person)
    make_requirement()

    def count() -> int:
        url = reverse("use-case", args=[use_case.ref])
        client.get(url)
        with CaptureQueriesContext(connection) as caught:
            assert "requirements apply" in text_of(client.get(url))
        return len(caught)

    make_deployment(use_case, make_entity("e-0", owner=person))
    few = count()
    for number in range(1, 6):
        make_deployment(use_case, make_entity(f"e-{number}", owner=person))
    assert count() == few


def test_the_dashboard_takes_as_many_queries_for_twenty_deployments_as_for_two(client, officer):
    def count() -> int:
        client.get(reverse("admin:index"))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("admin:index")).status_code == 200
        return len(caught)

    for number in range(2):
        add_one_of_each(number, officer)
    few = count()
    for number in range(2, 12):
        add_one_of_each(number, officer)
    assert count() == few


def test_an_empty_office_tells_what_to_do_first(client):
    page = text_of(client.get(reverse("admin:index")))
    assert "An empty office" in page
    assert reverse("admin:office_legalentity_add") in page


def test_a_login_without_a_person_is_told_so(office):
    get_user_model().objects.create_superuser("root", password=PASSWORD)
    client = Client()
    client.login(username="root", password=PASSWORD)
    assert "belongs to no person of the directory" in text_of(client.get(reverse("admin:index")))


def test_the_dashboard_shows_bounds_gaps_vacant_seats_and_what_comes_next(client, office, ada):
    make_deployment()
    make_requirement("law.1")
    make_requirement("law.2", routes=[{"legal_from": "2030-01-01"}])
    recompute_gaps(on=TODAY, actor=None)
    page = text_of(client.get(reverse("admin:index")))
    assert "0 to 0</strong> of 2" in page
    assert ">2 open</a>" in page
    assert "Office: Test office" in page
    assert "2030-01-01" in page


def test_assigning_seats_a_person_with_a_reason(client, office, ada, ben):
    control = make_control()
    page = act(client, Control, "assign", [control], person=ada.pk, reason="")
    assert "This field is required" in text_of(page)
    act(client, Control, "assign", [control], person=ada.pk, reason="She runs it")
    assert Seat.objects.get(pk=control.seat_id).holder == ada
    act(client, Control, "assign", [control], person=ben.pk, reason="Moved")
    assert Seat.objects.get(pk=control.seat_id).holder == ben


def test_handing_over_asks_both_sides_and_an_officer_may_confirm_with_a_reason(client, office, ada, ben):
    control, vacant = make_control(owner=ada), make_control("C-2")
    page = act(client, Control, "hand_over", [control, vacant], taker=ben.pk, reason="Leave")
    assert "is vacant: assign a person instead" in text_of(page)
    assert not Handover.objects.exists()
    act(client, Control, "hand_over", [control], taker=ben.pk, reason="Leave")
    handover = Handover.objects.get()
    assert (handover.giver, handover.taker, handover.status) == (ada, ben, "proposed")
    act(client, Handover, "confirm", [handover], reason="Both agreed on the phone")
    assert Seat.objects.get(pk=control.seat_id).holder == ben
    page = act(client, Handover, "withdraw", [handover], reason="Too late")
    assert "already done" in text_of(page)


def test_the_proposer_cannot_approve_and_another_can(client, officer, ada):
    control, requirement = make_control(owner=ada), make_requirement()
    own = make_mapping(control, requirement, by=officer)
    page = act(client, ControlMapping, "approve", [own], note="")
    assert "approved by another person than the one who proposed it" in text_of(page)
    own.refresh_from_db()
    assert own.status == "proposed"
    other = make_mapping(make_control("C-2"), requirement, by=ada)
    act(client, ControlMapping, "approve", [other], note="Read both")
    other.refresh_from_db()
    assert (other.status, other.reviewed_by) == ("approved", officer)


def test_one_bad_row_keeps_a_whole_action_from_happening(client, officer, ada):
    requirement = make_requirement()
    fine = make_mapping(make_control("C-2"), requirement, by=ada)
    own = make_mapping(make_control("C-1"), requirement, by=officer)
    act(client, ControlMapping, "approve", [fine, own], note="")
    fine.refresh_from_db()
    assert fine.status == "proposed"


def test_a_mapping_is_reviewed_from_its_own_page_beside_both_texts(client, ada):
    mapping = make_mapping(
        make_control(objective="Keep records."), make_requirement(summary="Records are kept."), by=ada
    )
    page = text_of(client.get(url_of(ControlMapping, "change", mapping.pk)))
    assert "Keep records." in page
    assert "Records are kept." in page
    approve = f"/admin/controls/controlmapping/{mapping.pk}/approve/"
    assert "Approve mappings" in text_of(client.get(approve))
    client.post(approve, {"confirmed": "1", "note": "Fits"})
    reject = approve.replace("approve", "reject")
    mapping.refresh_from_db()
    assert mapping.status == "approved"
    assert "This field is required" in text_of(client.post(reject, {"confirmed": "1", "reason": ""}))
    client.post(reject, {"confirmed": "1", "reason": "On second thought"})
    mapping.refresh_from_db()
    assert (mapping.status, mapping.review_note) == ("rejected", "On second thought")


def form_of(client: Client, url: str) -> dict:
    """What a browser would send back unchanged."""
    page = client.get(url)
    data = {}
    form = page.context["adminform"].form
    for field in form:
        value = field.value()
        if value is not None and not hasattr(value, "storage"):
            data[field.html_name] = value
    for inline in page.context["inline_admin_formsets"]:
        for field in inline.formset.management_form:
            data[field.html_name] = field.value()
    return {name: ("on" if value is True else value) for name, value in data.items() if value is not False}


def test_an_active_control_without_a_person_is_refused_on_its_form_and_nothing_typed_is_lost(client, office):
    control = make_control(title="Old title")
    url = url_of(Control, "change", control.pk)
    page = client.post(url, {**form_of(client, url), "title": "New title", "status": "active", "settings": "{}"})
    assert "An active control needs an accountable person before it becomes active" in text_of(page)
    assert 'value="New title"' in text_of(page)
    control.refresh_from_db()
    assert (control.title, control.status) == ("Old title", "draft")


def test_a_person_who_holds_seats_cannot_be_deactivated_on_the_form_or_by_the_action(client, ada):
    make_control(owner=ada)
    url = url_of(Person, "change", ada.pk)
    data = form_of(client, url)
    data.pop("is_active")
    page = client.post(url, data)
    assert "Hand them over first" in text_of(page)
    page = act(client, Person, "deactivate", [ada], reason="Left")
    assert "Hand them over first" in text_of(page)
    ada.refresh_from_db()
    assert ada.is_active


def test_a_change_of_content_sends_a_mapping_back_to_proposed_in_the_name_of_who_changed_it(client, officer, ada, ben):
    mapping = make_mapping(make_control(owner=ada), make_requirement(), by=ada)
    mapping_services.approve(mappings=[mapping], actor=officer)
    url = url_of(ControlMapping, "change", mapping.pk)
    client.post(url, {**form_of(client, url), "rationale": "Other words for it."})
    mapping.refresh_from_db()
    assert (mapping.status, mapping.proposed_by, mapping.reviewed_by) == ("proposed", officer, None)


def test_forms_create_nouns_with_their_scope_seat_and_person(client, office, ada):
    client.post(
        url_of(LegalEntity, "add"),
        {"key": "cn-bank", "name": "Bank", "city": "Shenzhen", "jurisdiction": "cn", "person": ada.pk},
    )
    entity = LegalEntity.objects.get()
    assert (entity.scope.key, entity.status, entity.seat.holder) == ("cn-bank", "active", ada)
    client.post(url_of(AIModel, "add"), {"key": "m", "name": "Model", "holder": entity.pk, "person": ada.pk})
    assert AIModel.objects.get().scope.parent == entity.scope
    client.post(
        url_of(UseCase, "add"),
        {"title": "Scoring", "purpose": "Scores.", "status": "active", "person": ada.pk, "ref": ""},
    )
    use_case = UseCase.objects.get()
    assert (use_case.ref, use_case.seat.holder) == ("UC-001", ada)
    data = {"use_case": use_case.pk, "entity": entity.pk, "stage": "pilot", "person": "", "key": ""}
    page = client.post(url_of(Deployment, "add"), data)
    assert "A deployment in pilot or live needs an accountable person" in text_of(page)
    client.post(url_of(Deployment, "add"), {**data, "person": ada.pk})
    assert Deployment.objects.get().scope.key == "uc-001-cn-bank"
    url = url_of(Deployment, "change", Deployment.objects.get().pk)
    client.post(url, {**form_of(client, url), "stage": "live"})
    assert Deployment.objects.get().stage == "live"


def test_every_change_form_opens_saves_unchanged_and_leaves_no_event(client, officer):
    add_one_of_each(1, officer)
    recompute_gaps(on=TODAY, actor=None)
    broken = {}
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label == "auth":
            continue
        row = model._default_manager.first()
        url = url_of(model, "change", row.pk)
        page = client.get(url)
        if page.status_code != 200:
            broken[model.__name__] = page.status_code
            continue
        if not model_admin.can_change:
            continue
        before = JournalEvent.objects.count()
        data = form_of(client, url)
        if model is Control or model is Transfer:
            data["settings" if model is Control else "record"] = "{}" if model is Control else '{"from": "cn"}'
        saved = client.post(url, data)
        if saved.status_code != 302 or JournalEvent.objects.count() > before + (
            model.__name__ == "ApplicabilityDecision"
        ):
            broken[model.__name__] = (saved.status_code, JournalEvent.objects.count() - before)
    assert broken == {}


def test_gaps_are_accepted_handed_over_and_recomputed_from_their_list(client, officer, ada):
    make_deployment()
    make_requirement()
    recompute_gaps(on=TODAY, actor=None)
    gap, control = Gap.objects.get(), make_control(owner=ada)
    act(client, Gap, "hand_over_gaps", [gap], seat=control.seat_id, reason="She runs it")
    assert Gap.objects.get().seat == control.seat
    page = act(client, Gap, "accept", [gap], until="2020-01-01", reason="Small")
    assert "has already come" in text_of(page)
    act(client, Gap, "accept", [gap], until=(today() + timedelta(days=400)).isoformat(), reason="Small")
    assert Gap.objects.get().status == "accepted"
    act(client, Gap, "recompute", [gap])
    assert Job.objects.get().kind == "recompute_gaps"
    act(client, Deployment, "recompute", list(Deployment.objects.all()))
    assert Job.objects.count() == 2


def test_clocks_are_started_on_the_form_and_stopped_with_proof_by_the_action(client, officer, ada):
    entity = make_entity(owner=ada)
    given = {"scope": entity.pk, "started_at_0": "2025-01-10", "started_at_1": "09:00", "note": "Audit"}
    page = client.post(url_of(RunningClock, "add"), {**given, "clock": "hk-ci-audit", "started_at_0": "2090-01-10"})
    assert "still to come" in text_of(page)
    client.post(url_of(RunningClock, "add"), {**given, "clock": "hk-ci-audit"})
    row = RunningClock.objects.get()
    assert (row.recorded_by, row.recurs, row.due_at.astimezone().year) == (officer, True, 2027)
    page = client.post(url_of(RunningClock, "add"), {**given, "clock": "hk-ci-audit"})
    assert "runs here already" in text_of(page)
    done = {"done_at_0": "2026-01-12", "done_at_1": "09:00"}
    assert "This field is required" in text_of(act(client, RunningClock, "stop", [row], **done, proof=""))
    page = act(client, RunningClock, "stop", [row], **done, proof="Report 12")
    assert "1 clock(s) stopped; 1 of them began their next run." in text_of(page)
    assert [one.proof for one in RunningClock.objects.order_by("started_at")] == ["Report 12", ""]
    assert "Report 12" in text_of(client.get(url_of(RunningClock, "change", row.pk)))
    for state, count in {"running": 1, "overdue": 0, "stopped": 1}.items():
        assert queries_of(client, f"{url_of(RunningClock)}?state={state}")[1] == count


def test_parts_of_one_requirement_are_attested_to_suffice_together(client, officer, ada):
    requirement = make_requirement()
    parts = [make_mapping(make_control(f"C-{n}"), requirement, by=ada, relationship="subset") for n in (1, 2)]
    scope = Scope.objects.get()
    foreign = make_mapping(make_control("C-3"), make_requirement("law.2"), by=ada)
    page = act(client, ControlMapping, "attest", [parts[0], foreign], scope=scope.pk, reason="Together they do")
    assert "at least two mappings of the same requirement" in text_of(page)
    act(client, ControlMapping, "attest", parts, scope=scope.pk, reason="Together they do")
    assert Attestation.objects.get().items.count() == 2


def test_the_models_of_a_deployment_are_chosen_on_its_form(client, officer, ada):
    deployment = make_deployment()
    model = inventory.add_model(key="m", name="Model", actor=ada, accountable=ada, on=TODAY)
    url = url_of(Deployment, "change", deployment.pk)
    client.post(url, {**form_of(client, url), "models": [model.pk]})
    assert deployment.model_links.get().model == model


def test_the_dashboard_queues_a_recompute(client, officer):
    make_deployment()
    assert "Recompute the gaps now" in text_of(client.get(reverse("admin:index")))
    client.post(reverse("recompute"))
    assert Job.objects.get().arguments["scope"] == ""


def test_gaps_are_worked_on_by_a_new_or_a_standing_action_from_their_list(client, officer, ada):
    make_deployment()
    for number in (1, 2):
        make_requirement(f"law.{number}")
    recompute_gaps(on=TODAY, actor=None)
    first, second = Gap.objects.order_by("pk")
    page = act(client, Gap, "work_on", [first], title="Write it down", person="", due_on="", standing="")
    assert "A new action needs this; or choose one that stands." in text_of(page)
    act(client, Gap, "work_on", [first], title="Write it down", person=ada.pk, due_on="2027-01-01", standing="")
    action = Action.objects.get()
    act(client, Gap, "work_on", [first, second], standing=action.pk)
    assert action.items.count() == 2
    url = url_of(Action, "change", action.pk)
    client.post(url, {**form_of(client, url), "gaps": [first.pk]})
    assert [item.gap for item in action.items.all()] == [first]


def test_deleting_what_others_refer_to_is_refused_and_a_free_row_goes_with_an_event(client, officer):
    supplier = Supplier(key="s", name="Supplier")
    records.save_record(row=supplier, actor=None)
    client.post(url_of(Supplier, "delete", supplier.pk), {"post": "yes"})
    assert not Supplier.objects.exists()
    assert JournalEvent.objects.filter(noun="governance.supplier", verb="delete").exists()
    implementation = make_proof(make_control(), Scope.objects.get(), officer)
    page = client.post(url_of(Implementation, "delete", implementation.pk), {"post": "yes"})
    assert Implementation.objects.exists()
    assert "protected" in text_of(page) or "refer to it" in text_of(page)


def test_many_rows_are_deleted_whole_or_not_at_all(client, officer):
    rows = [Supplier(key=f"s{number}", name=f"S {number}") for number in range(3)]
    for row in rows:
        records.save_record(row=row, actor=None)
    data = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    client.post(url_of(Supplier), data)
    assert not Supplier.objects.exists()


def test_the_page_of_a_row_shows_what_the_journal_says_about_it(client, ada):
    control = make_control(owner=ada)
    page = text_of(client.get(url_of(Control, "history", control.pk)))
    assert "Added control C-1" in page
    assert "active" in page
    assert client.get(url_of(Control, "history", 99)).status_code == 302


def test_a_repealed_and_an_unverified_requirement_look_like_it(client, office):
    make_requirement("law.1", verification="M")
    make_requirement("law.2", known_from=None)
    page = text_of(client.get(url_of(Requirement)))
    assert "Not yet verified (M)" in page
    for choice in ("yes", "no"):
        found = text_of(client.get(url_of(Requirement), {"verified": choice}))
        assert ("law.1" in found) is (choice == "no")


def test_filters_of_seats_and_gaps_by_what_is_missing(client, office, ada):
    make_control(owner=ada)
    make_control("C-2")
    assert "Control C-2" in text_of(client.get(url_of(Seat), {"vacant": "yes"}))
    assert "Control C-2" not in text_of(client.get(url_of(Seat), {"vacant": "no"}))
    make_deployment()
    make_requirement()
    recompute_gaps(on=TODAY - timedelta(days=400), actor=None)
    assert "law.1" in text_of(client.get(url_of(Gap), {"overdue": "yes"}))
    assert client.get(url_of(Gap), {"overdue": "no"}).context["cl"].result_count == 0


def test_evidence_is_uploaded_with_its_digest(client, officer, tmp_path):
    implementation = make_implementation(make_control(), Scope.objects.get())
    file = tmp_path / "proof.txt"
    file.write_text("Proof", encoding="utf-8")
    with file.open("rb") as upload:
        client.post(
            url_of(Evidence, "add"),
            {"implementation": implementation.pk, "title": "Proof", "valid_from": "2026-11-01",
             "collected_by": officer.pk, "file": upload, "link": ""},
        )  # fmt: skip
    assert len(Evidence.objects.get().sha256) == 64


def test_activating_through_the_list_needs_a_person_on_every_seat(client, ada):
    seated, vacant = make_control(owner=ada), make_control("C-2")
    assert "needs an accountable person" in text_of(act(client, Control, "activate", [vacant], reason="Go"))
    act(client, Control, "activate", [seated], reason="Go")
    assert RequirementMapping.objects.count() == 0
    assert Adoption.objects.count() == 0
    assert Control.objects.get(ref="C-1").status == "active"


def test_an_officer_records_counsels_word_for_chosen_rows_and_sees_it_beside_the_mark(client, officer):
    counsel = make_person("P-law", name="Counsel Outside")
    rows = [make_requirement("law.1", verification="M"), make_requirement("law.2")]
    url = reverse("admin:frameworks_requirement_changelist")
    chosen = {"action": "review", "_selected_action": [row.pk for row in rows]}
    asked = client.post(url, chosen).content.decode()
    assert "Text it was checked against" in asked
    given = {"reviewed_by": counsel.pk, "reviewed_on": "2099-01-01", "result": "confirmed", "source_read": "OJ, 2026"}
    assert "has not come yet" in client.post(url, {**chosen, **given, "confirmed": "1"}).content.decode()
    client.post(url, {**chosen, **given, "reviewed_on": str(TODAY), "confirmed": "1"})
    assert CounselReview.objects.filter(reviewed_by=counsel, result="confirmed").count() == 2
    page = client.get(url).content.decode()
    assert f"Confirmed, {TODAY}" in page
    assert "Not yet verified (M)" in page


def test_suggested_actions_are_found_by_their_risk(client, officer):
    version = make_requirement().current
    assert version is not None
    for number, risks in enumerate((["Data Privacy"], ["Confabulation", "Data Privacy"], ["Confabulation"]), start=1):
        RequirementItem.objects.create(
            version=version, position=number, ref=f"GV-{number}", kind="action", title=f"Do {number}", risks=risks
        )
    url = reverse("admin:frameworks_requirementitem_changelist")
    page = client.get(url, {"risk": "Data Privacy"}).content.decode()
    assert [f"Do {number}" in page for number in (1, 2, 3)] == [True, True, False]


def gaps_of_each_severity() -> None:
    """Four gaps that came due long ago, in no order of gravity."""
    make_deployment()
    words = ("medium", "critical", "low", "high")
    for word in words:
        make_requirement(f"law.{word}")
    recompute_gaps(on=TODAY - timedelta(days=400), actor=None)
    for word in words:
        Gap.objects.filter(requirement__ref=f"law.{word}").update(severity=word)


def test_gaps_are_ordered_by_how_grave_they_are_at_both_doors(client, officer):
    gaps_of_each_severity()
    column = admin.site._registry[Gap].list_display.index("severity_word") + 1
    page = client.get(url_of(Gap), {"o": f"{column}"})
    expected = ["critical", "high", "medium", "low"]
    assert [row.severity for row in page.context["cl"].result_list] == expected
    _, text = make_key(person=officer, name="k", access="read", created_on=today(), expires_on=today(), actor=None)
    found = Client().get("/api/v1/gaps/?ordering=severity", headers={"authorization": f"Bearer {text}"}).json()
    assert [row["severity"] for row in found["results"]] == expected


def test_what_is_closed_is_not_overdue(client):
    gaps_of_each_severity()
    Gap.objects.filter(severity="low").update(status="closed", closed_on=TODAY)
    page = client.get(url_of(Gap), {"overdue": "yes"})
    assert {row.severity for row in page.context["cl"].result_list} == {"critical", "high", "medium"}
