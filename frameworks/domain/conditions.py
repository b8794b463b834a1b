"""Conditions over facts and derived classifications: parsed once, evaluated in three values.

The language is the one described at the head of the vocabulary: `all`, `any` and `not` over leaves.
A leaf looks at one fact, at one derived classification, or at the outcome of an ordered decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeAlias

from frameworks.domain.kleene import Truth, all_of, any_of, negate, truth_of

Scalar: TypeAlias = bool | int | float | str
Moment: TypeAlias = int | float | date


def exact(number: float) -> int | float:
    """The number as it was written: 1.0e+25 is that whole number, not the nearest one that a machine holds."""
    return int(Decimal(repr(number))) if isinstance(number, float) and number.is_integer() else number


class ConditionError(ValueError):
    """The text of a condition cannot be read; `problems` holds one sentence for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """An answer to a set question. Not complete: the listed members are certain, any other is unknown."""

    members: frozenset[str]
    complete: bool = True

    def has(self, member: str) -> Truth:
        """Whether the member was chosen; `none` asks whether the set is known to be empty."""
        if member == "none":
            return Truth.NO if self.members else self._emptiness
        if member in self.members:
            return Truth.YES
        return Truth.NO if self.complete else Truth.UNKNOWN

    @property
    def _emptiness(self) -> Truth:
        return Truth.YES if self.complete else Truth.UNKNOWN


Answer: TypeAlias = Scalar | date | SetAnswer


class Ground(Protocol):
    """What a condition is evaluated against. `answer` gives None where the fact is unknown."""

    def answer(self, fact: str) -> Answer | None: ...

    def derived(self, name: str) -> Truth: ...

    def outcome(self, decision: str, includes: str) -> Truth: ...


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold; no parts at all is yes."""

    parts: tuple[Condition, ...]

    def truth(self, ground: Ground) -> Truth:
        return all_of(part.truth(ground) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Any_:
    """One part must hold."""

    parts: tuple[Condition, ...]

    def truth(self, ground: Ground) -> Truth:
        return any_of(part.truth(ground) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold; unknown stays unknown."""

    part: Condition

    def truth(self, ground: Ground) -> Truth:
        return negate(self.part.truth(ground))


@dataclass(frozen=True, slots=True)
class FactIs:
    """The fact has exactly this value."""

    fact: str
    value: Scalar

    def truth(self, ground: Ground) -> Truth:
        answer = ground.answer(self.fact)
        return Truth.UNKNOWN if answer is None else truth_of(answer == self.value)


@dataclass(frozen=True, slots=True)
class FactIn:
    """The fact has one of these values."""

    fact: str
    values: tuple[Scalar, ...]

    def truth(self, ground: Ground) -> Truth:
        answer = ground.answer(self.fact)
        return Truth.UNKNOWN if answer is None else truth_of(answer in self.values)


