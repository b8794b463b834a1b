"""A report of an earlier day says what the office knew then, and says the same whatever is written later.

The story, each day at ten in the morning in Hong Kong: on the 25th a deployment is there, answered for Hong Kong, its
control in place and mapped; on the 26th the mapping is approved, and a requirement decided; on the 27th the deployment
goes to the EU, too; on the 28th its evidence is taken away, its seat is handed over and a gap is seen; on the 29th a second
deployment comes, and a person takes another name.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import load_workbook

from controls.models import Control, Evidence
from controls.services import mappings as mapping_services
from frameworks.domain.applicability import to_json
from governance.inputs import position_of, position_on, positions_of, standing_gaps
from governance.models import AIModel, Answer, ApplicabilityDecision, Deployment, Gap
from governance.pages.duties import duties_of, standing_of
from governance.services import answers, inventory
from governance.services.gaps import recompute_gaps
from governance.workbook.sheets import crosswalk_sheets
from governance.workbook.sides import find_frameworks
from office.history import GONE, Past, Present, _revived, begins, reader_for, then_of
from office.models import JournalEvent, Person, Scope
from office.services import people, records, seats
from office.services.logins import give_login
from office.services.recording import recording, snapshot
from office.services.verify import recorded_models
from office.spreadsheet import write_xlsx
from tests.api.caller import Caller, furnish
from tests.makers import (
    make_control,
    make_deployment,
    make_entity,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 1)
STORY = range(25, 30)
PASSWORD = "a-long-test-password"
IN_EU = {"fact": "use_case.markets", "includes": "eu"}
KEY = "uc-story-hk-bank"
TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
Turn = Callable[[datetime], None]


def morning(day: int) -> datetime:
    """Ten in the morning in the office's zone, which is two in UTC."""
    return datetime(2026, 11, day, 2, tzinfo=UTC)


@pytest.fixture
def turn(monkeypatch) -> Turn:
    """Puts the clock on a moment."""

    def to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    to(morning(25))
    return to


def told(known_on: date | None, **how) -> str:
    """Everything that a report says of the office, its gaps and the story's first deployment, as one text."""
    whole, own = position_on(ON, known_on, **how), position_of(first(), ON, known_on, **how)
    gaps = standing_gaps(reader_for(known_on or ON), shown=True)
    return json.dumps(
        {
            "lines": [repr(line) for line in whole.lines],
            "own": [repr(line) for line in own.lines],
            "assessment": to_json(own.assessments[KEY], KEY, ON, ON),
            "gaps": [(gap.pk, gap.scope.key, gap.status, gap.due_on.isoformat(), str(gap.seat.holder)) for gap in gaps],
        }
    )


def first() -> Deployment:
    return Deployment.objects.select_related("scope").get(scope__key=KEY)


def lower(known_on: date | None, requirement: str, **how) -> int | None:
    """The lower bound of a requirement in the first deployment; None where it is not owed."""
    lines = position_of(first(), ON, known_on, **how).of_deployment(KEY)
    found = [line for line in lines if line.requirement == requirement and line.verdict.status == "applies"]
    return found[0].bounds.lower if found else None


