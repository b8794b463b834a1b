"""From facts to duties: status, missing facts, reasons, the two decisions, and what is handed out."""

from __future__ import annotations

import json
from datetime import date

import pytest

from frameworks.domain.applicability import assess, to_json
from frameworks.domain.facts import FactsError
from frameworks.domain.rows import Route
from frameworks.vocabulary_files import shipped_vocabulary
from tests.frameworks.engine_cases import ON, make_row, make_vocabulary, raw_fact

VOCABULARY = make_vocabulary(
    raw_fact("market", "set"),
    raw_fact("risky", asked_when={"fact": "market", "includes": "x"}, if_not_asked=False),
    raw_fact("risky2", "choice"),
    raw_fact("users", "number"),
    raw_fact("placed", "date"),
    derived=[
        {"name": "high", "citation": "Art. 6", "when": {"fact": "risky", "is": True}, "note": "Review it."},
        {"name": "big", "citation": "Art. 7", "when": {"fact": "users", "at_least": 100}},
        {"name": "old", "citation": "Art. 8", "when": {"fact": "placed", "before": "2026-08-02"}},
        {
            "name": "go",
            "citation": "B.3.4",
            "when": {"outcome": {"of": "cn.launch_path", "includes": "GO"}},
        },
        {
            "name": "exempt",
            "citation": "B.3.2",
            "when": {"outcome": {"of": "cn.transfer_mechanism", "includes": "EXEMPT"}},
        },
    ],
    steps=[
        {"step": 1, "when": {"fact": "risky2", "is": "x"}, "then": "GO"},
        {"step": 2, "when": {"fact": "risky2", "is": "y"}, "then": "STAY"},
        {"step": 3, "when": {"derived": "big"}, "then": "STAY"},
    ],
)
FLOW = {"id": "f1"}


def run(*rows, on=ON, flows=(), **facts):
    facts = {"cn.data_leaves_mainland": False, **facts}
    return assess(vocabulary=VOCABULARY, rows=rows, facts=facts, flows=flows, on=on)


def duty(when, **facts):
    (only,) = run(make_row(when=when), **facts).duties
    return only


def test_a_met_condition_applies_and_misses_nothing():
    found = duty({"derived": "high"}, market=["x"], risky=True)
    assert (found.status, found.missing_facts) == ("applies", ())
    assert found.because == (
        "Applies: its condition is met.",
        "high is yes (Art. 6).",
        "risky: yes (What of risky?)",
        "From 2026-01-01: Art. 9.",
    )


def test_an_open_condition_may_apply_and_names_fact_and_gate():
    found = duty({"derived": "high"})
    assert (found.status, found.missing_facts) == ("may_apply", ("market", "risky"))
    assert "high is unknown (Art. 6). Review it." in found.because
    assert "Missing: risky (What of risky?) Whether it is asked hangs on market." in found.because


def test_a_question_that_is_not_asked_decides_and_the_trace_says_why():
    found = duty({"derived": "high"}, market=["y"])
    assert (found.status, found.missing_facts) == ("not_applicable", ())
    assert found.because == (
        "Does not apply: its condition is not met.",
        "high is no (Art. 6).",
        "risky: no; not asked, follows from market.",
    )


def test_only_the_unknown_parts_of_a_verdict_are_missing():
    when = {"all": [{"derived": "high"}, {"any": [{"derived": "big"}, {"fact": "risky2", "is": "x"}]}]}
    assert duty(when, market=["x"], risky=True, users=5).missing_facts == ("risky2",)
    assert duty(when, market=["x"], risky=False).missing_facts == ()
    assert duty({"not": {"derived": "big"}}).missing_facts == ("users",)


def test_the_shortest_reason_is_given_where_one_suffices():
    long = {"all": [{"derived": "high"}, {"fact": "users", "at_least": 100}]}
    found = duty({"all": [long, {"not": {"fact": "risky2", "is": "x"}}]}, market=["x"], risky=False, risky2="x")
    assert found.because[1:] == ("risky2: The X (What of risky2?)",)


def test_all_parts_are_reasons_where_all_are_needed():
    found = duty({"any": [{"derived": "big"}, {"fact": "risky2", "is": "x"}]}, users=5, risky2="y")
    assert found.because[1:] == (
        "big is no (Art. 7).",
        "users: 5 (What of users?)",
        "risky2: The Y (What of risky2?)",
    )


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (["x", "y"], "market: The X; The Y (What of market?)"),
        (["none"], "market: none (What of market?)"),
        (["x", "unknown"], "market: The X (What of market?) The list is not complete yet."),
        (["unknown"], "market: nothing certain (What of market?) The list is not complete yet."),
    ],
)
def test_sets_are_told_in_the_words_of_their_choices(raw, words):
    assert words in duty({"fact": "market", "includes": "y"}, market=raw).because


def test_days_are_told_as_days():
    assert "placed: 2026-08-01 (What of placed?)" in duty({"derived": "old"}, placed="2026-08-01").because


def test_an_incomplete_set_is_missing_while_it_decides():
    found = duty({"fact": "market", "includes": "y"}, market=["x", "unknown"])
    assert (found.status, found.missing_facts) == ("may_apply", ("market",))


def test_headings_give_no_duty_and_context_does():
    found = run(make_row("h", heading=True), make_row("c", context=True))
    assert [duty.id for duty in found.duties] == ["c"]
    assert found.duties[0].because[0] == "Applies always: it has no condition."


def test_status_does_not_depend_on_the_day_and_timing_does():
    row = make_row(routes=(Route(legal_from=date(2027, 12, 2)),))
    early, late = run(row, on=date(2027, 12, 1)).duties[0], run(row, on=date(2027, 12, 2)).duties[0]
    assert (early.status, early.timing, late.status, late.timing) == (
        "applies",
        "upcoming",
        "applies",
        "in_force",
    )


