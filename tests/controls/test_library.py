"""A library is read whole or refused with every problem."""

import pytest

from controls.domain.library import (
    LibraryError,
    read_controls,
    read_crosswalk,
    read_mappings,
    read_reasons,
    refuse_likeness,
)
from controls.domain.relations import Relationship

CONTROL = {
    "ref": "C-1", "title": "T", "theme": "data", "objective": "O", "guidance": "G", "evidence": "E",
    "test_procedure": "P", "cadence": "yearly", "test_every_days": 365, "evidence_required": True,
}  # fmt: skip
MAPPING = {
    "control": "C-1", "requirement": "r.1", "relationship": "superset", "rationale_type": "semantic", "strength": 7,
    "rationale": "The register of the control holds every item that the rule lists.",
}  # fmt: skip


def mappings(*rows):
    return read_mappings(rows, controls={"C-1", "C-2"}, requirements={"r.1", "r.2"})


def problems(call, *args):
    with pytest.raises(LibraryError) as caught:
        call(*args)
    return caught.value.problems


def test_a_control_that_is_never_tested_says_no_days():
    assert [row.test_every_days for row in read_controls([{**CONTROL, "test_every_days": None}])] == [None]


def test_a_good_library_is_read():
    (control,) = read_controls([CONTROL])
    assert (control.ref, control.test_every_days, control.specific, control.settings) == ("C-1", 365, False, {})
    (mapping,) = mappings(MAPPING)
    assert (mapping.relationship, mapping.strength) == (Relationship.SUPERSET, 7)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([CONTROL, CONTROL], "stands 2 times"),
        ([{**CONTROL, "objective": ""}], "Control “C-1” has no objective."),
        ([{**CONTROL, "theme": "magic"}], "theme “magic” is not one of governance"),
        ([{**CONTROL, "test_every_days": 0}], "test_every_days 0 is not a whole number from 1 to 3660"),
        ([{**CONTROL, "test_every_days": 99999999}], "test_every_days 99999999 is not a whole number"),
        ([{**CONTROL, "test_every_days": True}], "test_every_days True is not a whole number"),
        ([{**CONTROL, "test_every_days": "yearly"}], "test_every_days 'yearly' is not a whole number"),
    ],
)
def test_a_bad_control_is_named(rows, sentence):
    assert sentence in problems(read_controls, rows)[0]


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"control": "C-11"}, 'there is no control “C-11”. Did you mean "C-1"?'),
        ({"requirement": "zzz"}, "there is no requirement “zzz”"),
        ({"relationship": "covers"}, "is not one of equal, subset"),
        ({"rationale_type": "magic"}, "is not one of syntactic"),
        ({"strength": 11}, "is not a whole number from 0 to 10"),
        ({"strength": True}, "is not a whole number from 0 to 10"),
        ({"strength": None}, "is not a whole number from 0 to 10"),
        ({"rationale": " "}, "the rationale is empty"),
    ],
)
def test_a_bad_mapping_is_named_with_what_is_allowed(over, sentence):
    assert sentence in problems(mappings, {**MAPPING, **over})[0]


def test_a_pair_stands_once():
    assert (
        "stands twice" in problems(mappings, MAPPING, {**MAPPING, "rationale": "Something else is said here now."})[0]
    )


def test_a_rationale_must_fit_its_own_pair():
    copied = {**MAPPING, "requirement": "r.2", "rationale": MAPPING["rationale"]}
    assert "share most of their rationale" in problems(refuse_likeness, mappings(MAPPING, copied))[0]
    refuse_likeness(mappings(MAPPING, {**copied, "rationale": "Two words"}))


def test_a_rationale_of_a_crosswalk_row_is_held_against_those_of_controls_too():
    (row,) = crosswalk({**ROW, "rationale": MAPPING["rationale"]})
    told = problems(refuse_likeness, [*mappings(MAPPING), row])
    assert told == ["Mappings C-1 → r.1 and r.1 → r.2 share most of their rationale; each must fit its own pair."]


def test_an_intersects_says_what_stays_outside():
    vague = {**MAPPING, "relationship": "intersects", "rationale": "Both deal with registers."}
    assert "an “intersects” says what stays “outside”" in problems(mappings, vague)[0]
    assert mappings({**vague, "rationale": "Both deal with registers; who reads them stays outside."})


ROW = {
    "focal": "r.1", "reference": "r.2", "relationship": "subset", "rationale_type": "semantic", "strength": 5,
    "rationale": "The register is one of the means that the outcome names; the other means are left over.",
}  # fmt: skip


def crosswalk(*rows):
    return read_crosswalk(rows, requirements={"r.1", "r.2"})


def test_a_crosswalk_row_is_read_with_its_source():
    (row,) = crosswalk({**ROW, "source": "dual-compliance table, C01"})
    assert (row.focal, row.reference, row.source) == ("r.1", "r.2", "dual-compliance table, C01")
    assert crosswalk(ROW)[0].source == ""


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"reference": "r.1"}, "nothing is mapped to itself"),
        ({"focal": "r.9"}, "there is no requirement “r.9”"),
        ({"relationship": None}, "relationship “None” is not one of"),
    ],
)
def test_a_bad_crosswalk_row_is_named(over, sentence):
    assert sentence in problems(crosswalk, {**ROW, **over})[0]


def reasons(*rows):
    return read_reasons(rows, requirements={"r.1", "r.2"}, mapped={"r.2"})


def test_a_reason_why_no_control_fits_is_read():
    assert reasons({"requirement": "r.1", "reason": "It asks\n nothing."})[0].reason == "It asks nothing."


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"requirement": "r.2", "reason": "Why"}], "is mapped to a control, so that one fits"),
        ([{"requirement": "r.3", "reason": "Why"}], "there is no requirement “r.3”"),
        ([{"requirement": "r.1", "reason": " "}], "the reason is empty"),
        ([{"requirement": "r.1", "reason": "Why"}] * 2, "stands twice"),
    ],
)
def test_a_bad_reason_is_named(rows, sentence):
    assert any(sentence in told for told in problems(reasons, *rows))
