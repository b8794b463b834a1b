"""Use cases, deployments, models, suppliers and approvals."""

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from frameworks.api import KNOWN_ON, ON
from frameworks.domain.applicability import to_json
from frameworks.vocabulary_files import shipped_vocabulary
from governance.api.shapes import (
    ANSWERS,
    AssessmentShape,
    DutiesShape,
    QuestionsShape,
    answers_asked,
    duties_shown,
)
from governance.choices import Stage, Status
from governance.domain.position import Position
from governance.inputs import position_of
from governance.models import AIModel, Approval, Deployment, Supplier, UseCase
from governance.services import inventory
from office.history import Reader, reader_of, then_of
from office.models import LegalEntity, Person
from office.rest.access import caller_of
from office.rest.fields import Accountable, ClosedChoice, Named, StrictSlug, StrictText
from office.rest.schema import asks
from office.rest.serializers import NounSerializer, StrictFields
from office.rest.viewsets import DAYS, NAME, Changes, Deletes
from office.services import rights
from office.today import day_asked, today


class SupplierSerializer(NounSerializer):
    class Meta:
        model = Supplier
        fields = ("key", "name", "country", "contact")


class SupplierViewSet(Deletes):
    """Those outside the group who make or run AI for it."""

    samples = {"create": {"key": "acme", "name": "Acme Models", "country": "US"}}
    model = Supplier
    serializer_class = SupplierSerializer
    lookup_field = "key"
    lookup_value_regex = NAME
    filters = {"country": "country"}
    search_fields = ("name", "key")
    orders = {"name": "name", "key": "key"}


class ModelSerializer(NounSerializer):
    key = serializers.CharField(source="scope.key", read_only=True)
    name = serializers.CharField(source="scope.name", read_only=True)
    supplier = Named(Supplier, "key", required=False, allow_null=True)
    accountable = Accountable()

    class Meta:
        model = AIModel
        fields = ("key", "name", "supplier", "version", "filing_number", "status", "accountable", "seat")
        read_only_fields = ("seat",)


class NewModel(StrictFields):
    key = StrictSlug(max_length=80)
    name = StrictText(max_length=200)
    holder = Named(LegalEntity, "scope__key", required=False, help_text="The entity that holds it; without: shared.")
    supplier = Named(Supplier, "key", required=False)
    version = StrictText(max_length=60, required=False, allow_blank=True)
    filing_number = StrictText(max_length=120, required=False, allow_blank=True)
    accountable = Named(Person, required=False, help_text="Without one the model stays a draft.")


class ModelViewSet(Changes):
    """AI models; some duties are owed once a model."""

    samples = {
        "create": {"key": "large-7", "name": "Large 7", "supplier": "acme", "version": "7.1", "accountable": "P-014"}
    }
    model = AIModel
    serializer_class = ModelSerializer
    bodies = {"create": NewModel}
    lookup_field = "scope__key"
    lookup_url_kwarg = "key"
    lookup_value_regex = NAME
    filters = {"status": "status", "supplier": "supplier__key"}
    search_fields = ("scope__name", "scope__key", "filing_number")
    orders = {"name": "scope__name", "key": "scope__key"}

    def make(self, given: dict[str, Any], actor: Person) -> AIModel:
        holder = given.get("holder")
        rights.require(actor, holder.scope if holder else None, "add models")
        return inventory.add_model(**given, on=today(), actor=actor)

    def write(self, row: AIModel, actor: Person) -> None:
        inventory.save_model(model=row, actor=actor)


class UseCaseSerializer(NounSerializer):
    registered_by = Named(Person, read_only=True)
    accountable = Accountable()
    deployments = serializers.SerializerMethodField(help_text="Keys of its deployments.")

    class Meta:
        model = UseCase
        fields = ("ref", "title", "purpose", "status", "accountable", "seat", "registered_by", "deployments")
        read_only_fields = ("seat",)

    def get_deployments(self, row: UseCase) -> list[str]:
        return [deployment.scope.key for deployment in row.deployments.all()]


