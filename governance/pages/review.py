"""What the pages of a review show: the queue in a steady order, both texts of one mapping, and what happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from controls.choices import MappingStatus, RationaleType, RelationshipType, Theme
from controls.domain.wording import KEPT, Compared, Piece, compare
from controls.models import Control, ControlMapping, RequirementMapping
from controls.models.controls import TEXT_FIELDS as CONTROL_FIELDS
from controls.models.mappings import Mapping as Mapped
from controls.services.reviewing import KINDS, key_of
from frameworks.choices import ItemKind
from frameworks.models import Family, Requirement, RequirementItem, RequirementText, RequirementVersion
from frameworks.models.requirements import TEXT_FIELDS as REQUIREMENT_FIELDS
from office.history import states_of
from office.models import JournalEvent, Person
from office.service_admin import event_view

EVENTS = 50
ANY = ("", "any")


class QueueForm(forms.Form):
    """Which of the mappings that wait are gone through. Every field may be left open."""

    kind = forms.ChoiceField(
        required=False,
        label="Kind",
        choices=[ANY, ("control", "control → requirement"), ("requirement", "requirement → requirement")],
    )
    family = forms.ChoiceField(required=False, label="Family")
    theme = forms.ChoiceField(required=False, label="Theme", choices=[ANY, *Theme.choices])
    control = forms.ModelChoiceField(
        Control.objects.all(), required=False, label="Control", to_field_name="ref", empty_label="any"
    )
    status = forms.ChoiceField(
        required=False,
        label="Status",
        choices=[ANY, *((word, MappingStatus(word).label) for word in ("proposed", "re_review"))],
    )
    others = forms.BooleanField(required=False, label="Only what I did not propose")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families: Any = self.fields["family"]
        families.choices = [ANY, *Family.objects.values_list("key", "title")]

    def asked(self) -> dict[str, Any]:
        """The filters that are set and can be read."""
        self.is_valid()
        return {name: value for name, value in getattr(self, "cleaned_data", {}).items() if value}


def queue_of(person: Person, asked: Mapping[str, Any]) -> list[str]:
    """The names of all mappings that wait, control mappings first, each kind in its own order. Two queries."""
    found = []
    for word, model in KINDS.items():
        if asked.get("kind", word) != word:
            continue
        rows: Any = model._default_manager.all()
        rows = rows.visible_to(person).waiting()
        if asked.get("family"):
            rows = rows.of_family(asked["family"])
        if asked.get("status"):
            rows = rows.filter(status=asked["status"])
        if asked.get("others"):
            rows = rows.not_proposed_by(person)
        if asked.get("theme") or asked.get("control"):
            rows = _of_control(rows, asked)
        found += [f"{word}-{pk}" for pk in rows.values_list("pk", flat=True)]
    return found


def _of_control(rows: Any, asked: Mapping[str, Any]) -> Any:
    """A requirement mapping has no control, so that none is left."""
    if rows.model is RequirementMapping:
        return rows.none()
    rows = rows.filter(control__theme=asked["theme"]) if asked.get("theme") else rows
    return rows.filter(control=asked["control"]) if asked.get("control") else rows


def mappings_of(person: Person, keys: Iterable[str], *, whole: bool = False) -> list[Mapped]:
    """The mappings with these names in this order; those that are not there are left out. `whole`: with both texts."""
    listed = [key for key in keys if key.partition("-")[0] in KINDS and key.partition("-")[2].isdecimal()]
    found: dict[str, Mapped] = {}
    for word, model in KINDS.items():
        numbers = {int(key.partition("-")[2][:18]) for key in listed if key.startswith(f"{word}-")}
        rows: Any = model._default_manager.filter(pk__in=numbers)
        dressed = rows.visible_to(person)
        dressed = dressed.for_review() if whole else dressed.for_register()
        found |= {key_of(row): row for row in dressed} if numbers else {}
    return [found[key] for key in listed if key in found]


@dataclass(frozen=True)
class Part:
    """One field of a text as it stands, and as it was approved where that is asked for."""

    name: str
    was: tuple[Piece, ...]
    stands: tuple[Piece, ...]
    changed: bool


@dataclass(frozen=True)
class Side:
    """One of the two texts of a mapping. `lost`: the wording that was approved cannot be found any more."""

    role: str
    row: Control | Requirement
    parts: tuple[Part, ...]
    changed: bool = False
    lost: bool = False
    version: RequirementVersion | None = None
    items: Sequence[RequirementItem] = ()
    texts: Sequence[RequirementText] = ()


def sides_of(mapping: Mapped) -> tuple[Side, Side]:
    """Both texts; in re-review each beside the wording that was approved."""
    compares = mapping.status == MappingStatus.RE_REVIEW
    if isinstance(mapping, ControlMapping):
        asked = _requirement("What is asked", mapping.requirement, mapping.approved_version, compares)
        return _control(mapping, compares), asked
    assert isinstance(mapping, RequirementMapping)
    return (
        _requirement("Focal", mapping.focal, mapping.approved_focal, compares),
        _requirement("Reference", mapping.reference, mapping.approved_reference, compares),
    )


def _control(mapping: ControlMapping, compares: bool) -> Side:
    control = mapping.control
    if not compares or mapping.approved_control == control.text_digest:
        return Side("What we do", control, _parts(control, CONTROL_FIELDS, None))
    states = states_of(Control, [control.pk])[control.pk]
    was = next((state for state in states if state.text_digest == mapping.approved_control), None)
    parts = _parts(control, CONTROL_FIELDS, was)
    return Side("What we do", control, parts, changed=was is not None, lost=was is None)


def _requirement(role: str, row: Requirement, approved: RequirementVersion | None, compares: bool) -> Side:
    version = row.current
    if version is None:
        return Side(role, row, ())
    differs = compares and approved is not None and not approved.says_the_same(version)
    return Side(
        role=role,
        row=row,
        parts=_parts(version, REQUIREMENT_FIELDS, approved if differs else None),
        changed=differs,
        lost=compares and approved is None,
        version=version,
        items=[item for item in version.items.all() if item.kind == ItemKind.CHECKLIST],
        texts=[text for text in version.texts.all() if text.language != "en"],
    )


def _parts(stands: Any, names: Iterable[str], was: Any | None) -> tuple[Part, ...]:
    """The fields that say anything, with the words that changed marked where there is an earlier wording."""
    found = []
    for name in names:
        now, before = getattr(stands, name), getattr(was or stands, name)
        alone = (Piece(KEPT, now),)
        told = compare(before, now) if was is not None else Compared(alone, alone)
        if now or before:
            label = str(stands._meta.get_field(name).verbose_name)
            found.append(Part(label, told.was, told.stands, before != now))
    return tuple(found)


SHOWN: dict[str, tuple[str, dict[Any, str]]] = {
    "status": ("status", dict(MappingStatus.choices)),
    "relationship": ("relationship", dict(RelationshipType.choices)),
    "rationale_type": ("rationale type", dict(RationaleType.choices)),
    "rationale": ("rationale", {}),
    "strength": ("strength", {}),
    "source": ("source", {}),
    "comments": ("comments", {}),
    "review_note": ("note of the review", {}),
}
"""Fields of a mapping that its history tells of: their names, and words for stored ones."""


@dataclass(frozen=True)
class Told:
    """One event in the life of a mapping: who, when, what changed, why."""

    at: datetime
    who: str
    verb: str
    reason: str
    changes: tuple[tuple[str, str, str], ...]


def history_of(mapping: Mapped) -> list[Told]:
    """What the journal says, newest first, at most EVENTS. Two queries."""
    events = list(JournalEvent.objects.about(mapping)[:EVENTS])
    names = dict(Person.objects.filter(ref__in={event.actor_ref for event in events}).values_list("ref", "name"))
    return [
        Told(
            at=event.at,
            who=names.get(event.actor_ref, "the system" if event.actor_ref == "system" else event.actor_ref),
            verb=event.get_verb_display(),
            reason=event.reason,
            changes=tuple(_changes(event)),
        )
        for event in events
    ]


def _changes(event: JournalEvent) -> Iterable[tuple[str, str, str]]:
    changed = {name: (before, after) for name, before, after in event_view(event)["changes"]}
    for name, (label, words) in SHOWN.items():
        before, after = changed.get(name, (None, None))
        if before not in (None, "") or after not in (None, ""):
            yield label, _word(before, words), _word(after, words)


def _word(value: Any, words: Mapping[Any, str]) -> str:
    return "" if value is None else str(words.get(value, value))
