"""What no control serves: reasons why none fits, and conflicts that the office decides."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from controls.inputs import coverage_on
from controls.models import Conflict, NoControl
from controls.services.conflicts import decide_conflict, reopen_conflict
from controls.services.mappings import reject
from office.history import Present
from tests.makers import (
    TODAY,
    make_conflict,
    make_control,
    make_mapping,
    make_no_control,
    make_person,
    make_requirement,
)

LATER = TODAY + timedelta(days=90)


@pytest.fixture
def officer(office):
    return make_person("P-off", role="officer")


def test_a_reason_is_told_where_nothing_is_mapped_and_counts_for_nothing(officer):
    requirement = make_requirement()
    make_no_control(requirement, "It is only proposed.", actor=officer)
    found = coverage_on(TODAY, Present()).cover("law.1", ("office",))
    assert (found.lower, found.upper, found.reasons) == (0, 0, ("No control fits: It is only proposed.",))


def test_a_newer_reason_replaces_the_older_one(officer):
    requirement = make_requirement()
    make_no_control(requirement, "Old.", actor=None)
    make_no_control(requirement, "New.", actor=officer)
    row = NoControl.objects.get()
    assert (row.reason, row.stated_by) == ("New.", officer)


def test_a_control_that_is_mapped_ends_the_reason(officer):
    requirement = make_requirement()
    make_no_control(requirement, "None fits.", actor=officer)
    mapping = make_mapping(make_control(), requirement, by=officer)
    assert not NoControl.objects.exists()
    with pytest.raises(ValidationError, match="C-1 Control C-1 is mapped to law.1; reject that mapping first"):
        make_no_control(requirement, "None fits.", actor=officer)
    reject(mappings=[mapping], actor=make_person("P-2", role="officer"), note="Not at all.")
    make_no_control(requirement, "None fits.", actor=officer)


def test_only_an_officer_of_the_whole_office_states_and_decides(officer):
    stranger, conflict = make_person("P-s", role="team_member"), make_conflict()
    with pytest.raises(ValidationError, match="cannot say that no control fits"):
        make_no_control(make_requirement(), "None.", actor=stranger)
    with pytest.raises(ValidationError, match="cannot decide between markets"):
        decide_conflict(conflict=conflict, decision="Two.", review_on=LATER, actor=stranger, on=TODAY)
    with pytest.raises(ValidationError, match="cannot decide between markets"):
        reopen_conflict(conflict=conflict, reason="x", actor=stranger)


def test_a_decision_has_a_text_and_a_day_on_which_it_is_looked_at_again(officer):
    conflict = make_conflict()
    assert list(Conflict.objects.undecided()) == [conflict]
    for decision, day, told in ((" ", LATER, "Say what is decided"), ("Two.", TODAY, "on a later day than 2026-11-25")):
        with pytest.raises(ValidationError, match=told):
            decide_conflict(conflict=conflict, decision=decision, review_on=day, actor=officer, on=TODAY)
    row = decide_conflict(conflict=conflict, decision="Two filters.", review_on=LATER, actor=officer, on=TODAY)
    assert (row.decided_by, row.decided_on, row.review_on) == (officer, TODAY, LATER)
    assert not Conflict.objects.undecided().exists()


def test_a_decision_is_taken_back_with_a_reason(officer):
    conflict = make_conflict()
    decide_conflict(conflict=conflict, decision="Two filters.", review_on=LATER, actor=officer, on=TODAY)
    with pytest.raises(ValidationError, match="Say why"):
        reopen_conflict(conflict=conflict, reason=" ", actor=officer)
    row = reopen_conflict(conflict=conflict, reason="New model.", actor=officer)
    assert (row.decision, row.decided_by) == ("", None)


def test_the_database_keeps_no_half_decision(officer):
    conflict = make_conflict()
    conflict.decision = "Two filters."
    with pytest.raises(ValidationError, match="A decision names what is decided"):
        conflict.full_clean()
