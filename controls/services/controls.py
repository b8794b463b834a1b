"""Verbs about controls, their implementations, evidence and tests."""

import hashlib
from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.core.files.base import File

from controls.choices import ControlStatus
from controls.models import Control, ControlMapping, ControlTest, Evidence, Implementation
from controls.services.mappings import send_to_re_review
from office.models import Person, Scope
from office.services import scopes, seats
from office.services.recording import Pen, recording

EVIDENCE_LIMIT = 25 * 1024 * 1024


def save_control(*, control: Control, actor: Person | None) -> Control:
    """Creates a control with its seat, or changes one. Active needs a person; changed words send approvals to re-review."""
    with recording(actor=actor, reason=f"{'Changed' if control.pk else 'Added'} control {control.ref}") as pen:
        reworded = False
        if control.pk is None:
            control.seat = seats.make_seat(title=f"Control {control.ref} {control.title}", place=None, pen=pen)
        else:
            stored = Control.objects.select_for_update().get(pk=control.pk)
            reworded = stored.text_digest != control.text_digest
        if control.status == ControlStatus.ACTIVE:
            scopes.refuse_vacant(seat=control.seat, noun="An active control")
        pen.save(control)
        if reworded:
            send_to_re_review(mappings=control.mappings.approved(), pen=pen)
    return control


def save_many(*, new: Sequence[Control], changed: Sequence[Control], names: Sequence[str], pen: Pen) -> None:
    """Many controls at once, each validated by the caller; changed words send approvals to re-review."""
    made = seats.make_many([f"Control {control.ref} {control.title}" for control in new], pen=pen)
    for control, seat in zip(new, made, strict=True):
        control.seat = seat
    pen.create_many(new)
    stored = {
        row.pk: row.text_digest for row in Control.objects.select_for_update().filter(pk__in=[c.pk for c in changed])
    }
    pen.change_many(changed, names)
    reworded = [control.pk for control in changed if stored[control.pk] != control.text_digest]
    send_to_re_review(mappings=ControlMapping.objects.approved().filter(control__in=reworded), pen=pen)


def activate(*, control: Control, actor: Person | None, reason: str = "") -> Control:
    control.status = ControlStatus.ACTIVE
    with recording(actor=actor, reason=reason or f"Activated control {control.ref}"):
        return save_control(control=control, actor=actor)


def set_implementation(
    *, control: Control, scope: Scope, state: str, actor: Person | None, since: date | None = None, note: str = ""
) -> Implementation:
    """The state of a control in a scope; creates the row or changes it."""
    with recording(actor=actor, reason=f"Set {control.ref} in {scope.key} to {state}") as pen:
        row = Implementation.objects.select_for_update().filter(control=control, scope=scope).first()
        row = row or Implementation(control=control, scope=scope)
        row.state, row.since, row.note = state, since, note
        pen.save(row)
    return row


def add_evidence(
    *,
    implementation: Implementation,
    title: str,
    valid_from: date,
    collected_by: Person,
    actor: Person | None,
    valid_until: date | None = None,
    link: str = "",
    file: File | None = None,
) -> Evidence:
    """Evidence with the SHA-256 of its file; at most 25 MB."""
    row = Evidence(
        implementation=implementation,
        title=title,
        valid_from=valid_from,
        valid_until=valid_until,
        collected_by=collected_by,
        link=link,
    )
    if file is not None:
        row.file = file
    return save_evidence(evidence=row, actor=actor)


def save_evidence(*, evidence: Evidence, actor: Person | None) -> Evidence:
    """The digest is that of the file as it was uploaded, whatever became of it since; without a file there is none."""
    with recording(actor=actor, reason=f"Evidence “{evidence.title}” for {evidence.implementation}") as pen:
        if not evidence.file:
            evidence.sha256 = ""
        elif not evidence.file._committed:  # type: ignore[attr-defined]  # just uploaded, not yet stored
            if evidence.file.size > EVIDENCE_LIMIT:
                raise ValidationError("The file is larger than 25 MB. Upload a smaller one, or link to it.")
            evidence.sha256 = _digest(evidence.file)
        pen.save(evidence)
    return evidence


def _digest(file: File) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def save_test(*, test: ControlTest, actor: Person | None, on: date) -> ControlTest:
    """Records a test, or changes one. `on` is the day on which it is recorded; a test of a later day is refused."""
    if test.performed_on > on:
        told = f"A test is recorded once it was done; {test.performed_on} is still to come. Write the day of the test."
        raise ValidationError({"performed_on": told})
    reason = f"Test of {test.implementation} on {test.performed_on}: {test.result}"
    with recording(actor=actor, reason=reason) as pen:
        pen.save(test)
    return test


def record_test(
    *,
    implementation: Implementation,
    performed_on: date,
    result: str,
    tester: Person,
    actor: Person | None,
    note: str = "",
) -> ControlTest:
    """A test that is recorded on the day on which it was done."""
    row = ControlTest(implementation=implementation, performed_on=performed_on, result=result, tester=tester, note=note)
    return save_test(test=row, actor=actor, on=performed_on)
