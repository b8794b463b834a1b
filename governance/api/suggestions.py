"""Candidate controls for a requirement, by REST. Nothing is written; who maps posts to control-mappings."""

import re
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from controls.inputs import Candidate, suggest_controls
from frameworks.models import Requirement
from office.rest.access import caller_of
from office.rest.pages import refuse_strangers
from office.rest.schema import asks
from office.rest.viewsets import NAME
from office.services import rights

FEW, MOST = 5, 50


class TermShape(serializers.Serializer):
    word = serializers.CharField(help_text="As the requirement writes it.")
    share = serializers.FloatField(help_text="Its part of the score.")
    borrowed = serializers.BooleanField(help_text="Whether it stands only in requirements mapped to the control.")


class CandidateShape(serializers.Serializer):
    control = serializers.CharField()
    title = serializers.CharField()
    objective = serializers.CharField()
    status = serializers.CharField()
    score = serializers.FloatField(help_text="Sum of the shares. It puts candidates in order; it is no degree of fit.")
    terms = TermShape(many=True)
    rejected_mapping = serializers.IntegerField(
        allow_null=True, help_text="Number of the mapping of the two that a person rejected, or null."
    )
    review_note = serializers.CharField(allow_blank=True, help_text="Why it was rejected.")


class MappedControlShape(serializers.Serializer):
    control = serializers.CharField()
    mapping = serializers.IntegerField()
    status = serializers.CharField()


class SuggestionsShape(serializers.Serializer):
    requirement = serializers.CharField()
    suggestions = CandidateShape(many=True)
    mapped = MappedControlShape(many=True, help_text="Left out of the suggestions.")
    no_control = serializers.CharField(allow_blank=True, help_text="Why no control fits, where somebody said so.")


class SuggestionsView(APIView):
    """Controls that use the same words as a requirement, best first, with those words. Never applied by themselves."""

    operation = "requirements_suggestions"
    answers = {"get": SuggestionsShape}

    @asks(
        OpenApiParameter("ref", {"type": "string", "pattern": f"^{NAME}$"}, OpenApiParameter.PATH),
        OpenApiParameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MOST},
            description=f"How many at most; {FEW} by default.",
        ),
    )
    def get(self, request: Request, ref: str) -> Response:
        refuse_strangers(request, ("limit",))
        if not rights.reads_register(caller_of(request)):
            raise exceptions.PermissionDenied("Suggested controls are for officers, leaders and auditors.")
        limit = _limit(request.query_params.get("limit", str(FEW)))
        if not re.fullmatch(NAME, ref):
            raise exceptions.NotFound
        seen = Requirement.objects.visible_to(caller_of(request)).select_related("current")
        requirement = get_object_or_404(seen, ref=ref)
        found = suggest_controls(requirement, limit=limit)
        return Response(
            {
                "requirement": requirement.ref,
                "suggestions": [_shown(row) for row in found.candidates],
                "mapped": [
                    {"control": row.control.ref, "mapping": row.pk, "status": row.status} for row in found.mapped
                ],
                "no_control": found.no_control,
            }
        )


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise exceptions.ValidationError({"limit": f"Write a number from 1 to {MOST}."})
    return int(text[:9])


def _shown(candidate: Candidate) -> dict[str, Any]:
    control, rejected = candidate.control, candidate.rejected
    return {
        "control": control.ref,
        "title": control.title,
        "objective": control.objective,
        "status": control.status,
        "score": candidate.found.score,
        "terms": [
            {"word": term.word, "share": term.share, "borrowed": term.borrowed} for term in candidate.found.terms
        ],
        "rejected_mapping": rejected.pk if rejected else None,
        "review_note": rejected.review_note if rejected else "",
    }
