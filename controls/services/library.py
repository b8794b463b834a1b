"""Loading the shipped control library: adds what is missing, proposes, and never changes what the office has touched."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from django.utils import timezone

from controls.choices import MappingStatus
from controls.domain.conflicts import LibraryConflict
from controls.domain.library import LibraryControl, LibraryCrosswalk, LibraryMapping, LibraryReason
from controls.library_files import digest, shipped_library
from controls.models import Conflict, Control, ControlMapping, NoControl, RequirementMapping
from frameworks.models import Requirement
from office.models import JournalBatch, Person, Seat
from office.services.recording import Pen, recording

Requirements = Mapping[str, Requirement]


@dataclass(frozen=True)
class LibraryLoaded:
    """How much was added; nothing else is ever changed."""

    controls: int = 0
    mappings: int = 0
    crosswalk: int = 0
    reasons: int = 0
    conflicts: int = 0

    def __bool__(self) -> bool:
        return any(astuple(self))


def load_library(*, actor: Person | None) -> LibraryLoaded:
    """Adds shipped controls (as drafts), reasons and conflicts, and proposes shipped mappings that the office lacks.

    The journal remembers the digest of the files, so that a second start parses nothing.
    """
    reason = f"Loaded the control library {digest()[:16]}"
    if JournalBatch.objects.filter(reason=reason).exists():
        return LibraryLoaded()
    requirements = {row.ref: row for row in Requirement.objects.all()}
    library = shipped_library(requirements)
    with recording(actor=actor, reason=reason) as pen:
        return LibraryLoaded(
            controls=_add_controls(library.controls, pen),
            mappings=_add_mappings(library.mappings, requirements, pen),
            crosswalk=_add_crosswalk(library.crosswalk, requirements, pen),
            reasons=_add_reasons(library.reasons, requirements, pen),
            conflicts=_add_conflicts(library.conflicts, pen),
        )


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


def _add_mappings(shipped: list[LibraryMapping], requirements: Requirements, pen: Pen) -> int:
    known = set(ControlMapping.objects.values_list("control__ref", "requirement__ref"))
    reasoned = set(NoControl.objects.values_list("requirement__ref", flat=True))
    controls = {row.ref: row for row in Control.objects.all()}
    return _propose(
        [
            ControlMapping(control=controls[raw.control], requirement=requirements[raw.requirement], **_content(raw))
            for raw in shipped
            if (raw.control, raw.requirement) not in known and raw.requirement not in reasoned
        ],
        ["control", "requirement"],
        pen,
    )


def _add_crosswalk(shipped: list[LibraryCrosswalk], requirements: Requirements, pen: Pen) -> int:
    known = set(RequirementMapping.objects.values_list("focal__ref", "reference__ref"))
    return _propose(
        [
            RequirementMapping(
                focal=requirements[raw.focal], reference=requirements[raw.reference], source=raw.source, **_content(raw)
            )
            for raw in shipped
            if (raw.focal, raw.reference) not in known
        ],
        ["focal", "reference"],
        pen,
    )


def _content(raw: LibraryMapping | LibraryCrosswalk) -> dict[str, Any]:
    return {
        "relationship": raw.relationship.value,
        "rationale_type": raw.rationale_type,
        "rationale": raw.rationale,
        "strength": raw.strength,
        "status": MappingStatus.PROPOSED,
        "proposed_by": None,
        "proposed_at": timezone.now(),
    }


def _propose(rows: Sequence[ControlMapping | RequirementMapping], ends: list[str], pen: Pen) -> int:
    for row in rows:
        row.clean_fields(exclude=ends)
    pen.create_many(rows)
    return len(rows)


def _add_reasons(shipped: list[LibraryReason], requirements: Requirements, pen: Pen) -> int:
    """Only where the office has neither a reason nor a mapping of its own."""
    told = set(NoControl.objects.values_list("requirement__ref", flat=True))
    told |= set(
        ControlMapping.objects.exclude(status=MappingStatus.REJECTED).values_list("requirement__ref", flat=True)
    )
    now = timezone.now()
    rows = [
        NoControl(requirement=requirements[raw.requirement], reason=raw.reason, stated_at=now)
        for raw in shipped
        if raw.requirement not in told
    ]
    for row in rows:
        row.clean_fields(exclude=["requirement"])
    pen.create_many(rows)
    return len(rows)


def _add_conflicts(shipped: list[LibraryConflict], pen: Pen) -> int:
    known = set(Conflict.objects.values_list("ref", flat=True))
    rows = [
        Conflict(
            ref=raw.ref, title=raw.title, question=raw.question, why=raw.why, source=raw.source,
            sides=[asdict(side) | {"requirements": list(side.requirements)} for side in raw.sides],
            options=list(raw.options),
        )
        for raw in shipped
        if raw.ref not in known
    ]  # fmt: skip
    for row in rows:
        row.clean_fields()
    pen.create_many(rows)
    return len(rows)
