"""Makers of nouns for tests: each call shows only what matters there."""

from datetime import date

from django.utils import timezone

from controls.models import Conflict, Control, ControlMapping, Implementation, NoControl, RequirementMapping
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from controls.services.conflicts import save_no_control
from frameworks.models import Family, Instrument, Release, Requirement, RequirementVersion
from governance.models import Deployment, UseCase
from governance.services import inventory
from office.models import Person, Scope
from office.services import people, scopes, seats
from office.services.recording import recording

TODAY = date(2026, 11, 25)
ALWAYS = {"all": []}


def make_person(ref: str = "P-x", role: str = "", scope: Scope | None = None, **over) -> Person:
    person = people.add_person(ref=ref, name=over.pop("name", f"Person {ref}"), actor=None, **over)
    if role:
        people.grant(person=person, role=role, scope=scope or Scope.objects.get(kind="office"), actor=None)
    return person


def make_family(key: str = "law") -> Family:
    with recording(actor=None, reason="test") as pen:
        family = Family(key=key, title=f"Law {key}", jurisdiction="eu", issuer="Us")
        pen.save(family)
        pen.save(
            Instrument(
                family=family, ref=f"I-{key}", title="Act", force="LAW", status="In force", source="s", verification="P"
            )
        )
        pen.save(
            Release(
                family=family, known_from=date(2025, 1, 1), title="First", digest="x" * 64, loaded_at=timezone.now()
            )
        )
    return family


def make_requirement(ref: str = "law.1", *, family: str = "law", **over) -> Requirement:
    owner = Family.objects.filter(key=family).first() or make_family(family)
    instrument, release = owner.instruments.get(), owner.releases.get()
    with recording(actor=None, reason="test") as pen:
        requirement = Requirement(
            ref=ref, family=owner, instrument=instrument, position=over.pop("position", owner.requirements.count() + 1)
        )
        pen.save(requirement)
        version = make_version(requirement, release, **over)
        pen.save(version)
        requirement.current = version
        pen.save(requirement)
    return requirement


def make_version(requirement: Requirement, release: Release, **over) -> RequirementVersion:
    fields = {
        "citation": "Art. 1", "title": f"Do {requirement.ref}", "summary": "Do it.", "bearer": "all",
        "applies_when": ALWAYS, "routes": [{"legal_from": "2025-06-01"}], "owed_by": "deployment", "force": "LAW",
        "penalty": "A fine", "penalty_tier": "fine", "source": "s", "verification": "P", "digest": "y" * 64,
    }  # fmt: skip
    return RequirementVersion(requirement=requirement, release=release, **{**fields, **over})


def reword(requirement: Requirement, title: str = "Do it differently", day: date = date(2026, 6, 1)) -> None:
    """A newer release says something else: the standing version is closed and another one added."""
    with recording(actor=None, reason="test") as pen:
        old = requirement.current
        old.known_until = day
        pen.save(old)
        version = make_version(requirement, old.release, title=title, known_from=day)
        pen.save(version)
        requirement.current = version
        pen.save(requirement)


def make_control(ref: str = "C-1", owner: Person | None = None, **over) -> Control:
    fields = {"title": f"Control {ref}", "theme": "governance", "objective": "Do what is owed.", "test_every_days": 365}
    control = Control(ref=ref, **{**fields, **over})
    control_services.save_control(control=control, actor=None)
    if owner is not None:
        seats.assign(seat=control.seat, person=owner, on=TODAY, actor=None)
        control_services.activate(control=control, actor=None)
    return control


def make_mapping(control: Control, requirement: Requirement, *, by: Person | None = None, **over) -> ControlMapping:
    fields = {
        "relationship": "superset", "rationale_type": "semantic", "strength": 8,
        "rationale": "The control holds all that is asked.",
    }  # fmt: skip
    mapping = ControlMapping(control=control, requirement=requirement, **{**fields, **over})
    mapping_services.save_mapping(mapping=mapping, actor=by)
    return mapping


def make_direct(*, actor: Person | None, **fields) -> RequirementMapping:
    mapping = RequirementMapping(**{"rationale_type": "semantic", **fields})
    mapping_services.save_mapping(mapping=mapping, actor=actor)
    return mapping


def make_no_control(requirement: Requirement, reason: str, actor: Person | None) -> NoControl:
    row = NoControl.objects.filter(requirement=requirement).first() or NoControl(requirement=requirement)
    row.reason = reason
    return save_no_control(row=row, actor=actor)


def make_conflict(ref: str = "CF-1", **over) -> Conflict:
    sides = [
        {"market": "cn", "demands": "Filter.", "requirements": ["law.1"]},
        {"market": "hk", "demands": "Do not.", "requirements": ["law.2"]},
    ]
    row = Conflict(
        ref=ref, title="Filters", question="Which filter?", why="One cannot serve both.", sides=sides, **over
    )
    with recording(actor=None, reason="test") as pen:
        pen.save(row)
    return row


def make_implementation(control: Control, scope: Scope, state: str = "implemented") -> Implementation:
    return control_services.set_implementation(control=control, scope=scope, state=state, actor=None)


def make_entity(key: str = "hk-bank", jurisdiction: str = "hk", owner: Person | None = None) -> Scope:
    entity = scopes.add_entity(
        key=key, name=key.upper(), jurisdiction=jurisdiction, accountable=owner, on=TODAY, actor=None
    )
    return entity.scope


def make_use_case(
    title: str = "Scoring", owner: Person | None = None, ref: str = "", status: str = "active"
) -> UseCase:
    owner = owner or make_person(f"P-{title[:8].lower()}")
    return inventory.add_use_case(
        ref=ref, title=title, purpose="For the test.", accountable=owner, on=TODAY, actor=owner, status=status
    )


def make_deployment(
    use_case: UseCase | None = None, entity: Scope | None = None, owner: Person | None = None, **over
) -> Deployment:
    use_case = use_case or make_use_case()
    entity = entity or make_entity(owner=make_person("P-entity"))
    owner = owner or use_case.seat.holder
    return inventory.add_deployment(
        use_case=use_case, entity=entity.entity, accountable=owner, on=TODAY, actor=owner,
        stage=over.pop("stage", "live"), **over,
    )  # fmt: skip


def make_proof(
    control: Control, scope: Scope, person: Person, *, valid_until: date | None = None, on: date = TODAY
) -> Implementation:
    """Implemented, with evidence and a passed test of that day."""
    row = make_implementation(control, scope)
    control_services.add_evidence(
        implementation=row, title="Proof", valid_from=on, valid_until=valid_until, collected_by=person, actor=person
    )
    control_services.record_test(implementation=row, performed_on=on, result="passed", tester=person, actor=person)
    return row
