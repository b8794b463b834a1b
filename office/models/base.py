"""What every journalled noun has in common."""

from typing import Any, ClassVar

from django.db import models


class Recorded(models.Model):
    """A row whose every write leaves an event in the journal.

    `journal_personal` names the fields that identify a natural person: the journal keeps only a keyed hash of them, so
    that a person can be erased without breaking the chain. `journal_unwritten` names fields that change without being
    news, such as when a key was last used: the journal leaves them out. `scope_path` leads from a row to the scope it
    belongs to; empty for what belongs to the whole office.
    """

    journal_personal: ClassVar[tuple[str, ...]] = ()
    journal_unwritten: ClassVar[tuple[str, ...]] = ()
    scope_path: ClassVar[str] = ""

    class Meta:
        abstract = True

    @classmethod
    def journal_noun(cls) -> str:
        return cls._meta.label_lower

    def belongs_in(self) -> Any:
        """The scope in which somebody must have a writing role to change this row; None: the whole office."""
        found: Any = self
        for name in self.scope_path.split(".") if self.scope_path else []:
            found = getattr(found, name, None)
        return found if self.scope_path else None


def choices_check(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """A constraint that lists the allowed words of a closed list, in the database."""
    allowed = ", ".join(choices.values)
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": choices.values}),
        name=name,
        violation_error_message=f"{field.replace('_', ' ')} must be one of: {allowed}.",
    )
