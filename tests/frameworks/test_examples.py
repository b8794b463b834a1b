"""Every expectation of every worked example, and what happens when one of its facts is taken away."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from frameworks.catalogue_files import shipped_families
from frameworks.domain.applicability import assess, to_json
from frameworks.domain.catalogue import rows_known_on
from frameworks.domain.facts import NOT_ASKED
from frameworks.vocabulary_files import shipped_vocabulary

CASES = Path(__file__).resolve().parents[1] / "cases" / "examples.yaml"
EXAMPLES = yaml.load(CASES.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["examples"]
by_id = pytest.mark.parametrize("example", EXAMPLES, ids=[example["id"] for example in EXAMPLES])


def assess_example(example, without=None):
    on = date.fromisoformat(example["on"])
    facts = {key: value for key, value in example["facts"].items() if key != without}
    return assess(
        vocabulary=shipped_vocabulary(),
        rows=rows_known_on(shipped_families().values(), on),
        facts=facts,
        flows=example.get("flows", []),
        on=on,
    )


@cache
def outcome_of(number):
    return assess_example(EXAMPLES[number])


@by_id
def test_every_expectation_of_the_example_holds(example):
    on = date.fromisoformat(example["on"])
    handed = to_json(outcome_of(EXAMPLES.index(example)), example["id"], on, on)
    duties, expect = {duty["id"]: duty for duty in handed["duties"]}, example["expect"]
    assert {name: handed["derived"][name] for name in expect.get("derived", {})} == expect.get("derived", {})
    for status in ("applies", "may_apply", "not_applicable"):
        wrong = [ref for ref in expect.get(status, []) if duties[ref]["status"] != status]
        assert wrong == [], status
    for key in ("applies_from", "timing"):
        assert {ref: duties[ref][key] for ref in expect.get(key, {})} == expect.get(key, {})
    assert_part(expect.get("launch_path", {}), handed["launch_path"])
    assert_part(expect.get("transfer_mechanism", {}), handed["transfer_mechanism"])


def assert_part(expected, found):
    """Every key of the expectation is found with its value, at any depth."""
    for key, value in expected.items():
        if isinstance(value, dict):
            assert_part(value, found[key])
        else:
            assert found[key] == value, key


def test_the_examples_state_no_expectation_that_is_not_checked():
    checked = {
        "derived", "applies", "may_apply", "not_applicable", "applies_from", "timing", "launch_path",
        "transfer_mechanism",
    }  # fmt: skip
    assert {key for example in EXAMPLES for key in example["expect"]} <= checked


def gates_of(key):
    """The fact with every fact that, directly or not, decides whether it is asked."""
    found, gate = {key}, shipped_vocabulary().facts[key].asked_when
    for leaf in _leaves(gate):
        found |= gates_of(leaf.fact)
    return found


def _leaves(condition):
    if condition is None:
        return []
    if hasattr(condition, "parts"):
        return [leaf for part in condition.parts for leaf in _leaves(part)]
    return _leaves(condition.part) if hasattr(condition, "part") else [condition]


@by_id
def test_taking_a_fact_away_opens_verdicts_and_never_turns_them(example):
    """Only a fact whose question then falls away may decide by its if_not_asked."""
    told = outcome_of(EXAMPLES.index(example))
    for key in example["facts"]:
        less = assess_example(example, without=key)
        falls_away = less.facts[key].origin == NOT_ASKED
        for before, after in zip(told.duties, less.duties, strict=True):
            if before.status == after.status or falls_away:
                continue
            assert "may_apply" in (before.status, after.status), (key, before.id, before.status, after.status)
            if after.status == "may_apply":
                assert gates_of(key) & set(after.missing_facts), (key, after.id, after.missing_facts)


@by_id
def test_every_open_verdict_names_what_it_hangs_on_and_no_decided_one_does(example):
    assessment = outcome_of(EXAMPLES.index(example))
    for duty in assessment.duties:
        assert bool(duty.missing_facts) is (duty.status == "may_apply"), duty.id
        assert duty.because, duty.id


@by_id
def test_next_questions_are_open_and_the_first_is_the_most_decisive(example):
    assessment = outcome_of(EXAMPLES.index(example))
    facts, weights = shipped_vocabulary().facts, Counter()
    for duty in assessment.duties:
        weights.update(duty.missing_facts)
    for key in assessment.next_questions:
        given = example["facts"].get(key, "unknown")
        assert given == "unknown" or "unknown" in given, key
        assert not facts[key].is_review, key
    asked = [key for key in weights if key in assessment.next_questions]
    first = weights[assessment.next_questions[0]]
    assert first >= max(weights[key] for key in asked) - 2, "the two decisions may weigh in with one each"
    assert len(set(assessment.next_questions)) == len(assessment.next_questions)
