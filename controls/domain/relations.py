"""Set-theory relationships between two texts (NIST IR 8477), their inverse and their composition.

Always read from the first element to the second: `subset` means that the first is part of the second.
"""

from __future__ import annotations

import enum


class Relationship(enum.StrEnum):
    """The relationship types of set theory relationship mapping, NIST IR 8477 section 4.3."""

    EQUAL = "equal"
    SUBSET = "subset"
    SUPERSET = "superset"
    INTERSECTS = "intersects"
    NONE = "no_relationship"


E, SUB, SUP, X, N = Relationship
ANY = frozenset(Relationship)
FULL = frozenset({E, SUP})
"""Read control → requirement: the control holds all that is asked."""
PART = frozenset({SUB, X})
"""Read control → requirement: the control holds some of what is asked."""
HOLDS = FULL | PART
"""Read control → requirement: the control holds something of what is asked."""

_INVERSE = {E: E, SUB: SUP, SUP: SUB, X: X, N: N}

_COMPOSED: dict[tuple[Relationship, Relationship], frozenset[Relationship]] = {
    **{(E, second): frozenset({second}) for second in Relationship},
    (SUB, E): frozenset({SUB}),
    (SUB, SUB): frozenset({SUB}),
    (SUB, SUP): ANY,
    (SUB, X): frozenset({SUB, X, N}),
    (SUB, N): frozenset({N}),
    (SUP, E): frozenset({SUP}),
    (SUP, SUB): frozenset({E, SUB, SUP, X}),
    (SUP, SUP): frozenset({SUP}),
    (SUP, X): frozenset({SUP, X}),
    (SUP, N): frozenset({SUP, X, N}),
    (X, E): frozenset({X}),
    (X, SUB): frozenset({SUB, X}),
    (X, SUP): frozenset({SUP, X, N}),
    (X, X): ANY,
    (X, N): frozenset({SUP, X, N}),
    (N, E): frozenset({N}),
    (N, SUB): frozenset({SUB, X, N}),
    (N, SUP): frozenset({N}),
    (N, X): frozenset({SUB, X, N}),
    (N, N): ANY,
}


def inverse(relationship: Relationship) -> Relationship:
    """The same relationship read from the second element to the first."""
    return _INVERSE[relationship]


def compose(first: Relationship, second: Relationship) -> frozenset[Relationship]:
    """Every relationship still possible between focal and reference, given focal → middle and middle → reference.

    The table of RCC-5 over non-empty sets; total, so that nothing is ever guessed.
    """
    return _COMPOSED[first, second]


def determined(first: Relationship | None, second: Relationship | None) -> Relationship | None:
    """The one composed relationship that the two legs determine, or None: untyped legs determine nothing."""
    if first is None or second is None:
        return None
    possible = compose(first, second)
    return next(iter(possible)) if len(possible) == 1 else None


def surely_overlaps(first: Relationship | None, second: Relationship | None) -> bool:
    """Whether the legs leave the type open but rule out that there is nothing in common."""
    return first is not None and second is not None and N not in compose(first, second)
