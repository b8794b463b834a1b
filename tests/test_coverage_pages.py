"""Coverage with two bounds from the whole office down to one requirement, and what its evidence and tests ask for."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlparse

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from python_calamine import load_workbook

from controls.models import ControlTest, Evidence, Implementation
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from governance.models import Deployment
from office.models import Person
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
    reword,
)

KEY, THEIRS = "uc-mine-hk-bank", "uc-theirs-eu-bank"
IN_EU = {"fact": "use_case.markets", "includes": "eu"}


@pytest.fixture
def turn(monkeypatch):
    """Puts the clock on ten in the morning of a day, in the office's zone."""

    def to(day: date) -> None:
        monkeypatch.setattr(timezone, "now", lambda: datetime(day.year, day.month, day.day, 2, tzinfo=UTC))

    to(TODAY)
    return to


@pytest.fixture
def world(turn, office) -> dict:
    """Two banks with a use case each. law.1: nothing mapped. law.2: shown in Hong Kong only. law.3: may apply.

    law.4: two parts that a person attested to suffice, of which one is not shown. law.5: the entity's, nothing mapped.
    """
    hong_kong, europe = (
        make_entity("hk-bank", owner=make_person("P-h")),
        make_entity("eu-bank", "eu", make_person("P-e")),
    )
    found = {
        "hong_kong": hong_kong, "europe": europe,
        "team": make_person("P-team", role="team_member", scope=hong_kong),
        "stranger": make_person("P-str", role="team_member", scope=europe),
        "owner": make_person("P-own", role="team_member", scope=hong_kong),
        "entity_officer": make_person("P-eo", role="officer", scope=hong_kong),
        "auditor": make_person("P-aud", role="auditor"),
        "officer": make_person("P-off", role="officer"),
        "reviewer": make_person("P-rev", role="officer"),
    }  # fmt: skip
    make_family()
    for ref, how in {
        "law.1": {}, "law.2": {"title": "Keep records"}, "law.3": {"applies_when": IN_EU}, "law.4": {},
        "law.5": {"owed_by": "entity"}, "law.6": {"is_heading": True, "owed_by": ""},
    }.items():  # fmt: skip
        found[ref] = make_requirement(ref, **how)
    make_deployment(make_use_case("Mine", found["team"], ref="UC-MINE"), hong_kong)
    make_deployment(make_use_case("Theirs", make_person("P-x"), ref="UC-THEIRS"), europe)
    _controls(found)
    return found


def _controls(found: dict) -> None:
    whole = make_control(owner=found["officer"])
    mapped = [make_mapping(whole, found["law.2"], by=found["officer"])]
    make_proof(whole, found["hong_kong"], found["officer"])
    for ref in ("C-2", "C-3"):
        part = make_control(ref, owner=found["owner"])
        mapped.append(make_mapping(part, found["law.4"], by=found["officer"], relationship="subset"))
    mapping_services.approve(mappings=mapped, actor=found["reviewer"])
    mapping_services.attest(
        requirement=found["law.4"], scope=found["hong_kong"], mappings=mapped[1:], reason="Together they hold it.",
        actor=found["reviewer"],
    )  # fmt: skip
    make_proof(mapped[1].control, found["hong_kong"], found["officer"])
    found["C-1"], found["C-2"], found["C-3"] = whole, mapped[1].control, mapped[2].control


@pytest.fixture
def clients(world, settings) -> dict[str, Client]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    found = {}
    for name, person in world.items():
        if isinstance(person, Person):
            give_login(person=person, username=name, actor=None, password="a-long-test-password")
            found[name] = Client()
            found[name].force_login(person.user)
    return found


def page(client: Client, place: str = "coverage", **asked):
    return client.get(reverse(place), asked)


