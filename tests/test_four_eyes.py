"""Nobody approves what they proposed, and nobody what they have not read: through every door, and when people act at once."""

import csv
import io
import threading
import time
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse

from controls.models import Control, ControlMapping, NoControl, RequirementMapping
from controls.services import controls
from controls.services import mappings as services
from controls.services.reviewing import decide, read_tokens, token_of
from office import importing
from office.domain.plans import Verdict
from office.models import JournalEvent
from office.services import scopes
from office.services.logins import give_login
from office.services.verify import verify
from tests.api.caller import Caller
from tests.makers import (
    make_control,
    make_direct,
    make_mapping,
    make_no_control,
    make_person,
    make_requirement,
    reword,
)
from tests.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a-long-test-password"
OWN = "approved by another person than the one who proposed it"
ROUNDS = 4


@pytest.fixture
def office(transactional_db):
    return scopes.found_office(name="Test office", actor=None)


@pytest.fixture
def proposer(office):
    return make_person("P-prop", role="officer")


@pytest.fixture
def reviewer(office):
    return make_person("P-rev", role="officer")


@pytest.fixture
def third(office):
    return make_person("P-third", role="leader")


@pytest.fixture(params=["control", "requirement"])
def mapping(request, proposer):
    """A mapping of each kind, proposed by one of the officers."""
    if request.param == "control":
        return make_mapping(make_control(), make_requirement(), by=proposer)
    return make_direct(
        focal=make_requirement(), reference=make_requirement("std.1", family="std"), actor=proposer,
        relationship="intersects", rationale="Both ask for a list.",
    )  # fmt: skip


def fresh(row):
    return type(row)._default_manager.get(pk=row.pk)


def status_of(row) -> str:
    return fresh(row).status


def constraint_holds(row) -> bool:
    """Whether the database itself refuses to write an approval by the proposer, and holds none."""
    rows = type(row)._default_manager
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(pk=row.pk).update(status="approved", reviewed_by=F("proposed_by"))
    return not rows.filter(status="approved", reviewed_by=F("proposed_by")).exists() and verify() == []


def signed_in(person) -> Client:
    client = Client()
    give_login(person=person, username=person.ref, actor=None, password=PASSWORD)
    assert client.login(username=person.ref, password=PASSWORD)
    return client


# ---- the admin


def admin_url(row, page: str = "changelist", *arguments) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=arguments)


def act(client: Client, name: str, rows, **given) -> str:
    """An action of the list: what the person sees first goes back with the confirmation, as a browser sends it."""
    data = {"action": name, "_selected_action": [row.pk for row in rows]}
    shown = client.post(admin_url(rows[0]), data)
    seen = shown.context["form"]["seen"].value()
    done = client.post(admin_url(rows[0]), {**data, "confirmed": "1", "seen": seen, **given}, follow=True)
    return done.content.decode()


def one(client: Client, row, path: str, **given) -> str:
    """An action on the page of one row."""
    address = f"{admin_url(row, 'change', row.pk).removesuffix('change/')}{path}/"
    seen = client.get(address).context["form"]["seen"].value()
    return client.post(address, {"confirmed": "1", "seen": seen, **given}, follow=True).content.decode()


def test_the_admin_refuses_the_proposer_alone_and_in_bulk(mapping, proposer, reviewer):
    own, other = signed_in(proposer), signed_in(reviewer)
    assert OWN in one(own, mapping, "approve", note="")
    assert OWN in act(own, "approve", [mapping], note="")
    assert status_of(mapping) == "proposed"
    act(other, "approve", [mapping], note="")
    assert (status_of(mapping), fresh(mapping).reviewed_by) == ("approved", reviewer)
    assert constraint_holds(mapping)


