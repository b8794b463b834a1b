"""The documents of the office: statement of applicability, register of gaps, board report; as pages and as files."""

import csv
import io
import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from docx import Document
from python_calamine import load_workbook

from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from governance.documents import board as board_texts
from governance.documents.applicability import statement_of
from governance.documents.as_of import AsOf
from governance.documents.board import Board, Coming, FamilyRow, Figure, GapRow, SeverityRow, board_report, cut
from governance.documents.docx import write_board
from governance.documents.gap_register import register_of
from governance.domain.gap_register import Chosen
from governance.inputs import position_of
from governance.models import Action, Deployment, Gap
from governance.services import answers, gaps, inventory
from governance.services.gaps import recompute_gaps
from office.models import Person, Seat
from office.services import seats
from office.services.logins import give_login
from tests.makers import (
    TODAY,
    make_control,
    make_deployment,
    make_entity,
    make_family,
    make_implementation,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

KEY, THEIRS = "uc-mine-hk-bank", "uc-theirs-eu-bank"
IN_EU = {"fact": "use_case.markets", "includes": "eu"}
FAR = date(2099, 1, 1)


@pytest.fixture
def turn(monkeypatch):
    """Puts the clock on ten in the morning of a day, in the office's zone."""

    def to(day: date) -> None:
        monkeypatch.setattr(timezone, "now", lambda: datetime(day.year, day.month, day.day, 2, tzinfo=UTC))

    to(TODAY)
    return to


@pytest.fixture
def people(turn, office) -> dict[str, Person]:
    """Two entities with a use case each; requirements that apply, may apply, do not; a gap late, accepted, closed."""
    hong_kong, europe = (
        make_entity("hk-bank", owner=make_person("P-h")),
        make_entity("eu-bank", "eu", make_person("P-e")),
    )
    found = {
        "team": make_person("P-team", role="team_member", scope=hong_kong),
        "entity_officer": make_person("P-eo", role="officer", scope=hong_kong),
        "auditor": make_person("P-aud", role="auditor"),
        "officer": make_person("P-off", role="officer"),
        "reviewer": make_person("P-rev", role="officer"),
    }
    make_family()
    for ref, how in {
        "law.1": {}, "law.2": {"title": "Keep records", "force": "GUIDE"}, "law.3": {"applies_when": IN_EU},
        "law.4": {"owed_by": "entity", "verification": "M"}, "law.5": {"owed_by": "model"},
        "law.6": {"routes": [{"legal_from": "2099-08-02"}]}, "law.7": {"is_heading": True, "owed_by": ""},
    }.items():  # fmt: skip
        found[ref] = make_requirement(ref, **how)
    mine = make_deployment(make_use_case("Mine", found["team"], ref="UC-MINE"), hong_kong)
    make_deployment(make_use_case("Theirs", make_person("P-x"), ref="UC-THEIRS"), europe)
    _prove(found, hong_kong)
    recompute_gaps(on=TODAY, actor=None)
    _work(found, mine)
    return found


def _prove(found, scope) -> None:
    """C-1 covers law.2 in full in Hong Kong; C-2 is proposed for law.1 and only planned."""
    whole, part = make_control(owner=found["officer"]), make_control("C-2", owner=found["officer"])
    mapping = make_mapping(whole, found["law.2"], by=found["officer"])
    mapping_services.approve(mappings=[mapping], actor=found["reviewer"])
    make_proof(whole, scope, found["officer"], valid_until=FAR)
    make_mapping(part, found["law.1"], by=found["officer"], relationship="subset")
    make_implementation(part, scope, "planned")


def _work(found, mine: Deployment) -> None:
    first = Gap.objects.get(scope=mine.scope, requirement__ref="law.1")
    action = Action(title="Write the plan", person=found["officer"], due_on=FAR)
    gaps.save_action(action=action, gaps=[first], actor=found["officer"])
    later = Gap.objects.get(scope=mine.scope, requirement__ref="law.6")
    gaps.accept_gap(gap=later, until=TODAY + timedelta(days=30), reason="Replaced.", actor=found["officer"], on=TODAY)


@pytest.fixture
def clients(people) -> dict[str, Client]:
    found = {}
    for name in ("team", "entity_officer", "auditor", "officer"):
        give_login(person=people[name], username=name, actor=None, password="a-long-test-password")
        found[name] = Client()
        found[name].force_login(people[name].user)
    return found


def statement(people, name: str = "officer", key: str = KEY):
    deployment = Deployment.objects.for_register().get(scope__key=key)
    return statement_of(deployment, people[name], TODAY, TODAY, "then")


def rows_of(found) -> dict[str, object]:
    return {row.requirement: row for part in found.parts for row in part.rows}


def sheets_of(response) -> dict[str, list[dict]]:
    book = load_workbook(io.BytesIO(response.content))
    tables = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return {name: [dict(zip(table[0], row, strict=True)) for row in table[1:]] for name, table in tables.items()}


def test_the_statement_holds_every_requirement_once_with_what_stands_behind_it(people):
    rows = rows_of(statement(people))
    assert {ref: row.applies for ref, row in rows.items()} == {
        "law.1": "applies", "law.2": "applies", "law.3": "may apply", "law.4": "applies", "law.5": "applies",
        "law.6": "applies",
    }  # fmt: skip
    covered, planned = rows["law.2"], rows["law.1"]
    assert (covered.shown, covered.possible) == ("yes", "yes")
    (control,) = covered.controls
    assert (control.mapping, control.implementation, control.evidence) == (
        "superset, approved", "implemented in HK-BANK", "in date until 2099-01-01",
    )  # fmt: skip
    assert (planned.shown, planned.possible) == ("no", "no"), "a part alone does not suffice"
    assert (planned.controls[0].mapping, planned.controls[0].implementation) == (
        "subset, proposed",
        "planned in HK-BANK",
    )
    assert (rows["law.4"].subject, rows["law.4"].accountable, rows["law.4"].unverified) == (
        "HK-BANK",
        "Person P-h",
        True,
    )
    assert rows["law.3"].questions, "it says which answer decides"


def test_the_page_tells_every_requirement_once_and_each_long_reason_once(clients, people, monkeypatch):
    monkeypatch.setattr("governance.documents.applicability.SHORT", 1)
    page = clients["officer"].get(reverse("statement", args=[KEY]))
    rows = rows_of(page.context["statement"])
    html = page.content.decode()
    assert [html.count(f">{ref}<") for ref in rows] == [1] * len(rows)
    notes = dict(page.context["notes"])
    named = {row.requirement: number for part in page.context["parts"] for row, _, number in part.owed}
    assert 0 < len(notes) < len(rows), "a reason of more than one sentence"
    assert {ref: notes.get(number, rows[ref].because) for ref, number in named.items()} == {
        ref: row.because for ref, row in rows.items() if row.status != "not_applicable"
    }
    assert all(html.count(f'id="r-{number}"') == 1 for number in notes)


def test_what_is_not_known_stays_so_in_the_statement(people):
    row = rows_of(statement(people))["law.5"]
    assert (row.subject, row.shown, row.possible, row.accountable, row.followed) == ("", "", "", "", None)
    assert "names no model" in row.because[-1]


def test_a_decision_that_it_does_not_apply_is_the_deciding_reason(people):
    mine = Deployment.objects.get(scope__key=KEY)
    answers.decide(
        scope=mine.scope,
        requirement=people["law.1"],
        verdict="not_applicable",
        reason="Not ours.",
        actor=people["officer"],
    )
    row = rows_of(statement(people))["law.1"]
    assert (row.applies, row.applies_from) == ("does not apply", None)
    assert "Not ours." in row.because[0]


def test_the_statement_takes_the_implementations_that_coverage_takes(people):
    """A control on the model counts before the entity's, as in the bounds."""
    model = inventory.add_model(key="m-1", name="Model one", actor=None, accountable=people["officer"], on=TODAY)
    entity = make_entity("us-bank", "us", make_person("P-u"))
    made = make_deployment(make_use_case("Built", ref="UC-BUILT"), entity, models=[model])
    control = make_control("C-3", owner=people["officer"])
    mapping = make_mapping(control, people["law.1"], by=people["officer"], relationship="equal")
    mapping_services.approve(mappings=[mapping], actor=people["reviewer"])
    make_implementation(control, made.entity.scope, "not_applicable")
    make_proof(control, model.scope, people["officer"])
    row = rows_of(statement(people, key=made.scope.key))["law.1"]
    told = {one.control: one.implementation for one in row.controls}
    line = next(line for line in position_of(made, TODAY).lines if line.requirement == "law.1")
    assert told["C-3"] == "implemented in Model one"
    assert (row.shown, line.bounds.lower) == ("yes", 1)


def test_lapsed_evidence_and_an_approval_of_an_earlier_text_are_told(people):
    control = make_control("C-4", owner=people["officer"])
    mapping = make_mapping(control, people["law.1"], by=people["officer"])
    mapping_services.approve(mappings=[mapping], actor=people["reviewer"])
    scope = Deployment.objects.get(scope__key=KEY).entity.scope
    old = make_implementation(control, scope)
    control_services.add_evidence(
        implementation=old, title="Old", valid_from=date(2025, 1, 1), valid_until=date(2025, 2, 1),
        collected_by=people["officer"], actor=people["officer"],
    )  # fmt: skip
    mapping.refresh_from_db()
    type(mapping).objects.filter(pk=mapping.pk).update(approved_control="another text")
    told = next(one for one in rows_of(statement(people))["law.1"].controls if one.control == "C-4")
    assert (told.mapping, told.evidence) == (
        "superset, approved against an earlier text",
        "out of date since 2025-02-01",
    )


def test_an_accepted_gap_stands_in_the_statement_and_its_reason_only_for_who_sees_the_gap(people):
    mine = Deployment.objects.get(scope__key=KEY)
    above = Gap.objects.get(scope=mine.entity.scope, requirement__ref="law.4")
    gaps.accept_gap(gap=above, until=FAR, reason="Board knows.", actor=people["officer"], on=TODAY)
    assert [rows_of(statement(people, who))["law.4"].acceptance_reason for who in ("officer", "team")] == [
        "Board knows.", "Its reason stands in the register of gaps.",
    ]  # fmt: skip
    assert rows_of(statement(people, "team"))["law.6"].accepted_until == TODAY + timedelta(days=30)


def test_the_statements_workbook_says_what_it_rests_on(clients):
    answer = clients["auditor"].get(reverse("statement", args=[KEY]), {"format": "xlsx"})
    sheets = sheets_of(answer)
    told = {row["Subject"]: row["Text"] for row in sheets["Read me"]}
    assert f"Dates placed on {TODAY}; law as known on {TODAY}" in told["As of"]
    assert told["Catalogue release"] == "Law law: First, known from 2025-01-01"
    assert re.fullmatch(r"\d+ [0-9a-f]{64}", told["Journal head when this was made"])
    rows = {row["requirement"]: row for row in sheets["Statement"]}
    assert len(rows) == len(sheets["Statement"]) == 6
    assert rows["law.2"]["evidence"] == "in date until 2099-01-01"
    assert rows["law.6"]["from"] == date(2099, 8, 2)
    assert (rows["law.6"]["gap accepted until"], rows["law.6"]["acceptance reason"]) == (
        TODAY + timedelta(days=30), "Replaced.",
    )  # fmt: skip


def test_an_imported_family_that_nobody_follows_is_named_and_left_out(people):
    make_requirement("ext.1", family="ext", position=1)
    family = people["law.1"].family.__class__.objects.get(key="ext")
    type(family).objects.filter(pk=family.pk).update(origin="imported")
    found = statement(people)
    assert ([part.key for part in found.parts], found.left_out) == (["law"], ("Law ext",))


def test_of_a_day_before_the_records_the_statement_says_that_nothing_is_known(clients):
    page = clients["officer"].get(reverse("statement", args=[KEY]), {"on": "2024-01-01", "format": "xlsx"})
    assert "Nothing is known of this deployment on that day" in page.content.decode()
    assert "The office's records begin on" in page.content.decode()


def test_the_register_tells_all_of_a_gap(clients, people):
    sheets = sheets_of(clients["officer"].get(reverse("gaps"), {"format": "xlsx"}))
    row = next(row for row in sheets["Gaps"] if (row["requirement"], row["subject key"]) == ("law.1", KEY))
    assert (row["citation"], row["force"], row["severity"], row["entity"]) == ("Art. 1", "LAW", "critical", "hk-bank")
    assert (row["accountable"], row["actions"]) == ("Person P-team", "Write the plan (Person P-off, until 2099-01-01)")
    assert row["controls mapped"] == "C-2 (subset, proposed)"
    accepted = next(row for row in sheets["Gaps"] if row["status"] == "accepted")
    assert (accepted["accepted by"], accepted["acceptance reason"]) == ("Person P-off", "Replaced.")
    assert accepted["accepted until"] == TODAY + timedelta(days=30)


def test_the_register_says_what_was_chosen_of_it(clients):
    asked = {"entity": "hk-bank", "severity": "low", "overdue": "on", "format": "xlsx"}
    read_me = sheets_of(clients["officer"].get(reverse("gaps"), asked))["Read me"]
    told = {row["Subject"]: row["Text"] for row in read_me}
    assert told["Chosen"] == "entity hk-bank; severity low; overdue only"
    assert told["Standing"] == "0 open, 0 of them overdue, 0 accepted"


def test_a_gap_is_as_late_as_the_day_that_is_asked_about(people):
    found = register_of(people["officer"], FAR, TODAY, Chosen(overdue=True))
    assert found.standing
    assert {gap.overdue_days(FAR) for gap in found.standing} == {(FAR - gap.due_on).days for gap in found.standing}
    assert all(gap.status == "open" for gap in found.standing)
    assert found.overdue == len(found.standing)


def test_a_closed_gap_stands_on_its_own_sheet_with_when_and_why(clients, people):
    mine = Deployment.objects.get(scope__key=KEY)
    answers.decide(
        scope=mine.scope, requirement=people["law.1"], verdict="not_applicable", reason="No.", actor=people["officer"]
    )
    recompute_gaps(on=TODAY, actor=None)
    sheets = sheets_of(clients["officer"].get(reverse("gaps"), {"format": "xlsx"}))
    (closed,) = sheets["Closed"]
    assert (closed["requirement"], closed["closed"], closed["why it closed"]) == (
        "law.1", TODAY, "It does not apply: not applicable.",
    )  # fmt: skip
    assert ("law.1", KEY) not in {(row["requirement"], row["subject key"]) for row in sheets["Gaps"]}


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        ({"entity": "eu-bank"}, ("entity", {"eu-bank"})), ({"family": "law"}, ("family", {"law"})),
        ({"severity": "critical"}, ("severity", {"critical"})),
        ({"overdue": "on", "on": "2099-01-01", "known_on": "2099-01-01"}, ("status", {"open"})),
    ],
)  # fmt: skip
def test_filters_of_the_page_hold_for_the_files(clients, asked, same):
    whole = clients["officer"].get(reverse("gaps"), {"format": "csv"})
    answer = clients["officer"].get(reverse("gaps"), {**asked, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    page = clients["officer"].get(reverse("gaps"), asked)
    assert {row[same[0]] for row in rows} == same[1]
    assert len(rows) == len(page.context["register"].standing)
    assert len(rows) <= len(list(csv.DictReader(io.StringIO(whole.content.decode("utf-8-sig")))))


@pytest.mark.parametrize(
    ("place", "asked", "sentence"),
    [
        ("gaps", {"entity": "nowhere", "format": "csv"}, "Select a valid choice"),
        ("gaps", {"on": "soon", "format": "xlsx"}, "Enter a valid date"),
        ("board", {"known_on": "soon", "format": "docx"}, "Enter a valid date"),
    ],
)
def test_a_choice_that_cannot_be_read_gives_no_file(clients, place, asked, sentence):
    page = clients["officer"].get(reverse(place), asked)
    assert (page.headers["Content-Type"].split(";")[0], sentence in page.content.decode()) == ("text/html", True)


@pytest.mark.parametrize(("place", "arguments"), [("statement", [KEY]), ("gaps", []), ("board", [])])
def test_an_unknown_format_is_not_found(clients, place, arguments):
    assert clients["officer"].get(reverse(place, args=arguments), {"format": "pdf"}).status_code == 404


def test_a_person_sees_the_gaps_of_their_own_scopes(clients, people):
    part = register_of(people["entity_officer"], TODAY, TODAY, Chosen())
    assert {gap.entity for gap in part.standing} == {"hk-bank"}
    assert part.seen == "HK-BANK, and what stands on the reader's own seats"
    whole = register_of(people["auditor"], TODAY, TODAY, Chosen())
    assert ({gap.entity for gap in whole.standing}, whole.seen) == ({"hk-bank", "eu-bank"}, "the whole office")
    names = [
        choice for choice, _ in clients["entity_officer"].get(reverse("gaps")).context["form"].fields["entity"].choices
    ]
    assert "eu-bank" not in names


def test_the_board_counts_what_the_person_sees(people):
    whole, part = (board_report(people[name], TODAY, TODAY) for name in ("officer", "entity_officer"))
    assert (whole.markets, part.markets) == (("Hong Kong", "European Union"), ("Hong Kong",))
    assert whole.families[0].cells == ("1–1 of 4 (+1)", "0–1 of 4 (+1)")
    assert whole.families[0].total == "0–1 of 4 (+1)", "each requirement at its worst subject"
    assert {row.severity: row.open for row in whole.severities}["Critical"] == 4
    assert (whole.gravest[0].severity, len(whole.gravest)) == ("critical", 5)
    assert [(row.day, row.late) for row in whole.ending] == [(TODAY + timedelta(days=30), 0)]
    assert [(row.day, row.which, row.who) for row in whole.coming] == [
        (date(2099, 8, 2), "1 requirement of Law law", "2 subjects")
    ]


def test_the_figures_of_the_board_say_what_is_not_there(people):
    control = make_control("C-5", owner=people["officer"])
    make_implementation(control, Deployment.objects.get(scope__key=KEY).entity.scope)
    make_control("C-6")
    figures = {one.name: one for one in board_report(people["officer"], TODAY, TODAY).figures}
    assert figures["Law not yet verified"].value == "1 of 4"
    assert figures["Seats that are vacant"].value.startswith(f"{Seat.objects.vacant().count()} of ")
    assert "Control C-6" in figures["Seats that are vacant"].definition
    assert figures["Evidence out of date"].value == "0, and 1 without any"
    assert figures["Tests overdue"].value == "0, 1 never done, 0 failed"
    assert figures["Mappings awaiting review"].value == "1 proposed, 0 in re-review"
    assert all(one.definition for one in figures.values())


def test_an_earlier_document_says_the_same_whatever_is_written_later(people, turn):
    before = [register_of(people["officer"], FAR, TODAY, Chosen()), board_report(people["officer"], FAR, TODAY)]
    now = TODAY + timedelta(days=1)
    turn(now)
    make_control("C-LATER", owner=people["officer"])
    gap = Gap.objects.filter(scope__key=KEY, requirement__ref="law.1").get()
    gaps.accept_gap(gap=gap, until=FAR, reason="Later.", actor=people["officer"], on=now)
    seats.reassign(seat=gap.seat, person=people["reviewer"], on=now, actor=people["officer"], reason="Moved.")
    after = [register_of(people["officer"], FAR, TODAY, Chosen()), board_report(people["officer"], FAR, TODAY)]
    assert after[0].standing == before[0].standing
    for name in ("families", "severities", "gravest", "ending", "coming", "figures"):
        assert getattr(after[1], name) == getattr(before[1], name), name
    present = register_of(people["officer"], FAR, now, Chosen())
    assert present.standing != before[0].standing
    assert f"as they stood at the end of {TODAY}" in after[0].as_of.days


def counted(client: Client, place: str, arguments: list, asked: dict) -> int:
    client.get(reverse(place, args=arguments), asked)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(place, args=arguments), asked).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("place", "arguments"), [("statement", [KEY]), ("gaps", []), ("board", [])],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["", "file"])
