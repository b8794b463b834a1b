"""The volumes that decide how data may leave mainland China, each just below, at and just above its number."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from frameworks.domain.answers import check_flows
from frameworks.domain.facts import CaseFacts
from frameworks.domain.grounds import CaseGround
from frameworks.domain.kleene import Truth
from frameworks.domain.transfers import decide_transfer
from frameworks.domain.volumes import (
    ASSESSMENT,
    ASSESSMENT_ORDINARY,
    ASSESSMENT_SENSITIVE,
    CONTRACT,
    CONTRACT_ORDINARY,
    CONTRACT_SENSITIVE,
    EXEMPT,
)
from frameworks.vocabulary_files import shipped_vocabulary

CASES = Path(__file__).resolve().parents[1] / "cases" / "thresholds_cn_hk.yaml"
TABLE = yaml.load(CASES.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["flow_thresholds"]
SIDES = ("below", "at", "above")
CLASSIFICATIONS = {"cn.t_xb_sa": ASSESSMENT, "cn.t_xb_sc_or_cert": CONTRACT, "cn.t_xb_exempt": EXEMPT}
UNDETERMINED, GBA_CONTRACT = "UNDETERMINED", "GBA_STANDARD_CONTRACT"
by_number = pytest.mark.parametrize("case", TABLE, ids=[case["id"] for case in TABLE])
by_side = pytest.mark.parametrize("side", SIDES)


def flows_at(case, side):
    """The flows of the case with the number of that side filled into the first of them."""
    first, *rest = case["flows"]
    return [{**first, case["flow_field"]: case["values"][SIDES.index(side)]}, *rest]


def ground_at(case, side):
    facts = CaseFacts(shipped_vocabulary(), case["others"])
    return CaseGround(facts, decide_transfer(facts, flows_at(case, side), case.get("other_flows", [])))


@by_side
@by_number
def test_the_mechanism_is_what_the_law_says_on_each_side_of_the_number(case, side):
    said = ground_at(case, side).transfer
    assert said.outcome == case[side]
    assert list(said.candidates) == case.get("candidates", {}).get(side, [])
    assert list(said.flows[0].alternatives) == case.get("offers", {}).get(side, [])


@by_side
@by_number
def test_the_classifications_follow_the_mechanism(case, side):
    """Yes for the outcome, no for the rest; where several are open each of them is unknown."""
    ground = ground_at(case, side)
    possible = case["candidates"][side] if case[side] == UNDETERMINED else [case[side]]
    for name, outcome in CLASSIFICATIONS.items():
        found = Truth.UNKNOWN if len(possible) > 1 else Truth.YES
        assert ground.derived(name) is (found if outcome in possible else Truth.NO), name
    offered = GBA_CONTRACT in case.get("offers", {}).get(side, [])
    assert ground.derived("cn.t_xb_gba") is (Truth.YES if offered else Truth.NO)


@by_number
def test_the_table_asks_three_neighbours_about_flows_that_can_be_read(case):
    low, number, high = case["values"]
    assert (low + 1, high - 1) == (number, number)
    assert case["flow_field"] not in case["flows"][0]
    for side in SIDES:
        assert check_flows(shipped_vocabulary(), flows_at(case, side)) == []
    assert check_flows(shipped_vocabulary(), case.get("other_flows", [])) == []
    assert set(case.get("candidates", {})) == {side for side in SIDES if case[side] == UNDETERMINED}


NUMBERS = [
    ("pi_nonsensitive_ytd", CONTRACT_ORDINARY),
    ("pi_nonsensitive_ytd", ASSESSMENT_ORDINARY),
    ("pi_sensitive_ytd", CONTRACT_SENSITIVE),
    ("pi_sensitive_ytd", ASSESSMENT_SENSITIVE),
]


@pytest.mark.parametrize(("field", "number"), NUMBERS)
def test_every_number_of_the_law_stands_in_the_table_for_one_flow_alone(field, number):
    alone = [case for case in TABLE if len(case["flows"]) == 1 and "other_flows" not in case]
    assert number in {case["values"][1] for case in alone if case["flow_field"] == field}


@pytest.mark.parametrize(("field", "number"), [pair for pair in NUMBERS if pair[1] != CONTRACT_SENSITIVE])
def test_every_number_above_one_is_also_crossed_by_two_use_cases_of_one_entity(field, number):
    together = [case for case in TABLE if case["flow_field"] == field and "other_flows" in case]
    assert number in {case["values"][1] + counted_elsewhere(case) for case in together}


def counted_elsewhere(case):
    counts = [flow[case["flow_field"]] for flow in case["other_flows"] if case["flow_field"] in flow]
    return sum(count for count in counts if isinstance(count, int))


def test_no_case_of_the_table_has_the_name_of_another():
    assert [name for name, times in Counter(case["id"] for case in TABLE).items() if times > 1] == []
