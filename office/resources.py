"""Sheets of the office: people."""

from datetime import date
from typing import Any

from django.db.models import Count

from office.columns import Column, YesNoWidget
from office.models import JournalEvent, Person, Tenure
from office.resource_base import NounResource
from office.services import people
from office.services.recording import Pen


class PersonResource(NounResource):
    noun, title, model, keys, unique = "persons", "People", Person, ("ref",), ("email",)
    columns = (
        Column("ref", "ref", required=True, width=12, told="Public identifier, e.g. P-014."),
        Column("name", "name", required=True, width=30),
        Column("e-mail", "email", width=34, told="The person's own address, not a shared mailbox."),
        Column("job title", "title", width=34),
        Column("active", "is_active", YesNoWidget(), required=True, width=8),
    )

    def prepare(self, actor: Person | None) -> None:
        super().prepare(actor)
        held = Tenure.objects.open().values("person_id").annotate(n=Count("pk")).order_by()
        self._seats = dict(held.values_list("person_id", "n"))
        self._given = JournalEvent.objects.refs_of(Person.journal_noun())

    def refuse(self, row: Person, before: dict[str, Any] | None) -> list[str]:
        if before is None:
            problem = row.ref_problem(self._given)
            return [problem] if problem else []
        held = self._seats.get(row.pk, 0)
        if row.is_active or not held:
            return []
        return [f"{row} holds {held} seat(s). Hand them over first, then deactivate the person."]

    def write(self, new: list, changed: list, names: list[str], *, actor: Person | None, on: date, pen: Pen) -> None:
        people.save_many(new=new, changed=changed, names=names, pen=pen)
