"""What we do, by REST: controls, mappings and their review, implementations with evidence and tests."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.models import (
    Attestation,
    Control,
    ControlMapping,
    ControlTest,
    Evidence,
    Implementation,
    RequirementMapping,
)
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from frameworks.models import Requirement
from office.models import Person, Scope
from office.rest.fields import Accountable, Named, Numbered, StrictInteger, StrictText
from office.rest.parsers import BoundedMultiPartParser, StrictJSONParser
from office.rest.serializers import NounSerializer, ReasonBody, StrictFields
from office.rest.viewsets import NAME, Changes, Creates, Deletes


class ControlSerializer(NounSerializer):
    accountable = Accountable()

    class Meta:
        model = Control
        fields = (
            "ref", "title", "theme", "status", "accountable", "seat", "objective", "guidance", "evidence",
            "test_procedure", "cadence", "test_every_days", "evidence_required", "specific", "settings",
        )  # fmt: skip
        read_only_fields = ("seat",)


class ControlViewSet(Changes):
    """What the firm does. A new one is a draft; it becomes active once somebody answers for it."""

    samples = {
        "create": {
            "ref": "GOV-20",
            "title": "Register of AI systems",
            "theme": "governance",
            "objective": "Every AI system is known before it is used.",
        }
    }
    model = Control
    serializer_class = ControlSerializer
    lookup_field = "ref"
    lookup_value_regex = NAME
    filters = {"theme": "theme", "status": "status", "specific": "specific"}
    search_fields = ("ref", "title", "objective", "guidance")
    orders = {"ref": "ref", "title": "title", "theme": "theme"}

    def write(self, row: Control, actor: Person) -> None:
        control_services.save_control(control=row, actor=actor)


class NoteBody(StrictFields):
    note = StrictText(max_length=500, required=False, allow_blank=True, help_text="Shown to the proposer.")


class MappingViewSet(Changes):
    """What both kinds of mapping share: who changes one proposes it anew, and another person approves it."""

    bodies = {"approve": NoteBody, "reject": ReasonBody}

    def write(self, row: Any, actor: Person) -> None:
        mapping_services.save_mapping(mapping=row, actor=actor)

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Against the texts as they stand; never by the proposer."""

        def do(row: Any, given: dict[str, Any], actor: Person) -> None:
            mapping_services.approve(mappings=[row], actor=actor, note=given.get("note", ""))

        return self.act(request, do)

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """With a reason that the proposer reads."""

        def do(row: Any, given: dict[str, Any], actor: Person) -> None:
            mapping_services.reject(mappings=[row], actor=actor, note=given["reason"])

        return self.act(request, do)


WRITTEN = ("relationship", "rationale_type", "rationale", "strength", "source")
REVIEW = ("status", "proposed_by", "proposed_at", "reviewed_by", "reviewed_at", "review_note")


class ControlMappingSerializer(NounSerializer):
    control = Named(Control)
    requirement = Named(Requirement)
    proposed_by = Named(Person, read_only=True)
    reviewed_by = Named(Person, read_only=True)

    class Meta:
        model = ControlMapping
        fields = ("id", "control", "requirement", *WRITTEN, *REVIEW)
        read_only_fields = REVIEW


class ControlMappingViewSet(MappingViewSet):
    """Controls mapped to requirements, read control → requirement."""

    samples = {
        "create": {
            "control": "GOV-20",
            "requirement": "nist-ai-rmf.GOVERN-1.6",
            "relationship": "equal",
            "rationale_type": "semantic",
            "rationale": "Both ask for an inventory that is kept current.",
            "strength": 9,
        },
        "approve": {"note": "Read both texts."},
        "reject": {"reason": "The control says nothing of risk priorities."},
    }
    model = ControlMapping
    serializer_class = ControlMappingSerializer
    filters = {
        "status": "status",
        "relationship": "relationship",
        "control": "control__ref",
        "requirement": "requirement__ref",
        "family": "requirement__family__key",
        "theme": "control__theme",
    }
    search_fields = ("rationale", "control__title")
    orders = {"control": "control__ref", "position": "requirement__position", "proposed_at": "proposed_at"}


class RequirementMappingSerializer(NounSerializer):
    focal = Named(Requirement)
    reference = Named(Requirement)
    proposed_by = Named(Person, read_only=True)
    reviewed_by = Named(Person, read_only=True)

    class Meta:
        model = RequirementMapping
        fields = ("id", "focal", "reference", *WRITTEN, *REVIEW)
        read_only_fields = REVIEW


class RequirementMappingViewSet(MappingViewSet):
    """Requirements mapped to requirements of another framework, read focal → reference."""

    model = RequirementMapping
    serializer_class = RequirementMappingSerializer
    filters = {
        "status": "status",
        "relationship": "relationship",
        "focal": "focal__ref",
        "reference": "reference__ref",
        "focal_family": "focal__family__key",
    }
    search_fields = ("rationale",)
    orders = {"focal": "focal__position", "reference": "reference__position", "proposed_at": "proposed_at"}


class AttestationSerializer(NounSerializer):
    requirement = Named(Requirement, read_only=True)
    scope = Named(Scope, "key", read_only=True)
    attested_by = Named(Person, read_only=True)
    mappings = serializers.SerializerMethodField()

    class Meta:
        model = Attestation
        fields = ("id", "requirement", "scope", "mappings", "reason", "attested_by", "attested_at")

    def get_mappings(self, row: Attestation) -> list[int]:
        return [item.mapping_id for item in row.items.all()]


class NewAttestation(ReasonBody):
    requirement = Named(Requirement)
    scope = Named(Scope, "key")
    mappings = serializers.ListField(child=StrictInteger(min_value=1), min_length=2, max_length=100)


class AttestationViewSet(Creates):
    """Somebody's word that several partial mappings suffice together. Said again for the same place, it replaces."""

    samples = {
        "create": {
            "requirement": "HK-HLP-05",
            "scope": "hk-bank",
            "mappings": [31, 32],
            "reason": "Together they cover design and review.",
        }
    }
    model = Attestation
    serializer_class = AttestationSerializer
    bodies = {"create": NewAttestation}
    filters = {"requirement": "requirement__ref", "scope": "scope__key"}
    orders = {"attested_at": "attested_at"}

    def dress(self, rows: Any) -> QuerySet:
        return rows.for_register().prefetch_related("items")

    def make(self, given: dict[str, Any], actor: Person) -> Attestation:
        chosen = ControlMapping.objects.filter(pk__in=given.pop("mappings"))
        return mapping_services.attest(**given, mappings=chosen, actor=actor)


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


ROUTES = (
    ("controls", ControlViewSet),
    ("control-mappings", ControlMappingViewSet),
    ("requirement-mappings", RequirementMappingViewSet),
    ("attestations", AttestationViewSet),
    ("implementations", ImplementationViewSet),
    ("evidence", EvidenceViewSet),
    ("tests", TestViewSet),
)
