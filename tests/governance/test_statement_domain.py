"""The statement of applicability by arithmetic alone: every requirement stands in it, each with why."""

from datetime import date

import pytest

from controls.domain.coverage import Bounds
from governance.domain.position import Decided
from governance.domain.statement import NO_MODEL, chain_of, entries, shown, still_possible
from tests.governance.test_position_domain import IN_EU, make_case, make_row, position

IN_US = {"fact": "use_case.markets", "includes": "us"}
ROWS = [
    make_row("1"),
    make_row("2", when=IN_US),
    make_row("3", "entity"),
    make_row("4", "model"),
    make_row("5", heading=True),
    make_row("6", context=True),
    make_row("7", owed_by=""),
]


def told(found, key="a"):
    return {(entry.row.id, entry.line.subject if entry.line else ""): entry.status for entry in entries(found, key)}


def because(found, ref, key="a"):
    return next(entry.because for entry in entries(found, key) if entry.row.id == ref)


def test_every_requirement_that_can_be_owed_stands_there_once_and_headings_and_context_do_not():
    found = position(ROWS, [make_case("a", models=("m",))])
    assert told(found) == {
        ("1", "a"): "applies", ("2", ""): "not_applicable", ("3", "bank"): "applies", ("4", "m"): "applies"
    }  # fmt: skip


def test_what_does_not_apply_says_what_decides_it_and_has_no_day():
    found = position(ROWS, [make_case("a")])
    entry = next(entry for entry in entries(found, "a") if entry.row.id == "2")
    assert (entry.line, entry.applies_from, entry.timing) == (None, None, "")
    assert entry.because[0] == "Does not apply: its condition is not met."
    assert len(entry.because) > 1, "the fact that decides it is named"


@pytest.mark.parametrize(("markets", "status"), [(("eu",), "applies"), ((), "may_apply")])
def test_a_duty_of_a_model_that_nobody_named_is_not_left_out(markets, status):
    found = position(ROWS, [make_case("a", markets)])
    entry = next(entry for entry in entries(found, "a") if entry.row.id == "4")
    assert (entry.status, entry.line, entry.because[-1]) == (status, None, NO_MODEL)
    assert entry.applies_from == date(2025, 1, 1)
    assert ("use_case.markets" in entry.missing) is (status == "may_apply")


def test_two_models_that_owe_it_give_two_entries():
    found = position([make_row("4", "model")], [make_case("a", models=("m", "b"))])
    assert told(found) == {("4", "m"): "applies", ("4", "b"): "applies"}


@pytest.mark.parametrize(("subject", "ref"), [("a", "1"), ("bank", "3")])
def test_a_persons_word_that_it_does_not_apply_comes_first_and_what_the_facts_say_stays(subject, ref):
    word = Decided(subject, ref, "not_applicable", "Decided by Ann: no.")
    found = position(ROWS, [make_case("a")], decided=[word])
    assert told(found)[ref, ""] == "not_applicable"
    assert because(found, ref) == ("Decided by Ann: no.", "The facts alone say: Applies: its condition is met.")


def test_a_word_that_it_applies_above_is_told_where_this_deployment_does_not_bring_it_about():
    word = Decided("bank", "3", "applies", "Decided by Ann: yes.")
    found = position([make_row("3", "entity", IN_EU)], [make_case("a", ("us",))], decided=[word])
    assert told(found) == {("3", ""): "not_applicable"}
    assert because(found, "3")[-1] == "Decided by Ann: yes."


def test_a_word_that_it_does_not_apply_needs_no_contradiction_from_the_facts():
    word = Decided("a", "2", "not_applicable", "Decided by Ann: no.")
    reasons = because(position(ROWS, [make_case("a")], decided=[word]), "2")
    assert reasons[:2] == ("Decided by Ann: no.", "Does not apply: its condition is not met.")


@pytest.mark.parametrize(
    ("models", "subject", "level", "chain"),
    [
        ((), "a", "deployment", ("a", "bank", "office")),
        (("m",), "a", "deployment", ("a", "m", "bank", "office")),
        (("m", "n"), "a", "deployment", ("a", "bank", "office")),
        (("m",), "bank", "entity", ("bank", "office")),
        (("m",), "m", "model", ("m", "office")),
        (("m",), "office", "office", ("office",)),
    ],
)
def test_the_chain_goes_from_the_subject_up_to_the_office(models, subject, level, chain):
    assert chain_of(make_case("a", models=models), subject, level) == chain


@pytest.mark.parametrize(
    ("lower", "upper", "partial", "words"),
    [(1, 1, False, ("yes", "yes")), (0, 1, True, ("partial", "yes")), (0, 1, False, ("no", "yes")), (0, 0, False, ("no", "no"))],
)  # fmt: skip
def test_both_bounds_are_words(lower, upper, partial, words):
    bounds = Bounds(lower, upper, partial, ())
    assert (shown(bounds), still_possible(bounds)) == words