def test_one_own_mapping_among_many_keeps_the_admin_from_writing_any(proposer, reviewer):
    requirement = make_requirement()
    own = make_mapping(make_control("C-1"), requirement, by=reviewer)
    other = make_mapping(make_control("C-2"), requirement, by=proposer)
    assert OWN in act(signed_in(reviewer), "approve", [other, own], note="")
    assert (status_of(own), status_of(other)) == ("proposed", "proposed")


def test_the_admin_asks_again_with_a_note_and_proposes_anew_in_the_name_of_who_does(mapping, proposer, reviewer):
    client = signed_in(reviewer)
    assert "becomes re-review" in act(client, "ask_again", [mapping], note="Why?"), "only what is approved"
    services.approve(mappings=[mapping], actor=reviewer)
    assert "This field is required" in one(client, mapping, "ask-again", note="")
    one(client, mapping, "ask-again", note="The guidance is new.")
    assert (status_of(mapping), fresh(mapping).review_note) == ("re_review", "The guidance is new.")
    one(client, mapping, "reject", reason="No longer so.")
    one(client, mapping, "propose", note="With a second thought.")
    assert (status_of(mapping), fresh(mapping).proposed_by) == ("proposed", reviewer)
    assert JournalEvent.objects.about(mapping)[0].reason == "With a second thought."
    assert OWN in one(client, mapping, "approve", note="")
    one(signed_in(proposer), mapping, "approve", note="")
    assert status_of(mapping) == "approved"
    assert constraint_holds(mapping)


def test_many_are_asked_again_or_proposed_by_an_action_of_the_list(mapping, reviewer):
    client = signed_in(reviewer)
    act(client, "reject", [mapping], reason="No.")
    act(client, "propose", [mapping], note="")
    assert (status_of(mapping), fresh(mapping).proposed_by) == ("proposed", reviewer)


def test_the_admin_refuses_what_changed_after_it_was_shown(mapping, proposer, reviewer):
    client = signed_in(reviewer)
    data = {"action": "approve", "_selected_action": [mapping.pk]}
    seen = client.post(admin_url(mapping), data).context["form"]["seen"].value()
    reword_rationale(mapping, proposer)
    page = client.post(admin_url(mapping), {**data, "confirmed": "1", "seen": seen, "note": ""}, follow=True)
    assert "has changed since you read it" in page.content.decode()
    assert status_of(mapping) == "proposed"


def form_of(client: Client, row) -> dict:
    """What a browser sends back where nobody changed anything."""
    form = client.get(admin_url(row, "change", row.pk)).context["adminform"].form
    return {name: form[name].value() or "" for name in form.fields}


def test_a_form_that_changes_an_approved_mapping_makes_its_author_the_proposer(mapping, reviewer):
    services.approve(mappings=[mapping], actor=reviewer)
    client = signed_in(reviewer)
    client.post(admin_url(mapping, "change", mapping.pk), {**form_of(client, mapping), "strength": "3"})
    assert (status_of(mapping), fresh(mapping).proposed_by, fresh(mapping).reviewed_by) == ("proposed", reviewer, None)
    assert OWN in one(client, mapping, "approve", note="")


def test_a_form_takes_no_status_by_hand(mapping, proposer):
    client = signed_in(proposer)
    data = {**form_of(client, mapping), "status": "approved", "reviewed_by": proposer.pk, "comments": "Seen."}
    client.post(admin_url(mapping, "change", mapping.pk), data)
    assert (fresh(mapping).comments, status_of(mapping), fresh(mapping).reviewed_by) == ("Seen.", "proposed", None)
    assert constraint_holds(mapping)


# ---- the API


def path_of(row) -> str:
    return f"{'control' if isinstance(row, ControlMapping) else 'requirement'}-mappings/{row.pk}/"


def call(caller: Caller, row, verb: str, **body):
    return caller.seen("post", f"{path_of(row)}{verb}/", body, row=path_of(row))


