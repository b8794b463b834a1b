"""Facts are answered once and merged; a duty above the deployment is owed if any deployment below owes it."""

from datetime import date

import pytest

from frameworks.domain.columns import Masks
from frameworks.domain.dating import Placement
from governance.domain.portfolio import merge, roll_up


def test_facts_of_all_subjects_are_merged_with_where_they_came_from():
    merged = merge([("office", {"a": True}), ("HK bank", {"b": ["x"]}), ("model M", {"c": 1}), ("model N", {"c": 1})])
    assert merged.facts == {"a": True, "b": ["x"], "c": 1}
    assert merged.origins["c"] == "model M, model N"
    assert merged.contradictions == ()


def test_a_contradiction_is_shown_and_counts_as_unknown():
    merged = merge([("model M", {"c": True}), ("model N", {"c": False})])
    assert merged.facts == {}
    assert merged.contradictions[0].answers == (("model M", True), ("model N", False))


def test_the_order_of_a_set_is_no_contradiction():
    assert merge([("m", {"s": ["a", "b"]}), ("n", {"s": ["b", "a"]})]).contradictions == ()


def placed(*days_and_timings):
    """Case after case: its first day and timing."""
    return [(1 << at, Placement(day, timing, (), ())) for at, (day, timing) in enumerate(days_and_timings)]


NOW = [(None, "in_force")]


@pytest.mark.parametrize(
    ("yes", "no", "above"),
    [(0b01, 0b10, "applies"), (0b00, 0b10, "may_apply"), (0b10, 0b00, "applies"), (0b00, 0b11, "not_applicable")],
)
def test_any_deployment_below_decides(yes, no, above):
    assert roll_up("r", Masks(yes, no), placed(*NOW, *NOW), 0b11).status == above


def test_deployments_that_are_not_below_do_not_count():
    assert roll_up("r", Masks(0b10, 0b01), placed(*NOW, *NOW), 0b01).status == "not_applicable"


def test_the_earliest_day_and_the_strongest_timing_of_the_deciding_cases_count():
    days = [(date(2027, 12, 2), "upcoming"), (date(2026, 8, 2), "in_force"), (date(2020, 1, 1), "in_force")]
    found = roll_up("r", Masks(0b011, 0b000), placed(*days), 0b111)
    assert (found.status, found.applies_from, found.timing) == ("applies", date(2026, 8, 2), "in_force")


def test_a_timing_of_its_own_is_kept():
    assert roll_up("r", Masks(1, 0), placed((None, "legacy_exempt")), 1).timing == "legacy_exempt"
    assert roll_up("r", Masks(1, 0), placed(*NOW), 1).applies_from is None


def test_an_exempt_old_system_lends_its_day_to_no_new_one():
    old, new = (date(2027, 12, 2), "legacy_exempt"), (date(2028, 8, 2), "upcoming")
    found = roll_up("r", Masks(0b11, 0), placed(old, new), 0b11)
    assert (found.timing, found.applies_from) == ("upcoming", date(2028, 8, 2))
    assert roll_up("r", Masks(0b11, 0), placed(old, old), 0b11).applies_from == date(2027, 12, 2)
