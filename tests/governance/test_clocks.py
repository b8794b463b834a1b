"""Running clocks: starting and stopping, who sees and hears of them, and the calendar of duties."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from frameworks.vocabulary_files import shipped_clocks
from governance.calendar_feed import feed
from governance.domain.due import AHEAD, clock_kind, time_left
from governance.inputs import due_items, position_on
from governance.models import RunningClock
from governance.pages.clocks import recurring_rows, running_rows, scopes_seen
from governance.querysets import clock_scopes
from governance.services import answers
from governance.services.clocks import start_clock, start_clocks, stop_clock
from governance.services.reminders import ROUND, due_for, make_round
from office.models import Job, JournalEvent, Scope
from office.services.logins import give_login
from office.services.rights import Forbidden
from tests.makers import make_deployment, make_entity, make_family, make_person, make_requirement, make_use_case

PASSWORD = "a-long-test-password"
NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)  # noon in Hong Kong, a Thursday
pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(office):
    return make_person("P-own", role="officer", email="own@example.com")


@pytest.fixture
def scope(owner):
    return make_deployment(make_use_case("Scoring", owner), owner=owner).scope


def start(scope, actor, clock="eu-incident", at=NOW, now=NOW, **over) -> RunningClock:
    return start_clock(scope=scope, clock=clock, started_at=at, actor=actor, now=now, **over)


def stop(row, actor, at=NOW, proof="Reported; receipt 7731.", now=NOW, **over):
    return stop_clock(running=row, done_at=at, proof=proof, actor=actor, now=now, **over)


def signed_in(person) -> Client:
    give_login(person=person, username=person.ref, actor=None, password=PASSWORD)
    client = Client()
    assert client.login(username=person.ref, password=PASSWORD)
    return client


def words(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


# --- the verbs ---------------------------------------------------------------------------------------------------------


def test_a_clock_runs_until_its_deadline_counted_in_the_offices_zone(owner, scope):
    by_hours, by_days = start(scope, owner, "hk-ci-incident-serious"), start(scope, owner, "eu-incident")
    assert by_hours.due_at == NOW + timedelta(hours=12)
    assert timezone.localtime(by_days.due_at).isoformat() == "2026-12-11T23:59:59+08:00"
    assert start(scope, owner, "cn-algo-filing").caveat.startswith("Working days are counted Monday to Friday")
    assert by_days.caveat == ""
    assert str(by_days) == "Report a serious incident, EU in Scoring at HK-BANK"


def test_one_incident_starts_several_clocks_at_one_moment_all_or_none(owner, scope):
    keys = ["cn-incident-operator", "hk-ci-incident-serious", "eu-incident", "eu-incident"]
    made = start_clocks(scope=scope, clocks=keys, started_at=NOW, note="INC-7", actor=owner, now=NOW)
    assert [(row.clock, row.started_at, row.note) for row in made] == [(key, NOW, "INC-7") for key in keys[:3]]
    assert JournalEvent.objects.filter(noun="governance.runningclock").values("batch").distinct().count() == 1
    with pytest.raises(ValidationError, match="There is no clock “eu-incidnet”"):
        start_clocks(scope=scope, clocks=["eu-incident", "eu-incidnet"], started_at=NOW, actor=owner, now=NOW)
    assert RunningClock.objects.count() == 3


REFUSED = [  # clock, start, sentence
    ("cn-companion-reminder", NOW, "kept by the product itself"),
    ("eu-incident", NOW + timedelta(minutes=1), "still to come"),
    ("eu-incident", datetime(1026, 1, 1, tzinfo=UTC), "no year in which a clock starts"),
    ("cn-export-extension", datetime(9999, 1, 1, tzinfo=UTC), "no year in which a clock starts"),
]


@pytest.mark.parametrize(("clock", "at", "sentence"), REFUSED)
def test_a_start_that_makes_no_sense_is_refused(owner, scope, clock, at, sentence):
    with pytest.raises(ValidationError, match=sentence):
        start(scope, owner, clock, at)


def test_without_a_clock_nothing_is_started(owner, scope):
    with pytest.raises(ValidationError, match="at least one clock"):
        start_clocks(scope=scope, clocks=[], started_at=NOW, actor=owner, now=NOW)


def test_what_must_be_done_before_an_event_starts_from_a_day_to_come(owner, scope):
    expiry = datetime(2027, 11, 26, 4, tzinfo=UTC)
    row = start(scope, owner, "cn-export-extension", expiry)
    assert NOW < row.due_at < expiry
    assert stop(row, owner) is None, "and is done before that day"


def test_a_clock_is_stopped_with_proof_once_and_its_row_stays(owner, scope):
    row = start(scope, owner)
    with pytest.raises(ValidationError, match="Say what was done"):
        stop(row, owner, proof="  ")
    later = NOW + timedelta(days=1)
    assert stop(row, owner, at=later, now=later) is None
    row.refresh_from_db()
    assert (row.stopped_at, row.stopped_by, row.proof) == (later, owner, "Reported; receipt 7731.")
    assert not RunningClock.objects.running().exists()
    with pytest.raises(ValidationError, match="was stopped already"):
        stop(row, owner, at=later, now=later)


@pytest.mark.parametrize("days", [-1, 1])
def test_it_was_done_after_the_start_and_not_in_time_to_come(owner, scope, days):
    row = start(scope, owner)
    with pytest.raises(ValidationError, match="between the start of the clock and this moment"):
        stop(row, owner, at=NOW + timedelta(days=days))


def test_a_duty_that_comes_again_starts_its_next_run_when_it_was_done(owner, scope):
    first = start(scope, owner, "hk-ci-audit", datetime(2025, 1, 10, 4, tzinfo=UTC))
    done = datetime(2026, 11, 20, 4, tzinfo=UTC)
    following = stop(first, owner, at=done)
    assert (following.started_at, following.stopped_at) == (done, None)
    assert timezone.localtime(following.due_at).date() == date(2028, 11, 20)
    events = JournalEvent.objects.filter(noun="governance.runningclock", object_id__in=[first.pk, following.pk])
    assert events.order_by("-seq")[0].batch == events.order_by("-seq")[1].batch, "one step, both or none"


def test_a_duty_that_fell_away_ends_without_a_next_run(owner, scope):
    first = start(scope, owner, "hk-ci-audit")
    assert stop(first, owner, again=False) is None
    assert not RunningClock.objects.running().exists()


def test_a_duty_that_comes_again_runs_once_in_a_subject_and_an_event_as_often_as_it_happens(owner, scope):
    start(scope, owner, "hk-ci-audit")
    with pytest.raises(ValidationError, match="runs here already"):
        start(scope, owner, "hk-ci-audit")
    start(scope.parent, owner, "hk-ci-audit")
    start(scope, owner), start(scope, owner)
    assert RunningClock.objects.count() == 4


def test_the_database_refuses_half_a_stop_and_a_clock_without_a_name(owner, scope):
    row = start(scope, owner)
    for change in ({"stopped_at": NOW}, {"proof": "x"}, {"stopped_by": owner}, {"clock": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RunningClock.objects.filter(pk=row.pk).update(**change)


def test_a_clock_that_a_later_list_does_not_know_is_shown_by_its_key_and_can_be_stopped(owner, scope):
    row = start(scope, owner, "hk-ci-audit")
    RunningClock.objects.filter(pk=row.pk).update(clock="gone")
    row.refresh_from_db()
    assert (row.title, row.rule, row.caveat, row.is_kept, row.is_waiting) == ("gone", None, "", False, False)
    assert stop(row, owner) is None


# --- who may, who sees -------------------------------------------------------------------------------------------------


@pytest.fixture
def people(owner, scope):
    """No role, the other entity's officer, an auditor, a team member with the use case, the entity's officer."""
    other = make_entity("eu-bank", "eu", make_person("P-eu"))
    team = make_person("P-team", role="team_member", scope=scope.parent)
    make_deployment(make_use_case("Theirs", team), scope.parent)
    return {
        "none": make_person("P-none"),
        "foreign": make_person("P-for", role="officer", scope=other),
        "auditor": make_person("P-aud", role="auditor"),
        "team": team,
        "right": make_person("P-right", role="officer", scope=scope.parent),
    }


def test_only_officers_of_the_scope_start_and_stop(people, owner, scope):
    row = start(scope, owner)
    for name in ("none", "foreign", "auditor", "team"):
        with pytest.raises(Forbidden):
            start(scope, people[name])
        with pytest.raises(Forbidden):
            stop(row, people[name])
    assert start(scope, people["right"]).recorded_by == people["right"]
    assert stop(row, people["right"]) is None


def test_clocks_are_seen_by_role_by_seat_and_for_ones_own_use_cases(people, owner, scope):
    start(scope, owner)
    start(Scope.objects.get(key="eu-bank"), owner)
    mine = start(people["team"].use_cases_registered.get().deployments.get().scope, owner)
    seen = {name: set(RunningClock.objects.visible_to(person)) for name, person in people.items()}
    assert {name: len(rows) for name, rows in seen.items()} == {
        "none": 0, "foreign": 1, "auditor": 3, "team": 1, "right": 2,
    }  # fmt: skip
    assert seen["team"] == {mine}
    sits = scope.parent.entity.seat.holder
    assert set(RunningClock.objects.visible_to(sits)) == set(), "the seat of the entity, not of what is below it"
    start(scope.parent, owner, "hk-ci-audit")
    assert {row.clock for row in RunningClock.objects.visible_to(sits)} == {"hk-ci-audit"}
    assert not clock_scopes(None).exists()
    assert not RunningClock.objects.visible_to(None).exists()


# --- who hears of it ---------------------------------------------------------------------------------------------------


def test_a_clock_of_hours_is_told_at_once_and_others_in_their_window(owner, scope):
    now = timezone.now()
    start(scope, owner, "cn-incident-cii", now, now)
    (job,) = Job.objects.filter(kind=ROUND)
    start(scope, owner, "cn-incident-operator", now, now)
    assert Job.objects.filter(kind=ROUND).get() == job, "the round that waits sees both"
    start(scope, owner, "eu-certificate-annex-iii", now, now)
    day = timezone.localdate()
    assert {item.kind for item in due_for(owner, day)} == {"clock_hours"}
    assert {item.kind for item in due_items(owner)} == {"clock_hours", "clock_long"}
    assert make_round(on=day, now=now).things == 2
    assert re.search(r"- \d{4}-\d\d-\d\d \d\d:\d\d  Report a cyber incident of critical infr", mail.outbox[0].body)
    assert make_round(on=day, now=now).people == 0


def test_who_sits_on_the_seat_of_the_subject_is_told_and_after_the_stop_nobody(owner, scope):
    row = start(scope, owner)
    assert [(item.id, item.path) for item in due_items(owner)] == [(row.pk, f"/calendar/#clock-{row.pk}")]
    assert due_items(make_person("P-else")) == []
    stop(row, owner)
    assert due_items(owner) == []


def test_the_feed_holds_hours_at_their_minute_and_days_as_days(owner, scope):
    start(scope, owner, "hk-ci-incident-serious"), start(scope, owner)
    events = Calendar.from_ical(feed(due_items(owner), NOW)).walk("VEVENT")
    days = {str(event["SUMMARY"]): event["DTSTART"].dt for event in events}
    assert days["Notify a serious incident of a critical computer system"] == NOW + timedelta(hours=12)
    assert days["Report a serious incident, EU"] == date(2026, 12, 11)


def test_what_was_kept_long_enough_is_told_when_the_time_is_over_and_is_never_late(owner, scope):
    start(scope, owner, "eu-deployer-logs", NOW - timedelta(days=400))
    (item,) = due_items(owner)
    assert (item.kind, item.title) == ("clock_kept", "The time to keep it is over: Keep automatic logs as a deployer")
    (row,) = running_rows(owner, NOW)
    assert (row.left, row.is_late) == ("the time is over", False)


@pytest.mark.parametrize(
    ("unit", "kept", "kind"),
    [("hours", False, "clock_hours"), ("days", False, "clock_days"), ("working_days", False, "clock_days"),
     ("months", False, "clock_long"), ("years", False, "clock_long"), ("years", True, "clock_kept"), ("", False, "clock_days")],
)  # fmt: skip
def test_the_kind_of_a_clock_follows_its_unit(unit, kept, kind):
    assert clock_kind(unit, kept=kept) == kind
    assert kind in AHEAD


def test_every_clock_of_hours_is_shorter_than_its_window():
    hours = [one.amount for one in shipped_clocks().clocks.values() if one.unit == "hours"]
    assert max(hours) <= AHEAD["clock_hours"] * 24


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 h 0 min left"), (65, "1 h 5 min left"), (-5, "0 h 5 min late"), (1500, "1 day 1 h left"), (-4320, "3 days 0 h late")],
)  # fmt: skip
def test_the_time_left_is_told_in_two_units(minutes, words):
    assert time_left(NOW + timedelta(minutes=minutes), NOW) == words


# --- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_late_first_and_stops_it_with_proof(owner, scope):
    now = timezone.now()
    start(scope, owner, "eu-incident", now, now)
    late = start(scope, owner, "cn-incident-cii", now - timedelta(hours=3), now)
    client = signed_in(owner)
    page = words(client.get(reverse("clocks")))
    assert "What runs: 1 late" in page
    assert "2 h 0 min late" in page
    assert page.index("Report a cyber incident of critical") < page.index("Report a serious incident, EU")
    url = reverse("stop-clock", args=[late.pk])
    assert "What was done?" in words(client.get(url))
    assert "This field is required" in words(client.post(url, {"done_at": "2026-11-26T12:00", "proof": ""}))
    assert "between the start of the clock" in words(client.post(url, {"done_at": "2001-01-01T12:00", "proof": "Yes"}))
    done = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    page = words(client.post(url, {"done_at": done, "proof": "Receipt 7731"}, follow=True))
    assert "is stopped." in page
    assert client.get(url).status_code == 404, "it runs no more"


def test_the_page_of_an_empty_office_says_what_to_do(owner):
    page = words(signed_in(owner).get(reverse("clocks")))
    assert "No clock runs where you look. When something happens, choose the event below" in page
    assert "No duty with a cycle of its own applies where you look" in page
    assert "10 clocks" in page, "the incident's"


def owes(ref: str = "HK-CI-05", **over):
    """A requirement of a shipped clock, in a family of the test that everybody follows."""
    return make_requirement(ref, owed_by=over.pop("owed_by", "entity"), **over)


def test_a_recurring_duty_that_applies_was_never_recorded_until_it_is_started(owner, scope):
    owes()
    client = signed_in(owner)
    page = client.get(reverse("clocks"))
    assert "Independent audit of critical computer systems" in words(page)
    assert "never recorded: start it" in words(page)
    link = re.search(r'href="([^"]*only=hk-ci-audit[^"]*)"', page.content.decode())[1].replace("&amp;", "&")
    assert link == f"{reverse('start-clocks')}?only=hk-ci-audit&subject=hk-bank"
    assert "When was it last done?" in words(client.get(link))
    client.post(reverse("start-clocks"), {"only": "hk-ci-audit", "event": "cycle", "subject": "hk-bank",
                                          "at": "2026-01-10T09:00", "clock": "hk-ci-audit"})  # fmt: skip
    page = words(client.get(reverse("clocks")))
    assert "every 24 months 2026-01-10 2028-01-10" in page
    assert "never recorded" not in page


def test_recurring_duties_are_those_that_apply_now_or_later_and_are_followed(owner, scope):
    owes("HK-CI-05", routes=[{"legal_from": "2030-01-01"}])
    owes("HK-CI-04", applies_when={"fact": "hk.presence", "is": True})
    make_family("other")
    followed = make_requirement("CN-AUD-01", family="other", owed_by="entity")

    def listed() -> list[str]:
        position, now = position_on(timezone.localdate()), timezone.now()
        rows = recurring_rows(owner, position, scopes_seen(owner), now)
        return sorted(row.clock.key for row in rows)

    assert listed() == ["cn-pi-audit", "hk-ci-audit"], "the one that may apply is a question first"
    answers.adopt(scope=scope.parent, family=followed.family, adopted=False, reason="Not ours.", actor=owner)
    assert listed() == ["hk-ci-audit"]


def test_an_event_shows_every_deadline_before_anything_is_saved_then_starts_what_was_ticked(owner, scope):
    owes("HK-CI-08")
    owes("eu-ai-act.art-73-3", applies_when={"fact": "hk.presence", "is": True}, owed_by="deployment")
    client, url = signed_in(owner), reverse("start-clocks")
    assert "When did you become aware of it?" in words(client.get(url, {"event": "incident"}))
    asked = {"event": "incident", "subject": scope.key, "at": "2026-11-26T12:00"}
    page = client.get(url, asked)
    text = words(page)
    assert "2026-11-27 00:00 within 12 hours" in text
    assert "2026-12-11 23:59 within 15 days" in text
    assert "HK-CI-08: applies here" in text
    assert "eu-ai-act.art-73-3: may apply: questions are open" in text
    assert "CN-INC-01: does not apply here, by the answers" in text
    ticked = set(re.findall(r'value="([a-z-]+)" checked', page.content.decode()))
    assert ticked == {"hk-ci-incident-serious", "hk-ci-incident-other", "hk-ci-incident-report"}
    assert not RunningClock.objects.exists()
    page = client.post(
        url, {**asked, "clock": ["hk-ci-incident-serious", "hk-ci-incident-report"], "note": "INC-9"}, follow=True
    )
    assert "2 clock(s) run in Scoring at HK-BANK. The first is due 2026-11-27 00:00." in words(page)
    assert set(RunningClock.objects.values_list("clock", "note")) == {
        ("hk-ci-incident-serious", "INC-9"), ("hk-ci-incident-report", "INC-9"),
    }  # fmt: skip


def test_a_start_that_is_refused_keeps_what_was_typed(owner, scope):
    client, url = signed_in(owner), reverse("start-clocks")
    given = {"event": "incident", "subject": scope.key, "at": "2026-11-26T12:00", "note": "INC-9"}
    page = client.post(url, given)
    assert "Choose at least one clock." in words(page)
    assert 'value="INC-9"' in page.content.decode()
    page = client.post(url, {**given, "at": "2099-01-01T12:00", "clock": "eu-incident"})
    assert "still to come" in words(page)
    assert "Write a year from 1990" in words(client.get(url, {**given, "at": "1200-01-01T12:00"}))
    assert "valid date/time" in words(client.get(url, {**given, "at": "soon"}))
    assert "Select a valid choice" in words(client.get(url, {**given, "subject": "nowhere"}))
    assert not RunningClock.objects.exists()


@pytest.mark.parametrize("query", ["", "?event=party", "?event=cycle", "?only=cn-companion-reminder", "?only=nothing"])
def test_an_event_that_starts_nothing_is_not_there(owner, scope, query):
    assert signed_in(owner).get(reverse("start-clocks") + query).status_code == 404


def test_a_team_member_looks_and_an_officer_of_the_entity_acts_there_only(people, owner, scope):
    row = start(scope, owner)
    foreign = start(Scope.objects.get(key="eu-bank"), owner)
    expected = {"none": (200, 403, 404), "auditor": (200, 403, 403), "team": (200, 403, 404), "right": (200, 200, 200)}
    for name, statuses in expected.items():
        client = signed_in(people[name])
        urls = (reverse("clocks"), f"{reverse('start-clocks')}?event=incident", reverse("stop-clock", args=[row.pk]))
        assert tuple(client.get(url).status_code for url in urls) == statuses, name
        assert client.get(reverse("stop-clock", args=[foreign.pk])).status_code == (403 if name == "auditor" else 404)
    page = client.get(f"{reverse('start-clocks')}?event=incident").content.decode()
    assert 'value="hk-bank"' in page
    assert 'value="eu-bank"' not in page


def test_the_page_takes_as_many_queries_for_many_clocks_as_for_few(owner, scope):
    owes()
    client = signed_in(owner)

    def count() -> int:
        client.get(reverse("clocks"))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("clocks")).status_code == 200
        return len(caught)

    start(scope, owner)
    few = count()
    for number in range(6):
        place = make_deployment(make_use_case(f"Use {number}", owner), make_entity(f"e-{number}", owner=owner)).scope
        start_clocks(
            scope=place,
            clocks=["eu-incident", "cn-incident-cii", "eu-documentation"],
            started_at=NOW,
            actor=owner,
            now=NOW,
        )
        start(place.parent, owner, "hk-ci-audit")
    assert count() == few
    url = f"{reverse('start-clocks')}?event=incident&subject={scope.key}&at=2026-11-26T12:00"
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    shown = len(caught)
    start_clocks(scope=scope, clocks=["eu-incident", "eu-incident-death"], started_at=NOW, actor=owner, now=NOW)
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        client.get(url)
    assert len(caught) == shown


def test_what_comes_due_takes_as_many_queries_for_many_clocks_as_for_one(owner, scope):
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            due_items()
        return len(caught)

    start(scope, owner)
    few = count()
    for _ in range(10):
        start(scope, owner)
    assert count() == few


def test_what_is_late_and_what_was_recorded_is_counted_beyond_the_end_of_the_list(owner, scope, monkeypatch):
    owes()
    now = timezone.now()
    start(scope.parent, owner, clock="hk-ci-audit", at=now - timedelta(days=90), now=now)
    for hours in (900, 901):
        start(scope, owner, at=now - timedelta(hours=hours), now=now)
    monkeypatch.setattr("governance.pages.clocks.AT_MOST", 1)
    monkeypatch.setattr("governance.views.clocks.AT_MOST", 1)
    page = signed_in(owner).get(reverse("clocks"))
    (duty,) = page.context["recurring"]
    assert (duty.run is not None, page.context["late"], page.context["capped"]) == (True, 2, True)
    assert "never recorded" not in words(page)
