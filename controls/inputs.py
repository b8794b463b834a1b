"""Where rows of controls become what the pure rooms read. A handful of queries, whatever the size."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from controls.choices import ControlStatus, MappingStatus
from controls.domain.coverage import (
    POSSIBLE,
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
from controls.domain.suggestions import Document, Suggestion, control_document, index_of, requirement_text
from controls.models import (
    AttestationItem,
    Control,
    ControlMapping,
    ControlTest,
    Evidence,
    Implementation,
    NoControl,
    RequirementMapping,
)
from frameworks.models import Requirement, RequirementText, RequirementVersion
from office.history import Reader
from office.models import Person

SHIPPED = "shipped"
"""The author of what came with the product."""


def coverage_on(day: date, reader: Reader, requirements: Collection[str] | None = None) -> Coverage:
    """Everything coverage needs, for every subject. Six queries in the present, one a noun in the past.

    `requirements` asks for these alone, and reads only the controls that are mapped to them.
    """
    only = {} if requirements is None else {"requirement__ref": requirements}
    found = reader.rows(ControlMapping, "control", "requirement__current", "approved_version", **only)
    mappings = [row for row in found if row.control.status != ControlStatus.RETIRED]
    controls = {row.control_id: row.control for row in mappings}
    digests = {pk: control.text_digest for pk, control in controls.items()}
    current = {row.pk: _is_current(row, digests) for row in mappings}
    stated = reader.rows(NoControl, "requirement", **only)
    return Coverage(
        controls=[
            ControlFact(row.ref, row.specific, row.evidence_required, row.test_every_days) for row in controls.values()
        ],
        mappings=[
            MappingFact(
                id=row.pk,
                control=row.control.ref,
                requirement=row.requirement.ref,
                relationship=_relationship(row.relationship),
                status=row.status,
                text_current=current[row.pk],
            )
            for row in mappings
        ],
        implementations=_implementations(controls, reader, narrow=requirements is not None),
        attested=_attested(current, reader, requirements),
        no_control={row.requirement.ref: row.reason for row in stated},
        on=day,
    )


def _is_current(row: ControlMapping, digests: dict[int, str]) -> bool:
    """The control's digest is worked out once a control, not once a mapping."""
    same_control = row.approved_control == digests[row.control_id]
    approved = row.approved_version
    return same_control and approved is not None and approved.says_the_same(row.requirement.current)


def _relationship(word: str) -> Relationship | None:
    return Relationship(word) if word else None


def _implementations(controls: dict[int, Control], reader: Reader, *, narrow: bool) -> list[ImplementationFact]:
    """`narrow` asks the database for the implementations of these controls; else all are read and sorted out here."""
    of_these = {"control_id": set(controls)} if narrow else {}
    rows = [row for row in reader.rows(Implementation, "scope", **of_these) if row.control_id in controls]
    places = {"implementation_id": {row.pk for row in rows}} if narrow else {}
    evidence: dict[int, list[EvidenceFact]] = defaultdict(list)
    for pk, start, end in reader.values(Evidence, "implementation_id", "valid_from", "valid_until", **places):
        evidence[pk].append(EvidenceFact(start, end))
    tests: dict[int, list[TestFact]] = defaultdict(list)
    for pk, day, result in reader.values(ControlTest, "implementation_id", "performed_on", "result", **places):
        tests[pk].append(TestFact(day, result == "passed"))
    return [
        ImplementationFact(
            control=controls[row.control_id].ref,
            scope=row.scope.key,
            state=row.state,
            evidence=tuple(evidence[row.pk]),
            tests=tuple(tests[row.pk]),
        )
        for row in rows
    ]


