"""Every expectation of every scenario: short stories of AI use cases, each with the provision that decides it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from frameworks.catalogue_files import shipped_families
from frameworks.domain.applicability import assess, to_json
from frameworks.domain.catalogue import rows_known_on
from frameworks.vocabulary_files import shipped_vocabulary

FOLDER = Path(__file__).resolve().parents[1] / "cases"
FILES = {
    path.name: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for path in sorted(FOLDER.glob("scenarios_*.yaml"))
}
CASES = [(name, case) for name, content in FILES.items() for case in content["cases"]]
BY_ID = {case["id"]: (name, case) for name, case in CASES}

CASE_KEYS = {"id", "on", "known_on", "citation", "story", "base", "facts", "flows", "expect"}
STATUSES = ("applies", "may_apply", "not_applicable")
EXPECT_KEYS = {
    *STATUSES, "derived", "applies_from", "timing", "launch_path", "transfer_mechanism", "not_listed", "applies_only",
}  # fmt: skip
ENOUGH = 150

each_case = pytest.mark.parametrize("ref", [case["id"] for _, case in CASES])


def facts_of(name: str, case: Mapping) -> dict:
    """The facts of the named bases in their order, then the case's own."""
    base = case.get("base", [])
    merged: dict = {}
    for one in [base] if isinstance(base, str) else base:
        merged |= FILES[name]["bases"][one]
    return merged | case.get("facts", {})


def days_of(case: Mapping) -> tuple[date, date]:
    """The day the case is placed on, and the day up to which texts were known."""
    return date.fromisoformat(case["on"]), date.fromisoformat(case.get("known_on", case["on"]))


@cache
def rows_on(known_on: date) -> list:
    return rows_known_on(shipped_families().values(), known_on)


@cache
def answer_to(ref: str) -> dict:
    """What the assess command would write for the case."""
    name, case = BY_ID[ref]
    on, known_on = days_of(case)
    assessment = assess(
        vocabulary=shipped_vocabulary(),
        rows=rows_on(known_on),
        facts=facts_of(name, case),
        flows=case.get("flows", []),
        on=on,
    )
    return to_json(assessment, ref, on, known_on)


def duties_of(ref: str) -> dict[str, dict]:
    return {duty["id"]: duty for duty in answer_to(ref)["duties"]}


def expected_of(ref: str) -> dict:
    return BY_ID[ref][1]["expect"]


def part_of(expected: object, found: object) -> object:
    """What `found` says about the keys that `expected` names, at any depth."""
    if not isinstance(expected, Mapping) or not isinstance(found, Mapping):
        return found
    return {key: part_of(value, found.get(key, "is missing")) for key, value in expected.items()}


@each_case
def test_each_row_has_the_status_that_the_law_gives_it(ref):
    expect, duties = expected_of(ref), duties_of(ref)
    expected = {row: status for status in STATUSES for row in expect.get(status, [])}
    found = {row: duties[row]["status"] if row in duties else "is not listed" for row in expected}
    assert found == expected
    assert [row for row in expect.get("not_listed", []) if row in duties] == []
    for family, rows in expect.get("applies_only", {}).items():
        applying = {row for row, duty in duties.items() if duty["framework"] == family and duty["status"] == "applies"}
        assert applying == set(rows), family


@each_case
def test_each_classification_and_decision_comes_out_as_the_law_has_it(ref):
    expect, answer = expected_of(ref), answer_to(ref)
    for key in ("derived", "launch_path", "transfer_mechanism"):
        assert part_of(expect.get(key, {}), answer[key]) == expect.get(key, {}), key


@each_case
def test_each_row_binds_from_the_day_that_the_law_gives_it(ref):
    expect, duties = expected_of(ref), duties_of(ref)
    for key in ("applies_from", "timing"):
        expected = expect.get(key, {})
        assert {row: duties[row][key] if row in duties else "is not listed" for row in expected} == expected, key


@each_case
def test_a_row_that_stays_open_names_the_facts_it_waits_for_and_no_other_does(ref):
    duties = duties_of(ref)
    named = [row for status in STATUSES for row in expected_of(ref).get(status, []) if row in duties]
    assert {row for row in named if duties[row]["missing_facts"]} == set(expected_of(ref).get("may_apply", []))


@each_case
def test_every_case_is_told_in_known_words_and_cites_what_decides_it(ref):
    name, case = BY_ID[ref]
    assert set(case) <= CASE_KEYS
    assert case["citation"].strip()
    assert case["story"].strip()
    assert case["expect"], "a case without an expectation shows nothing"
    assert set(case["expect"]) <= EXPECT_KEYS
    assert all(case["expect"].values()), "an empty expectation shows nothing"
    assert facts_of(name, case), "a case without facts shows nothing"


def test_no_two_cases_of_all_files_share_an_id():
    assert [ref for ref, times in Counter(case["id"] for _, case in CASES).items() if times > 1] == []


def test_no_base_is_left_unused():
    for name, content in FILES.items():
        bases = [case.get("base", []) for case in content["cases"]]
        used = {one for base in bases for one in ([base] if isinstance(base, str) else base)}
        assert set(content.get("bases", {})) - used == set(), name


def test_there_are_enough_cases():
    assert len(CASES) >= ENOUGH


def answers_expected_for(derived: str) -> set[str]:
    return {case["expect"]["derived"][derived] for _, case in CASES if derived in case["expect"].get("derived", {})}


def test_every_listed_use_and_every_banned_practice_of_the_eu_has_a_case_that_is_one_and_one_that_is_not():
    names = shipped_vocabulary().derived
    points = [name for name in names if name.startswith("eu.annex_iii.") and name[13:14].isdigit()]
    points += [name for name in names if name.startswith("eu.prohibited.")]
    assert len(points) == 26 + 10, "25 listed uses, point 1 as a whole, ten practices"
    assert {name: answers_expected_for(name) & {"yes", "no"} for name in points} == {
        name: {"yes", "no"} for name in points
    }
