"""Answers to facts, flows across borders, decisions on what applies, and families that are followed."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from frameworks.models import Family, Requirement
from governance.models import Adoption, Answer, ApplicabilityDecision, Deployment, Transfer, UseCase
from governance.services import answers, gaps
from office.models import LegalEntity, Person, Scope
from office.rest.access import caller_of
from office.rest.fields import Named, StrictSlug
from office.rest.serializers import NounSerializer, StrictFields
from office.rest.viewsets import Creates, Deletes
from office.tasks import nudge


class AnswerSerializer(NounSerializer):
    scope = Named(Scope, "key", read_only=True)
    use_case = Named(UseCase, read_only=True)
    answered_by = Named(Person, read_only=True)

    class Meta:
        model = Answer
        fields = ("id", "scope", "use_case", "fact", "value", "answered_by", "answered_at")


class AnswersBody(StrictFields):
    scope = Named(Scope, "key", required=False, help_text="Office, entity, model or deployment …")
    use_case = Named(UseCase, required=False, help_text="… or a use case: one of the two.")
    answers = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        allow_empty=False,
        help_text='Fact of the vocabulary → answer; "unknown" where nobody knows, null to take an answer back.',
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("scope" in attrs) == ("use_case" in attrs):
            raise serializers.ValidationError("Name one subject: a scope or a use case.")
        return attrs


class AnsweredShape(serializers.Serializer):
    changed = serializers.IntegerField(
        help_text="How many answers are new, changed, confirmed after a year or taken back."
    )


class AnswerViewSet(Creates):
    """Facts as they are answered. The newest word counts; the journal keeps the earlier ones."""

    samples = {
        "create": {"scope": "uc-001-hk-bank", "answers": {"use_case.markets": ["hk"], "use_case.audience": "public"}}
    }
    model = Answer
    serializer_class = AnswerSerializer
    bodies = {"create": AnswersBody}
    answers = {"create": AnsweredShape}
    codes = {"create": 200}
    filters = {"fact": "fact", "scope": "scope__key", "use_case": "use_case__ref"}
    orders = {"fact": "fact", "answered_at": "answered_at"}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answers facts about one subject, all or none. Gaps are recomputed afterwards."""
        return self.once(request, lambda: self._answer(self.given(request), caller_of(request)))

    def _answer(self, given: dict[str, Any], actor: Person) -> Response:
        subject = given.get("scope") or given["use_case"]
        changed = answers.answer_facts(subject=subject, answers=given["answers"], actor=actor)
        gaps.ask_recompute(actor=actor, nudge=nudge)
        return Response({"changed": changed})


class TransferSerializer(NounSerializer):
    deployment = Named(Deployment, "scope__key", read_only=True)
    exporter = Named(LegalEntity, "scope__key", read_only=True)

    class Meta:
        model = Transfer
        fields = ("id", "deployment", "name", "exporter", "record")


class NewTransfer(StrictFields):
    deployment = Named(Deployment, "scope__key")
    name = StrictSlug(max_length=60)
    record = serializers.DictField(help_text="The fields of the vocabulary's flow form.")
    exporter = Named(LegalEntity, "scope__key", required=False, help_text="The deployment's entity by default.")


class ChangedTransfer(StrictFields):
    record = serializers.DictField(required=False)
    exporter = Named(LegalEntity, "scope__key", required=False)


class TransferViewSet(Deletes):
    """Data flows across a border. Who may answer for the deployment records them."""

    samples = {"create": {"deployment": "uc-001-hk-bank", "name": "scores-to-eu", "record": {"from": "cn", "to": "eu"}}}
    model = Transfer
    serializer_class = TransferSerializer
    bodies = {"create": NewTransfer, "partial_update": ChangedTransfer}
    filters = {"deployment": "deployment__scope__key", "exporter": "exporter__scope__key"}
    orders = {"name": "name"}

    def make(self, given: dict[str, Any], actor: Person) -> Transfer:
        return answers.add_transfer(**given, actor=actor)

    def change(self, row: Transfer, given: dict[str, Any], actor: Person) -> None:
        for name, value in given.items():
            setattr(row, name, value)
        answers.save_transfer(transfer=row, actor=actor)

    def remove(self, row: Transfer, actor: Person) -> None:
        answers.remove_transfer(transfer=row, actor=actor)


class DecisionSerializer(NounSerializer):
    scope = Named(Scope, "key")
    requirement = Named(Requirement)
    decided_by = Named(Person, read_only=True)

    class Meta:
        model = ApplicabilityDecision
        fields = ("id", "scope", "requirement", "verdict", "reason", "review_on", "decided_by", "decided_at")
        read_only_fields = ("decided_at",)


class DecisionViewSet(Deletes):
    """An officer's word on what applies; the engine's own verdict stays beside it."""

    samples = {
        "create": {
            "scope": "uc-001-hk-bank",
            "requirement": "HK-HLP-05",
            "verdict": "not_applicable",
            "reason": "Sold only to other banks.",
            "review_on": "2027-05-01",
        }
    }
    model = ApplicabilityDecision
    serializer_class = DecisionSerializer
    filters = {
        "scope": "scope__key",
        "requirement": "requirement__ref",
        "family": "requirement__family__key",
        "verdict": "verdict",
    }
    search_fields = ("reason",)
    orders = {"decided_at": "decided_at", "review_on": "review_on"}

    def write(self, row: ApplicabilityDecision, actor: Person) -> None:
        answers.change_decision(decision=row, actor=actor)


class AdoptionSerializer(NounSerializer):
    scope = Named(Scope, "key")
    family = Named(Family, "key")

    class Meta:
        model = Adoption
        fields = ("id", "scope", "family", "adopted", "reason")


class AdoptionViewSet(Deletes):
    """Whether a family is followed in a scope; the nearest scope counts."""

    samples = {
        "create": {"scope": "office", "family": "nist-ai-rmf", "adopted": True, "reason": "Board decision of 3 March"}
    }
    model = Adoption
    serializer_class = AdoptionSerializer
    filters = {"scope": "scope__key", "family": "family__key", "adopted": "adopted"}
    orders = {"scope": "scope__key", "family": "family__key"}
