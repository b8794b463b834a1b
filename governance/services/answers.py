"""Verbs about answers to facts, transfers, and people's decisions on what applies."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from frameworks.domain.answers import check_facts, check_flows
from frameworks.models import Family, Requirement
from frameworks.vocabulary_files import shipped_vocabulary
from governance.inputs import STAGE_FACT
from governance.inputs.due import asked_again_on
from governance.models import Adoption, Answer, ApplicabilityDecision, Deployment, Transfer, UseCase
from governance.querysets import own_use_cases
from office.models import LegalEntity, Person, Scope, Tenure
from office.services import rights
from office.services.recording import recording

Subject = Scope | UseCase
NOUNS = {
    "office": "the office",
    "entity": "a legal entity",
    "model": "a model",
    "use_case": "a use case",
    "deployment": "a deployment",
}


def may_answer(person: Person, subject: Subject, holder: Person | None) -> bool:
    """Who may answer about a subject, and record the flows of a deployment: the person on its seat (`holder`), and who
    writes there; about a use case and its deployments also whoever registers and has it as their own."""
    if holder is not None and holder.pk == person.pk:
        return True
    writes = rights.Writable(person)
    if isinstance(subject, UseCase):
        places: list[Scope | None] = [None, *Scope.objects.filter(deployment__use_case=subject)]
        case = Q(pk=subject.pk)
    else:
        places, case = [subject], Q(deployments__scope=subject)
    if any(writes.covers(place) for place in places):
        return True
    return rights.registers_use_cases(person) and UseCase.objects.filter(case).filter(own_use_cases(person)).exists()


def _require(actor: Person | None, subject: Subject) -> None:
    """Refuses who may not answer about a subject. The system itself may."""
    if actor is not None and not may_answer(actor, subject, _holder(subject)):
        raise rights.Forbidden(f"{actor} cannot answer about {subject}: ask who answers for it, or an officer.")


def _holder(subject: Subject) -> Person | None:
    """Who sits on the seat of a subject. One query."""
    if isinstance(subject, UseCase):
        at = Q(seat=subject.seat_id)
    else:
        nouns = ("office", "entity", "ai_model", "deployment")
        at = Q(*((f"seat__{noun}__scope", subject) for noun in nouns), _connector=Q.OR)
    tenure = Tenure.objects.open().filter(at).select_related("person").first()
    return tenure.person if tenure else None


def answer_facts(*, subject: Subject, answers: Mapping[str, object], actor: Person | None) -> int:
    """Answers facts at their one subject; None takes an answer back. Returns how many really changed; the same answer
    given again changes nothing, or confirms one that is asked again after a year.

    Refuses, all at once: unknown facts (the nearest is named), wrong types, words outside the choices, and facts that
    are answered elsewhere.
    """
    _require(actor, subject)
    problems = check_facts(shipped_vocabulary(), answers)
    problems += _misplaced(subject, answers)
    if problems:
        raise ValidationError(problems)
    with recording(actor=actor, reason=f"Answers about {subject}") as pen:
        type(subject)._default_manager.select_for_update().get(pk=subject.pk)
        stored = {row.fact: row for row in Answer.objects.filter(**_place(subject), fact__in=list(answers))}
        gone = [row for fact, row in stored.items() if answers[fact] is None]
        given = {
            fact: value
            for fact, value in answers.items()
            if value is not None and not (fact in stored and _stands(stored[fact], value))
        }
        rows = [stored.get(fact) or Answer(fact=fact, **_place(subject)) for fact in given]
        for row in rows:
            row.value, row.answered_by, row.answered_at = given[row.fact], actor, timezone.now()
            row.clean_fields(exclude=["scope", "use_case", "answered_by"])
        for row in gone:
            pen.delete(row)
        pen.create_many([row for row in rows if row.pk is None])
        pen.change_many([row for row in rows if row.pk is not None], ("value", "answered_by", "answered_at"))
    return len(gone) + len(rows)


def confirm_answers(*, subject: Subject, actor: Person | None) -> int:
    """Says that every answer about a subject still holds: they count as given today. Returns how many there are."""
    _require(actor, subject)
    with recording(actor=actor, reason=f"Confirmed the answers about {subject}") as pen:
        type(subject)._default_manager.select_for_update().get(pk=subject.pk)
        rows = list(Answer.objects.filter(**_place(subject)))
        for row in rows:
            row.answered_by, row.answered_at = actor, timezone.now()
        return pen.change_many(rows, ("answered_by", "answered_at"))


def _misplaced(subject: Subject, answers: Mapping[str, object]) -> list[str]:
    kind = "use_case" if isinstance(subject, UseCase) else subject.kind
    facts = shipped_vocabulary().facts
    problems = [
        f'Fact "{key}" is about {NOUNS[facts[key].subject]}, not about {NOUNS[kind]}; answer it there.'
        for key in answers
        if key in facts and facts[key].subject != kind
    ]
    if STAGE_FACT in answers:
        problems.append(f'Fact "{STAGE_FACT}" is the stage of the deployment itself; change it there.')
    return problems


def _place(subject: Subject) -> dict[str, Subject]:
    return {"use_case": subject} if isinstance(subject, UseCase) else {"scope": subject}


def _stands(stored: Answer, value: object) -> bool:
    """Whether the answer is there already and is not yet to be confirmed."""
    same = type(stored.value) is type(value) and stored.value == value
    return same and asked_again_on(stored.answered_at) > timezone.localdate()


def record_transfer(
    *,
    deployment: Deployment,
    name: str,
    record: Mapping[str, object],
    actor: Person | None,
    exporter: LegalEntity | None = None,
) -> Transfer:
    """Adds a flow of a deployment or changes the one of that name. Without an `exporter` a new flow leaves the
    deployment's own entity, and a standing one keeps who exports."""
    with transaction.atomic():
        row = Transfer.objects.select_for_update().filter(deployment=deployment, name=name).first()
        row = row or Transfer(deployment=deployment, name=name, exporter=deployment.entity)
        row.exporter, row.record = exporter or row.exporter, dict(record)
        return save_transfer(transfer=row, actor=actor)


