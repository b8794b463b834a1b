"""Answers as they count: given, following from a gate, or unknown; and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from frameworks.domain.conditions import SetAnswer, parse
from frameworks.domain.facts import CaseFacts, EffectiveFact, FactsError
from frameworks.domain.kleene import Truth
from frameworks.domain.vocabulary import check_facts, check_flows
from frameworks.vocabulary_files import shipped_vocabulary

VOCABULARY = shipped_vocabulary()


def case(**facts):
    return CaseFacts(VOCABULARY, {key.replace("__", "."): value for key, value in facts.items()})


def test_an_unmentioned_fact_is_unknown():
    assert case().effective("use_case.agentic") == EffectiveFact("use_case.agentic", None, "unknown")


def test_a_question_that_is_not_asked_takes_its_value_from_the_gate():
    facts = case(use_case__generates_content=["text"])
    assert facts.effective("use_case.deep_fake") == EffectiveFact(
        "use_case.deep_fake", False, "not_asked", ("use_case.generates_content",)
    )


def test_while_the_gate_is_open_the_fact_stays_unknown_and_is_asked():
    facts = case(use_case__generates_content=["text", "unknown"])
    assert facts.answer("use_case.deep_fake") is None
    assert facts.asked("use_case.deep_fake") is Truth.UNKNOWN
    assert facts.unresolved_gate("use_case.deep_fake") == VOCABULARY.facts["use_case.deep_fake"].asked_when


def test_without_if_not_asked_the_fact_stays_unknown():
    facts = case(use_case__markets=["eu"], cn__presence=False)
    assert facts.asked("model.cn_filed") is Truth.NO
    assert facts.answer("model.cn_filed") is None
    assert facts.unresolved_gate("model.cn_filed") is None


def test_an_explicit_answer_wins_over_the_gate():
    facts = case(use_case__generates_content=["none"], use_case__deep_fake=True)
    assert facts.effective("use_case.deep_fake") == EffectiveFact("use_case.deep_fake", True, "given")


def test_an_explicit_unknown_stays_unknown_where_the_gate_would_say_no():
    facts = case(use_case__generates_content=["none"], use_case__deep_fake="unknown")
    assert facts.effective("use_case.deep_fake").origin == "unknown"


def test_null_counts_as_not_mentioned():
    facts = case(use_case__generates_content=["none"], use_case__deep_fake=None)
    assert facts.answer("use_case.deep_fake") is False


def test_sets_can_be_empty_or_incomplete():
    assert case(use_case__markets=[]).answer("use_case.markets") == SetAnswer(frozenset())
    assert case(use_case__domains=["none"]).answer("use_case.domains") == SetAnswer(frozenset())
    incomplete = case(use_case__markets=["eu", "unknown"]).answer("use_case.markets")
    assert incomplete == SetAnswer(frozenset({"eu"}), complete=False)


def test_days_are_read_from_iso_strings_and_from_dates():
    for raw in ("2026-08-02", date(2026, 8, 2)):
        facts = case(eu__system_placed_date=raw)
        assert facts.answer("eu.system_placed_date") == date(2026, 8, 2)


def test_every_fact_of_the_vocabulary_has_an_effective_answer():
    assert list(case().all_effective()) == list(VOCABULARY.facts)


def test_questions_cannot_hang_on_classifications_or_decisions():
    with pytest.raises(LookupError, match="names the classification d"):
        parse({"derived": "d"}).truth(case())
    with pytest.raises(LookupError, match="names m with X"):
        parse({"outcome": {"of": "m", "includes": "X"}}).truth(case())


def test_facts_that_cannot_be_used_are_refused_together():
    with pytest.raises(FactsError) as caught:
        case(use_case__market=["eu"], use_case__agentic="yes")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("key", "raw", "sentence"),
    [
        ("use_case.market", ["eu"], 'Did you mean "use_case.markets"?'),
        ("qqqqqqqq", 1, 'Fact "qqqqqqqq" is not in the vocabulary; use one of its keys.'),
        ("use_case.agentic", "yes", "'yes' is not true or false; write true, false or unknown."),
        ("use_case.markets", "eu", "write a list of choices: eu, cn, hk, us, other."),
        ("use_case.markets", ["mars"], "'mars' is not one of its choices; choose from eu, cn, hk, us, other"),
        ("use_case.domains", ["none", "finance"], "the list holds none beside other members"),
        ("model.source", "rented", "choose from own, finetuned, open_weights, third_party_api"),
        ("model.source", ["own"], "is not one of its choices"),
        ("cn.pi_subjects_total", "many", "'many' is not a number of zero or more"),
        ("cn.pi_subjects_total", True, "True is not a number of zero or more"),
        ("cn.pi_subjects_total", -1, "-1 is not a number of zero or more"),
        ("eu.system_placed_date", "2026-13-01", "is not a day; write it as YYYY-MM-DD."),
        ("eu.system_placed_date", 2026, "2026 is not a day"),
        ("cn.ftz", 3, "3 is not a text; write it in quotes."),
    ],
)
def test_a_fact_that_cannot_be_used_is_named_with_the_remedy(key, raw, sentence):
    problems = check_facts(VOCABULARY, {key: raw})
    assert len(problems) == 1
    assert sentence in problems[0]


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("use_case.agentic", "unknown"),
        ("use_case.agentic", None),
        ("use_case.markets", ("eu", "unknown")),
        ("use_case.markets", []),
        ("cn.pi_subjects_total", 0),
        ("cn.ftz", "Lingang"),
        ("eu.system_placed_date", date(2026, 1, 1)),
    ],
)
def test_usable_facts_pass(key, raw):
    assert check_facts(VOCABULARY, {key: raw}) == []


def test_flows_are_checked_field_by_field():
    flows = [
        {"id": "f1", "from": "cn", "to": "hk"},
        {"id": "f1", "from": "mars"},
        {"purpos": "other"},
        {"contains_pi": "yes", "zzzzzzzzz": 1},
        "hk",
    ]
    problems = check_flows(VOCABULARY, flows)
    assert len(problems) == 6
    assert 'Flow 2 has the id "f1" of an earlier flow' in problems[0]
    assert 'Flow "f1", field "from": \'mars\' is not one of its choices' in problems[1]
    assert 'Flow "3", field "purpos" is not in the vocabulary' in problems[2]
    assert 'Did you mean "purpose"?' in problems[2]
    assert 'Flow "4", field "contains_pi": \'yes\' is not true or false' in problems[3]
    assert "Flow 5 is 'hk', not a record" in problems[5]


def test_flows_without_faults_pass():
    assert check_flows(VOCABULARY, [{"from": "cn", "to": "unknown"}, {"id": "b"}]) == []


def test_a_flow_that_counts_people_but_carries_no_personal_information_is_refused():
    assert check_flows(VOCABULARY, [{"id": "f", "contains_pi": False, "pi_sensitive_ytd": 1}]) == [
        'Flow "f", field "pi_sensitive_ytd": 1 people are counted, but contains_pi is false; correct one of the two.'
    ]
    assert check_flows(VOCABULARY, [{"id": "f", "contains_pi": False, "pi_sensitive_ytd": 0}]) == []
