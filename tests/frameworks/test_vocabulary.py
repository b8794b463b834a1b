"""The vocabulary: what we ship can be read, and a faulty one is refused with every fault."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from frameworks.domain.conditions import parse
from frameworks.domain.vocabulary import VocabularyError, check_condition, parse_vocabulary
from frameworks.vocabulary_files import SHIPPED, merged, shipped_vocabulary
from tests.frameworks.engine_cases import raw_fact, raw_vocabulary

ADDED = {"eu.annex_x_component", "eu.legacy.annex_x"}
"""Ours beside the sheet's: Art. 111(1), which the sheet's prose has and its vocabulary lacks."""
SHEET = Path(__file__).resolve().parents[3] / "shared" / "facts" / "vocabulary.yaml"


def problems_of(**over):
    with pytest.raises(VocabularyError) as caught:
        parse_vocabulary(raw_vocabulary(**over))
    assert str(caught.value) == " ".join(caught.value.problems)
    return caught.value.problems


def test_the_shipped_vocabulary_can_be_read_and_is_read_once():
    vocabulary = shipped_vocabulary()
    assert vocabulary is shipped_vocabulary()
    assert vocabulary.as_of == date(2026, 11, 22)
    assert set(vocabulary.decisions) == {"cn.transfer_mechanism", "cn.launch_path"}
    assert vocabulary.facts["use_case.markets"].choices["eu"] == "European Union"
    assert vocabulary.facts["cn.important_data_confirmed"].is_review
    assert not vocabulary.facts["cn.important_data"].is_review
    assert vocabulary.facts["use_case.emotion_context"].if_not_asked == []


def test_the_shipped_files_hold_every_entry_of_the_fact_sheet():
    if not SHEET.exists():
        pytest.skip("The vocabulary sheet is not beside the project: nothing to compare with.")
    ours, sheet = merged(SHIPPED), yaml.load(SHEET.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    by_name = {entry["name"]: entry for entry in sheet.pop("derived")}
    derived = {entry["name"]: entry for entry in ours.pop("derived")}
    assert set(ours.pop("titles")) == set(derived), "every classification is called by words in a trace"
    assert {name: entry for name, entry in derived.items() if name not in ADDED} == by_name
    ours["facts"] = [entry for entry in ours["facts"] if entry["key"] not in ADDED]
    assert ours == sheet


def test_asked_when_looks_only_at_facts_that_come_earlier():
    vocabulary = shipped_vocabulary()
    for fact in vocabulary.facts.values():
        gates = [vocabulary.facts[leaf.fact] for leaf in _leaves(fact.asked_when)]
        assert all(gate.position < fact.position for gate in gates), fact.key


def _leaves(condition):
    if condition is None:
        return []
    if hasattr(condition, "parts"):
        return [leaf for part in condition.parts for leaf in _leaves(part)]
    return _leaves(condition.part) if hasattr(condition, "part") else [condition]


def test_classifications_may_stand_in_any_order():
    derived = [
        {"name": "late", "citation": "c", "when": {"derived": "early"}},
        {"name": "early", "citation": "c", "when": {"fact": "f", "is": True}, "applies_from": "2026-08-02"},
    ]
    vocabulary = parse_vocabulary(raw_vocabulary([raw_fact()], derived))
    assert list(vocabulary.derived) == ["late", "early"]
    assert vocabulary.derived["early"].applies_from == date(2026, 8, 2)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({"fact": "use_case.market", "includes": "eu"}, 'Did you mean "use_case.markets"?'),
        ({"fact": "zzzzzz", "is": True}, 'Row X uses the fact "zzzzzz", which is not in the vocabulary.'),
        ({"derived": "eu.high_rsk"}, 'Did you mean "eu.high_risk"?'),
        ({"fact": "use_case.markets", "is": "eu"}, "it is a set"),
        ({"fact": "use_case.agentic", "includes": "eu"}, "it is a boolean"),
        ({"fact": "use_case.markets", "includes_any": ["eu", "mars"]}, "'mars' is not one of its choices"),
        ({"fact": "model.source", "is": "rented"}, "'rented' is not one of its choices"),
        ({"fact": "model.source", "in": ["own", "rented"]}, "'rented' is not one of its choices"),
        ({"fact": "eu.system_placed_date", "at_least": 3}, "3 is not a day"),
        ({"outcome": {"of": "cn.launch_pth", "includes": "NONE"}}, 'Did you mean "cn.launch_path"?'),
        ({"outcome": {"of": "cn.launch_path", "includes": "MAYBE"}}, "its outcomes are NO_CN_PUBLIC_SERVICE"),
    ],
)
def test_a_condition_that_the_vocabulary_cannot_carry_is_refused(condition, sentence):
    problems = check_condition(shipped_vocabulary(), parse(condition), "Row X")
    assert len(problems) == 1
    assert sentence in problems[0]
    assert problems[0].startswith("Row X")


@pytest.mark.parametrize(
    "condition",
    [
        {"fact": "use_case.markets", "includes_any": ["eu", "hk"]},
        {"fact": "model.source", "in": ["own"]},
        {"fact": "eu.system_placed_date", "before": "2026-08-02"},
        {"outcome": {"of": "cn.transfer_mechanism", "includes": "GBA_STANDARD_CONTRACT"}},
        {"derived": "eu.high_risk"},
    ],
)
def test_a_condition_that_the_vocabulary_carries_passes(condition):
    assert check_condition(shipped_vocabulary(), parse(condition), "Row X") == []


def test_every_fault_is_named_at_once():
    problems = problems_of(
        as_of="soon",
        facts=[
            raw_fact("f", "colour"),
            raw_fact("g", subject="planet"),
            raw_fact("h", "set", choices={}),
            raw_fact("i", if_not_asked="maybe"),
            raw_fact("j", asked_when={"fact": "j"}),
            raw_fact("f"),
            raw_fact(""),
            "not a mapping",
        ],
    )
    text = " ".join(problems)
    for part in (
        "The key as_of gives 'soon'",
        "Fact f has the type 'colour'",
        "Fact g has the subject 'planet'",
        "Fact h is a set; choices belong to choice and set",
        "if_not_asked of fact i: 'maybe' is not true or false",
        "asked_when of j: The condition has the keys fact",
        'The fact "f" stands twice',
        "A fact has no name",
        "The list of facts holds something that is not a mapping",
    ):
        assert part in text, part


def test_choices_that_are_not_a_mapping_are_refused():
    assert "Fact f is a choice" in problems_of(facts=[raw_fact("f", "choice", choices=["x"])])[0]


def test_missing_lists_and_wrong_flow_fields_are_refused():
    text = " ".join(problems_of(flows=None, derived=[{"name": "d", "when": None, "applies_from": "x"}]))
    assert "The vocabulary has no list of fields" in text
    assert "The classification d: The condition is None" in text
    assert "The classification d gives 'x' where a day is needed" in text
    flows = {"asked_when": {"fact": "nope", "is": True}, "fields": [{"field": "a", "type": "colour"}]}
    text = " ".join(problems_of(flows=flows))
    assert "Flow field a has the type 'colour'" in text
    assert 'asked_when of flows uses the fact "nope"' in text


def test_a_question_that_hangs_on_a_classification_is_refused():
    derived = [{"name": "d", "citation": "c", "when": {"all": []}}]
    problems = problems_of(facts=[raw_fact("f", asked_when={"derived": "d"})], derived=derived)
    assert problems == ["asked_when of f looks at more than facts; name only facts there."]


def test_names_that_depend_on_each_other_in_a_circle_are_refused():
    derived = [{"name": "a", "when": {"derived": "b"}}, {"name": "b", "when": {"not": {"derived": "a"}}}]
    assert "in a circle" in problems_of(derived=derived)[0]
    steps = [{"step": 1, "when": {"derived": "a"}, "then": "X"}]
    circle = [{"name": "a", "when": {"outcome": {"of": "m", "includes": "X"}}}]
    decisions = [{"name": "m", "outcomes": ["X"], "steps": steps}]
    assert "in a circle" in problems_of(derived=circle, decisions=decisions)[0]
    facts = [raw_fact("f", asked_when={"fact": "f", "is": True})]
    assert "in a circle" in problems_of(facts=facts)[0]


def test_a_title_for_a_classification_that_does_not_exist_is_refused_with_the_nearest():
    derived = [{"name": "high", "when": {"all": []}}]
    (problem,) = problems_of(derived=derived, titles={"hight": "High risk"})
    assert problem == (
        'The list of titles uses the classification "hight", which is not in the vocabulary. Did you mean "high"?'
    )


def test_a_trace_calls_a_classification_by_words_with_its_name_behind():
    assert shipped_vocabulary().derived["eu.annex_iii.5b"].called.endswith("[eu.annex_iii.5b]")