@pytest.fixture
def story(turn, office, officer, ada, ben):
    """The office on the 10th of December, and what reports said in the evening of each day of the story."""
    said: dict[date, str] = {}

    def evening(day: int) -> None:
        turn(morning(day) + timedelta(hours=10))
        said[date(2026, 11, day)] = told(None)
        turn(morning(day + 1))

    make_requirement("law.1", applies_when=IN_EU)
    always = make_requirement("law.2")
    other = make_requirement("law.3", applies_when=IN_EU)
    make_requirement("rule.1", family="rule")
    entity = make_entity(owner=make_person("P-h"))
    deployment = make_deployment(make_use_case("Story", ada, ref="UC-STORY"), entity, stage="pilot")
    control = make_control(owner=ben)
    mapping = make_mapping(control, always, by=ada)
    make_proof(control, deployment.scope, ben)
    answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["hk"]}, actor=ada)
    evening(25)
    mapping_services.approve(mappings=[mapping], actor=officer)
    answers.decide(scope=deployment.scope, requirement=other, verdict="applies", reason="Sure.", actor=officer)
    evening(26)
    answers.answer_facts(subject=deployment.scope, answers={"use_case.markets": ["hk", "eu"]}, actor=ada)
    evening(27)
    records.delete_record(row=Evidence.objects.get(), actor=officer)
    seats.reassign(seat=deployment.seat, person=ben, on=date(2026, 11, 28), actor=None, reason="Leave")
    recompute_gaps(on=ON, actor=None)
    evening(28)
    make_deployment(make_use_case("Second", ada, ref="UC-SECOND"), entity)
    officer.name = "Olga Renamed"
    people.save_person(person=officer, actor=None)
    turn(datetime(2026, 12, 10, 2, tzinfo=UTC))
    return SimpleNamespace(said=said, deployment=deployment, control=control, mapping=mapping, entity=entity, ada=ada)


def test_each_day_says_what_was_known_by_its_end(story):
    days = [date(2026, 11, day) for day in STORY]
    assert [lower(day, "law.1") for day in days] == [None, None, 0, 0, 0], "the EU was answered on the 27th"
    assert [lower(day, "law.2") for day in days] == [0, 1, 1, 0, 0], "approved on the 26th, evidence gone on the 28th"
    assert [lower(day, "law.3") for day in days] == [None, 0, 0, 0, 0], "decided on the 26th"
    assert [len(position_on(ON, day).cases) for day in days] == [1, 1, 1, 1, 2]
    assert [len(standing_gaps(reader_for(day))) > 0 for day in days] == [False, False, False, True, True]


def test_what_was_said_on_the_day_is_said_again_to_the_byte_after_later_writes(story):
    assert len(story.said) == 4
    assert len(set(story.said.values())) == 4, "the days differ"
    for day, said in story.said.items():
        assert told(day) == said
    inventory.save_deployment(deployment=retired(story.deployment), actor=None)
    for answer in Answer.objects.all():
        with recording(actor=None, reason="test") as pen:
            pen.delete(answer)
    for day, said in story.said.items():
        assert told(day) == said


def retired(deployment: Deployment) -> Deployment:
    deployment.stage = "retired"
    return deployment


def test_a_person_is_shown_by_the_name_of_today_and_a_seat_by_the_tenures_of_then(story):
    on_26 = position_of(first(), ON, date(2026, 11, 26))
    (line,) = [line for line in on_26.of_deployment(KEY) if line.requirement == "law.3"]
    assert "Decided by Olga Renamed on 2026-11-26: Sure." in on_26.reasons(line).because
    holders = [str(standing_of(first(), Past(date(2026, 11, day))).deployment.seat.holder) for day in (27, 28)]
    assert holders == ["Ada Tester", "Ben Tester"]


def test_a_past_day_is_over_at_midnight_in_the_offices_zone(story, turn):
    night = datetime(2026, 12, 10, 15, 59, 59, tzinfo=UTC)
    for moment, markets in ((night, ["us"]), (night + timedelta(seconds=2), ["hk"])):
        turn(moment)
        answers.answer_facts(subject=story.deployment.scope, answers={"use_case.markets": markets}, actor=None)
    turn(datetime(2026, 12, 20, tzinfo=UTC))

    def markets_on(day: int) -> object:
        return position_of(first(), ON, date(2026, 12, day)).cases[KEY].facts.facts["use_case.markets"]

    assert [markets_on(day) for day in (9, 10, 11)] == [["hk", "eu"], ["us"], ["hk"]]


