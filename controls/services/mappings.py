"""The life of a mapping: propose, approve by another person, reject, re-review when a text changes."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from controls.choices import MappingStatus
from controls.domain.relations import HOLDS
from controls.models import Attestation, AttestationItem, Control, ControlMapping, NoControl, RequirementMapping
from controls.models.mappings import Mapping
from frameworks.models import Requirement
from office.models import Person, Scope
from office.services import rights
from office.services.recording import Pen, recording

CONTENT = ("relationship", "rationale_type", "rationale", "strength", "source")


def save_mapping(*, mapping: Mapping, actor: Person | None) -> Mapping:
    """Proposes a mapping, or changes one: every change of content goes back to proposed, in the actor's name."""
    with recording(actor=actor, reason=f"{'Changed' if mapping.pk else 'Proposed'} mapping {mapping}") as pen:
        stored = type(mapping)._default_manager.select_for_update(of=("self",)).filter(pk=mapping.pk).first()
        if stored is not None and _content_of(stored) == _content_of(mapping):
            stored.comments = mapping.comments  # the row at hand may be older than its review
            pen.save(stored)
            return stored
        _reset(mapping, actor)
        pen.save(mapping)
        _withdraw_reasons([mapping], pen)
    return mapping


def propose_many(
    *, new: Sequence[Mapping], changed: Sequence[Mapping], names: Sequence[str], actor: Person | None, pen: Pen
) -> None:
    """Many mappings at once, each validated by the caller: what is new or says something else stands proposed in the
    actor's name afterwards; where only comments changed, the review stays."""
    reworded, noted = _by_content(changed)
    for mapping in (*new, *reworded):
        _reset(mapping, actor)
    pen.create_many(new)
    pen.change_many(reworded, [*names, *RESET, *APPROVED[type(reworded[0])]] if reworded else [])
    pen.change_many(noted, ["comments"])
    _withdraw_reasons([*new, *reworded], pen)


def _by_content(changed: Sequence[Mapping]) -> tuple[list[Mapping], list[Mapping]]:
    """The rows whose content differs from what is stored, and the stored rows of the others, with the new comments."""
    if not changed:
        return [], []
    rows = type(changed[0])._default_manager.select_for_update(of=("self",))
    stored = rows.in_bulk([mapping.pk for mapping in changed])
    reworded, noted = [], []
    for mapping in changed:
        row = stored[mapping.pk]
        if _content_of(row) != _content_of(mapping):
            reworded.append(mapping)
        else:
            row.comments = mapping.comments  # the row at hand may be older than its review
            noted.append(row)
    return reworded, noted


def _withdraw_reasons(mappings: Iterable[Mapping], pen: Pen) -> None:
    """Where a control is mapped, it is no longer said that none fits."""
    refs = {mapping.requirement_id for mapping in mappings if isinstance(mapping, ControlMapping)}
    for row in NoControl.objects.filter(requirement__in=refs) if refs else ():
        pen.delete(row)


def _content_of(mapping: Mapping) -> list[object]:
    ends = (field.attname for field in mapping._meta.fields if field.name in ENDS)
    return [getattr(mapping, name) for name in (*CONTENT, *ends)]


RESET = (
    "status", "proposed_by", "proposed_at", "reviewed_by", "reviewed_at", "review_note",
)  # fmt: skip
APPROVED: dict[type[Mapping], tuple[str, ...]] = {
    ControlMapping: ("approved_version", "approved_control"),
    RequirementMapping: ("approved_focal", "approved_reference"),
}
"""What an approval was given against."""
ENDS = ("control", "requirement", "focal", "reference")


def _reset(mapping: Mapping, actor: Person | None) -> None:
    if mapping.status != MappingStatus.DRAFT:
        mapping.status = MappingStatus.PROPOSED
    mapping.proposed_by, mapping.proposed_at = actor, timezone.now()
    mapping.reviewed_by, mapping.reviewed_at, mapping.review_note = None, None, ""
    if isinstance(mapping, ControlMapping):
        mapping.approved_version, mapping.approved_control = None, ""
    elif isinstance(mapping, RequirementMapping):
        mapping.approved_focal, mapping.approved_reference = None, None


