"""What every journalled noun has in common."""

from typing import ClassVar

from django.db import models


class Recorded(models.Model):
    """A row whose every write leaves an event in the journal.

    `journal_personal` names the fields that identify a natural person: the journal keeps only a keyed hash of them, so
    that a person can be erased without breaking the chain.
    """

    journal_personal: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    @classmethod
    def journal_noun(cls) -> str:
        return cls._meta.label_lower


def choices_check(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """A constraint that lists the allowed words of a closed list, in the database."""
    allowed = ", ".join(choices.values)
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": choices.values}),
        name=name,
        violation_error_message=f"{field.replace('_', ' ')} must be one of: {allowed}.",
    )
