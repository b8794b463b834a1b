"""Text that a spreadsheet may take for a formula, by itself."""

import pytest

from office import spreadsheet
from office.domain.formulas import LIVE, disarmed


@pytest.mark.parametrize("sign", LIVE)
def test_text_that_begins_like_a_formula_stands_behind_an_apostrophe(sign):
    assert disarmed(f"{sign}1") == f"'{sign}1"


@pytest.mark.parametrize("text", ["", "1=1", "a-b", "内部审计", "'=1"])
def test_any_other_text_stays_as_it_is(text):
    assert disarmed(text) == text


def test_sheets_know_the_same_signs():
    assert spreadsheet.LIVE is LIVE
