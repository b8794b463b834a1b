"""Sheets by REST: bring a file, look at its plan, apply exactly that; take everything of a noun away."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from office import importing
from office.api.work import JobSerializer
from office.models import Person, Upload
from office.resource_base import resource_of, resources
from office.rest.access import caller_of
from office.rest.fields import ClosedChoice, Named, StrictBoolean, StrictInteger, StrictText
from office.rest.pages import refuse_strangers
from office.rest.parsers import BoundedMultiPartParser, StrictJSONParser
from office.rest.repeats import once
from office.rest.schema import asks
from office.rest.serializers import NounSerializer, StrictFields
from office.rest.viewsets import Creates
from office.services import rights
from office.spreadsheet import XLSX, write_xlsx
from office.tasks import nudge

KINDS = ("xlsx", "csv")


class UploadSerializer(NounSerializer):
    person = Named(Person, read_only=True)
    status = serializers.ChoiceField(choices=Upload.Status.choices, source="state", read_only=True)
    message = serializers.CharField(source="told", read_only=True)

    class Meta:
        model = Upload
        fields = (
            "id", "noun", "name", "sha256", "person", "status", "digest", "totals", "plan", "message", "job",
            "created_at", "applied_at",
        )  # fmt: skip
        read_only_fields = fields


class FileBody(StrictFields):
    file = serializers.FileField(help_text="xlsx, ods or csv; at most 25 MB and 100,000 rows.")
    noun = StrictText(
        max_length=30, required=False, allow_blank=True, help_text="Recognised by the headings if left out."
    )


class ApplyBody(StrictFields):
    digest = StrictText(max_length=64, help_text="That of the plan you looked at.")
    leave_out_refused = StrictBoolean(required=False, default=False)
    without = serializers.ListField(
        child=StrictInteger(min_value=1), required=False, max_length=10_000,
        help_text="Rows of the plan, by their numbers, that are left out.",
    )  # fmt: skip


class ImportViewSet(Creates):
    """Files that were brought, each with its plan. Nothing is written before `apply` with the plan's digest."""

    samples = {"apply": {"digest": "0f3a…, as the plan shows it", "leave_out_refused": False}}
    model = Upload
    serializer_class = UploadSerializer
    bodies = {"create": FileBody, "apply": ApplyBody}
    answers = {"refused": {(200, XLSX): OpenApiTypes.BINARY}}
    unmatched = ("apply",)
    filters = {"noun": "noun", "status": "status", "person": "person__ref"}
    orders = {"created_at": "created_at"}

    parser_classes = (BoundedMultiPartParser, StrictJSONParser)

    def given(self, request: Request, row: Any = None) -> dict[str, Any]:
        if self.action == "create":
            importing.refuse_unless_writer(caller_of(request))
            if not isinstance(request.data, QueryDict):
                raise exceptions.UnsupportedMediaType(
                    str(request.content_type), "Send the file as multipart/form-data."
                )
        return super().given(request, row)

    def make(self, given: dict[str, Any], actor: Person) -> Upload:
        file = given["file"]
        return importing.bring(
            content=file.read(), name=file.name, noun=given.get("noun", ""), actor=actor, nudge=nudge
        )

    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Exactly the plan with this digest, whole or not at all; a long one as a job."""
        given = self.given(request)
        row = importing.ask_apply(upload=self.found(), **given, actor=caller_of(request), nudge=nudge)
        return self.shown(self.reread(row))

    @action(detail=True, methods=["get"])
    def refused(self, request: Request, pk: str) -> HttpResponse:
        """The refused rows as they came, each with what is wrong."""
        row = self.found()
        return _file(
            lambda path: write_xlsx(path, [importing.refused_sheet(row)], title="Refused rows"),
            f"{row.noun}-refused.xlsx",
            "xlsx",
        )


def _file(write: Any, name: str, kind: str) -> HttpResponse:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        write(path)
        content = path.read_bytes()
    return HttpResponse(
        content,
        content_type=XLSX if kind == "xlsx" else "text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class SheetShape(serializers.Serializer):
    noun = serializers.CharField()
    title = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    keys = serializers.ListField(child=serializers.CharField(), help_text="The columns that say which row is meant.")


class SheetsShape(serializers.Serializer):
    sheets = SheetShape(many=True)


class SheetsView(APIView):
    """The nouns that go out and come in by sheet."""

    answers = {"get": SheetsShape}

    def get(self, request: Request) -> Response:
        refuse_strangers(request, ())
        return Response(
            {
                "sheets": [
                    {
                        "noun": one.noun,
                        "title": one.title,
                        "columns": [c.name for c in one.columns],
                        "keys": list(one.keys),
                    }
                    for one in resources()
                ]
            }
        )


class SheetView(APIView):
    """Everything of a noun that the caller sees, in typed cells, as it can be brought back."""

    operation = "sheet_download"
    answers = {"get": {(200, XLSX): OpenApiTypes.BINARY, (200, "text/csv"): OpenApiTypes.STR}}

    @asks(
        OpenApiParameter("format", {"type": "string", "enum": list(KINDS)}, description="xlsx by default."),
        OpenApiParameter(
            "template", {"type": "boolean"}, description="Only the headings with their drop-downs (xlsx)."
        ),
    )
    def get(self, request: Request, noun: str) -> HttpResponse:
        refuse_strangers(request, ("format", "template"))
        if not rights.reads_register(caller_of(request)):
            raise exceptions.PermissionDenied("Sheets are for officers, leaders and auditors.")
        resource = _known(noun)
        kind, empty = request.query_params.get("format", "xlsx"), request.query_params.get("template", "false")
        problems = {} if kind in KINDS else {"format": f"format must be one of: {', '.join(KINDS)}."}
        problems |= {} if empty in ("true", "false") else {"template": "Write true or false."}
        if problems:
            raise exceptions.ValidationError(problems)
        if empty == "true":
            sheets = [resource.template(), resource.read_me()]
            return _file(
                lambda path: write_xlsx(path, sheets, title=resource.title),
                f"{noun}-template.xlsx",
                "xlsx",
            )

        def write(path: Path) -> None:
            importing.write_export(noun=noun, kind=kind, reader=caller_of(request), target=path)

        return _file(write, f"{noun}.{kind}", kind)


def _known(noun: str) -> Any:
    try:
        return resource_of(noun)
    except ValidationError as error:
        raise exceptions.NotFound(" ".join(error.messages)) from error


class ExportBody(StrictFields):
    noun = StrictText(max_length=30)
    format = ClosedChoice([(kind, kind) for kind in KINDS], required=False, default="xlsx")


class ExportsView(APIView):
    """The same as a job, for what is long: its file is downloaded from the job."""

    samples = {"post": {"noun": "mappings", "format": "xlsx"}}
    bodies = {"post": ExportBody}
    answers = {"post": JobSerializer}
    codes = {"post": 202}
    writes_nothing = ("post",)
    repeatable = ("post",)

    def post(self, request: Request) -> Response:
        return once(request, lambda: self._start(request))

    def _start(self, request: Request) -> Response:
        if not rights.reads_register(caller_of(request)):
            raise exceptions.PermissionDenied("Sheets are for officers, leaders and auditors.")
        body = ExportBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        given = body.validated_data
        job = importing.ask_export(noun=given["noun"], kind=given["format"], actor=caller_of(request), nudge=nudge)
        return Response(JobSerializer(job, context={"request": request}).data, status=202)