class NewUseCase(StrictFields):
    title = StrictText(max_length=200, help_text="How people in the firm call it.")
    purpose = StrictText(help_text="What it does, for whom, and who decides in the end.", max_length=20_000)
    ref = StrictSlug(max_length=40, required=False, help_text="Given in turn where none is asked for.")
    accountable = Named(Person, required=False, help_text="The caller by default.")
    entity = Named(
        LegalEntity,
        "scope__key",
        required=False,
        help_text="Who runs it: makes the first deployment. Without: a draft.",
    )
    stage = ClosedChoice(Stage.choices, required=False)
    models = Named(AIModel, "scope__key", many=True, required=False)


class UseCaseViewSet(Changes):
    """Ideas with a purpose: the same whoever runs them."""

    samples = {
        "create": {
            "title": "Credit scoring",
            "purpose": "Scores applicants; a person decides.",
            "entity": "hk-bank",
            "stage": "pilot",
        }
    }
    model = UseCase
    serializer_class = UseCaseSerializer
    bodies = {"create": NewUseCase}
    lookup_field = "ref"
    lookup_value_regex = NAME
    filters = {"status": "status", "entity": "deployments__entity__scope__key", "stage": "deployments__stage"}
    search_fields = ("ref", "title", "purpose")
    orders = {"ref": "ref", "title": "title"}

    def make(self, given: dict[str, Any], actor: Person) -> UseCase:
        given = {"accountable": actor} | given
        if "entity" in given:
            return inventory.register_use_case(**given, on=today(), actor=actor)
        plain = {name: given[name] for name in ("title", "purpose", "ref", "accountable") if name in given}
        return inventory.add_use_case(**plain, on=today(), actor=actor, status=Status.DRAFT)

    def write(self, row: UseCase, actor: Person) -> None:
        inventory.save_use_case(use_case=row, actor=actor)


class DeploymentSerializer(NounSerializer):
    key = serializers.CharField(source="scope.key", read_only=True)
    name = serializers.CharField(source="scope.name", read_only=True)
    use_case = Named(UseCase, read_only=True)
    entity = Named(LegalEntity, "scope__key", read_only=True)
    models = serializers.SerializerMethodField(help_text="Keys of the models it is built on.")
    accountable = Accountable()

    class Meta:
        model = Deployment
        fields = ("key", "name", "use_case", "entity", "stage", "models", "accountable", "seat")

    def get_models(self, row: Deployment) -> list[str]:
        return [link.model.scope.key for link in row.model_links.all()]


class NewDeployment(StrictFields):
    use_case = Named(UseCase)
    entity = Named(LegalEntity, "scope__key")
    stage = ClosedChoice(Stage.choices, required=False)
    models = Named(AIModel, "scope__key", many=True, required=False)
    accountable = Named(Person, required=False, help_text="Who answers for the use case, by default.")
    key = StrictSlug(max_length=80, required=False, help_text="Made from use case and entity where none is given.")


class ChangedDeployment(StrictFields):
    stage = ClosedChoice(Stage.choices, required=False)
    models = Named(AIModel, "scope__key", many=True, required=False, help_text="All of them: who is missing goes.")


REPORTS = ("assessment", "duties")


