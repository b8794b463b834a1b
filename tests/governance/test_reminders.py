"""Digests, the calendar feed, the page, due gaps for webhooks, and the daily round."""

import smtplib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from controls.services import controls as control_services
from governance.inputs import due_items
from governance.models import Approval, Gap
from governance.services import answers, clocks, gaps, inventory
from governance.services.gaps import recompute_gaps
from governance.services.reminders import Told, Unsent, ask_round, due_for, make_round
from governance.serving import tick
from office.models import Delivery, Job, Notice, Webhook
from office.services import jobs, seats, webhooks
from office.services.api_keys import make_key
from office.services.logins import give_login
from office.today import today
from tests.makers import (
    make_control,
    make_deployment,
    make_entity,
    make_implementation,
    make_person,
    make_requirement,
    make_use_case,
)

pytestmark = pytest.mark.django_db
# Late in the evening by UTC, the next morning in the office.
NOW = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
DAY = date(2026, 11, 26)


@pytest.fixture(autouse=True)
def clock_of_the_office(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def owner(office):
    return make_person("P-own", role="officer", email="own@example.com")


@pytest.fixture
def deployment(owner):
    return make_deployment(make_use_case("Scoring", owner), owner=owner)


def kinds(person) -> dict[str, list]:
    found: dict[str, list] = {}
    for item in due_items(person):
        found.setdefault(item.kind, []).append(item)
    return found


def test_everything_with_a_day_is_found_for_who_sits_on_its_seat(owner, deployment):
    make_requirement()
    recompute_gaps(on=DAY, actor=None)
    control = make_control(owner=owner, test_every_days=90)
    place = make_implementation(control, deployment.scope)
    control_services.record_test(implementation=place, performed_on=DAY, result="passed", tester=owner, actor=owner)
    for days in (10, 40):
        control_services.add_evidence(
            implementation=place, title=f"Log {days}", valid_from=DAY, valid_until=DAY + timedelta(days=days),
            collected_by=owner, actor=owner,
        )  # fmt: skip
    answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["eu"]}, actor=owner)
    answers.answer_facts(subject=deployment.use_case, answers={"use_case.is_ai_system": True}, actor=owner)
    inventory.record_approval(
        approval=Approval(
            deployment=deployment, stage="live", body="Board", decided_on=DAY, expires_on=DAY + timedelta(9)
        ),
        actor=owner,
    )
    answers.decide(
        scope=deployment.scope, requirement=make_requirement("law.2"), verdict="applies", reason="Yes.",
        review_on=DAY + timedelta(days=5), actor=owner,
    )  # fmt: skip
    clocks.start_clock(scope=deployment.scope, clock="eu-incident", started_at=NOW, actor=owner, now=NOW)
    seats.propose_handover(giver=owner, taker=make_person("P-t"), seats=[control.seat], reason="Leave", actor=None)
    found = kinds(owner)
    assert {kind: len(rows) for kind, rows in found.items()} == {
        "gap": 1, "test": 1, "evidence": 1, "answers": 2, "approval": 1, "decision": 1, "handover": 1, "clock_days": 1,
    }  # fmt: skip
    assert found["test"][0].day == DAY + timedelta(days=90)
    assert found["evidence"][0].title == "Renew the evidence “Log 40” of C-1", "what a newer one replaces is left out"
    assert found["answers"][0].day == DAY + timedelta(days=365)
    assert kinds(make_person("P-else")) == {}


def test_an_accepted_gap_comes_due_when_its_acceptance_ends(owner, deployment):
    make_requirement()
    recompute_gaps(on=DAY, actor=None)
    gaps.accept_gap(gap=Gap.objects.get(), until=DAY + timedelta(days=20), reason="Small", actor=owner, on=DAY)
    assert [(item.kind, item.day) for item in due_items(owner)] == [("acceptance", DAY + timedelta(days=20))]