def test_the_api_knows_the_whole_life_of_a_mapping(mapping, proposer, reviewer):
    own, other = Caller(proposer), Caller(reviewer)
    refused = call(own, mapping, "approve")
    assert (refused.status_code, OWN in refused.json()["detail"]) == (400, True)
    assert call(other, mapping, "approve", note="Read both.").json()["status"] == "approved"
    assert call(other, mapping, "ask-again").status_code == 400, "it needs a reason"
    assert call(own, mapping, "ask-again", reason="The article is new.").json()["review_note"] == "The article is new."
    assert call(other, mapping, "reject", reason="No longer so.").json()["status"] == "rejected"
    assert call(own, mapping, "ask-again", reason="Why?").status_code == 400
    told = call(other, mapping, "propose", note="Second thought.").json()
    assert (told["status"], told["proposed_by"], told["reviewed_by"]) == ("proposed", "P-rev", None)
    assert call(other, mapping, "approve").status_code == 400
    assert call(other, mapping, "propose").status_code == 400, "it is proposed already"
    assert call(own, mapping, "approve").json()["reviewed_by"] == "P-prop"
    assert constraint_holds(mapping)


def test_the_api_takes_no_status_by_hand(mapping, proposer):
    caller = Caller(proposer)
    assert caller.seen("patch", path_of(mapping), {"status": "approved"}).status_code == 400
    assert status_of(mapping) == "proposed"


def test_the_api_refuses_to_approve_what_changed_since_it_was_read(mapping, proposer, reviewer):
    caller = Caller(reviewer)
    tag = caller.get(path_of(mapping))["ETag"]
    reword_rationale(mapping, proposer)
    assert caller.call("post", f"{path_of(mapping)}approve/", {}, **{"if-match": tag}).status_code == 412
    assert status_of(mapping) == "proposed"


@pytest.mark.parametrize("end", ["first", "second"])
def test_the_api_refuses_to_approve_where_a_text_changed_since_it_was_read(mapping, reviewer, end):
    caller = Caller(reviewer)
    tag = caller.get(path_of(mapping))["ETag"]
    change_text(mapping, end)
    assert caller.call("post", f"{path_of(mapping)}approve/", {}, **{"if-match": tag}).status_code == 412
    assert status_of(mapping) == "proposed"
    assert call(caller, mapping, "approve").status_code == 200
    assert fresh(mapping).text_current


def change_text(mapping, end: str) -> None:
    if isinstance(mapping, ControlMapping):
        changed = mapping.control if end == "first" else mapping.requirement
    else:
        changed = mapping.focal if end == "first" else mapping.reference
    if isinstance(changed, Control):
        changed.objective = "Something else."
        controls.save_control(control=changed, actor=None)
    else:
        reword(changed)


# ---- files


def reword_rationale(mapping, actor, words: str = "Other words.") -> None:
    with transaction.atomic():
        row = type(mapping)._default_manager.select_for_update().get(pk=mapping.pk)
        row.rationale = words
        services.save_mapping(mapping=row, actor=actor)


@pytest.fixture
def crosswalk(proposer) -> RequirementMapping:
    return make_direct(
        focal=make_requirement(), reference=make_requirement("std.1", family="std"), actor=proposer,
        relationship="intersects", rationale="Both ask for a list.",
    )  # fmt: skip


