"""Library files among the files that people bring: texts of others with their rows, and pairs that others published."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from controls.services.published import (
    Side,
    add_pairs,
    find_side,
    identifiers_only,
    known_pairs,
    plan_pairs,
    sets_of,
)
from frameworks.domain.libraries import Library, LibraryError, MappingPair, MappingSet
from frameworks.library_files import read_library
from frameworks.library_files import recognise as recognise_library
from frameworks.services.libraries import apply_library, plan_library
from office.domain.plans import Plan, RowPlan, Verdict, make_plan
from office.importing import OTHERS, READERS, Brought
from office.models import Person
from office.services import rights
from office.services.imports import PROBLEM, STALE
from office.services.recording import recording
from office.spreadsheet import Sheet
from office.today import today

NOUN = "library"
OTHERS[NOUN] = "Library"


@dataclass
class _Prepared:
    """The whole plan of a file and its parts in the order in which they are written."""

    libraries: list[tuple[Library, Plan]] = field(default_factory=list)
    pairs: list[tuple[str, str, MappingPair]] = field(default_factory=list)
    rows: list[RowPlan] = field(default_factory=list)
    unchanged: int = 0

    @property
    def plan(self) -> Plan:
        return make_plan(NOUN, self.rows, self.unchanged)


class LibraryFile:
    """A library file as it was read; its plan is made of the office as it stands."""

    noun = NOUN

    def __init__(self, library: Library, digest: str) -> None:
        self.library, self.digest = library, digest
        self.title = f"Library “{library.title}”"
        self.length = len(library.nodes) + sum(len(one.pairs) for one in library.mapping_sets)

    def plan(self, actor: Person | None) -> Plan:
        """What the file would add, reword and retire."""
        _require(actor)
        return self._prepare().plan

    def _prepare(self) -> _Prepared:
        """Texts first, then frameworks of which only ids are known, each once, then the pairs of all sets."""
        found, missing = _Prepared(), dict[str, tuple[Side, list[str]]]()
        if self.library.nodes:
            self._add(found, self.library)
        sets = [(one, self._sides(one, missing)) for one in sets_of(self.library)]
        for side, idents in missing.values():
            self._add(found, identifiers_only(side, idents))
        known = known_pairs()
        for one, (focal, reference) in sets:
            rows, new, unchanged = plan_pairs(one, focal, reference, known)
            found.rows += rows
            found.pairs += new
            found.unchanged += unchanged
            known |= {(source, target) for source, target, _ in new}
        return found

    def _sides(self, one: MappingSet, missing: dict[str, tuple[Side, list[str]]]) -> tuple[Side, Side]:
        """Both frameworks of a set; the ids of one that is not here are noted."""
        ends = (
            (one.source_framework, [pair.source for pair in one.pairs]),
            (one.target_framework, [pair.target for pair in one.pairs]),
        )
        focal, reference = (find_side(name, list(dict.fromkeys(idents)), self.library) for name, idents in ends)
        for side, (_, idents) in zip((focal, reference), ends, strict=True):
            if side.missing:
                missing.setdefault(side.family, (side, []))[1].extend(idents)
        return focal, reference

    def _add(self, found: _Prepared, library: Library) -> None:
        plan = plan_library(library)
        found.libraries.append((library, plan))
        found.rows += plan.rows
        found.unchanged += plan.totals["unchanged"]

    def apply(
        self, *, digest: str, leave_out_refused: bool, actor: Person | None, without: Collection[int] = ()
    ) -> Plan:
        """Writes the plan with this digest, whole or not at all."""
        _require(actor)
        if without:
            raise ValidationError("The rows of a library hang together; it is applied whole. Leave no row out.")
        try:
            with recording(actor=actor, reason=f"Imported {self.title} {self.library.version}") as pen:
                found = self._prepare()
                if found.plan.digest != digest:
                    raise ValidationError(STALE)
                refused = found.plan.totals["refused"]
                if refused and not leave_out_refused:
                    raise ValidationError(f"{refused} row(s) are refused. Mend them, or say that they are left out.")
                for library, plan in found.libraries:
                    apply_library(library=library, plan=plan, digest=self.digest, on=today(), pen=pen)
                add_pairs(pairs=found.pairs, source=f"{self.library.title} {self.library.version}".strip(), pen=pen)
        except IntegrityError as error:  # somebody imported the same at the same moment
            raise ValidationError(STALE) from error
        return found.plan

    def refused(self, actor: Person | None) -> Sheet:
        """The rows that cannot be taken in, with what is wrong."""
        rows = ([str(row.number), row.key, " ".join(row.problems)] for row in self.plan(actor).of(Verdict.REFUSED))
        return Sheet(self.title[:31], [("line", 8), ("row", 40), (PROBLEM, 90)], rows)


def _require(actor: Person | None) -> None:
    if actor is not None:
        rights.require(actor, None, "import libraries")


def read(content: bytes, name: str) -> Brought | None:
    """The file as a library, or None. Raises ValidationError with all its problems."""
    if recognise_library(content, name) is None:
        return None
    try:
        library = read_library(content, name)
    except LibraryError as error:
        raise ValidationError(error.problems) from error
    return LibraryFile(library, hashlib.sha256(content).hexdigest())


if TYPE_CHECKING:
    _reads: type[Brought] = LibraryFile
READERS.append(read)
