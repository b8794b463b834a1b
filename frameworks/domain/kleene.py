"""Three-valued logic after Kleene: yes, no and unknown, where unknown never turns into no."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Truth(enum.StrEnum):
    """The answer to a condition. UNKNOWN means that the facts given do not decide it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def truth_of(value: bool) -> Truth:
    """The truth of something that is known."""
    return Truth.YES if value else Truth.NO


def negate(truth: Truth) -> Truth:
    """Yes and no change places, unknown stays unknown."""
    if truth is Truth.UNKNOWN:
        return truth
    return Truth.NO if truth is Truth.YES else Truth.YES


def all_of(truths: Iterable[Truth]) -> Truth:
    """No if one is no, else unknown if one is unknown, else yes. Nothing at all is yes."""
    result = Truth.YES
    for truth in truths:
        if truth is Truth.NO:
            return Truth.NO
        if truth is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Yes if one is yes, else unknown if one is unknown, else no. Nothing at all is no."""
    result = Truth.NO
    for truth in truths:
        if truth is Truth.YES:
            return Truth.YES
        if truth is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result