MOVES: dict[str, tuple[str, ...]] = {
    MappingStatus.PROPOSED: (MappingStatus.DRAFT, MappingStatus.REJECTED),
    MappingStatus.APPROVED: (MappingStatus.PROPOSED, MappingStatus.RE_REVIEW),
    MappingStatus.REJECTED: (
        MappingStatus.DRAFT, MappingStatus.PROPOSED, MappingStatus.RE_REVIEW, MappingStatus.APPROVED,
    ),
    MappingStatus.RE_REVIEW: (MappingStatus.APPROVED,),
}  # fmt: skip
"""Status → the statuses from which a mapping may get it. A draft is only ever made."""
NEEDS_A_NOTE = {
    MappingStatus.REJECTED: "Say why the mapping is rejected; the proposer will read it.",
    MappingStatus.RE_REVIEW: "Say what has to be looked at again; the reviewer will read it.",
}


def refusals(mapping: Mapping, status: str, actor: Person | None, note: str) -> list[str]:
    """Why this person cannot move a mapping to a status, in sentences; the one place that knows the four-eyes rule."""
    if mapping.status not in MOVES.get(status, ()):
        allowed = " or ".join(str(MappingStatus(word).label).lower() for word in MOVES.get(status, ()))
        only = f"; only what is {allowed} becomes {MappingStatus(status).label.lower()}" if allowed else ""
        return [f"{mapping} is {mapping.get_status_display().lower()}{only}."]
    if actor is None:
        return [f"{mapping}: a review is done by a person. Sign in, and bring it in your own name."]
    if status == MappingStatus.APPROVED and mapping.proposed_by_id == actor.pk:
        return [
            f"{mapping}: a mapping is approved by another person than the one who proposed it. Ask a second reviewer."
        ]
    return [NEEDS_A_NOTE[MappingStatus(status)]] if status in NEEDS_A_NOTE and not note.strip() else []


def move(*, mappings: Sequence[Mapping], status: str, actor: Person | None, note: str = "") -> int:
    """Moves mappings to a status, whole or nothing: proposed, approved against the texts as they stand, rejected, or to
    be looked at again. The proposer never approves."""
    if actor is None:
        raise ValidationError("A review is done by a person.")
    rights.require(actor, None, "review mappings")
    with recording(actor=actor, reason=note or f"{MappingStatus(status).label}: {len(mappings)} mapping(s)") as pen:
        rows = _locked(mappings)
        problems = [sentence for row in rows for sentence in refusals(row, status, actor, note)]
        if problems:
            raise ValidationError(problems)
        for row in rows:
            if status == MappingStatus.PROPOSED:
                row.status = MappingStatus.PROPOSED
                _reset(row, actor)
            else:
                _stamp(row, status, actor, note)
                if status == MappingStatus.APPROVED:
                    _approve_texts(row)
            pen.save(row)
        if status == MappingStatus.PROPOSED:
            _withdraw_reasons(rows, pen)
    return len(rows)


def approve(*, mappings: Sequence[Mapping], actor: Person, note: str = "") -> int:
    """Approves mappings against the texts as they stand. Whole or nothing; the proposer never approves."""
    return move(mappings=mappings, status=MappingStatus.APPROVED, actor=actor, note=note)


def reject(*, mappings: Sequence[Mapping], actor: Person, note: str) -> int:
    return move(mappings=mappings, status=MappingStatus.REJECTED, actor=actor, note=note)


def ask_again(*, mappings: Sequence[Mapping], actor: Person, note: str) -> int:
    """Sends approved mappings to re-review, because somebody doubts them."""
    return move(mappings=mappings, status=MappingStatus.RE_REVIEW, actor=actor, note=note)


def propose(*, mappings: Sequence[Mapping], actor: Person, note: str = "") -> int:
    """Proposes drafts, and rejected mappings once more, in the actor's name."""
    return move(mappings=mappings, status=MappingStatus.PROPOSED, actor=actor, note=note)


def _approve_texts(mapping: Mapping) -> None:
    """Keeps against which texts the approval is given."""
    if isinstance(mapping, ControlMapping):
        mapping.approved_version = mapping.requirement.current
        mapping.approved_control = mapping.control.text_digest
    elif isinstance(mapping, RequirementMapping):
        mapping.approved_focal = mapping.focal.current
        mapping.approved_reference = mapping.reference.current


