"""The pages about the law over the demo office: the amendment of 2026 as the worked example, and what is not verified."""

import json
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from frameworks.models import Requirement
from frameworks.services.reviews import record_reviews
from governance.domain.changes import BEGINS, ENDS, MOVES, TURNS, DutyGroup
from governance.pages.law import sentence_of
from office.models import Person
from office.today import today
from tests.makers import make_person

pytestmark = pytest.mark.django_db
AMENDMENT = {"before": "2026-07-23", "after": "2026-07-28"}


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The demo office as founded in the autumn after the amendment, once for the pages that only read."""
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: datetime(2026, 11, 25, 2, tzinfo=UTC))
        call_command("quickstart", "--no-serve")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def officer(demo, client):
    user = get_user_model().objects.get(username="officer")
    client.force_login(user)
    return Person.objects.get(user=user)


def ends(mapping) -> set[str]:
    """The requirements that a mapping of either kind names."""
    named = [getattr(mapping, name, None) for name in ("requirement", "focal", "reference")]
    return {requirement.ref for requirement in named if requirement is not None}


def test_the_amendment_is_shown_with_what_it_does_to_the_deployments_of_the_office(officer, client):
    page = client.get(reverse("law-changes"), AMENDMENT)
    report = page.context["report"]
    assert {str(kind): count for kind, _, count in page.context["kinds"]}["repealed"] == 1
    sentences = [group.sentence for group in page.context["groups"]]
    assert "20 requirements move from 2026-08-02 to 2027-12-02 (applies)." in sentences
    assert report.mappings, "shipped mappings hang on texts that changed"
    assert all(ends(mapping) & {change.id for change in report.changes} for mapping in report.mappings)
    assert report.dues, "gaps of duties that moved have another last day"
    assert all(change.after is None or change.before != change.after for change in report.dues)
    html = page.content.decode()
    assert "Art. 26(1)" in html
    assert "compliant" not in html.lower()


def test_without_a_choice_the_newest_release_that_changed_something_is_shown(officer, client):
    page = client.get(reverse("law-changes"))
    assert (page.context["report"].known_before.isoformat(), page.context["report"].known_after.isoformat()) == (
        "2026-07-23", "2026-07-24"
    )  # fmt: skip


def test_two_days_without_a_release_in_between_say_that_nothing_changed(officer, client):
    page = client.get(reverse("law-changes"), {"before": "2025-01-01", "after": "2025-01-02"})
    assert "Nothing changed between these two days" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"before": "2026-07-28", "after": "2026-07-23"}, "does not come after"),
        ({"before": "2026-07-28"}, "Choose a release, or give two days."),
        ({"before": "soon", "after": "2026-07-23"}, "Enter a valid date"),
        ({"release": "99999"}, "Select a valid choice"),
    ],
)
def test_days_that_make_no_sense_come_back_with_a_sentence(officer, client, query, sentence):
    page = client.get(reverse("law-changes"), query)
    assert (page.status_code, sentence in page.content.decode()) == (200, True)


def test_the_page_of_changes_takes_as_many_queries_for_many_gaps_as_for_few(
    officer, client, django_assert_max_num_queries
):
    client.get(reverse("law-changes"), AMENDMENT)
    with django_assert_max_num_queries(40):
        client.get(reverse("law-changes"), AMENDMENT)


def test_the_command_says_the_same_as_text_and_as_json(demo, capsys):
    call_command("what_changed", "--release", "eu-ai-act:2026-07-24", "--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert (told["totals"]["repealed"], told["known_before"]) == (1, "2026-07-23")
    call_command("what_changed", "--before", "2026-07-23", "--after", "2026-07-28")
    text = capsys.readouterr().out
    assert "applies from: 2026-08-02 or 2027-08-02 → 2027-12-02 or 2028-08-02" in text
    assert "20 requirements move from 2026-08-02 to 2027-12-02 (applies)." in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give --before and --after"),
        (["--before", "2026-02-02", "--after", "2026-02-01"], "does not come after"),
        (["--release", "eu-ai-act:1999-01-01"], "Releases: .*eu-ai-act:2026-07-24"),
    ],
)
def test_the_command_refuses_with_what_to_do(demo, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("what_changed", *arguments)


def test_what_is_not_yet_verified_is_listed_with_why_and_with_counsels_word_beside_the_mark(officer, client):
    counsel = make_person("P-law", name="Counsel Outside")
    record_reviews(
        requirements=[Requirement.objects.get(ref="CN-FIN-12")], reviewed_by=counsel, reviewed_on=today(),
        result="confirmed", source_read="The official text", note="", actor=officer, on=today(),
    )  # fmt: skip
    page = client.get(reverse("law-verification"))
    html = page.content.decode()
    assert [count for mark in page.context["marks"] if mark.mark == "M" for count in mark.counts if count] == [5, 1]
    row = next(pair for pair in page.context["doubts"] if pair[0].id == "CN-FIN-12")
    assert (row[0].mark, row[1].result) == ("M", "confirmed")
    assert "Written from memory; no source was opened for it." in html
    assert "Confirmed by Counsel Outside" in html


DAY, NONE = date(2026, 8, 2), None


@pytest.mark.parametrize(
    ("what", "before", "after", "sentence"),
    [
        (BEGINS, ("", NONE), ("applies", DAY), "1 requirement comes in: applies from 2026-08-02."),
        (ENDS, ("applies", DAY), ("", NONE), "1 requirement falls away (applies from 2026-08-02 until now)."),
        (
            MOVES, ("applies", DAY), ("applies", NONE),
            "1 requirement moves from 2026-08-02 to a day that is not settled (applies).",
        ),
        (
            MOVES, ("applies", DAY), ("applies", DAY),
            "1 requirement stands differently in time; the day stays 2026-08-02.",
        ),
        (
            TURNS, ("applies", DAY), ("may_apply", DAY),
            "1 requirement turns from “applies” (2026-08-02) into “may apply” (2026-08-02).",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_change_has_its_sentence(what, before, after, sentence):
    group = DutyGroup("s", "f", what, before[0], after[0], before[1], after[1], ("r",))
    assert sentence_of(group) == sentence
