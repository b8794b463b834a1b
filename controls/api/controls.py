"""Controls by REST, requirements that none fits, and conflicts that the office decides."""

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from controls.models import Conflict, Control, NoControl
from controls.services import conflicts as conflict_services
from controls.services import controls as control_services
from frameworks.models import Requirement
from office.models import Person
from office.rest.fields import Accountable, Named, StrictText
from office.rest.serializers import NounSerializer, ReasonBody, StrictFields
from office.rest.viewsets import NAME, Changes, Deletes, Nouns
from office.today import today


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


class NoControlSerializer(NounSerializer):
    requirement = Named(Requirement)
    stated_by = Named(Person, read_only=True)

    class Meta:
        model = NoControl
        fields = ("id", "requirement", "reason", "stated_by", "stated_at")
        read_only_fields = ("stated_at",)


class NoControlViewSet(Deletes):
    """Reasons why no control fits a requirement; they go once a control is mapped."""

    samples = {"create": {"requirement": "HK-IA-03", "reason": "Proposed only; nothing is asked of anybody yet."}}
    model = NoControl
    serializer_class = NoControlSerializer
    filters = {"requirement": "requirement__ref", "family": "requirement__family__key"}
    search_fields = ("reason",)
    orders = {"position": "requirement__position", "stated_at": "stated_at"}

    def write(self, row: NoControl, actor: Person) -> None:
        conflict_services.save_no_control(row=row, actor=actor)


class ConflictSerializer(NounSerializer):
    decided_by = Named(Person, read_only=True)

    class Meta:
        model = Conflict
        fields = (
            "ref", "title", "question", "why", "sides", "options", "source", "decision", "decided_by", "decided_on",
            "review_on",
        )  # fmt: skip


class DecisionBody(StrictFields):
    decision = StrictText(max_length=2000, help_text="What is done in which market, and why.")
    review_on = serializers.DateField(help_text="The day on which it is looked at again.")


class ConflictViewSet(Nouns):
    """Demands of two markets that one global setting cannot serve; the office decides."""

    samples = {
        "decide": {
            "decision": "Two deployments, each with its own filter: the mainland's never runs for Hong Kong.",
            "review_on": "2027-11-26",
        },
        "reopen": {"reason": "The provider offers one model for both markets now."},
    }
    bodies = {"decide": DecisionBody, "reopen": ReasonBody}
    model = Conflict
    serializer_class = ConflictSerializer
    lookup_field = "ref"
    lookup_value_regex = NAME
    filters = {"undecided": "decided_on__isnull"}
    search_fields = ("title", "question", "decision")
    orders = {"ref": "ref", "review_on": "review_on"}

    @action(detail=True, methods=["post"])
    def decide(self, request: Request, ref: str) -> Response:
        """Records what the office decided, and when it looks again."""
        return self.act(
            request,
            lambda row, given, actor: conflict_services.decide_conflict(conflict=row, actor=actor, on=today(), **given),
        )

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, ref: str) -> Response:
        """Takes the decision back."""
        return self.act(
            request,
            lambda row, given, actor: conflict_services.reopen_conflict(conflict=row, actor=actor, **given),
        )