def words(answer) -> dict[str, str]:
    return {row["group"].key: row["words"] for row in answer.context["rows"]}


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("family", {"law": "0 to 2 of 4 that apply, 1 may apply"}),
        ("market", {
            "hk": "1 to 2 of 4 that apply, 1 may apply", "eu": "0 to 2 of 4 that apply, 1 may apply",
        }),
        ("entity", {
            "hk-bank": "1 to 2 of 4 that apply, 1 may apply", "eu-bank": "0 to 2 of 4 that apply, 1 may apply",
        }),
        ("deployment", {
            KEY: "1 to 2 of 3 that apply, 1 may apply", THEIRS: "0 to 2 of 3 that apply, 1 may apply",
        }),
        ("requirement", {
            "law.1": "0 to 0 of 1 that applies", "law.2": "0 to 1 of 1 that applies", "law.3": "none applies yet, 1 may apply",
            "law.4": "0 to 1 of 1 that applies", "law.5": "0 to 0 of 1 that applies",
        }),
        ("office", {"whole": "0 to 2 of 4 that apply, 1 may apply"}),
    ],
)  # fmt: skip
def test_both_bounds_are_counted_by_each_grouping(clients, by, told):
    assert words(page(clients["officer"], by=by)) == told


def test_the_api_counts_what_the_page_counts(clients):
    for by in ("family", "market", "entity", "deployment", "requirement", "office"):
        shown = page(clients["entity_officer"], by=by)
        told = clients["entity_officer"].get("/api/v1/coverage/", {"by": by}).json()
        counts = ("lower", "upper", "applies", "may_apply")
        assert [[group["key"], *(group[name] for name in counts)] for group in told["groups"]] == [
            [row["group"].key, *(getattr(row["cell"], name) for name in counts)] for row in shown.context["rows"]
        ], by
        whole = shown.context["whole"]["cell"]
        assert [told["whole"][name] for name in counts] == [getattr(whole, name) for name in counts]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("officer", {KEY, THEIRS}), ("auditor", {KEY, THEIRS}), ("entity_officer", {KEY}), ("team", {KEY}),
        ("stranger", set()),
    ],
)  # fmt: skip
def test_each_person_counts_their_own_scopes(clients, name, seen):
    assert set(words(page(clients[name], by="deployment"))) == seen
    told = clients[name].get("/api/v1/coverage/", {"by": "deployment"}).json()
    assert {group["key"] for group in told["groups"]} == seen


def test_the_lines_of_another_entity_are_in_no_count_and_on_no_page(clients):
    one = page(clients["entity_officer"], requirement="law.2")
    assert [row["name"] for row in one.context["subjects"]] == ["Mine at HK-BANK"]
    assert "EU-BANK" not in one.content.decode()
    assert "eu-bank" not in dict(one.context["form"].fields["entity"].choices)


def test_every_row_leads_down_to_the_one_requirement_and_its_reasons(clients):
    """Family, then its requirements, then one requirement: by the links alone."""
    asked = f"{reverse('coverage')}?on={TODAY}&market=hk"
    for expected in ("law", "law.1"):
        row = clients["officer"].get(asked).context["rows"][0]
        assert row["group"].key == expected
        asked = reverse("coverage") + row["url"]
    found = clients["officer"].get(asked)
    assert found.context["requirement"].id == "law.1"
    kept = parse_qs(urlparse(asked).query)
    assert (kept["market"], kept["on"]) == (["hk"], [str(TODAY)]), "what was chosen stays"
    assert "No control is mapped to this requirement." in found.content.decode()
    assert [row["name"] for row in found.context["subjects"]] == ["Mine at HK-BANK"]


@pytest.mark.parametrize("by", ["family", "market", "entity", "deployment", "requirement", "office"])
def test_no_row_leads_nowhere(clients, by):
    for row in page(clients["officer"], by=by).context["rows"]:
        answer = clients["officer"].get(row["url"] if row["url"].startswith("/") else reverse("coverage") + row["url"])
        assert answer.status_code == 200
        assert f"law as known on {TODAY}" in answer.content.decode()


def test_one_requirement_tells_every_subject_the_worst_covered_first(clients):
    found = page(clients["officer"], requirement="law.2")
    rows = [(row["name"], row["status"], row["words"], row["timing"]) for row in found.context["subjects"]]
    assert rows == [
        ("Theirs at EU-BANK", "applies", "could still be covered", "in force"),
        ("Mine at HK-BANK", "applies", "shown to be covered", "in force"),
    ]
    html = found.content.decode()
    assert "C-1 is implemented in hk-bank, tests and evidence in date; the mapping (superset) is approved." in html
    assert escape("C-1 has no implementation here; the mapping (superset) is approved.") in html
    assert f"{reverse('duties', args=[KEY])}?on={TODAY}" in html
    assert found.context["whole"]["words"] == "0 to 1 of 1 that applies"


