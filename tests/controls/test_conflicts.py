"""Conflicts between markets: read whole, and told where they bite."""

import pytest

from controls.domain.conflicts import Side, meets, read_conflicts
from controls.domain.library import LibraryError

SIDES = [
    {"market": "cn", "demands": "Filter.", "requirements": ["r.1"]},
    {"market": "hk", "demands": "Do not\n filter.", "requirements": ["r.2"]},
]
CONFLICT = {
    "ref": "CF-01", "title": "Filters", "question": "Which filter runs where?", "why": "One cannot serve both.",
    "source": "table", "sides": SIDES, "options": ["Two deployments."],
}  # fmt: skip


def read(*rows):
    return read_conflicts(rows, requirements={"r.1", "r.2"})


def test_a_conflict_is_read_with_both_sides():
    (row,) = read(CONFLICT)
    assert [side.market for side in row.sides] == ["cn", "hk"]
    assert row.sides[1].demands == "Do not filter."


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{**CONFLICT, "question": ""}], "Conflict “CF-01”: has no question."),
        ([CONFLICT, CONFLICT], "Conflict “CF-01”: stands twice."),
        ([{**CONFLICT, "sides": SIDES[:1]}], "Conflict “CF-01”: a conflict has two sides."),
        ([{**CONFLICT, "sides": [*SIDES, {"market": "uk", "demands": "x"}]}], "market “uk” is not one of cn, hk"),
        ([{**CONFLICT, "sides": [SIDES[0], {"market": "hk"}]}], "side hk says nothing of what is demanded"),
        ([{**CONFLICT, "sides": [SIDES[0], {**SIDES[1], "requirements": ["r.3"]}]}], "there is no requirement “r.3”"),
    ],
)
def test_a_bad_conflict_is_named(rows, sentence):
    with pytest.raises(LibraryError) as caught:
        read(*rows)
    assert any(sentence in told for told in caught.value.problems)


@pytest.mark.parametrize(
    ("owed", "markets"),
    [(set(), ()), ({"r.1"}, ("cn",)), ({"r.1", "r.2"}, ("cn", "hk")), ({"other"}, ())],
)
def test_a_conflict_bites_where_two_markets_demand(owed, markets):
    assert meets([Side("cn", "", ("r.1",)), Side("hk", "", ("r.2",))], owed) == markets
