"""What the pages, files and answers about the law show: changes with what they do here, and what is not yet verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from frameworks.choices import UNVERIFIED, Verification
from frameworks.domain.changes import Kind, RowChange, totals
from frameworks.domain.verification import Doubt
from frameworks.inputs import newest_reviews
from frameworks.models import CounselReview, Family
from governance.domain.changes import BEGINS, ENDS, MOVES, DutyGroup, grouped
from governance.inputs.changes import LawReport

TITLES = {
    Kind.ADDED: "Added",
    Kind.REPEALED: "Repealed",
    Kind.REWORDED: "Reworded",
    Kind.MOVED: "Moved in time",
    Kind.CONDITION: "Applies under another condition, or is owed elsewhere",
    Kind.OTHER: "Other details",
}
STATUS_WORDS = {"applies": "applies", "may_apply": "may apply", "": ""}


@dataclass(frozen=True)
class ShownGroup:
    """Requirements of one subject that change alike, in a sentence."""

    subject: str
    name: str
    is_deployment: bool
    sentence: str
    requirements: list[tuple[str, str]]


def kinds_of(report: LawReport) -> list[tuple[Kind, str, int]]:
    counts = totals(report.changes)
    return [(kind, title, counts[kind]) for kind, title in TITLES.items() if counts[kind]]


def by_family(report: LawReport) -> list[tuple[str, list[tuple[RowChange, str]]]]:
    """Family → its changes, each with its kinds in words."""
    found = []
    for family in Family.objects.all():
        rows = [change for change in report.changes if change.family == family.key]
        if rows:
            told = [", ".join(TITLES[kind].lower() for kind in change.kinds) for change in rows]
            found.append((family.title, list(zip(rows, told, strict=True))))
    return found


def groups_of(report: LawReport) -> list[ShownGroup]:
    """What it does here, subject by subject, the most touched first."""
    groups = grouped(report.duties)
    weight: Counter[str] = Counter()
    for group in groups:
        weight[group.subject] += len(group.requirements)
    citations = {change.id: change.row.citation for change in report.changes}
    rows = report.after.rows
    shown = [
        ShownGroup(
            subject=group.subject,
            name=report.scopes[group.subject].name,
            is_deployment=report.scopes[group.subject].kind == "deployment",
            sentence=sentence_of(group),
            requirements=[
                (ref, rows[ref].citation if ref in rows else citations.get(ref, "")) for ref in group.requirements
            ],
        )
        for group in groups
    ]
    return sorted(shown, key=lambda group: (-weight[group.subject], group.subject, -len(group.requirements)))


def sentence_of(group: DutyGroup) -> str:
    """“43 requirements move from 2026-08-02 to 2027-12-02.”"""
    count = len(group.requirements)
    noun = f"{count} requirement{'s' if count > 1 else ''}"
    one = count == 1
    before, after = _day(group.day_before), _day(group.day_after)
    if group.what == BEGINS:
        verb = "comes" if one else "come"
        return f"{noun} {verb} in: {STATUS_WORDS[group.status_after]} from {after}."
    if group.what == ENDS:
        return (
            f"{noun} {'falls' if one else 'fall'} away ({STATUS_WORDS[group.status_before]} from {before} until now)."
        )
    if group.what == MOVES and before != after:
        return f"{noun} {'moves' if one else 'move'} from {before} to {after} ({STATUS_WORDS[group.status_after]})."
    if group.what == MOVES:
        return f"{noun} {'stands' if one else 'stand'} differently in time; the day stays {after}."
    return (
        f"{noun} {'turns' if one else 'turn'} from “{STATUS_WORDS[group.status_before]}” ({before}) "
        f"into “{STATUS_WORDS[group.status_after]}” ({after})."
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else "a day that is not settled"


def as_plain(report: LawReport) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "known_before": report.known_before.isoformat(),
        "known_after": report.known_after.isoformat(),
        "on": report.on.isoformat(),
        "totals": {kind.value: count for kind, _, count in kinds_of(report)},
        "changes": [
            {
                "requirement": change.id,
                "family": change.family,
                "citation": change.row.citation,
                "title": change.row.title,
                "kinds": [kind.value for kind in change.kinds],
                "fields": [
                    {"name": field.name, "before": field.before, "after": field.after} for field in change.fields
                ],
            }
            for change in report.changes
        ],
        "duties": [
            {
                "subject": group.subject,
                "sentence": group.sentence,
                "requirements": [ref for ref, _ in group.requirements],
            }
            for group in groups_of(report)
        ],
        "mappings": [{"mapping": str(mapping), "status": mapping.status} for mapping in report.mappings],
        "gaps": [
            {
                "gap": change.gap.id,
                "subject": change.gap.subject,
                "requirement": change.gap.requirement,
                "due_before": change.before.isoformat() if change.before else None,
                "due_after": change.after.isoformat() if change.after else None,
            }
            for change in report.dues
        ],
    }


@dataclass(frozen=True)
class MarkCount:
    """How many rows of each family carry a mark."""

    mark: str
    title: str
    unverified: bool
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


def mark_counts(counts: dict[tuple[str, str], int], families: Iterable[str]) -> list[MarkCount]:
    """The marks that occur, in the order of the closed list, with their rows by family."""
    keys = list(families)
    rows = [
        MarkCount(
            str(mark.value), str(mark.label), mark in UNVERIFIED, [counts.get((key, mark.value), 0) for key in keys]
        )
        for mark in Verification
    ]
    return [row for row in rows if row.total]


def reviewed(doubts: Iterable[Doubt]) -> list[tuple[Doubt, CounselReview | None]]:
    """Each doubt with what counsel said of the text that stands, if anything. One query."""
    listed = list(doubts)
    newest = newest_reviews(doubt.id for doubt in listed)
    return [(doubt, newest.get(doubt.id)) for doubt in listed]