@dataclass(frozen=True, slots=True)
class Includes:
    """One of these members was chosen (`includes` names one, `includes_any` several)."""

    fact: str
    members: tuple[str, ...]

    def truth(self, ground: Ground) -> Truth:
        answer = ground.answer(self.fact)
        if not isinstance(answer, SetAnswer):
            return Truth.UNKNOWN
        return any_of(answer.has(member) for member in self.members)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The number (or day) is this one or more (or later): inclusive."""

    fact: str
    bound: Moment

    def truth(self, ground: Ground) -> Truth:
        return _compared(ground.answer(self.fact), lambda value: value >= self.bound)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class LessThan:
    """The number is smaller: exclusive."""

    fact: str
    bound: Moment

    def truth(self, ground: Ground) -> Truth:
        return _compared(ground.answer(self.fact), lambda value: value < self.bound)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Before:
    """The day is earlier: strict, the day itself does not count."""

    fact: str
    bound: date

    def truth(self, ground: Ground) -> Truth:
        return _compared(ground.answer(self.fact), lambda value: value < self.bound)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class DerivedIs:
    """The derived classification holds."""

    name: str

    def truth(self, ground: Ground) -> Truth:
        return ground.derived(self.name)


@dataclass(frozen=True, slots=True)
class OutcomeIncludes:
    """The ordered decision ends (for one flow at least) in this outcome."""

    decision: str
    includes: str

    def truth(self, ground: Ground) -> Truth:
        return ground.outcome(self.decision, self.includes)


FactLeaf: TypeAlias = FactIs | FactIn | Includes | AtLeast | LessThan | Before
Condition: TypeAlias = All | Any_ | Not | FactLeaf | DerivedIs | OutcomeIncludes


def _compared(answer: Answer | None, holds: Callable[[Answer], bool]) -> Truth:
    return Truth.UNKNOWN if answer is None else truth_of(holds(answer))


def leaves(condition: Condition) -> Iterator[FactLeaf | DerivedIs | OutcomeIncludes]:
    """Every leaf, from left to right."""
    if isinstance(condition, All | Any_):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        yield condition


def facts_of(condition: Condition) -> frozenset[str]:
    """The facts the condition looks at itself (not through derived classifications)."""
    return frozenset(leaf.fact for leaf in leaves(condition) if not isinstance(leaf, DerivedIs | OutcomeIncludes))


def derived_of(condition: Condition) -> frozenset[str]:
    """The derived classifications the condition looks at itself."""
    return frozenset(leaf.name for leaf in leaves(condition) if isinstance(leaf, DerivedIs))


def decisions_of(condition: Condition) -> frozenset[str]:
    """The ordered decisions whose outcome the condition looks at itself."""
    return frozenset(leaf.decision for leaf in leaves(condition) if isinstance(leaf, OutcomeIncludes))


def parse(raw: object) -> Condition:
    """Read a condition as it stands in our YAML files.

    Raises ConditionError with every fault found; a place is given as a path such as `all[1].not`.
    """
    problems: list[str] = []
    condition = _node(raw, "", problems)
    if problems or condition is None:
        raise ConditionError(problems)
    return condition


_FACT_TESTS = ("is", "in", "includes", "includes_any", "at_least", "less_than", "before")


def _node(raw: object, path: str, problems: list[str]) -> Condition | None:
    """The node at `path`, or None after noting why it cannot be read."""
    if not isinstance(raw, Mapping):
        problems.append(
            f"{_place(path)} is {raw!r}, but a condition is a mapping: write all, any, not, fact, derived or outcome."
        )
        return None
    keys = {str(key) for key in raw}
    tests = keys & set(_FACT_TESTS)
    if keys in ({"all"}, {"any"}):
        return _group(raw, keys.pop(), path, problems)
    if keys == {"not"}:
        part = _node(raw["not"], f"{path}.not", problems)
        return None if part is None else Not(part)
    if keys in ({"derived"}, {"outcome"}):
        read = _named if "derived" in keys else _outcome
        return read(raw[keys.pop()], path, problems)
    if "fact" in keys and len(tests) == 1 and len(keys) == 2:
        return _fact(raw["fact"], tests.pop(), raw, path, problems)
    found = ", ".join(sorted(keys)) or "(none)"
    problems.append(
        f"{_place(path)} has the keys {found}: write one of all, any, not, derived or outcome, "
        f"or fact with exactly one of {', '.join(_FACT_TESTS)}."
    )
    return None


def _place(path: str) -> str:
    return f"The part {path.lstrip('.')}" if path else "The condition"


def _group(raw: Mapping[object, object], key: str, path: str, problems: list[str]) -> Condition | None:
    items = raw[key]
    if not isinstance(items, list | tuple):
        problems.append(f"{_place(f'{path}.{key}')} is not a list: give the parts as a list, [] for none.")
        return None
    parts = [_node(item, f"{path}.{key}[{index}]", problems) for index, item in enumerate(items)]
    read = tuple(part for part in parts if part is not None)
    return All(read) if key == "all" else Any_(read)


def _named(name: object, path: str, problems: list[str]) -> Condition | None:
    if isinstance(name, str) and name:
        return DerivedIs(name)
    problems.append(f"{_place(path)} names {name!r} as derived: give the name of one classification.")
    return None


def _outcome(raw: object, path: str, problems: list[str]) -> Condition | None:
    if isinstance(raw, Mapping) and set(raw) == {"of", "includes"}:
        of, includes = raw["of"], raw["includes"]
        if isinstance(of, str) and isinstance(includes, str):
            return OutcomeIncludes(of, includes)
    problems.append(f"{_place(path)} must give outcome as {{of: a decision, includes: one of its outcomes}}.")
    return None


def _fact(fact: object, test: str, raw: Mapping[object, object], path: str, problems: list[str]) -> Condition | None:
    if not isinstance(fact, str) or not fact:
        problems.append(f"{_place(path)} names {fact!r} as a fact: give one key of the vocabulary.")
        return None
    leaf = _BUILDERS[test](fact, raw[test])
    if leaf is None:
        problems.append(f"{_place(path)} tests {fact} with {test}: {raw[test]!r}, but {_EXPECTED[test]}.")
    return leaf


def _is(fact: str, value: object) -> Condition | None:
    if isinstance(value, float):
        return FactIs(fact, exact(value))
    return FactIs(fact, value) if isinstance(value, Scalar) else None


def _in(fact: str, values: object) -> Condition | None:
    if not isinstance(values, list | tuple) or not values:
        return None
    return FactIn(fact, tuple(values)) if all(isinstance(value, Scalar) for value in values) else None


def _includes(fact: str, value: object) -> Condition | None:
    return Includes(fact, (value,)) if isinstance(value, str) else None


def _includes_any(fact: str, values: object) -> Condition | None:
    if not isinstance(values, list | tuple) or not values:
        return None
    return Includes(fact, tuple(values)) if all(isinstance(value, str) for value in values) else None


def _at_least(fact: str, bound: object) -> Condition | None:
    moment = _moment(bound)
    return None if moment is None else AtLeast(fact, moment)


def _less_than(fact: str, bound: object) -> Condition | None:
    moment = _moment(bound)
    return None if moment is None else LessThan(fact, moment)


def _before(fact: str, bound: object) -> Condition | None:
    moment = _moment(bound)
    return Before(fact, moment) if isinstance(moment, date) else None


def _moment(bound: object) -> Moment | None:
    """A number or a day; days are ISO strings in our files."""
    if isinstance(bound, bool):
        return None
    if isinstance(bound, int | float):
        return exact(bound)
    if isinstance(bound, date):
        return bound
    if not isinstance(bound, str):
        return None
    try:
        return date.fromisoformat(bound)
    except ValueError:
        return None


_BUILDERS: dict[str, Callable[[str, object], Condition | None]] = {
    "is": _is,
    "in": _in,
    "includes": _includes,
    "includes_any": _includes_any,
    "at_least": _at_least,
    "less_than": _less_than,
    "before": _before,
}
_EXPECTED = {
    "is": "is takes one value",
    "in": "in takes a list of values",
    "includes": "includes takes one choice",
    "includes_any": "includes_any takes a list of choices",
    "at_least": "at_least takes a number or a day written as YYYY-MM-DD",
    "less_than": "less_than takes a number or a day written as YYYY-MM-DD",
    "before": "before takes a day written as YYYY-MM-DD",
}
