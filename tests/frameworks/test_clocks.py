"""Clocks: the shipped file, how a file is refused, and until when something is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameworks.catalogue_files import shipped_families
from frameworks.domain.clocks import (
    LONGEST,
    NO_HOLIDAYS,
    UNITS,
    Clock,
    ClocksError,
    deadline,
    parse_clocks,
)
from frameworks.vocabulary_files import SHIPPED, read_clocks, shipped_clocks

BERLIN, HONG_KONG = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Hong_Kong")
RAW = {
    "key": "report", "title": "Report", "event": "incident", "trigger": "Something broke", "amount": 4, "unit": "hours",
    "direction": "after", "recurs": False, "requirements": ["law.1"], "to": "Authority", "source": "Art. 1",
    "verification": "P",
}  # fmt: skip
EVENTS = [{"key": "incident", "title": "An incident", "asks": "When?"}]


def clock(amount: int = 1, unit: str = "hours", direction: str = "after", **over) -> Clock:
    entry = {**RAW, "amount": amount, "unit": unit, "direction": direction, **over}
    return parse_clocks({"events": EVENTS, "clocks": [entry]}).clocks["report"]


def last(year: int, month: int, day: int, zone=UTC) -> datetime:
    return datetime(year, month, day, 23, 59, 59, tzinfo=zone)


STARTS = [  # amount, unit, direction, start, until
    (1, "hours", "after", datetime(2026, 11, 26, 8, 30, tzinfo=UTC), datetime(2026, 11, 26, 9, 30, tzinfo=UTC)),
    (1, "months", "after", datetime(2026, 1, 31, 9, tzinfo=UTC), last(2026, 2, 28)),
    (1, "months", "after", datetime(2028, 1, 31, 9, tzinfo=UTC), last(2028, 2, 29)),
    (13, "months", "after", datetime(2026, 12, 31, tzinfo=UTC), last(2028, 1, 31)),
    (1, "months", "before", datetime(2026, 3, 31, tzinfo=UTC), last(2026, 2, 28)),
    (1, "years", "after", datetime(2028, 2, 29, tzinfo=UTC), last(2029, 2, 28)),
    (10, "years", "at_least", datetime(2026, 8, 2, 12, tzinfo=UTC), last(2036, 8, 2)),
    (15, "days", "after", datetime(2026, 11, 26, 23, 59, tzinfo=UTC), last(2026, 12, 11)),
    (10, "working_days", "after", datetime(2026, 11, 27, 18, tzinfo=UTC), last(2026, 12, 11)),  # a Friday
    (1, "working_days", "after", datetime(2026, 11, 27, tzinfo=UTC), last(2026, 11, 30)),
    (1, "working_days", "after", datetime(2026, 11, 28, tzinfo=UTC), last(2026, 11, 30)),  # a Saturday
    (1, "working_days", "before", datetime(2026, 11, 30, tzinfo=UTC), last(2026, 11, 27)),  # a Monday
    (60, "working_days", "before", datetime(2026, 11, 27, tzinfo=UTC), last(2026, 9, 4)),
    (0, "days", "before", datetime(2026, 11, 27, 9, tzinfo=UTC), datetime(2026, 11, 27, 9, tzinfo=UTC)),
]


@pytest.mark.parametrize(("amount", "unit", "direction", "start", "until"), STARTS)
def test_a_clock_ends_when_the_table_says(amount, unit, direction, start, until):
    assert deadline(clock(amount, unit, direction), start).at == until


@pytest.mark.parametrize(
    ("start", "hours"),
    [(datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN), 24), (datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN), 24)],
)
def test_hours_are_real_hours_also_over_a_change_of_summer_time(start, hours):
    until = deadline(clock(hours), start).at
    assert until.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)
    assert until.tzinfo is BERLIN
    assert until.hour != start.hour, "the clock on the wall was moved in between"


def test_the_zone_of_the_moment_says_which_day_it_is():
    moment = datetime(2026, 11, 26, 20, tzinfo=UTC)  # the 27th in Hong Kong
    assert deadline(clock(1, "days"), moment).at == last(2026, 11, 27)
    assert deadline(clock(1, "days"), moment.astimezone(HONG_KONG)).at == last(2026, 11, 28, HONG_KONG)


@pytest.mark.parametrize("unit", UNITS)
def test_only_working_days_say_that_holidays_are_not_known(unit):
    said = deadline(clock(2, unit), datetime(2026, 11, 26, tzinfo=UTC)).caveat
    assert said == (NO_HOLIDAYS if unit == "working_days" else "")


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))
CLOCKS = st.sampled_from(UNITS).flatmap(
    lambda unit: st.builds(
        clock, st.integers(1, min(LONGEST[unit], 120)), st.just(unit), st.sampled_from(["after", "before", "at_least"])
    )
)
ZONES = st.sampled_from([UTC, BERLIN, HONG_KONG])


@given(one=CLOCKS, first=MOMENTS, second=MOMENTS, zone=ZONES)
def test_who_starts_later_is_never_due_earlier(one, first, second, zone):
    earlier, later = sorted(moment.replace(tzinfo=UTC) for moment in (first, second))
    first_end, second_end = (deadline(one, moment.astimezone(zone)).at for moment in (earlier, later))
    assert first_end.astimezone(UTC) <= second_end.astimezone(UTC)


@given(one=CLOCKS, moment=MOMENTS, zone=ZONES)
def test_after_lies_after_and_before_lies_before(one, moment, zone):
    start = moment.replace(tzinfo=UTC)
    until = deadline(one, start.astimezone(zone)).at.astimezone(UTC)
    assert until < start if one.direction == "before" else until > start


@given(amount=st.integers(1, 60), moment=MOMENTS)
def test_working_days_counted_one_by_one_are_the_same_days(amount, moment):
    day, left = moment, amount
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    assert deadline(clock(amount, "working_days"), moment.replace(tzinfo=UTC)).at.date() == day.date()


def test_a_naive_moment_and_one_beyond_the_calendar_are_refused():
    with pytest.raises(ValueError, match="moment with a zone"):
        deadline(clock(), datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="No calendar holds within 10 years of 9995-01-01"):
        deadline(clock(10, "years"), datetime(9995, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="No calendar holds"):
        deadline(clock(744), datetime(9999, 12, 31, tzinfo=UTC))


def test_the_next_run_counts_from_when_it_was_done():
    yearly = clock(1, "years", recurs=True)
    assert deadline(yearly, datetime(2026, 11, 26, 9, tzinfo=UTC)).at == last(2027, 11, 26)


@pytest.mark.parametrize(
    ("amount", "unit", "direction", "recurs", "words"),
    [
        (1, "hours", "after", False, "within 1 hour"),
        (60, "working_days", "before", False, "60 working days before"),
        (1, "working_days", "after", False, "within 1 working day"),
        (10, "years", "at_least", False, "at least 10 years"),
        (2, "years", "after", True, "every 2 years"),
        (0, "days", "before", False, "before it happens"),
    ],
)
def test_a_clock_says_its_length_in_words(amount, unit, direction, recurs, words):
    assert clock(amount, unit, direction, recurs=recurs).length == words


def test_a_mark_that_rests_on_memory_is_not_yet_verified():
    assert [clock(verification=mark).is_unverified for mark in ("OJ", "P", "S", "S/m", "M")] == [
        False, False, False, True, True,
    ]  # fmt: skip


# --- the file ----------------------------------------------------------------------------------------------------------


def test_every_requirement_of_every_shipped_clock_stands_in_the_catalogue():
    known = {row.id for family in shipped_families().values() for row in family.versions}
    asked = {ref for one in shipped_clocks().clocks.values() for ref in one.requirements}
    assert asked - known == set()
    headings = {row.id for family in shipped_families().values() for row in family.versions if row.heading}
    assert asked & headings == set(), "nobody owes a heading"


def test_no_clock_is_better_verified_than_the_row_it_rests_on():
    rank = {"M": 0, "IMP": 0, "S/m": 1, "S": 2, "P": 3, "OJ": 3, "CONS": 3, "OMN": 3}
    marks: dict[str, int] = {}
    for family in shipped_families().values():
        for row in family.versions:
            marks[row.id] = max(marks.get(row.id, 0), rank[row.verification])
    boasting = [
        one.key
        for one in shipped_clocks().clocks.values()
        if rank[one.verification] > min(marks[ref] for ref in one.requirements)
    ]
    assert boasting == []


def test_the_file_is_read_once():
    assert read_clocks(SHIPPED) is read_clocks(SHIPPED)


LINES = [  # trigger of the fact sheets → keys, so that none is lost
    ("CN-ALGO-01", {"cn-algo-filing"}),
    ("CN-ALGO-02", {"cn-algo-change", "cn-algo-end", "cn-algo-decision"}),
    ("CN-INC-01", {"cn-incident-cii", "cn-incident-central", "cn-incident-operator"}),
    ("HK-CI-08", {"hk-ci-incident-serious", "hk-ci-incident-other", "hk-ci-incident-report"}),
    ("CN-XB-01", {"cn-export-assessment", "cn-export-extension"}),
    ("CN-XB-04", {"cn-gba-filing", "cn-gba-pipia"}),
    ("HK-PDPO-09", {"hk-access-request", "hk-refusal-log"}),
    ("eu-ai-act.art-44-2-3", {"eu-certificate-annex-i", "eu-certificate-annex-iii"}),
]


@pytest.mark.parametrize(("ref", "keys"), LINES)
def test_a_line_with_several_clocks_became_several(ref, keys):
    assert {one.key for one in shipped_clocks().clocks.values() if ref in one.requirements} == keys


def test_one_incident_starts_clocks_of_several_authorities_side_by_side():
    offered = shipped_clocks().of_event("incident")
    lengths = {one.key: (one.amount, one.unit) for one in offered}
    assert lengths["hk-ci-incident-serious"] == (12, "hours")
    assert lengths["cn-incident-operator"] == (4, "hours")
    assert lengths["eu-incident"] == (15, "days")
    assert len({one.to for one in offered}) >= 5


def test_what_the_product_keeps_is_listed_and_never_offered():
    shipped = shipped_clocks()
    assert not shipped.clocks["cn-companion-reminder"].is_started_by_hand
    assert "cn-companion-reminder" not in {one.key for one in shipped.recurring()}
    assert {one.key for one in shipped.recurring()} >= {"hk-ci-audit", "cn-pi-audit", "cn-minors-audit"}
    assert shipped.of_event("cycle") == [], "what recurs is started from its own list"


FAULTS = [  # what is changed in a good entry, and the sentence
    ({"colour": "red"}, "“colour” is not a field of a clock."),
    ({"title": " "}, "“title” is missing or empty."),
    ({"unit": "weeks"}, "unit must be one of: hours, days, working_days, months, years."),
    ({"direction": "around"}, "direction must be one of: after, before, at_least."),
    ({"verification": "sure"}, "verification must be one of: OJ, CONS, OMN, P, S, S/m, M."),
    ({"kept_by": "nobody"}, "kept_by must be one of: office, authority, product."),
    ({"recurs": "no"}, "recurs must be true or false."),
    ({"event": "party"}, "there is no event “party”."),
    ({"note": 3}, "note must be a text."),
    ({"amount": True}, "amount must be a whole number from 0 to 744."),
    ({"amount": "4"}, "amount must be a whole number from 0 to 744."),
    ({"amount": -1}, "amount must be a whole number from 0 to 744."),
    ({"amount": 745}, "amount must be a whole number from 0 to 744."),
    ({"amount": -1, "unit": "weeks"}, "amount must be a whole number from 0 to 3650."),
    ({"amount": 0}, "amount 0 means “before it happens”; the direction must then be before."),
    ({"recurs": True, "direction": "before"}, "a clock that recurs counts after the last time; its direction must be after."),
    ({"requirements": []}, "requirements must be a list of at least one id."),
    ({"requirements": [7]}, "requirements must be a list of at least one id."),
    ({"requirements": "law.1"}, "requirements must be a list of at least one id."),
    ({"requirements": ["law.9"]}, "there is no requirement “law.9”."),
]  # fmt: skip


@pytest.mark.parametrize(("over", "sentence"), FAULTS)
def test_a_fault_is_told_in_a_sentence(over, sentence):
    with pytest.raises(ClocksError) as caught:
        parse_clocks({"events": EVENTS, "clocks": [{**RAW, **over}]}, requirements={"law.1"})
    assert f"Clock 1 (report): {sentence}" in caught.value.problems


def test_all_faults_of_a_file_come_at_once():
    clocks = [{**RAW, "unit": "weeks"}, RAW, RAW, "nonsense", {**RAW, "key": "second", "recurs": None}]
    events = [*EVENTS, EVENTS[0], {"key": "x"}, {"key": "y", "title": "Y", "asks": ""}, 4]
    with pytest.raises(ClocksError) as caught:
        parse_clocks({"events": events, "clocks": clocks})
    assert caught.value.problems == [
        "Entry 5 of “events” is not a mapping of fields.",
        "Event 2 (incident): this key stands twice.",
        "Event 3: it has a key, a title and what it asks, each a text.",
        "Event 4: it has a key, a title and what it asks, each a text.",
        "Entry 4 of “clocks” is not a mapping of fields.",
        "Clock 1 (report): unit must be one of: hours, days, working_days, months, years.",
        "Clock 3 (report): this key stands twice.",
        "Clock 4 (second): recurs must be true or false.",
    ]


@pytest.mark.parametrize("raw", [None, [], {"clocks": []}, {"events": [], "clocks": [], "more": 1}])
def test_a_file_of_another_shape_is_refused(raw):
    with pytest.raises(ClocksError, match="two lists and nothing else"):
        parse_clocks(raw)


def test_lists_that_are_no_lists_are_refused():
    with pytest.raises(ClocksError) as caught:
        parse_clocks({"events": {}, "clocks": "many"})
    assert caught.value.problems == ["“events” is a list.", "“clocks” is a list."]


def test_a_clock_cannot_be_changed_behind_the_file():
    one = shipped_clocks().clocks["eu-incident"]
    with pytest.raises(AttributeError):
        one.amount = 3
    assert replace(one, amount=3).amount == 3
