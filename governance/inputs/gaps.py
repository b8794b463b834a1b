"""The gaps that stand, as the office is read: today, or at the end of an earlier day."""

from collections.abc import Collection

from governance.models import Gap
from office.history import Reader, seat_people

STANDING = ("scope", "requirement")
SHOWN = (*STANDING, "requirement__current", "requirement__family", "seat", "accepted_by")


def standing_gaps(reader: Reader, subjects: Collection[str] | None = None, *, shown: bool = False) -> list[Gap]:
    """Gaps that are open or accepted, of the whole office or of subjects by key.

    `shown` brings what a list shows of a gap, with who answered for it: two queries in the present instead of one.
    """
    only = {} if subjects is None else {"scope__key": subjects}
    rows = [row for row in reader.rows(Gap, *(SHOWN if shown else STANDING), **only) if row.status != "closed"]
    if shown:
        seat_people(reader, [row.seat for row in rows])
    return rows
