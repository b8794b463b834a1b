"""When a requirement binds: the routes of a row placed on a day.

The rules are steps 2 to 4 at the head of the rows sheet; step 1 (what was known) is done by selecting
versions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from frameworks.domain.conditions import Condition
from frameworks.domain.kleene import Truth
from frameworks.domain.rows import Route

IN_FORCE = "in_force"
UPCOMING = "upcoming"
PENDING = "pending"
LEGACY_EXEMPT = "legacy_exempt"
DISPUTED = "disputed"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Placement:
    """First day and timing; `basis` says where the day comes from, `open_conditions` what may still move either."""

    applies_from: date | None
    timing: str
    basis: tuple[str, ...]
    open_conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One way the dates can turn out."""

    day: date | None
    other_reading: date | None
    exempt: bool


def _open(outcomes: list[_Outcome], routes: list[Route]) -> tuple[Condition, ...]:
    """The undecided conditions, if it matters how they come out."""
    matters = len(set(outcomes)) > 1
    return tuple(route.when for route in routes if route.when is not None) if matters else ()


Holds = Callable[[Condition], Truth]
"""Says whether the condition of a route holds in the case at hand."""


def place(routes: Sequence[Route], status: str, holds: Holds, on: date) -> Placement:
    """Place a row's routes on a day. Where none of them is open there is no day, and the timing is unknown."""
    ordinary, open_routes = _candidates([route for route in routes if not route.transition], holds)
    moved, open_moves = _transitions([route for route in routes if route.transition], holds)
    base = [_Outcome(route.day, route.other_reading_from if route.disputed else None, False) for route in ordinary]
    certain = _applied(moved, base)
    outcomes = [*certain, *(outcome for route in open_moves for outcome in _applied(route, base))]
    days = {outcome.day for outcome in certain}
    disputed = any(outcome.other_reading for outcome in certain)
    common = next(iter(days)) if len(days) == 1 and not disputed else None
    deciding = [*ordinary, *([moved] if moved else [])]
    return Placement(
        applies_from=common,
        timing=_timing(status, outcomes, on),
        basis=tuple(dict.fromkeys(route.basis for route in deciding if route.basis)),
        open_conditions=_open(outcomes, [*open_routes, *open_moves]),
    )


def _truth(route: Route, holds: Holds) -> Truth:
    return Truth.YES if route.when is None else holds(route.when)


def _candidates(routes: Sequence[Route], holds: Holds) -> tuple[list[Route], list[Route]]:
    """The ordinary routes that can set the day, and those among them that are undecided."""
    undecided: list[Route] = []
    for route in routes:
        truth = _truth(route, holds)
        if truth is Truth.YES:
            return [*undecided, route], undecided
        if truth is Truth.UNKNOWN:
            undecided.append(route)
    return undecided, undecided


def _transitions(routes: Sequence[Route], holds: Holds) -> tuple[Route | None, list[Route]]:
    """The first transition that holds, and the undecided ones before it."""
    undecided: list[Route] = []
    for route in routes:
        truth = _truth(route, holds)
        if truth is Truth.YES:
            return route, undecided
        if truth is Truth.UNKNOWN:
            undecided.append(route)
    return None, undecided


def _applied(transition: Route | None, base: list[_Outcome]) -> list[_Outcome]:
    """What a transition rule makes of the ordinary outcomes: another day, or the same day without effect."""
    if transition is None:
        return base
    if transition.transition == "moved":
        return [_Outcome(transition.day, None, False) for _ in base[:1]]
    return [_Outcome(outcome.day, outcome.other_reading, True) for outcome in base]


def _timing(status: str, outcomes: list[_Outcome], on: date) -> str:
    if status in ("pending", "proposed"):
        return PENDING
    timings = {_timing_of(outcome, on) for outcome in outcomes}
    return timings.pop() if len(timings) == 1 else UNKNOWN


def _timing_of(outcome: _Outcome, on: date) -> str:
    bound = LEGACY_EXEMPT if outcome.exempt else IN_FORCE
    if outcome.day is None:
        return bound
    first = min(outcome.day, outcome.other_reading or outcome.day)
    last = max(outcome.day, outcome.other_reading or outcome.day)
    if on < first:
        return UPCOMING
    return bound if on >= last else DISPUTED
