"""Loading catalogue releases: adds versions, deletes nothing, and leaves what is already there alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone

from frameworks.choices import FamilyOrigin
from frameworks.domain.catalogue import Family as FamilyOfFiles
from frameworks.domain.rendering import digest_of, item_to_raw, route_to_raw, to_raw
from frameworks.domain.rows import Row
from frameworks.models import (
    Family,
    Instrument,
    Release,
    Requirement,
    RequirementItem,
    RequirementText,
    RequirementVersion,
)
from office.models import Person
from office.models.notices import EventKind
from office.services import webhooks
from office.services.recording import Pen, recording

AFTER_LOAD: list[Callable[[Person | None], object]] = []
"""What other apps do in the same transaction when texts have changed; they put themselves here, since imports point right."""


@dataclass
class Loaded:
    """What a load did: numbers of rows, by what happened to them."""

    family: str
    unchanged: bool = False
    requirements: int = 0
    versions: int = 0
    reworded: list[str] = field(default_factory=list)


def is_loaded(digests: dict[str, dict[str, str]]) -> bool:
    """Whether every shipped release is loaded as it stands: compares digests, parses nothing. One query."""
    stored = {
        (family, day.isoformat()): digest
        for family, day, digest in Release.objects.filter(family__origin=FamilyOrigin.SHIPPED).values_list(
            "family__key", "known_from", "digest"
        )
    }
    return stored == {(family, day): digest for family, days in digests.items() for day, digest in days.items()}


def load_family(*, shipped: FamilyOfFiles, actor: Person | None, until: date | None = None) -> Loaded:
    """Brings the database to the shipped releases of a family (those known by `until`, by default all).

    A release whose digest is already loaded is passed over. Raises ValidationError when a loaded release of the same
    day says something else: a version is never overwritten.
    """
    done = Loaded(shipped.key)
    releases = [release for release in shipped.releases if until is None or release.known_from <= until]
    stored = dict(Release.objects.filter(family__key=shipped.key).values_list("known_from", "digest"))
    if all(stored.get(release.known_from) == release.digest for release in releases):
        done.unchanged = True
        return done
    with recording(actor=actor, reason=f"Loaded catalogue {shipped.key}") as pen:
        family = _save_family(shipped, pen)
        instruments = _save_instruments(shipped, family, pen)
        rows = [row for row in shipped.versions if until is None or row.known_from is None or row.known_from <= until]
        requirements = _save_requirements(rows, family, instruments, pen, done)
        days = _save_releases(shipped, family, releases, pen)
        _save_versions(rows, requirements, days, pen, done, until)
        follow_up(actor)
        body = {
            "family": shipped.key,
            "requirements": done.requirements,
            "versions": done.versions,
            "moved": done.reworded,
        }
        webhooks.announce(event=EventKind.LAW_CHANGED, body=body, now=timezone.now())
    return done


def follow_up(actor: Person | None) -> None:
    """What other apps do when texts have changed, in the transaction of the change."""
    for follow in AFTER_LOAD:
        follow(actor)


def _save_family(shipped: FamilyOfFiles, pen: Pen) -> Family:
    family = Family.objects.filter(key=shipped.key).first() or Family(key=shipped.key)
    family.title, family.title_zh, family.issuer = shipped.title, shipped.title_zh, shipped.issuer
    family.jurisdiction, family.is_voluntary = shipped.jurisdiction, shipped.voluntary
    pen.save(family)
    return family


def _save_instruments(shipped: FamilyOfFiles, family: Family, pen: Pen) -> dict[str, Instrument]:
    stored = {row.ref: row for row in Instrument.objects.filter(family=family)}
    names = ("title", "title_zh", "issuer", "number", "force", "status", "adopted", "applies", "source", "verification")
    new: list[Instrument] = []
    old: list[Instrument] = []
    for raw in shipped.instruments:
        row = stored.get(raw.id) or Instrument(family=family, ref=raw.id)
        for name in names:
            setattr(row, name, getattr(raw, name))
        row.clean_fields(exclude=["family"])
        (old if row.pk else new).append(row)
    pen.create_many(new)
    pen.change_many(old, names)
    return stored | {row.ref: row for row in new}


def _save_releases(shipped: FamilyOfFiles, family: Family, wanted: Sequence, pen: Pen) -> list[tuple[date, Release]]:
    stored = {row.known_from: row for row in Release.objects.filter(family=family)}
    new: list[Release] = []
    old: list[Release] = []
    for raw in wanted:
        row = stored.get(raw.known_from) or Release(family=family, known_from=raw.known_from, loaded_at=timezone.now())
        row.title, row.digest = raw.title, raw.digest
        (old if row.pk else new).append(row)
    pen.create_many(new)
    pen.change_many(old, ("title", "digest"))
    return sorted((row.known_from, row) for row in [*old, *new])


def _save_requirements(
    rows: Sequence[Row], family: Family, instruments: dict[str, Instrument], pen: Pen, done: Loaded
) -> dict[str, Requirement]:
    stored = {row.ref: row for row in Requirement.objects.filter(family=family)}
    latest = {row.id: row for row in rows}
    new: list[Requirement] = []
    moved: list[Requirement] = []
    for ref, row in latest.items():
        requirement = stored.get(ref) or Requirement(ref=ref, family=family)
        requirement.instrument, requirement.position = instruments[row.instrument], row.position
        (moved if requirement.pk else new).append(requirement)
    pen.create_many(new)
    stored |= {row.ref: row for row in new}
    for ref, row in latest.items():
        stored[ref].parent = stored[row.parent] if row.parent else None
    done.requirements = len(new)
    pen.change_many([*moved, *(row for row in new if row.parent_id)], ("instrument", "position", "parent"))
    return stored


def _save_versions(
    rows: Sequence[Row],
    requirements: dict[str, Requirement],
    days: list[tuple[date, Release]],
    pen: Pen,
    done: Loaded,
    until: date | None,
) -> None:
    stored: dict[tuple[str, date | None], RequirementVersion] = {
        (version.requirement.ref, version.known_from): version
        for version in RequirementVersion.objects.filter(requirement__in=requirements.values()).select_related(
            "requirement"
        )
    }
    new, closed, refused = [], [], []
    for row in rows:
        version, digest = stored.get((row.id, row.known_from)), digest_of(row)
        ends = row.known_until if row.known_until and (until is None or row.known_until <= until) else None
        if version is None:
            new.append((row, make_version(row, requirements[row.id], _release_of(row, days), digest, ends)))
        elif version.digest != digest:
            refused.append(row.id)
        elif version.known_until != ends and version.known_until is None:
            version.known_until = ends
            closed.append(version)
    _refuse_overwriting(refused)
    pen.change_many(closed, ("known_until",))
    pen.create_many([version for _, version in new])
    pen.create_many([text for row, version in new for text in make_texts(row, version)])
    pen.create_many([item for row, version in new for item in _make_items(row, version)])
    _point_to_current(requirements, [version for _, version in new], pen)
    done.versions, done.reworded = len(new), sorted({version.requirement.ref for version in closed})


def _refuse_overwriting(refused: list[str]) -> None:
    if refused:
        named = ", ".join(refused[:5]) + (" and more" if len(refused) > 5 else "")
        raise ValidationError(
            f"The catalogue says something else about {named} than the release of the same day that is loaded. A version is "
            "never overwritten: put the change into a release file with a day of its own."
        )


def _release_of(row: Row, days: list[tuple[date, Release]]) -> Release:
    """The release that brought the version: the one of its day, else the family's first."""
    by_day = dict(days)
    return by_day.get(row.known_from, days[0][1]) if row.known_from else days[0][1]


