"""What was done and what is being done: the journal and long work."""

from typing import Any

from django.http import FileResponse
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from office import made_files
from office.models import Job, JournalEvent, Person
from office.rest.access import caller_of
from office.rest.fields import Named
from office.rest.serializers import NounSerializer
from office.rest.viewsets import Nouns
from office.services import jobs


class JournalSerializer(NounSerializer):
    class Meta:
        model = JournalEvent
        fields = (
            "seq", "at", "actor_ref", "reason", "verb", "noun", "object_id", "before", "after", "previous_hash", "hash",
        )  # fmt: skip


class JournalViewSet(Nouns):
    """What was done: append-only and chained. To follow it, ask for `seq_after` in the order of `seq`."""

    model = JournalEvent
    serializer_class = JournalSerializer
    filters = {
        "seq": "seq",
        "seq_after": "seq__gt",
        "noun": "noun",
        "object_id": "object_id",
        "verb": "verb",
        "actor_ref": "actor_ref",
        "at_from": "at__gte",
        "at_before": "at__lt",
    }
    search_fields = ("reason",)
    orders = {"seq": "seq"}

    def dress(self, rows: Any) -> Any:
        return rows


class JobSerializer(NounSerializer):
    created_by = Named(Person, read_only=True)
    has_file = serializers.SerializerMethodField(help_text="Whether there is something to download.")

    class Meta:
        model = Job
        fields = (
            "id", "kind", "status", "progress", "total", "message", "result", "has_file", "attempts", "cancel_asked",
            "created_by", "created_at", "finished_at",
        )  # fmt: skip

    def get_has_file(self, row: Job) -> bool:
        return bool(row.file)


class JobViewSet(Nouns):
    """Long work: how far it is, what came of it."""

    model = Job
    serializer_class = JobSerializer
    answers = {"download": {(200, "application/octet-stream"): bytes}}
    unmatched = ("cancel",)
    filters = {"kind": "kind", "status": "status"}
    orders = {"created_at": "created_at", "finished_at": "finished_at"}

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """One that waits is cancelled at once, one that runs at its next step; what it finished stays."""
        row = jobs.cancel(job=self.found(), actor=caller_of(request))
        return self.shown(self.reread(row))

    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> FileResponse:
        """The file that the job made."""
        row = self.found()
        if not row.file:
            raise exceptions.NotFound("This job made no file.")
        made_files.refuse_unless_theirs(caller_of(request), row)
        return FileResponse(row.file.open("rb"), as_attachment=True, filename=row.file.name.rsplit("/", 1)[-1])
