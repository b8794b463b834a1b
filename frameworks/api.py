"""What is demanded, by REST: families, instruments, releases, and requirements as they were known on any day."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from frameworks.choices import ReviewResult
from frameworks.inputs import placed
from frameworks.models import (
    CounselReview,
    Family,
    Instrument,
    Release,
    Requirement,
    RequirementItem,
    RequirementText,
    RequirementVersion,
)
from frameworks.services.reviews import record_reviews
from office.models import Person
from office.rest.fields import ClosedChoice, Named, StrictDate, StrictText
from office.rest.schema import asks
from office.rest.serializers import NounSerializer, StrictFields
from office.rest.viewsets import NAME, Creates, Nouns
from office.today import day_asked, today

ON = OpenApiParameter("on", OpenApiTypes.DATE, description="The day on which dates are placed; today by default.")
KNOWN_ON = OpenApiParameter(
    "known_on", OpenApiTypes.DATE, description="The day whose knowledge of the law counts; by default that of `on`."
)


class FamilySerializer(NounSerializer):
    class Meta:
        model = Family
        fields = ("key", "title", "title_zh", "jurisdiction", "issuer", "is_voluntary", "origin", "source_id")


class FamilyViewSet(Nouns):
    """Bodies of rules that an office follows as a whole."""

    model = Family
    serializer_class = FamilySerializer
    lookup_field = "key"
    lookup_value_regex = NAME
    filters = {"jurisdiction": "jurisdiction", "is_voluntary": "is_voluntary", "origin": "origin"}
    search_fields = ("title", "key")
    orders = {"title": "title", "key": "key"}


class InstrumentSerializer(NounSerializer):
    family = Named(Family, "key", read_only=True)

    class Meta:
        model = Instrument
        fields = (
            "ref", "family", "title", "title_zh", "issuer", "number", "force", "status", "adopted", "applies", "source",
            "verification",
        )  # fmt: skip


class InstrumentViewSet(Nouns):
    """Laws, regulations, standards, circulars and guidelines."""

    model = Instrument
    serializer_class = InstrumentSerializer
    lookup_field = "ref"
    lookup_value_regex = NAME
    filters = {"family": "family__key", "force": "force", "verification": "verification"}
    search_fields = ("ref", "title", "number", "issuer")
    orders = {"ref": "ref", "title": "title"}


class ReleaseSerializer(NounSerializer):
    family = Named(Family, "key", read_only=True)

    class Meta:
        model = Release
        fields = ("id", "family", "known_from", "title", "digest", "loaded_at")


class ReleaseViewSet(Nouns):
    """Loaded states of a family's catalogue, each with the day from which it is known."""

    model = Release
    serializer_class = ReleaseSerializer
    filters = {"family": "family__key"}
    orders = {"known_from": "known_from"}


class TextSerializer(NounSerializer):
    class Meta:
        model = RequirementText
        fields = ("language", "origin", "title", "summary", "verification")


class ItemSerializer(NounSerializer):
    class Meta:
        model = RequirementItem
        fields = ("ref", "kind", "part", "title", "risks", "actor_tasks", "note")


class RequirementSerializer(NounSerializer):
    """One requirement as it was known on a day. `applies_from` and `timing` say what holds for everybody; where they
    hang on facts they are null and `unknown`: ask an assessment."""

    ref = serializers.CharField(read_only=True)
    family = serializers.CharField(source="family_key", read_only=True)
    instrument = serializers.CharField(source="instrument_ref", read_only=True)
    parent = serializers.CharField(source="parent_ref", read_only=True, allow_null=True)  # type: ignore[assignment]
    position = serializers.IntegerField(read_only=True)
    is_unverified = serializers.BooleanField(read_only=True, help_text="Not yet verified against a source.")
    applies_from = serializers.DateField(read_only=True, allow_null=True)
    timing = serializers.CharField(read_only=True)
    texts = TextSerializer(many=True, read_only=True)
    items = ItemSerializer(
        many=True, read_only=True, help_text="Points of an annex, or suggested actions of a profile."
    )

    class Meta:
        model = RequirementVersion
        fields = (
            "ref", "family", "instrument", "parent", "position", "citation", "title", "summary", "bearer", "owed_by",
            "force", "supervised", "status", "is_heading", "is_context", "one_of", "applies_when", "routes",
            "applies_from", "timing", "evidence", "cadence", "penalty", "penalty_tier", "source", "verification",
            "is_unverified", "note", "known_from", "known_until", "characteristics", "actor_tasks", "texts", "items",
        )  # fmt: skip

    def to_representation(self, instance: RequirementVersion) -> dict[str, Any]:
        """Placed once a row."""
        placement = placed(instance, self.context["on"])
        shown = super().to_representation(instance)
        return shown | {"applies_from": placement.applies_from, "timing": placement.timing}


