"""What changed in the law between two days of knowledge, and what of it touches this office. About thirty queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from controls.models import ControlMapping, RequirementMapping
from controls.models.mappings import Mapping
from frameworks.domain.changes import Kind, RowChange, compare_law
from frameworks.models import Release
from governance.domain.changes import DueChange, DutyChange, GapState, due_changes, duty_changes
from governance.domain.position import Position
from governance.inputs.position import position_on
from governance.models import Gap
from governance.querysets import seen_scopes
from office.history import NOW
from office.models import Person, Scope

TOUCHING = frozenset({Kind.REWORDED, Kind.REPEALED})
"""Changes that put approvals into re-review."""


@dataclass(frozen=True)
class LawReport:
    """Two states of the law, placed on one day, and the office as it stands under both."""

    known_before: date
    known_after: date
    on: date
    changes: list[RowChange]
    duties: list[DutyChange]
    dues: list[DueChange]
    mappings: list[Mapping]
    scopes: dict[str, Scope]
    after: Position


def law_report(
    *, known_before: date, known_after: date, on: date, reader: Person | None, family: str = ""
) -> LawReport:
    """Everything that differs between what was known on two days, in all families or in one.

    Of the office what the reader sees; the system sees all.
    """
    before, after = (position_on(on, known, answers=NOW) for known in (known_before, known_after))
    changes = [row for row in compare_law(before.rows.values(), after.rows.values()) if family in ("", row.family)]
    ours = {change.id for change in changes}
    rows = Scope.objects.all() if reader is None else seen_scopes(reader)
    scopes = {scope.key: scope for scope in rows}
    gaps = Gap.objects.standing() if reader is None else Gap.objects.standing().visible_to(reader)
    states = [GapState(*values) for values in gaps.values_list("pk", "scope__key", "requirement__ref", "opened_on")]
    return LawReport(
        known_before=known_before,
        known_after=known_after,
        on=on,
        changes=changes,
        duties=[row for row in duty_changes(before, after) if row.subject in scopes and row.requirement in ours],
        dues=[row for row in due_changes(states, before, after) if row.gap.requirement in ours],
        mappings=_touched(changes),
        scopes=scopes,
        after=after,
    )


def _touched(changes: Iterable[RowChange]) -> list[Mapping]:
    """The mappings whose text is another one or fell away."""
    refs = [change.id for change in changes if TOUCHING & set(change.kinds)]
    ours = ControlMapping.objects.filter(requirement__ref__in=refs).exclude(status="rejected").for_register()
    either = Q(focal__ref__in=refs) | Q(reference__ref__in=refs)
    others = RequirementMapping.objects.filter(either).exclude(status="rejected").for_register()
    return [*ours, *others]


def days_of_release(release: Release) -> tuple[date, date]:
    """The day before a release became known, and the day on which it did."""
    return release.known_from - timedelta(days=1), release.known_from
