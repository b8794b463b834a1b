"""A library is read whole or refused with every problem."""

import pytest

from controls.domain.library import LibraryError, read_controls, read_mappings
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
    assert "share most of their rationale" in problems(mappings, MAPPING, copied)[0]
    assert len(mappings(MAPPING, {**copied, "rationale": "Two words"})) == 2