def test_one_digest_goes_to_each_person_and_nothing_is_told_twice(owner, deployment):
    make_requirement()
    recompute_gaps(on=DAY, actor=None)
    due = Gap.objects.get().due_on
    assert make_round(on=DAY, now=NOW).things == 0, "still far off"
    near = make_round(on=due - timedelta(days=10), now=NOW)
    assert (near.people, near.things) == (1, 1)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["own@example.com"], "AI governance office: 1 thing(s) on your seats")
    assert f"- {due}  Close the gap: law.1 (Scoring at HK-BANK)\n  http://127.0.0.1:8000/deployments/" in letter.body
    assert make_round(on=due - timedelta(days=9), now=NOW).people == 0
    late = make_round(on=due + timedelta(days=30), now=NOW)
    assert (late.people, mail.outbox[1].subject) == (1, "AI governance office: 1 thing(s) on your seats, 1 late")
    assert make_round(on=due + timedelta(days=31), now=NOW).people == 0
    assert Notice.objects.count() == 2


def test_a_mail_that_fails_is_sent_the_next_day(owner, deployment, monkeypatch):
    make_requirement()
    recompute_gaps(on=DAY, actor=None)
    later = DAY + timedelta(days=400)

    def broken(self, fail_silently=False):
        raise OSError("no mail today")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", broken)
        with pytest.raises(Unsent, match="P-own. Check their e-mail addresses"):
            make_round(on=later, now=NOW)
    assert Notice.objects.count() == 0
    assert make_round(on=later, now=NOW).people == 1


@pytest.fixture
def aaron_and_zoe(office):
    """Two people with a gap each; the first in the order of names has left the firm."""
    people = [
        make_person(f"P-{name}", role="officer", email=f"{name}@example.com", name=name) for name in ("Aaron", "Zoe")
    ]
    make_requirement()
    for person in people:
        entity = make_entity(f"e-{person.ref.lower()}", owner=person)
        make_deployment(make_use_case(f"Of {person.name}", person), entity, owner=person)
    recompute_gaps(on=DAY, actor=None)
    return people


def test_one_refused_address_keeps_nobody_else_waiting_and_is_tried_again(aaron_and_zoe, monkeypatch):
    aaron, zoe = aaron_and_zoe
    hook = Webhook(name="h", url="https://example.com/in", events=["gap.due"], person=zoe)
    webhooks.save_webhook(webhook=hook, actor=zoe)
    later, send = DAY + timedelta(days=60), EmailMessage.send

    def refusing(self, fail_silently=False):
        if self.to == [aaron.email]:
            raise smtplib.SMTPRecipientsRefused({aaron.email: (550, b"no such user")})
        return send(self, fail_silently)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refusing)
        with pytest.raises(Unsent, match=r"1 digest\(s\) could not be sent: P-Aaron\."):
            make_round(on=later, now=NOW)
    assert [letter.to for letter in mail.outbox] == [[zoe.email]]
    assert not Notice.objects.filter(person=aaron).exists()
    assert Delivery.objects.get().event == "gap.due", "webhooks were told all the same"
    assert make_round(on=later, now=NOW).people == 1
    assert [letter.to for letter in mail.outbox] == [[zoe.email], [aaron.email]]


def test_a_mail_server_that_does_not_answer_is_asked_once_and_the_rest_of_the_round_is_made(aaron_and_zoe, monkeypatch):
    asked = []

    def closed(self):
        asked.append(self)
        raise ConnectionRefusedError

    hook = Webhook(name="h", url="https://example.com/in", events=["gap.due"], person=aaron_and_zoe[1])
    webhooks.save_webhook(webhook=hook, actor=aaron_and_zoe[1])
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.open", closed)
    with pytest.raises(Unsent, match=r"2 digest\(s\) could not be sent: P-Aaron, P-Zoe\."):
        make_round(on=DAY + timedelta(days=60), now=NOW)
    assert (len(asked), mail.outbox, Delivery.objects.count()) == (1, [], 1)


