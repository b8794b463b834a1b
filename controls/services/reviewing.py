"""A review of mappings at a door: what the reviewer had before the eyes, and a decision on exactly that."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError

from controls.choices import MappingStatus, RelationshipType
from controls.models import Control, ControlMapping, RequirementMapping
from controls.models.mappings import Mapping as Mapped
from controls.services import mappings as services
from frameworks.models import Requirement
from frameworks.models.requirements import TEXT_FIELDS
from office.models import Person
from office.services import rights
from office.services.recording import recording

KINDS: dict[str, type[Mapped]] = {"control": ControlMapping, "requirement": RequirementMapping}
"""Both kinds of mapping by the word that names them in an address."""
SIDES = {ControlMapping: ("The control", "the requirement"), RequirementMapping: ("The focal row", "the reference row")}
READ = {
    RelationshipType.EQUAL: "{0} asks the same as {1}.",
    RelationshipType.SUPERSET: "{0} holds all that is asked, and more.",
    RelationshipType.SUBSET: "{0} holds a part of what is asked.",
    RelationshipType.INTERSECTS: "{0} and {1} overlap; each holds something that the other does not.",
    RelationshipType.NONE: "{0} and {1} have nothing in common.",
}
NO_REASONS = "It is approved with a relationship type and a rationale. Somebody gives it both first."


def key_of(mapping: Mapped) -> str:
    """Names a mapping of either kind, such as `control-12`."""
    return f"{next(word for word, model in KINDS.items() if isinstance(mapping, model))}-{mapping.pk}"


def read_aloud(mapping: Mapped) -> str:
    """The relationship as a sentence, in the direction in which the mapping is read."""
    sentence = READ.get(RelationshipType(mapping.relationship)) if mapping.relationship else None
    return sentence.format(*SIDES[type(mapping)]) if sentence else "Nobody has given a relationship type yet."


def obstacles(mapping: Mapped, actor: Person) -> list[str]:
    """Why this person cannot approve this mapping, in sentences."""
    found = services.refusals(mapping, MappingStatus.APPROVED, actor, "")
    bare = not (mapping.relationship and mapping.rationale)
    return [*found, NO_REASONS] if bare and not found else found


def seen_of(mapping: Mapped) -> str:
    """A digest over everything a review is about: content, status, proposer, and the texts of both sides.

    Reads the ends of the mapping and their current versions.
    """
    told: list[object] = [getattr(mapping, name) for name in (*services.CONTENT, "status", "proposed_by_id")]
    for end in _ends(mapping):
        if isinstance(end, Control):
            told += [end.pk, end.text_digest]
        else:
            version = end.current
            told += [end.pk, end.current_id, str(version and version.known_until)]
            told += [getattr(version, name, "") for name in TEXT_FIELDS]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:32]


def _ends(mapping: Mapped) -> tuple[Control | Requirement, Control | Requirement]:
    if isinstance(mapping, ControlMapping):
        return mapping.control, mapping.requirement
    assert isinstance(mapping, RequirementMapping)
    return mapping.focal, mapping.reference


def token_of(mapping: Mapped) -> str:
    """What a form carries for a mapping: its name and the digest of what was shown."""
    return f"{key_of(mapping)}.{seen_of(mapping)}"


def read_tokens(tokens: Iterable[str]) -> dict[str, str]:
    """Name → digest of what was shown."""
    return {key: digest for key, _, digest in (token.partition(".") for token in tokens)}


def decide(
    *, mappings: Sequence[Mapped], seen: Mapping[str, str], status: str, actor: Person, note: str = ""
) -> list[Mapped]:
    """Moves mappings of either kind to a status, whole or nothing, if each stands as it was shown. One batch of the journal.

    `seen` holds the digests of what was shown, by name. Returns the mappings as they stand then.
    """
    rights.require(actor, None, "review mappings")
    label = MappingStatus(status).label
    with recording(actor=actor, reason=note or f"{label}: {len(mappings)} mapping(s)"):
        rows = _locked(mappings)
        problems = [
            f"{row} has changed since you read it. Read it again, then decide."
            for row in rows
            if seen.get(key_of(row)) != seen_of(row) and not services.refusals(row, status, actor, note)
        ]
        for model in KINDS.values():
            problems += _moved([row for row in rows if isinstance(row, model)], status, actor, note)
        if problems:
            raise ValidationError(list(dict.fromkeys(problems)))
    return rows


def _moved(rows: Sequence[Mapped], status: str, actor: Person, note: str) -> list[str]:
    """Moves rows of one kind; what the service says where it refuses."""
    try:
        if rows:
            services.move(mappings=rows, status=status, actor=actor, note=note)
    except ValidationError as error:
        return error.messages
    return []


def _locked(mappings: Sequence[Mapped]) -> list[Mapped]:
    """The mappings and the texts on both sides under lock, as they stand then.

    Who changes a text locks the text first and its mappings afterwards. So nobody waits for a text here: where one is
    held, its mapping is refused, and no two wait for each other in a circle.
    """
    rows: list[Mapped] = []
    for model in KINDS.values():
        keys = {mapping.pk for mapping in mappings if isinstance(mapping, model)}
        list(model._default_manager.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    held: dict[type, set[int]] = {}
    for noun in (Requirement, Control):
        wanted = {end.pk for mapping in mappings for end in _ends(mapping) if isinstance(end, noun)}
        free = noun._default_manager.select_for_update(no_key=True, skip_locked=True).filter(pk__in=wanted)
        held[noun] = wanted - set(free.order_by("pk").values_list("pk", flat=True))
    for model in KINDS.values():
        keys = {mapping.pk for mapping in mappings if isinstance(mapping, model)}
        rows += model._default_manager.select_related(*services.TEXTS[model]).filter(pk__in=keys) if keys else []
    busy = [row for row in rows if any(end.pk in held[type(end)] for end in _ends(row))]
    if busy:
        raise ValidationError(
            [f"{row}: somebody changes or judges its text at this moment. Try again." for row in busy]
        )
    return rows
