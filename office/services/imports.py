"""Files that people bring: what they would change, and exactly that change, whole or not at all.

The plan names every row; its digest names what would be written and over what. Apply makes the plan again under lock and
writes only when the digest is still the same.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models

from office.domain.plans import Cell, Plan, RowPlan, Verdict, compare, make_plan, twice
from office.domain.words import nearest
from office.models import Person
from office.models.base import Recorded
from office.services import rights
from office.services.constraints import broken
from office.services.recording import Pen, recording
from office.spreadsheet import CELL_LIMIT, CUT, cut
from office.tables import text_of

CHUNK = 900
STALE = "The office has changed since this plan was shown, and nothing was written. Look at the new plan first."
PROBLEM = "what is wrong"
"""The column that refused rows get; it is passed over when they come back."""
Rows = Sequence[tuple[int, tuple[str, ...]]]
"""Rows of a file: the number of the row in its sheet, and its cells as text."""


class Importable(Protocol):
    """What a resource tells about its noun: columns, natural key, and how many rows are written at once."""

    noun: str
    model: Any
    columns: Sequence[Any]
    keys: Sequence[str]
    unique: Sequence[str]

    def rows(self, reader: Person | None) -> Any: ...

    def prepare(self, actor: Person | None) -> None: ...

    def refuse(self, row: Any, before: Any) -> list[str]: ...

    def write(
        self, new: list, changed: list, names: list[str], *, actor: Person | None, on: date, pen: Pen
    ) -> None: ...


@dataclass
class Prepared:
    """A plan with the rows that stand behind it."""

    plan: Plan
    new: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def prepare(
    *, resource: Importable, headings: Sequence[str], rows: Rows, actor: Person | None, lock: bool = False
) -> Prepared:
    """The plan of a file. A handful of queries, whatever its length; unchanged rows cost a comparison.

    `lock`: rows that would change are read under lock, in the caller's transaction.
    """
    resource.prepare(actor)
    headings, rows = without_problems(headings, rows)
    return _Reader(resource, match_columns(resource, headings), actor, lock).read(rows)


def apply(
    *, resource: Importable, headings: Sequence[str], rows: Rows, digest: str, leave_out_refused: bool,
    actor: Person | None, on: date, without: Collection[int] = (),
) -> Plan:  # fmt: skip
    """Writes the plan that was shown. Refuses when the office has changed since, or when rows are refused and not left out.

    `without`: rows of the plan, by their numbers, that the person does not want after all.
    """
    try:
        with recording(actor=actor, reason=f"Imported {resource.noun}: {digest[:16]}") as pen:
            found = prepare(resource=resource, headings=headings, rows=rows, actor=actor, lock=True)
            if found.plan.digest != digest:
                raise ValidationError(STALE)
            refused = found.plan.totals["refused"]
            if refused and not leave_out_refused:
                raise ValidationError(f"{refused} row(s) are refused. Mend them, or say that they are left out.")
            if without:
                shown, wanted = found.plan, rows_but(rows, without, found.plan)
                found = prepare(resource=resource, headings=headings, rows=wanted, actor=actor, lock=True)
                refuse_unless_shown(found.plan, shown, without)
            if found.new or found.changed:
                resource.write(found.new, found.changed, found.names, actor=actor, on=on, pen=pen)
    except IntegrityError as error:  # somebody made one of the new rows at the same moment
        raise ValidationError(STALE) from error
    return found.plan


def rows_but(rows: Rows, without: Collection[int], plan: Plan) -> Rows:
    """The rows of a file but some, by their numbers, and but those that the plan refuses: one of them may be refused
    because of a row that is left out. Refuses a number that the plan does not list."""
    strangers = sorted(set(without) - {row.number for row in plan.rows})
    if strangers:
        told = ", ".join(map(str, strangers[:10]))
        raise ValidationError(f"Row {told} is not in the plan, so that it cannot be left out.")
    gone = {*without, *(row.number for row in plan.of(Verdict.REFUSED))}
    return [(number, cells) for number, cells in rows if number not in gone]


def refuse_unless_shown(plan: Plan, shown: Plan, without: Collection[int]) -> None:
    """What is written without some rows is what was shown of the others, to the cell."""
    gone = set(without)
    kept = [row for row in shown.rows if row.number not in gone and row.verdict is not Verdict.REFUSED]
    if list(plan.rows) != kept:
        raise ValidationError(
            "Without the rows that are left out, the others would be written otherwise than shown; nothing was written. "
            "Take the rows out of the file and bring it again."
        )


def without_problems(headings: Sequence[str], rows: Rows) -> tuple[list[str], Rows]:
    """The table without the column in which refused rows were told what is wrong."""
    at = next((at for at, heading in enumerate(headings) if heading.strip().lower() == PROBLEM), None)
    if at is None:
        return list(headings), rows
    return [*headings[:at], *headings[at + 1 :]], [(number, (*cells[:at], *cells[at + 1 :])) for number, cells in rows]


def match_columns(resource: Importable, headings: Sequence[str]) -> list[Any]:
    """The column of each heading. Refuses, all at once: unknown and double headings, and a key that is not there."""
    known = {column.name.lower(): column for column in resource.columns}
    names = [heading.strip().lower() for heading in headings]
    problems = [
        f"Column “{heading}” is not a column of {resource.noun}.{nearest(name, known)} Columns: {', '.join(known)}."
        for heading, name in zip(headings, names, strict=True)
        if name not in known
    ]
    problems += [f"Column “{name}” stands there twice." for name in sorted({n for n in names if names.count(n) > 1})]
    problems += [f"Column “{key}” is missing: it says which row is meant." for key in resource.keys if key not in names]
    if problems:
        raise ValidationError(problems)
    return [known[name] for name in names]


class _Reader:
    """Goes through the rows of one file; used once."""

    def __init__(self, resource: Importable, columns: list[Any], actor: Person | None, lock: bool) -> None:
        self.resource, self.columns, self.actor, self.lock = resource, columns, actor, lock
        self.names = [column.name for column in columns]
        self.key_at = [self.names.index(key) for key in resource.keys]
        self.may = rights.Writable(actor)
        given = {column.to for column in columns}
        self.left_out = {
            one.name for one in resource.model._meta.concrete_fields if one.is_relation or one.name not in given
        }
        absent = [one.name for one in resource.columns if one.required and one.name not in self.names]
        self.absent = [f"A new row needs the column “{name}”, which the file does not have." for name in absent]
        self.shortened: dict[tuple, tuple] = {}
        self.current, self.pks = self._current()
        self.taken = self._taken()
        self.plans: list[RowPlan] = []

    def _current(self) -> tuple[dict[tuple, tuple], dict[tuple, int]]:
        """Key → texts of the file's columns, and key → number, of every row that the actor sees. One query."""
        rows = self.resource.rows(self.actor)
        texts, pks = {}, {}
        paths = [column.path for column in self.columns]
        for pk, *values in rows.order_by("pk").values_list("pk", *paths):
            cells = tuple(
                value if type(value) is str and value == value.strip() and "\r" not in value else column.text(value)
                for column, value in zip(self.columns, values, strict=True)
            )
            key = tuple(cells[at] for at in self.key_at)
            texts[key], pks[key] = cells, pk
            if any(type(value) is str and len(value) > CELL_LIMIT for value in values):
                self.shortened[key] = tuple(
                    text_of(cut(value)) if type(value) is str else text
                    for value, text in zip(values, cells, strict=True)
                )
        return texts, pks

    def _whole(self, key: tuple, cells: tuple[str, ...]) -> tuple[str, ...]:
        """The row, with the stored text for each cell that was cut on its way out and came back as it was."""
        if key not in self.shortened:
            return cells
        pairs = zip(cells, self.shortened[key], self.current[key], strict=True)
        return tuple(stored if text == short else text for text, short, stored in pairs)

    def _still_cut(self, cells: Sequence[str], stored: Sequence[str]) -> list[str]:
        return [
            f"Column “{column.name}”: this text was cut on its way out, and what stood behind the cut would be lost. Bring the "
            f"row as CSV, or take the mark “{CUT.strip()}” off."
            for column, text, stood in zip(self.columns, cells, stored, strict=True)
            if text.endswith(CUT) and text != stood and not column.locked
        ]

    def _taken(self) -> set[tuple]:
        """Keys of rows that stand where the actor does not see them."""
        if self.actor is None or rights.writes_in(self.actor, None):
            return set()
        paths = [self.columns[at].path for at in self.key_at]
        manager: Any = self.resource.model._base_manager
        return {tuple(map(str, values)) for values in manager.values_list(*paths)} - set(self.current)

    def read(self, rows: Rows) -> Prepared:
        keys = ((number, tuple(cells[at] for at in self.key_at), cells) for number, cells in rows)
        keyed = [(number, key, self._whole(key, cells)) for number, key, cells in keys]
        doubled = twice((number, key) for number, key, _ in keyed)
        unchanged, new, differing = 0, [], []
        for number, key, cells in keyed:
            stored = self.current.get(key)
            if number in doubled:
                self._refuse(number, key, [f"The same row stands in row {doubled[number]} already."])
            elif stored == cells:
                unchanged += 1
            elif stored is None:
                new.append((number, key, cells))
            else:
                differing.append((number, key, cells))
        found = Prepared(make_plan(self.resource.noun, [], 0), names=self._written())
        unchanged += self._read_differing(differing, found)
        self._read_new(new, found)
        self._refuse_shared(found)
        found.plan = make_plan(self.resource.noun, self.plans, unchanged)
        return found

    def _written(self) -> list[str]:
        return [column.to for column in self.columns if column.is_written]

    def _refuse(self, number: int, key: tuple, problems: Iterable[str]) -> None:
        self.plans.append(RowPlan(number, " · ".join(key), Verdict.REFUSED, problems=tuple(problems)))

    def _read_differing(self, rows: list[tuple[int, tuple, tuple]], found: Prepared) -> int:
        """Rows that stand in the office and say something else there; returns how many mean the same after all."""
        stored = self._load([self.pks[key] for _, key, _ in rows])
        same = 0
        for number, key, cells in rows:
            row = stored[self.pks[key]]
            before = {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields}
            values, problems = self._values(cells)
            problems += self._still_cut(cells, self.current[key])
            changes: tuple[Cell, ...] = ()
            if not problems:
                stood = self._shown(row, self.current[key])
                self._set(row, values)
                changes = compare(self.names, stood, self._shown(row, cells))
                problems = self._locked(changes) + (self._problems(row, before) if changes else [])
            if problems:
                self._refuse(number, key, problems)
            elif changes:
                self.plans.append(RowPlan(number, " · ".join(key), Verdict.CHANGED, changes))
                found.changed.append(row)
            else:
                same += 1
        return same

    def _shown(self, row: Any, cells: Sequence[str]) -> tuple[str, ...]:
        """The row as its columns show it; what is not written here as `cells` have it."""
        return tuple(
            column.text(_follow(row, column.path)) if column.is_written else text
            for column, text in zip(self.columns, cells, strict=True)
        )

    def _load(self, pks: list[int]) -> dict[int, Any]:
        related = sorted({column.to for column in self.columns if column.to != column.path and column.is_written})
        manager: Any = self.resource.model._default_manager
        rows = manager.select_related(*related) if related else manager.get_queryset()
        rows = rows.select_for_update(of=("self",)) if self.lock else rows
        found: dict[int, Any] = {}
        for at in range(0, len(pks), CHUNK):
            found |= rows.in_bulk(pks[at : at + CHUNK])
        return found

    def _values(self, cells: Sequence[str]) -> tuple[dict[int, Any], list[str]]:
        """Column → value, and a sentence for each cell that cannot be read."""
        values: dict[int, Any] = {}
        problems = []
        for at, (column, text) in enumerate(zip(self.columns, cells, strict=True)):
            if column.locked:
                continue
            try:
                values[at] = column.widget.clean(text)
            except ValueError as error:
                end = "" if str(error).endswith("?") else "."
                problems.append(f"Column “{column.name}”: {error}{end}")
                continue
            if column.required and values[at] in (None, ""):
                problems.append(f"Column “{column.name}” is empty; it is needed.")
        return values, problems

    def _locked(self, changes: Iterable[Cell]) -> list[str]:
        columns = {column.name: column for column in self.columns}
        return [
            f"Column “{cell.column}” is shown, not written here; it stands at “{cell.before}”.{column.told and ' '}{column.told}"
            for cell in changes
            for column in [columns[cell.column]]
            if not column.is_written
        ]

    def _set(self, row: Any, values: dict[int, Any]) -> None:
        for at, value in values.items():
            column = self.columns[at]
            if not column.at_birth:
                setattr(row, column.to, value)

    def _read_new(self, rows: list[tuple[int, tuple, tuple]], found: Prepared) -> None:
        for number, key, cells in rows:
            values, problems = self._values(cells)
            problems += self._still_cut(cells, ("",) * len(cells))
            problems += [
                f"Column “{column.name}” is shown, not written here; leave it empty in a new row."
                for column, text in zip(self.columns, cells, strict=True)
                if column.locked and text
            ]
            problems += self.absent
            if key in self.taken:
                problems.append("This name cannot be used here; choose another.")
            row = self.resource.model()
            if not problems:
                self._set(row, values)
                row.at_birth = {self.columns[at].to: value for at, value in values.items() if self.columns[at].at_birth}
                problems = self._problems(row, None)
            if problems:
                self._refuse(number, key, problems)
                continue
            cells_after = compare(self.names, ("",) * len(cells), cells)
            self.plans.append(RowPlan(number, " · ".join(key), Verdict.NEW, cells_after))
            found.new.append(row)

    def _problems(self, row: Recorded, before: dict[str, Any] | None) -> list[str]:
        """What the model and the noun's own rules say of a row, and whether the actor writes there."""
        problems = []
        try:
            row.clean_fields(exclude=self.left_out)
        except ValidationError as error:
            problems += [
                f"Column “{self._name_of(name)}”: {' '.join(told)}" for name, told in error.message_dict.items()
            ]
        problems += broken(row)
        problems += self.resource.refuse(row, before)
        if not self.may.allows(row):
            problems.append("You have no role that writes where this row belongs.")
        return problems

    def _name_of(self, field_name: str) -> str:
        return next((column.name for column in self.columns if column.to == field_name), field_name.replace("_", " "))

    def _refuse_shared(self, found: Prepared) -> None:
        """Values that must belong to one row, such as an e-mail: looked for in the office and in the file."""
        for name in self.resource.unique:
            at = next((place for place, column in enumerate(self.columns) if column.to == name), None)
            if at is not None:
                self._refuse_shared_in(name, at, found)

    def _refuse_shared_in(self, name: str, at: int, found: Prepared) -> None:
        manager: Any = self.resource.model._base_manager
        owners = {str(value).lower(): pk for pk, value in manager.values_list("pk", name) if value}
        sentence = self._sentence(name)
        for rows in (found.changed, found.new):
            for row in list(rows):
                value = str(getattr(row, name) or "").lower()
                if value and owners.setdefault(value, row.pk or id(row)) not in (row.pk, id(row)):
                    rows.remove(row)
                    self._turn_down(row, f"Column “{self.columns[at].name}”: {sentence}")

    def _sentence(self, name: str) -> str:
        constraints = self.resource.model._meta.constraints
        unique = [one for one in constraints if isinstance(one, models.UniqueConstraint) and name in str(one)]
        return str(unique[0].get_violation_error_message()) if unique else "This value belongs to another row."

    def _turn_down(self, row: Any, sentence: str) -> None:
        key = " · ".join(self.columns[at].text(_follow(row, self.columns[at].path)) for at in self.key_at)
        self.plans = [
            RowPlan(one.number, one.key, Verdict.REFUSED, problems=(sentence,)) if one.key == key else one
            for one in self.plans
        ]


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row