def test_what_was_not_there_yet_has_no_case_and_before_the_beginning_there_is_nothing(story):
    second = Deployment.objects.get(use_case__ref="UC-SECOND")
    found = positions_of([first(), second], ON, date(2026, 11, 28))
    assert [list(position.cases) for position in found.values()] == [[KEY], []]
    assert found[second.scope.key].lines == ()
    assert begins() == date(2026, 11, 25)
    before = position_on(ON, date(2026, 11, 24))
    assert (dict(before.cases), before.lines) == ({}, ())
    assert set(before.rows) == {"law.1", "law.2", "law.3", "rule.1"}, "the law has a clock of its own"


def test_todays_answers_can_be_held_against_the_law_of_then(story):
    day = date(2026, 11, 24)
    assert lower(day, "law.1", answers="now") == 0
    position = position_on(ON, day, answers="now")
    assert (position.known_on, len(position.cases)) == (day, 2)
    assert position.lines == position_on(ON, date(2026, 12, 10)).lines


def test_today_and_later_days_are_read_from_the_tables(turn, db):
    today = date(2026, 11, 25)
    assert [then_of(day) for day in (None, today, today + timedelta(days=1))] == [None, None, None]
    yesterday = today - timedelta(days=1)
    assert (then_of(yesterday), then_of(yesterday, "now")) == (yesterday, None)
    assert isinstance(reader_for(today), Present)
    assert isinstance(reader_for(yesterday), Past)
    assert begins() is None


def test_the_journal_gives_back_every_row_of_every_noun_in_the_order_of_the_tables(turn, office):
    furnish()
    deployment, model = Deployment.objects.first(), AIModel.objects.get()
    inventory.set_models(deployment=deployment, models=[model], actor=None)
    day, empty = timezone.localdate(), set()
    for model in recorded_models():
        past, present = Past(day).rows(model), Present().rows(model)
        assert [row.pk for row in past] == [row.pk for row in present], model
        assert [snapshot(row) for row in past] == [snapshot(row) for row in present], model
        names = [field.attname for field in model._meta.concrete_fields]
        assert Past(day).values(model, *names) == Present().values(model, *names), "the values have their types again"
        assert Past(day - timedelta(days=1)).rows(model) == [] or model.journal_personal, model
        empty |= set() if present else {model._meta.label}
    assert empty <= {
        "frameworks.CounselReview", "frameworks.RequirementItem", "frameworks.RequirementText", "office.ApiKey",
    }, "a noun without a row shows nothing"  # fmt: skip


def test_a_field_that_is_younger_than_the_event_takes_its_default_and_files_come_by_name(story):
    control = snapshot(story.control)
    del control["specific"], control["settings"]
    found = _revived(Control, {**control, "dropped_long_ago": 1})
    assert (found.specific, found.settings, found.pk) == (False, {}, story.control.pk)
    proof = JournalEvent.objects.get(noun="controls.evidence", verb="create").after
    found = _revived(Evidence, {**proof, "file": "2026/11/log.txt"})
    assert (found.file.name, found.valid_from) == ("2026/11/log.txt", date(2026, 11, 25))


def test_rows_are_narrowed_by_stored_fields_alike(story):
    then = Past(date(2026, 12, 9))
    for reader in (Present(), then):
        assert [row.key for row in reader.rows(Scope, kind=["entity"])] == ["hk-bank"]
        assert [row.scope.key for row in reader.rows(Deployment, "scope", scope__key={KEY})] == [KEY]
        assert reader.rows(Deployment, pk=[]) == []
    assert [row.pk for row in then.rows(Gap)] == [row.pk for row in Present().rows(Gap)]


def test_a_person_who_left_the_directory_is_named_so_and_a_part_goes_with_its_whole(story):
    decision, day = ApplicabilityDecision.objects.get(), date(2026, 12, 9)
    past = Past(day)
    past._noun(Person).pop(decision.decided_by_id)
    assert [str(row.decided_by) for row in past.rows(ApplicabilityDecision, "decided_by")] == [GONE]
    past = Past(day)
    past._noun(Scope).pop(decision.scope_id)
    assert past.rows(ApplicabilityDecision, "scope") == []


