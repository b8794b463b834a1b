"""What goes out and comes in: strict about shapes; rules stay with the models and services, which say them everywhere."""

from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from rest_framework import serializers

from office.domain.words import nearest
from office.rest.fields import (
    ClosedChoice,
    Named,
    StrictBoolean,
    StrictDate,
    StrictEmail,
    StrictInteger,
    StrictSlug,
    StrictText,
    StrictURL,
)


class StrictFields(serializers.Serializer):
    """Refuses what it does not know, and what it only shows, beside every other problem."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"detail": "Send one JSON object."})
        problems = self._strangers(data)
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**problems, **error.detail}) from error  # type: ignore[dict-item]
        if problems:
            raise serializers.ValidationError(problems)
        return found

    def _strangers(self, data: Mapping) -> dict[str, str]:
        written = {name for name, field in self.fields.items() if not field.read_only}
        problems = {}
        for name in data:
            if name not in self.fields:
                problems[str(name)[:80]] = f"There is no field “{str(name)[:80]}”.{nearest(name, written)}"
            elif name not in written:
                problems[name] = "This is shown, not written. Leave it out."
        return problems


class NounSerializer(StrictFields, serializers.ModelSerializer):
    """A noun of the office. Uniqueness and other rules are the model's own: one sentence for every door."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: StrictText,
        models.TextField: StrictText,
        models.EmailField: StrictEmail,
        models.SlugField: StrictSlug,
        models.URLField: StrictURL,
        models.BooleanField: StrictBoolean,
        models.DateField: StrictDate,
        models.IntegerField: StrictInteger,
        models.PositiveIntegerField: StrictInteger,
        models.PositiveSmallIntegerField: StrictInteger,
    }
    serializer_choice_field = ClosedChoice

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """As the library does it, without looking at each field anew for each row: lists are long."""
        return {name: show(instance) for name, show in self._shows}

    @cached_property
    def _shows(self) -> list[tuple[str, Callable[[Any], Any]]]:
        return [(name, _show(field)) for name, field in self.fields.items() if not field.write_only]

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        kept = [one for one in kwargs.get("validators", []) if "Unique" not in type(one).__name__]
        if "validators" in kwargs:
            kwargs["validators"] = kept
        return field_class, kwargs

    def get_fields(self) -> dict[str, Any]:
        """What the database may leave empty is shown as null, whoever declared the field."""
        found = super().get_fields()
        nullable = {field.name for field in self.Meta.model._meta.get_fields() if getattr(field, "null", False)}  # type: ignore[attr-defined]
        for name, field in found.items():
            if isinstance(field, Named) and (field.source or name) in nullable:
                field.allow_null = True
        return found

    def get_unique_together_validators(self) -> list:
        return []

    def get_unique_for_date_validators(self) -> list:
        return []

    def get_unique_together_constraints(self, model: Any) -> Any:
        return iter(())


PLAIN = (
    serializers.CharField, serializers.IntegerField, serializers.BooleanField, serializers.ChoiceField,
    serializers.DateField, serializers.DateTimeField, serializers.JSONField,
)  # fmt: skip
"""Fields whose stored value goes out as it is; the renderer writes days and moments (in UTC)."""


def _show(field: serializers.Field) -> Callable[[Any], Any]:
    """How one field of a row is shown; what leads over an empty relation is null."""
    if field.source == "*":
        return field.to_representation
    read = attrgetter(".".join(field.source_attrs))
    plain = isinstance(field, PLAIN) and not isinstance(field, serializers.ListField)

    def show(row: Any) -> Any:
        try:
            value = read(row)
        except (AttributeError, ObjectDoesNotExist):
            return None
        return value if plain or value is None else field.to_representation(value)

    return show


class ReasonBody(StrictFields):
    """Why; kept in the journal."""

    reason = StrictText(max_length=300, help_text="Kept in the journal; an auditor will read it.")
