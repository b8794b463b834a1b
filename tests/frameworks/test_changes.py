"""What changed in the law between two days: the amendment of 2026 as the worked example, and each kind by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from frameworks.catalogue_files import shipped_families
from frameworks.domain.catalogue import rows_known_on
from frameworks.domain.changes import FieldChange, Kind, compare_law, days_of, totals
from frameworks.domain.conditions import parse
from frameworks.domain.rows import Item, Route
from tests.frameworks.engine_cases import make_row

BEFORE, AFTER = date(2026, 7, 23), date(2026, 7, 28)
DAY, LATER = date(2026, 8, 2), date(2027, 12, 2)


def law(day):
    return rows_known_on([shipped_families()["eu-ai-act"]], day)


def changed():
    return {change.id.removeprefix("eu-ai-act."): change for change in compare_law(law(BEFORE), law(AFTER))}


def test_the_amendment_of_2026_adds_rewords_moves_and_repeals():
    found = changed()
    added = {ref for ref, change in found.items() if Kind.ADDED in change.kinds}
    assert added == {
        "art-4a-1-a-f", "art-4a-2", "art-5-1-ba", "art-5-1-bb", "art-75a-3-4", "art-75a-6", "art-75b", "art-75c-3"
    }  # fmt: skip
    assert {ref for ref, change in found.items() if Kind.REPEALED in change.kinds} == {"art-10-5"}
    assert Kind.REWORDED in found["art-4-1"].kinds
    assert found["art-26-1"].kinds == (Kind.MOVED,)
    assert found["art-26-1"].fields == (
        FieldChange("applies from", "2026-08-02 or 2027-08-02", "2027-12-02 or 2028-08-02"),
    )
    assert "art-50-1" not in found, "Art. 50 was not moved"


def test_a_day_that_is_disputed_since_or_bites_later_is_told():
    found = changed()
    (day,) = [field for field in found["art-49-2"].fields if field.name == "applies from"]
    assert (day.before, day.after) == ("2026-08-02", "2027-12-02 (disputed: 2026-08-02)")
    (day,) = [field for field in found["art-47-1"].fields if field.name == "applies from"]
    assert day.after == "2027-12-02 (by the letter 2026-08-02) or 2028-08-02 (by the letter 2026-08-02)"


def test_the_points_that_were_deleted_from_annex_viii_are_seen():
    (items,) = [field for field in changed()["art-49-2"].fields if field.name == "items"]
    assert items.before.startswith("9 items: Annex VIII B 1")
    assert items.after.startswith("7 items: Annex VIII B 1")


def test_the_totals_count_a_row_once_for_each_way_in_which_it_changed():
    found = totals(changed().values())
    assert (found[Kind.ADDED], found[Kind.REPEALED]) == (8, 1)
    assert found[Kind.MOVED] > 100
    assert sum(found.values()) > len(changed())


def test_nothing_changes_between_two_days_without_a_release():
    assert compare_law(law(AFTER), law(date(2026, 11, 26))) == []


BASE = make_row()


@pytest.mark.parametrize(
    ("over", "kind", "field"),
    [
        ({"title": "U"}, Kind.REWORDED, FieldChange("title", "T", "U")),
        ({"bearer": "provider"}, Kind.REWORDED, FieldChange("bearer", "", "provider")),
        (
            {"applies_when": parse({"fact": "f", "is": True})}, Kind.CONDITION,
            FieldChange("applies_when", "another condition", "another condition"),
        ),
        ({"owed_by": "entity"}, Kind.CONDITION, FieldChange("owed_by", "deployment", "entity")),
        ({"context": True}, Kind.CONDITION, FieldChange("context", "no", "yes")),
        ({"status": "pending"}, Kind.MOVED, FieldChange("status", "in_force", "pending")),
        (
            {"routes": (Route(legal_from=LATER, basis="Art. 9"),)}, Kind.MOVED,
            FieldChange("applies from", "2026-01-01", "2027-12-02"),
        ),
        (
            {"routes": (*BASE.routes, Route(transition="exempt", basis="Art. 111"))}, Kind.MOVED,
            FieldChange("transition rules", "none", "Art. 111"),
        ),
        ({"items": (Item("1(a)", "checklist", "x"),)}, Kind.OTHER, FieldChange("items", "no items", "1 item: 1(a)")),
        ({"actor_tasks": ("Procurement", "TEVV")}, Kind.OTHER, FieldChange("actor_tasks", "", "Procurement, TEVV")),
        ({"verification": "M"}, Kind.OTHER, FieldChange("verification", "P", "M")),
        ({"parent": "r.0"}, Kind.OTHER, FieldChange("parent", "", "r.0")),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_told_with_before_and_after(over, kind, field):
    (change,) = compare_law([BASE], [replace(BASE, **over)])
    assert (change.kinds, change.fields, change.row.id) == ((kind,), (field,), "r.1")


def test_another_wording_of_where_a_day_comes_from_is_no_change():
    other = replace(BASE, routes=(replace(BASE.routes[0], basis="Art. 9, first sentence"),))
    assert compare_law([BASE], [other]) == []


def test_a_row_without_ordinary_routes_has_no_day():
    assert days_of([]) == "no day"
    assert days_of([Route()]) == "no day"
