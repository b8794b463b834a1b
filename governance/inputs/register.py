"""Every gap that a person sees, standing and closed, with what the register tells of it. About a dozen queries."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from controls.choices import MappingStatus
from controls.models import Control, ControlMapping
from frameworks.choices import UNVERIFIED
from frameworks.models import Requirement, RequirementVersion
from governance.domain.gap_register import NO_ENTITY, ActionFact, GapFact
from governance.models import Action, ActionGap, Gap
from office.history import GONE, Reader
from office.models import Person, Scope, Tenure

COUNTED = (MappingStatus.PROPOSED, MappingStatus.APPROVED, MappingStatus.RE_REVIEW)
"""Mappings that the bounds of coverage count; drafts and rejected ones are left out."""
FIELDS = (
    "id", "scope_id", "requirement_id", "status", "severity", "timing", "applies_from", "opened_on", "due_on",
    "reason", "seat_id", "reopened", "closed_on", "accepted_until", "accepted_by_id", "acceptance_reason",
)  # fmt: skip


def register_gaps(reader: Reader, person: Person, known_on: date) -> list[GapFact]:
    """In the order of the day they are due. As plain values: an office can have very many."""
    seen = set(Gap.objects.visible_to(person).values_list("pk", flat=True))
    rows = [dict(zip(FIELDS, row, strict=True)) for row in reader.values(Gap, *FIELDS) if row[0] in seen]
    scopes = {scope.pk: scope for scope in reader.rows(Scope)}
    people = dict(Person.objects.values_list("pk", "name"))
    sits = {
        seat: one for seat, one, ended in reader.values(Tenure, "seat_id", "person_id", "ended_on") if ended is None
    }
    texts, actions, controls = _texts(known_on), _actions(reader, people), _controls(reader)
    found = [
        GapFact(
            **_told(row),
            **_place(scopes[row["scope_id"]], scopes),
            **texts[row["requirement_id"]],
            accountable=people.get(sits[row["seat_id"]], GONE) if row["seat_id"] in sits else "",
            accepted_by=people.get(row["accepted_by_id"], GONE) if row["accepted_by_id"] else "",
            actions=tuple(actions.get(row["id"], ())),
            controls=controls.get(row["requirement_id"], ()),
        )
        for row in rows
    ]
    return sorted(found, key=lambda gap: (gap.due_on, gap.id))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    apart = ("scope_id", "requirement_id", "seat_id", "accepted_by_id")
    return {name: value for name, value in row.items() if name not in apart}


def _place(scope: Scope, scopes: Mapping[int, Scope]) -> dict[str, Any]:
    above = scopes.get(scope.parent_id) if scope.parent_id is not None else None
    entity = next((one.key for one in (scope, above) if one is not None and one.kind == Scope.Kind.ENTITY), NO_ENTITY)
    return {"subject": scope.key, "subject_name": scope.name, "entity": entity}


def _texts(known_on: date) -> dict[int, dict[str, Any]]:
    """Requirement → its words as known on the day; one that was not known then keeps the words of its newest version."""
    words = ("citation", "title", "force", "verification")
    newest = Requirement.objects.values_list("pk", "ref", "family__key", *(f"current__{word}" for word in words))
    then = {
        row[0]: row[1:] for row in RequirementVersion.objects.known_on(known_on).values_list("requirement_id", *words)
    }
    found = {}
    for pk, ref, family, *current in newest:
        citation, title, force, mark = (word or "" for word in then.get(pk, current))
        found[pk] = {
            "requirement": ref, "family": family, "citation": citation, "title": title, "force": force,
            "unverified": mark in UNVERIFIED,
        }  # fmt: skip
    return found


def _actions(reader: Reader, people: Mapping[int, str]) -> dict[int, list[ActionFact]]:
    """Gap → the work on it, the nearest day first; dropped work is left out."""
    rows = reader.values(Action, "id", "title", "person_id", "due_on", "status")
    work = {
        pk: ActionFact(title, people.get(person, GONE), day, status)
        for pk, title, person, day, status in rows
        if status != "dropped"
    }
    found: dict[int, list[ActionFact]] = defaultdict(list)
    for action, gap in reader.values(ActionGap, "action_id", "gap_id"):
        if action in work:
            found[gap].append(work[action])
    return {gap: sorted(listed, key=lambda one: (one.due_on, one.title)) for gap, listed in found.items()}


def _controls(reader: Reader) -> dict[int, tuple[str, ...]]:
    """Requirement → the controls mapped to it, each with relationship and status in words."""
    refs = {pk: ref for pk, ref, status in reader.values(Control, "id", "ref", "status") if status != "retired"}
    rows = reader.values(ControlMapping, "requirement_id", "control_id", "relationship", "status")
    found: dict[int, list[str]] = defaultdict(list)
    for requirement, control, relationship, status in rows:
        if control in refs and status in COUNTED:
            kind = (relationship or "untyped").replace("_", " ")
            found[requirement].append(f"{refs[control]} ({kind}, {MappingStatus(status).label.lower()})")
    return {requirement: tuple(sorted(listed)) for requirement, listed in found.items()}
