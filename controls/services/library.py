"""Loading the shipped control library: adds what is missing, proposes, and never changes what the office has touched."""

from dataclasses import dataclass

from django.utils import timezone

from controls.choices import MappingStatus
from controls.domain.library import LibraryControl, LibraryMapping
from controls.library_files import digest, shipped_controls, shipped_mappings
from controls.models import Control, ControlMapping
from frameworks.models import Requirement
from office.models import JournalBatch, Person, Seat
from office.services.recording import Pen, recording


@dataclass(frozen=True)
class LibraryLoaded:
    """How many controls and mappings were added; nothing else is ever changed."""

    controls: int
    mappings: int


def load_library(*, actor: Person | None) -> LibraryLoaded:
    """Adds shipped controls (as drafts) and proposes shipped mappings that the office does not have yet.

    The journal remembers the digest of the files, so that a second start parses nothing.
    """
    reason = f"Loaded the control library {digest()[:16]}"
    if JournalBatch.objects.filter(reason=reason).exists():
        return LibraryLoaded(0, 0)
    requirements = {row.ref: row for row in Requirement.objects.all()}
    with recording(actor=actor, reason=reason) as pen:
        controls = _add_controls(shipped_controls(), pen)
        mappings = _add_mappings(shipped_mappings(set(requirements)), requirements, pen)
    return LibraryLoaded(controls, mappings)


def _add_controls(shipped: list[LibraryControl], pen: Pen) -> int:
    known = set(Control.objects.values_list("ref", flat=True))
    wanted = [raw for raw in shipped if raw.ref not in known]
    seats = [Seat(title=f"Control {raw.ref} {raw.title}") for raw in wanted]
    pen.create_many(seats)
    rows = [
        Control(
            seat=seat, ref=raw.ref, title=raw.title, theme=raw.theme, objective=raw.objective, guidance=raw.guidance,
            evidence=raw.evidence, test_procedure=raw.test_procedure, cadence=raw.cadence,
            test_every_days=raw.test_every_days, evidence_required=raw.evidence_required, specific=raw.specific,
            settings=dict(raw.settings),
        )
        for raw, seat in zip(wanted, seats, strict=True)
    ]  # fmt: skip
    for row in rows:
        row.clean_fields(exclude=["seat"])
    pen.create_many(rows)
    return len(rows)


def _add_mappings(shipped: list[LibraryMapping], requirements: dict[str, Requirement], pen: Pen) -> int:
    known = set(ControlMapping.objects.values_list("control__ref", "requirement__ref"))
    controls = {row.ref: row for row in Control.objects.all()}
    now = timezone.now()
    rows = [
        ControlMapping(
            control=controls[raw.control], requirement=requirements[raw.requirement],
            relationship=raw.relationship.value, rationale_type=raw.rationale_type, rationale=raw.rationale,
            strength=raw.strength, status=MappingStatus.PROPOSED, proposed_by=None, proposed_at=now,
        )
        for raw in shipped
        if (raw.control, raw.requirement) not in known
    ]  # fmt: skip
    for row in rows:
        row.clean_fields(exclude=["control", "requirement"])
    pen.create_many(rows)
    return len(rows)
