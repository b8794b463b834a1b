"""Verbs about what no control serves: why none fits, and what the office decides between two markets."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone

from controls.models import Conflict, ControlMapping, NoControl
from office.models import Person
from office.services import rights
from office.services.recording import recording


def save_no_control(*, row: NoControl, actor: Person | None) -> NoControl:
    """The reason in the actor's name and of this moment."""
    if actor is not None:
        rights.require(actor, None, "say that no control fits")
    mapped = ControlMapping.objects.filter(requirement=row.requirement).exclude(status="rejected").first()
    if mapped is not None:
        raise ValidationError(f"{mapped.control} is mapped to {row.requirement.ref}; reject that mapping first.")
    stored = NoControl.objects.filter(pk=row.pk).first()
    if stored is not None and (stored.reason, stored.requirement_id) == (row.reason, row.requirement_id):
        return stored
    with recording(actor=actor, reason=f"No control fits {row.requirement.ref}: {row.reason}") as pen:
        row.stated_by, row.stated_at = actor, timezone.now()
        pen.save(row)
    return row


def decide_conflict(*, conflict: Conflict, decision: str, review_on: date, actor: Person, on: date) -> Conflict:
    """Records what the office decided between two markets, and when it looks again."""
    rights.require(actor, None, "decide between markets")
    if not decision.strip():
        raise ValidationError("Say what is decided, for which market and why.")
    if review_on <= on:
        raise ValidationError(f"The decision is looked at again on a later day than {on}.")
    with recording(actor=actor, reason=f"Decided {conflict.ref}: {decision}") as pen:
        row = Conflict.objects.select_for_update(of=("self",)).get(pk=conflict.pk)
        row.decision, row.decided_by, row.decided_on, row.review_on = decision.strip(), actor, on, review_on
        pen.save(row)
    return row


def reopen_conflict(*, conflict: Conflict, reason: str, actor: Person) -> Conflict:
    """Takes a decision back; the journal keeps it."""
    rights.require(actor, None, "decide between markets")
    if not reason.strip():
        raise ValidationError("Say why the decision is taken back; the reason is kept in the journal.")
    with recording(actor=actor, reason=reason) as pen:
        row = Conflict.objects.select_for_update(of=("self",)).get(pk=conflict.pk)
        row.decision, row.decided_by, row.decided_on, row.review_on = "", None, None, None
        pen.save(row)
    return row