def test_a_document_takes_as_many_queries_for_many_as_for_few(place, arguments, kind, clients, people):
    asked = {"format": "docx" if place == "board" else "xlsx"} if kind else {}
    few = counted(clients["officer"], place, arguments, asked)
    scope = Deployment.objects.get(scope__key=KEY).entity.scope
    for number in range(6):
        make_deployment(make_use_case(f"More {number}", people["officer"], ref=f"UC-MORE-{number}"), scope)
        control = make_control(f"C-9{number}", owner=people["officer"])
        make_mapping(control, people["law.1"], by=people["officer"])
        make_proof(control, scope, people["officer"])
        make_requirement(f"law.9{number}")
    recompute_gaps(on=TODAY, actor=None)
    standing = list(Gap.objects.standing())
    assert len(standing) > 60
    gaps.save_action(
        action=Action(title="All", person=people["team"], due_on=FAR), gaps=standing, actor=people["officer"]
    )
    assert counted(clients["officer"], place, arguments, asked) <= few


def test_the_page_of_the_register_shows_some_gaps_at_once_and_counts_all(clients, monkeypatch):
    monkeypatch.setattr("governance.views.documents.AT_ONCE", 3)
    page = clients["officer"].get(reverse("gaps"), {"family": "law", "page": "2"})
    register, whole = page.context["register"], Gap.objects.standing().count()
    assert (len(page.context["rows"]), register.open + register.accepted) == (3, whole)
    assert "?family=law&amp;page=1" in page.content.decode()
    assert "page=" not in page.context["query"]


