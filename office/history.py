"""The office's rows as they stand, or as they stood: two readers with one way of asking.

The tables hold the present; the journal holds each row as it was after every write. Who looks back takes each row's last
event by the end of a day, so that a report of that day stays the same whatever is written later. Names of persons are
not history: the journal has none, and a person is shown by the name that the directory holds today.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.utils import timezone

from office.models import JournalEvent, Person, Seat, Tenure
from office.models.base import Recorded
from office.today import today

Row = TypeVar("Row", bound=models.Model)
THEN, NOW = "then", "now"
"""Whose answers and controls a report of an earlier day takes: those of that day, or today's."""
GONE = "Somebody who is no longer in the directory"
CHUNK = 2000


class Reader(Protocol):
    """What a report asks of the office's rows.

    `only` narrows by stored fields, `scope_id={1, 2}` or `scope__key=keys` over a relation that is asked for.
    """

    def rows(self, model: type[Row], *relations: str, **only: Collection[Any]) -> list[Row]:
        """Rows in the noun's own order, the named relations at hand."""
        ...

    def values(self, model: type[models.Model], *fields: str, **only: Collection[Any]) -> list[tuple[Any, ...]]:
        """Stored fields of rows in the order of their keys: for nouns of which there are very many."""
        ...


class Present:
    """The tables. One query an ask."""

    def rows(self, model: type[Row], *relations: str, **only: Collection[Any]) -> list[Row]:
        found = model._default_manager.filter(**{f"{name}__in": wanted for name, wanted in only.items()})
        return list(found.select_related(*relations) if relations else found)

    def values(self, model: type[models.Model], *fields: str, **only: Collection[Any]) -> list[tuple[Any, ...]]:
        found = model._default_manager.filter(**{f"{name}__in": wanted for name, wanted in only.items()})
        return list(found.order_by("pk").values_list(*fields))


class Past:
    """The journal, up to the end of a day in the office's zone. One query a noun, however often it is asked for.

    Relations that were not asked for are not to be read: they would come from the tables.
    """

    def __init__(self, known_on: date) -> None:
        self.known_on = known_on
        self._nouns: dict[type[models.Model], dict[int, Any]] = {}
        self._attached: set[tuple[type[models.Model], str]] = set()

    def rows(self, model: type[Row], *relations: str, **only: Collection[Any]) -> list[Row]:
        ordering = [_directed(name) for name in self._ordering(model)]
        for path in (*relations, *(path.rpartition("__")[0] for path, _ in ordering)):
            self._attach(model, path.split("__") if path else [])
        found = list(self._noun(model).values())
        for name, wanted in only.items():
            read, among = _read(name), set(wanted)
            found = [row for row in found if read(row) in among]
        for path, backwards in reversed(ordering):
            read = _read(path)
            found.sort(key=lambda row, read=read: _nulls_first(read(row)), reverse=backwards)  # type: ignore[misc]
        return found

    def values(self, model: type[models.Model], *fields: str, **only: Collection[Any]) -> list[tuple[Any, ...]]:
        rows, among = self._noun(model), {name: set(wanted) for name, wanted in only.items()}
        return [
            tuple(getattr(rows[pk], name) for name in fields)
            for pk in sorted(rows)
            if all(getattr(rows[pk], name) in wanted for name, wanted in among.items())
        ]

    def _noun(self, model: type[models.Model]) -> dict[int, Any]:
        """All rows of a noun by key. What is not journalled, or identifies a person, is read as it stands."""
        if model not in self._nouns:
            told = issubclass(model, Recorded) and not model.journal_personal
            self._nouns[model] = self._told(model) if told else model._base_manager.in_bulk()
        return self._nouns[model]

    def _told(self, model: type[models.Model]) -> dict[int, models.Model]:
        events = JournalEvent.objects.last_of_each(model._meta.label_lower, end_of(self.known_on))
        told = events.values_list("object_id", "after").iterator(chunk_size=CHUNK)
        return {pk: _revived(model, after) for pk, after in told if after is not None}

    def _attach(self, model: type[models.Model], path: Sequence[str]) -> None:
        """Gives every row of a noun the row that its relation names, and so on along the path."""
        if not path:
            return
        field: Any = model._meta.get_field(path[0])
        if (model, field.name) not in self._attached:
            self._attached.add((model, field.name))
            self._link(model, field)
        self._attach(field.related_model, path[1:])

    def _link(self, model: type[models.Model], field: Any) -> None:
        rows, others = self._noun(model), self._noun(field.related_model)
        for pk, row in list(rows.items()):
            key = getattr(row, field.attname)
            other = others.get(key)
            if other is None and key is not None and field.related_model is Person:
                other = Person(pk=key, ref=str(key), name=GONE)
            if other is None and not field.null:
                del rows[pk]  # a part that went with its whole leaves no event of its own
                continue
            field.set_cached_value(row, other)

    def _ordering(self, model: type[models.Model]) -> Iterable[str]:
        """The noun's own order as paths to stored fields; a relation stands for the order of what it points to."""
        for name in model._meta.ordering or ():
            path, backwards = _directed(str(name))
            field: Any = _field_at(model, path)
            if field is None or not field.is_relation or path.endswith("_id"):
                yield str(name)
                continue
            for inner in self._ordering(field.related_model):
                further, turned = _directed(inner)
                yield ("-" if backwards != turned else "") + f"{path}__{further}"