class RequirementViewSet(Nouns):
    """What is demanded, as known on `known_on`, with dates placed on `on`."""

    model = RequirementVersion
    serializer_class = RequirementSerializer
    lookup_field = "requirement__ref"
    lookup_url_kwarg = "ref"
    lookup_value_regex = NAME
    days = ("on", "known_on")
    filters = {
        "family": "requirement__family__key",
        "instrument": "requirement__instrument__ref",
        "parent": "requirement__parent__ref",
        "owed_by": "owed_by",
        "force": "force",
        "status": "status",
        "verification": "verification",
        "penalty_tier": "penalty_tier",
        "is_heading": "is_heading",
    }
    search_fields = ("requirement__ref", "title", "citation", "summary")
    orders = {"requirement": "requirement__ref", "position": "requirement__position", "citation": "citation"}

    def base(self) -> QuerySet:
        on = day_asked(self.request.query_params, "on")
        known_on = day_asked(self.request.query_params, "known_on", on)
        return RequirementVersion.objects.known_on(known_on).in_order()

    def dress(self, rows: Any) -> QuerySet:
        return rows.for_api()

    def get_serializer_context(self) -> dict[str, Any]:
        on = day_asked(self.request.query_params, "on") if self.request else None
        return {**super().get_serializer_context(), "on": on}

    @asks(ON, KNOWN_ON)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @asks(ON, KNOWN_ON)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)


class CounselReviewSerializer(NounSerializer):
    requirement = serializers.SerializerMethodField()
    reviewed_by = Named(Person, read_only=True)
    of_standing_text = serializers.SerializerMethodField(help_text="False once a newer version has come.")

    class Meta:
        model = CounselReview
        fields = (
            "id",
            "requirement",
            "reviewed_by",
            "reviewed_on",
            "result",
            "source_read",
            "note",
            "of_standing_text",
        )

    def get_requirement(self, row: CounselReview) -> str:
        return row.version.requirement.ref

    def get_of_standing_text(self, row: CounselReview) -> bool:
        return row.version.known_until is None


class NewReview(StrictFields):
    requirement = Named(Requirement)
    reviewed_by = Named(Person)
    reviewed_on = StrictDate()
    result = ClosedChoice(ReviewResult.choices)
    source_read = StrictText(max_length=300, help_text="The text it was checked against, with its date.")
    note = StrictText(max_length=5000, required=False, allow_blank=True, default="")


class CounselReviewViewSet(Creates):
    """Who checked a requirement against its source, when and with what result. A later review follows an earlier one."""

    samples = {
        "create": {
            "requirement": "HK-HLP-05",
            "reviewed_by": "P-014",
            "reviewed_on": "2026-11-20",
            "result": "confirmed",
            "source_read": "HKMA circular of 1 November 2019",
        }
    }
    model = CounselReview
    serializer_class = CounselReviewSerializer
    bodies = {"create": NewReview}
    filters = {
        "requirement": "version__requirement__ref",
        "family": "version__requirement__family__key",
        "result": "result",
        "reviewed_by": "reviewed_by__ref",
    }
    search_fields = ("source_read", "note")
    orders = {"reviewed_on": "reviewed_on"}

    def dress(self, rows: Any) -> QuerySet:
        return rows.for_register()

    def make(self, given: dict[str, Any], actor: Person) -> CounselReview:
        requirement = given.pop("requirement")
        return record_reviews(requirements=[requirement], **given, actor=actor, on=today())[0]


ROUTES = (
    ("families", FamilyViewSet),
    ("instruments", InstrumentViewSet),
    ("releases", ReleaseViewSet),
    ("requirements", RequirementViewSet),
    ("counsel-reviews", CounselReviewViewSet),
)
