"""The one base of what goes out and comes in by sheet: a resource declares columns, the plan and the services do the rest."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export.resources import ModelResource

from office.columns import Column, NamedWidget
from office.models import Person
from office.services.recording import Pen
from office.spreadsheet import Sheet

_known: dict[str, type["NounResource"]] = {}


class NounResource(ModelResource):
    """`noun` is its name in addresses and reasons, `keys` the columns that say which row is meant, `unique` the values
    that belong to one row besides the key."""

    noun: ClassVar[str]
    title: ClassVar[str]
    model: ClassVar[Any]
    columns: ClassVar[Sequence[Column]]
    keys: ClassVar[Sequence[str]]
    unique: ClassVar[Sequence[str]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "noun" in cls.__dict__:
            _known[cls.noun] = cls

    def rows(self, reader: Person | None) -> QuerySet:
        """The rows that the reader sees; the system sees all."""
        manager = self.model._default_manager
        return manager.all() if reader is None else manager.visible_to(reader)

    def prepare(self, actor: Person | None) -> None:
        """Reads once what the columns name. A query a named noun."""
        for column in self.columns:
            if isinstance(column.widget, NamedWidget):
                column.widget.prepare(actor)

    def refuse(self, row: Any, before: dict[str, Any] | None) -> list[str]:
        """The noun's own rules for one row; `before` holds its stored fields, or None for a new one."""
        return []

    def write(self, new: list, changed: list, names: list[str], *, actor: Person | None, on: date, pen: Pen) -> None:
        """Hands many rows to the noun's own service where it has one."""
        pen.create_many(new)
        pen.change_many(changed, names)

    def sheet(self, reader: Person | None) -> Sheet:
        """Everything that the reader sees, in typed cells, as it can be brought back."""
        return Sheet(self.title, self._headings(), self._cells(reader), choices=self._choices())

    def template(self) -> Sheet:
        """An empty sheet with the drop-downs."""
        return Sheet(self.title, self._headings(), [], choices=self._choices())

    def read_me(self) -> Sheet:
        needed = {column.name for column in self.columns if column.required} | set(self.keys)
        lines = [
            [column.name, "needed" if column.name in needed else "", self._told(column)] for column in self.columns
        ]
        return Sheet("Read me", [("column", 24), ("needed", 10), ("what stands there", 80)], lines)

    def _told(self, column: Column) -> str:
        words = f"One of: {', '.join(column.words)}." if column.words else ""
        key = "Says which row is meant." if column.name in self.keys else ""
        locked = "Shown, not written by an import." if column.locked else ""
        born = "Written with a new row only." if column.at_birth else ""
        return " ".join(part for part in (key, words, locked, born, column.told) if part)

    def _headings(self) -> list[tuple[str, int]]:
        return [(column.name, column.width) for column in self.columns]

    def _choices(self) -> dict[int, Sequence[str]]:
        return {at: column.words for at, column in enumerate(self.columns) if column.words and not column.locked}

    def _cells(self, reader: Person | None) -> Iterator[list]:
        paths = [column.path for column in self.columns]
        for values in (
            self.rows(reader).order_by(*self.model._meta.ordering, "pk").values_list(*paths).iterator(chunk_size=2000)
        ):
            yield [column.cell(value) for column, value in zip(self.columns, values, strict=True)]


def resource_of(noun: str) -> NounResource:
    if noun not in _known:
        raise ValidationError(f"“{noun}” is not brought by sheet. These are: {', '.join(sorted(_known))}.")
    return _known[noun]()


def resources() -> list[type[NounResource]]:
    return sorted(_known.values(), key=lambda resource: resource.title)


def recognise(headings: Sequence[str]) -> NounResource:
    """The noun whose key stands among the headings and which knows the most of them."""
    names = {heading.strip().lower() for heading in headings}
    fitting = [one for one in _known.values() if names.issuperset(one.keys)]
    if not fitting:
        told = "; ".join(f"{one.title}: {', '.join(one.keys)}" for one in resources())
        raise ValidationError(f"The headings fit no noun. A sheet is recognised by the columns of its key. {told}.")
    return max(fitting, key=lambda one: (len(names & {column.name for column in one.columns}), len(one.keys)))()
