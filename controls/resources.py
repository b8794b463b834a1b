"""Sheets of what we do: controls, mappings, implementations, evidence."""

from datetime import date
from typing import Any

from django.db.models import QuerySet

from controls.choices import ControlStatus, ImplementationState, MappingStatus, RationaleType, RelationshipType, Theme
from controls.models import Control, ControlMapping, Evidence, Implementation
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from frameworks.models import Requirement
from office.columns import ChoiceWidget, Column, DayWidget, NamedWidget, NumberWidget, YesNoWidget
from office.models import Person, Scope, Tenure
from office.resource_base import NounResource
from office.services.recording import Pen

ACTIVE = "Active needs an accountable person."
READ = "Control to requirement; empty: untyped."
PLACE = "implementation__"


class ControlResource(NounResource):
    noun, title, model, keys = "controls", "Controls", Control, ("ref",)
    columns = (
        Column("ref", "ref", required=True, width=12),
        Column("title", "title", required=True, width=40),
        Column("theme", "theme", ChoiceWidget(Theme), required=True, width=18),
        Column(
            "status",
            "status",
            ChoiceWidget(ControlStatus),
            required=True,
            width=10,
            told="Active needs an accountable person.",
        ),
        Column("objective", "objective", required=True, width=60),
        Column("guidance", "guidance", width=60),
        Column("typical evidence", "evidence", width=50),
        Column("test procedure", "test_procedure", width=50),
        Column("cadence", "cadence", width=20),
        Column("test every days", "test_every_days", NumberWidget(), width=10),
        Column("evidence required", "evidence_required", YesNoWidget(), required=True, width=10),
        Column("specific", "specific", YesNoWidget(), required=True, width=10, told="Inherits nothing from above."),
    )

    def prepare(self, actor: Person | None) -> None:
        super().prepare(actor)
        self._seated = set(Tenure.objects.open().values_list("seat_id", flat=True))

    def refuse(self, row: Control, before: dict[str, Any] | None) -> list[str]:
        if row.status != ControlStatus.ACTIVE or row.seat_id in self._seated:
            return []
        return ["An active control needs an accountable person; keep it a draft, assign one, then activate it."]

    def write(self, new: list, changed: list, names: list[str], *, actor: Person | None, on: date, pen: Pen) -> None:
        control_services.save_many(new=new, changed=changed, names=names, pen=pen)


class MappingResource(NounResource):
    noun, title, model, keys = "mappings", "Control mappings", ControlMapping, ("control", "requirement")
    columns = (
        Column("control", "control__ref", NamedWidget(Control), to="control", required=True, width=12),
        Column("requirement", "requirement__ref", NamedWidget(Requirement), to="requirement", required=True, width=24),
        Column(
            "relationship",
            "relationship",
            ChoiceWidget(RelationshipType),
            width=16,
            told="Control to requirement; empty: untyped.",
        ),
        Column("rationale type", "rationale_type", ChoiceWidget(RationaleType), width=14),
        Column("rationale", "rationale", width=70),
        Column("strength", "strength", NumberWidget(), width=9, told="0 to 10; never enters coverage."),
        Column("source", "source", width=30),
        Column("comments", "comments", width=40),
        Column(
            "status",
            "status",
            ChoiceWidget(MappingStatus),
            locked=True,
            width=10,
            told="Approve or reject in the office.",
        ),
        Column("proposed by", "proposed_by__ref", locked=True, width=12),
        Column("reviewed by", "reviewed_by__ref", locked=True, width=12),
    )

    def write(self, new: list, changed: list, names: list[str], *, actor: Person | None, on: date, pen: Pen) -> None:
        mapping_services.propose_many(new=new, changed=changed, names=names, actor=actor, pen=pen)


class ImplementationResource(NounResource):
    noun, title, model, keys = "implementations", "Implementations", Implementation, ("control", "scope")
    columns = (
        Column("control", "control__ref", NamedWidget(Control), to="control", required=True, width=12),
        Column("scope", "scope__key", NamedWidget(Scope, "key"), to="scope", required=True, width=24),
        Column("state", "state", ChoiceWidget(ImplementationState), required=True, width=18),
        Column("since", "since", DayWidget(), width=12),
        Column("note", "note", width=60),
    )


class EvidenceResource(NounResource):
    """Links, dates and titles; files go up by the form or the API."""

    noun, title, model = "evidence", "Evidence", Evidence
    keys = ("control", "scope", "title", "valid from")
    columns = (
        Column(
            "control",
            "implementation__control__ref",
            NamedWidget(Control),
            to="control",
            required=True,
            at_birth=True,
            width=12,
        ),
        Column(
            "scope",
            "implementation__scope__key",
            NamedWidget(Scope, "key"),
            to="scope",
            required=True,
            at_birth=True,
            width=24,
        ),
        Column("title", "title", required=True, width=44),
        Column("valid from", "valid_from", DayWidget(), required=True, width=12),
        Column("valid until", "valid_until", DayWidget(), width=12, told="Last valid day; empty: no end."),
        Column("link", "link", width=44),
        Column("collected by", "collected_by__ref", NamedWidget(Person), to="collected_by", required=True, width=14),
        Column("SHA-256", "sha256", locked=True, width=20, told="Of the file, where one was uploaded."),
    )

    def prepare(self, actor: Person | None) -> None:
        super().prepare(actor)
        rows: QuerySet[Implementation] = Implementation.objects.select_related("control", "scope")
        self._places = {(row.control_id, row.scope_id): row for row in rows}

    def refuse(self, row: Evidence, before: dict[str, Any] | None) -> list[str]:
        if before is not None:
            return []
        given: dict[str, Any] = row.at_birth  # type: ignore[attr-defined]
        place = self._places.get((given["control"].pk, given["scope"].pk))
        if place is None:
            return [f"{given['control'].ref} has no implementation in {given['scope'].key}; record that first."]
        row.implementation = place
        return []