def test_who_has_no_address_is_counted_and_told_on_the_page(office):
    plain = make_person("P-plain", role="team_member")
    make_deployment(make_use_case("Scoring", plain), owner=plain)
    make_requirement()
    recompute_gaps(on=DAY, actor=None)
    assert make_round(on=DAY + timedelta(days=60), now=NOW) == Told(without_address=1)
    assert [item.kind for item in due_for(plain, DAY + timedelta(days=60))] == ["gap"]


def test_the_page_shows_what_is_near_or_late(owner, deployment):
    make_requirement()
    recompute_gaps(on=DAY - timedelta(days=100), actor=None)
    give_login(person=owner, username="own", actor=None, password="a-long-test-password")
    client = Client()
    client.login(username="own", password="a-long-test-password")
    page = client.get(reverse("home")).content.decode()
    assert "On your seats" in page
    assert "Close the gap: law.1" in page


def test_the_calendar_holds_one_event_a_thing_that_keeps_its_id_when_its_day_moves(owner, deployment):
    make_requirement()
    recompute_gaps(on=DAY, actor=None)
    _, text = make_key(
        person=owner, name="phone", access="calendar", created_on=today(), expires_on=today(), actor=owner
    )
    address = reverse("calendar", args=[text])

    def events() -> list:
        answer = Client().get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        return list(Calendar.from_ical(answer.content).walk("VEVENT"))

    (first,) = events()
    gap = Gap.objects.get()
    assert (first["SUMMARY"], first["DTSTART"].dt) == ("Close the gap: law.1", gap.due_on)
    Gap.objects.update(due_on=gap.due_on + timedelta(days=9))
    (moved,) = events()
    assert (moved["UID"], moved["DTSTART"].dt) == (first["UID"], gap.due_on + timedelta(days=9))


def test_a_calendar_key_opens_nothing_else_and_another_key_no_calendar(owner):
    told = {"person": owner, "created_on": today(), "expires_on": today(), "actor": owner}
    feed, reads = (make_key(name=access, access=access, **told)[1] for access in ("calendar", "read"))
    answer = Client().get("/api/v1/gaps/", headers={"authorization": f"Bearer {feed}"})
    assert (answer.status_code, "calendar feed only" in answer.json()["detail"]) == (401, True)
    assert Client().get(reverse("calendar", args=[reads])).status_code == 403
    assert Client().get(reverse("calendar", args=["ago_x_y"])).status_code == 403


def test_the_address_of_a_calendar_is_not_logged(owner, caplog):
    with caplog.at_level("INFO", logger="office.request"):
        Client().get("/calendar/ago_secret_text.ics")
    assert [record.path for record in caplog.records if record.name == "office.request"] == ["/calendar/…"]


def test_webhooks_hear_once_of_each_gap_whose_day_has_come(owner, deployment):
    hook = Webhook(name="h", url="https://example.com/in", events=["gap.due"], person=owner)
    webhooks.save_webhook(webhook=hook, actor=owner)
    make_requirement()
    recompute_gaps(on=DAY, actor=None)
    assert make_round(on=DAY, now=NOW).gaps_announced == 0
    later = DAY + timedelta(days=60)
    assert make_round(on=later, now=NOW).gaps_announced == 1
    assert make_round(on=later + timedelta(days=1), now=NOW).gaps_announced == 0
    assert Delivery.objects.get().body["gaps"][0]["requirement"] == "law.1"


def test_the_round_is_asked_for_once_a_day_and_again_after_it_failed(owner):
    midnight = NOW - timedelta(hours=5)
    job = ask_round(since=midnight, now=NOW)
    assert ask_round(since=midnight, now=NOW) is None
    Job.objects.filter(pk=job.pk).update(status="failed", created_at=NOW)
    assert ask_round(since=midnight, now=NOW + timedelta(minutes=59)) is None
    assert ask_round(since=midnight, now=NOW + timedelta(minutes=61)) is not None


def test_the_schedule_asks_for_the_round_and_a_worker_makes_it(owner):
    tick()
    job = Job.objects.get(kind="daily_round")
    assert jobs.run(job_id=job.pk, worker="w", clock=lambda: NOW)
    job.refresh_from_db()
    assert (job.status, job.result["people"]) == ("done", 0)
