"""Where rows of controls become what the pure rooms read. A handful of queries, whatever the size."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from controls.domain.coverage import (
    AttestedSet,
    ControlFact,
    Coverage,
    EvidenceFact,
    ImplementationFact,
    MappingFact,
    TestFact,
)
from controls.domain.crosswalk import Crosswalk, Direct, Leg, crosswalk
from controls.domain.relations import Relationship
from controls.models import (
    AttestationItem,
    Control,
    ControlMapping,
    ControlTest,
    Evidence,
    Implementation,
    RequirementMapping,
)
from office.history import Reader


def coverage_on(day: date, reader: Reader) -> Coverage:
    """Everything coverage needs, for every subject. Six queries in the present, one a noun in the past."""
    controls = {control.pk: control for control in reader.rows(Control) if control.status != "retired"}
    digests = {pk: control.text_digest for pk, control in controls.items()}
    mappings = [
        row
        for row in reader.rows(ControlMapping, "requirement__current", "approved_version")
        if row.control_id in controls
    ]
    current = {row.pk: _is_current(row, digests) for row in mappings}
    return Coverage(
        controls=[
            ControlFact(row.ref, row.specific, row.evidence_required, row.test_every_days) for row in controls.values()
        ],
        mappings=[
            MappingFact(
                id=row.pk,
                control=controls[row.control_id].ref,
                requirement=row.requirement.ref,
                relationship=_relationship(row.relationship),
                status=row.status,
                text_current=current[row.pk],
            )
            for row in mappings
        ],
        implementations=_implementations(controls, reader),
        attested=_attested(current, reader),
        on=day,
    )


def _is_current(row: ControlMapping, digests: dict[int, str]) -> bool:
    """The control's digest is worked out once a control, not once a mapping."""
    same_control = row.approved_control == digests[row.control_id]
    approved = row.approved_version
    return same_control and approved is not None and approved.says_the_same(row.requirement.current)


def _relationship(word: str) -> Relationship | None:
    return Relationship(word) if word else None


def _implementations(controls: dict[int, Control], reader: Reader) -> list[ImplementationFact]:
    evidence: dict[int, list[EvidenceFact]] = defaultdict(list)
    for pk, start, end in reader.values(Evidence, "implementation_id", "valid_from", "valid_until"):
        evidence[pk].append(EvidenceFact(start, end))
    tests: dict[int, list[TestFact]] = defaultdict(list)
    for pk, day, result in reader.values(ControlTest, "implementation_id", "performed_on", "result"):
        tests[pk].append(TestFact(day, result == "passed"))
    return [
        ImplementationFact(
            control=controls[row.control_id].ref,
            scope=row.scope.key,
            state=row.state,
            evidence=tuple(evidence[row.pk]),
            tests=tuple(tests[row.pk]),
        )
        for row in reader.rows(Implementation, "scope")
        if row.control_id in controls
    ]


def _attested(current: dict[int, bool], reader: Reader) -> list[AttestedSet]:
    sets: dict[int, list[AttestationItem]] = defaultdict(list)
    items = reader.rows(
        AttestationItem, "attestation__requirement__current", "attestation__version", "attestation__scope"
    )
    for item in items:
        sets[item.attestation_id].append(item)
    return [
        AttestedSet(
            requirement=rows[0].attestation.requirement.ref,
            scope=rows[0].attestation.scope.key,
            mappings=frozenset(row.mapping_id for row in rows),
            current=rows[0].attestation.version.says_the_same(rows[0].attestation.requirement.current)
            and all(current.get(row.mapping_id, False) for row in rows),
        )
        for rows in sets.values()
    ]


def crosswalk_between(focal: Iterable[str], reference: Iterable[str], reader: Reader) -> Crosswalk:
    """Crosswalk rows between two lists of requirement ids. Two queries in the present, one a noun in the past."""
    wanted, others = list(focal), list(reference)
    either = {*wanted, *others}
    direct = reader.rows(
        RequirementMapping, "focal", "reference", "proposed_by", "reviewed_by",
        focal__ref=wanted, reference__ref=others,
    )  # fmt: skip
    legs = reader.rows(ControlMapping, "control", "requirement")
    return crosswalk(
        focal=wanted,
        reference=others,
        direct=[_direct(row) for row in direct],
        legs=[_leg(row) for row in legs if row.requirement.ref in either],
    )


def _direct(row: RequirementMapping) -> Direct:
    return Direct(
        id=f"R{row.pk}",
        focal=row.focal.ref,
        reference=row.reference.ref,
        relationship=_relationship(row.relationship),
        rationale_type=row.rationale_type,
        rationale=row.rationale,
        strength=row.strength,
        status=row.status,
        author=str(row.proposed_by or "shipped"),
        reviewer=str(row.reviewed_by or ""),
        reviewed_on=row.reviewed_at.date().isoformat() if row.reviewed_at else "",
        source=row.source,
    )


def _leg(row: ControlMapping) -> Leg:
    return Leg(
        f"C{row.pk}", row.control.ref, row.requirement.ref, _relationship(row.relationship), row.rationale, row.status
    )