@pytest.mark.parametrize(("place", "arguments"), [("statement", [KEY]), ("gaps", []), ("board", [])])
def test_no_document_claims_that_anything_is_fulfilled(place, arguments, clients):
    html = clients["officer"].get(reverse(place, args=arguments)).content.decode()
    assert "compliant" not in html.lower()
    assert f"law as known on {TODAY}" in html


def test_the_pages_that_lead_to_the_documents_link_to_them_by_role(clients):
    home = {name: clients[name].get(reverse("home")).content.decode() for name in ("team", "auditor")}
    assert [reverse("board") in home[name] for name in home] == [False, True]
    assert reverse("statement", args=[KEY]) in clients["team"].get(reverse("duties", args=[KEY])).content.decode()


def fullest() -> Board:
    """As much as a report can hold: every list full, every name at its longest."""
    name, place, who = (cut("Wide " * 40, size) for size in (board_texts.NAME, board_texts.PLACE, board_texts.WHO))
    day = date(2099, 12, 31)
    row = GapRow(name, place, "critical", who, day, 1234)
    return Board(
        as_of=AsOf(day, day, day, day, tuple((place, day, name) for _ in range(8)), 123456789, "f" * 64),
        seen=cut("Wide " * 40, board_texts.SEEN),
        markets=("Group", "Mainland China", "Hong Kong", "European Union", "United States", "Elsewhere"),
        families=tuple(FamilyRow(place, ("100–120 of 128 (+12)",) * 6, "100–120 of 128 (+12)") for _ in range(6)),
        more_families=12,
        severities=tuple(SeverityRow(word, 12345, 12345, 12345) for word in ("Critical", "High", "Medium", "Low")),
        gravest=(row,) * board_texts.GRAVEST,
        ending=(row,) * board_texts.ENDING,
        more_ending=99,
        coming=(Coming(day, place, 123, 4567),) * board_texts.COMING,
        figures=tuple(
            Figure(title, "12345, 12345 never done, 12345 failed", "Controls that count here. " * 4 + more)
            for title, more in (
                ("Law not yet verified", ""), ("Seats that are vacant", f"Vacant: {place}, {place}, {place} and 99 more"),
                ("Evidence out of date", ""), ("Tests overdue", ""), ("Mappings awaiting review", ""),
            )
        ),
    )  # fmt: skip


