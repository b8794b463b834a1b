"""What a change of the law does to the gaps that stand, by arithmetic alone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from frameworks.vocabulary_files import shipped_vocabulary
from governance.domain.changes import GapState, due_changes
from governance.domain.position import Demands, Position, stand
from tests.governance.test_position_domain import CHAINS, ON, make_case, make_coverage, make_row


@pytest.fixture
def before() -> Position:
    demands = Demands(
        vocabulary=shipped_vocabulary(), rows=[make_row("1")], cases=[make_case("a")], chains=CHAINS, decided=[],
        adopted=lambda subject, family: True, on=ON, known_on=ON,
    )  # fmt: skip
    return stand(demands=demands, coverage=make_coverage(("2", "a")))


GAP = GapState(1, "a", "1", ON)
TERM = ON + timedelta(days=30)


def told(before: Position, after: Position) -> list[tuple[date | None, date | None]]:
    return [(change.before, change.after) for change in due_changes([GAP], before, after)]


def turned(position: Position, **verdict) -> Position:
    (line,) = position.lines
    return replace(position, lines=(replace(line, verdict=replace(line.verdict, **verdict)),))


def test_a_later_day_moves_the_day_of_the_gap(before):
    later = ON + timedelta(days=300)
    assert told(before, before) == []
    assert told(before, turned(before, applies_from=later)) == [(TERM, later)]
    assert told(turned(before, applies_from=later), before) == [(later, TERM)]


def test_a_gap_that_falls_away_has_no_day(before):
    assert told(before, replace(before, lines=())) == [(TERM, None)]
    assert told(before, turned(before, status="may_apply")) == [(TERM, None)]
    assert told(before, turned(before, timing="legacy_exempt")) == [(TERM, None)]
    pending = replace(before, rows={"1": replace(before.rows["1"], status="pending")})
    assert told(before, turned(pending, timing="pending")) == [(TERM, None)]
    assert told(pending, before) == [(None, TERM)]
