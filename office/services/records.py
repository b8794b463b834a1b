"""Plain writes of plain nouns: what a form or an import row asks for when no rule of its own is involved."""

from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from office.models import Person
from office.models.base import Recorded
from office.services import rights
from office.services.recording import recording


def save_record(*, row: Recorded, actor: Person | None, reason: str = "") -> Recorded:
    """Creates or changes one row after `full_clean()`, where the actor writes; an unchanged row leaves no trace."""
    verb = "Changed" if row.pk else "Added"
    rights.require_write(actor, row)
    with recording(actor=actor, reason=reason or f"{verb} {row._meta.verbose_name}") as pen:
        pen.save(row)
    return row


def delete_record(*, row: Recorded, actor: Person | None, reason: str = "") -> None:
    """Deletes a row that nothing else refers to; refuses with a sentence that names what does."""
    rights.require_write(actor, row)
    try:
        with recording(actor=actor, reason=reason or f"Deleted {row._meta.verbose_name}") as pen:
            pen.delete(row)
    except ProtectedError as error:
        kinds = sorted({str(other._meta.verbose_name_plural) for other in error.protected_objects})
        raise ValidationError(
            f"“{row}” cannot be deleted: {', '.join(kinds)} refer to it. Retire it instead, so that its history stays."
        ) from error
