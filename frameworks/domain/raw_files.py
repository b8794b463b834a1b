"""A catalogue file as it was read, before anything is known about whether it is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RawFile:
    """A catalogue file as read: its name, its content, its digest, and the line of every row and instrument by id."""

    name: str
    content: Mapping[str, Any]
    lines: Mapping[str, int]
    digest: str = ""
