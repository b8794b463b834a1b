"""Conditions in three values: what each leaf says, what the groups make of it, and what is refused."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameworks.domain.conditions import (
    All,
    Any_,
    Condition,
    ConditionError,
    DerivedIs,
    FactIs,
    Not,
    SetAnswer,
    decisions_of,
    derived_of,
    facts_of,
    parse,
)
from frameworks.domain.kleene import Truth, all_of, any_of, negate

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
truths = st.sampled_from(list(Truth))


class Ground:
    """Answers, classifications and outcomes from dictionaries; what is absent is unknown."""

    def __init__(self, answers=None, derived=None, outcomes=None):
        self.answers, self.truths, self.outcomes = answers or {}, derived or {}, outcomes or {}

    def answer(self, fact):
        return self.answers.get(fact)

    def derived(self, name):
        return self.truths.get(name, UNKNOWN)

    def outcome(self, decision, includes):
        return self.outcomes.get((decision, includes), UNKNOWN)


def truth(raw, **kwargs):
    return parse(raw).truth(Ground(**kwargs))


@pytest.mark.parametrize(
    ("leaf", "answer", "expected"),
    [
        ({"is": True}, True, YES),
        ({"is": True}, False, NO),
        ({"is": False}, False, YES),
        ({"is": True}, None, UNKNOWN),
        ({"is": "own"}, "own", YES),
        ({"in": ["own", "finetuned"]}, "finetuned", YES),
        ({"in": ["own", "finetuned"]}, "open_weights", NO),
        ({"in": ["own"]}, None, UNKNOWN),
        ({"includes": "eu"}, SetAnswer(frozenset({"eu", "cn"})), YES),
        ({"includes": "hk"}, SetAnswer(frozenset({"eu"})), NO),
        ({"includes": "hk"}, SetAnswer(frozenset({"eu"}), complete=False), UNKNOWN),
        ({"includes": "eu"}, SetAnswer(frozenset({"eu"}), complete=False), YES),
        ({"includes": "eu"}, SetAnswer(frozenset()), NO),
        ({"includes": "eu"}, None, UNKNOWN),
        ({"includes": "none"}, SetAnswer(frozenset()), YES),
        ({"includes": "none"}, SetAnswer(frozenset({"eu"})), NO),
        ({"includes": "none"}, SetAnswer(frozenset(), complete=False), UNKNOWN),
        ({"includes_any": ["hk", "eu"]}, SetAnswer(frozenset({"eu"})), YES),
        ({"includes_any": ["hk", "us"]}, SetAnswer(frozenset({"eu"})), NO),
        ({"includes_any": ["hk", "us"]}, SetAnswer(frozenset({"eu"}), complete=False), UNKNOWN),
        ({"at_least": 10}, 9, NO),
        ({"at_least": 10}, 10, YES),
        ({"at_least": 10}, 11, YES),
        ({"at_least": 10}, None, UNKNOWN),
        ({"at_least": "2026-01-01"}, date(2026, 1, 1), YES),
        ({"at_least": date(2026, 1, 1)}, date(2026, 1, 1), YES),
        ({"less_than": 10}, 9, YES),
        ({"less_than": 10}, 10, NO),
        ({"less_than": 10}, None, UNKNOWN),
        ({"before": "2025-08-02"}, date(2025, 8, 1), YES),
        ({"before": "2025-08-02"}, date(2025, 8, 2), NO),
        ({"before": "2025-08-02"}, None, UNKNOWN),
    ],
)
def test_a_leaf_is_inclusive_strict_or_open_as_its_word_says(leaf, answer, expected):
    assert truth({"fact": "f", **leaf}, answers={"f": answer}) is expected


def test_derived_and_outcome_leaves_ask_the_ground():
    assert truth({"derived": "d"}, derived={"d": NO}) is NO
    assert truth({"outcome": {"of": "m", "includes": "X"}}, outcomes={("m", "X"): YES}) is YES


def test_all_of_nothing_is_yes_and_any_of_nothing_is_no():
    assert truth({"all": []}) is YES
    assert truth({"any": []}) is NO


@pytest.mark.parametrize(("a", "b"), list(product(Truth, Truth)))
def test_groups_follow_kleene(a, b):
    ground = {"derived": {"a": a, "b": b}}
    parts = [{"derived": "a"}, {"derived": "b"}]
    order = [NO, UNKNOWN, YES]
    assert truth({"all": parts}, **ground) is min(a, b, key=order.index)
    assert truth({"any": parts}, **ground) is max(a, b, key=order.index)


@given(truths, truths, truths)
def test_kleene_laws_hold(a, b, c):
    assert negate(negate(a)) is a
    assert negate(all_of([a, b])) is any_of([negate(a), negate(b)])
    assert negate(any_of([a, b])) is all_of([negate(a), negate(b)])
    assert all_of([a, b]) is all_of([b, a])
    assert all_of([a, all_of([b, c])]) is all_of([a, b, c])
    assert all_of([a, any_of([b, c])]) is any_of([all_of([a, b]), all_of([a, c])])
    assert all_of([a, any_of([a, b])]) is a
    assert any_of([a, all_of([a, b])]) is a


conditions = st.recursive(
    st.sampled_from("abc").map(lambda name: FactIs(name, True)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Any_(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=8,
)
answers = st.dictionaries(st.sampled_from("abc"), st.booleans())


@given(conditions, answers, answers)
def test_a_further_answer_never_turns_yes_into_no(condition: Condition, known, further):
    before = condition.truth(Ground(known))
    after = condition.truth(Ground({**further, **known}))
    assert before in (UNKNOWN, after)


@given(conditions, st.fixed_dictionaries({name: st.booleans() for name in "abc"}))
def test_with_every_answer_known_nothing_stays_unknown(condition, known):
    assert condition.truth(Ground(known)) is not UNKNOWN


def test_names_in_a_condition_are_found_by_kind():
    condition = parse(
        {
            "all": [
                {"fact": "f", "is": True},
                {"not": {"any": [{"derived": "d"}, {"fact": "g", "includes": "x"}]}},
                {"outcome": {"of": "m", "includes": "X"}},
            ]
        }
    )
    assert facts_of(condition) == {"f", "g"}
    assert derived_of(condition) == {"d"}
    assert decisions_of(condition) == {"m"}


def test_equal_texts_give_equal_conditions():
    raw = {"any": [{"derived": "d"}, {"fact": "f", "in": ["x", "y"]}]}
    assert parse(raw) == parse(dict(raw))
    assert hash(parse(raw)) == hash(parse(dict(raw)))
    assert parse({"derived": "d"}) == DerivedIs("d")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("eu", "The condition is 'eu', but a condition is a mapping"),
        ({}, "The condition has the keys (none)"),
        ({"fact": "f"}, "or fact with exactly one of is, in, includes"),
        ({"fact": "f", "is": 1, "in": [1]}, "has the keys fact, in, is"),
        ({"all": {"derived": "d"}}, "The part all is not a list"),
        ({"all": [{"not": 3}]}, "The part all[0].not is 3"),
        ({"derived": ["d"]}, "names ['d'] as derived"),
        ({"derived": ""}, "names '' as derived"),
        ({"outcome": {"of": "m"}}, "must give outcome as {of: a decision"),
        ({"outcome": {"of": "m", "includes": 3}}, "must give outcome as {of: a decision"),
        ({"outcome": "m"}, "must give outcome as {of: a decision"),
        ({"fact": 3, "is": True}, "names 3 as a fact"),
        ({"fact": "", "is": True}, "names '' as a fact"),
        ({"fact": "f", "is": [1]}, "but is takes one value"),
        ({"fact": "f", "in": []}, "but in takes a list of values"),
        ({"fact": "f", "in": [[1]]}, "but in takes a list of values"),
        ({"fact": "f", "includes": ["x"]}, "but includes takes one choice"),
        ({"fact": "f", "includes_any": "x"}, "but includes_any takes a list of choices"),
        ({"fact": "f", "includes_any": [3]}, "but includes_any takes a list of choices"),
        ({"fact": "f", "at_least": True}, "but at_least takes a number or a day"),
        ({"fact": "f", "at_least": "soon"}, "but at_least takes a number or a day"),
        ({"fact": "f", "less_than": [1]}, "but less_than takes a number or a day"),
        ({"fact": "f", "before": 3}, "but before takes a day written as YYYY-MM-DD"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused_with_its_place(raw, sentence):
    with pytest.raises(ConditionError) as caught:
        parse(raw)
    assert sentence in str(caught.value)


def test_every_fault_of_a_condition_is_reported_at_once():
    with pytest.raises(ConditionError) as caught:
        parse({"any": [3, {"not": {"derived": 1}}, {"fact": "f", "is": None}]})
    assert len(caught.value.problems) == 3
