"""The statement of applicability by REST: the words of the page and of the workbook, one object a requirement."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from frameworks.api import KNOWN_ON, ON
from governance.api.shapes import ANSWERS, RECORDS_BEGIN, answers_asked
from governance.documents.applicability import Statement, StatementRow, statement_of
from governance.models import Deployment
from office.rest.access import caller_of
from office.rest.pages import refuse_strangers
from office.rest.schema import asks
from office.today import day_asked


class MappedShape(serializers.Serializer):
    control = serializers.CharField()
    title = serializers.CharField()
    mapping = serializers.CharField(help_text="Relationship and status of the mapping.")
    implementation = serializers.CharField(help_text="State in the nearest scope.")
    evidence = serializers.CharField()


class StatementRowShape(serializers.Serializer):
    requirement = serializers.CharField()
    family = serializers.CharField()
    citation = serializers.CharField()
    title = serializers.CharField()
    unverified = serializers.BooleanField(help_text="Whether its text is not yet verified.")
    status = serializers.ChoiceField(choices=["applies", "may_apply", "not_applicable"])
    applies_from = serializers.DateField(allow_null=True)
    timing = serializers.CharField(allow_blank=True)
    because = serializers.ListField(child=serializers.CharField())
    hangs_on = serializers.ListField(child=serializers.CharField(), help_text="Questions that nobody has answered.")
    owed_by = serializers.CharField()
    subject = serializers.CharField(
        allow_blank=True, help_text="Empty: nobody owes it here, or nobody is known who does."
    )
    followed = serializers.BooleanField(allow_null=True, help_text="Whether the family is followed there.")
    controls = MappedShape(many=True)
    shown = serializers.CharField(allow_blank=True, help_text="Shown to be covered: yes, partial, no, or empty.")
    possible = serializers.CharField(allow_blank=True, help_text="Could still be: yes, no, or empty.")
    accepted_until = serializers.DateField(allow_null=True)
    acceptance_reason = serializers.CharField(allow_blank=True)
    accountable = serializers.CharField(allow_blank=True)


class StatementShape(serializers.Serializer):
    deployment = serializers.CharField()
    on = serializers.DateField()
    known_on = serializers.DateField()
    records_begin = serializers.DateField(allow_null=True, help_text=RECORDS_BEGIN)
    journal_seq = serializers.IntegerField()
    journal_head = serializers.CharField(allow_blank=True)
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Imported families not followed here.")
    rows = StatementRowShape(many=True)


DEPLOYMENT = OpenApiParameter("deployment", str, required=True, description="Key of a deployment.")


class StatementView(APIView):
    """Every requirement for one deployment: whether it applies and why, who owes it, what stands behind it."""

    operation = "statement"
    answers = {"get": StatementShape}

    @asks(DEPLOYMENT, ON, KNOWN_ON, ANSWERS)
    def get(self, request: Request) -> Response:
        refuse_strangers(request, ("deployment", "on", "known_on", "answers"))
        asked, person = request.query_params, caller_of(request)
        if not asked.get("deployment"):
            raise exceptions.ValidationError({"deployment": "Name a deployment by its key."})
        on, answers = day_asked(asked, "on"), answers_asked(asked)
        known_on = day_asked(asked, "known_on", on)
        seen = Deployment.objects.visible_to(person).for_register()
        deployment = seen.filter(scope__key=asked["deployment"]).first()
        if deployment is None:
            raise Http404
        return Response(_plain(statement_of(deployment, person, on, known_on, answers)))


def _plain(found: Statement) -> dict[str, Any]:
    head = found.as_of
    return {
        "deployment": found.deployment.scope.key,
        "on": head.on.isoformat(),
        "known_on": head.known_on.isoformat(),
        "records_begin": head.begins.isoformat() if head.begins else None,
        "journal_seq": head.seq,
        "journal_head": head.head,
        "left_out": list(found.left_out),
        "rows": [_row(row) for part in found.parts for row in part.rows],
    }


def _row(row: StatementRow) -> dict[str, Any]:
    named = ("requirement", "family", "citation", "title", "unverified", "status", "timing", "subject", "followed")
    stood = ("shown", "possible", "acceptance_reason", "accountable")
    control = ("control", "title", "mapping", "implementation", "evidence")
    return {
        **{name: getattr(row, name) for name in (*named, *stood)},
        "applies_from": row.applies_from.isoformat() if row.applies_from else None,
        "because": list(row.because),
        "hangs_on": list(row.questions),
        "owed_by": row.level,
        "controls": [{name: getattr(one, name) for name in control} for one in row.controls],
        "accepted_until": row.accepted_until.isoformat() if row.accepted_until else None,
    }
