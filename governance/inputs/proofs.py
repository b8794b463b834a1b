"""Controls with what stands behind them, and who answers where, as the office is read. A handful of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from controls.domain.coverage import EvidenceFact, ImplementationFact, TestFact
from controls.models import Control, ControlMapping, ControlTest, Evidence, Implementation
from governance.domain.proofs import MappedControl
from governance.inputs.register import COUNTED
from governance.models import AIModel, Deployment
from office.history import Reader, seat_people
from office.models import LegalEntity, Office, Scope, Seat, Tenure


def mapped_controls(reader: Reader) -> dict[str, list[MappedControl]]:
    """Requirement → the controls mapped to it that the bounds count, in the order of the controls."""
    found: dict[str, list[MappedControl]] = defaultdict(list)
    for row in reader.rows(ControlMapping, "control", "requirement__current", "approved_version"):
        if row.status in COUNTED and row.control.status != "retired":
            found[row.requirement.ref].append(_mapped(row))
    return found


def _mapped(row: ControlMapping) -> MappedControl:
    return MappedControl(
        control=row.control.ref,
        title=row.control.title,
        relationship=row.relationship,
        status=row.status,
        text_current=row.status == "approved" and row.text_current,
        specific=row.control.specific,
        evidence_required=row.control.evidence_required,
        test_every_days=row.control.test_every_days,
    )


def implementations(reader: Reader, places: Collection[str] | None = None) -> dict[tuple[str, str], ImplementationFact]:
    """(control, scope) → its implementation with evidence and tests; everywhere, or in scopes by key. Three queries."""
    only = {} if places is None else {"scope__key": places}
    found = reader.rows(Implementation, "scope", "control", **only)
    rows = [row for row in found if row.control.status != "retired"]
    ours = {row.pk for row in rows}
    evidence: dict[int, list[EvidenceFact]] = defaultdict(list)
    for pk, start, end in reader.values(Evidence, "implementation_id", "valid_from", "valid_until"):
        if pk in ours:
            evidence[pk].append(EvidenceFact(start, end))
    tests: dict[int, list[TestFact]] = defaultdict(list)
    for pk, day, result in reader.values(ControlTest, "implementation_id", "performed_on", "result"):
        if pk in ours:
            tests[pk].append(TestFact(day, result == "passed"))
    return {
        (row.control.ref, row.scope.key): ImplementationFact(
            row.control.ref, row.scope.key, row.state, tuple(evidence[row.pk]), tuple(tests[row.pk])
        )
        for row in rows
    }


def control_needs(reader: Reader) -> dict[str, tuple[bool, int | None]]:
    """Control → whether it needs evidence, and the days between its tests; retired ones are left out."""
    rows = reader.values(Control, "ref", "status", "evidence_required", "test_every_days")
    return {ref: (evidence, days) for ref, status, evidence, days in rows if status != "retired"}


def accountable_in(reader: Reader, scopes: Collection[int]) -> dict[str, str]:
    """Scope key → the person on the seat of what stands there; "" while it is vacant. Five queries in the present."""
    nouns: tuple[Any, ...] = (Office, LegalEntity, AIModel, Deployment)
    rows = [row for noun in nouns for row in reader.rows(noun, "scope", "seat", scope_id=scopes)]
    seat_people(reader, [row.seat for row in rows])
    return {row.scope.key: str(row.seat.holder or "") for row in rows}


def vacant_seats(reader: Reader, seen: Collection[int]) -> list[str]:
    """Titles of the seats among `seen` on which nobody sits, in order."""
    taken = {seat for seat, ended in reader.values(Tenure, "seat_id", "ended_on") if ended is None}
    rows = reader.values(Seat, "id", "title")
    return sorted(title for pk, title in rows if pk in seen and pk not in taken)


def markets_of(reader: Reader, scopes: Mapping[int, Scope]) -> dict[str, str]:
    """Scope key → the jurisdiction of the legal entity there or above; scopes above all entities are left out."""
    places = dict(reader.values(LegalEntity, "scope_id", "jurisdiction"))
    found = {}
    for scope in scopes.values():
        word = places.get(scope.pk) or places.get(scope.parent_id)
        if word is not None:
            found[scope.key] = word
    return found
