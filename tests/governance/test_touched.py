"""After a write only what it can move is looked at again, and what comes out is what a whole recompute would say."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controls.models import Evidence, Implementation
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from governance.inputs import demands_on, touched_since
from governance.inputs.touched import BESIDE, COVERING, OWING
from governance.models import Gap
from governance.services import answers, gaps
from governance.services.gaps import head_seq, recompute_gaps
from office.models.base import Recorded
from office.services import people, records
from tests.makers import (
    TODAY,
    make_control,
    make_deployment,
    make_entity,
    make_implementation,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(office):
    return make_person("P-second", "officer")


@pytest.fixture
def ground(office, officer, ada, second):
    """Two deployments; law.1 is covered by C-1 in the bank, law.2 by nothing."""
    bank = make_entity("hk-bank", owner=ada)
    for number in (1, 2):
        make_deployment(make_use_case(f"Use {number}", ada), bank, ada)
    mapping = make_mapping(make_control("C-1", owner=ada), make_requirement("law.1"), by=officer)
    make_requirement("law.2")
    mapping_services.approve(mappings=[mapping], actor=second)
    make_proof(mapping.control, bank, ada)
    recompute_gaps(on=TODAY, actor=None)
    return {"mapping": mapping, "bank": bank}


def standing() -> set[tuple[str, str, str, str]]:
    fields = ("scope__key", "requirement__ref", "status", "severity")
    return set(Gap.objects.standing().values_list(*fields))


def nouns() -> set[str]:
    return {model._meta.label_lower for model in apps.get_models() if issubclass(model, Recorded)}


def test_every_noun_is_known_to_move_what_is_owed_what_is_covered_or_neither():
    assert nouns() == COVERING | BESIDE | OWING
    assert len(COVERING) + len(BESIDE) + len(OWING) == len(nouns())


WRITES = {
    "a mapping is rejected": lambda g, o: mapping_services.reject(mappings=[g["mapping"]], actor=o, note="No."),
    "evidence goes": lambda g, o: records.delete_record(row=Evidence.objects.get(), actor=o),
    "a test fails": lambda g, o: control_services.record_test(
        implementation=Implementation.objects.get(), performed_on=TODAY, result="failed", tester=o, actor=o
    ),
    "an implementation changes": lambda g, o: make_implementation(g["mapping"].control, g["bank"], "planned"),
    "a control changes its words": lambda g, o: control_services.save_control(
        control=reworded(g["mapping"].control), actor=o
    ),
}


def reworded(control):
    control.objective = "Something else."
    return control


@pytest.mark.parametrize("name", list(WRITES))
def test_a_write_about_a_control_touches_the_requirements_it_is_mapped_to(ground, officer, name):
    since = head_seq()
    WRITES[name](ground, officer)
    assert touched_since(since) == {"law.1"}
    done = recompute_gaps(on=TODAY, actor=None, since=since)
    assert (done.subjects, done.opened) == (2, 2)
    assert {ref for _, ref, *_ in standing()} == {"law.1", "law.2"}
    before = standing()
    assert recompute_gaps(on=TODAY, actor=None).opened == 0
    assert standing() == before, "a whole recompute says the same"


@pytest.mark.parametrize(
    ("write", "touched"),
    [
        (lambda g, o: people.add_person(ref="P-9", name="Nine", actor=o), set()),
        (lambda g, o: gaps.accept_gap(
            gap=Gap.objects.first(), until=TODAY + timedelta(days=9), reason="Later.", actor=o, on=TODAY), set()),
        (lambda g, o: answers.answer_facts(subject=g["bank"], answers={"hk.presence": True}, actor=o), None),
        (lambda g, o: make_requirement("law.3"), None),
    ],
    ids=["person", "gap", "answer", "requirement"],
)  # fmt: skip
def test_what_moves_no_coverage_touches_nothing_and_what_moves_duties_everything(ground, officer, write, touched):
    since = head_seq()
    write(ground, officer)
    assert touched_since(since) == touched


def test_very_many_events_are_not_looked_through(ground, officer, monkeypatch):
    since = head_seq()
    monkeypatch.setattr("governance.inputs.touched.MOST", 0)
    mapping_services.reject(mappings=[ground["mapping"]], actor=officer, note="No.")
    assert touched_since(since) is None


def test_who_owes_what_is_worked_out_once_until_something_of_it_changes(ground, officer):
    first = demands_on(TODAY)
    mapping_services.reject(mappings=[ground["mapping"]], actor=officer, note="No.")
    assert demands_on(TODAY) is first
    answers.answer_facts(subject=ground["bank"], answers={"hk.presence": True}, actor=officer)
    assert demands_on(TODAY) is not first


def test_another_journal_with_as_many_events_is_another_office(ground):
    first = demands_on(TODAY)
    from governance.inputs import position

    (seq, _, kept) = position._kept[TODAY, TODAY]
    position._kept[TODAY, TODAY] = (seq - 1, "0" * 64, kept)
    assert demands_on(TODAY) is not first


def test_a_subject_whose_gaps_do_not_move_is_not_opened(ground, officer):
    since = head_seq()
    make_control("C-2", owner=officer)
    with CaptureQueriesContext(connection) as caught:
        done = recompute_gaps(on=TODAY, actor=None, since=since)
    assert done.subjects == 0
    assert not any("UPDATE" in query["sql"] or "INSERT" in query["sql"] for query in caught)


def test_following_up_costs_the_same_whatever_the_size_of_the_portfolio(ground, officer, second, ada):
    """law.9 is owed once, by the office: however many deployments there are, one subject is touched."""
    mapping = make_mapping(make_control("C-9", owner=ada), make_requirement("law.9", owed_by="office"), by=officer)
    mapping_services.approve(mappings=[mapping], actor=second)
    recompute_gaps(on=TODAY, actor=None)

    def cost(strength: int) -> int:
        demands_on(TODAY)
        since = head_seq()
        mapping.refresh_from_db()
        mapping.strength = strength
        mapping_services.save_mapping(mapping=mapping, actor=officer)
        with CaptureQueriesContext(connection) as caught:
            recompute_gaps(on=TODAY, actor=None, since=since)
        return len(caught)

    few = cost(1)
    for number in range(3, 15):
        make_deployment(make_use_case(f"Use {number}", ada), ground["bank"], ada)
    recompute_gaps(on=TODAY, actor=None)
    assert cost(2) == few


STEPS = st.lists(
    st.sampled_from(["reject", "propose", "approve", "planned", "implemented", "test", "fail"]), max_size=6
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_is_done_to_controls_following_up_ends_where_a_whole_recompute_ends(ground, officer, second, steps):
    since, mapping = head_seq(), ground["mapping"]
    for step in steps:
        mapping.refresh_from_db()
        apply_step(step, ground, mapping, officer, second)
    recompute_gaps(on=TODAY, actor=None, since=since)
    followed = standing()
    recompute_gaps(on=TODAY, actor=None)
    assert standing() == followed


def apply_step(step, ground, mapping, officer, second) -> None:
    if step == "reject" and mapping.status != "rejected":
        mapping_services.reject(mappings=[mapping], actor=second, note="No.")
    elif step == "propose" and mapping.status == "rejected":
        mapping_services.propose(mappings=[mapping], actor=officer)
    elif step == "approve" and mapping.status == "proposed":
        mapping_services.approve(mappings=[mapping], actor=second)
    elif step in ("planned", "implemented"):
        make_implementation(mapping.control, ground["bank"], step)
    elif step in ("test", "fail"):
        control_services.record_test(
            implementation=Implementation.objects.get(), performed_on=TODAY,
            result="passed" if step == "test" else "failed", tester=officer, actor=officer,
        )  # fmt: skip