def _attested(current: dict[int, bool], reader: Reader, requirements: Collection[str] | None) -> list[AttestedSet]:
    sets: dict[int, list[AttestationItem]] = defaultdict(list)
    only = {} if requirements is None else {"attestation__requirement__ref": requirements}
    items = reader.rows(
        AttestationItem, "attestation__requirement__current", "attestation__version", "attestation__scope", **only
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
    """Crosswalk rows between two lists of requirement ids; none over a retired control. Four queries in the present, one a
    noun in the past."""
    wanted, others = list(focal), list(reference)
    either = {*wanted, *others}
    refs = dict(Requirement.objects.filter(ref__in=either).values_list("pk", "ref"))
    persons = dict(Person.objects.values_list("pk", "ref"))
    direct = reader.values(RequirementMapping, *DIRECT, focal_id=refs, reference_id=refs)
    legs = reader.rows(ControlMapping, "control", "requirement")
    return crosswalk(
        focal=wanted,
        reference=others,
        direct=[_direct(values, refs, persons) for values in direct],
        legs=[
            _leg(row) for row in legs if row.requirement.ref in either and row.control.status != ControlStatus.RETIRED
        ],
    )


DIRECT = (
    "pk", "focal_id", "reference_id", "relationship", "rationale_type", "rationale", "strength", "status",
    "proposed_by_id", "reviewed_by_id", "reviewed_at", "source", "comments",
)  # fmt: skip
"""What a crosswalk row reads of a mapping; there may be tens of thousands, so that no model instances are made."""


def direct_of(row: RequirementMapping) -> Direct:
    """Reads both requirements and both persons."""
    refs = {row.focal_id: row.focal.ref, row.reference_id: row.reference.ref}
    persons = {person.pk: person.ref for person in (row.proposed_by, row.reviewed_by) if person}
    return _direct([getattr(row, name) for name in DIRECT], refs, persons)


def _direct(values: Sequence[Any], refs: Mapping[int, str], persons: Mapping[int, str]) -> Direct:
    """From the values of DIRECT, and what requirements and persons are called."""
    pk, focal, reference, kind, why, rationale, strength, status, author, reviewer, reviewed, source, comments = values
    return Direct(
        id=f"R{pk}",
        focal=refs[focal],
        reference=refs[reference],
        relationship=_relationship(kind),
        rationale_type=why,
        rationale=rationale,
        strength=strength,
        status=status,
        author=persons.get(author, str(author)) if author else SHIPPED,
        reviewer=persons.get(reviewer, str(reviewer)) if reviewer else "",
        reviewed_on=timezone.localdate(reviewed).isoformat() if reviewed else "",
        source=source,
        comments=comments,
    )


def _leg(row: ControlMapping) -> Leg:
    return Leg(
        f"C{row.pk}", row.control.ref, row.requirement.ref, _relationship(row.relationship), row.rationale, row.status
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A control that may fit a requirement. `rejected`: the mapping of the two that a person rejected, if one did."""

    control: Control
    found: Suggestion
    rejected: ControlMapping | None


@dataclass(frozen=True, slots=True)
class Suggested:
    """Candidates, best first; what is mapped already; and why no control fits, where somebody said so."""

    candidates: tuple[Candidate, ...]
    mapped: tuple[ControlMapping, ...]
    no_control: str


def suggest_controls(requirement: Requirement, *, limit: int) -> Suggested:
    """Controls that speak of the same things, at most `limit`; none that is retired or mapped already. Eight queries."""
    controls = list(Control.objects.exclude(status=ControlStatus.RETIRED).order_by("ref"))
    own = list(ControlMapping.objects.filter(requirement=requirement).select_related("control"))
    mapped = [row for row in own if row.status != MappingStatus.REJECTED]
    words = _words(RequirementVersion.objects.filter(current_of=requirement))
    found = index_of(_documents(controls)).ask(
        words.get(requirement.pk, ""), without={row.control.ref for row in mapped}, limit=limit
    )
    by_ref = {control.ref: control for control in controls}
    rejected = {row.control.ref: row for row in own if row.status == MappingStatus.REJECTED}
    stated = NoControl.objects.filter(requirement=requirement).values_list("reason", flat=True)
    return Suggested(
        candidates=tuple(Candidate(by_ref[row.ref], row, rejected.get(row.ref)) for row in found),
        mapped=tuple(mapped),
        no_control=stated.first() or "",
    )


def _documents(controls: list[Control]) -> tuple[Document, ...]:
    """Each control with the words of the requirements that people mapped to it; a rejected mapping lends none."""
    pairs = (
        ControlMapping.objects.filter(status__in=POSSIBLE)
        .exclude(relationship=Relationship.NONE)
        .order_by("pk")
        .values_list("control_id", "requirement_id")
    )
    words = _words(RequirementVersion.objects.filter(current_of__control_mappings__isnull=False).distinct())
    borrowed: dict[int, list[str]] = defaultdict(list)
    for control, requirement in pairs:
        borrowed[control].append(words[requirement])
    return tuple(
        control_document(
            ref=row.ref, title=row.title, theme=row.get_theme_display(), objective=row.objective, guidance=row.guidance,
            evidence=row.evidence, borrowed=borrowed[row.pk],
        )
        for row in controls
    )  # fmt: skip


def _words(versions: QuerySet[RequirementVersion]) -> dict[int, str]:
    """Requirement → what it says, in every language. Two queries."""
    others: dict[int, list[str]] = defaultdict(list)
    texts = RequirementText.objects.filter(version__in=versions).exclude(language="en").order_by("pk")
    for version, title, summary in texts.values_list("version_id", "title", "summary"):
        others[version] += [title, summary]
    rows = versions.values_list("pk", "current_of", "title", "summary", "evidence")
    return {
        requirement: requirement_text(title=title, summary=summary, evidence=evidence, others=others[pk])
        for pk, requirement, title, summary, evidence in rows
    }
