"""The law by itself, by REST: what changed between two days, and what that does here."""

from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from frameworks.api import ON
from governance.inputs.changes import law_report
from governance.pages.law import as_plain
from office.rest.access import caller_of
from office.rest.pages import refuse_strangers
from office.rest.schema import asks
from office.today import day_asked


class FieldShape(serializers.Serializer):
    name = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class RowChangeShape(serializers.Serializer):
    requirement = serializers.CharField()
    family = serializers.CharField()
    citation = serializers.CharField()
    title = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    fields = FieldShape(many=True)  # type: ignore[assignment]


class DutyGroupShape(serializers.Serializer):
    subject = serializers.CharField()
    sentence = serializers.CharField()
    requirements = serializers.ListField(child=serializers.CharField())


class MappingShape(serializers.Serializer):
    mapping = serializers.CharField()
    status = serializers.CharField()


class DueShape(serializers.Serializer):
    gap = serializers.IntegerField()
    subject = serializers.CharField()
    requirement = serializers.CharField()
    due_before = serializers.DateField(allow_null=True)
    due_after = serializers.DateField(allow_null=True)


class LawChangesShape(serializers.Serializer):
    known_before = serializers.DateField()
    known_after = serializers.DateField()
    on = serializers.DateField()
    totals = serializers.DictField(child=serializers.IntegerField())
    changes = RowChangeShape(many=True)
    duties = DutyGroupShape(many=True)
    mappings = MappingShape(many=True)
    gaps = DueShape(many=True)


BEFORE = OpenApiParameter("before", OpenApiTypes.DATE, required=True, description="The law as known on this day …")
AFTER = OpenApiParameter("after", OpenApiTypes.DATE, required=True, description="… beside that known on this one.")


class LawChangesView(APIView):
    """What was added, reworded, moved in time and repealed, and which duties, mappings and gaps of ours that touches."""

    operation = "law_changes"
    answers = {"get": LawChangesShape}

    @asks(BEFORE, AFTER, ON)
    def get(self, request: Request) -> Response:
        refuse_strangers(request, ("before", "after", "on"))
        before, after = (_asked(request, name) for name in ("before", "after"))
        if before >= after:
            told = f"{after} does not come after {before}; what changed is read from the earlier day."
            raise exceptions.ValidationError({"after": told})
        on = day_asked(request.query_params, "on")
        report = law_report(known_before=before, known_after=after, on=on, reader=caller_of(request))
        plain: dict[str, Any] = as_plain(report)
        return Response(plain)


def _asked(request: Request, name: str) -> date:
    if not request.query_params.get(name):
        raise exceptions.ValidationError({name: "Give a day like 2026-07-24."})
    return day_asked(request.query_params, name)