def test_an_attested_set_is_told_with_who_and_why_and_whether_it_lapsed(clients, world):
    part = page(clients["officer"], requirement="law.4")
    mine = next(row for row in part.context["subjects"] if row["name"] == "Mine at HK-BANK")
    assert mine["words"] == "a part is shown"
    assert "C-2, C-3 in HK-BANK, by Person P-rev" in part.content.decode()
    assert "lapsed" not in part.content.decode()
    make_proof(world["C-3"], world["hong_kong"], world["officer"])
    whole = page(clients["officer"], requirement="law.4")
    mine = next(row for row in whole.context["subjects"] if row["name"] == "Mine at HK-BANK")
    assert (mine["words"], mine["line"].bounds.lower) == ("shown to be covered", 1)
    assert "A person attested that the approved parts suffice together." in whole.content.decode()
    reword(world["law.4"])
    assert "lapsed: a text changed since" in page(clients["officer"], requirement="law.4").content.decode()


def test_an_attestation_of_a_scope_that_is_not_seen_is_not_told(clients):
    assert "Together they hold it." in page(clients["team"], requirement="law.4").content.decode()
    assert "Together they hold it." not in page(clients["stranger"], requirement="law.4").content.decode()


def test_where_nothing_is_mapped_readers_are_led_to_suggestions(clients):
    suggested = reverse("suggestions", args=["law.1"])
    for asked in ({"by": "requirement"}, {"requirement": "law.1"}):
        assert suggested in page(clients["auditor"], **asked).content.decode()
        assert suggested not in page(clients["team"], **asked).content.decode(), "the page is closed to the team"
    assert reverse("suggestions", args=["law.2"]) not in page(clients["auditor"], by="requirement").content.decode()


def test_the_admins_implementations_are_linked_for_those_who_may(clients, world):
    link = f"{reverse('admin:controls_implementation_changelist')}?control__id__exact={world['C-1'].pk}"
    add = f"{reverse('admin:controls_implementation_add')}?control={world['C-1'].pk}"
    links = {
        name: [word in page(clients[name], requirement="law.2").content.decode() for word in (link, add)]
        for name in ("team", "auditor", "officer")
    }
    assert links == {"team": [False, False], "auditor": [True, False], "officer": [True, True]}
    listed = clients["auditor"].get(link).content.decode()
    assert "hk-bank" in listed.lower()
    assert "C-2" not in listed, "the list is narrowed to the control"


def test_the_bar_says_its_counts_without_colour(clients):
    html = page(clients["officer"]).content.decode()
    bar = re.search(r"<svg class=\"o-bar[^>]*aria-label=\"At least 0, at most 2 of 4\">(.*?)</svg>", html)
    heights = re.findall(r'height="([\d.]+)"', bar.group(1))
    assert len(set(heights)) == 3, "each bound has a height of its own"


def test_the_page_defines_both_bounds(clients):
    for asked in ({}, {"requirement": "law.2"}):
        html = page(clients["team"], **asked).content.decode()
        assert "Lower bound, shown to be covered:" in html
        assert "Upper bound, could still be covered:" in html
        assert "compliant" not in html.lower()


@pytest.mark.parametrize(
    "asked", [{"entity": "nowhere"}, {"on": "soon"}, {"by": "colour"}, {"requirement": "law.2", "market": "mars"}]
)
def test_a_choice_that_cannot_be_read_counts_nothing(clients, asked):
    html = page(clients["officer"], **asked).content.decode()
    assert "cannot be read" in html
    assert "that apply" not in html.split("What the two bounds say")[0].split("<h1>")[1]


@pytest.mark.parametrize("ref", ["law.99", "law.6"])
def test_what_nobody_can_owe_is_not_found(clients, ref):
    assert page(clients["officer"], requirement=ref).status_code == 404