def test_the_board_report_comes_as_a_word_document_that_says_the_same(clients):
    answer = clients["officer"].get(reverse("board"), {"format": "docx"})
    page = clients["officer"].get(reverse("board")).context["board"]
    text = Document(io.BytesIO(answer.content))
    cells = {cell.text for table in text.tables for row in table.rows for cell in row.cells}
    assert {one.value for one in page.figures} | {one.definition for one in page.figures} <= cells
    assert {row.requirement for row in page.gravest} <= cells
    told = " ".join(paragraph.text for paragraph in text.paragraphs)
    assert board_texts.CLOSING in told
    assert f"law as known on {TODAY}" in told
    assert "compliant" not in (told + " ".join(cells)).lower()


def test_what_no_word_document_can_hold_is_a_space_in_it():
    unfit = [*(chr(code) for code in range(0x20)), "\ufffe", "\uffff", "\ud800"]
    said = f"Liang{''.join(unfit)}Haoyu"
    board, target = fullest(), io.BytesIO()
    rows = {"gravest": board.gravest, "ending": board.ending}
    spoiled = replace(
        board, seen=said, markets=(said,), families=(FamilyRow(said, ("1",), "1"),), coming=(Coming(FAR, said, 1, 1),),
        severities=(SeverityRow(said, 1, 1, 1),), figures=(Figure(said, said, said),),
        as_of=replace(board.as_of, releases=((said, FAR, said),)),
        **{name: tuple(replace(row, requirement=said, subject=said, accountable=said) for row in rows[name]) for name in rows},
    )  # fmt: skip
    write_board(target, spoiled)
    told = Document(target)
    texts = [cell.text for table in told.tables for row in table.rows for cell in row.cells]
    texts += [paragraph.text for paragraph in told.paragraphs]
    shown = f"Liang{' ' * len(unfit)}Haoyu"
    assert sum(shown in text for text in texts) >= 20
    assert not any(sign in text for text in texts for sign in unfit)


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize(
    ("place", "arguments", "kind"),
    [
        ("statement", [KEY], "xlsx"), ("statement", [KEY], "csv"), ("gaps", [], "xlsx"), ("gaps", [], "csv"),
        ("evidence", [], "xlsx"), ("board", [], "docx"),
    ],
)  # fmt: skip
def test_every_document_can_be_had_for_the_first_and_the_last_day_of_the_calendar(clients, place, arguments, kind, day):
    for asked in ({"on": day}, {"on": day, "format": kind}, {"on": day, "known_on": day, "format": kind}):
        assert clients["officer"].get(reverse(place, args=arguments), asked).status_code == 200, asked


