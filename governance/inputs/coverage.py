"""Who sees which lines of coverage, what the groups are called, and what stands behind one requirement."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from controls.choices import ControlStatus
from controls.domain.coverage import POSSIBLE
from controls.models import AttestationItem, Control, ControlMapping
from frameworks.models import Family, Requirement
from governance.domain.grouping import ONCE, Names, Place
from governance.domain.position import Position
from governance.models import Deployment
from governance.querysets import seen_scopes
from office.history import Reader
from office.models import LegalEntity, Person, Scope


def places_seen(person: Person) -> dict[str, Place]:
    """By key, the subjects whose coverage a person sees: by role, and the deployments that are their own. Three queries."""
    own = Deployment.objects.visible_to(person).values("scope")
    rows = Scope.objects.filter(Q(pk__in=seen_scopes(person)) | Q(pk__in=own))
    return {row.key: _place(row) for row in rows.select_related("entity", "parent__entity")}


def _place(scope: Scope) -> Place:
    """The legal entity at a scope or right above it; offices and models have none."""
    for at in (scope, scope.parent):
        entity: LegalEntity | None = getattr(at, "entity", None)
        if at is not None and entity is not None:
            market = (str(entity.jurisdiction), str(entity.get_jurisdiction_display()))
            return Place(scope.name, (at.key, at.name), market)
    return Place(scope.name, ONCE, ONCE)


def names_of(position: Position, places: dict[str, Place]) -> Names:
    """One query."""
    titles = {ref: f"{row.citation} {row.title}" for ref, row in position.rows.items()}
    return Names(places=places, families=dict(Family.objects.values_list("key", "title")), requirements=titles)


def mapped_refs(reader: Reader) -> set[str]:
    """The requirements to which a control is mapped that the bounds count. Three queries in the present."""
    live = {pk for pk, status in reader.values(Control, "id", "status") if status != ControlStatus.RETIRED}
    pairs = reader.values(ControlMapping, "requirement_id", "control_id", "status")
    mapped = {requirement for requirement, control, status in pairs if control in live and status in POSSIBLE}
    return {ref for pk, ref in Requirement.objects.values_list("pk", "ref") if pk in mapped}


def mappings_to(ref: str, reader: Reader) -> list[ControlMapping]:
    """The mappings to a requirement that the bounds count, with control and texts. One query in the present."""
    rows = reader.rows(
        ControlMapping, "control", "requirement__current", "approved_version", requirement__ref=[ref]
    )  # fmt: skip
    return [row for row in rows if row.status in POSSIBLE and row.control.status != ControlStatus.RETIRED]


@dataclass(frozen=True)
class AttestedHere:
    """A person's word that mappings suffice together in a scope and below. `current`: no text changed since."""

    scope: str
    by: str
    at: datetime
    reason: str
    controls: tuple[str, ...]
    current: bool


def attestations_of(ref: str, person: Person, reader: Reader) -> list[AttestedHere]:
    """Those of a requirement in scopes that the person sees. Three queries in the present."""
    sets: dict[int, list[AttestationItem]] = defaultdict(list)
    rows = reader.rows(
        AttestationItem, "attestation__requirement__current", "attestation__version", "attestation__scope",
        "attestation__attested_by", "mapping__control", "mapping__requirement__current", "mapping__approved_version",
        attestation__requirement__ref=[ref],
    )  # fmt: skip
    for item in rows:
        sets[item.attestation_id].append(item)
    seen = set(Scope.objects.visible_to(person).values_list("pk", flat=True))
    return [_attested(items) for items in sets.values() if items[0].attestation.scope_id in seen]


def _attested(items: list[AttestationItem]) -> AttestedHere:
    row = items[0].attestation
    texts = row.version.says_the_same(row.requirement.current)
    return AttestedHere(
        scope=row.scope.name,
        by=str(row.attested_by),
        at=row.attested_at,
        reason=row.reason,
        controls=tuple(sorted(item.mapping.control.ref for item in items)),
        current=texts and all(item.mapping.text_current for item in items),
    )
