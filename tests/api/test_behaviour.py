"""What a program meets: refusals in one shape, nothing lost unseen, nothing done twice, nothing leaked."""

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from controls.models import Attestation, ControlMapping, Evidence
from frameworks.models import Requirement
from governance.models import Gap, RunningClock, Supplier
from office.models import ApiKey, Job, JournalEvent, Person, Replay
from office.rest.viewsets import Nouns
from office.services import api_keys, jobs, replays
from office.today import today
from tests.api.caller import Caller
from tests.makers import make_deployment, make_entity, make_person, make_requirement, make_use_case, reword

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


def problem(answer, status: int) -> dict:
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), answer.content
    body = answer.json()
    assert body["status"] == status
    assert set(body) <= {"type", "title", "status", "detail", "errors"}
    return body


def test_all_problems_of_a_request_come_back_at_once_each_with_its_place(officer):
    told = problem(
        officer.post("control-mappings/", {"control": "C-3", "requirement": "law.1", "strength": "9", "wieght": 1}), 400
    )
    assert {error["pointer"]: error["detail"] for error in told["errors"]} == {
        "#/wieght": "There is no field “wieght”.",
        "#/control": 'There is no control “C-3”. Did you mean "C-2"?',
        "#/strength": "A valid integer is required.",
    }
    assert told["detail"] == "3 problem(s); nothing was written."


def test_the_same_mistake_gives_the_same_sentence_as_the_model_has_for_every_door(officer):
    told = problem(officer.post("control-mappings/", {"control": "C-1", "requirement": "law.2"}), 400)
    assert told["detail"] == "This control is already mapped to this requirement; change that mapping."
    told = problem(
        officer.post("control-mappings/", {"control": "C-1", "requirement": "law.1", "relationship": "is"}), 400
    )
    assert told["errors"][0]["detail"].startswith("relationship must be one of: equal, superset")


def test_what_is_only_shown_is_not_written(officer):
    pk = ControlMapping.objects.earliest("pk").pk
    told = problem(officer.seen("patch", f"control-mappings/{pk}/", {"status": "approved"}), 400)
    assert told["errors"] == [{"detail": "This is shown, not written. Leave it out.", "pointer": "#/status"}]


def test_a_write_needs_the_tag_of_what_was_read_and_a_stale_one_writes_nothing(officer):
    first = officer.get("suppliers/acme/")
    assert problem(officer.call("patch", "suppliers/acme/", {"country": "FR"}), 428)["detail"].startswith(
        "Send If-Match"
    )
    done = officer.call("patch", "suppliers/acme/", {"country": "FR"}, **{"if-match": first["ETag"]})
    assert (done.status_code, done["ETag"] != first["ETag"]) == (200, True)
    again = officer.call("patch", "suppliers/acme/", {"country": "DE"}, **{"if-match": first["ETag"]})
    assert "has changed since you read it" in problem(again, 412)["detail"]
    assert Supplier.objects.get(key="acme").country == "FR"
    events = JournalEvent.objects.filter(noun="governance.supplier", verb="change")
    assert [event.actor_ref for event in events] == ["P-off"]


def test_who_has_the_newest_state_already_gets_only_that_word(officer):
    tag = officer.get("suppliers/acme/")["ETag"]
    assert officer.get("suppliers/acme/", **{"if-none-match": tag}).status_code == 304


def test_a_creation_repeated_with_its_key_is_done_once_and_answered_the_same(officer):
    body = {"key": "b", "name": "B"}
    first = officer.post("suppliers/", body, **{"idempotency-key": "one"})
    again = officer.post("suppliers/", body, **{"idempotency-key": "one"})
    assert (first.status_code, again.status_code, first.json() == again.json()) == (201, 201, True)
    assert (again["Idempotency-Replayed"], again["ETag"], again["Location"]) == (
        "true",
        first["ETag"],
        first["Location"],
    )
    other = officer.post("suppliers/", body | {"name": "C"}, **{"idempotency-key": "one"})
    assert "came before with another content" in problem(other, 422)["detail"]
    problem(officer.post("suppliers/", body, **{"idempotency-key": "a b"}), 400)
    assert Supplier.objects.filter(key="b").count() == 1
    assert replays.forget(now=timezone.now() + timedelta(days=8)) == 1