def _locked(mappings: Sequence[Mapping]) -> list[Mapping]:
    """The mappings under lock, their controls before them, as who rewords a control locks it: nobody approves a text that
    changes at that moment, and no two wait for each other in a circle."""
    kinds = {type(mapping) for mapping in mappings}
    if len(kinds) > 1:
        raise ValidationError("Control mappings and requirement mappings are reviewed apart; choose one kind.")
    if not kinds:
        return []
    model = kinds.pop()
    related = TEXTS[model]
    if model is ControlMapping:
        wanted = {mapping.control_id for mapping in mappings if isinstance(mapping, ControlMapping)}
        list(Control.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))
    rows = model._default_manager.select_for_update(of=("self",)).select_related(*related)
    return list(rows.filter(pk__in=[mapping.pk for mapping in mappings]))


def _stamp(mapping: Mapping, status: str, actor: Person, note: str) -> None:
    mapping.status, mapping.reviewed_by, mapping.reviewed_at = status, actor, timezone.now()
    mapping.review_note = note[:500]


TEXTS: dict[type[Mapping], tuple[str, ...]] = {
    ControlMapping: ("control", "requirement__current"),
    RequirementMapping: ("focal__current", "reference__current"),
}
"""What has to be read to see whether the texts of a mapping stand."""


def send_to_re_review(*, mappings: QuerySet, pen: Pen) -> int:
    """Approved mappings whose text changed or fell away lapse: nobody has approved what stands there now."""
    approved = [name for name in APPROVED[mappings.model] if name != "approved_control"]
    related = (*TEXTS[mappings.model], *approved)
    rows = [row for row in mappings.select_for_update(of=("self",)).select_related(*related) if not row.text_current]
    for row in rows:
        row.status = MappingStatus.RE_REVIEW
    return pen.change_many(rows, ("status",))


def lapse_outdated(*, actor: Person | None) -> int:
    """After a release: approvals of another wording, or of a row that was retired, go to re-review; moved dates do not."""
    stands = {"approved_version__known_until__isnull": True}
    both = {"approved_focal__known_until__isnull": True, "approved_reference__known_until__isnull": True}
    with recording(actor=actor, reason="The text of the requirement changed, or it was retired") as pen:
        return sum(
            send_to_re_review(mappings=rows, pen=pen)
            for rows in (
                ControlMapping.objects.approved().exclude(**stands),
                RequirementMapping.objects.approved().exclude(**both),
            )
        )


def attest(
    *, requirement: Requirement, scope: Scope, mappings: Iterable[ControlMapping], reason: str, actor: Person
) -> Attestation:
    """A person's word that these partial mappings suffice together here. Lapses when a text changes, or a part turns out
    to hold nothing of what is asked."""
    chosen = list(mappings)
    rights.require(actor, scope, "attest that parts suffice")
    if len(chosen) < 2 or any(row.requirement_id != requirement.pk for row in chosen):
        raise ValidationError("An attested set names at least two mappings of the same requirement.")
    if empty := [str(row) for row in chosen if row.relationship not in HOLDS]:
        raise ValidationError(
            f"An attested set is of mappings that hold something of what is asked; {', '.join(empty)} says nothing of that. "
            "Give it a relationship type, or leave it out."
        )
    with recording(actor=actor, reason=f"Attested {requirement.ref} in {scope.key}: {reason}") as pen:
        row = Attestation.objects.filter(requirement=requirement, scope=scope).first()
        row = row or Attestation(requirement=requirement, scope=scope)
        if requirement.current is not None:
            row.version = requirement.current
        row.reason, row.attested_by, row.attested_at = reason, actor, timezone.now()
        pen.save(row)
        for item in list(row.items.all()):
            pen.delete(item)
        for mapping in chosen:
            pen.save(AttestationItem(attestation=row, mapping=mapping))
    return row


def withdraw_attestation(*, attestation: Attestation, reason: str, actor: Person) -> None:
    """Takes the word back: from now on the parts count as parts. The journal keeps who said what, and why no longer."""
    rights.require(actor, attestation.scope, "withdraw what was attested")
    if not reason.strip():
        raise ValidationError("Say why the word is taken back; the reason is kept in the journal.")
    with recording(actor=actor, reason=f"Withdrew the attestation of {attestation}: {reason}") as pen:
        for item in list(attestation.items.all()):
            pen.delete(item)
        pen.delete(attestation)
