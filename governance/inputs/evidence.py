"""What keeps implementations from being shown to work, or soon will, with the proof that each rests on. A handful of queries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from controls.choices import ControlStatus, ImplementationState, TestResult
from controls.domain.coverage import EvidenceFact, ImplementationFact, TestFact
from controls.models import ControlTest, Evidence, Implementation
from governance.domain.concerns import Concern, Needs, concerns, urgency
from governance.domain.gap_register import NO_ENTITY
from office.history import GONE, Reader, seat_people
from office.models import Person, Scope, Tenure
from office.services import rights

EVIDENCE = ("implementation_id", "valid_from", "valid_until", "id", "title", "collected_by_id", "sha256")
TESTS = ("implementation_id", "performed_on", "result", "id", "tester_id")


@dataclass(frozen=True)
class Proof:
    """The last evidence or test that a concern is about. `by`: who collected it, or tested. `sha256` "": no file."""

    pk: int
    title: str
    by: str
    sha256: str = ""


@dataclass(frozen=True)
class ConcernRow:
    """A concern where it stands. `entity`: key of the legal entity there or above, or "office". `accountable` "": vacant."""

    concern: Concern
    implementation: Implementation
    entity: str
    accountable: str
    proof: Proof | None


def own_controls(person: Person) -> set[int]:
    """The seats of controls on which the person sits."""
    sits = Tenure.objects.open().filter(person=person, seat__control__isnull=False)
    return set(sits.values_list("seat_id", flat=True))


def concern_rows(reader: Reader, person: Person, *, on: date, within: int) -> list[ConcernRow]:
    """Of what a reader's roles show, and of the controls on the person's own seats; the most urgent first."""
    scopes = {scope.pk: scope for scope in reader.rows(Scope)}
    live = _implementations(reader, person)
    proofs = _Proofs(reader, {row.pk for row in live})
    found = []
    for row in live:
        needs = Needs(row.control.evidence_required, row.control.test_every_days)
        for concern in concerns(proofs.fact(row), needs, on=on, within=within):
            found.append((row, concern))
    seat_people(reader, [row.control.seat for row, _ in found])
    rows = [
        ConcernRow(
            concern=concern,
            implementation=row,
            entity=_entity(scopes[row.scope_id], scopes),
            accountable=str(row.control.seat.holder or ""),
            proof=proofs.of_test(row, on) if concern.is_test else proofs.of_evidence(row, concern.day),
        )
        for row, concern in found
    ]
    return sorted(
        rows, key=lambda row: (*urgency(row.concern), row.implementation.control.ref, row.implementation.scope.key)
    )


def _implementations(reader: Reader, person: Person) -> list[Implementation]:
    """Only what is marked implemented can be shown to work."""
    seen = Scope.objects.visible_to(person) if rights.reads_register(person) else Scope.objects.none()
    scopes, seats = set(seen.values_list("pk", flat=True)), own_controls(person)
    rows = reader.rows(Implementation, "scope", "control__seat", state=[ImplementationState.IMPLEMENTED])
    return [
        row
        for row in rows
        if row.control.status != ControlStatus.RETIRED and (row.scope_id in scopes or row.control.seat_id in seats)
    ]


def _entity(scope: Scope, scopes: dict[int, Scope]) -> str:
    above = scopes.get(scope.parent_id) if scope.parent_id is not None else None
    places = (at for at in (scope, above) if at is not None and at.kind == Scope.Kind.ENTITY)
    return next((at.key for at in places), NO_ENTITY)


class _Proofs:
    """Evidence and tests of implementations, read once as plain values: there can be very many."""

    def __init__(self, reader: Reader, ours: Collection[int]) -> None:
        people = dict(Person.objects.values_list("pk", "name"))
        self._evidence: dict[int, list[tuple[EvidenceFact, Proof]]] = defaultdict(list)
        self._tests: dict[int, list[tuple[TestFact, Proof]]] = defaultdict(list)
        for place, start, end, pk, title, by, digest in reader.values(Evidence, *EVIDENCE):
            if place in ours:
                proof = Proof(pk, title, people.get(by, GONE), digest)
                self._evidence[place].append((EvidenceFact(start, end), proof))
        for place, day, result, pk, by in reader.values(ControlTest, *TESTS):
            if place in ours:
                proof = Proof(pk, f"Test of {day}", people.get(by, GONE))
                self._tests[place].append((TestFact(day, result == TestResult.PASSED), proof))

    def fact(self, row: Implementation) -> ImplementationFact:
        evidence, tests = self._evidence[row.pk], self._tests[row.pk]
        return ImplementationFact(
            row.control.ref,
            row.scope.key,
            row.state,
            tuple(fact for fact, _ in evidence),
            tuple(fact for fact, _ in tests),
        )

    def of_test(self, row: Implementation, on: date) -> Proof | None:
        """The last test by a day; of one day the one that failed, as the bounds take it."""
        done = [(fact, proof) for fact, proof in self._tests[row.pk] if fact.performed_on <= on]
        last = max(done, key=lambda pair: (pair[0].performed_on, not pair[0].passed, pair[1].pk), default=None)
        return last[1] if last else None

    def of_evidence(self, row: Implementation, last_day: date | None) -> Proof | None:
        """The newest evidence that is valid until a day; None: there is no such day."""
        ending = [proof for fact, proof in self._evidence[row.pk] if last_day and fact.valid_until == last_day]
        return max(ending, key=lambda proof: proof.pk, default=None)
