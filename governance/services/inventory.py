"""Verbs about use cases, their deployments, models and approvals."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError

from governance.choices import Stage, Status
from governance.models import AIModel, Approval, Deployment, DeploymentModel, Supplier, UseCase
from governance.querysets import own_use_cases
from office.models import LegalEntity, Person, Scope, Seat
from office.services import rights, scopes, seats
from office.services.recording import Pen, recording

NUMBERED = "UC-{:03d}"


def register_use_case(
    *,
    title: str,
    purpose: str,
    entity: LegalEntity,
    accountable: Person,
    on: date,
    actor: Person | None,
    ref: str = "",
    stage: str = Stage.IDEA,
    models: Iterable[AIModel] = (),
) -> UseCase:
    """A use case with its first deployment; one person answers for both until somebody else is put there."""
    with recording(actor=actor, reason=f"Registered use case “{title}”"):
        use_case = add_use_case(
            ref=ref, title=title, purpose=purpose, accountable=accountable, on=on, actor=actor, status=Status.ACTIVE
        )
        add_deployment(
            use_case=use_case, entity=entity, accountable=accountable, on=on, actor=actor, stage=stage, models=models
        )
    return use_case


def add_use_case(
    *,
    title: str,
    purpose: str,
    actor: Person | None,
    ref: str = "",
    accountable: Person | None = None,
    on: date | None = None,
    status: str = Status.DRAFT,
) -> UseCase:
    """Creates a use case with its seat. A reference is given in turn where none is asked for."""
    use_case = UseCase(ref=ref or _next_ref(), title=title, purpose=purpose, status=status, registered_by=actor)
    return save_use_case(use_case=use_case, actor=actor, accountable=accountable, on=on)


def save_many(
    *, new: Sequence[tuple[UseCase, Person | None]], changed: Sequence[UseCase], names: Sequence[str], on: date,
    actor: Person | None, pen: Pen,
) -> None:  # fmt: skip
    """Many use cases at once, each validated by the caller; a new one with who answers for it, or nobody yet."""
    made = seats.make_many([f"Use case {case.ref} {case.title}" for case, _ in new], pen=pen)
    for (case, _), seat in zip(new, made, strict=True):
        case.seat, case.registered_by = seat, actor
    taken = [(seat, person) for (_, person), seat in zip(new, made, strict=True) if person is not None]
    seats.assign_many(taken, on=on, pen=pen)
    pen.create_many([case for case, _ in new])
    pen.change_many(changed, names)


def _next_ref() -> str:
    taken = set(UseCase.objects.values_list("ref", flat=True))
    return next(ref for ref in map(NUMBERED.format, range(1, len(taken) + 2)) if ref not in taken)


def save_use_case(
    *, use_case: UseCase, actor: Person | None, accountable: Person | None = None, on: date | None = None
) -> UseCase:
    """Creates or changes a use case. An active one has a person on its seat."""
    with recording(actor=actor, reason=f"{'Changed' if use_case.pk else 'Added'} use case {use_case.ref}") as pen:
        if use_case.pk is None:
            use_case.seat = seats.make_seat(title=f"Use case {use_case.ref} {use_case.title}", place=None, pen=pen)
            _seat(use_case.seat, accountable, on, actor)
        if use_case.status == Status.ACTIVE:
            scopes.refuse_vacant(seat=use_case.seat, noun="An active use case")
        pen.save(use_case)
    return use_case


def _seat(seat: Seat, accountable: Person | None, on: date | None, actor: Person | None) -> None:
    if accountable is not None and on is not None:
        seats.assign(seat=seat, person=accountable, on=on, actor=actor)


def add_deployment(
    *,
    use_case: UseCase,
    entity: LegalEntity,
    actor: Person | None,
    key: str = "",
    stage: str = Stage.IDEA,
    accountable: Person | None = None,
    on: date | None = None,
    models: Iterable[AIModel] = (),
) -> Deployment:
    """One use case run by one legal entity, with a scope and a seat of its own. Added by who has the use case as their own
    or registers for the entity."""
    _refuse_stranger(actor, use_case, entity)
    deployment = Deployment(use_case=use_case, entity=entity, stage=stage)
    key = key or f"{use_case.ref}-{entity.scope.key}".lower()
    with recording(actor=actor, reason=f"Added deployment {key}") as pen:
        _refuse_second(use_case, entity)
        scope = Scope(
            key=key, name=f"{use_case.title} at {entity}"[:200], kind=Scope.Kind.DEPLOYMENT, parent=entity.scope
        )
        pen.save(scope)
        deployment.scope = scope
        deployment.seat = seats.make_seat(title=f"Deployment {key} {use_case.title}", place=scope, pen=pen)
        _seat(deployment.seat, accountable, on, actor)
        save_deployment(deployment=deployment, actor=actor)
        set_models(deployment=deployment, models=models, actor=actor)
    return deployment


def _refuse_stranger(actor: Person | None, use_case: UseCase, entity: LegalEntity) -> None:
    """The system itself may. Who only audits the entity may not, whatever they register elsewhere."""
    if actor is None or UseCase.objects.filter(pk=use_case.pk).filter(own_use_cases(actor)).exists():
        return
    places = (entity.scope.pk, entity.scope.parent_id)
    if not actor.memberships.filter(role__in=rights.REGISTRARS, scope__in=places).exists():
        raise rights.Forbidden(
            f"{actor} cannot add a deployment of {use_case}: that takes a writing role for {entity}."
        )


def _refuse_second(use_case: UseCase, entity: LegalEntity) -> None:
    if Deployment.objects.filter(use_case=use_case, entity=entity).exists():
        raise ValidationError(f"{entity} already runs {use_case}. Open that deployment instead.")


def save_deployment(*, deployment: Deployment, actor: Person | None) -> Deployment:
    """Changes a deployment. From the pilot on somebody sits on its seat."""
    with recording(actor=actor, reason=f"Changed deployment {deployment.scope.key}") as pen:
        if deployment.stage in (Stage.PILOT, Stage.LIVE):
            scopes.refuse_vacant(seat=deployment.seat, noun="A deployment in pilot or live")
        pen.save(deployment)
    return deployment


def set_models(*, deployment: Deployment, models: Iterable[AIModel], actor: Person | None) -> None:
    """The models that a deployment is built on, as a whole: what is not named is taken off."""
    wanted = {model.pk: model for model in models}
    with recording(actor=actor, reason=f"Models of {deployment.scope.key}") as pen:
        for link in list(deployment.model_links.all()):
            if wanted.pop(link.model_id, None) is None:
                pen.delete(link)
        for model in wanted.values():
            pen.save(DeploymentModel(deployment=deployment, model=model))


def add_model(
    *,
    key: str,
    name: str,
    actor: Person | None,
    holder: LegalEntity | None = None,
    supplier: Supplier | None = None,
    version: str = "",
    filing_number: str = "",
    accountable: Person | None = None,
    on: date | None = None,
) -> AIModel:
    """A model under the entity that holds it, or under the office when several share it; active with a person."""
    with recording(actor=actor, reason=f"Added model {key}") as pen:
        parent = holder.scope if holder else Scope.objects.get(kind=Scope.Kind.OFFICE)
        scope = Scope(key=key, name=name, kind=Scope.Kind.MODEL, parent=parent)
        pen.save(scope)
        seat = seats.make_seat(title=f"Model {name}", place=scope, pen=pen)
        _seat(seat, accountable, on, actor)
        model = AIModel(
            scope=scope,
            seat=seat,
            supplier=supplier,
            version=version,
            filing_number=filing_number,
            status=Status.ACTIVE if accountable else Status.DRAFT,
        )
        save_model(model=model, actor=actor)
    return model


def save_model(*, model: AIModel, actor: Person | None) -> AIModel:
    with recording(actor=actor, reason=f"Changed model {model.scope.key}") as pen:
        if model.status == Status.ACTIVE:
            scopes.refuse_vacant(seat=model.seat, noun="An active model")
        pen.save(model)
    return model


def record_approval(*, approval: Approval, actor: Person | None) -> Approval:
    """A body's decision; the deployment enters the stage by its own change, not by this one."""
    with recording(actor=actor, reason=f"Approval of {approval.deployment} by {approval.body}") as pen:
        approval.recorded_by = approval.recorded_by or actor
        pen.save(approval)
    return approval
