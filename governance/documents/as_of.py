"""What heads every document: both days, whose state of the office it is, the releases of the law, the journal's head."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from frameworks.models import Release
from office.history import begins
from office.models import JournalHead


@dataclass(frozen=True)
class AsOf:
    """`then`: the past day whose office is shown, None for the present. `releases`: family, day, title."""

    on: date
    known_on: date
    then: date | None
    begins: date | None
    releases: tuple[tuple[str, date, str], ...]
    seq: int
    head: str

    @property
    def is_before_records(self) -> bool:
        return self.then is not None and (self.begins is None or self.then < self.begins)

    @property
    def days(self) -> str:
        return f"Dates placed on {self.on}; law as known on {self.known_on}; {self.stood}"

    @property
    def stood(self) -> str:
        """Whose state of the office's own rows is shown."""
        if self.then is None:
            return "answers, controls and gaps as they stand now."
        early = f" The office's records begin on {self.begins}." if self.is_before_records else ""
        return f"answers, controls and gaps as they stood at the end of {self.then}.{early}"

    @property
    def journal(self) -> str:
        return f"{self.seq} {self.head}" if self.head else "nothing has been written yet"

    def lines(self) -> Iterator[tuple[str, str]]:
        """As a sheet tells it: subject and text."""
        yield "As of", self.days
        for family, day, title in self.releases:
            yield "Catalogue release", f"{family}: {title}, known from {day}"
        if not self.releases:
            yield "Catalogue release", "No release of a catalogue was known by then."
        yield "Journal head when this was made", self.journal


def as_of(on: date, known_on: date, then: date | None) -> AsOf:
    """The newest release of each family that was known by then. Three queries."""
    newest: dict[str, tuple[str, date, str]] = {}
    rows = Release.objects.filter(known_from__lte=known_on).select_related("family").order_by("known_from", "pk")
    for row in rows:
        newest[row.family.key] = (row.family.title, row.known_from, row.title)
    head = JournalHead.objects.filter(pk=1).first()
    return AsOf(
        on=on, known_on=known_on, then=then, begins=begins(), releases=tuple(sorted(newest.values())),
        seq=head.seq if head else 0, head=head.hash if head else "",
    )  # fmt: skip
