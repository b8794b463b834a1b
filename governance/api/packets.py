"""Audit packets by REST: asked for here, made as a job, downloaded from there."""

from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.packet.asking import ask_packet, reads_whole_office
from office.api.work import JobSerializer
from office.rest.access import caller_of
from office.rest.fields import StrictDate, StrictText
from office.rest.repeats import once
from office.rest.serializers import StrictFields
from office.tasks import nudge
from office.today import today

PAIRS_AT_MOST = 20


class PairBody(StrictFields):
    focal = StrictText(max_length=60, help_text="Key of a family or an instrument.")
    reference = StrictText(max_length=60, help_text="Key of a family or an instrument.")


class PacketBody(StrictFields):
    on = StrictDate(required=False, help_text="Today by default.")
    known_on = StrictDate(required=False, help_text="By default the day of `on`.")
    pairs = serializers.ListField(
        child=PairBody(), required=False, max_length=PAIRS_AT_MOST, help_text="Workbooks; without: the usual ones."
    )


class PacketsView(APIView):
    """Starts an audit packet. The job's result holds its digest, to be kept apart from the file."""

    samples = {"post": {"on": "2026-11-26"}}
    bodies = {"post": PacketBody}
    answers = {"post": JobSerializer}
    codes = {"post": 202}
    writes_nothing = ("post",)
    repeatable = ("post",)

    def post(self, request: Request) -> Response:
        return once(request, lambda: self._start(request))

    def _start(self, request: Request) -> Response:
        person = caller_of(request)
        if not reads_whole_office(person):
            raise exceptions.PermissionDenied(
                "An audit packet is for leaders, officers and auditors of the whole office."
            )
        body = PacketBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        given = body.validated_data
        on = given.get("on") or today()
        pairs = [(pair["focal"], pair["reference"]) for pair in given.get("pairs", [])]
        job = ask_packet(on=on, known_on=given.get("known_on") or on, pairs=pairs, actor=person, nudge=nudge)
        return Response(JobSerializer(job, context={"request": request}).data, status=202)
