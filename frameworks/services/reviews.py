"""Counsel's reviews: who checked a requirement against its source, when, and with what result."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError

from frameworks.models import CounselReview, Requirement
from office.models import Person
from office.services import rights
from office.services.recording import recording


def record_reviews(
    *, requirements: Iterable[Requirement], reviewed_by: Person, reviewed_on: date, result: str, source_read: str,
    note: str, actor: Person, on: date,
) -> list[CounselReview]:  # fmt: skip
    """One review for each requirement, of the version that stands. The shipped mark is never changed by it."""
    rights.require(actor, None, "record counsel's reviews")
    if reviewed_on > on:
        raise ValidationError({"reviewed_on": f"{reviewed_on} has not come yet; a review is of today or earlier."})
    rows = []
    with recording(actor=actor, reason=f"Counsel's review by {reviewed_by.ref}: {result}") as pen:
        for requirement in requirements:
            if requirement.current is None or requirement.is_repealed:
                raise ValidationError(f"{requirement.ref} does not stand any more; there is nothing to review.")
            row = CounselReview(
                version=requirement.current, reviewed_by=reviewed_by, reviewed_on=reviewed_on, result=result,
                source_read=source_read.strip(), note=note.strip(),
            )  # fmt: skip
            row.full_clean()
            rows.append(row)
        pen.create_many(rows)
    return rows
