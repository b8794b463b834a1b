"""People, roles, scopes and legal entities."""

from typing import Any

from rest_framework import serializers

from office.models import LegalEntity, Membership, Person, Scope
from office.models.scopes import EntityJurisdiction
from office.rest.fields import Accountable, ClosedChoice, Named, StrictSlug, StrictText
from office.rest.serializers import NounSerializer, StrictFields
from office.rest.viewsets import NAME, Changes, Deletes, Nouns
from office.services import people, rights, scopes
from office.today import today


class PersonSerializer(NounSerializer):
    seats_held = serializers.IntegerField(read_only=True, help_text="How many seats the person sits on today.")

    class Meta:
        model = Person
        fields = ("ref", "name", "email", "title", "is_active", "seats_held")


class PersonViewSet(Changes):
    """People of the directory: who can answer for something. Deactivating one who holds seats is refused."""

    samples = {
        "create": {"ref": "P-014", "name": "Ada Example", "email": "ada@example.com", "title": "Head of Credit"},
        "partial_update": {"title": "Chief Risk Officer"},
    }
    model = Person
    serializer_class = PersonSerializer
    lookup_field = "ref"
    lookup_value_regex = NAME
    filters = {"is_active": "is_active", "role": "memberships__role"}
    search_fields = ("name", "ref", "email", "title")
    orders = {"name": "name", "ref": "ref"}

    def write(self, row: Person, actor: Person) -> None:
        people.save_person(person=row, actor=actor)


class MembershipSerializer(NounSerializer):
    person = Named(Person)
    scope = Named(Scope, "key")

    class Meta:
        model = Membership
        fields = ("id", "person", "role", "scope")


class MembershipViewSet(Deletes):
    """Roles: what a person may do, and where."""

    samples = {"create": {"person": "P-014", "role": "team_member", "scope": "hk-bank"}}
    model = Membership
    serializer_class = MembershipSerializer
    filters = {"role": "role", "person": "person__ref", "scope": "scope__key"}
    orders = {"person": "person__name", "role": "role"}


class ScopeSerializer(NounSerializer):
    parent = Named(Scope, "key", read_only=True)  # type: ignore[assignment]

    class Meta:
        model = Scope
        fields = ("key", "name", "kind", "parent")


class ScopeViewSet(Nouns):
    """Places where duties are owed and controls are run: the office, its entities, models and deployments."""

    model = Scope
    serializer_class = ScopeSerializer
    lookup_field = "key"
    lookup_value_regex = NAME
    filters = {"kind": "kind", "parent": "parent__key"}
    search_fields = ("name", "key")
    orders = {"key": "key", "name": "name"}


class EntitySerializer(NounSerializer):
    key = serializers.CharField(source="scope.key", read_only=True)
    name = serializers.CharField(source="scope.name", read_only=True)
    accountable = Accountable()

    class Meta:
        model = LegalEntity
        fields = ("key", "name", "city", "jurisdiction", "status", "accountable", "seat")
        read_only_fields = ("seat",)


class NewEntity(StrictFields):
    key = StrictSlug(max_length=80)
    name = StrictText(max_length=200)
    jurisdiction = ClosedChoice(EntityJurisdiction.choices)
    city = StrictText(max_length=80, required=False, allow_blank=True)
    accountable = Named(Person, required=False, help_text="Without one the entity stays a draft.")


class EntityViewSet(Changes):
    """Legal entities. An active one has an accountable person."""

    samples = {
        "create": {
            "key": "hk-bank",
            "name": "Example Bank (Hong Kong) Limited",
            "jurisdiction": "hk",
            "accountable": "P-014",
        }
    }
    model = LegalEntity
    serializer_class = EntitySerializer
    bodies = {"create": NewEntity}
    lookup_field = "scope__key"
    lookup_url_kwarg = "key"
    lookup_value_regex = NAME
    filters = {"jurisdiction": "jurisdiction", "status": "status"}
    search_fields = ("scope__name", "scope__key", "city")
    orders = {"name": "scope__name", "jurisdiction": "jurisdiction"}

    def make(self, given: dict[str, Any], actor: Person) -> LegalEntity:
        rights.require(actor, None, "add legal entities")
        return scopes.add_entity(**given, on=today(), actor=actor)

    def write(self, row: LegalEntity, actor: Person) -> None:
        scopes.save_entity(entity=row, actor=actor)
