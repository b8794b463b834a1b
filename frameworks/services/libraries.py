"""Libraries made by others: what a file would add, reword and retire, and exactly that, as a release of its own.

Nothing of a library is deleted when a newer file comes: rows that it no longer has are retired and keep their mappings
and decisions; rows with other words get another version, which sends approvals to re-review.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone

from frameworks.choices import FamilyOrigin, Force, Verification
from frameworks.domain.conditions import All
from frameworks.domain.libraries import Library, Node
from frameworks.domain.rendering import digest_of
from frameworks.domain.rows import Route, Row, Text
from frameworks.models import Family, Instrument, Release, Requirement, RequirementVersion
from frameworks.services.catalogues import follow_up, make_texts, make_version
from office.domain.plans import Cell, Plan, RowPlan, Verdict, compare, make_plan
from office.services.recording import Pen

PREFIX = "lib-"
"""Imported families never take a name that a shipped one has or may get."""
COLUMNS = ("citation", "title", "text", "kind", "under")
BEARER = "As its text says"
NO_DAY = "The imported file gives no day"
LONGEST = {"ref": 80, "citation": 300, "title": 400}


@dataclass(frozen=True)
class _State:
    """What a row says: its cells in the order of COLUMNS, and whether it stands."""

    cells: tuple[str, ...]
    stands: bool = True


def family_key(library: Library) -> str:
    """The key under which a library lives here, the same for all its versions."""
    return (PREFIX + library.key)[:60].rstrip("-")


def ref_of(family: str, node_ref: str) -> str:
    """The id of a row: that of the file, with what cannot stand in an address written as a hyphen."""
    return f"{family}.{re.sub(r'[^A-Za-z0-9._-]+', '-', node_ref).strip('-')}"


def plan_library(library: Library) -> Plan:
    """What the library would change, row by row. Three queries, whatever its size.

    Raises ValidationError, one sentence a row, for ids that cannot be told apart or are too long.
    """
    key = family_key(library)
    wanted = _wanted(library, key)
    stored = _stored(key)
    numbers = {ref_of(key, node.ref): node.line or at for at, node in enumerate(library.nodes, start=1)}
    rows = [_head(library, key)]
    for ref, cells in wanted.items():
        state = stored.get(ref)
        before = state.cells if state else ("",) * len(COLUMNS)
        changed = compare(COLUMNS, before, cells)
        if state and not state.stands:
            changed = (Cell("stands", "no", "yes"), *changed)
        if changed:
            verdict = Verdict.CHANGED if state else Verdict.NEW
            rows.append(RowPlan(numbers[ref], ref, verdict, changed))
    gone = [ref for ref, state in stored.items() if state.stands and ref not in wanted]
    rows += [RowPlan(0, ref, Verdict.RETIRED, (Cell("stands", "yes", "no"),)) for ref in gone]
    listed = [row for row in rows if row is not None]
    unchanged = len(wanted) - sum(row.verdict is not Verdict.RETIRED and row.key in wanted for row in listed)
    return make_plan("library", listed, unchanged)


def _head(library: Library, key: str) -> RowPlan | None:
    """The library itself: new, or of another version."""
    family = Family.objects.filter(key=key).first()
    _refuse_stranger(library, family)
    title = family.releases.order_by("-known_from").values_list("title", flat=True).first() if family else ""
    wanted = _release_title(library)
    if family is None:
        return RowPlan(0, key, Verdict.NEW, (Cell("library", "", wanted),))
    return RowPlan(0, key, Verdict.CHANGED, (Cell("library", str(title), wanted),)) if title != wanted else None


def _refuse_stranger(library: Library, family: Family | None) -> None:
    """Two libraries that only share a name: the second would retire the rows of the first."""
    ids = {library.source_id, family.source_id} if family else set()
    if len(ids) == 2 and all(ident.startswith("urn:") for ident in ids):
        raise ValidationError(
            f"{library.source_id} is not {family.source_id if family else ''}, which lives here under the same name. "
            "Give the library an id of its own, or bring a version of the one that is here."
        )


def _release_title(library: Library) -> str:
    return f"{library.title} {library.version}".strip()[:200]


def _wanted(library: Library, key: str) -> dict[str, tuple[str, ...]]:
    """Requirement id → cells, in the order of the file."""
    problems, found = [], {}
    for node in library.nodes:
        ref = ref_of(key, node.ref)
        where = f"Line {node.line}: " if node.line else ""
        if ref in found:
            problems.append(f"{where}“{node.ref}” cannot be told apart from another id here; both would be {ref}.")
        if len(ref) > LONGEST["ref"]:
            problems.append(f"{where}“{node.ref[:60]}” is too long; an id has at most {LONGEST['ref']} characters.")
        found[ref] = _cells(node, key)
    if problems:
        raise ValidationError(problems)
    return found


def _cells(node: Node, key: str) -> tuple[str, ...]:
    title = _cut(node.title or node.text or node.citation, LONGEST["title"])
    under = ref_of(key, node.parent) if node.parent else ""
    kind = "requirement" if node.assessable else "heading"
    return (_cut(node.citation, LONGEST["citation"]), title, node.text or node.title or node.citation, kind, under)


def _cut(text: str, limit: int) -> str:
    """On one line; what is too long ends in three dots, and stands in full in the row's text."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _stored(key: str) -> dict[str, _State]:
    rows = Requirement.objects.filter(family__key=key, current__isnull=False).values_list(
        "ref", "current__citation", "current__title", "current__summary", "current__is_heading", "parent__ref",
        "current__known_until",
    )  # fmt: skip
    return {
        ref: _State((citation, title, text, "heading" if heading else "requirement", under or ""), until is None)
        for ref, citation, title, text, heading, under, until in rows
    }