def test_an_office_without_anything_has_a_board_report_too(turn, office):
    found = board_report(make_person("P-off", role="officer"), TODAY, TODAY)
    target = io.BytesIO()
    write_board(target, found)
    cells = [cell.text for table in Document(target).tables for row in table.rows for cell in row.cells]
    assert {"No requirement is owed yet.", "No gap is open.", "Nothing has a day that is still to come."} <= set(cells)


def soffice() -> str:
    return os.environ.get("SOFFICE") or shutil.which("soffice") or ""


@pytest.mark.parametrize("board", [fullest(), replace(fullest(), families=(), gravest=(), ending=(), coming=())])
def test_the_word_document_is_one_page_however_full_it_is(board, tmp_path: Path):
    if not soffice():
        pytest.skip("no LibreOffice is installed (apt-get install libreoffice-writer)")
    with (tmp_path / "board.docx").open("wb") as file:
        write_board(file, board)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    asked = [soffice(), profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), "board.docx"]
    subprocess.run(asked, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    if not (tmp_path / "board.pdf").exists():
        pytest.skip("this LibreOffice has no Writer (apt-get install libreoffice-writer)")
    assert len(re.findall(rb"/Type ?/Page\b(?!s)", (tmp_path / "board.pdf").read_bytes())) == 1
