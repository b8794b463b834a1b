"""Two bounds: what is shown, and what is still possible."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.coverage import (
    AttestedSet,
    Bounds,
    ControlFact,
    Coverage,
    EvidenceFact,
    ImplementationFact,
    MappingFact,
    TestFact,
    days_after,
    last_test_on,
    minimum,
)
from controls.domain.relations import Relationship as R

ON = date(2026, 11, 25)
CHAIN = ("chatbot-hk", "hk-bank", "office")
PASSED = TestFact(ON - timedelta(days=10), passed=True)
VALID = EvidenceFact(ON - timedelta(days=10), None)


def make_control(**over):
    return ControlFact(**{"ref": "C-1", "specific": False, "evidence_required": True, "test_every_days": 90, **over})


def make_mapping(**over):
    fields = {"id": 1, "control": "C-1", "requirement": "r", "relationship": R.SUPERSET, "status": "approved"}
    return MappingFact(**{**fields, "text_current": True, **over})


def make_implementation(**over):
    fields = {"control": "C-1", "scope": "hk-bank", "state": "implemented", "evidence": (VALID,), "tests": (PASSED,)}
    return ImplementationFact(**{**fields, **over})


def cover(*, controls=None, mappings=None, implementations=None, attested=(), on=ON, chain=CHAIN):
    made = Coverage(
        controls=[make_control()] if controls is None else controls,
        mappings=[make_mapping()] if mappings is None else mappings,
        implementations=[make_implementation()] if implementations is None else implementations,
        attested=attested,
        on=on,
    )
    return made.cover("r", chain)


def bounds(**given):
    found = cover(**given)
    return found.lower, found.upper, found.partial


@pytest.mark.parametrize("days", [0, 1, 3660, 99_999_999, 2**63 - 1])
def test_no_day_lies_beyond_the_calendar(days):
    assert days_after(date.max, days) == date.max
    assert days_after(ON, days) == (ON + timedelta(days=days) if days < 10_000 else date.max)
    assert last_test_on((PASSED,), days, ON)[0] in ("passed", "overdue")


def test_approved_implemented_tested_and_evidenced_is_covered():
    assert bounds() == (1, 1, False)
    assert (
        "C-1 is implemented in hk-bank, tests and evidence in date; the mapping (superset) is approved."
        in cover().reasons
    )


NOT_SHOWN = [
    ({"mappings": [make_mapping(status="proposed")]}, "the mapping (superset) is proposed"),
    ({"mappings": [make_mapping(status="re_review")]}, "is re review"),
    ({"mappings": [make_mapping(text_current=False)]}, "approved against an earlier text"),
    ({"implementations": [make_implementation(tests=())]}, "it was never tested"),
    ({"implementations": [make_implementation(tests=(replace(PASSED, passed=False),))]}, "failed"),
    ({"implementations": [make_implementation(evidence=())]}, "it has no evidence"),
    ({"implementations": [make_implementation(state="partial")]}, "C-1 is partial in hk-bank"),
    ({"implementations": [make_implementation(state="planned")]}, "C-1 is planned in hk-bank"),
    ({"implementations": []}, "C-1 has no implementation here"),
    ({"controls": [make_control(specific=True)]}, "C-1 has no implementation of its own here"),
    ({"implementations": [make_implementation(scope="de-bank")]}, "C-1 has no implementation here"),
    ({"on": ON + timedelta(days=200)}, "overdue since 2027-02-13"),
    (
        {"implementations": [make_implementation(evidence=(replace(VALID, valid_until=ON - timedelta(days=1)),))]},
        "went out of date on 2026-11-24",
    ),
    (
        {"implementations": [make_implementation(evidence=(replace(VALID, valid_from=ON + timedelta(days=1)),))]},
        "it has no evidence",
    ),
    (
        {"implementations": [make_implementation(tests=(replace(PASSED, performed_on=ON + timedelta(days=1)),))]},
        "it was never tested",
    ),
]


@pytest.mark.parametrize(("given", "reason"), NOT_SHOWN, ids=[reason[:40] for _, reason in NOT_SHOWN])
def test_what_is_not_shown_is_only_possible_and_says_why(given, reason):
    found = cover(**given)
    assert (found.lower, found.upper) == (0, 1)
    assert any(reason in sentence for sentence in found.reasons)


@pytest.mark.parametrize("state", ["not_implemented", "not_applicable"])
def test_a_control_marked_out_is_not_even_possible(state):
    assert bounds(implementations=[make_implementation(state=state)]) == (0, 0, False)


@pytest.mark.parametrize("status", ["draft", "rejected"])
def test_drafts_and_rejections_count_for_nothing(status):
    assert bounds(mappings=[make_mapping(status=status)]) == (0, 0, False)


def test_an_unmapped_requirement_has_nothing():
    assert cover(mappings=[]) == Bounds(0, 0, False, ("No control is mapped to this requirement.",))


def test_the_nearest_scope_wins():
    near = make_implementation(scope="chatbot-hk", state="not_implemented")
    assert bounds(implementations=[make_implementation(), near]) == (0, 0, False)


def test_a_specific_control_counts_where_it_is_run():
    own = make_implementation(scope="chatbot-hk")
    assert bounds(controls=[make_control(specific=True)], implementations=[own]) == (1, 1, False)


def test_evidence_of_another_scope_is_no_evidence_here():
    frankfurt = make_implementation(scope="de-bank")
    here = make_implementation(evidence=())
    assert bounds(implementations=[here, frankfurt])[0] == 0


def test_a_control_that_asks_for_neither_test_nor_evidence_is_proved_by_its_state():
    bare = make_control(evidence_required=False, test_every_days=None)
    assert bounds(controls=[bare], implementations=[make_implementation(evidence=(), tests=())]) == (1, 1, False)


def test_the_last_test_counts_and_a_failure_of_the_same_day_wins():
    again = TestFact(PASSED.performed_on, passed=False)
    assert bounds(implementations=[make_implementation(tests=(PASSED, again))])[0] == 0
    later = TestFact(ON, passed=True)
    assert bounds(implementations=[make_implementation(tests=(again, later))])[0] == 1


def test_one_proved_part_is_partial_and_not_enough():
    assert bounds(mappings=[make_mapping(relationship=R.SUBSET)]) == (0, 0, True)


def test_two_parts_are_possible_together_but_proved_only_when_attested():
    parts = [make_mapping(relationship=R.SUBSET), make_mapping(id=2, relationship=R.INTERSECTS)]
    assert bounds(mappings=parts) == (0, 1, True)
    both = AttestedSet("r", "hk-bank", frozenset({1, 2}), current=True)
    assert bounds(mappings=parts, attested=[both]) == (1, 1, False)
    assert bounds(mappings=parts, attested=[replace(both, current=False)]) == (0, 1, True)
    assert bounds(mappings=parts, attested=[replace(both, scope="de-bank")]) == (0, 1, True)
    assert bounds(mappings=parts[:1], attested=[both]) == (0, 0, True)


@pytest.mark.parametrize("relationship", [R.NONE, None])
def test_a_set_with_a_mapping_that_holds_nothing_of_what_is_asked_does_not_suffice(relationship):
    parts = [make_mapping(relationship=R.SUBSET), make_mapping(id=2, relationship=relationship)]
    both = AttestedSet("r", "hk-bank", frozenset({1, 2}), current=True)
    found = cover(mappings=parts, attested=[both])
    assert (found.lower, found.partial) == (0, True)
    assert not any("attested" in reason for reason in found.reasons)
    assert bounds(mappings=[parts[0], make_mapping(id=2)], attested=[both]) == (1, 1, False)


def test_an_untyped_mapping_is_possible_and_never_proved():
    assert bounds(mappings=[make_mapping(relationship=None)]) == (0, 1, False)


def test_no_relationship_covers_nothing():
    assert bounds(mappings=[make_mapping(relationship=R.NONE)]) == (0, 0, False)


def test_over_several_subjects_the_worst_counts():
    good, part, bad = Bounds(1, 1, False, ("a",)), Bounds(0, 1, True, ("b",)), Bounds(0, 0, False, ("a",))
    assert minimum([good, part]) == Bounds(0, 1, True, ("a", "b"))
    assert minimum([good, bad]) == Bounds(0, 0, True, ("a",))
    assert minimum([good, good]).lower == 1
    assert minimum([]).reasons == ("Nobody owes this requirement.",)


# ---- laws

DAYS = st.integers(-300, 300).map(lambda n: ON + timedelta(days=n))
EVIDENCE = st.builds(EvidenceFact, DAYS, st.none() | DAYS)
TESTS = st.builds(TestFact, DAYS, st.booleans())
CONTROLS = st.lists(
    st.builds(ControlFact, st.sampled_from("ABC"), st.booleans(), st.booleans(), st.none() | st.integers(1, 300)),
    unique_by=lambda control: control.ref,
)
MAPPINGS = st.lists(
    st.builds(
        MappingFact,
        st.integers(1, 6),
        st.sampled_from("ABC"),
        st.just("r"),
        st.none() | st.sampled_from(list(R)),
        st.sampled_from(["draft", "proposed", "approved", "re_review", "rejected"]),
        st.booleans(),
    ),
    unique_by=lambda mapping: mapping.id,
)
IMPLEMENTATIONS = st.lists(
    st.builds(
        ImplementationFact,
        st.sampled_from("ABC"),
        st.sampled_from(CHAIN),
        st.sampled_from(["implemented", "partial", "planned", "not_implemented", "not_applicable"]),
        st.lists(EVIDENCE, max_size=2).map(tuple),
        st.lists(TESTS, max_size=2).map(tuple),
    ),
    unique_by=lambda row: (row.control, row.scope),
)
ATTESTED = st.lists(
    st.builds(AttestedSet, st.just("r"), st.sampled_from(CHAIN), st.frozensets(st.integers(1, 6)), st.booleans()),
    max_size=2,
)
OFFICES = st.fixed_dictionaries(
    {"controls": CONTROLS, "mappings": MAPPINGS, "implementations": IMPLEMENTATIONS, "attested": ATTESTED}
)


@given(OFFICES)
def test_the_lower_bound_never_exceeds_the_upper(office):
    found = cover(**office)
    assert 0 <= found.lower <= found.upper <= 1
    assert not (found.lower and found.partial)


@given(OFFICES, st.data())
def test_removing_evidence_never_raises_the_lower_bound(office, data):
    before = cover(**office).lower
    stripped = [
        replace(row, evidence=row.evidence[: data.draw(st.integers(0, 2))]) for row in office["implementations"]
    ]
    assert cover(**{**office, "implementations": stripped}).lower <= before


@given(OFFICES, st.data())
def test_approving_never_lowers_a_bound(office, data):
    before = cover(**office)
    approved = [
        replace(m, status="approved", text_current=True) if data.draw(st.booleans()) else m for m in office["mappings"]
    ]
    after = cover(**{**office, "mappings": approved})
    assert after.lower >= before.lower
    assert after.upper >= before.upper


@given(st.lists(st.builds(Bounds, st.integers(0, 1), st.just(1), st.booleans(), st.just(())), min_size=1), st.data())
def test_adding_a_subject_never_raises_the_minimum(rows, data):
    more = data.draw(st.sampled_from(rows))
    extra = replace(more, lower=data.draw(st.integers(0, 1)), upper=data.draw(st.integers(0, 1)))
    assert minimum([*rows, extra]).lower <= minimum(rows).lower
    assert minimum([*rows, extra]).upper <= minimum(rows).upper


def _known(day):
    """Evidence and tests that are known by a day, so that waiting can only let them run out."""
    return lambda row: replace(
        row,
        evidence=tuple(one for one in row.evidence if one.valid_from <= day),
        tests=tuple(one for one in row.tests if one.performed_on <= day),
    )


@given(OFFICES, st.integers(0, 600))
def test_letting_evidence_and_tests_run_out_never_raises_the_lower_bound(office, days):
    known = {**office, "implementations": list(map(_known(ON), office["implementations"]))}
    assert cover(**known, on=ON + timedelta(days=days)).lower <= cover(**known).lower


@given(OFFICES, st.data())
def test_evidence_that_ends_earlier_never_raises_the_lower_bound(office, data):
    before = cover(**office).lower
    ends = st.just(ON - timedelta(days=1))
    cut = [
        replace(
            row,
            evidence=tuple(
                replace(one, valid_until=data.draw(st.just(one.valid_until) | ends)) for one in row.evidence
            ),
        )
        for row in office["implementations"]
    ]
    assert cover(**{**office, "implementations": cut}).lower <= before
