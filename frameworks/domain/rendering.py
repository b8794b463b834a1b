"""Conditions, routes and rows as plain values: what is stored, hashed and sent. The inverse of parsing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import singledispatch
from typing import Any

from frameworks.domain.conditions import (
    All,
    Any_,
    AtLeast,
    Before,
    Condition,
    DerivedIs,
    FactIn,
    FactIs,
    Includes,
    LessThan,
    Not,
    OutcomeIncludes,
    parse,
)
from frameworks.domain.rows import Item, Route, Row

Plain = dict[str, Any]


@singledispatch
def to_raw(condition: Condition) -> Plain:
    """The condition as it stands in our YAML files: `parse(to_raw(c)) == c`."""
    raise TypeError(f"{condition!r} is not a condition.")


@to_raw.register
def _(condition: All) -> Plain:
    return {"all": [to_raw(part) for part in condition.parts]}


@to_raw.register
def _(condition: Any_) -> Plain:
    return {"any": [to_raw(part) for part in condition.parts]}


@to_raw.register
def _(condition: Not) -> Plain:
    return {"not": to_raw(condition.part)}


@to_raw.register
def _(condition: FactIs) -> Plain:
    return {"fact": condition.fact, "is": condition.value}


@to_raw.register
def _(condition: FactIn) -> Plain:
    return {"fact": condition.fact, "in": list(condition.values)}


@to_raw.register
def _(condition: Includes) -> Plain:
    if len(condition.members) == 1:
        return {"fact": condition.fact, "includes": condition.members[0]}
    return {"fact": condition.fact, "includes_any": list(condition.members)}


@to_raw.register
def _(condition: AtLeast) -> Plain:
    return {"fact": condition.fact, "at_least": _moment(condition.bound)}


@to_raw.register
def _(condition: LessThan) -> Plain:
    return {"fact": condition.fact, "less_than": _moment(condition.bound)}


@to_raw.register
def _(condition: Before) -> Plain:
    return {"fact": condition.fact, "before": condition.bound.isoformat()}


@to_raw.register
def _(condition: DerivedIs) -> Plain:
    return {"derived": condition.name}


@to_raw.register
def _(condition: OutcomeIncludes) -> Plain:
    return {"outcome": {"of": condition.decision, "includes": condition.includes}}


def _moment(bound: float | date) -> float | str:
    return bound.isoformat() if isinstance(bound, date) else bound


def route_to_raw(route: Route) -> Plain:
    """A route with only the fields that say something."""
    raw: Plain = {} if route.when is None else {"when": to_raw(route.when)}
    days = {name: getattr(route, name) for name in ("legal_from", "effective_from", "other_reading_from")}
    raw |= {name: day.isoformat() for name, day in days.items() if day}
    words = {"disputed": route.disputed, "transition": route.transition, "basis": route.basis}
    return raw | {name: value for name, value in words.items() if value}


def route_from_raw(raw: Mapping[str, Any]) -> Route:
    return Route(
        when=parse(raw["when"]) if "when" in raw else None,
        legal_from=_day(raw, "legal_from"),
        effective_from=_day(raw, "effective_from"),
        disputed=raw.get("disputed", False),
        other_reading_from=_day(raw, "other_reading_from"),
        transition=raw.get("transition", ""),
        basis=raw.get("basis", ""),
    )


def _day(raw: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(raw[name]) if raw.get(name) else None


def item_to_raw(item: Item) -> Plain:
    """An item with only the fields that say something."""
    words = {name: getattr(item, name) for name in ("ref", "kind", "title", "part", "note")}
    lists = {name: list(getattr(item, name)) for name in ("risks", "actor_tasks")}
    return {name: value for name, value in {**words, **lists}.items() if value}


def content_of(row: Row) -> Plain:
    """Everything a version says, without when it was known and where it stands in the list."""
    plain = (
        "instrument",
        "citation",
        "title",
        "summary",
        "parent",
        "bearer",
        "owed_by",
        "force",
        "supervised",
        "status",
    )
    more = (
        "heading",
        "context",
        "one_of",
        "evidence",
        "cadence",
        "penalty",
        "penalty_tier",
        "source",
        "verification",
        "note",
    )
    content: Plain = {name: getattr(row, name) for name in (*plain, *more)}
    content["applies_when"] = to_raw(row.applies_when)
    content["routes"] = [route_to_raw(route) for route in row.routes]
    content["items"] = [item_to_raw(item) for item in row.items]
    content["characteristics"], content["actor_tasks"] = list(row.characteristics), list(row.actor_tasks)
    content["texts"] = [[text.language, text.origin, text.title, text.summary, text.verification] for text in row.texts]
    return content


def digest_of(row: Row) -> str:
    """SHA-256 over the canonical content of a version: equal digests mean equal content."""
    text = json.dumps(content_of(row), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
