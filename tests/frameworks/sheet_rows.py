"""Rows straight from the fact sheet beside the project, as they were known on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml

from frameworks.domain.conditions import parse
from frameworks.domain.rows import Route, Row

SHEET = Path(__file__).resolve().parents[3] / "shared" / "facts" / "rows.yaml"


@cache
def raw_rows() -> list[dict]:
    if not SHEET.exists():
        pytest.skip(f"The sheet {SHEET.name} is not beside the project: no rows to read.")
    return yaml.load(SHEET.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["rows"]


@cache
def rows_known_on(known_on: date) -> tuple[Row, ...]:
    """Every row of the sheet that has an ordinary date entry known on that day (step 1 of its head)."""
    made = (make_row_from_sheet(raw, position, known_on) for position, raw in enumerate(raw_rows()))
    return tuple(row for row in made if row is not None)


def make_row_from_sheet(raw: Mapping, position: int, known_on: date) -> Row | None:
    routes = tuple(route for route in (_route(entry, known_on) for entry in raw["dates"]) if route)
    if all(route.transition for route in routes):
        return None
    family = raw["id"].split(".")[0] if "." in raw["id"] else {"CN": "cn-mainland", "HK": "hk"}[raw["id"][:2]]
    return Row(
        id=raw["id"],
        family=family,
        instrument=raw["instrument"],
        citation=raw["id"],
        title="",
        summary="",
        parent=None,
        position=position,
        bearer="",
        owed_by=raw.get("owed_by", ""),
        applies_when=parse(raw["applies_when"]),
        force=raw["force"],
        supervised=raw.get("supervised", False),
        status=raw.get("status", "in_force"),
        heading=raw.get("heading", False),
        context=raw.get("context", False),
        one_of=raw.get("one_of", ""),
        evidence="",
        cadence="",
        penalty="",
        penalty_tier="",
        source="",
        verification="S",
        texts=(),
        routes=routes,
        known_from=None,
    )


def _day(entry: Mapping, key: str) -> date | None:
    return date.fromisoformat(entry[key]) if key in entry else None


def _route(entry: Mapping, known_on: date) -> Route | None:
    """The entry as it was known, or None if it was not."""
    known_from, known_until = _day(entry, "known_from"), _day(entry, "known_until")
    when = parse(entry["when"]) if "when" in entry else None
    as_enacted = _day(entry, "as_enacted_from")
    if as_enacted and date(2024, 7, 12) <= known_on < known_from:
        return Route(when=when, legal_from=as_enacted, basis="as enacted")
    if (known_from and known_on < known_from) or (known_until and known_on >= known_until):
        return None
    return Route(
        when=when,
        legal_from=_day(entry, "legal_from"),
        effective_from=_day(entry, "effective_from"),
        disputed=entry.get("disputed", False),
        other_reading_from=_day(entry, "other_reading_from"),
        transition=entry.get("transition", ""),
        basis=entry.get("basis", ""),
    )
