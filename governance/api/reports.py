"""Reports and asks that belong to no single row: assess, coverage, crosswalk, recompute."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from controls.domain.crosswalk import COLUMNS
from frameworks.api import KNOWN_ON, ON
from frameworks.domain.applicability import assess, to_json
from frameworks.domain.facts import FactsError
from frameworks.inputs import rows_for_assess
from frameworks.vocabulary_files import shipped_vocabulary
from governance.api.shapes import (
    ANSWERS,
    AssessBody,
    AssessmentShape,
    CoverageShape,
    CrosswalkShape,
    answers_asked,
    records_begin,
)
from governance.domain.grouping import BY, FAMILY, WHOLE, Group, Kept, grouped, kept
from governance.domain.position import share
from governance.inputs import position_on
from governance.inputs.coverage import names_of, places_seen
from governance.services.gaps import ask_recompute
from governance.workbook.files import KINDS, Asked, ask, write
from governance.workbook.sheets import crosswalk_sheet, result_of
from office.api.work import JobSerializer
from office.history import reader_for
from office.models import JournalHead, Scope
from office.rest.access import caller_of
from office.rest.fields import Named
from office.rest.pages import refuse_strangers
from office.rest.repeats import once
from office.rest.schema import asks
from office.rest.serializers import StrictFields
from office.services import rights
from office.tasks import nudge
from office.today import day_asked


class AssessView(APIView):
    """Facts in, duties out; needs no saved data and saves nothing."""

    samples = {
        "post": {
            "id": "case-1",
            "on": "2026-11-26",
            "facts": {"use_case.markets": ["eu"], "use_case.is_ai_system": True},
        }
    }
    bodies = {"post": AssessBody}
    answers = {"post": AssessmentShape}
    writes_nothing = ("post",)

    def post(self, request: Request) -> Response:
        body = AssessBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        given = body.validated_data
        on = given.get("on") or day_asked({}, "on")
        known_on = given.get("known_on") or on
        rows, _ = rows_for_assess(known_on)
        try:
            result = assess(
                vocabulary=shipped_vocabulary(), rows=rows, facts=given.get("facts", {}), flows=given.get("flows", []),
                on=on,
            )  # fmt: skip
        except FactsError as error:
            raise exceptions.ValidationError({"facts": error.problems}) from error
        return Response(to_json(result, given.get("id", ""), on, known_on))


class CoverageView(APIView):
    """Both bounds, as counts of requirements, over what the caller sees."""

    answers = {"get": CoverageShape}

    @asks(
        ON, KNOWN_ON, ANSWERS,
        OpenApiParameter(
            "by", {"type": "string", "enum": list(BY)},
            description="Grouping; family by default. deployment: what each owes itself; office: everything in one.",
        ),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = request.query_params
        refuse_strangers(request, ("on", "known_on", "answers", "by"))
        by = asked.get("by", FAMILY)
        if by not in BY:
            raise exceptions.ValidationError({"by": f"by must be one of: {', '.join(BY)}."})
        on, answers = day_asked(asked, "on"), answers_asked(asked)
        position = position_on(on, day_asked(asked, "known_on", on), answers=answers)
        places = places_seen(caller_of(request))
        lines = kept(position.lines, places, Kept())
        head = JournalHead.objects.filter(pk=1).first()
        return Response(
            {
                "on": position.on.isoformat(),
                "known_on": position.known_on.isoformat(),
                "records_begin": records_begin(),
                "by": by,
                "journal_seq": head.seq if head else 0,
                "journal_head": head.hash if head else "",
                "whole": _counts(Group(*WHOLE, share(lines))),
                "groups": [_counts(group) for group in grouped(lines, by, names_of(position, places))],
            }
        )


def _counts(group: Group) -> dict[str, Any]:
    return {"key": group.key, "title": group.title, **asdict(group.share)}


FORMATS = ("json", *KINDS)


class CrosswalkView(APIView):
    """Rows between two frameworks, direct and derived: as JSON, or as the auditor's workbook."""

    answers = {
        "get": {
            (200, "application/json"): CrosswalkShape,
            **{(200, kind.media): OpenApiTypes.BINARY for kind in KINDS.values()},
        }
    }

    @asks(
        OpenApiParameter("focal", str, required=True, description="Key of a family or an instrument."),
        OpenApiParameter("reference", str, required=True, description="Key of a family or an instrument."),
        OpenApiParameter("format", {"type": "string", "enum": list(FORMATS)}),
        ON, KNOWN_ON,
    )  # fmt: skip
    def get(self, request: Request) -> Response | HttpResponse:
        refuse_strangers(request, ("focal", "reference", "format", "on", "known_on"))
        if not rights.reads_register(caller_of(request)):
            raise exceptions.PermissionDenied("The crosswalk is for officers, leaders and auditors.")
        asked = request.query_params
        missing = [name for name in ("focal", "reference") if not asked.get(name)]
        if missing:
            raise exceptions.ValidationError(dict.fromkeys(missing, "Name a family or an instrument."))
        kind = asked.get("format", "json")
        if kind not in FORMATS:
            raise exceptions.ValidationError({"format": f"format must be one of: {', '.join(FORMATS)}."})
        on = day_asked(asked, "on")
        known_on = day_asked(asked, "known_on", on)
        found = ask([asked[name] for name in ("focal", "reference")], on, known_on, caller_of(request))
        return _rows(found) if kind == "json" else _file(found, kind)


def _rows(asked: Asked) -> Response:
    found = result_of(asked.focal, asked.reference, reader_for(asked.known_on))
    sheet = crosswalk_sheet(asked.focal, asked.reference, found)
    return Response(
        {
            "focal": asked.focal.key,
            "reference": asked.reference.key,
            "on": asked.on.isoformat(),
            "known_on": asked.known_on.isoformat(),
            "rows": [dict(zip(COLUMNS, row, strict=True)) for row in sheet.rows],
            "unmapped_focal": list(found.unmapped_focal),
            "unmapped_reference": list(found.unmapped_reference),
        }
    )


def _file(asked: Asked, kind: str) -> HttpResponse:
    with TemporaryDirectory() as folder:
        path = Path(folder) / asked.name(kind)
        write(asked, kind, path)
        headers = {"Content-Disposition": f'attachment; filename="{path.name}"'}
        return HttpResponse(path.read_bytes(), content_type=KINDS[kind].media, headers=headers)


class RecomputeBody(StrictFields):
    scope = Named(Scope, "key", required=False, help_text="With what is below it; without: the whole office.")


class RecomputeView(APIView):
    """Queues a recompute of gaps. One that waits already is handed back."""

    samples = {"post": {"scope": "hk-bank"}}
    bodies = {"post": RecomputeBody}
    answers = {"post": JobSerializer}
    codes = {"post": 202}
    repeatable = ("post",)

    def post(self, request: Request) -> Response:
        return once(request, lambda: self._start(request))

    def _start(self, request: Request) -> Response:
        body = RecomputeBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        scope = body.validated_data.get("scope")
        rights.require(caller_of(request), scope, "recompute gaps")
        job = ask_recompute(actor=caller_of(request), scope=scope, nudge=nudge)
        return Response(JobSerializer(job, context={"request": request}).data, status=202)
