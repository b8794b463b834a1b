"""Where rows of the law become what the pure rooms read. Three queries, whatever the size."""

import json
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django.db import DatabaseError

from frameworks.catalogue_files import shipped_families
from frameworks.domain.catalogue import Instrument as InstrumentFact
from frameworks.domain.catalogue import rows_known_on as rows_of_files
from frameworks.domain.conditions import parse
from frameworks.domain.dating import Placement, place
from frameworks.domain.facts import CaseFacts
from frameworks.domain.grounds import CaseGround
from frameworks.domain.rendering import route_from_raw
from frameworks.domain.rows import Item, Row, Text
from frameworks.domain.transfers import decide_transfer
from frameworks.models import CounselReview, Instrument, RequirementVersion
from frameworks.vocabulary_files import shipped_vocabulary


def rows_known_on(day: date) -> list[Row]:
    """The loaded requirement versions known on a day, in the order of the catalogues."""
    versions = (
        RequirementVersion.objects.known_on(day)
        .select_related("requirement__family", "requirement__instrument", "requirement__parent")
        .prefetch_related("texts", "items")
        .order_by("requirement__family__key", "requirement__position", "pk")
    )
    return [_row(version) for version in versions]


def instruments() -> list[InstrumentFact]:
    """The loaded instruments, in the order of the register."""
    return [
        InstrumentFact(
            id=row.ref, family=row.family.key, title=row.title, title_zh=row.title_zh, issuer=row.issuer,
            number=row.number, force=row.force, status=row.status, adopted=row.adopted, applies=row.applies,
            source=row.source, verification=row.verification,
        )
        for row in Instrument.objects.select_related("family")
    ]  # fmt: skip


def newest_reviews(refs: Iterable[str]) -> dict[str, CounselReview]:
    """Requirement → what counsel said last of its text that stands. One query."""
    rows = CounselReview.objects.for_register().filter(
        version__known_until__isnull=True, version__requirement__ref__in=list(refs)
    )
    return {row.version.requirement.ref: row for row in rows.order_by("reviewed_on", "pk")}


def rows_for_assess(day: date) -> tuple[list[Row], str]:
    """The rows for an assessment without saved data, and a note when the shipped files stand in for the database."""
    try:
        if RequirementVersion.objects.exists():
            return rows_known_on(day), ""
        note = "No catalogue is loaded yet; the shipped files are used."
    except DatabaseError:
        note = "The database is not set up; the shipped files are used."
    return rows_of_files(shipped_families().values(), day), note


def placed(version: RequirementVersion, on: date) -> Placement:
    """When a requirement binds as far as that can be said of nobody in particular: what hangs on facts stays open."""
    return _placed(json.dumps(version.routes, sort_keys=True), version.status, on)


@lru_cache(maxsize=4096)
def _placed(routes: str, status: str, on: date) -> Placement:
    nobody = _nobody()
    return place(tuple(route_from_raw(raw) for raw in json.loads(routes)), status, lambda when: when.truth(nobody), on)


@lru_cache(maxsize=1)
def _nobody() -> CaseGround:
    """A case of which nothing is known."""
    facts = CaseFacts(shipped_vocabulary(), {})
    return CaseGround(facts, decide_transfer(facts, [], []))


def _row(version: RequirementVersion) -> Row:
    requirement = version.requirement
    return Row(
        id=requirement.ref,
        family=requirement.family.key,
        instrument=requirement.instrument.ref,
        citation=version.citation,
        title=version.title,
        summary=version.summary,
        parent=requirement.parent.ref if requirement.parent else None,
        position=requirement.position,
        bearer=version.bearer,
        owed_by=version.owed_by,
        applies_when=parse(version.applies_when),
        force=version.force,
        supervised=version.supervised,
        status=version.status,
        heading=version.is_heading,
        context=version.is_context,
        one_of=version.one_of,
        evidence=version.evidence,
        cadence=version.cadence,
        penalty=version.penalty,
        penalty_tier=version.penalty_tier,
        source=version.source,
        verification=version.verification,
        texts=_texts(version),
        routes=tuple(route_from_raw(raw) for raw in version.routes),
        known_from=version.known_from,
        known_until=version.known_until,
        note=version.note,
        items=_items(version),
        characteristics=tuple(version.characteristics),
        actor_tasks=tuple(version.actor_tasks),
    )


def _texts(version: RequirementVersion) -> tuple[Text, ...]:
    return tuple(
        Text(text.language, text.origin, text.title, text.summary, text.verification) for text in version.texts.all()
    )


def _items(version: RequirementVersion) -> tuple[Item, ...]:
    return tuple(
        Item(one.ref, one.kind, one.title, one.part, tuple(one.risks), tuple(one.actor_tasks), one.note)
        for one in version.items.all()
    )
