"""Implementations of controls by REST, with evidence and tests."""

from typing import Any

from django.http import FileResponse
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from controls.models import Control, ControlTest, Evidence, Implementation
from controls.services import controls as control_services
from office.models import Person, Scope
from office.rest.fields import Named, Numbered
from office.rest.parsers import BoundedMultiPartParser, StrictJSONParser
from office.rest.serializers import NounSerializer
from office.rest.viewsets import Deletes
from office.today import today


class ImplementationSerializer(NounSerializer):
    control = Named(Control)
    scope = Named(Scope, "key")

    class Meta:
        model = Implementation
        fields = ("id", "control", "scope", "state", "since", "note")


class ImplementationViewSet(Deletes):
    """Controls in scopes; the nearest scope counts."""

    samples = {"create": {"control": "GOV-20", "scope": "hk-bank", "state": "implemented", "since": "2026-10-01"}}
    model = Implementation
    serializer_class = ImplementationSerializer
    filters = {"state": "state", "control": "control__ref", "scope": "scope__key", "kind": "scope__kind"}
    search_fields = ("note", "control__title")
    orders = {"control": "control__ref", "scope": "scope__key", "since": "since"}


class EvidenceSerializer(NounSerializer):
    implementation = Numbered(Implementation)
    collected_by = Named(Person, required=False, help_text="The caller by default.")
    file = serializers.FileField(
        write_only=True, required=False, help_text="At most 25 MB; send as multipart/form-data."
    )
    file_name = serializers.SerializerMethodField()

    class Meta:
        model = Evidence
        fields = (
            "id", "implementation", "title", "file", "file_name", "link", "sha256", "valid_from", "valid_until",
            "collected_by",
        )  # fmt: skip
        read_only_fields = ("sha256",)

    def get_file_name(self, row: Evidence) -> str:
        return str(row.file.name).rsplit("/", 1)[-1] if row.file else ""


class EvidenceViewSet(Deletes):
    """What shows that an implementation exists: a file or a link, valid from a day until a day."""

    samples = {
        "create": {
            "implementation": 7,
            "title": "Minutes of the committee",
            "link": "https://files.example.com/minutes",
            "valid_from": "2026-10-01",
            "valid_until": "2027-09-30",
        }
    }
    model = Evidence
    serializer_class = EvidenceSerializer
    parser_classes = (StrictJSONParser, BoundedMultiPartParser)
    answers = {"download": {(200, "application/octet-stream"): bytes}}
    filters = {
        "implementation": "implementation",
        "control": "implementation__control__ref",
        "scope": "implementation__scope__key",
        "ends_before": "valid_until__lt",
        "ends_from": "valid_until__gte",
        "endless": "valid_until__isnull",
    }
    search_fields = ("title",)
    orders = {"valid_from": "valid_from", "valid_until": "valid_until", "title": "title"}

    def make(self, given: dict[str, Any], actor: Person) -> Evidence:
        return super().make({"collected_by": actor} | given, actor)

    def write(self, row: Evidence, actor: Person) -> None:
        control_services.save_evidence(evidence=row, actor=actor)

    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> FileResponse:
        """The file, as it was uploaded."""
        row = self.found()
        if not row.file:
            raise exceptions.NotFound("This evidence is a link; there is no file.")
        return FileResponse(row.file.open("rb"), as_attachment=True, filename=row.file.name.rsplit("/", 1)[-1])


class TestSerializer(NounSerializer):
    __test__ = False

    implementation = Numbered(Implementation)
    tester = Named(Person)

    class Meta:
        model = ControlTest
        fields = ("id", "implementation", "performed_on", "result", "tester", "note")


class TestViewSet(Deletes):
    """Tests of implementations, each on a day with a result."""

    samples = {"create": {"implementation": 7, "performed_on": "2026-11-01", "result": "passed", "tester": "P-014"}}
    __test__ = False

    model = ControlTest
    serializer_class = TestSerializer
    filters = {
        "result": "result",
        "implementation": "implementation",
        "control": "implementation__control__ref",
        "before": "performed_on__lt",
        "from": "performed_on__gte",
    }
    search_fields = ("note",)
    orders = {"performed_on": "performed_on"}

    def write(self, row: ControlTest, actor: Person) -> None:
        control_services.save_test(test=row, actor=actor, on=today())
