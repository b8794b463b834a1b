"""A model's own CHECK constraints, asked of a row in memory: the same sentence as the database's, without a query a row."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import F, Q

LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, bound: value == bound,
    "in": lambda value, bound: value in bound,
    "isnull": lambda value, bound: (value is None) is bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
}


def broken(row: models.Model) -> list[str]:
    """The sentences of the CHECK constraints that a row breaks. As in SQL, what compares with NULL breaks nothing."""
    checks = [one for one in row._meta.constraints if isinstance(one, models.CheckConstraint)]
    return [str(check.get_violation_error_message()) for check in checks if _holds(check.condition, row) is False]


def _holds(condition: Any, row: models.Model) -> bool | None:
    """True, False, or None where SQL would say NULL. NotImplementedError for what is not known here."""
    if isinstance(condition, Q):
        found = [_holds(child, row) for child in condition.children]
        truth = _any(found) if condition.connector == Q.OR else _all(found)
        return truth if not condition.negated or truth is None else not truth
    path, bound = condition
    name, _, lookup = path.partition("__")
    if (lookup or "exact") not in LOOKUPS:
        raise NotImplementedError(f"The lookup {path} of a constraint is not known.")
    value, bound = _value(row, name), _value(row, bound.name) if isinstance(bound, F) else _plain(bound)  # type: ignore[attr-defined]
    if lookup != "isnull" and (value is None or bound is None):
        return None
    return LOOKUPS[lookup or "exact"](value, bound)


def _any(found: list[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _value(row: models.Model, name: str) -> Any:
    """A foreign key by its number."""
    return getattr(row, row._meta.get_field(name).attname)  # type: ignore[union-attr]


def _plain(bound: Any) -> Any:
    return bound.pk if isinstance(bound, models.Model) else bound
