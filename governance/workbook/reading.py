"""Each row of a workbook that came back, held against the state in which it went out and the state that stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from controls.choices import MappingStatus
from controls.domain.crosswalk import TURNED, CrosswalkRow, direct_row
from controls.domain.merging import merge
from controls.inputs import direct_of
from controls.models import RequirementMapping
from controls.services import mappings as mapping_services
from frameworks.models import Release, Requirement
from governance.workbook.cells import (
    CONTENT,
    EDITABLE,
    OWN,
    TEXTS,
    Line,
    cells_of_row,
    hash_of,
    key_of,
    own_cells,
    problems_of,
    uncut,
    values_of,
)
from governance.workbook.sides import version_of
from governance.workbook.texts import MARK, hashes_of, plain, settled
from office.domain.plans import Cell, Plan, RowPlan, Verdict, make_plan, twice
from office.domain.words import nearest
from office.history import states_of
from office.models import Person
from office.spreadsheet import CELL_LIMIT, cut
from office.tables import damage_told

NOUN = "workbook"
DIRECT = re.compile(r"R([0-9]{1,18})")
HASHED = re.compile(r"[0-9a-f]{64}")
CHUNK = 900


@dataclass
class Prepared:
    """The plan, and what stands behind it."""

    plan: Plan
    new: list[RequirementMapping] = field(default_factory=list)
    changed: list[RequirementMapping] = field(default_factory=list)
    noted: list[RequirementMapping] = field(default_factory=list)
    moved: dict[str, list[tuple[RequirementMapping, str]]] = field(default_factory=dict)
    """Status → the mappings that are to get it, each with the note that its row adds."""


class Reader:
    """Goes through the rows of one file; used once. A handful of queries, whatever its length."""

    def __init__(self, headings: Sequence[str], actor: Person | None, *, lock: bool) -> None:
        self.headings, self.actor, self.lock = headings, actor, lock
        self.persons = {person.pk: person for person in Person.objects.all()}
        self.requirements = {
            row.ref: row
            for row in Requirement.objects.select_related("current", "family").filter(current__isnull=False)
        }
        self.refs = {row.pk: row.ref for row in self.requirements.values()}
        newest: dict[int, str] = {}
        for release in Release.objects.order_by("known_from"):
            newest[release.family_id] = version_of(release.known_from)
        self.versions = newest
        self.rows: list[RowPlan] = []
        self.found = Prepared(make_plan(NOUN, [], 0))
        self.unchanged = 0

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Prepared:
        lines = [(number, dict(zip(self.headings, cells, strict=True))) for number, cells in rows]
        doubled = twice((number, key_of(line)) for number, line in lines)
        self._load([line for _, line in lines])
        for number, line in lines:
            if number in doubled:
                self._refuse(number, line, [f"The same row stands in row {doubled[number]} already."])
            elif not line["row id"]:
                self._read_new(number, line)
            elif match := DIRECT.fullmatch(line["row id"]):
                self._read_direct(number, line, self.stored.get(int(match[1])))
            else:
                self._read_derived(number, line)
        self.found.plan = make_plan(NOUN, self.rows, self.unchanged)
        return self.found

    def _load(self, lines: Iterable[Line]) -> None:
        """The mappings that the file names, by id or by pair, under lock where they will be written."""
        pairs = RequirementMapping.objects.values_list("pk", "focal_id", "reference_id")
        self.pairs = {(self.refs.get(focal), self.refs.get(reference)): pk for pk, focal, reference in pairs}
        keys: set[int] = set()
        for line in lines:
            match, pair = DIRECT.fullmatch(line["row id"]), (line["focal element"], line["reference element"])
            keys |= {int(match[1])} if match else set()
            keys |= {self.pairs[pair]} if not line["row id"] and pair in self.pairs else set()
        manager = RequirementMapping.objects.select_related("focal__current", "reference__current")
        manager = manager.select_for_update(of=("self",)) if self.lock else manager
        self.stored: dict[int, RequirementMapping] = {}
        listed = sorted(keys)
        for at in range(0, len(listed), CHUNK):
            self.stored |= manager.in_bulk(listed[at : at + CHUNK])
        for row in self.stored.values():
            self._attach(row)
        self.present = {pk: direct_row(direct_of(row)) for pk, row in self.stored.items()}
        self.earlier: dict[int, dict[str, CrosswalkRow]] | None = None

    def _attach(self, row: RequirementMapping) -> None:
        row.proposed_by = self.persons.get(row.proposed_by_id or 0)
        row.reviewed_by = self.persons.get(row.reviewed_by_id or 0)

    def _state(self, pk: int, digest: str) -> CrosswalkRow | None:
        """The state of a mapping with this hash, present or earlier; None: this office never wrote it."""
        if digest in hashes_of(self.present[pk]):
            return settled(self.present[pk])
        if self.earlier is None:
            self.earlier = {key: self._rebuilt(key, states) for key, states in self._states().items()}
        return self.earlier.get(pk, {}).get(digest)

    def _states(self) -> Mapping[int, list[RequirementMapping]]:
        return states_of(RequirementMapping, self.stored)

    def _rebuilt(self, pk: int, states: Iterable[RequirementMapping]) -> dict[str, CrosswalkRow]:
        stored, found = self.stored[pk], dict[str, CrosswalkRow]()
        for state in states:
            if (state.focal_id, state.reference_id) == (stored.focal_id, stored.reference_id):
                state.focal, state.reference = stored.focal, stored.reference
                self._attach(state)
                row = direct_row(direct_of(state))
                found |= dict.fromkeys(hashes_of(row), settled(row))
        return found

    def _refuse(self, number: int, line: Line, problems: Iterable[str]) -> None:
        self.rows.append(RowPlan(number, " · ".join(key_of(line)), Verdict.REFUSED, problems=tuple(problems)))

    def _read_derived(self, number: int, line: Line) -> None:
        """Nothing to look up: the row carries the hash of its own cells."""
        row_id, legs = line["row id"], line["derived from"].replace(";", " and") or "two mappings"
        if "+" not in row_id and not row_id.endswith(TURNED):
            told = damage_told(row_id) or " Put it back as it was exported, or empty it to propose a new row."
            self._refuse(number, line, [f"Row id “{row_id[:40]}” is none that this office gives.{told}"])
        elif hash_of(line) == line["row hash"]:
            self.unchanged += 1
        elif row_id.endswith(TURNED):
            stated = row_id.removesuffix(TURNED)
            self._refuse(
                number,
                line,
                [
                    f"This row is {stated} read backwards and is not written here. Export the crosswalk the other way round "
                    f"and change {stated} in it."
                ],
            )
        else:
            self._refuse(
                number,
                line,
                [
                    f"This row is derived over {legs} and is not written here. Change those mappings, or propose a row of "
                    "its own: copy it and empty its row id."
                ],
            )

    def _read_direct(self, number: int, line: Line, stored: RequirementMapping | None) -> None:
        if not HASHED.fullmatch(line["row hash"]):
            told = damage_told(line["row hash"]) or " Put it back as it was exported."
            self._refuse(number, line, [f"Column “row hash”: “{line['row hash'][:40]}” is no hash.{told}"])
            return
        base = self._state(stored.pk, line["row hash"]) if stored is not None else None
        if stored is None or base is None:
            self._refuse(
                number,
                line,
                [
                    f"Row {line['row id']} with this hash was never written by this office: it comes from another one, or its "
                    "row id or hash was changed. To propose it here, empty both cells."
                ],
            )
            return
        went_out, stands = cells_of_row(base), cells_of_row(settled(self.present[stored.pk]))
        brought = uncut(own_cells(line), went_out, stands)
        merged = merge(base=went_out, current=stands, brought=brought, editable=EDITABLE)
        problems = [
            *merged.problems,
            *_unseen(merged.cells, went_out, stands),
            *_lost(merged.cells),
            *_overruled(merged.cells, went_out, stands, stored),
            *self._texts_differ(line, stored.focal, stored.reference, edited=bool(merged.cells)),
        ]
        if not problems and merged.cells:
            problems = self._take(stored, merged.cells)
        if problems:
            self._refuse(number, line, problems)
        elif merged.cells:
            self.rows.append(RowPlan(number, " · ".join(key_of(line)), Verdict.CHANGED, merged.cells))
        else:
            self.unchanged += 1

    def _texts_differ(self, line: Line, focal: Requirement, reference: Requirement, *, edited: bool) -> list[str]:
        """A text that is not the present one: another release where the version differs, else an edit of what is locked."""
        problems = []
        for requirement, (title, text, version) in zip((focal, reference), TEXTS, strict=True):
            now = requirement.current
            assert now is not None
            told = ((title, plain(now.title)), (text, plain(now.summary)))
            if all(plain(line[name]) in (whole, cut(whole)) for name, whole in told):
                continue
            release = self.versions.get(requirement.family_id, "")
            if line[version] == release:
                problems.append(f"Columns “{title}” and “{text}” are shown, not written here; leave them as they were.")
            elif edited:
                problems.append(
                    f"The text of {requirement.ref} has changed since the {line[version] or 'release of the file'} (now "
                    f"{release}). Export the workbook anew and judge the row against the text that stands."
                )
        return problems

    def _take(self, stored: RequirementMapping, cells: Iterable[Cell]) -> list[str]:
        """Sets what changes; a sentence for each cell that cannot be taken. What is written in *comments* with a review is
        its note; what somebody else had written there is not."""
        after = {cell.column: cell.after for cell in cells}
        note = after.get("comments", "")
        values, problems = values_of(after)
        content = {name: value for name, value in values.items() if name in CONTENT.values()}
        status = values.get("status")
        if status is not None and content:
            problems.append(
                "Column “status”: a row whose content changes is proposed anew; another person reviews it afterwards. Leave "
                "the status as it was."
            )
        elif status is not None and not problems:
            problems += mapping_services.refusals(stored, status, self.actor, note=note)
        for name in (*content, "comments"):
            if name in values:
                setattr(stored, name, values[name])
        problems += problems_of(stored) if not problems else []
        if not problems:
            if content:
                self.found.changed.append(stored)
            elif "comments" in values:
                self.found.noted.append(stored)
            if status is not None:
                self.found.moved.setdefault(status, []).append((stored, note))
        return problems

    def _read_new(self, number: int, line: Line) -> None:
        ends = [self.requirements.get(line[name]) for name in ("focal element", "reference element")]
        problems = [
            self._unknown(name, line[name])
            for name, end in zip(("focal element", "reference element"), ends, strict=True)
            if end is None
        ]
        told = own_cells(line)
        values, wrong = values_of({name: told[name] for name in (*CONTENT, "comments")})
        problems += wrong
        if told["status"] not in ("", "proposed"):
            problems.append("Column “status”: a new row is proposed; another person reviews it. Leave it empty.")
        focal, reference = ends
        if focal is not None and reference is not None:
            if line["focal text"] or line["reference text"]:
                problems += self._texts_differ(line, focal, reference, edited=True)
            known = self.pairs.get((focal.ref, reference.ref))
            if known is not None and not problems and self._says_the_same(known, told):
                self.unchanged += 1
                return
            if focal == reference:
                problems.append("A requirement is not mapped to itself.")
            elif known is not None:
                problems.append(
                    f"These two are mapped already, as R{known}. Export the workbook anew and change that row."
                )
            row = RequirementMapping(focal=focal, reference=reference, **values)
            problems += problems_of(row) if not problems else []
        if problems:
            self._refuse(number, line, problems)
            return
        cells = tuple(Cell(name, "", told[name]) for name in (*OWN[1:3], *CONTENT, "comments") if line[name])
        self.rows.append(RowPlan(number, " · ".join(key_of(line)), Verdict.NEW, cells))
        self.found.new.append(row)

    def _says_the_same(self, pk: int, told: Line) -> bool:
        """Whether a new row was written already, perhaps by this very file; what was rejected since is told, not passed over."""
        row = self.present.get(pk)
        if row is None or row.status == MappingStatus.REJECTED:
            return False
        stands = cells_of_row(settled(row))
        brought = uncut(told, stands)
        return all(brought[name] == stands[name] for name in (*CONTENT, "comments"))

    def _unknown(self, column: str, text: str) -> str:
        if not text:
            return f"Column “{column}” is empty; it says which requirement is meant."
        near = nearest(text, self.requirements)
        return f"Column “{column}”: there is no requirement “{text[:60]}”.{near}{damage_told(text)}"


def _unseen(cells: Iterable[Cell], went_out: Line, stands: Line) -> list[str]:
    """Nobody reviews content that their file does not show."""
    changed = [column for column in CONTENT if went_out[column] != stands[column]]
    if not changed or not any(cell.column == "status" for cell in cells):
        return []
    return [
        f"Column “status”: the office has changed {', '.join(f'“{column}”' for column in changed)} since this row went out. "
        "Export the workbook anew and review the row as it stands."
    ]


def _lost(cells: Iterable[Cell]) -> list[str]:
    """Nobody writes the beginning of a text over the whole of it."""
    return [
        f"Column “{cell.column}”: this text was cut on its way out, and its end would be lost. Change it in the office, or "
        "export the crosswalk as CSV and bring that."
        for cell in cells
        if len(cell.before) > CELL_LIMIT and cell.after.endswith(MARK)
    ]


UNREVIEWED = ("draft", "proposed")


def _overruled(cells: Iterable[Cell], went_out: Line, stands: Line, stored: RequirementMapping) -> list[str]:
    """Content that comes back proposes a row anew; nobody undoes so a review that their file does not show."""
    seen = all(went_out[column] == stands[column] for column in ("status", "reviewer", "reviewed on"))
    columns = [cell.column for cell in cells if cell.column in CONTENT]
    if seen or stands["status"] in UNREVIEWED or not columns:
        return []
    note = f" and notes “{stored.review_note}”" if stored.review_note else ""
    return [
        f"Columns {', '.join(f'“{column}”' for column in columns)}: since this row went out it has become "
        f"“{stands['status']}” (before: “{went_out['status']}”); {stored.reviewed_by or 'nobody'} reviewed it last{note}. "
        "Export the workbook anew and judge the row as it stands."
    ]
