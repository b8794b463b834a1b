"""The cells of a crosswalk row as they come back: what they mean, what they hash to, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from controls.choices import MappingStatus, RationaleType, RelationshipType
from controls.domain.crosswalk import CrosswalkRow, row_digest
from controls.models import RequirementMapping
from governance.workbook.sheets import UNTYPED
from governance.workbook.texts import plain
from office.columns import ChoiceWidget, NumberWidget
from office.services.constraints import broken
from office.spreadsheet import cut
from office.tables import text_of

Line = Mapping[str, str]
"""Column → text of one row of the sheet."""
CONTENT = {
    "relationship": "relationship",
    "rationale type": "rationale_type",
    "rationale text": "rationale",
    "strength 0-10": "strength",
    "source citation": "source",
}
"""Column → field whose change proposes a row anew."""
EDITABLE = (*CONTENT, "status", "comments")
OWN = (
    "row id", "focal element", "reference element", "relationship", "rationale type", "rationale text", "strength 0-10",
    "status", "author", "reviewer", "reviewed on", "derived from", "source citation", "comments",
)  # fmt: skip
"""The columns that make up a row, in the order of its hash."""
TEXTS = (("focal title", "focal text", "focal version"), ("reference title", "reference text", "reference version"))


def key_of(line: Line) -> tuple[str, ...]:
    """What a row is about."""
    ends = (line["focal element"], line["reference element"])
    return (line["row id"],) if line["row id"] else ends


def cells_of_row(row: CrosswalkRow) -> dict[str, str]:
    """A row in the columns of OWN, as their texts come back; persons by reference alone."""
    told = (
        row.id, row.focal, row.reference, row.relationship, row.rationale_type, row.rationale, text_of(row.strength),
        row.status.replace("_", "-"), row.author, row.reviewer, row.reviewed_on, row.derived_from, row.source, row.comments,
    )  # fmt: skip
    return {name: plain(text) for name, text in zip(OWN, told, strict=True)}


_relationships, _statuses = ChoiceWidget(RelationshipType), ChoiceWidget(MappingStatus)
READ: Mapping[str, Callable[[str], Any]] = {
    "relationship": lambda text: "" if text == UNTYPED else _relationships.clean(text),
    "rationale type": ChoiceWidget(RationaleType).clean,
    "strength 0-10": NumberWidget().clean,
    "status": lambda text: _statuses.clean(text.replace("-", "_").replace(" ", "_")),
}
SHOWN: Mapping[str, Callable[[Any], str]] = {
    "relationship": lambda word: word or UNTYPED,
    "status": lambda word: word.replace("_", "-"),
}
"""Column → how a value of it is written, where that is not its text."""


def own_cells(line: Line) -> dict[str, str]:
    """The columns of OWN as the file has them, in the words of the office where only the writing differs."""
    told = {name: plain(line[name]) for name in OWN}
    for name in ("author", "reviewer"):
        told[name] = told[name].split(" ", 1)[0]
    for name in READ:
        value, wrong = _read(name, told[name].lower())
        told[name] = value if wrong else SHOWN.get(name, text_of)(value)
    return told


def uncut(brought: Line, *states: Line) -> dict[str, str]:
    """What came back, where a text that was cut on its way out stands for the whole one of the first state that has it."""
    return {
        name: next((state[name] for state in states if text == cut(state[name])), text)
        for name, text in brought.items()
    }


def _read(column: str, text: str) -> tuple[Any, str]:
    """The value of a cell and nothing, or its text and why it cannot be read."""
    try:
        return READ.get(column, str)(text), ""
    except ValueError as error:
        return text, f"Column “{column}”: {error}."


def hash_of(line: Line) -> str:
    """The hash that the cells of a row give; what cannot be read gives one that no row of the office has."""
    told: dict[str, Any] = {name: cut(text) for name, text in own_cells(line).items()}
    told["strength 0-10"], _ = _read("strength 0-10", told["strength 0-10"])
    told["status"] = told["status"].replace("-", "_")
    return row_digest([told[name] for name in OWN])


def values_of(cells: Line) -> tuple[dict[str, Any], list[str]]:
    """Field → value, and a sentence for each cell that cannot be read."""
    read = {column: _read(column, text) for column, text in cells.items()}
    values = {CONTENT.get(column, column): value for column, (value, wrong) in read.items() if not wrong}
    return values, [wrong for _, wrong in read.values() if wrong]


LOOKED_UP = ["proposed_at", *(field.name for field in RequirementMapping._meta.concrete_fields if field.is_relation)]


def problems_of(row: RequirementMapping) -> list[str]:
    """What the model says of a row. What it points to was read from the office, so that nothing is asked for again."""
    names = {name: column for column, name in CONTENT.items()}
    try:
        row.clean_fields(exclude=LOOKED_UP)
    except ValidationError as error:
        return [f"Column “{names.get(name, name)}”: {' '.join(told)}" for name, told in error.message_dict.items()]
    return broken(row)
