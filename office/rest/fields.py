"""Fields that take exactly what they say: a word is not a number, a number is not a word, and a name must exist."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from office.domain.words import nearest
from office.models import Person

NUMBER_DIGITS = 19
NAMED_AT_MOST = 2000
"""Beyond this many names no nearest one is looked for."""


class StrictText(serializers.CharField):
    """The described length is that of what was sent: blanks around it are cut off only afterwards."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class StrictEmail(serializers.EmailField, StrictText):
    pass


class StrictSlug(serializers.SlugField, StrictText):
    pass


class StrictURL(serializers.URLField, StrictText):
    pass


class StrictInteger(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class StrictBoolean(serializers.BooleanField):
    default_error_messages = {"invalid": "Write true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictDate(serializers.DateField):
    default_error_messages = {"invalid": "Write a calendar day like 2026-11-22."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or len(data) != len("2026-11-22"):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(data)


class ClosedChoice(serializers.ChoiceField):
    """A word of a closed list; the refusal names the list, in the words of the database's own constraint."""

    def to_internal_value(self, data: Any) -> Any:
        blank = data == "" and self.allow_blank
        if not blank and (not isinstance(data, str) or data not in self.choices):
            name = str(self.field_name).replace("_", " ")
            allowed = ", ".join(str(word) for word in self.choices)
            raise serializers.ValidationError(f"{name} must be one of: {allowed}.")
        return data


@extend_schema_field({"type": "string", "maxLength": 200})
class Named(serializers.SlugRelatedField):
    """Another row by its public name, among those that the caller may see: what they may not see does not exist."""

    def __init__(self, model: type[models.Model], slug_field: str = "ref", **kwargs: Any) -> None:
        self.model = model
        if not kwargs.get("read_only"):
            kwargs["queryset"] = model._default_manager.none()
        super().__init__(slug_field=slug_field, **kwargs)

    def get_queryset(self) -> Any:
        rows: Any = self.model._default_manager.get_queryset()
        return rows.visible_to(self._caller())

    def _caller(self) -> Person | None:
        return getattr(self.context["request"].user, "person", None)

    def to_internal_value(self, data: Any) -> Any:
        noun = self.model._meta.verbose_name
        if not isinstance(data, str):
            raise serializers.ValidationError(f"Name the {noun} by its {self.slug_field.split('__')[-1]}, as text.")
        rows = self.get_queryset()
        try:
            return rows.get(**{self.slug_field: data})
        except ObjectDoesNotExist:
            names = rows.values_list(self.slug_field, flat=True)[:NAMED_AT_MOST]
            raise serializers.ValidationError(f"There is no {noun} “{data[:80]}”.{nearest(data, names)}") from None

    def to_representation(self, obj: Any) -> Any:
        for name in self.slug_field.split("__"):
            obj = getattr(obj, name)
        return obj

    def use_pk_only_optimization(self) -> bool:
        return False


@extend_schema_field({"type": "string", "nullable": True})
class Accountable(serializers.Field):
    """Who sits on the row's seat: the person's ref, or null while it is vacant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="seat", read_only=True, **kwargs)

    def to_representation(self, seat: Any) -> str | None:
        return seat.holder.ref if seat.holder else None


@extend_schema_field({"type": "integer", "minimum": 1})
class Numbered(serializers.PrimaryKeyRelatedField):
    """Another row by its number, among those that the caller may see."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        self.model = model
        super().__init__(queryset=model.objects.none(), pk_field=StrictInteger(min_value=1), **kwargs)

    def get_queryset(self) -> Any:
        return self.model.objects.visible_to(getattr(self.context["request"].user, "person", None))

    def to_internal_value(self, data: Any) -> Any:
        """A form knows only text."""
        is_form = isinstance(self.context["request"].data, QueryDict)
        if is_form and isinstance(data, str) and data.isascii() and data.isdigit() and len(data) < NUMBER_DIGITS:
            data = int(data)
        return super().to_internal_value(data)
