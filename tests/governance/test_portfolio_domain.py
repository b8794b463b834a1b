"""Facts are answered once and merged; a duty above the deployment is owed if any deployment below owes it."""

from datetime import date

import pytest

from governance.domain.portfolio import Verdict, merge, roll_up


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


def make_verdict(status, day=None, timing="in_force", **over):
    return Verdict("r", status, timing, day, **over)


@pytest.mark.parametrize(
    ("below", "above"),
    [
        (["applies", "not_applicable"], "applies"),
        (["may_apply", "not_applicable"], "may_apply"),
        (["may_apply", "applies"], "applies"),
        (["not_applicable", "not_applicable"], "not_applicable"),
    ],
)
def test_any_deployment_below_decides(below, above):
    assert roll_up([make_verdict(status) for status in below]).status == above


def test_the_earliest_day_and_the_strongest_timing_count():
    rows = [
        make_verdict("applies", date(2027, 12, 2), "upcoming", because=("a",)),
        make_verdict("applies", date(2026, 8, 2), "in_force", because=("b", "a")),
        make_verdict("may_apply", date(2020, 1, 1), missing_facts=("f",)),
    ]
    found = roll_up(rows)
    assert (found.applies_from, found.timing, found.missing_facts) == (date(2026, 8, 2), "in_force", ())
    assert found.because == ("a", "b")


def test_a_timing_of_its_own_is_kept():
    assert roll_up([make_verdict("applies", timing="legacy_exempt")]).timing == "legacy_exempt"
    assert roll_up([make_verdict("applies")]).applies_from is None
