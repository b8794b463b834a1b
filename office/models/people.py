from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from office.models.base import Recorded, choices_check
from office.models.journal import JournalEvent
from office.querysets import MembershipQuerySet, PersonQuerySet


class Person(Recorded):
    """A natural person of the directory: who can answer for something. Not necessarily a login, and never a team."""

    journal_personal = ("name", "email")

    ref = models.SlugField("reference", max_length=40, unique=True, help_text="Public identifier, e.g. P-014.")
    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail", blank=True, help_text="The person's own address, not a shared mailbox.")
    title = models.CharField("job title", max_length=120, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="person",
        null=True,
        blank=True,
        verbose_name="login",
        help_text="Only for people who sign in.",
    )
    is_active = models.BooleanField("active", default=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["name", "ref"]
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="person_has_a_name",
                violation_error_message="A person needs a name.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="person_email_belongs_to_one",
                violation_error_message="This e-mail belongs to another person; a shared mailbox answers for nothing.",
            ),
        ]

    NOBODY = "system"
    """The journal's word for what nobody did; no person is called so."""

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The journal names people by their reference and is never rewritten: it stays, and belongs to one person."""
        super().clean()
        stored = Person.objects.filter(pk=self.pk).values_list("ref", flat=True).first() if self.pk else None
        if stored is None:
            problem = self.ref_problem(JournalEvent.objects.refs_of(self.journal_noun(), ref=self.ref))
        else:
            kept = f"The reference of a person never changes, since the journal names them by it. Leave it “{stored}”."
            problem = kept if stored != self.ref else ""
        if problem:
            raise ValidationError({"ref": problem})

    def ref_problem(self, given: Collection[Any]) -> str:
        """Why a new person cannot have this reference; empty where they can. `given`: those that the journal knows."""
        if self.ref.lower() == self.NOBODY:
            return f"“{self.ref}” is the journal's word for what nobody did. Choose another reference."
        if self.ref in given:
            return f"“{self.ref}” is a person's already, or was: the journal names that person by it. Choose another."
        return ""


class MembershipRole(models.TextChoices):
    LEADER = "leader", "Leader"
    OFFICER = "officer", "Governance officer"
    TEAM_MEMBER = "team_member", "Team member"
    AUDITOR = "auditor", "Auditor (reads and exports)"


class Membership(Recorded):
    """What a person may do, and where: a role for the whole office or for one legal entity."""

    scope_path = "scope"

    Role = MembershipRole

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    scope = models.ForeignKey("office.Scope", on_delete=models.PROTECT, related_name="memberships")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["person__name", "role", "scope__key", "pk"]
        constraints = [
            choices_check("role", MembershipRole, "membership_role_is_known"),
            models.UniqueConstraint(
                fields=["person", "role", "scope"],
                name="membership_is_given_once",
                violation_error_message="This person already has this role there.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} as {self.get_role_display().lower()} for {self.scope}"

    def clean(self) -> None:
        super().clean()
        if self.scope_id and self.scope.kind not in ("office", "entity"):
            raise ValidationError(
                {"scope": f"“{self.scope}” is no legal entity. A role is for the whole office or one legal entity."}
            )
