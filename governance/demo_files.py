"""Reads the demo portfolio that is shipped: a fictional group, its use cases, and what it does about its duties."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "demo"


@cache
def shipped_demo() -> dict[str, Any]:
    """The three files as one mapping, by the names of their sections."""
    raw: dict[str, Any] = {}
    for name in ("group", "use_cases", "controls"):
        raw |= yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return raw