class DeploymentViewSet(Changes):
    """Use cases as one legal entity runs them. Facts, duties, coverage and gaps are per deployment."""

    samples = {
        "create": {"use_case": "UC-001", "entity": "eu-bank", "stage": "idea"},
        "partial_update": {"stage": "live"},
    }
    model = Deployment
    serializer_class = DeploymentSerializer
    bodies = {"create": NewDeployment, "partial_update": ChangedDeployment}
    answers = {"assessment": AssessmentShape, "duties": DutiesShape, "questions": QuestionsShape}
    lookup_field = "scope__key"
    lookup_url_kwarg = "key"
    lookup_value_regex = NAME
    filters = {
        "stage": "stage",
        "entity": "entity__scope__key",
        "use_case": "use_case__ref",
        "use_case_status": "use_case__status",
    }
    search_fields = ("scope__key", "scope__name", "use_case__title")
    orders = {"key": "scope__key", "use_case": "use_case__ref"}

    def make(self, given: dict[str, Any], actor: Person) -> Deployment:
        given.setdefault("accountable", given["use_case"].seat.holder or actor)
        return inventory.add_deployment(**given, on=today(), actor=actor)

    def change(self, row: Deployment, given: dict[str, Any], actor: Person) -> None:
        row.stage = given.get("stage", row.stage)
        self.allow(row, actor)
        inventory.save_deployment(deployment=row, actor=actor)
        if "models" in given:
            inventory.set_models(deployment=row, models=given["models"], actor=actor)

    @property
    def days(self) -> tuple[str, ...]:  # type: ignore[override]
        """What reports of a row ask for beside it."""
        return (*DAYS, "answers") if self.action in REPORTS else ()

    @asks(ON, KNOWN_ON, ANSWERS)
    @action(detail=True, methods=["get"])
    def assessment(self, request: Request, key: str) -> Response:
        """Every requirement with its verdict and trace, from the facts as they are answered."""
        position, _ = self.stood(request, self.found())
        if key not in position.cases:
            raise NotFound(
                f"At the end of {position.known_on} nothing was recorded of this deployment. Ask with answers=now for "
                "today's answers against the law of that day."
            )
        return Response(to_json(position.assessments[key], key, position.on, position.known_on))

    @asks(ON, KNOWN_ON, ANSWERS)
    @action(detail=True, methods=["get"])
    def duties(self, request: Request, key: str) -> Response:
        """What applies and what may apply, with who owes it, how far it is shown, and its gap."""
        row = self.found()
        position, office = self.stood(request, row)
        return Response(duties_shown(row, position, office, caller_of(request)))

    def stood(self, request: Request, row: Deployment) -> tuple[Position, Reader]:
        """Where a deployment stands on the days that are asked for, and the office as it is read for that."""
        asked = request.query_params
        on, answers = day_asked(asked, "on"), answers_asked(asked)
        known_on = day_asked(asked, "known_on", on)
        return position_of(row, on, known_on, answers=answers), reader_of(then_of(known_on, answers))

    @action(detail=True, methods=["get"])
    def questions(self, request: Request, key: str) -> Response:
        """The facts whose answers can still change something, the most decisive first."""
        position = position_of(self.found(), today())
        facts = shipped_vocabulary().facts
        shown = [
            {
                "fact": name,
                "question": facts[name].question,
                "about": facts[name].subject,
                "type": facts[name].type,
                "choices": list(facts[name].choices),
            }
            for name in position.assessments[key].next_questions
        ]
        return Response({"questions": shown})


class ApprovalSerializer(NounSerializer):
    deployment = Named(Deployment, "scope__key")
    recorded_by = Named(Person, read_only=True)

    class Meta:
        model = Approval
        fields = ("id", "deployment", "stage", "body", "decided_on", "expires_on", "conditions", "recorded_by")


class ApprovalViewSet(Deletes):
    """Decisions of bodies that a deployment may enter a stage."""

    samples = {
        "create": {
            "deployment": "uc-001-hk-bank",
            "stage": "live",
            "body": "Risk management committee",
            "decided_on": "2026-11-20",
            "expires_on": "2027-11-20",
        }
    }
    model = Approval
    serializer_class = ApprovalSerializer
    filters = {
        "deployment": "deployment__scope__key",
        "stage": "stage",
        "expires_before": "expires_on__lt",
        "endless": "expires_on__isnull",
    }
    search_fields = ("body", "conditions")
    orders = {"decided_on": "decided_on", "expires_on": "expires_on"}

    def write(self, row: Approval, actor: Person) -> None:
        inventory.record_approval(approval=row, actor=actor)