def test_an_earlier_day_shows_the_office_as_it_stood(clients, world, turn):
    later = TODAY + timedelta(days=3)
    turn(later)
    mapping = make_mapping(make_control("C-9", owner=world["officer"]), world["law.1"], by=world["officer"])
    mapping_services.approve(mappings=[mapping], actor=world["reviewer"])
    now, then = (words(page(clients["officer"], by="requirement", known_on=str(day))) for day in (later, TODAY))
    assert (now["law.1"], then["law.1"]) == ("0 to 1 of 1 that applies", "0 to 0 of 1 that applies")
    before = page(clients["officer"], requirement="law.1", known_on=str(TODAY))
    assert (before.context["mappings"], f"as they stood at the end of {TODAY}" in before.content.decode()) == ([], True)


def test_many_groups_come_in_pages_and_keep_the_choice(clients, monkeypatch):
    monkeypatch.setattr("governance.views.coverage.AT_ONCE", 2)
    second = page(clients["officer"], by="requirement", page="2")
    assert list(words(second)) == ["law.3", "law.4"]
    assert "?by=requirement&amp;page=3" in second.content.decode()
    one = page(clients["officer"], requirement="law.5", page="1")
    assert len(one.context["subjects"]) == 2


def counted(client: Client, place: str, asked: dict) -> int:
    client.get(reverse(place), asked)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(place), asked).status_code == 200
    return len(queries)


SCREENS = [
    ("coverage", {}), ("coverage", {"by": "requirement"}), ("coverage", {"by": "deployment"}),
    ("coverage", {"requirement": "law.4"}), ("coverage", {"requirement": "law.4", "known_on": str(TODAY - timedelta(days=1))}),
    ("evidence", {"within": "900"}), ("evidence", {"within": "900", "format": "xlsx"}),
]  # fmt: skip


@pytest.mark.parametrize("name", ["officer", "team"])
@pytest.mark.parametrize(("place", "asked"), SCREENS)
def test_a_page_takes_as_many_queries_for_many_as_for_few(place, asked, name, clients, world):
    client = clients["owner"] if name == "team" and place == "evidence" else clients[name]
    few = counted(client, place, asked)
    for number in range(6):
        make_deployment(make_use_case(f"More {number}", world["team"], ref=f"UC-MORE-{number}"), world["hong_kong"])
        control = make_control(f"C-9{number}", owner=world["owner"])
        mapping = make_mapping(control, world["law.4"], by=world["officer"], relationship="subset")
        mapping_services.approve(mappings=[mapping], actor=world["reviewer"])
        make_proof(control, world["hong_kong"], world["officer"], valid_until=TODAY + timedelta(days=9))
        make_requirement(f"law.9{number}")
    assert counted(client, place, asked) <= few


@pytest.fixture
def proofs(world) -> dict[str, Implementation]:
    """One implementation for each thing that can be asked of it; C-1 and C-2 in Hong Kong are in order."""
    names = ("failed", "overdue", "never", "missing", "over", "test_due", "ends", "quiet")
    found = {}
    for at, name in enumerate(names):
        theme = "security" if name == "ends" else "governance"
        control = make_control(f"D-{at}", owner=world["owner"] if name == "over" else world["officer"], theme=theme)
        scope = world["europe"] if name == "over" else world["hong_kong"]
        found[name] = make_implementation(control, scope, "planned" if name == "quiet" else "implemented")
    day = {"failed": 0, "overdue": -400, "missing": 0, "over": 0, "test_due": -330, "ends": 0}
    for name, days in day.items():
        control_services.record_test(
            implementation=found[name], performed_on=TODAY + timedelta(days=days),
            result="failed" if name == "failed" else "passed", tester=world["officer"], actor=world["officer"],
        )  # fmt: skip
    ends = {"failed": None, "overdue": None, "never": None, "test_due": None, "over": -1, "ends": 20}
    for name, days in ends.items():
        until = None if days is None else TODAY + timedelta(days=days)
        control_services.add_evidence(
            implementation=found[name], title=f"Proof {name}", valid_from=TODAY - timedelta(days=90), valid_until=until,
            collected_by=world["reviewer"], actor=world["officer"],
        )  # fmt: skip
    return found


def asked_for(answer) -> dict[str, tuple]:
    return {
        one["row"].implementation.control.ref: (one["words"], one["row"].concern.day) for one in answer.context["rows"]
    }


