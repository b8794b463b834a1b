"""Columns of the sheets that officers take away and bring back: a heading, where its value stands, how it is read."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone
from import_export.fields import Field
from import_export.widgets import Widget

from office.domain.words import nearest
from office.models import Person
from office.spreadsheet import Cell
from office.tables import text_of

WHOLE = re.compile(r"-?[0-9]{1,9}(\.0+)?")
YES, NO = ("yes", "true", "1"), ("no", "false", "0")


class TextWidget(Widget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        return value


class NumberWidget(Widget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int | None:
        if value and not WHOLE.fullmatch(value):
            raise ValueError(f"“{value[:40]}” is not a whole number")
        return int(float(value)) if value else None


class DayWidget(Widget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> date | None:
        try:
            return date.fromisoformat(value) if value else None
        except ValueError as error:
            raise ValueError(f"“{value[:40]}” is not a day; write it like 2026-11-22") from error


class YesNoWidget(Widget):
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> bool:
        word = value.lower()
        if word not in (*YES, *NO):
            raise ValueError(f"“{value[:40]}” is neither yes nor no")
        return word in YES


class ChoiceWidget(Widget):
    """A word of a closed list, or its label."""

    def __init__(self, choices: type[models.TextChoices]) -> None:
        super().__init__()
        self.words = tuple(choices.values)
        self._known = {str(label).lower(): word for word, label in choices.choices} | {
            word.lower(): word for word in self.words
        }

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not value:
            return ""
        found = self._known.get(value.lower())
        if found is None:
            raise ValueError(f"“{value[:40]}” is not one of: {', '.join(self.words)}")
        return found


class NamedWidget(Widget):
    """Another row by its public name, among those that the reader sees; all names are read once."""

    def __init__(self, model: type[models.Model], path: str = "ref") -> None:
        super().__init__()
        self.model, self.path = model, path
        self._rows: dict[str, Any] = {}

    def prepare(self, actor: Person | None) -> None:
        rows: Any = self.model._default_manager.get_queryset()
        rows = rows if actor is None else rows.visible_to(actor)
        if "__" in self.path:
            rows = rows.select_related(self.path.rsplit("__", 1)[0])
        self._rows = {_follow(row, self.path): row for row in rows}

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        if not value:
            return None
        if value not in self._rows:
            noun = self.model._meta.verbose_name
            raise ValueError(f"there is no {noun} “{value[:60]}”.{nearest(value, self._rows)}".rstrip("."))
        return self._rows[value]


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


class Column(Field):
    """One column. `path` leads to the shown value from the noun, `to` names the attribute that is written.

    `locked`: shown, never written. `at_birth`: written with a new row only; afterwards it moves in another way.
    """

    def __init__(
        self,
        name: str,
        path: str,
        widget: Widget | None = None,
        *,
        to: str = "",
        required: bool = False,
        locked: bool = False,
        at_birth: bool = False,
        width: int = 20,
        told: str = "",
    ) -> None:
        super().__init__(attribute=path, column_name=name, widget=widget or TextWidget(), readonly=locked)
        self.name, self.path, self.to = name, path, to or path
        self.required, self.locked, self.at_birth, self.width, self.told = required, locked, at_birth, width, told

    @property
    def is_written(self) -> bool:
        """Whether an import changes it in a row that stands."""
        return not self.locked and not self.at_birth

    @property
    def words(self) -> tuple[str, ...]:
        """The closed list for a drop-down; empty where anything may stand."""
        if isinstance(self.widget, YesNoWidget):
            return ("yes", "no")
        return self.widget.words if isinstance(self.widget, ChoiceWidget) else ()

    def cell(self, value: Any) -> Cell:
        """A stored value as a typed cell of a sheet."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, datetime):
            return timezone.localdate(value)
        return str(value) if isinstance(value, Decimal) else value

    def text(self, value: Any) -> str:
        """A stored value as the text that a file brings back."""
        return text_of(self.cell(value))


def columns_by_name(columns: Iterable[Column]) -> Mapping[str, Column]:
    return {column.name.lower(): column for column in columns}
