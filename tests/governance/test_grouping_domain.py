"""Lines of coverage in groups: what each is grouped under, what is kept, and both bounds in words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.coverage import Bounds
from governance.domain.grouping import BY, Group, Kept, Names, Place, grouped, in_words, kept, standing
from governance.domain.portfolio import Verdict
from governance.domain.position import Line, Share, share

PLACES = {
    "office": Place("The group"),
    "bank": Place("HK Bank", ("bank", "HK Bank"), ("hk", "Hong Kong")),
    "a": Place("A at HK Bank", ("bank", "HK Bank"), ("hk", "Hong Kong")),
    "b": Place("B at EU Bank", ("eu-bank", "EU Bank"), ("eu", "European Union")),
}
NAMES = Names(PLACES, {"law": "The law", "norm": "The norm"}, {f"r{number}": f"Art. {number}" for number in range(9)})
LEVELS = {"office": "office", "bank": "entity", "a": "deployment", "b": "deployment"}


def line(subject, requirement, lower=0, upper=0, *, family="law", status="applies", adopted=True) -> Line:
    verdict = Verdict(requirement, status, "in_force", date(2025, 1, 1))
    return Line(subject, LEVELS[subject], family, verdict, adopted, Bounds(lower, upper, False, ("Because.",)))


LINES = [
    line("b", "r2", 1, 1), line("a", "r2", 0, 1), line("bank", "r1", 1, 1), line("office", "r3", 0, 0, family="norm"),
    line("a", "r0", status="may_apply"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("family", [("law", "The law", (1, 2, 2, 1)), ("norm", "The norm", (0, 0, 1, 0))]),
        ("market", [
            ("eu", "European Union", (1, 1, 1, 0)), ("hk", "Hong Kong", (1, 2, 2, 1)), ("office", "The office", (0, 0, 1, 0)),
        ]),
        ("entity", [
            ("bank", "HK Bank", (1, 2, 2, 1)), ("eu-bank", "EU Bank", (1, 1, 1, 0)), ("office", "The office", (0, 0, 1, 0)),
        ]),
        ("deployment", [("a", "A at HK Bank", (0, 1, 1, 1)), ("b", "B at EU Bank", (1, 1, 1, 0))]),
        ("requirement", [
            ("r2", "Art. 2", (0, 1, 1, 0)), ("r1", "Art. 1", (1, 1, 1, 0)), ("r3", "Art. 3", (0, 0, 1, 0)),
            ("r0", "Art. 0", (0, 0, 0, 1)),
        ]),
        ("office", [("whole", "Everything", (1, 2, 3, 1))]),
    ],
)  # fmt: skip
def test_a_group_counts_each_requirement_at_its_worst_subject_in_it(by, found):
    assert grouped(LINES, by, NAMES) == [Group(key, title, Share(*counts)) for key, title, counts in found]


def test_what_nobody_groups_by_is_refused():
    with pytest.raises(KeyError):
        grouped(LINES, "colour", NAMES)


@pytest.mark.parametrize(
    ("chosen", "subjects"),
    [
        (Kept(), ["b", "a", "bank", "office", "a"]), (Kept(family="norm"), ["office"]), (Kept(market="hk"), ["a", "bank", "a"]),
        (Kept(entity="office"), ["office"]), (Kept(family="law", market="eu", entity="bank"), []),
    ],
)  # fmt: skip
def test_only_lines_that_are_chosen_are_kept_in_their_order(chosen, subjects):
    assert [row.subject for row in kept(LINES, PLACES, chosen)] == subjects


def test_a_line_whose_subject_is_not_seen_is_left_out():
    seen = {key: place for key, place in PLACES.items() if key == "a"}
    assert {row.subject for row in kept(LINES, seen, Kept())} == {"a"}


ANY_LINE = st.builds(
    lambda subject, number, lower, upper, status, adopted: line(
        subject, f"r{number}", lower, max(lower, upper), status=status, adopted=adopted
    ),
    st.sampled_from(sorted(PLACES)), st.integers(0, 8), st.integers(0, 1), st.integers(0, 1),
    st.sampled_from(["applies", "may_apply"]), st.booleans(),
)  # fmt: skip


@given(lines=st.lists(ANY_LINE, max_size=20))
def test_grouping_by_requirement_counts_what_the_whole_counts(lines):
    groups = [group.share for group in grouped(lines, "requirement", NAMES)]
    added = [sum(getattr(one, name) for one in groups) for name in ("lower", "upper", "applies", "may_apply")]
    assert Share(*added) == share(lines)
    (whole,) = grouped(lines, "office", NAMES) or [Group("whole", "Everything", Share(0, 0, 0, 0))]
    assert whole.share == share(lines)


@given(lines=st.lists(ANY_LINE, max_size=20), by=st.sampled_from(BY))
def test_no_group_counts_more_than_it_has_and_bounds_stand_in_order(lines, by):
    for group in grouped(lines, by, NAMES):
        assert 0 <= group.share.lower <= group.share.upper <= group.share.applies


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((12, 40, 118, 33), "12 to 40 of 118 that apply, 33 may apply"), ((0, 1, 2, 0), "0 to 1 of 2 that apply"),
        ((1, 1, 1, 0), "1 to 1 of 1 that applies"), ((0, 0, 0, 4), "none applies yet, 4 may apply"),
        ((0, 0, 0, 0), "none applies"),
    ],
)  # fmt: skip
def test_both_bounds_are_told_as_counts(counts, words):
    assert in_words(Share(*counts)) == words


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((1, 1, False), "shown to be covered"), ((0, 1, True), "a part is shown"), ((0, 0, True), "a part is shown"),
        ((0, 1, False), "could still be covered"), ((0, 0, False), "not covered by anything mapped"),
    ],
)  # fmt: skip
def test_the_bounds_of_one_requirement_have_words(bounds, words):
    assert standing(Bounds(*bounds, ())) == words
