"""The cells of a crosswalk row as they come back: what they mean, what they hash to, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from controls.choices import MappingStatus, RationaleType, RelationshipType
from controls.domain.crosswalk import CrosswalkRow
from controls.models import RequirementMapping
from governance.workbook.sheets import UNTYPED
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


def plain(text: str) -> str:
    """A stored text as it comes back from a cell."""
    return text_of(cut(text))


def cells_of_row(row: CrosswalkRow) -> dict[str, str]:
    """A row in the columns of OWN, as their texts come back; persons by reference alone."""
    told = (
        row.id, row.focal, row.reference, row.relationship, row.rationale_type, row.rationale, text_of(row.strength),
        row.status.replace("_", "-"), row.author, row.reviewer, row.reviewed_on, row.derived_from, row.source, row.comments,
    )  # fmt: skip
    return {name: plain(text) for name, text in zip(OWN, told, strict=True)}


def own_cells(line: Line) -> dict[str, str]:
    """The columns of OWN as the file has them, in the words of the office where only the writing differs."""
    told = {name: line[name] for name in OWN}
    for name in ("author", "reviewer"):
        told[name] = told[name].split(" ", 1)[0]
    for name in ("relationship", "rationale type", "status"):
        told[name] = told[name].strip().lower()
    told["status"] = told["status"].replace("_", "-").replace(" ", "-")
    return told


def hash_of(line: Line) -> str:
    """The hash that the cells of a row give."""
    told = own_cells(line)
    return CrosswalkRow(
        id=told["row id"], focal=told["focal element"], reference=told["reference element"],
        relationship=told["relationship"], rationale_type=told["rationale type"], rationale=told["rationale text"],
        strength=int(told["strength 0-10"]) if told["strength 0-10"].isdigit() else None,
        status=told["status"].replace("-", "_"), author=told["author"], reviewer=told["reviewer"],
        reviewed_on=told["reviewed on"], derived_from=told["derived from"], source=told["source citation"],
        comments=told["comments"], notes="",
    ).hash  # fmt: skip


READ: Mapping[str, Callable[[str], Any]] = {
    "relationship": lambda text: "" if text == UNTYPED else ChoiceWidget(RelationshipType).clean(text),
    "rationale type": ChoiceWidget(RationaleType).clean,
    "strength 0-10": NumberWidget().clean,
    "status": lambda text: ChoiceWidget(MappingStatus).clean(text.replace("-", "_")),
}


def values_of(cells: Line) -> tuple[dict[str, Any], list[str]]:
    """Field → value, and a sentence for each cell that cannot be read."""
    values, problems = {}, []
    for column, text in cells.items():
        try:
            values[CONTENT.get(column, column)] = READ.get(column, str)(text)
        except ValueError as error:
            problems.append(f"Column “{column}”: {error}.")
    return values, problems


LOOKED_UP = ["proposed_at", *(field.name for field in RequirementMapping._meta.concrete_fields if field.is_relation)]


def problems_of(row: RequirementMapping) -> list[str]:
    """What the model says of a row. What it points to was read from the office, so that nothing is asked for again."""
    names = {name: column for column, name in CONTENT.items()}
    try:
        row.clean_fields(exclude=LOOKED_UP)
    except ValidationError as error:
        return [f"Column “{names.get(name, name)}”: {' '.join(told)}" for name, told in error.message_dict.items()]
    return broken(row)
