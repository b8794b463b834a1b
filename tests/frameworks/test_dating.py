"""When a row binds: routes, transitions, disputes and what was known, placed on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from frameworks.domain.applicability import select
from frameworks.domain.conditions import parse
from frameworks.domain.dating import place
from frameworks.domain.kleene import Truth
from frameworks.domain.rows import Route
from tests.frameworks.engine_cases import make_row

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
EARLY, LATE = date(2027, 12, 2), date(2028, 8, 2)
DAY_BEFORE = timedelta(days=-1)


def holds(**truths):
    """What the classifications of a test come to."""
    return lambda when: truths[when.name]


def route(day=None, when=None, **over):
    return Route(when=parse({"derived": when}) if when else None, legal_from=day, **over)


def placed(*routes, on=EARLY, status="in_force", **derived):
    placement = place(routes, status, holds(**derived), on)
    return placement.applies_from, placement.timing


def test_a_row_binds_from_its_day_on():
    assert placed(route(EARLY), on=EARLY + DAY_BEFORE) == (EARLY, "upcoming")
    assert placed(route(EARLY), on=EARLY) == (EARLY, "in_force")


def test_the_effective_day_counts_where_it_is_later_than_the_letter():
    assert placed(route(date(2026, 8, 2), effective_from=EARLY), on=date(2026, 11, 22)) == (EARLY, "upcoming")


def test_a_row_without_a_day_is_in_force_by_its_status():
    assert placed(route()) == (None, "in_force")


@pytest.mark.parametrize("status", ["pending", "proposed"])
def test_a_pending_or_proposed_row_stays_pending_whatever_the_day(status):
    assert placed(route(EARLY), status=status, on=LATE) == (EARLY, "pending")


ROUTES = (route(EARLY, "iii"), route(LATE, "i"))


@pytest.mark.parametrize(
    ("iii", "i", "on", "expected"),
    [
        (YES, YES, EARLY, (EARLY, "in_force")),
        (NO, YES, EARLY, (LATE, "upcoming")),
        (UNKNOWN, YES, EARLY, (None, "unknown")),
        (UNKNOWN, YES, EARLY + DAY_BEFORE, (None, "upcoming")),
        (UNKNOWN, YES, LATE, (None, "in_force")),
        (UNKNOWN, NO, EARLY, (EARLY, "in_force")),
        (UNKNOWN, UNKNOWN, EARLY, (None, "unknown")),
        (NO, NO, EARLY, (None, "unknown")),
    ],
)
def test_unknown_routes_up_to_the_first_open_one_are_candidates(iii, i, on, expected):
    assert placed(*ROUTES, on=on, iii=iii, i=i) == expected


def test_candidates_with_a_common_day_give_that_day():
    assert placed(route(EARLY, "iii"), route(EARLY), iii=UNKNOWN) == (EARLY, "in_force")


MOVED = route(date(2030, 8, 2), "authority", transition="moved")
EXEMPT = route(None, "legacy", transition="exempt")


@pytest.mark.parametrize(
    ("authority", "legacy", "on", "expected"),
    [
        (NO, NO, EARLY, (EARLY, "in_force")),
        (YES, YES, EARLY, (date(2030, 8, 2), "upcoming")),
        (YES, YES, date(2030, 8, 2), (date(2030, 8, 2), "in_force")),
        (NO, YES, EARLY + DAY_BEFORE, (EARLY, "upcoming")),
        (NO, YES, EARLY, (EARLY, "legacy_exempt")),
        (NO, UNKNOWN, EARLY + DAY_BEFORE, (EARLY, "upcoming")),
        (NO, UNKNOWN, EARLY, (EARLY, "unknown")),
        (UNKNOWN, NO, EARLY, (EARLY, "unknown")),
        (UNKNOWN, NO, date(2030, 8, 2), (EARLY, "in_force")),
        (UNKNOWN, YES, EARLY, (EARLY, "unknown")),
    ],
)
def test_transition_rules_move_or_exempt_and_stay_possible_while_unknown(authority, legacy, on, expected):
    routes = (route(EARLY), MOVED, EXEMPT)
    assert placed(*routes, on=on, authority=authority, legacy=legacy) == expected


def test_a_disputed_row_has_no_day_and_is_disputed_between_its_readings():
    other = date(2026, 8, 2)
    disputed = route(EARLY, disputed=True, other_reading_from=other)
    assert placed(disputed, on=other + DAY_BEFORE) == (None, "upcoming")
    assert placed(disputed, on=other) == (None, "disputed")
    assert placed(disputed, on=EARLY + DAY_BEFORE) == (None, "disputed")
    assert placed(disputed, on=EARLY) == (None, "in_force")


def test_the_placement_says_where_its_day_comes_from_and_what_may_move_it():
    routes = (route(EARLY, basis="Art. 113"), route(None, "legacy", transition="exempt", basis="Art. 111"))
    undecided = place(routes, "in_force", holds(legacy=UNKNOWN), EARLY)
    assert (undecided.basis, undecided.open_conditions) == (("Art. 113",), (parse({"derived": "legacy"}),))
    decided = place(routes, "in_force", holds(legacy=YES), EARLY)
    assert (decided.basis, decided.open_conditions) == (("Art. 113", "Art. 111"), ())


def test_the_version_known_on_a_day_is_selected():
    always = make_row("always")
    first = make_row("r", known_from=date(2024, 7, 12), known_until=date(2026, 7, 24))
    second = make_row("r", known_from=date(2026, 7, 24))
    rows = [always, first, second]
    assert select(rows, date(2024, 7, 11)) == [always]
    assert select(rows, date(2024, 7, 12)) == [always, first]
    assert select(rows, date(2026, 7, 23)) == [always, first]
    assert select(rows, date(2026, 7, 24)) == [always, second]
