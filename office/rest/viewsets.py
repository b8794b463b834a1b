"""The one base of every noun's door: reads a screen query, shows what the caller may see, writes through a service."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from office.models import Person
from office.rest.access import caller_of
from office.rest.matching import etag_of, is_known, require_match
from office.rest.pages import refuse_strangers
from office.rest.problems import Conflict
from office.rest.repeats import once
from office.services import records, rights
from office.services.rights import Forbidden

NAME = r"[\w.-]{1,80}"
NUMBER = r"[0-9]{1,18}"
DAYS = ("on", "known_on")


class Nouns(GenericViewSet):
    """Lists and shows. `bodies` names what an action takes, `answers` what it gives where that is not the noun itself,
    `dated` the actions that read `on` and `known_on`, `samples` what the description shows as an example of a body;
    `unmatched` the actions on a row that take no If-Match, `codes` the statuses that are not the usual ones."""

    model: ClassVar[type[models.Model]]
    serializer_class: type[serializers.BaseSerializer]
    bodies: ClassVar[Mapping[str, type[serializers.Serializer]]] = {}
    dated: ClassVar[tuple[str, ...]] = ()
    samples: ClassVar[Mapping[str, Any]] = {}
    answers: ClassVar[Mapping[str, Any]] = {}
    own_word: ClassVar[tuple[str, ...]] = ()
    writes_nothing: ClassVar[tuple[str, ...]] = ()
    unmatched: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[Mapping[str, int]] = {}
    lookup_field = "pk"
    lookup_value_regex = NUMBER
    search_fields: ClassVar[tuple[str, ...]] = ()
    filters: ClassVar[Mapping[str, str]] = {}
    orders: ClassVar[Mapping[str, str]] = {}
    days: ClassVar[tuple[str, ...]] = ()
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Outside of lists only days are asked for."""
        super().initial(request, *args, **kwargs)
        if self.action != "list":
            refuse_strangers(request, DAYS if self.action in self.dated else self.days)

    def base(self) -> QuerySet:
        """All rows of the noun, bare: what is filtered and counted."""
        return self.model._default_manager.get_queryset()

    def dress(self, rows: Any) -> QuerySet:
        """The rows with everything that is shown of them: the noun's screen query."""
        return rows.for_register()

    def visible(self) -> QuerySet:
        rows: Any = self.base()
        return rows.visible_to(caller_of(self.request))

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.dress(self.visible())

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Bare rows are filtered and counted; only those of the page are dressed."""
        rows = self.filter_queryset(self.visible())
        pages: Any = self.paginator
        page = pages.paginate_queryset(rows, request, view=self, dress=self.dress)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.shown(self.found())

    def found(self) -> Any:
        """The row that the address names, among those that the caller may see."""
        name = self.lookup_url_kwarg or self.lookup_field
        return get_object_or_404(self.get_queryset(), **{self.lookup_field: self.kwargs[name]})

    def data_of(self, row: Any) -> Any:
        return self.serializer_class(row, context=self.get_serializer_context()).data

    def shown(self, row: Any, code: int = status.HTTP_200_OK) -> Response:
        """One row with its tag; nothing but the tag where the caller has it already."""
        body = self.data_of(row)
        tag = etag_of(body)
        if self.request.method == "GET" and is_known(self.request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        return Response(body, status=code, headers={"ETag": tag})

    def reread(self, row: Any) -> Any:
        """The row as it stands after a write, with everything that is shown of it."""
        return self.dress(self.base()).get(pk=row.pk)

    def given(self, request: Request, row: Any = None) -> dict[str, Any]:
        """What was sent, checked in its shape."""
        body = self.bodies.get(self.action or "", self.serializer_class)
        serializer = body(row, data=request.data, partial=row is not None, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    @contextmanager
    def locked(self, request: Request) -> Iterator[Any]:
        """The row under lock, in the state that the caller has seen."""
        with transaction.atomic():
            row = self.found()
            # A rival may have deleted it, or taken it out of sight, before the lock was ours: looked for again under it.
            self.model._base_manager.select_for_update().filter(pk=row.pk).first()
            row = self.found()
            require_match(request, self.data_of(row))
            yield row

    def act(self, request: Request, do: Callable[[Any, dict[str, Any], Person], object]) -> Response:
        """An action on one row that was seen: does it with what was sent, shows the row as it stands then."""
        with self.locked(request) as row:
            given = self.given(request) if self.action in self.bodies else {}
            do(row, given, caller_of(request))
            return self.shown(self.reread(row))

    def once(self, request: Request, do: Callable[[], Response]) -> Response:
        return once(request, do)


class Creates(Nouns):
    """Makes rows through `make`, which calls the noun's service."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.once(request, lambda: self.created(self.make(self.given(request), caller_of(request))))

    def make(self, given: dict[str, Any], actor: Person) -> Any:
        row = self.model(**given)
        self.allow(row, actor)
        self.write(row, actor)
        return row

    def allow(self, row: Any, actor: Person) -> None:
        """Refuses who may not write where the row stands."""
        rights.require_write(actor, row)

    def write(self, row: Any, actor: Person) -> None:
        """Hands the row to the noun's own service where it has one."""
        records.save_record(row=row, actor=actor)

    def created(self, row: Any) -> Response:
        row = self.reread(row)
        response = self.shown(row, status.HTTP_201_CREATED)
        response["Location"] = f"{self.request.path}{getattr_path(row, self.lookup_field)}/"
        return response


def getattr_path(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


class Changes(Creates):
    """Makes and changes rows."""

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with self.locked(request) as row:
            given = self.given(request, row)
            self.change(row, given, caller_of(request))
            return self.shown(self.reread(row))

    def change(self, row: Any, given: dict[str, Any], actor: Person) -> None:
        for name, value in given.items():
            setattr(row, name, value)
        self.allow(row, actor)
        self.write(row, actor)


class Deletes(Changes):
    """Makes, changes and deletes rows that nothing refers to."""

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with self.locked(request) as row:
            try:
                self.remove(row, caller_of(request))
            except Forbidden:
                raise
            except ValidationError as error:
                raise Conflict(" ".join(error.messages)) from error
            return Response(status=status.HTTP_204_NO_CONTENT)

    def remove(self, row: Any, actor: Person) -> None:
        """Hands the row to the noun's own service where it has one."""
        records.delete_record(row=row, actor=actor)