def workbook(tmp_path, **cells: str) -> bytes:
    """The crosswalk as it goes out, with cells of its only row changed."""
    path = tmp_path / "out.csv"
    call_command("export_crosswalk", focal="law", reference="std", format="csv", out=str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        heads, *rows = csv.reader(file)
    for name, text in cells.items():
        rows[0][heads.index(name)] = text
    written = io.StringIO()
    csv.writer(written).writerows([heads, *rows])
    return written.getvalue().encode()


def bring(content: bytes, actor, name: str = "crosswalk.csv"):
    """Brings a file and applies the plan that is shown, refused rows left out. Gives the plan."""
    upload = importing.bring(content=content, name=name, noun="", actor=actor, nudge=lambda pk: None)
    plan = importing.understand(content, name).plan(actor)
    if plan.totals["changed"]:
        importing.ask_apply(
            upload=upload, digest=upload.digest, leave_out_refused=True, actor=actor, nudge=lambda pk: None
        )
    return plan


def test_the_status_column_of_a_workbook_is_a_review_like_any_other(crosswalk, proposer, reviewer, tmp_path):
    content = workbook(tmp_path, status="approved")
    (row,) = bring(content, proposer).of(Verdict.REFUSED)
    assert OWN in row.problems[0]
    assert status_of(crosswalk) == "proposed"
    assert bring(content, reviewer).totals["changed"] == 1
    assert (status_of(crosswalk), fresh(crosswalk).reviewed_by) == ("approved", reviewer)
    assert constraint_holds(crosswalk)


def test_a_workbook_does_not_approve_content_that_changed_since_it_went_out(crosswalk, proposer, reviewer, tmp_path):
    content = workbook(tmp_path, status="approved")
    reword_rationale(crosswalk, proposer)
    bring(content, reviewer)
    assert status_of(crosswalk) == "proposed"


@pytest.mark.parametrize("by", ["proposer", "reviewer"])
def test_the_sheet_of_mappings_shows_the_status_and_takes_none(proposer, request, by):
    mapping = make_mapping(make_control(), make_requirement(), by=proposer)
    content = b"control,requirement,status,reviewed by\nC-1,law.1,approved,P-rev\n"
    (row,) = bring(content, request.getfixturevalue(by), "mappings.csv").of(Verdict.REFUSED)
    assert "Column “status” is shown, not written here; it stands at “proposed”." in row.problems[0]
    assert (status_of(mapping), fresh(mapping).reviewed_by) == ("proposed", None)


def test_who_changes_a_mapping_by_the_sheet_is_its_proposer(proposer, reviewer):
    mapping = make_mapping(make_control(), make_requirement(), by=proposer)
    services.approve(mappings=[mapping], actor=reviewer)
    bring(b"control,requirement,strength\nC-1,law.1,2\n", reviewer, "mappings.csv")
    assert (status_of(mapping), fresh(mapping).proposed_by) == ("proposed", reviewer)
    with pytest.raises(ValidationError, match=OWN):
        services.approve(mappings=[mapping], actor=reviewer)


@pytest.mark.parametrize("decide_first", ["approve", "reject"])
def test_a_comment_brought_by_the_sheet_leaves_the_review_and_new_content_beside_it_does_not(
    decide_first, proposer, reviewer
):
    demand = make_requirement()
    noted, reworded = (make_mapping(make_control(ref), demand, by=proposer) for ref in ("C-1", "C-2"))
    getattr(services, decide_first)(mappings=[noted, reworded], actor=reviewer, note="Read both.")
    before = fresh(noted)
    sheet = b"control,requirement,rationale,comments\nC-1,law.1,The control holds all that is asked.,Seen by audit.\n"
    bring(sheet + b"C-2,law.1,Only the list.,Seen too.\n", reviewer, "mappings.csv")
    after = fresh(noted)
    assert (before.comments, after.comments, fresh(reworded).comments) == ("", "Seen by audit.", "Seen too.")
    kept = ("status", "proposed_by", "proposed_at", "reviewed_by", "reviewed_at", "review_note", "approved_control")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.approved_version == before.approved_version
    assert (status_of(reworded), fresh(reworded).proposed_by, fresh(reworded).reviewed_by) == (
        "proposed",
        reviewer,
        None,
    )
    assert verify() == []


REVIVED: dict[str, Callable] = {
    "the admin": lambda row, person: act(signed_in(person), "propose", [row], note=""),
    "the API": lambda row, person: call(Caller(person), row, "propose"),
    "the sheet": lambda row, person: bring(b"control,requirement,strength\nC-1,law.1,2\n", person, "mappings.csv"),
}


@pytest.mark.parametrize("door", REVIVED)
def test_no_reason_why_no_control_fits_stands_beside_a_mapping_that_came_back(door, proposer, reviewer):
    mapping = make_mapping(make_control(), make_requirement(), by=proposer)
    services.reject(mappings=[mapping], actor=reviewer, note="It is too narrow.")
    make_no_control(mapping.requirement, "Only the authority acts.", reviewer)
    REVIVED[door](mapping, proposer)
    assert (status_of(mapping), NoControl.objects.count()) == ("proposed", 0)
    assert JournalEvent.objects.filter(noun="controls.nocontrol", verb="delete").exists()
    assert verify() == []


# ---- a row that was read earlier


def test_a_row_that_was_read_before_a_doubt_does_not_put_its_approval_back(mapping, proposer, reviewer):
    services.approve(mappings=[mapping], actor=reviewer)
    earlier = fresh(mapping)
    services.ask_again(mappings=[mapping], actor=reviewer, note="Doubtful.")
    services.save_mapping(mapping=earlier, actor=proposer)
    assert status_of(mapping) == "re_review"


# ---- at the same moment


def approve_as_read(mapping, person, token: str | None = None) -> Callable[[], object]:
    """A reviewer who has the page open: approves what stood on it."""
    seen = read_tokens([token or token_of(fresh(mapping))])
    return lambda: decide(mappings=[fresh(mapping)], seen=seen, status="approved", actor=person)


def held_then(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """`second` begins once `first` has written, and before it commits."""
    written = threading.Event()

    def hold() -> object:
        with transaction.atomic():
            try:
                return first()
            finally:
                written.set()
                time.sleep(0.3)  # the other runs into the lock meanwhile

    def follow() -> object:
        written.wait(5)
        return second()

    return at_once([hold, follow])


def approved_states(mapping) -> list[tuple[str, int]]:
    """Rationale and proposer of every state in which the mapping was approved, from the journal."""
    events = JournalEvent.objects.about(mapping).filter(after__status="approved")
    return [(event.after["rationale"], event.after["proposed_by_id"]) for event in events]


def test_who_proposes_anew_first_leaves_nothing_to_approve_that_was_not_read(mapping, proposer, reviewer):
    _, refused = held_then(
        lambda: reword_rationale(mapping, proposer), approve_as_read(mapping, reviewer, token_of(fresh(mapping)))
    )
    assert isinstance(refused, ValidationError)
    assert "has changed since you read it" in refused.messages[0]
    assert (status_of(mapping), approved_states(mapping)) == ("proposed", [])
    assert constraint_holds(mapping)


def test_who_approves_first_approves_what_was_read_and_the_change_takes_it_back(mapping, proposer, reviewer):
    words = mapping.rationale
    held_then(approve_as_read(mapping, reviewer), lambda: reword_rationale(mapping, proposer))
    assert approved_states(mapping) == [(words, proposer.pk)]
    assert (status_of(mapping), fresh(mapping).rationale, fresh(mapping).reviewed_by) == (
        "proposed", "Other words.", None,
    )  # fmt: skip
    assert constraint_holds(mapping)


def test_whoever_is_faster_no_content_is_approved_that_the_reviewer_did_not_read(mapping, proposer, reviewer):
    for number in range(ROUNDS):
        words = fresh(mapping).rationale
        before = len(approved_states(mapping))
        at_once(
            [
                approve_as_read(mapping, reviewer),
                lambda words=f"Words {number}.": reword_rationale(mapping, proposer, words),
            ]
        )
        assert (status_of(mapping), fresh(mapping).rationale) == ("proposed", f"Words {number}.")
        assert {told for told, _ in approved_states(mapping)[: len(approved_states(mapping)) - before]} <= {words}
    assert constraint_holds(mapping)


def test_when_the_reviewer_proposes_anew_while_approving_it_never_stands_approved_by_its_proposer(
    mapping, proposer, reviewer
):
    approving = approve_as_read(mapping, reviewer)
    at_once([approving, lambda: reword_rationale(mapping, reviewer)])
    assert (status_of(mapping), fresh(mapping).proposed_by) == ("proposed", reviewer)
    assert all(by == proposer.pk for _, by in approved_states(mapping))
    assert constraint_holds(mapping)


def test_a_text_that_is_changed_at_the_same_moment_is_not_approved_unread(proposer, reviewer):
    control = make_control()
    mapping = make_mapping(control, make_requirement(), by=proposer)

    def change_text(words: str) -> None:
        row = Control.objects.get(pk=control.pk)
        row.objective = words
        controls.save_control(control=row, actor=proposer)

    _, refused = held_then(lambda: change_text("Other."), approve_as_read(mapping, reviewer))
    assert isinstance(refused, ValidationError)
    assert (status_of(mapping), approved_states(mapping)) == ("proposed", [])
    held_then(approve_as_read(mapping, reviewer), lambda: change_text("Another."))
    assert (status_of(mapping), len(approved_states(mapping))) == ("re_review", 1)
    assert constraint_holds(mapping)


def test_of_two_who_approve_at_once_one_does_and_the_other_is_told(mapping, reviewer, third):
    people = [reviewer, third]
    found = at_once([approve_as_read(mapping, person) for person in people])
    refused = [told for told in found if isinstance(told, ValidationError)]
    (done,) = (person for person, told in zip(people, found, strict=True) if not isinstance(told, ValidationError))
    assert (len(refused), "is approved; only what is" in refused[0].messages[0]) == (1, True)
    assert (status_of(mapping), fresh(mapping).reviewed_by, len(approved_states(mapping))) == ("approved", done, 1)
    assert constraint_holds(mapping)


def test_the_proposer_does_not_approve_in_two_sessions_at_once_either(mapping, proposer):
    found = at_once([approve_as_read(mapping, proposer) for _ in range(2)])
    assert [OWN in told.messages[0] for told in found if isinstance(told, ValidationError)] == [True, True]
    assert (status_of(mapping), approved_states(mapping)) == ("proposed", [])
    assert constraint_holds(mapping)


def test_two_programs_that_change_and_approve_at_once_never_approve_what_was_not_read(mapping, proposer, reviewer):
    author, judge = Caller(proposer), Caller(reviewer)
    for number in range(ROUNDS):
        words = fresh(mapping).rationale
        tag = {"if-match": judge.get(path_of(mapping))["ETag"]}
        body = {"rationale": f"Words {number}."}
        told = at_once(
            [
                lambda tag=tag: judge.call("post", f"{path_of(mapping)}approve/", {}, **tag).status_code,
                lambda body=body: author.call("patch", path_of(mapping), body, **{"if-match": "*"}).status_code,
            ]
        )
        assert told in ([200, 200], [412, 200])
        assert (status_of(mapping), fresh(mapping).rationale) == ("proposed", f"Words {number}.")
        assert len([told for told, _ in approved_states(mapping) if told == words]) == (told[0] == 200)
    assert constraint_holds(mapping)


def test_many_approved_at_once_by_two_people_are_approved_once_each(proposer, reviewer, third):
    requirement = make_requirement()
    rows = [make_mapping(make_control(f"C-{number}"), requirement, by=proposer) for number in range(4)]
    seen = read_tokens(token_of(fresh(row)) for row in rows)
    found = at_once(
        [
            lambda listed=listed, person=person: decide(mappings=listed, seen=seen, status="approved", actor=person)
            for listed, person in ((rows, reviewer), (rows[::-1], third))
        ]
    )
    assert sum(isinstance(told, ValidationError) for told in found) == 1, (
        "whole or nothing, and nobody waits in a circle"
    )
    assert len({fresh(row).reviewed_by_id for row in rows}) == 1
    assert JournalEvent.objects.filter(after__status="approved").count() == len(rows)
    assert connection.vendor in ("sqlite", "postgresql")
    assert constraint_holds(rows[0])