def apply_library(*, library: Library, plan: Plan, digest: str, on: date, pen: Pen) -> None:
    """Writes a plan that was just made of the same library, in the caller's recording. `digest` is that of the file."""
    key = family_key(library)
    if not plan.rows:
        return
    day = _day(library, key, on)
    family = _save_family(library, key, pen)
    instrument = _save_instrument(library, family, on, pen)
    release = Release(
        family=family, known_from=day, title=_release_title(library), digest=digest, loaded_at=timezone.now()
    )
    pen.create_many([release])
    written = {row.key for row in plan.rows if row.verdict in (Verdict.NEW, Verdict.CHANGED)} - {key}
    gone = {row.key for row in plan.rows if row.verdict is Verdict.RETIRED}
    requirements = _save_requirements(library, family, instrument, written, pen)
    rows = [row for row in _rows(library, key, day) if row.id in written]
    _close(requirements, written | gone, day, pen)
    _save_versions(rows, library, requirements, release, pen)
    follow_up(pen.actor)


def _day(library: Library, key: str, on: date) -> date:
    """The day from which the release is known: that of its publication where that is later than the one before, else today."""
    last = Release.objects.filter(family__key=key).aggregate(day=Max("known_from"))["day"]
    if library.published and library.published <= on and (last is None or library.published > last):
        return library.published
    if last is not None and on <= last:
        raise ValidationError(
            f"A version of this library is known from {last} on already, and two of one day cannot be told apart. "
            "Bring this one tomorrow, or give it a later day of publication."
        )
    return on


def _save_family(library: Library, key: str, pen: Pen) -> Family:
    family = Family.objects.select_for_update().filter(key=key).first()
    family = family or Family(key=key, origin=FamilyOrigin.IMPORTED, is_voluntary=True, jurisdiction="any")
    family.title, family.issuer = library.title[:200], (library.publisher or "not told")[:200]
    family.source_id = library.source_id[:200]
    pen.save(family)
    return family


def _save_instrument(library: Library, family: Family, on: date, pen: Pen) -> Instrument:
    row = Instrument.objects.filter(ref=family.key).first() or Instrument(family=family, ref=family.key)
    row.title, row.issuer, row.number = library.title[:300], library.publisher[:300], library.source_id[:120]
    row.force, row.verification = Force.VOLUNTARY, Verification.IMP
    row.status = f"Imported, version {library.version or 'not told'}"
    row.source = (library.copyright or library.source_id or library.title)[:200]
    pen.save(row)
    return row


def _save_requirements(
    library: Library, family: Family, instrument: Instrument, written: set[str], pen: Pen
) -> dict[str, Requirement]:
    """Every requirement of the family by id; new ones are made, and all that the file has take their place in it."""
    stored = {row.ref: row for row in Requirement.objects.filter(family=family).select_related("current")}
    new = []
    for at, node in enumerate(library.nodes, start=1):
        ref = ref_of(family.key, node.ref)
        if ref not in stored:
            stored[ref] = Requirement(ref=ref, family=family, instrument=instrument, position=at)
            new.append(stored[ref])
        stored[ref].position = at
    pen.create_many(new)
    return stored


def _rows(library: Library, key: str, day: date) -> Iterable[Row]:
    source = f"{library.title} {library.version}".strip()[:200]
    for at, node in enumerate(library.nodes, start=1):
        citation, title, text, kind, under = _cells(node, key)
        heading = kind == "heading"
        yield Row(
            id=ref_of(key, node.ref), family=key, instrument=key, citation=citation, title=title, summary=text,
            parent=under or None, position=at, bearer=BEARER, owed_by="" if heading else "office",
            applies_when=All(()), force="VOLUNTARY", supervised=False, status="in_force", heading=heading,
            context=False, one_of="", evidence="", cadence="", penalty="", penalty_tier="none", source=source,
            verification="IMP", texts=(Text(library.language or "en", "imported", title, text, "IMP"),),
            routes=(Route(basis=NO_DAY),), known_from=day,
        )  # fmt: skip


def _close(requirements: Mapping[str, Requirement], refs: set[str], day: date, pen: Pen) -> None:
    """The versions that stood until now."""
    standing = [requirements[ref].current for ref in sorted(refs)]
    closed = [version for version in standing if version is not None and version.known_until is None]
    for version in closed:
        version.known_until = day
    pen.change_many(closed, ("known_until",))


def _save_versions(
    rows: Sequence[Row], library: Library, requirements: Mapping[str, Requirement], release: Release, pen: Pen
) -> None:
    new = [(row, make_version(row, requirements[row.id], release, digest_of(row), None)) for row in rows]
    pen.create_many([version for _, version in new])
    pen.create_many([text for row, version in new for text in make_texts(row, version)])
    current: dict[str, RequirementVersion] = {row.id: version for row, version in new}
    for node in library.nodes:
        key = release.family.key
        requirement = requirements[ref_of(key, node.ref)]
        requirement.parent = requirements[ref_of(key, node.parent)] if node.parent else None
        requirement.current = current.get(requirement.ref, requirement.current)
    pen.change_many([row for row in requirements.values() if row.pk], ("position", "parent", "current"))
