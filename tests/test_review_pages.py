"""The review of mappings on its pages: the queue, both texts, decisions one by one and in bulk, and who may do what."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from controls.models import ControlMapping
from controls.services import controls
from controls.services import mappings as services
from controls.services.reviewing import READ, token_of
from frameworks.models import RequirementItem
from office.models import JournalBatch, JournalEvent
from office.services.logins import give_login
from office.services.verify import verify
from tests.makers import make_control, make_direct, make_entity, make_mapping, make_person, make_requirement, reword

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"


def signed_in(person) -> Client:
    client = Client()
    give_login(person=person, username=person.ref, actor=None, password=PASSWORD)
    assert client.login(username=person.ref, password=PASSWORD)
    return client


@pytest.fixture
def proposer(office):
    return make_person("P-prop", role="officer", name="Pia Proposer")


@pytest.fixture
def reviewer(office):
    return make_person("P-rev", role="officer", name="Rob Reviewer")


@pytest.fixture
def client(reviewer) -> Client:
    return signed_in(reviewer)


@pytest.fixture
def queue(proposer) -> list:
    """Two control mappings and a requirement mapping, in the order of the queue."""
    one, two = (make_requirement(f"law.{number}") for number in (1, 2))
    first = make_mapping(make_control("C-1", objective="Keep an inventory."), one, by=proposer)
    second = make_mapping(make_control("C-2", theme="data"), two, by=proposer, relationship="subset")
    third = make_direct(
        focal=one, reference=make_requirement("std.1", family="std"), actor=proposer, relationship="intersects",
        rationale="Both ask for a list.",
    )  # fmt: skip
    return [first, second, third]


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def get(client: Client, **query) -> str:
    response = client.get(reverse("review"), query)
    assert response.status_code == 200
    return text_of(response)


def heading(page: str) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", page)[1]


def post(client: Client, do: str, mappings, *, query: str = "", note: str = "", tokens=None):
    chosen = tokens if tokens is not None else [token_of(fresh(row)) for row in mappings]
    return client.post(f"{reverse('review')}?{query}", {"do": do, "chosen": chosen, "note": note})


def fresh(row):
    return type(row)._default_manager.get(pk=row.pk)


def statuses(rows) -> list[str]:
    return [fresh(row).status for row in rows]


# ---- the queue


def test_the_queue_goes_on_in_a_steady_order_and_says_where_one_is(queue, client):
    page, seen = get(client), []
    for number in range(1, 4):
        seen.append(heading(page))
        assert f"{number} of 3</strong>" in page
        link = re.search(r'data-key="j" href="([^"]+)"', page)
        page = text_of(client.get(link[1].replace("&amp;", "&"))) if link else page
    assert seen == ["C-1 → law.1", "C-2 → law.2", "law.1 → std.1"]
    back = re.search(r'data-key="k" href="([^"]+)"', page)[1]
    assert heading(text_of(client.get(back))) == "C-2 → law.2"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [0, 1, 2]),
        ({"kind": "control"}, [0, 1]),
        ({"kind": "requirement"}, [2]),
        ({"family": "std"}, [2]),
        ({"family": "law"}, [0, 1, 2]),
        ({"theme": "data"}, [1]),
        ({"control": "C-1"}, [0]),
        ({"status": "proposed"}, [0, 1, 2]),
        ({"status": "re_review"}, []),
        ({"others": "on"}, [0, 1, 2]),
        ({"kind": "nonsense", "family": "law"}, [0, 1, 2]),
    ],
)
def test_each_filter_leaves_what_fits_it(queue, client, query, found):
    page = get(client, view="list", **query)
    assert [str(row) for row in queue if f"Choose {row}" in page] == [str(queue[at]) for at in found]


def test_what_i_proposed_myself_can_be_left_out_and_what_was_shipped_stays(queue, client, reviewer):
    make_mapping(make_control("C-3"), make_requirement("law.3"), by=reviewer)
    make_mapping(make_control("C-4"), make_requirement("law.4"), by=None)
    page = get(client, view="list", others="on")
    assert "Choose C-3" not in page
    assert "Choose C-4" in page


def test_the_filter_stays_while_one_goes_through_the_queue(queue, client):
    told = post(client, "approve", queue[:1], query="kind=control")
    assert told.url == f"{reverse('review')}?kind=control&item=control-{queue[1].pk}"
    assert "1 of 1</strong>" in text_of(client.get(told.url))


def test_an_empty_queue_says_what_to_do_next(client, office):
    assert "Choose a requirement</a>" in get(client)
    assert "Nothing waits for review" in get(client, view="list")
    assert "No mapping that waits fits this choice" in get(client, status="proposed")


# ---- one mapping


def test_one_page_shows_both_texts_the_sentence_and_the_checklist(queue, client):
    version = queue[0].requirement.current
    RequirementItem.objects.create(version=version, position=1, ref="1(a)", kind="checklist", title="A description")
    page = get(client)
    for words in (
        "Keep an inventory.",
        "Do it.",
        "The control holds all that is asked, and more.",
        "1(a) A description",
    ):
        assert words in page
    assert "Primary text read" in page
    assert "proposed by Pia Proposer" in page
    assert "compliant" not in page.lower()


def test_a_mark_of_doubt_is_shown(proposer, client):
    make_mapping(make_control(), make_requirement(verification="M"), by=proposer)
    assert "not yet verified</span>" in get(client)


def test_every_relationship_is_read_in_words():
    assert {str(word) for word in READ} == {"equal", "superset", "subset", "intersects", "no_relationship"}


def test_a_text_that_changed_stands_beside_the_approved_one_with_its_words_marked(queue, client, reviewer):
    services.approve(mappings=queue[:2], actor=reviewer)
    control = queue[0].control
    control.objective = "Keep a register."
    controls.save_control(control=control, actor=None)
    page = get(client)
    assert 'Keep <del><span class="o-heard">removed: </span>an inventory.</del>' in page
    assert 'Keep <ins><span class="o-heard">added: </span>a register.</ins>' in page
    assert page.count("(unchanged)") == 1, "the title of the control"


def test_a_requirement_that_was_reworded_is_compared_too(queue, client, reviewer):
    services.approve(mappings=queue[2:], actor=reviewer)
    reword(queue[2].reference, title="Do std.1 daily")
    services.lapse_outdated(actor=None)
    page = get(client, status="re_review")
    assert heading(page) == "law.1 → std.1"
    assert '<ins><span class="o-heard">added: </span>daily</ins>' in page


def test_a_mapping_that_somebody_doubts_shows_the_doubt_and_no_change(queue, client, reviewer, proposer):
    services.approve(mappings=queue[:1], actor=reviewer)
    services.ask_again(mappings=queue[:1], actor=proposer, note="The article was clarified.")
    page = get(client, status="re_review")
    assert "The article was clarified." in page
    assert "somebody doubts the mapping" in page
    assert "<ins><span" not in page


def test_the_history_says_who_when_what_and_why(queue, client, reviewer, proposer):
    services.reject(mappings=queue[:1], actor=reviewer, note="Wrong article.")
    services.propose(mappings=queue[:1], actor=proposer, note="Read it again.")
    page = get(client)
    told = page[page.index("What happened to it") :]
    assert re.findall(r"<td>([^<]*)</td></tr>", told) == [
        "Read it again.", "Wrong article.", "Proposed mapping C-1 → law.1",
    ], "newest first"  # fmt: skip
    assert '<del>Proposed</del><span class="o-heard"> to </span> <ins>Rejected</ins>' in told
    assert told.count("Pia Proposer") == 2
    assert "Rob Reviewer" in told


def test_the_keys_are_told_and_have_their_buttons(queue, client):
    page = get(client, item=f"control-{queue[1].pk}")
    assert set(re.findall(r"<kbd>(.)</kbd>", page)) == set(re.findall(r'data-key="(.)"', page)) == set("arjk")
    assert re.search(r'<script src="[^"]*review[^"]*\.js" defer></script>', page)
    assert not re.search(r"<script>|onclick=|style=", page), "the content policy lets none through"


def test_the_focus_goes_to_the_heading_once_one_moves_through_the_queue(queue, client):
    assert "autofocus" not in get(client)
    assert '<h1 tabindex="-1" autofocus>' in get(client, item=f"control-{queue[1].pk}")


# ---- decisions


def test_after_a_decision_the_next_one_is_shown_with_a_message(queue, client, reviewer):
    told = post(client, "approve", queue[:1], note="Read both.")
    page = text_of(client.get(told.url))
    assert "C-1 → law.1 is approved against the texts as they stand." in page
    assert (heading(page), "1 of 2</strong>" in page) == ("C-2 → law.2", True)
    assert (fresh(queue[0]).reviewed_by, fresh(queue[0]).review_note) == (reviewer, "Read both.")


def test_after_the_last_one_the_first_that_was_skipped_comes(queue, client):
    told = post(client, "reject", queue[2:], note="No.")
    assert told.url.endswith(f"item=control-{queue[0].pk}")
    post(client, "approve", queue[:2])
    assert statuses(queue) == ["approved", "approved", "rejected"]


def test_a_rejection_needs_a_note_and_keeps_what_was_typed(queue, client):
    page = text_of(post(client, "reject", queue[:1]))
    assert "Say why the mapping is rejected; the proposer will read it." in page
    assert "Nothing was written." in page
    page = text_of(post(client, "approve", queue[:1], note="x" * 501))
    assert "at most 500 characters" in page
    assert "x" * 501 in page
    assert statuses(queue) == ["proposed"] * 3


def test_looking_again_is_for_approved_ones_only(queue, client, reviewer, proposer):
    assert 'value="again"' not in get(client)
    post(client, "approve", queue[:1])
    key = f"control-{queue[0].pk}"
    page = get(client, item=key)
    assert "Does not wait</strong>" in page
    assert re.findall(r'name="do" value="(\w+)"', page) == ["reject", "again"]
    assert "Say what has to be looked at again" in text_of(post(client, "again", queue[:1], query=f"item={key}"))
    post(client, "again", queue[:1], note="Doubtful.")
    assert (fresh(queue[0]).status, fresh(queue[0]).review_note) == ("re_review", "Doubtful.")


def test_who_proposed_it_sees_why_they_cannot_approve_and_has_no_button(queue, proposer):
    client = signed_in(proposer)
    page = get(client)
    assert "a mapping is approved by another person than the one who proposed it. Ask a second reviewer." in page
    assert re.findall(r'name="do" value="(\w+)"', page) == ["reject"]
    assert "approved by another person" in text_of(post(client, "approve", queue[:1]))
    assert statuses(queue[:1]) == ["proposed"]


def test_a_mapping_without_a_type_says_what_it_lacks(proposer, client):
    bare = make_mapping(make_control(), make_requirement(), by=proposer, relationship="")
    page = get(client)
    assert "Nobody has given a relationship type yet." in page
    assert "It is approved with a relationship type and a rationale." in page
    assert 'value="approve"' not in page
    assert "approved with a relationship type" in text_of(post(client, "approve", [bare]))


def test_what_changed_since_it_was_read_is_not_approved(queue, client, proposer):
    read = [token_of(queue[0])]
    changed = fresh(queue[0])
    changed.rationale = "Something else."
    services.save_mapping(mapping=changed, actor=proposer)
    page = text_of(post(client, "approve", queue[:1], tokens=read))
    assert "C-1 → law.1 has changed since you read it. Read it again, then decide." in page
    assert "Something else." in page
    assert statuses(queue[:1]) == ["proposed"]
    post(client, "approve", queue[:1])
    assert statuses(queue[:1]) == ["approved"]


@pytest.mark.parametrize("side", ["control", "requirement"])
def test_a_text_that_changed_since_it_was_read_is_not_approved_either(queue, client, side):
    read = [token_of(queue[0])]
    if side == "control":
        control = queue[0].control
        control.guidance = "Every month."
        controls.save_control(control=control, actor=None)
    else:
        reword(queue[0].requirement)
    assert "has changed since you read it" in text_of(post(client, "approve", queue[:1], tokens=read))
    assert statuses(queue[:1]) == ["proposed"]


def test_what_somebody_else_decided_meanwhile_is_told(queue, client):
    read = [token_of(queue[0])]
    services.approve(mappings=queue[:1], actor=make_person("P-third", role="leader"))
    page = text_of(post(client, "reject", queue[:1], tokens=read, note="No."))
    assert "C-1 → law.1 has changed since you read it." in page
    assert "is approved; only what is proposed or re-review becomes approved" in text_of(
        post(client, "approve", queue[:1], tokens=read)
    )
    assert statuses(queue[:1]) == ["approved"]


def test_after_a_refusal_the_mapping_that_it_was_about_is_shown_with_what_was_typed(queue, client):
    shown = heading(get(client))
    read = [token_of(queue[0])]
    services.approve(mappings=queue[:1], actor=make_person("P-third", role="leader"))
    assert heading(get(client)) != shown, "the head of the queue is another one by now"
    page = text_of(post(client, "reject", queue[:1], tokens=read, note="C-1 says nothing of risk."))
    assert heading(page) == shown
    assert token_of(fresh(queue[0])) in page
    assert token_of(fresh(queue[1])) not in page
    assert ("C-1 says nothing of risk." in page, "Approved" in page) == (True, True)


@pytest.mark.parametrize("tokens", [[], ["control-999.x"], ["x"], ["control-²."], ["control-1" * 20], ["\x00-1.2"]])
def test_nonsense_chooses_nothing(queue, client, tokens):
    assert "Choose at least one mapping." in text_of(post(client, "approve", [], tokens=tokens))
    assert statuses(queue) == ["proposed"] * 3


@pytest.mark.parametrize("item", ["control-999", "nothing", "control-", "requirement-x", "control-" + "9" * 40])
def test_a_mapping_that_does_not_exist_is_not_found(queue, client, item):
    assert client.get(reverse("review"), {"item": item}).status_code == 404


# ---- many at once


def test_many_of_both_kinds_are_approved_as_one_batch_of_the_journal(queue, client):
    before = JournalBatch.objects.count()
    told = post(client, "approve", queue, query="view=list&kind=&status=proposed", note="Read all three.")
    assert told.url == f"{reverse('review')}?status=proposed&view=list"
    assert "3 mapping(s) approved against the texts as they stand." in text_of(client.get(told.url))
    assert statuses(queue) == ["approved"] * 3
    assert JournalBatch.objects.count() == before + 1
    assert JournalBatch.objects.first().reason == "Read all three."


@pytest.mark.django_db(transaction=True)
def test_one_refused_mapping_keeps_all_from_being_written(queue, client, reviewer):
    own = make_direct(
        focal=make_requirement("law.8"), reference=make_requirement("law.9"), actor=reviewer, relationship="equal",
        rationale="The same.",
    )  # fmt: skip
    bare = make_mapping(make_control("C-9"), make_requirement("law.7"), by=None, relationship="")
    events = JournalEvent.objects.count()
    response = post(client, "approve", [*queue, own, bare], query="view=list", note="All.")
    page = text_of(response)
    assert "law.8 → law.9: a mapping is approved by another person" in page
    assert "A mapping is approved with a relationship type and a rationale." in page
    assert "Nothing was written." in page
    assert page.count(" checked>") == 5, "what was chosen is still chosen"
    assert "> All.</textarea>" in page
    assert statuses([*queue, own, bare]) == ["proposed"] * 5
    assert JournalEvent.objects.count() == events
    assert verify() == []


def test_many_are_rejected_with_one_note(queue, client):
    assert "Say why the mapping is rejected" in text_of(post(client, "reject", queue, query="view=list"))
    post(client, "reject", queue, query="view=list", note="Drafted in haste.")
    assert {fresh(row).review_note for row in queue} == {"Drafted in haste."}
    assert statuses(queue) == ["rejected"] * 3


def test_all_of_a_page_can_be_chosen_without_scripts(queue, client):
    page = get(client, view="list")
    assert " checked>" not in page
    link = re.search(r'href="([^"]+)" data-all', page)[1].replace("&amp;", "&")
    assert text_of(client.get(link)).count(" checked>") == 3


def test_the_list_is_cut_into_pages(proposer, client, monkeypatch):
    monkeypatch.setattr("governance.views.review.PAGE", 2)
    requirement = make_requirement()
    for number in range(5):
        make_mapping(make_control(f"C-{number}"), requirement, by=proposer)
    page = get(client, view="list", page="2")
    assert [ref for ref in ("C-0", "C-1", "C-2", "C-3", "C-4") if f"Choose {ref}" in page] == ["C-2", "C-3"]
    assert "3 to 4 of 5" in page


# ---- who may


def test_an_auditor_and_an_officer_of_one_entity_read_and_decide_nothing(queue, office):
    readers = [make_person("P-aud", role="auditor"), make_person("P-eo", role="officer", scope=make_entity())]
    for person in readers:
        client = signed_in(person)
        page = get(client)
        assert "An officer or leader of the whole office decides." in page
        assert 'name="do"' not in page
        assert set(re.findall(r"<kbd>(.)</kbd>", page)) == set("jk")
        assert 'type="checkbox" name="chosen"' not in get(client, view="list")
        assert post(client, "approve", queue).status_code == 403
    assert statuses(queue) == ["proposed"] * 3


def test_a_team_member_and_a_person_without_a_role_see_no_queue(queue, office):
    for person in (make_person("P-team", role="team_member"), make_person("P-none")):
        client = signed_in(person)
        assert client.get(reverse("review")).status_code == 403
        assert post(client, "approve", queue).status_code == 403
        assert "Review of mappings" not in text_of(client.get(reverse("home")))
    assert statuses(queue) == ["proposed"] * 3


def test_a_leader_decides_and_home_leads_to_the_queue(queue, office):
    client = signed_in(make_person("P-lead", role="leader"))
    assert f'href="{reverse("review")}"' in text_of(client.get(reverse("home")))
    post(client, "approve", queue[:1])
    assert statuses(queue[:1]) == ["approved"]


# ---- cost


def cost(client: Client, **query) -> int:
    client.get(reverse("review"), query)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(reverse("review"), query).status_code == 200
    return len(caught)


def test_a_long_queue_takes_as_many_queries_as_a_short_one(queue, client, proposer, reviewer):
    third = f"requirement-{queue[2].pk}"
    few = cost(client), cost(client, item=third), cost(client, view="list")
    for number in range(10, 30):
        requirement = make_requirement(f"law.{number}")
        make_mapping(make_control(f"C-{number}"), requirement, by=proposer)
        make_direct(
            focal=requirement, reference=make_requirement(f"std.{number}", family="std"), actor=proposer,
            relationship="equal", rationale="The same.",
        )  # fmt: skip
    assert (cost(client), cost(client, item=third), cost(client, view="list")) == few
    assert ControlMapping.objects.waiting().count() == 22


def test_a_long_history_takes_as_many_queries_as_a_short_one(queue, client, reviewer):
    few = cost(client)
    for number in range(6):
        row = fresh(queue[0])
        row.rationale = f"Reason {number}."
        services.save_mapping(mapping=row, actor=make_person(f"P-{number}", role="officer"))
    assert cost(client) == few