def test_what_leaves_the_timing_open_is_told_and_asked_but_is_not_missing():
    legacy = Route(when=make_row(when={"derived": "old"}).applies_when, transition="exempt", basis="Art. 111")
    row = make_row(routes=(Route(legal_from=date(2026, 1, 1), basis="Art. 9"), legacy))
    found = run(row, risky2="x")
    assert (found.duties[0].timing, found.duties[0].missing_facts) == ("unknown", ())
    assert found.duties[0].because[-1] == "When it binds hangs on placed."
    assert found.next_questions == ("placed",)
    exempt = run(row, placed="2026-01-01").duties[0]
    assert exempt.timing == "legacy_exempt"
    assert exempt.because[-1] == "A transition rule exempts the existing system until it changes."


def test_a_pending_row_says_that_it_is_not_in_force():
    found = run(make_row(status="pending", routes=(Route(basis="Announced"),))).duties[0]
    assert found.because[-2:] == (
        "No single first day: Announced.",
        "Not yet in force: the text is pending or proposed.",
    )


def test_the_launch_path_takes_the_first_step_that_holds():
    assert run(risky2="x").launch.outcome == "GO"
    assert run(risky2="y").launch.outcome == "STAY"


def test_unknown_steps_leave_the_launch_path_open_with_its_candidates():
    open_path = run(users=200).launch
    assert (open_path.outcome, open_path.candidates) == ("UNDETERMINED", ("GO", "STAY"))
    assert run(users=5).launch.candidates == ("GO", "STAY")
    assert run(users=200).next_questions[0] == "risky2"


def test_a_duty_can_hang_on_the_launch_path():
    row = {"derived": "go"}
    assert duty(row, risky2="x").status == "applies"
    assert duty(row, risky2="y").status == "not_applicable"
    found = duty(row)
    assert (found.status, found.missing_facts) == ("may_apply", ("risky2", "users"))
    assert "cn.launch_path ends in GO: unknown." in found.because
    assert "It hangs on risky2, users." in found.because


def test_a_step_without_a_condition_never_decides():
    vocabulary = make_vocabulary(steps=[{"step": 1, "if": "in words", "then": "GO"}])
    found = assess(vocabulary=vocabulary, rows=(), facts={}, flows=(), on=ON)
    assert (found.launch.outcome, found.launch.candidates) == ("UNDETERMINED", ())


def test_a_duty_can_hang_on_data_that_leaves():
    entity = {"cn.ciio": False, "cn.ftz": "none"}
    found = duty({"derived": "exempt"}, **{"cn.data_leaves_mainland": "unknown", **entity})
    assert (found.status, found.missing_facts) == ("may_apply", ("cn.data_leaves_mainland",))
    assert duty({"derived": "exempt"}).status == "not_applicable"


def test_data_that_is_said_to_stay_beside_a_flow_that_leaves_is_told_and_not_resolved():
    def contradictions(leaves, *flows):
        facts = {"cn.data_leaves_mainland": leaves}
        return assess(vocabulary=shipped_vocabulary(), rows=[], facts=facts, flows=flows, on=ON).contradictions

    flow = {"id": "f1", "from": "cn", "to": "hk"}
    assert contradictions(False, flow) == (
        "cn.data_leaves_mainland is answered no, but flow f1 leaves the mainland; correct one of the two.",
    )
    assert contradictions(True, flow) == ()
    assert contradictions(False) == ()


def test_facts_and_flows_that_cannot_be_used_are_refused():
    with pytest.raises(FactsError, match='"marke" is not in the vocabulary'):
        run(marke=["x"])
    with pytest.raises(FactsError) as caught:
        run(flows=[{"idd": "f1"}])
    assert len(caught.value.problems) == 1


def test_the_assessment_is_handed_out_as_the_documented_object():
    found = run(make_row(when={"derived": "high"}), make_row("r.2", routes=(Route(),)), flows=[FLOW], market=["x"])
    handed = json.loads(json.dumps(to_json(found, "case-7", ON, date(2026, 7, 1))))
    assert (handed["id"], handed["on"], handed["known_on"]) == ("case-7", "2026-11-22", "2026-07-01")
    assert handed["derived"]["high"] == "unknown"
    assert handed["duties"][0] == {
        "id": "r.1",
        "framework": "r",
        "citation": "Art. 1",
        "status": "may_apply",
        "applies_from": "2026-01-01",
        "timing": "in_force",
        "missing_facts": ["risky"],
        "because": list(found.duties[0].because),
    }
    assert handed["duties"][1]["applies_from"] is None
    flow = handed["transfer_mechanism"]["flows"]["f1"]
    assert handed["transfer_mechanism"]["outcome"] == flow["outcome"] == "UNDETERMINED"
    assert set(flow) == {"outcome", "reason", "alternatives", "candidates", "needs_review"}
    assert handed["launch_path"] == {"outcome": "UNDETERMINED", "candidates": ["GO", "STAY"]}
    assert handed["next_questions"] == list(found.next_questions)


def test_effective_facts_come_with_their_origin():
    found = run(market=["y"])
    assert found.facts["risky"].origin == "not_asked"
    assert found.facts["market"].origin == "given"
    assert found.facts["users"].origin == "unknown"


def test_one_duty_is_found_by_its_id_and_one_that_is_not_listed_is_none():
    found = assess(vocabulary=VOCABULARY, rows=[make_row()], facts={}, flows=[], on=ON)
    assert found.duty("r.1") is found.duties[0]
    with pytest.raises(KeyError):
        found.duty("r.2")
