"""The algebra of relationships is exactly that of sets."""

from itertools import product

import pytest

from controls.domain.relations import Relationship, compose, determined, inverse, surely_overlaps

R = Relationship
SETS = range(1, 64)  # non-empty subsets of a six-element universe, as bit masks


def relation(a: int, b: int) -> Relationship:
    if a == b:
        return R.EQUAL
    if a & b == a:
        return R.SUBSET
    if a & b == b:
        return R.SUPERSET
    return R.INTERSECTS if a & b else R.NONE


def test_composition_is_the_brute_forced_table():
    found: dict[tuple[Relationship, Relationship], set[Relationship]] = {}
    for a, b in product(SETS, SETS):
        first = relation(a, b)
        for c in SETS:
            found.setdefault((first, relation(b, c)), set()).add(relation(a, c))
    assert found == {pair: set(compose(*pair)) for pair in product(R, R)}


def test_the_inverse_is_the_relationship_read_backwards():
    for a, b in product(SETS, SETS):
        assert inverse(relation(a, b)) is relation(b, a)


def test_composition_and_inverse_agree():
    for first, second in product(R, R):
        backwards = compose(inverse(second), inverse(first))
        assert {inverse(kind) for kind in compose(first, second)} == backwards


def test_only_a_single_possibility_is_determined():
    assert determined(R.SUBSET, R.SUBSET) is R.SUBSET
    assert determined(R.SUPERSET, R.SUBSET) is None
    assert determined(None, R.EQUAL) is None
    assert determined(R.EQUAL, None) is None


@pytest.mark.parametrize("legs", [(R.SUPERSET, R.SUBSET), (R.SUPERSET, R.INTERSECTS), (R.INTERSECTS, R.SUBSET)])
def test_some_legs_are_indeterminate_but_never_empty(legs):
    assert determined(*legs) is None
    assert surely_overlaps(*legs)


def test_untyped_or_open_legs_do_not_surely_overlap():
    assert not surely_overlaps(None, R.EQUAL)
    assert not surely_overlaps(R.INTERSECTS, R.INTERSECTS)


RANK = {R.EQUAL: 3, R.SUBSET: 2, R.SUPERSET: 2, R.INTERSECTS: 1, R.NONE: 0}
"""How much two elements have to do with each other, at the least that can be said."""


def test_a_derived_type_is_never_stronger_than_its_weakest_leg():
    derived = {legs: determined(*legs) for legs in product(R, R)}
    assert len(derived) == 25
    assert all(RANK[kind] <= min(RANK[first], RANK[second]) for (first, second), kind in derived.items() if kind)
    assert sum(kind is not None for kind in derived.values()) == 13
