"""Mappings by REST and their review; attested sets."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.choices import MappingStatus
from controls.models import Attestation, Control, ControlMapping, RequirementMapping
from controls.services import mappings as mapping_services
from controls.services.reviewing import decide, key_of, seen_of
from frameworks.models import Requirement
from office.models import Person, Scope
from office.rest.access import caller_of
from office.rest.fields import Named, StrictInteger, StrictText
from office.rest.serializers import NounSerializer, ReasonBody, StrictFields
from office.rest.viewsets import Changes, Creates


class NoteBody(StrictFields):
    note = StrictText(
        max_length=500, required=False, allow_blank=True, help_text="Kept in the journal; the other side reads it."
    )


class MappingViewSet(Changes):
    """What both kinds of mapping share: who changes one proposes it anew, and another person approves it."""

    samples = {
        "approve": {"note": "Read both texts."},
        "reject": {"reason": "The control says nothing of risk priorities."},
        "ask_again": {"reason": "The guidance on this article has changed."},
        "propose": {"note": "The control now says who decides."},
    }
    bodies = {"approve": NoteBody, "reject": ReasonBody, "ask_again": ReasonBody, "propose": NoteBody}

    def write(self, row: Any, actor: Person) -> None:
        mapping_services.save_mapping(mapping=row, actor=actor)

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Against the texts as they stand; never by the proposer."""
        return self._move(request, MappingStatus.APPROVED)

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """With a reason that the proposer reads."""
        return self._move(request, MappingStatus.REJECTED)

    @action(detail=True, methods=["post"], url_path="ask-again")
    def ask_again(self, request: Request, pk: str) -> Response:
        """Sends an approved mapping to re-review, with what is doubted."""
        return self._move(request, MappingStatus.RE_REVIEW)

    @action(detail=True, methods=["post"])
    def propose(self, request: Request, pk: str) -> Response:
        """Proposes a draft, or a rejected mapping once more, in the caller's name."""
        return self._move(request, MappingStatus.PROPOSED)

    def _move(self, request: Request, status: str) -> Response:
        def do(row: Any, given: dict[str, Any], actor: Person) -> None:
            note = given.get("reason") or given.get("note", "")
            decide(mappings=[row], seen={key_of(row): seen_of(row)}, status=status, actor=actor, note=note)

        return self.act(request, do)


WRITTEN = ("relationship", "rationale_type", "rationale", "strength", "source", "comments")
REVIEW = ("status", "proposed_by", "proposed_at", "reviewed_by", "reviewed_at", "review_note")


class MappingSerializer(NounSerializer):
    """`seen` makes the ETag cover the texts of both ends: what was read is what is approved."""

    seen = serializers.SerializerMethodField(help_text="Changes with everything that a review is about.")

    def get_seen(self, row: Any) -> str:
        return seen_of(row)


class ControlMappingSerializer(MappingSerializer):
    control = Named(Control)
    requirement = Named(Requirement)
    proposed_by = Named(Person, read_only=True)
    reviewed_by = Named(Person, read_only=True)

    class Meta:
        model = ControlMapping
        fields = ("id", "control", "requirement", *WRITTEN, *REVIEW, "seen")
        read_only_fields = REVIEW


class ControlMappingViewSet(MappingViewSet):
    """Controls mapped to requirements, read control → requirement."""

    samples = {
        **MappingViewSet.samples,
        "create": {
            "control": "GOV-20",
            "requirement": "nist-ai-rmf.GOVERN-1.6",
            "relationship": "equal",
            "rationale_type": "semantic",
            "rationale": "Both ask for an inventory that is kept current.",
            "strength": 9,
        },
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


class RequirementMappingSerializer(MappingSerializer):
    focal = Named(Requirement)
    reference = Named(Requirement)
    proposed_by = Named(Person, read_only=True)
    reviewed_by = Named(Person, read_only=True)

    class Meta:
        model = RequirementMapping
        fields = ("id", "focal", "reference", *WRITTEN, *REVIEW, "seen")
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
        },
        "withdraw": {"reason": "The second control is narrower than was thought."},
    }
    model = Attestation
    serializer_class = AttestationSerializer
    bodies = {"create": NewAttestation, "withdraw": ReasonBody}
    answers = {"withdraw": {204: None}}
    filters = {"requirement": "requirement__ref", "scope": "scope__key"}
    orders = {"attested_at": "attested_at"}

    def dress(self, rows: Any) -> QuerySet:
        return rows.for_register().prefetch_related("items")

    def make(self, given: dict[str, Any], actor: Person) -> Attestation:
        wanted = set(given.pop("mappings"))
        chosen = list(ControlMapping.objects.select_related("control", "requirement").filter(pk__in=wanted))
        if unknown := sorted(wanted - {row.pk for row in chosen}):
            told = f"There is no mapping {', '.join(map(str, unknown))}; name the mappings that the word is given for."
            raise ValidationError({"mappings": told})
        return mapping_services.attest(**given, mappings=chosen, actor=actor)

    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Takes the word back, with a reason that the journal keeps."""
        with self.locked(request) as row:
            mapping_services.withdraw_attestation(attestation=row, actor=caller_of(request), **self.given(request))
            return Response(status=status.HTTP_204_NO_CONTENT)
