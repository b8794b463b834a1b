"""Pairs as a reader finds them, each said once and in one direction."""

from __future__ import annotations

from frameworks.domain.libraries import MappingPair, Problems, shown

Key = tuple[tuple[str, str], tuple[str, str]]


class Gathered:
    """Keeps the first of equal pairs; what says something else of the same two, or the same backwards, is a problem.

    `where` is the place of a pair as a sentence begins, such as “Sheet “STRM”, row 5, columns …”.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.again = 0
        self._first: dict[Key, tuple[str, MappingPair]] = {}

    def keep(self, pair: MappingPair, frameworks: tuple[str, str], where: str) -> bool:
        """Whether the pair is new. `frameworks` are those of its two ends."""
        source, target = (frameworks[0], _plain(pair.source)), (frameworks[1], _plain(pair.target))
        names = f"“{shown(pair.source)}” → “{shown(pair.target)}”"
        backwards = self._first.get((target, source))
        if backwards is not None:
            told = f"{names} says backwards what {_lower(backwards[0])} says. Leave one of the two out."
            self.problems.add(f"{where}: {told}")
            return False
        first, earlier = self._first.setdefault((source, target), (where, pair))
        if earlier is pair:
            return True
        if (earlier.said, earlier.comments) != (pair.said, pair.comments):
            told = f"{names} stands twice and says something else in {_lower(first)}. Keep one of the two."
            self.problems.add(f"{where}: {told}")
        self.again += 1
        return False

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"{self.again} repeated pairs are left out.",) if self.again else ()


def _plain(ident: str) -> str:
    return " ".join(ident.casefold().split())


def _lower(where: str) -> str:
    return where[:1].lower() + where[1:]
