"""What changed between two wordings, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

KEPT, REMOVED, ADDED = "kept", "removed", "added"
WORDS_AT_MOST = 1000
"""Longer texts are shown as replaced whole: comparing takes time that grows with the square of their length."""
WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]\s*|[^\s\u3400-\u9fff\uf900-\ufaff]+\s*|\s+")
"""A word with the blanks after it; a Chinese character stands for itself."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row that share a fate: kept, removed or added."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The earlier wording with what went marked, and the later one with what came. Each gives its text letter by letter."""

    was: tuple[Piece, ...]
    stands: tuple[Piece, ...]


def compare(before: str, after: str) -> Compared:
    """Both wordings in pieces. Blanks alone make no difference."""
    old, new = WORD.findall(before), WORD.findall(after)
    if max(len(old), len(new)) > WORDS_AT_MOST and before != after:
        return Compared(_pieces([(REMOVED, old)]), _pieces([(ADDED, new)]))
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    steps = matcher.get_opcodes()
    return Compared(
        _pieces((KEPT if tag == "equal" else REMOVED, old[start:end]) for tag, start, end, _, _ in steps),
        _pieces((KEPT if tag == "equal" else ADDED, new[start:end]) for tag, _, _, start, end in steps),
    )


def _pieces(runs: Iterable[tuple[str, Sequence[str]]]) -> tuple[Piece, ...]:
    return tuple(Piece(kind, "".join(words)) for kind, words in runs if words)
