"""The figures of a packet: the facts that coverage rests on, every line, and the totals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import IO, Any

from controls.domain.coverage import Coverage, ImplementationFact
from controls.inputs import coverage_on
from governance.domain.position import Line, Position
from governance.inputs import position_on
from governance.inputs.position import chains_of
from governance.packet.counting import NOWHERE, Subject, Totals
from office.domain.chain import canonical
from office.history import Reader, reader_for
from office.models import LegalEntity, Scope


class Figures:
    """Everything between facts and totals on a day, as the office knew it on another."""

    def __init__(self, on: date, known_on: date) -> None:
        self._on, office = on, reader_for(known_on)
        self._position = position_on(on, known_on)
        self._coverage = coverage_on(on, office)
        self._subjects = subjects_of(self._position, office)

    def write_inputs(self, target: IO[bytes]) -> None:
        """One JSON object with a row a line, so that two packets can be compared by eye."""
        target.write(b'{"on":' + json.dumps(self._on.isoformat()).encode())
        for name, rows in facts_of(self._coverage).items():
            target.write(f',\n"{name}":['.encode())
            for at, row in enumerate(rows):
                target.write((b",\n" if at else b"\n") + canonical(row))
            target.write(b"]")
        subjects = {key: _plain_subject(row) for key, row in sorted(self._subjects.items())}
        target.write(b',\n"no_control":' + canonical(no_control_of(self._coverage)))
        target.write(b',\n"subjects":' + canonical(subjects) + b"}\n")

    def lines(self) -> Iterator[dict[str, Any]]:
        """By subject and requirement."""
        for line in sorted(self._position.lines, key=lambda line: (line.subject, line.requirement)):
            bounds = line.bounds
            yield {
                "subject": line.subject,
                "chain": list(self._subjects[line.subject].chain),
                "requirement": line.requirement,
                "family": line.family,
                "level": line.level,
                "status": line.verdict.status,
                "adopted": line.adopted,
                "lower": bounds.lower,
                "upper": bounds.upper,
                "partial": bounds.partial,
            }

    def totals(self) -> dict[str, Any]:
        found = Totals()
        for line in self._position.lines:
            found.add(
                family=line.family, subject=self._subjects[line.subject], requirement=line.requirement,
                status=line.verdict.status, adopted=line.adopted, bounds=_bounds(line),
            )  # fmt: skip
        return found.result()


def _bounds(line: Line) -> tuple[int, int, bool]:
    return line.bounds.lower, line.bounds.upper, line.bounds.partial


def subjects_of(position: Position, office: Reader) -> dict[str, Subject]:
    """Every subject of a line: its scopes for coverage, its entity and market as the coverage report groups them."""
    scopes = {scope.pk: scope for scope in office.rows(Scope)}
    by_key = {scope.key: scope for scope in scopes.values()}
    markets = {row.scope_id: row.jurisdiction for row in office.rows(LegalEntity, "scope")}
    chains = chains_of(scopes, list(position.cases.values()))
    found = {}
    for key in {line.subject for line in position.lines}:
        entity = _entity(by_key[key], scopes)
        found[key] = Subject(
            chain=chains[key],
            entity=entity.key if entity else NOWHERE,
            market=markets.get(entity.pk, NOWHERE) if entity else NOWHERE,
        )
    return found


def _entity(scope: Scope, scopes: Mapping[int, Scope]) -> Scope | None:
    """The scope itself or the one right above it, where that is a legal entity."""
    above = scopes.get(scope.parent_id) if scope.parent_id is not None else None
    return next((one for one in (scope, above) if one is not None and one.kind == Scope.Kind.ENTITY), None)


def _plain_subject(subject: Subject) -> dict[str, Any]:
    return {"chain": list(subject.chain), "entity": subject.entity, "market": subject.market}


def facts_of(coverage: Coverage) -> dict[str, Iterator[dict[str, Any]]]:
    """What coverage was given, in a fixed order; mappings that can never count are not among it."""
    mappings = (row for rows in coverage.mappings.values() for row in rows)
    attested = (row for rows in coverage.attested.values() for row in rows)
    return {
        "controls": (
            {
                "ref": row.ref,
                "specific": row.specific,
                "evidence_required": row.evidence_required,
                "test_every_days": row.test_every_days,
            }
            for row in sorted(coverage.controls.values(), key=lambda row: row.ref)
        ),
        "mappings": (
            {
                "id": row.id,
                "control": row.control,
                "requirement": row.requirement,
                "relationship": row.relationship.value if row.relationship else "",
                "status": row.status,
                "text_current": row.text_current,
            }
            for row in sorted(mappings, key=lambda row: row.id)
        ),
        "implementations": _implementations(coverage.implementations.values()),
        "attested": (
            {
                "requirement": row.requirement,
                "scope": row.scope,
                "mappings": sorted(row.mappings),
                "current": row.current,
            }
            for row in sorted(attested, key=lambda row: (row.requirement, row.scope))
        ),
    }


def _implementations(rows: Iterable[ImplementationFact]) -> Iterator[dict[str, Any]]:
    for row in sorted(rows, key=lambda row: (row.control, row.scope)):
        evidence = [
            [one.valid_from.isoformat(), one.valid_until and one.valid_until.isoformat()] for one in row.evidence
        ]
        yield {
            "control": row.control,
            "scope": row.scope,
            "state": row.state,
            "evidence": sorted(evidence, key=str),
            "tests": sorted([one.performed_on.isoformat(), one.passed] for one in row.tests),
        }


def no_control_of(coverage: Coverage) -> dict[str, str]:
    """Requirement → why a person holds that no control fits it."""
    return dict(coverage.no_control)