def _revived(model: type[models.Model], after: dict[str, Any]) -> models.Model:
    """A row from what the journal keeps of it. A field younger than the event takes its default."""
    fields = model._meta.concrete_fields
    values = [
        _value(field, after[field.attname]) if field.attname in after else field.get_default() for field in fields
    ]
    return model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in fields], values)


def _value(field: Any, told: Any) -> Any:
    """JSON stays as it is, files come by name; all else is read by its field."""
    return told if isinstance(field, models.JSONField | models.FileField) else field.to_python(told)


def _directed(name: str) -> tuple[str, bool]:
    return name.removeprefix("-"), name.startswith("-")


def _field_at(model: Any, path: str) -> Any:
    """The field at the end of a path; None for the key itself."""
    field = None
    for name in path.split("__"):
        field = None if name == "pk" else model._meta.get_field(name)
        model = field.related_model if field is not None and field.is_relation else model
    return field


def _read(path: str) -> Any:
    """Reads along a path; an empty relation on the way gives None."""
    steps = path.split("__")

    def read(row: Any) -> Any:
        for step in steps:
            row = getattr(row, step) if row is not None else None
        return row

    return attrgetter(path) if len(steps) == 1 else read


def _nulls_first(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def end_of(day: date) -> datetime:
    """The last moment of a day in the office's zone."""
    return timezone.make_aware(datetime.combine(day, time.max), timezone.get_default_timezone())


def states_of(model: type[Row], keys: Collection[int]) -> dict[int, list[Row]]:
    """Every state that the journal holds of some rows, the newest first. One query a few hundred keys."""
    found: dict[int, list[Row]] = defaultdict(list)
    listed = sorted(keys)
    for at in range(0, len(listed), CHUNK):
        events = JournalEvent.objects.filter(noun=model._meta.label_lower, object_id__in=listed[at : at + CHUNK])
        for pk, after in events.order_by("-seq").values_list("object_id", "after"):
            if after is not None:
                found[pk].append(_revived(model, after))  # type: ignore[arg-type]
    return found


def then_of(known_on: date | None, answers: str = THEN) -> date | None:
    """The past day whose office is asked for; None: the office as it stands."""
    back = known_on is not None and answers == THEN and known_on < today()
    return known_on if back else None


def reader_of(then: date | None) -> Reader:
    """The reader of a past day; None: of the present."""
    return Present() if then is None else Past(then)


def reader_for(known_on: date) -> Reader:
    """The tables when a day is today or still to come, else the journal."""
    return reader_of(then_of(known_on))


def begins() -> date | None:
    """The day of the journal's first event in the office's zone; None while nothing was written."""
    first = JournalEvent.objects.order_by("seq").values_list("at", flat=True).first()
    return timezone.localdate(first, timezone.get_default_timezone()) if first else None


def seat_people(reader: Reader, seats: Iterable[Seat]) -> None:
    """Lets `Seat.holder` of many seats say who sat there by the reader's tenures. One query."""
    listed = list(seats)
    sitting: dict[int, list[Tenure]] = defaultdict(list)
    for row in reader.rows(Tenure, "person", seat_id={seat.pk for seat in listed}):
        if row.ended_on is None:
            sitting[row.seat_id].append(row)
    for seat in listed:
        seat.open_tenures = sitting[seat.pk]  # type: ignore[attr-defined]
