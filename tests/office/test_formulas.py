"""Text that a spreadsheet may take for a formula, by itself."""

import csv

import pytest

from office.domain.formulas import LIVE, disarmed
from office.spreadsheet import Sheet, write_csv


@pytest.mark.parametrize("sign", LIVE)
def test_text_that_begins_like_a_formula_stands_behind_an_apostrophe(sign):
    assert disarmed(f"{sign}1") == f"'{sign}1"


@pytest.mark.parametrize("text", ["", "1=1", "a-b", "内部审计", "'=1"])
def test_any_other_text_stays_as_it_is(text):
    assert disarmed(text) == text


@pytest.mark.parametrize("sign", LIVE)
def test_a_csv_disarms_each_of_them_in_headings_and_cells(sign, tmp_path):
    target = tmp_path / "a.csv"
    write_csv(target, Sheet("S", [(f"{sign}h", 9)], [[f"{sign}1"]]))
    with target.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [[f"'{sign}h"], [f"'{sign}1"]]
