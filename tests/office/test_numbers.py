"""A number in JSON is one number, whichever database keeps it."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import exceptions
from rest_framework.views import APIView

from controls.models import Control
from controls.services.controls import save_control
from governance.models import Answer
from governance.services import inventory
from governance.services.answers import answer_facts
from office.domain.chain import canonical
from office.domain.numbers import settled
from office.models import JournalEvent
from office.services.recording import recording
from office.services.verify import verify
from tests.makers import make_control

NUMBERS = [1e25, 1e16, 1e22, 1.7e308, -1e25, -0.0, 5.0, 0.1, 1e-07, 5e-324, 10**25]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def floats_in(value: object) -> list[float]:
    if isinstance(value, dict | list):
        return [one for inner in (value.values() if isinstance(value, dict) else value) for one in floats_in(inner)]
    return [value] if isinstance(value, float) else []


@given(JSON)
def test_no_whole_float_is_left_and_nothing_else_changes(value):
    found = settled(value)
    assert not [number for number in floats_in(found) if number.is_integer()]
    assert settled(found) == found
    assert json.loads(json.dumps(found), parse_int=float) == json.loads(json.dumps(value), parse_int=float)


def test_a_large_number_is_the_one_that_was_written():
    assert settled({"a": (1e25, -0.0, True)}) == {"a": [10**25, 0, True]}
    assert repr(settled(-0.0)) == "0"


@pytest.mark.django_db(transaction=True)
def test_the_journal_holds_whatever_numbers_are_written(office):
    made = make_control("C-1", settings={"eu": {"numbers": NUMBERS}})
    made.settings = {"hk": NUMBERS}
    save_control(control=made, actor=None)
    with recording(actor=None, reason="test") as pen:
        rows = list(Control.objects.all())
        rows[0].settings = {"cn": [1e30, *NUMBERS]}
        pen.change_many(rows, ("settings",))
    model = inventory.add_model(key="m-1", name="Model", actor=None)
    answer_facts(subject=model.scope, answers={"model.training_compute_flop": 1e25}, actor=None)
    assert Answer.objects.get().value == 10**25
    assert verify() == []
    for event in JournalEvent.objects.all():
        assert not [number for number in floats_in(json.loads(canonical(event.after or {}))) if number.is_integer()]


def parsed(body: str, number: object) -> dict:
    return APIView.parser_classes[0]().parse(io.BytesIO(body.replace("N", str(number)).encode()))


def test_answers_take_a_large_number_in_both_ways_of_writing_it():
    for written in ("1e25", "10000000000000000000000000"):
        assert parsed('{"answers": {"model.flop": [N]}}', written) == {"answers": {"model.flop": [10**25]}}
        assert parsed('{"flows": [{"volume": N}]}', written) == {"flows": [{"volume": 10**25}]}


@pytest.mark.parametrize(
    ("body", "number"), [('{"gap": N}', 10**25), ('{"gaps": [N]}', 10**25), ('{"answers": {"a": N}}', 10**309)]
)
def test_what_a_column_or_a_float_cannot_hold_is_refused(body, number):
    with pytest.raises(exceptions.ParseError, match="is too large a number"):
        parsed(body, number)


def test_a_field_sees_a_number_as_it_was_written():
    assert repr(parsed('{"position": N}', 5.0)["position"]) == "5.0"
