"""Many cases at once: the columns say of every case what judging it alone says."""

from __future__ import annotations

from datetime import date

import pytest

from frameworks.catalogue_files import shipped_families
from frameworks.domain.applicability import assess
from frameworks.domain.catalogue import rows_known_on
from frameworks.domain.columns import CaseInput, Columns, Masks, _One, cases_of
from frameworks.domain.conditions import parse
from frameworks.domain.facts import FactsError
from frameworks.domain.kleene import Truth
from frameworks.domain.portfolio import assess_all
from frameworks.vocabulary_files import shipped_vocabulary
from tests.frameworks.cases_at_random import make_cases
from tests.frameworks.engine_cases import make_row, make_vocabulary, raw_fact

ON = date(2026, 11, 26)


def alone(case, rows, on):
    return assess(
        vocabulary=shipped_vocabulary(), rows=rows, facts=case.facts, flows=case.flows, other_flows=case.other_flows,
        on=on,
    )  # fmt: skip


@pytest.mark.parametrize(("share", "on"), [(0.9, ON), (0.5, date(2028, 8, 2)), (0.1, date(2026, 7, 25))])
def test_columns_agree_with_one_by_one_on_every_classification_verdict_and_day(share, on):
    cases, rows = make_cases(shipped_vocabulary(), 40, 11, share), rows_known_on(shipped_families().values(), on)
    found = assess_all(vocabulary=shipped_vocabulary(), rows=rows, cases=cases, on=on)
    for at, case in enumerate(cases):
        single = alone(case, rows, on)
        assert {name: found.columns.derived(name).at(at) for name in single.derived} == single.derived
        expected = {duty.id: (duty.status, duty.applies_from, duty.timing) for duty in single.duties}
        shown = {ref: (row.status(at), row.placement(at)) for ref, row in found.rows.items()}
        assert {
            ref: (status, placed.applies_from, placed.timing) for ref, (status, placed) in shown.items()
        } == expected


VOCABULARY = make_vocabulary(
    raw_fact("gate"),
    raw_fact("skipped", asked_when={"fact": "gate", "is": True}, if_not_asked=False),
    raw_fact("left_open", asked_when={"fact": "gate", "is": True}, if_not_asked="unknown"),
    raw_fact("many", "number"),
    raw_fact("chosen", "set"),
    steps=[
        {"step": "1", "when": {"fact": "gate", "is": True}, "then": "GO"},
        {"step": "2", "when": {"fact": "skipped", "is": False}, "then": "STAY"},
        {"step": "3", "then": "STAY"},
    ],
)


def columns(*facts):
    return Columns(VOCABULARY, [CaseInput(case) for case in facts])


def truths(found, raw):
    masks = found.truth(parse(raw))
    return [masks.at(at) for at in range(len(found.cases))]


YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN


def test_a_question_that_is_not_asked_takes_its_default_unless_somebody_said_otherwise():
    found = columns({"gate": False}, {"gate": False, "skipped": True}, {"gate": False, "skipped": "unknown"}, {})
    assert truths(found, {"fact": "skipped", "is": False}) == [YES, NO, UNKNOWN, UNKNOWN]
    assert [found.answer_at("skipped", at) for at in range(4)] == [False, True, None, None]


def test_a_question_that_is_not_asked_can_stay_open():
    assert truths(columns({"gate": False}), {"fact": "left_open", "is": False}) == [UNKNOWN]


def test_a_leaf_about_a_fact_asks_for_nothing_but_its_answer():
    with pytest.raises(LookupError):
        _One(True).derived("high")
    with pytest.raises(LookupError):
        _One(True).outcome("cn.launch_path", "GO")


def test_a_fact_that_nobody_mentions_is_unknown_everywhere():
    assert truths(columns({}, {}), {"fact": "many", "at_least": 3}) == [UNKNOWN, UNKNOWN]


def test_more_different_answers_than_a_byte_holds_are_told_apart():
    found = columns(*({"many": number} for number in range(700)))
    assert truths(found, {"fact": "many", "at_least": 699})[-2:] == [NO, YES]
    assert found.truth(parse({"fact": "many", "at_least": 350})).yes.bit_count() == 350


def test_an_incomplete_set_stays_open_for_the_members_it_does_not_list():
    found = columns({"chosen": ["x", "unknown"]}, {"chosen": ["x"]}, {"chosen": ["none"]})
    assert truths(found, {"fact": "chosen", "includes": "y"}) == [UNKNOWN, NO, NO]
    assert truths(found, {"fact": "chosen", "includes": "x"}) == [YES, YES, NO]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [("GO", [YES, NO, UNKNOWN, UNKNOWN]), ("STAY", [NO, YES, UNKNOWN, UNKNOWN]), ("ELSE", [NO, NO, NO, NO])],
)
def test_an_ordered_decision_ends_at_its_first_step_and_stays_open_behind_an_unknown_one(outcome, expected):
    found = columns({"gate": True}, {"gate": False}, {}, {"skipped": False})
    masks = found.outcome("cn.launch_path", outcome)
    assert [masks.at(at) for at in range(4)] == expected
    assert found.outcome("cn.launch_path", outcome) is masks, "worked out once"
    assert found.outcome("cn.launch_path", "NOWHERE") == Masks(0, 0b1111)


def test_everything_that_cannot_be_used_is_named_at_once():
    cases = [
        CaseInput({"gat": True, "gate": "yes"}),
        CaseInput({"gate": 1, "many": True}),
        CaseInput({"gate": True, "many": 1}, flows=[{"colour": "red"}]),
    ]
    with pytest.raises(FactsError) as caught:
        Columns(VOCABULARY, cases)
    assert caught.value.problems == [
        'Fact "gat" is not in the vocabulary; use one of its keys. Did you mean "gate"?',
        'Case 2: Flow "1", field "colour" is not in the vocabulary; use one of its fields.',
        'Fact "gate": 1 is not true or false; write true, false or unknown.',
        "Fact \"gate\": 'yes' is not true or false; write true, false or unknown.",
        'Fact "many": True is not a number of zero or more; write digits without separators.',
    ]


def test_no_cases_at_all_give_empty_columns():
    found = assess_all(vocabulary=VOCABULARY, rows=[make_row(), make_row("h", heading=True)], cases=[], on=ON)
    assert (list(found.rows), found.rows["r.1"].truth) == (["r.1"], Masks(0, 0))


def test_columns_can_be_used_for_another_day():
    read = columns({"gate": True})
    found = assess_all(vocabulary=VOCABULARY, rows=[make_row()], cases=read.cases, on=ON, columns=read)
    assert found.columns is read


def test_the_cases_of_a_mask_come_in_order():
    assert cases_of(0b1011) == [0, 1, 3]
    assert cases_of(0) == []
