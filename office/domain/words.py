"""Words for people who mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: object, names: Iterable[str]) -> str:
    """A half sentence that offers the nearest known name, or nothing if none is near."""
    near = difflib.get_close_matches(str(name), sorted(names), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""