def test_a_deleted_row_is_there_until_the_day_of_its_deletion(story):
    assert [len(Past(date(2026, 11, day)).rows(Evidence)) for day in STORY] == [1, 1, 1, 0, 0]
    assert not Evidence.objects.exists()


def queries_of(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as caught:
        ask()
    return len(caught)


def test_looking_back_costs_the_same_number_of_queries_for_two_and_for_twenty_deployments(story, turn):
    def more(count: int, day: int) -> date:
        turn(datetime(2026, 12, day, 2, tzinfo=UTC))
        for number in range(count):
            case = make_use_case(f"Case {day} {number}", story.ada, ref=f"UC-{day}-{number}")
            made = make_deployment(case, story.entity, story.ada)
            answers.answer_facts(subject=made.scope, answers={"use_case.markets": ["hk"]}, actor=None)
        recompute_gaps(on=ON, actor=None)
        turn(datetime(2026, 12, day + 1, 2, tzinfo=UTC))
        return date(2026, 12, day)

    def ask(day: date) -> list[int]:
        return [
            queries_of(lambda: position_on(ON, day)),
            queries_of(lambda: positions_of(Deployment.objects.select_related("scope"), ON, day)),
            queries_of(lambda: standing_gaps(Past(day), shown=True)),
        ]

    few = ask(more(0, 11))
    day = more(18, 12)
    assert len(position_on(ON, day).cases) == 20
    turn(datetime(2026, 12, 14, 2, tzinfo=UTC))
    make_person("P-later")  # the head moves, so that nothing is kept from before
    assert ask(day) == few


def test_looking_back_reads_no_table_of_the_office_but_the_journal(story):
    day = date(2026, 11, 28)
    with CaptureQueriesContext(connection) as caught:
        position = position_of(first(), ON, day)
        duties_of(first(), position, Past(day))
        standing_of(first(), Past(day))
    looks = [query["sql"] for query in caught.captured_queries]
    read = {name for sql in looks if KEY not in sql for name in TABLE.findall(sql)}
    law = {name for name in read if name.startswith("frameworks_")}
    assert read - law == {"office_journalevent", "office_journalhead", "office_person"}


@pytest.fixture
def client(story) -> Client:
    give_login(person=story.ada, username="ada", actor=None, password=PASSWORD)
    people.grant(person=story.ada, role="auditor", scope=Scope.objects.get(kind="office"), actor=None)
    client = Client()
    client.login(username="ada", password=PASSWORD)
    return client


def page_of(client: Client, key: str = KEY, **asked: str):
    page = client.get(reverse("duties", args=[key]), {"on": str(ON), **asked})
    assert page.status_code == 200
    return page, " ".join(page.content.decode().split())


def test_the_page_says_which_day_it_shows_and_shows_the_gaps_and_the_holders_of_then(client, story):
    page, text = page_of(client, known_on="2026-11-28")
    assert "Answers and controls as they stood at the end of 2026-11-28" in text
    gaps = [row.gap for group in page.context["groups"] for row in group.applies if row.gap]
    assert {(str(gap.seat.holder), gap.requirement.ref) for gap in gaps} == {
        ("Ben Tester", ref) for ref in ("law.1", "law.2", "law.3", "rule.1")
    }
    assert "accountable: Ben Tester" in text
    seats.reassign(seat=story.deployment.seat, person=story.ada, on=date(2026, 12, 10), actor=None, reason="Back")
    assert TOKEN.sub("", page_of(client, known_on="2026-11-28")[1]) == TOKEN.sub("", text)
    page, text = page_of(client, known_on="2026-11-27")
    assert page.context["totals"]["gaps"] == 0
    assert "accountable: Ada Tester" in text
    assert "Answers and controls as they stand now" in page_of(client, known_on="2026-12-10")[1]


def test_the_page_of_a_day_before_the_records_is_a_card_with_a_way_out(client):
    page, text = page_of(client, known_on="2026-11-24")
    assert "The office's records begin on 2026-11-25" in text.replace("&#x27;", "'")
    link = "?on=2026-12-01&amp;known_on=2026-11-24&amp;answers=now"
    assert link in text
    assert "groups" not in page.context
    page, text = page_of(client, known_on="2026-11-24", answers="now")
    assert "law as known on 2026-11-24. Answers and controls as they stand now" in text
    assert page.context["totals"]["applies"] == 4
    second = Deployment.objects.get(use_case__ref="UC-SECOND").scope.key
    assert (
        "This deployment was not there yet at the end of 2026-11-28"
        in page_of(client, second, known_on="2026-11-28")[1]
    )


def test_the_api_takes_the_office_of_then_or_of_now(story):
    caller = Caller(make_person("P-api", role="officer"))
    base, before = f"deployments/{KEY}", f"on={ON}&known_on=2026-11-24"
    told = caller.get(f"{base}/duties/?{before}").json()
    assert (told["duties"], told["records_begin"]) == ([], "2026-11-25")
    assert len(caller.get(f"{base}/duties/?{before}&answers=now").json()["duties"]) == 4
    owed = caller.get(f"{base}/duties/?on={ON}&known_on=2026-11-28").json()["duties"]
    assert {row["requirement"]: (row["lower"], row["gap"] is None) for row in owed}["law.2"] == (0, False)
    owed = caller.get(f"{base}/duties/?on={ON}&known_on=2026-11-27").json()["duties"]
    assert {row["requirement"]: (row["lower"], row["gap"]) for row in owed}["law.2"] == (1, None)
    refused = caller.get(f"{base}/assessment/?{before}")
    assert refused.status_code == 404
    assert "answers=now" in refused.json()["detail"]
    assert caller.get(f"{base}/assessment/?{before}&answers=now").json()["known_on"] == "2026-11-24"
    none, all_of_it = (caller.get(f"coverage/?{before}{more}").json() for more in ("", "&answers=now"))
    assert (none["whole"]["applies"], none["records_begin"]) == (0, "2026-11-25")
    assert all_of_it["whole"]["applies"] == 4
    for path in (f"{base}/duties/", f"{base}/assessment/", "coverage/"):
        assert caller.get(f"{path}?answers=maybe").status_code == 400
    for path in (f"{base}/", f"{base}/questions/", "deployments/"):
        assert caller.get(f"{path}?answers=now").status_code == 400, "nobody else knows the word"


def test_the_crosswalk_shows_the_mappings_the_gaps_and_the_owners_of_the_day(story, tmp_path):
    other = make_requirement("rule.2", family="rule")
    make_mapping(story.control, other, relationship="subset")

    def sheets(known_on: date) -> dict[str, list[list]]:
        sides = find_frameworks(["law", "rule"], known_on)
        path = tmp_path / "x.xlsx"
        with path.open("wb") as target:
            write_xlsx(
                target, crosswalk_sheets(focal=sides[0], reference=sides[1], on=ON, known_on=known_on), title="x"
            )
        book = load_workbook(path)
        return {name: book.get_sheet_by_name(name).to_python()[1:] for name in book.sheet_names}

    now, then, before = (sheets(date(2026, *day)) for day in ((12, 10), (11, 27), (11, 24)))
    assert [len(found["Crosswalk"]) for found in (now, then, before)] == [1, 0, 0]
    assert [len(found["Gaps"]) > 0 for found in (now, then, before)] == [True, False, False]
    held = [{row[1]: row[3] for row in found["Owners"]} for found in (now, then, before)]
    assert [owners.get(KEY) for owners in held] == ["Ben Tester", "Ada Tester", None]
    assert "as they stood at the end of 2026-11-27" in str(then["Read me"])
    assert "records begin on 2026-11-25" in str(before["Read me"])
    assert "as they stand now" in str(now["Read me"])
