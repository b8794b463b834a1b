"""Rendering is the inverse of parsing, for every shipped condition and route and for generated ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameworks.catalogue_files import shipped_families
from frameworks.domain.conditions import parse
from frameworks.domain.rendering import content_of, digest_of, route_from_raw, route_to_raw, to_raw
from frameworks.vocabulary_files import shipped_vocabulary
from tests.frameworks.engine_cases import make_row

WORDS = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(
    st.builds(lambda v: {"fact": "f", "is": v}, st.booleans() | WORDS),
    st.builds(lambda v: {"fact": "f", "in": v}, st.lists(WORDS, min_size=1)),
    st.builds(lambda v: {"fact": "f", "includes": v}, WORDS),
    st.builds(lambda v: {"fact": "f", "includes_any": v}, st.lists(WORDS, min_size=2)),
    st.builds(lambda v: {"fact": "f", "at_least": v}, st.integers() | st.dates().map(str)),
    st.builds(lambda v: {"fact": "f", "less_than": v}, st.integers() | st.dates().map(str)),
    st.builds(lambda v: {"fact": "f", "before": v}, st.dates().map(str)),
    st.builds(lambda v: {"derived": v}, WORDS),
    st.builds(lambda v: {"outcome": {"of": "d", "includes": v}}, WORDS),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda v: {"all": v}, st.lists(inner, max_size=3)),
        st.builds(lambda v: {"any": v}, st.lists(inner, max_size=3)),
        st.builds(lambda v: {"not": v}, inner),
    ),
)


@given(TREES)
def test_any_condition_survives_rendering(raw):
    assert to_raw(parse(raw)) == raw


def test_every_shipped_condition_and_route_survives_rendering():
    rows = [row for family in shipped_families().values() for row in family.versions]
    assert len(rows) > 638
    for row in rows:
        assert parse(to_raw(row.applies_when)) == row.applies_when
        assert tuple(route_from_raw(route_to_raw(route)) for route in row.routes) == row.routes
    for derived in shipped_vocabulary().derived.values():
        assert parse(to_raw(derived.when)) == derived.when


def test_what_is_no_condition_is_refused():
    with pytest.raises(TypeError, match="is not a condition"):
        to_raw("x")


def test_the_digest_sees_content_and_not_the_place():
    row = make_row()
    assert digest_of(row) == digest_of(make_row(position=99))
    assert digest_of(row) != digest_of(make_row(title="Other"))
    assert content_of(row)["routes"] == [{"legal_from": "2026-01-01", "basis": "Art. 9"}]