def save_transfer(*, transfer: Transfer, actor: Person | None) -> Transfer:
    """Writes the flow that was edited, under whatever name it has now. Its record is checked against the vocabulary."""
    stored = Transfer.objects.select_related("deployment__scope").filter(pk=transfer.pk).first()
    for deployment in {state.deployment for state in (stored, transfer) if state is not None}:
        _require(actor, deployment.scope)
    if not isinstance(transfer.record, dict):
        raise ValidationError({"record": 'Write the fields of the flow as an object, like {"from": "cn", "to": "hk"}.'})
    transfer.record = {key: value for key, value in transfer.record.items() if key != "id"}
    problems = check_flows(shipped_vocabulary(), [{"id": transfer.name, **transfer.record}])
    if problems:
        raise ValidationError(problems)
    with recording(actor=actor, reason=f"Flow {transfer.name} of {transfer.deployment}") as pen:
        pen.save(transfer)
    return transfer


def add_transfer(*, deployment: Deployment, name: str, **told: Any) -> Transfer:
    """A flow under a name of its own; a second of that name is refused."""
    if deployment.transfers.filter(name=name).exists():
        raise ValidationError({"name": f"This deployment already has a flow “{name}”; choose another name."})
    return record_transfer(deployment=deployment, name=name, **told)


def remove_transfer(*, transfer: Transfer, actor: Person | None) -> None:
    """A flow that does not happen; its last state stays in the journal."""
    _require(actor, transfer.deployment.scope)
    with recording(actor=actor, reason=f"Removed flow {transfer}") as pen:
        pen.delete(transfer)


def decide(
    *,
    scope: Scope,
    requirement: Requirement,
    verdict: str,
    reason: str,
    actor: Person,
    review_on: date | None = None,
) -> ApplicabilityDecision:
    """An officer's word on whether a requirement applies in a subject; the engine's own verdict stays visible beside it."""
    with transaction.atomic():
        row = ApplicabilityDecision.objects.select_for_update().filter(scope=scope, requirement=requirement).first()
        row = row or ApplicabilityDecision(scope=scope, requirement=requirement)
        row.verdict, row.reason, row.review_on = verdict, reason, review_on
        return change_decision(decision=row, actor=actor)


def change_decision(*, decision: ApplicabilityDecision, actor: Person) -> ApplicabilityDecision:
    """Whoever changes a decision makes it theirs."""
    scope, requirement, reason = decision.scope, decision.requirement, decision.reason
    rights.require_write(actor, decision)
    if not reason.strip():
        raise ValidationError({"reason": "Say why; an auditor will ask."})
    with recording(actor=actor, reason=f"Decided {requirement.ref} in {scope.key}: {reason}") as pen:
        decision.decided_by, decision.decided_at = actor, timezone.now()
        pen.save(decision)
    return decision


def adopt(*, scope: Scope, family: Family, adopted: bool, reason: str, actor: Person | None) -> Adoption:
    """Whether a family is followed in a scope."""
    words = "Followed" if adopted else "Not followed"
    with recording(actor=actor, reason=f"{words}: {family} in {scope.key}. {reason}") as pen:
        row = Adoption.objects.filter(scope=scope, family=family).first() or Adoption(scope=scope, family=family)
        row.adopted, row.reason = adopted, reason
        pen.save(row)
    return row
