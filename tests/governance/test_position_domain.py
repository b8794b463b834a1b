"""The office's position by arithmetic alone: who owes what, roll-ups, decisions, both bounds, what comes next."""

from datetime import date

import pytest

from controls.domain.coverage import ControlFact, Coverage, EvidenceFact, ImplementationFact, MappingFact, TestFact
from controls.domain.relations import Relationship
from frameworks.domain.conditions import parse
from frameworks.domain.rows import Route, Row
from frameworks.vocabulary_files import shipped_vocabulary
from governance.domain.portfolio import merge
from governance.domain.position import Case, Decided, Demands, Share, share, stand, upcoming

ON = date(2026, 11, 25)
LATER = date(2027, 12, 2)
IN_EU = {"fact": "use_case.markets", "includes": "eu"}


def make_row(ref: str, owed_by: str = "deployment", when: object = IN_EU, day: date = date(2025, 1, 1), **over) -> Row:
    fields = {
        "id": ref, "family": "law", "instrument": "I", "citation": f"Art. {ref}", "title": ref, "summary": ref,
        "parent": None, "position": 1, "bearer": "all", "owed_by": owed_by, "applies_when": parse(when),
        "force": "LAW", "supervised": False, "status": "in_force", "heading": False, "context": False, "one_of": "",
        "evidence": "", "cadence": "", "penalty": "", "penalty_tier": "fine", "source": "s", "verification": "P",
        "texts": (), "routes": (Route(legal_from=day),), "known_from": None,
    }  # fmt: skip
    return Row(**{**fields, **over})


def make_case(key: str, markets: object = ("eu",), entity: str = "bank", models: tuple[str, ...] = ()) -> Case:
    facts = {"use_case.markets": list(markets)} if markets else {}
    return Case(key, "office", entity, models, merge([(key, facts)]))


def make_coverage(*controls: tuple[str, str]) -> Coverage:
    """Each (requirement, scope) is covered in full and proved there."""
    return Coverage(
        controls=[ControlFact(ref, False, True, 365) for ref, _ in controls],
        mappings=[
            MappingFact(at, ref, ref, Relationship.EQUAL, "approved", True) for at, (ref, _) in enumerate(controls)
        ],
        implementations=[
            ImplementationFact(ref, scope, "implemented", (EvidenceFact(ON, None),), (TestFact(ON, True),))
            for ref, scope in controls
        ],
        on=ON,
    )


CHAINS = {
    "office": ("office",),
    "bank": ("bank", "office"),
    "broker": ("broker", "office"),
    "a": ("a", "bank", "office"),
    "b": ("b", "broker", "office"),
    "m": ("m", "office"),
}


def position(rows, cases, *, decided=(), adopted=lambda subject, family: True, coverage=None):
    demands = Demands(
        vocabulary=shipped_vocabulary(), rows=rows, cases=cases, chains=CHAINS, decided=decided, adopted=adopted, on=ON,
        known_on=ON,
    )  # fmt: skip
    return stand(demands=demands, coverage=coverage or make_coverage())


def statuses(found):
    return {(line.subject, line.requirement): line.verdict.status for line in found.lines}


@pytest.mark.parametrize(
    ("level", "subjects"),
    [("deployment", {"a", "b"}), ("entity", {"bank", "broker"}), ("office", {"office"}), ("model", {"m"})],
)
def test_a_requirement_is_owed_once_at_its_level(level, subjects):
    cases = [make_case("a", models=("m",)), make_case("b", entity="broker", models=("m",))]
    found = position([make_row("1", level)], cases)
    assert statuses(found) == {(subject, "1"): "applies" for subject in subjects}


def test_what_applies_in_one_deployment_applies_above_it_and_the_rest_stays_out():
    cases = [make_case("a"), make_case("b", markets=("hk",), entity="broker")]
    found = position([make_row("1", "entity"), make_row("2", "office"), make_row("3")], cases)
    assert statuses(found) == {("bank", "1"): "applies", ("office", "2"): "applies", ("a", "3"): "applies"}


def test_an_unknown_fact_makes_it_may_apply_with_the_fact_named():
    found = position([make_row("1")], [make_case("a", markets=())])
    (line,) = found.lines
    assert (line.verdict.status, found.reasons(line).missing) == ("may_apply", ("use_case.markets",))
    assert found.hanging() == {"a": 1}


def test_headings_and_context_are_owed_by_nobody():
    rows = [make_row("1", "", heading=True), make_row("2", "", context=True)]
    assert position(rows, [make_case("a")]).lines == ()