def test_every_reason_why_a_control_is_not_shown_to_work_is_listed_with_its_day(clients, proofs):
    def day(days: int) -> date:
        return TODAY + timedelta(days=days)

    assert asked_for(page(clients["officer"], "evidence")) == {
        "D-2": ("Never tested", None), "D-3": ("No evidence", None), "D-1": ("The test is overdue", day(-35)),
        "D-4": ("Evidence out of date", day(-1)), "D-0": ("The last test failed", day(0)),
        "D-6": ("Evidence ends soon", day(20)), "D-5": ("The next test is due soon", day(35)),
    }  # fmt: skip


def test_what_lapsed_stands_first_each_by_its_day(clients, proofs):
    rows = [one["row"].concern for one in page(clients["officer"], "evidence").context["rows"]]
    assert [row.is_ahead for row in rows] == [False] * 5 + [True] * 2
    assert [row.day for row in rows if row.day] == sorted(row.day for row in rows if not row.is_ahead and row.day) + [
        row.day for row in rows if row.is_ahead
    ]


@pytest.mark.parametrize(
    ("asked", "refs"),
    [
        ({"within": "0"}, {"D-0", "D-1", "D-2", "D-3", "D-4"}), ({"within": "30"}, {"D-0", "D-1", "D-2", "D-3", "D-4", "D-6"}),
        ({"theme": "security"}, {"D-6"}), ({"entity": "eu-bank"}, {"D-4"}), ({"entity": "office"}, set()),
        ({"within": "400"}, {"C-1", "C-2", "D-0", "D-1", "D-2", "D-3", "D-4", "D-5", "D-6"}),
        ({"on": "2026-12-20", "known_on": str(TODAY), "within": "0"}, {"D-0", "D-1", "D-2", "D-3", "D-4", "D-6"}),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_theme_entity_and_window(clients, proofs, asked, refs):
    assert set(asked_for(page(clients["officer"], "evidence", **asked))) == refs


@pytest.mark.parametrize(
    ("name", "refs"),
    [
        ("auditor", {"D-0", "D-1", "D-2", "D-3", "D-4", "D-5", "D-6"}),
        ("entity_officer", {"D-0", "D-1", "D-2", "D-3", "D-5", "D-6"}), ("owner", {"D-4"}),
    ],
)  # fmt: skip
def test_readers_see_their_scopes_and_owners_their_controls_everywhere(clients, proofs, name, refs):
    assert set(asked_for(page(clients[name], "evidence"))) == refs


def test_who_sits_on_no_controls_seat_and_reads_nothing_is_refused(clients, proofs):
    assert page(clients["team"], "evidence").status_code == 403


def test_a_row_names_who_answers_who_collected_and_the_files_digest(clients, proofs):
    Evidence.objects.filter(implementation=proofs["over"]).update(sha256="ab" * 32)
    (row,) = (one for one in page(clients["auditor"], "evidence").context["rows"] if one["short"])
    assert (row["row"].accountable, row["row"].proof.by, row["short"]) == ("Person P-own", "Person P-rev", "ab" * 6)
    html = page(clients["auditor"], "evidence").content.decode()
    assert f"{'ab' * 6}</span>" in html
    assert "collected by Person P-rev" in html


def links_by(client: Client) -> dict[str, str]:
    return {one["row"].implementation.control.ref: one["add"] for one in page(client, "evidence").context["rows"]}


def test_the_add_forms_open_filled_in_for_those_who_may_write_there(clients, proofs, world):
    assert not any(links_by(clients["auditor"]).values())
    assert links_by(clients["owner"]) == {"D-4": ""}
    assert all(links_by(clients["entity_officer"]).values())
    links = links_by(clients["officer"])
    test, evidence = clients["officer"].get(links["D-2"]), clients["officer"].get(links["D-3"])
    initial = test.context["adminform"].form
    assert [str(initial[name].value()) for name in ("implementation", "tester", "performed_on")] == [
        str(proofs["never"].pk), str(world["officer"].pk), str(TODAY),
    ]  # fmt: skip
    initial = evidence.context["adminform"].form
    assert str(initial["implementation"].value()) == str(proofs["missing"].pk)
    assert str(initial["collected_by"].value()) == str(world["officer"].pk)


def test_a_role_in_one_entity_opens_no_form_for_a_control_in_another(clients, proofs, world):
    """The entity officer sits on the control's seat, and sees it in the other bank, too."""
    control = make_control("D-9", owner=world["entity_officer"])
    for scope in (world["hong_kong"], world["europe"]):
        make_implementation(control, scope)
    rows = page(clients["entity_officer"], "evidence").context["rows"]
    mine = [(one["row"].entity, bool(one["add"])) for one in rows if one["row"].implementation.control == control]
    assert sorted(set(mine)) == [("eu-bank", False), ("hk-bank", True)]


def test_after_the_test_is_recorded_the_row_is_gone(clients, proofs, world):
    control_services.record_test(
        implementation=proofs["never"], performed_on=TODAY, result="passed", tester=world["officer"], actor=world["officer"]
    )  # fmt: skip
    assert "D-2" not in asked_for(page(clients["officer"], "evidence"))
    assert ControlTest.objects.filter(implementation=proofs["never"]).count() == 1


def test_the_workbook_holds_every_row_and_says_what_it_rests_on(clients, proofs, monkeypatch):
    monkeypatch.setattr("governance.views.evidence.AT_ONCE", 2)
    assert len(page(clients["officer"], "evidence").context["rows"]) == 2
    answer = page(clients["officer"], "evidence", format="xlsx", theme="governance", within="60")
    book = load_workbook(io.BytesIO(answer.content))
    told = dict(book.get_sheet_by_name("Read me").to_python())
    assert f"Dates placed on {TODAY}; law as known on {TODAY}" in told["As of"]
    assert told["Chosen"] == "theme governance; within 60 days"
    assert (told["Never tested"], told["Evidence ends soon"]) == ("1", "0")
    head, *rows = book.get_sheet_by_name("Evidence and tests").to_python()
    found = {row[head.index("control")]: dict(zip(head, row, strict=True)) for row in rows}
    assert set(found) == {"D-0", "D-1", "D-2", "D-3", "D-4", "D-5"}
    assert (found["D-1"]["day"], found["D-1"]["keeps it from being shown"]) == (TODAY - timedelta(days=35), "yes")
    assert found["D-5"]["keeps it from being shown"] == "no"
    assert found["D-4"]["evidence or test"] == "Proof over"


def test_of_an_earlier_day_the_list_is_as_it_stood_and_opens_no_form(clients, proofs, world, turn):
    before = asked_for(page(clients["officer"], "evidence"))
    turn(TODAY + timedelta(days=2))
    control_services.record_test(
        implementation=proofs["never"], performed_on=TODAY + timedelta(days=1), result="passed",
        tester=world["officer"], actor=world["officer"],
    )  # fmt: skip
    then = page(clients["officer"], "evidence", on=str(TODAY), known_on=str(TODAY))
    assert asked_for(then) == before
    assert not any(one["add"] for one in then.context["rows"])


@pytest.mark.parametrize("asked", [{"within": "-1"}, {"theme": "magic"}, {"on": "soon", "format": "xlsx"}])
def test_an_unreadable_choice_lists_nothing_and_gives_no_file(clients, proofs, asked):
    answer = page(clients["officer"], "evidence", **asked)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert ("cannot be read" in answer.content.decode(), answer.context["rows"]) == (True, [])


def test_the_last_day_of_the_calendar_can_be_asked_about(clients, proofs):
    for place in ("evidence", "coverage"):
        assert page(clients["officer"], place, on="9999-12-31", known_on=str(TODAY)).status_code == 200


def test_an_unknown_format_is_not_found(clients):
    assert page(clients["officer"], "evidence", format="pdf").status_code == 404


def test_the_first_page_and_the_sidebar_lead_here_by_role(clients):
    home = {name: page(clients[name], "home").content.decode() for name in ("team", "auditor")}
    assert [reverse("coverage") in home[name] for name in home] == [True, True], "everybody sees what is theirs"
    assert [reverse("evidence") in home[name] for name in home] == [False, True]
    for place in ("coverage", "evidence"):
        assert reverse(place) in clients["auditor"].get(reverse("admin:index")).content.decode()


def test_an_office_without_anything_says_what_to_do(turn, office):
    person = make_person("P-off", role="officer")
    give_login(person=person, username="officer", actor=None, password="a-long-test-password")
    client = Client()
    client.force_login(person.user)
    assert "Register a use case" in page(client).content.decode()
    assert "Nothing of this choice asks for anything" in page(client, "evidence").content.decode()
    assert not Deployment.objects.exists()