def test_a_refused_creation_leaves_its_key_free(officer):
    problem(officer.post("suppliers/", {"key": "b"}, **{"idempotency-key": "one"}), 400)
    assert Replay.objects.count() == 0
    assert officer.post("suppliers/", {"key": "b", "name": "B"}, **{"idempotency-key": "one"}).status_code == 201


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ({"revoked_on": today()}, "was revoked"),
        ({"expires_on": today() - timedelta(days=1), "created_on": today() - timedelta(days=9)}, "expired on"),
    ],
)
def test_a_key_that_was_revoked_or_ran_out_opens_nothing(officer, spoil, sentence):
    ApiKey.objects.filter(pk=officer.key.pk).update(**spoil)
    answer = officer.get("gaps/")
    assert sentence in problem(answer, 401)["detail"]
    assert answer["WWW-Authenticate"] == "Bearer"


def test_the_key_of_a_deactivated_person_opens_nothing(callers, people):
    Person.objects.filter(pk=people["team"].pk).update(is_active=False)
    assert "no longer active" in problem(callers["team"].get("gaps/"), 401)["detail"]


@pytest.mark.parametrize("text", ["", "ago_", "ago_00000000_x", "x" * 5000, "ago_ü_ü"])
def test_a_made_up_key_learns_nothing(callers, text):
    answer = callers["nobody"].get(
        "gaps/", authorization=f"Bearer {text}".encode("latin-1", "replace").decode("latin-1")
    )
    assert "is not known" in problem(answer, 401)["detail"]


def test_a_key_says_when_it_was_used_and_the_journal_does_not_care(officer):
    officer.get("gaps/")
    assert ApiKey.objects.get(pk=officer.key.pk).last_used_at is not None
    assert not JournalEvent.objects.filter(noun="office.apikey", verb="change").exists()


def test_no_key_that_writes_for_who_does_not_and_none_longer_than_a_year(people):
    told = {"name": "n", "created_on": today(), "actor": None}
    with pytest.raises(Exception, match="has no role that writes"):
        api_keys.make_key(person=people["auditor"], access="write", expires_on=today(), **told)
    with pytest.raises(Exception, match="a year at most"):
        api_keys.make_key(person=people["team"], access="read", expires_on=today() + timedelta(days=400), **told)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{", "is not JSON"),
        ("[1]", "Send one JSON object"),
        ('{"key": "a", "key": "b"}', "stands there twice"),
        ('{"name": "a\\u0000b"}', "may not contain NUL"),
        ('{"name": "\\ud800"}', "half a character"),
        ('{"name": NaN}', "NaN is not a number"),
        ('{"name": 99999999999999999999999}', "too large a number"),
        ('{"name": 1e999}', "too large"),
        ('{"name": ' + "[" * 60 + "]" * 60 + "}", "nested deeper"),
        ('{"name": ' + "[" * 100_000 + "]" * 100_000 + "}", "too deep"),
        (b'{"name": "\xff"}', "not UTF-8"),
    ],
)
def test_a_body_that_cannot_be_kept_is_refused_in_a_sentence(officer, body, sentence):
    assert sentence in problem(officer.post("suppliers/", body), 400)["detail"]


@pytest.mark.parametrize("form", [{"title": "a\0b"}, {"collected_by": "P\0"}, {"implementation": "\0"}, {"a\0": "1"}])
def test_a_form_that_cannot_be_kept_is_refused_likewise(officer, form):
    whole = {"implementation": "1", "title": "Log", "valid_from": "2026-11-01"} | form
    answer = officer.client.post("/api/v1/evidence/", whole, headers={"authorization": f"Bearer {officer.text}"})
    assert "may not contain NUL" in problem(answer, 400)["detail"]


def test_a_body_without_end_is_refused(officer):
    assert problem(officer.post("suppliers/", '{"name": "' + "x" * 3_000_000 + '"}'), 413)["detail"].startswith(
        "The request is"
    )


