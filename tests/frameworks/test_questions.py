"""Which questions come next: open ones that can still change something, the most decisive first."""

from __future__ import annotations

from frameworks.domain.facts import CaseFacts
from frameworks.domain.questions import next_questions
from tests.frameworks.engine_cases import make_vocabulary, raw_fact

VOCABULARY = make_vocabulary(
    raw_fact("gate"),
    raw_fact("gated", asked_when={"fact": "gate", "is": True}),
    raw_fact("review", question="Review decision: is it so?"),
    raw_fact("other"),
)


def ask(verdicts, timings=(), **facts):
    return next_questions(CaseFacts(VOCABULARY, facts), verdicts, timings)


def test_the_fact_on_which_most_verdicts_hang_comes_first():
    assert ask([("other",), ("other",), ("gate",)]) == ("other", "gate")


def test_a_gate_comes_before_what_it_gates():
    assert ask([("gate", "gated")]) == ("gate", "gated")
    assert ask([("gated", "gate"), ("gated", "gate")]) == ("gate", "gated")


def test_a_question_that_is_not_asked_is_left_out():
    assert ask([("gated",)], gate=False) == ()
    assert ask([("gated",)], gate=True) == ("gated",)


def test_review_decisions_and_fields_of_flows_are_left_out():
    assert ask([("review", "flows.f1.purpose", "flows")]) == ()


def test_facts_that_only_change_a_timing_come_last():
    assert ask([("other",)], [("gate",), ("gate",)]) == ("other", "gate")


def test_one_verdict_counts_a_fact_once():
    assert ask([("other", "other"), ("gate",), ("gate",)]) == ("gate", "other")
