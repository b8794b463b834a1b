"""Numbers in JSON as both databases give them back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def settled(value: Any) -> Any:
    """A JSON value whose whole numbers are whole: 1e25 becomes ten to the 25th as it was written, -0.0 becomes 0.

    PostgreSQL gives whole numbers back so, whatever went in; what the journal's hash covers may not depend on it.
    """
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))
    if isinstance(value, Mapping):
        return {name: settled(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [settled(inner) for inner in value]
    return value
