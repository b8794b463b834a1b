"""Sheets of where it meets: use cases."""

from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from governance.choices import Status
from governance.models import UseCase
from governance.services import inventory
from office.columns import ChoiceWidget, Column, NamedWidget
from office.models import Person, Tenure
from office.resource_base import NounResource
from office.services.recording import Pen


class UseCaseResource(NounResource):
    noun, title, model, keys = "use-cases", "Use cases", UseCase, ("ref",)
    columns = (
        Column("ref", "ref", required=True, width=12),
        Column("title", "title", required=True, width=40),
        Column("purpose", "purpose", required=True, width=70),
        Column(
            "status",
            "status",
            ChoiceWidget(Status),
            required=True,
            width=10,
            told="Active needs an accountable person.",
        ),
        Column(
            "accountable", "holder_ref", NamedWidget(Person), at_birth=True, width=14, told="Seats move by a handover."
        ),
    )

    def rows(self, reader: Person | None) -> QuerySet:
        sitting = Tenure.objects.open().filter(seat=OuterRef("seat")).values("person__ref")[:1]
        return super().rows(reader).annotate(holder_ref=Subquery(sitting))

    def prepare(self, actor: Person | None) -> None:
        super().prepare(actor)
        self._seated = set(Tenure.objects.open().values_list("seat_id", flat=True))

    def refuse(self, row: UseCase, before: dict[str, Any] | None) -> list[str]:
        seated = row.at_birth.get("holder_ref") if before is None else row.seat_id in self._seated  # type: ignore[attr-defined]
        if row.status == Status.ACTIVE and not seated:
            return ["An active use case needs an accountable person; name one, or keep it a draft."]
        return []

    def write(self, new: list, changed: list, names: list[str], *, actor: Person | None, on: date, pen: Pen) -> None:
        born = [(row, row.at_birth.get("holder_ref")) for row in new]
        inventory.save_many(new=born, changed=changed, names=names, on=on, actor=actor, pen=pen)