def make_version(
    row: Row, requirement: Requirement, release: Release, digest: str, known_until: date | None
) -> RequirementVersion:
    names = ("citation", "title", "summary", "bearer", "owed_by", "force", "supervised", "status", "one_of", "evidence")
    more = ("cadence", "penalty", "penalty_tier", "source", "verification", "note", "known_from")
    version = RequirementVersion(
        requirement=requirement,
        release=release,
        known_until=known_until,
        applies_when=to_raw(row.applies_when),
        routes=[route_to_raw(route) for route in row.routes],
        is_heading=row.heading,
        is_context=row.context,
        characteristics=list(row.characteristics),
        actor_tasks=list(row.actor_tasks),
        digest=digest,
        **{name: getattr(row, name) for name in (*names, *more)},
    )
    version.clean_fields(exclude=["requirement", "release", "routes"])
    return version


def make_texts(row: Row, version: RequirementVersion) -> list[RequirementText]:
    texts = [
        RequirementText(
            version=version,
            language=text.language,
            origin=text.origin,
            title=text.title,
            summary=text.summary,
            verification=text.verification,
        )
        for text in row.texts
    ]
    for text in texts:
        text.clean_fields(exclude=["version"])
    return texts


def _make_items(row: Row, version: RequirementVersion) -> list[RequirementItem]:
    items = [
        RequirementItem(version=version, position=at, **{"part": "", "note": "", **item_to_raw(item)})
        for at, item in enumerate(row.items, start=1)
    ]
    for item in items:
        item.clean_fields(exclude=["version"])
    return items


def _point_to_current(requirements: dict[str, Requirement], new: list[RequirementVersion], pen: Pen) -> None:
    changed = []
    for version in new:
        requirement = requirements[version.requirement.ref]
        requirement.current = version
        changed.append(requirement)
    pen.change_many(list({row.pk: row for row in changed}.values()), ("current",))