def test_a_decision_about_a_deployment_counts_before_the_roll_up():
    word = Decided("a", "1", "not_applicable", "Decided by Ada: not here.")
    found = position([make_row("1", "entity"), make_row("2")], [make_case("a")], decided=[word])
    assert statuses(found) == {("a", "2"): "applies"}


def test_a_decision_about_a_level_above_counts_after_the_roll_up_and_says_so():
    word = Decided("office", "1", "applies", "Decided by Ada: we take the strict reading.")
    found = position([make_row("1", "office")], [make_case("a", markets=("hk",))], decided=[word])
    (line,) = found.lines
    assert line.verdict.status == "applies"
    assert found.reasons(line).because[0] == "Decided by Ada: we take the strict reading."
    assert found.reasons(line).missing == ()


def test_a_decision_about_a_deployment_speaks_in_front_of_the_engines_reasons():
    word = Decided("a", "1", "applies", "Decided by Ada: yes.")
    found = position([make_row("1")], [make_case("a", markets=())], decided=[word])
    (line,) = found.lines
    assert found.reasons(line).because[:2] == (
        "Decided by Ada: yes.", "May apply: the facts given do not decide its condition."
    )  # fmt: skip
    assert (line.verdict.status, found.reasons(line).missing) == ("applies", ())


def test_the_reasons_above_are_those_of_the_deployments_that_bring_it_about():
    cases = [make_case("a"), make_case("b", markets=("hk",), entity="broker")]
    found = position([make_row("1", "office")], cases)
    (line,) = found.lines
    assert found.reasons(line).because[0] == "Applies: its condition is met."
    assert not any("not met" in reason for reason in found.reasons(line).because)


def test_of_very_many_deployments_the_first_speak_for_the_rest():
    found = position([make_row("1", "office")], [make_case(f"d{number}") for number in range(23)])
    (line,) = found.lines
    assert found.reasons(line).because[-1] == "3 more deployments bring it about too."


def test_a_deployment_is_shown_what_is_owed_above_because_of_it_alone():
    rows = [make_row("1", "office"), make_row("2", "office", {"fact": "use_case.markets", "includes": "hk"})]
    found = position(rows, [make_case("a"), make_case("b", markets=("hk",), entity="broker")])
    assert [line.requirement for line in found.of_deployment("a")] == ["1"]
    assert [line.requirement for line in found.of_deployment("b")] == ["2"]
    assert [line.requirement for line in found.of_subject("office")] == ["1", "2"]


def test_over_several_subjects_a_requirement_counts_as_where_it_is_covered_worst():
    cases = [make_case("a"), make_case("b", entity="broker")]
    one = position([make_row("1")], cases, coverage=make_coverage(("1", "a")))
    assert share(one.lines) == Share(lower=0, upper=1, applies=1, may_apply=0)
    both = position([make_row("1")], cases, coverage=make_coverage(("1", "office")))
    assert share(both.lines) == Share(lower=1, upper=1, applies=1, may_apply=0)


def test_what_may_apply_is_counted_beside_and_a_family_that_is_not_followed_is_left_out():
    cases = [make_case("a"), make_case("b", markets=(), entity="broker")]
    found = position([make_row("1"), make_row("2", when={"fact": "use_case.markets", "includes": "hk"})], cases)
    assert share(found.lines) == Share(lower=0, upper=0, applies=1, may_apply=1)
    foreign = position([make_row("1")], cases, adopted=lambda subject, family: False)
    assert share(foreign.lines) == Share(0, 0, 0, 0)
    assert upcoming(foreign.lines, ON) == []


def test_what_comes_next_stands_in_the_order_of_the_days():
    rows = [make_row("1", day=LATER), make_row("2", day=date(2027, 1, 1)), make_row("3"), make_row("4", day=LATER)]
    found = upcoming(position(rows, [make_case("a")]).lines, ON)
    assert [(day, family, [line.requirement for line in lines]) for day, family, lines in found] == [
        (date(2027, 1, 1), "law", ["2"]),
        (LATER, "law", ["1", "4"]),
    ]


def test_assessments_are_worked_out_when_they_are_looked_at_and_know_their_deployments():
    found = position([make_row("1")], [make_case("a"), make_case("b")])
    assert (list(found.assessments), len(found.assessments)) == (["a", "b"], 2)
    assert found.assessments["a"] is found.assessments["a"]