def test_another_content_type_is_refused(officer):
    answer = officer.client.post(
        "/api/v1/suppliers/", "key=a", content_type="text/plain", headers={"authorization": f"Bearer {officer.text}"}
    )
    problem(answer, 415)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("statu=open", "#/statu"), ("status=opn", "#/status"), ("status=", "#/status"), ("page_size=9999", "#/page_size"),
        ("page=0", "#/page"), ("page=x", "#/page"), ("ordering=colour", "#/ordering"), ("due_before=soon", "#/due_before"),
        ("seat=99999999999999999999", "#/seat"), ("search=" + "x" * 300, "#/search"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_not_understood_never_shows_everything(officer, query, place):
    told = problem(officer.get(f"gaps/?{query}"), 400)
    assert [error["pointer"] for error in told["errors"]] == [place]


def test_a_page_behind_the_last_and_an_address_that_is_none_are_not_found(officer):
    problem(officer.get("gaps/?page=99"), 404)
    problem(officer.get("gapz/"), 404)
    problem(officer.call("post", "/api/nothing", {}), 404)


def test_lists_filter_order_and_page(officer):
    rows = officer.get("gaps/?status=open&kind=deployment&ordering=-due_on,severity&page_size=1").json()
    assert (rows["count"] > 1, len(rows["results"]), "page=2" in rows["next"]) == (True, 1, True)
    assert officer.get("gaps/?subject=uc-mine-hk-bank&requirement=law.1").json()["count"] == 1
    assert officer.get("persons/?role=officer&ordering=name").json()["count"] == 3
    assert officer.get("approvals/?endless=true").json()["count"] == 1
    assert officer.get("approvals/?endless=false").json()["count"] == 0
    assert officer.get("use-cases/?search=mine").json()["count"] == 1


def test_who_calls_too_often_waits(officer, settings):
    cache.clear()
    settings.API_RATES = {"read": "3/min", "write": "1/min"}
    answers = [officer.get("families/").status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    answer = officer.get("families/")
    problem(answer, 429)
    assert int(answer["Retry-After"]) > 0
    assert officer.post("assess/", {}).status_code == 200, "writes are counted apart"
    cache.clear()


def test_a_fault_of_ours_tells_a_number_and_nothing_else(officer, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("governance.api.gaps.GapViewSet.filter_queryset", broken)
    officer.client.raise_request_exception = False
    told = problem(officer.get("gaps/"), 500)
    assert "Tell the office number" in told["detail"]
    assert "secret" not in str(told)


def test_the_law_is_given_as_it_was_known_and_placed_on_the_day(officer):
    reword(Requirement.objects.get(ref="law.1"), "Do it anew")
    assert officer.get("requirements/law.1/").json()["title"] == "Do it anew"
    before = officer.get("requirements/law.1/?known_on=2026-01-01").json()
    assert (before["title"], before["known_until"], before["timing"]) == ("Do law.1", "2026-06-01", "in_force")
    assert officer.get("requirements/law.1/?on=2025-01-01&known_on=2026-01-01").json()["timing"] == "upcoming"
    told = problem(officer.get("requirements/?on=tomorrow"), 400)
    assert told["errors"][0] == {"detail": "“tomorrow” is not a day. Write it like 2026-11-22.", "pointer": "#/on"}


def test_evidence_goes_up_and_comes_down_as_it_was_and_only_where_it_belongs(callers, officer):
    place = Evidence.objects.filter(implementation__scope__key="hk-bank").get().implementation_id
    content = b"=cmd|' /C calc'!A0 log"
    form = {"implementation": place, "title": "Log", "valid_from": "2026-11-01"}
    headers = {"authorization": f"Bearer {officer.text}", "idempotency-key": "up"}

    def upload():
        file = SimpleUploadedFile("log.txt", content)
        return officer.client.post("/api/v1/evidence/", form | {"file": file}, headers=headers)

    first, again = upload(), upload()
    assert (first.status_code, again.json()["id"], Evidence.objects.filter(title="Log").count()) == (
        201,
        first.json()["id"],
        1,
    )
    row = Evidence.objects.get(title="Log")
    assert (first.json()["sha256"], first.json()["collected_by"]) == (row.sha256, "P-off")
    down = callers["entity_officer"].get(f"evidence/{row.pk}/download/")
    assert b"".join(down.streaming_content) == content
    assert down["Content-Disposition"].startswith("attachment")
    Evidence.objects.filter(pk=row.pk).update(
        implementation=Evidence.objects.exclude(implementation=place).first().implementation
    )
    problem(callers["entity_officer"].get(f"evidence/{row.pk}/download/"), 404)


def test_a_word_is_kept_as_it_was_given_or_not_at_all_and_can_be_taken_back(officer):
    both = list(ControlMapping.objects.values_list("pk", flat=True))
    word = {"requirement": "law.2", "scope": "eu-bank", "mappings": [*both, 987654], "reason": "All three."}
    told = problem(officer.post("attestations/", word), 400)["errors"][0]
    assert (told["pointer"], "There is no mapping 987654" in told["detail"]) == ("#/mappings", True)
    assert Attestation.objects.filter(scope__key="eu-bank").count() == 0
    made = officer.post("attestations/", word | {"mappings": both}).json()
    assert sorted(made["mappings"]) == sorted(both)
    path = f"attestations/{made['id']}/"
    problem(officer.call("post", f"{path}withdraw/", {"reason": "Too narrow."}), 428)
    problem(officer.seen("post", f"{path}withdraw/", row=path), 400)
    assert officer.seen("post", f"{path}withdraw/", {"reason": "Too narrow."}, row=path).status_code == 204
    problem(officer.get(path), 404)


def test_a_use_case_is_registered_answered_and_its_gap_read(callers):
    team = callers["team"]
    made = team.post("use-cases/", {"title": "Triage", "purpose": "Sorts.", "entity": "hk-bank", "stage": "live"})
    assert (made.status_code, made.json()["accountable"]) == (201, "P-team")
    (key,) = made.json()["deployments"]
    done = team.post(
        "answers/", {"scope": key, "answers": {"use_case.markets": ["hk"], "use_case.audience": "unknown"}}
    )
    assert done.json() == {"changed": 2}
    duties = team.get(f"deployments/{key}/duties/").json()["duties"]
    assert {duty["requirement"] for duty in duties} == {"law.1", "law.2", "law.3", "other.1"}
    assert team.get(f"deployments/{key}/questions/").json()["questions"][0]["fact"]
    told = problem(team.post("answers/", {"scope": key, "answers": {"use_case.market": ["hk"]}}), 400)
    assert 'Did you mean "use_case.markets"' in told["detail"]
    problem(team.post("answers/", {"answers": {"use_case.markets": []}}), 400)


def test_assess_needs_nothing_saved_and_says_what_it_cannot_use(callers):
    auditor = callers["auditor"]
    done = auditor.post("assess/", {"id": "x", "on": "2026-07-23", "facts": {"use_case.markets": ["eu"]}})
    assert (done.json()["id"], done.json()["known_on"]) == ("x", "2026-07-23")
    assert (
        problem(auditor.post("assess/", {"facts": {"use_case.markets": ["mars"]}}), 400)["errors"][0]["pointer"]
        == "#/facts"
    )


def test_the_crosswalk_comes_as_rows_or_as_a_workbook(callers):
    auditor = callers["auditor"]
    assert auditor.get("crosswalk/?focal=other&reference=law").json()["rows"][0]["relationship"] == "intersects"
    book = auditor.get("crosswalk/?focal=other&reference=law&format=xlsx")
    assert (book.status_code, book.content[:2]) == (200, b"PK")
    assert "no family or instrument" in problem(auditor.get("crosswalk/?focal=a&reference=law"), 400)["detail"]
    problem(auditor.get("crosswalk/?focal=law"), 400)


def test_the_statement_tells_every_requirement_of_one_deployment(callers):
    told = callers["team"].get("statement/?deployment=uc-mine-hk-bank").json()
    rows = {row["requirement"]: row for row in told["rows"]}
    assert {"law.1", "law.2"} <= set(rows)
    assert (rows["law.1"]["status"], rows["law.1"]["owed_by"], rows["law.1"]["shown"]) == (
        "applies", "this deployment", "no",
    )  # fmt: skip
    assert {one["mapping"] for one in rows["law.2"]["controls"]} == {"superset, proposed", "subset, proposed"}
    assert (len(told["journal_head"]), told["left_out"]) == (64, [])
    problem(callers["team"].get("statement/?deployment=uc-theirs-eu-bank"), 404)
    problem(callers["officer"].get("statement/"), 400)
    early = callers["officer"].get("statement/?deployment=uc-mine-hk-bank&on=2020-01-01").json()
    assert (early["rows"], early["records_begin"] > early["on"]) == ([], True)


def test_coverage_counts_what_the_caller_sees(callers):
    whole = callers["officer"].get("coverage/?by=entity").json()
    part = callers["entity_officer"].get("coverage/?by=deployment").json()
    assert {group["key"] for group in part["groups"]} == {"uc-mine-hk-bank"}
    assert whole["whole"]["applies"] >= part["whole"]["applies"] > 0
    assert callers["officer"].get("coverage/?by=market").json()["groups"][0]["key"] in ("eu", "hk")
    problem(callers["officer"].get("coverage/?by=colour"), 400)


def test_an_action_works_on_gaps_that_the_caller_sees(callers, officer):
    gap = Gap.objects.earliest("pk")
    body = {"title": "Fix", "person": "P-off", "due_on": "2027-01-01", "gaps": [gap.pk]}
    made = officer.post("actions/", body)
    assert made.json()["gaps"] == [gap.pk]
    changed = officer.seen("patch", f"actions/{made.json()['id']}/", {"gaps": [], "status": "done"})
    assert (changed.json()["gaps"], changed.json()["status"]) == ([], "done")
    assert (
        "There is no gap 99999"
        in problem(officer.post("actions/", body | {"gaps": [99999]}), 400)["errors"][0]["detail"]
    )


def test_what_something_refers_to_is_not_deleted(officer):
    row = officer.get("implementations/").json()["results"][0]
    told = problem(officer.seen("delete", f"implementations/{row['id']}/"), 409)
    assert "cannot be deleted" in told["detail"]


def test_the_description_and_its_page_load_nothing_from_outside(client):
    raw = client.get("/api/schema/")
    assert raw.status_code == 200
    page = client.get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_sheet_is_brought_looked_at_and_applied_by_its_digest(officer):
    headers = {"authorization": f"Bearer {officer.text}"}

    def bring(name: str, content: bytes):
        return officer.client.post("/api/v1/imports/", {"file": SimpleUploadedFile(name, content)}, headers=headers)

    made = bring("m.csv", b"control,requirement,strength\nC-1,law.2,3\nC-9,law.2,3\n")
    plan = made.json()
    assert (made.status_code, plan["totals"]) == (201, {"new": 0, "changed": 1, "unchanged": 0, "refused": 1})
    address = f"imports/{plan['id']}/"
    assert officer.get(f"{address}refused/").content[:2] == b"PK"
    problem(officer.post(f"{address}apply/", {"digest": plan["digest"]}), 400)
    problem(officer.post(f"{address}apply/", {"digest": "0" * 64, "leave_out_refused": True}), 400)
    done = officer.post(f"{address}apply/", {"digest": plan["digest"], "leave_out_refused": True})
    assert (done.status_code, done.json()["status"]) == (200, "applied")
    assert ControlMapping.objects.get(control__ref="C-1").strength == 3
    assert "says that it is a workbook" in problem(bring("m.xlsx", b"a,b\n"), 400)["detail"]
    problem(officer.post("imports/", {"noun": "persons"}), 415)


def test_a_sheet_is_taken_away_at_once_or_as_a_job(callers):
    auditor = callers["auditor"]
    assert [one["noun"] for one in auditor.get("sheets/").json()["sheets"]][:2] == ["mappings", "controls"]
    assert auditor.get("sheets/mappings/").content[:2] == b"PK"
    assert auditor.get("sheets/mappings/?template=true").content[:2] == b"PK"
    assert auditor.get("sheets/mappings/?format=csv").content.decode("utf-8-sig").startswith("control,requirement,")
    problem(auditor.get("sheets/mappings/?format=pdf"), 400)
    assert "is not brought by sheet" in problem(auditor.get("sheets/gaps/"), 404)["detail"]
    job = auditor.post("exports/", {"noun": "mappings", "format": "csv"}).json()
    jobs.run(job_id=job["id"], worker="w", clock=timezone.now)
    file = auditor.get(f"jobs/{job['id']}/download/")
    assert b"".join(file.streaming_content).decode("utf-8-sig").startswith("control,requirement,")


LISTS = (
    "persons", "memberships", "scopes", "entities", "seats", "tenures", "handovers", "journal", "jobs", "api-keys",
    "webhooks", "deliveries", "families", "instruments", "releases", "requirements", "controls", "control-mappings",
    "requirement-mappings", "attestations", "no-control", "conflicts",
    "implementations", "evidence", "tests", "suppliers", "models", "use-cases",
    "imports", "deployments", "approvals", "answers", "transfers", "decisions", "adoptions", "clocks", "gaps", "actions",
)  # fmt: skip
MOST = 12


def counted(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert caller.get(path).status_code == 200
    return len(queries)


def test_a_list_asks_as_often_for_many_rows_as_for_few_and_at_most_twelve_times(officer):
    few = {name: counted(officer, f"{name}/") for name in LISTS}
    for number in range(6):
        entity = make_entity(f"e-{number}", owner=make_person(f"P-e{number}"))
        make_deployment(make_use_case(f"Case {number}", make_person(f"P-c{number}")), entity)
        make_requirement(f"law.x{number}")
    many = {name: counted(officer, f"{name}/") for name in LISTS}
    assert {name: many[name] for name in LISTS if many[name] > few[name]} == {}
    assert {name: count for name, count in many.items() if count > MOST} == {}


@pytest.mark.django_db(transaction=True)
def test_many_who_repeat_the_same_creation_at_once_do_it_once(officer):
    answers: list = []

    def call() -> None:
        client = Client()
        answers.append(
            client.post(
                "/api/v1/suppliers/", {"key": "b", "name": "B"}, content_type="application/json",
                headers={"authorization": f"Bearer {officer.text}", "idempotency-key": "once"},
            ).status_code
        )  # fmt: skip
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 6
    assert Supplier.objects.filter(key="b").count() == 1


def test_a_person_with_seats_is_not_deactivated_by_any_door(officer):
    told = problem(officer.seen("patch", "persons/P-h/", {"is_active": False}), 400)
    assert "Hand them over first" in told["detail"]


def test_a_clock_is_started_by_its_key_and_stopped_with_what_was_done(officer):
    start = {"scope": "uc-mine-hk-bank", "clock": "hk-ci-incident-serious", "started_at": "2026-11-20T08:30:00Z"}
    made = officer.post("clocks/", start).json()
    assert (made["due_at"], made["title"], made["caveat"]) == (
        "2026-11-20T20:30:00Z", "Notify a serious incident of a critical computer system", "",
    )  # fmt: skip
    again = officer.post("clocks/", {**start, "clock": "cn-algo-filing"}).json()
    assert again["caveat"].startswith("Working days are counted Monday to Friday")
    for wrong, word in (
        ({"started_at": "2026-11-20T08:30:00"}, "with its zone"),
        ({"started_at": "2099-11-20T08:30:00Z"}, "still to come"),
        ({"started_at": "0001-01-01T00:00:00Z"}, "year"),
        ({"clock": "cn-companion-reminder"}, "clock must be one of"),
        ({"clock": "hk-ci-audit"}, "runs here already"),
    ):
        assert word in str(problem(officer.post("clocks/", {**start, **wrong}), 400)), wrong
    path = f"clocks/{made['id']}/"
    done = {"done_at": "2026-11-20T09:00:00Z", "proof": "Receipt 7731"}
    stopped = officer.seen("post", f"{path}stop/", done, row=path).json()
    assert (stopped["stopped_at"], stopped["stopped_by"]) == (done["done_at"], "P-off")
    assert stopped["proof"] == "Receipt 7731"
    problem(officer.seen("post", f"{path}stop/", done, row=path), 400)
    found = officer.get("clocks/?running=true&scope=uc-mine-hk-bank").json()["results"]
    assert {row["clock"] for row in found} == {"hk-ci-audit", "cn-algo-filing"}
    assert officer.get("clocks/?due_before=2026-11-21T00:00:00Z").json()["count"] == 1


def test_a_recurring_duty_that_ends_by_the_api_starts_no_next_run(officer):
    row = RunningClock.objects.get()
    path = f"clocks/{row.pk}/"
    done = {"done_at": timezone.now().isoformat(), "proof": "The entity was wound up.", "again": False}
    officer.seen("post", f"{path}stop/", done, row=path)
    assert officer.get("clocks/?running=true").json()["count"] == 0


def test_every_example_of_the_description_fits_the_body_that_it_shows():
    raw = SchemaGenerator().get_schema(request=None, public=True)
    shown, wrong = 0, []
    for path, ways in raw["paths"].items():
        for method, operation in ways.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            schema = content.get("schema", {})
            component = raw["components"]["schemas"].get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
            for example in content.get("examples", {}).values():
                shown += 1
                unknown = set(example["value"]) - set(component["properties"])
                missing = set(component.get("required", [])) - set(example["value"])
                if unknown or (missing and method == "post"):
                    wrong.append(f"{method} {path}: {unknown or missing}")
    assert wrong == []
    assert shown > 30


@pytest.mark.parametrize(("name", "status"), [("*" * 80, 201), ("\x85" + "*" * 80, 400), (" " + "*" * 79, 201)])
def test_the_described_length_is_that_of_what_was_sent(officer, name, status):
    body = {"name": name, "url": "https://example.org/x", "events": ["gap.due"]}
    assert officer.post("webhooks/", body).status_code == status


def test_an_action_and_its_gaps_are_shown_to_who_sees_one_of_them(callers, officer):
    mine = Gap.objects.filter(scope__key="uc-mine-hk-bank").first()
    theirs = Gap.objects.filter(scope__key="uc-theirs-eu-bank").first()
    work = {"title": "EU secret", "person": "P-x", "due_on": "2027-01-01"}
    secret = officer.post("actions/", {**work, "gaps": [theirs.pk]}).json()["id"]
    both = officer.post("actions/", {**work, "title": "Both", "gaps": [mine.pk, theirs.pk]}).json()["id"]
    shown = {row["id"]: row["gaps"] for row in callers["entity_officer"].get("actions/").json()["results"]}
    assert (secret in shown, shown[both]) == (False, [mine.pk])
    assert callers["entity_officer"].get(f"actions/{secret}/").status_code == 404
    assert callers["entity_officer"].get(f"actions/{both}/").json()["gaps"] == [mine.pk]
    assert officer.get(f"actions/{both}/").json()["gaps"] == [mine.pk, theirs.pk]


def test_who_comes_too_late_to_delete_finds_nothing_there(officer, monkeypatch):
    path = f"suppliers/{Supplier.objects.get().key}/"
    tag, found = officer.get(path)["ETag"], Nouns.found

    def rival(view):
        row = found(view)
        monkeypatch.setattr(Nouns, "found", found)
        type(row).objects.filter(pk=row.pk).delete()
        return row

    monkeypatch.setattr(Nouns, "found", rival)
    problem(officer.call("delete", path, **{"if-match": tag}), 404)


@pytest.mark.parametrize(
    "query",
    [
        "clocks/?due_before=9999-12-31T23:59:59-12:00", "clocks/?due_from=0001-01-01T00:00:00%2B14:00",
        "journal/?at_from=9999-12-31T23:59:59-12:00", "clocks/?due_from=0001-01-01T00:00:00",
    ],
)  # fmt: skip
def test_a_moment_that_utc_does_not_have_is_refused_in_a_sentence(officer, query):
    told = problem(officer.get(query), 400)
    assert "Write a moment between the years 1 and 9999" in str(told)
    assert officer.get("clocks/?due_from=2026-11-26T10:00:00%2B08:00").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        ("packets/", {}, {"on": "2026-11-01"}),
        ("exports/", {"noun": "persons"}, {"noun": "controls"}),
        ("recompute/", {"scope": "hk-bank"}, {"scope": "eu-bank"}),
    ],
)
def test_long_work_asked_for_twice_with_one_key_is_started_once(officer, path, body, other):
    key = {"idempotency-key": "one-and-the-same"}
    first = officer.post(path, body, **key)
    Job.objects.filter(pk=first.json()["id"]).update(status="done")
    again = officer.post(path, body, **key)
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (202, 202, "true")
    assert first.json()["id"] == again.json()["id"]
    problem(officer.post(path, other, **key), 422)
    assert officer.post(path, body).json()["id"] != first.json()["id"]
