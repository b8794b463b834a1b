"""Lists: pages with a cap, filters, order and search; a parameter that nobody knows is refused, not passed over."""

from collections.abc import Callable, Collection
from datetime import UTC
from functools import cached_property, lru_cache
from typing import Any

from django import forms
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import QuerySet
from django_filters import (
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    DateFilter,
    Filter,
    FilterSet,
    IsoDateTimeFilter,
)
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import get_model_field
from rest_framework import exceptions, filters
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from office.domain.words import nearest
from office.models import JournalHead
from office.models.base import Recorded

TEXT_LIMIT = 200
LOOKUPS = ("lt", "gte", "gt", "isnull")
YES_NO = (("true", "true"), ("false", "false"))


class Pages(PageNumberPagination):
    """`page` and `page_size`; 50 rows by default, 200 at most."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        raw = request.query_params.get("page_size", "")
        if raw and not (raw.isascii() and raw.isdigit() and 1 <= int(raw[:9]) <= self.max_page_size):
            raise exceptions.ValidationError({"page_size": f"Write a number from 1 to {self.max_page_size}."})
        return int(raw) if raw else self.page_size

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None, dress: Callable[[Any], Any] = lambda rows: rows
    ) -> list | None:
        raw = request.query_params.get("page", "1")
        if not (raw.isascii() and raw.isdigit() and int(raw[:12]) >= 1) or len(raw) > 9:
            raise exceptions.ValidationError({"page": "Write the number of a page, from 1."})
        self._dress = dress
        return super().paginate_queryset(queryset, request, view)

    def django_paginator_class(self, rows: Any, size: int) -> Paginator:  # type: ignore[override]
        return DressedPaginator(rows, size, self._dress)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        found = super().get_schema_operation_parameters(view)
        for parameter in found:
            parameter["schema"] |= {"minimum": 1}
            if parameter["name"] == "page_size":
                parameter["schema"] |= {"maximum": self.max_page_size}
            else:
                parameter["schema"] |= {"maximum": 999_999_999}
        return found


class _Counted:
    """A queryset as a key: equal when the statement and its values are."""

    def __init__(self, rows: QuerySet) -> None:
        self.rows = rows
        self._text = repr(rows.query.sql_with_params())

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counted) and self._text == other._text


@lru_cache(maxsize=256)
def _counted(head: str, key: _Counted) -> int:
    return key.rows.count()


class DressedPaginator(Paginator):
    """Counts bare rows, and joins what is shown to those of the page only."""

    def __init__(self, rows: Any, size: int, dress: Callable[[Any], Any]) -> None:
        super().__init__(rows, size)
        self._dressed = dress(rows)

    @cached_property
    def count(self) -> int:
        """A count of journalled rows stands until something is written: long tables are paged through, not counted anew."""
        rows: Any = self.object_list
        if not issubclass(rows.model, Recorded):
            return rows.count()
        head = JournalHead.objects.filter(pk=1).values_list("hash", flat=True).first() or ""
        try:
            return _counted(head, _Counted(rows.order_by()))
        except EmptyResultSet:
            return 0

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return Page(self._dressed[first : first + self.per_page], number, self)


class Filters(DjangoFilterBackend):
    """Filters by the names that a view gives in `filters`: name → path, with a lookup at its end where it is not equality."""

    def get_filterset_class(self, view: Any, queryset: QuerySet | None = None) -> type[FilterSet] | None:
        named = getattr(view, "filters", {})
        return filterset_of(view.model, tuple(named.items())) if named else None


@lru_cache(maxsize=256)
def filterset_of(model: type[models.Model], named: tuple[tuple[str, str], ...]) -> type[FilterSet]:
    members = {name: _filter_of(model, path) for name, path in named}
    return type(f"{model.__name__}Filters", (FilterSet,), members)


def _filter_of(model: type[models.Model], path: str) -> Any:
    parts = path.split("__")
    lookup = parts.pop() if parts[-1] in LOOKUPS else "exact"
    found = get_model_field(model, "__".join(parts))
    told = {"field_name": "__".join(parts), "lookup_expr": lookup, "distinct": _is_many(model, parts[0])}
    if lookup == "isnull" or isinstance(found, models.BooleanField):
        return YesNoFilter(**told)
    if getattr(found, "choices", None):
        return ChoiceFilter(choices=found.choices, **told)
    if isinstance(found, models.DateTimeField):
        return MomentFilter(**told)
    if isinstance(found, models.DateField):
        return DateFilter(**told)
    if isinstance(found, models.IntegerField) or found.is_relation:
        return WholeNumberFilter(**told)
    return CharFilter(max_length=TEXT_LIMIT, **told)


def _is_many(model: type[models.Model], name: str) -> bool:
    """Whether a row can come twice because the filter looks at its parts."""
    return bool(model._meta.get_field(name).one_to_many)


class YesNoField(forms.TypedChoiceField):
    def __init__(self, **told: Any) -> None:
        told.pop("null_value", None)
        super().__init__(choices=YES_NO, coerce=lambda word: word == "true", empty_value=None, **told)


class YesNoFilter(BooleanFilter):
    """true or false; any other word is refused, not passed over."""

    field_class = YesNoField


class MomentField(IsoDateTimeField):
    def clean(self, value: Any) -> Any:
        """In UTC, as the database keeps it: the first and the last hours of the calendar are none there."""
        try:
            moment = super().clean(value)
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError("Write a moment between the years 1 and 9999, in UTC too.") from error


class MomentFilter(IsoDateTimeFilter):
    field_class = MomentField


class WholeNumberFilter(Filter):
    """A number that a database can hold."""

    field_class = forms.IntegerField

    def __init__(self, **told: Any) -> None:
        super().__init__(min_value=0, max_value=2**63 - 1, **told)


class Search(filters.SearchFilter):
    """`search`: every word must stand in one of the searched fields."""

    def get_search_terms(self, request: Request) -> list[str]:
        text = request.query_params.get(self.search_param, "")
        if len(text) > TEXT_LIMIT or not text.isprintable():
            raise exceptions.ValidationError({"search": f"Search for at most {TEXT_LIMIT} characters of plain text."})
        return super().get_search_terms(request)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        if not getattr(view, "search_fields", ()):
            return []
        found = super().get_schema_operation_parameters(view)
        for parameter in found:
            parameter["schema"] |= {"maxLength": TEXT_LIMIT}
        return found


class Order(filters.BaseFilterBackend):
    """`ordering`: names separated by commas, a minus for the other way round. Ties are broken by the number of the row,
    so that pages neither repeat nor skip."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        asked = [word.strip() for word in request.query_params.get("ordering", "").split(",") if word.strip()]
        orders = getattr(view, "orders", {})
        for word in asked:
            if word.removeprefix("-") not in orders:
                raise exceptions.ValidationError(
                    {"ordering": f"Nothing is ordered by “{word[:80]}”. Choose among: {', '.join(orders)}."}
                )
        paths = [("-" if word[0] == "-" else "") + orders[word.removeprefix("-")] for word in asked]
        if paths:
            return queryset.order_by(*paths, "pk")
        # A count over joined rows takes the noun's own order away.
        return queryset if queryset.ordered else queryset.order_by(*queryset.model._meta.ordering, "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        words = [word for name in getattr(view, "orders", {}) for word in (name, f"-{name}")]
        if not words:
            return []
        schema = {"type": "string", "enum": words}
        told = "Names separated by commas, a minus for the other way round."
        return [{"name": "ordering", "required": False, "in": "query", "description": told, "schema": schema}]


class KnownParameters(filters.BaseFilterBackend):
    """A filter that is mistyped must not silently show everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        known = {"page", "page_size", *getattr(view, "filters", {}), *getattr(view, "days", ())}
        known |= {"search"} if getattr(view, "search_fields", ()) else set()
        known |= {"ordering"} if getattr(view, "orders", {}) else set()
        refuse_strangers(request, known)
        return queryset

    def get_schema_operation_parameters(self, view: Any) -> list:
        return []


def refuse_strangers(request: Request, known: Collection[str]) -> None:
    """A parameter that nobody knows, with the nearest that somebody does."""
    listed = ", ".join(sorted(known))
    problems = {
        name[:80]: f"There is no parameter “{name[:80]}”.{nearest(name, known)} Known: {listed or 'none'}."
        for name in request.query_params
        if name not in known
    }
    problems |= {
        name: "Write a value, or leave the parameter out."
        for name, value in request.query_params.items()
        if name in known and not str(value).strip()
    }
    if problems:
        raise exceptions.ValidationError(problems)
