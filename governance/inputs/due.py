"""Everything in the office that has a day, with the person who is told. Some twenty queries, whatever the size."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from controls.models import Conflict, ControlTest, Evidence, Implementation
from governance.domain.due import ATTESTED_FOR, Due, clock_kind, next_test
from governance.models import AIModel, Answer, ApplicabilityDecision, Approval, Deployment, Gap, RunningClock, UseCase
from office.models import Handover, LegalEntity, Office, Person, Scope, Tenure

Scopes = dict[int, tuple[int, str, tuple[str, ...]]]


def due_items(person: Person | None = None) -> list[Due]:
    """For the whole office, or for one person."""
    tenures = Tenure.objects.open() if person is None else Tenure.objects.open().filter(person=person)
    sits = dict(tenures.values_list("seat_id", "person_id"))
    scopes = _scopes()
    found = [
        *_gaps(sits),
        *_evidence(sits),
        *_tests(sits),
        *_approvals(sits),
        *_decisions(),
        *_conflicts(),
        *_answers(sits, scopes),
        *_clocks(sits, scopes),
        *_handovers(),
    ]
    return [item for item in found if item.person is not None and (person is None or item.person == person.pk)]


def _gaps(sits: dict[int, int]) -> Iterator[Due]:
    for gap in Gap.objects.standing().filter(seat__in=list(sits)).select_related("scope", "requirement"):
        accepted = gap.status == "accepted" and gap.accepted_until is not None
        kind, day = ("acceptance", gap.accepted_until) if accepted else ("gap", gap.due_on)
        words = "The acceptance ends" if accepted else "Close the gap"
        if day is not None:
            yield Due(
                kind, "governance.gap", gap.pk, day, sits.get(gap.seat_id), f"{words}: {gap.requirement.ref}",
                gap.scope.name, _reverse(_page_of(gap)),
            )  # fmt: skip


def _page_of(gap: Gap) -> tuple[str, ...]:
    """A deployment's page is open to its team; what is owed above it stands in the register."""
    deployed = gap.scope.kind == Scope.Kind.DEPLOYMENT
    return ("duties", gap.scope.key) if deployed else ("admin:governance_gap_change", str(gap.pk))


def _evidence(sits: dict[int, int]) -> Iterator[Due]:
    places = _working(sits).filter(control__evidence_required=True)
    rows = Evidence.objects.filter(implementation__in=places.values("pk"))
    rows = rows.select_related("implementation__control", "implementation__scope")
    for row, day in _last(rows, "valid_until", lambda row: row.implementation_id):
        place = row.implementation
        yield Due(
            "evidence", "controls.evidence", row.pk, day, sits.get(place.control.seat_id),
            f"Renew the evidence “{row.title}” of {place.control.ref}", place.scope.name,
            reverse("admin:controls_evidence_change", args=[row.pk]),
        )  # fmt: skip


def _working(sits: dict[int, int]) -> Any:
    """Where a control that is in use is carried out: only there tests and evidence are asked for."""
    return Implementation.objects.filter(state="implemented", control__status="active", control__seat__in=list(sits))


def _last(rows: Iterable[Any], end: str, group: Callable[[Any], Hashable]) -> Iterator[tuple[Any, date]]:
    """Rows with their end, those only that end last in their group: something newer stands in for the others, and
    something without an end for all."""
    listed = list(rows)
    ends: dict[Hashable, date] = {}
    for row in listed:
        ends[group(row)] = max(ends.get(group(row), date.min), getattr(row, end) or date.max)
    for row in listed:
        if getattr(row, end) == ends[group(row)]:
            yield row, ends[group(row)]


def _tests(sits: dict[int, int]) -> Iterator[Due]:
    passed: dict[int, list[date]] = defaultdict(list)
    for pk, day in ControlTest.objects.filter(result="passed").values_list("implementation_id", "performed_on"):
        passed[pk].append(day)
    for row in _working(sits).filter(control__test_every_days__isnull=False).select_related("control", "scope"):
        due = next_test(passed[row.pk], row.since, row.control.test_every_days or 0)
        if due is not None:
            yield Due(
                "test", "controls.implementation", row.pk, due, sits.get(row.control.seat_id),
                f"Test {row.control.ref} {row.control.title}", row.scope.name,
                reverse("admin:controls_implementation_change", args=[row.pk]),
            )  # fmt: skip


def _approvals(sits: dict[int, int]) -> Iterator[Due]:
    rows = Approval.objects.exclude(deployment__stage="retired").filter(deployment__seat__in=list(sits))
    rows = rows.select_related("deployment__scope")
    for row, day in _last(rows, "expires_on", lambda row: (row.deployment_id, row.stage)):
        yield Due(
            "approval", "governance.approval", row.pk, day, sits.get(row.deployment.seat_id),
            f"The approval of {row.body} ends", row.deployment.scope.name,
            reverse("duties", args=[row.deployment.scope.key]),
        )  # fmt: skip


def _decisions() -> Iterator[Due]:
    for row in ApplicabilityDecision.objects.exclude(review_on__isnull=True).select_related("scope", "requirement"):
        if row.review_on is not None:
            yield Due(
                "decision", "governance.applicabilitydecision", row.pk, row.review_on, row.decided_by_id,
                f"Look again at the decision on {row.requirement.ref}", row.scope.name,
                reverse("admin:governance_applicabilitydecision_change", args=[row.pk]),
            )  # fmt: skip


def _conflicts() -> Iterator[Due]:
    """Decided conflicts of laws, on the day on which they are looked at again, for who decided."""
    for row in Conflict.objects.exclude(review_on__isnull=True):
        if row.review_on is not None:
            yield Due(
                "decision", "controls.conflict", row.pk, row.review_on, row.decided_by_id,
                f"Look again at the decision on {row.ref}", row.title,
                reverse("admin:controls_conflict_change", args=[row.pk]),
            )  # fmt: skip


def asked_again_on(answered_at: datetime) -> date:
    """The day from which an answer is to be confirmed."""
    return timezone.localdate(answered_at + ATTESTED_FOR)


def _answers(sits: dict[int, int], scopes: Scopes) -> Iterator[Due]:
    """One thing a subject that is not retired: its oldest answer. A year after it was given it is asked again."""
    use_cases = {row.pk: row for row in UseCase.objects.all()}
    path: tuple[str, ...]
    for scope, use_case, first in Answer.objects.of_the_living().oldest_of_each():
        day = asked_again_on(first)
        if use_case is not None:
            case = use_cases[use_case]
            noun, pk, seat, place, path = "governance.usecase", case.pk, case.seat_id, str(case), ("use-case", case.ref)
        else:
            noun, pk = "office.scope", scope
            seat, place, path = scopes[pk]
        yield Due("answers", noun, pk, day, sits.get(seat), "Confirm the answers of a year ago", place, _reverse(path))


def _clocks(sits: dict[int, int], scopes: Scopes) -> Iterator[Due]:
    """Clocks that run, for who sits on the seat of their subject."""
    mine = [pk for pk, (seat, _, _) in scopes.items() if seat in sits]
    for row in RunningClock.objects.running().filter(scope__in=mine):
        seat, place, _ = scopes[row.scope_id]
        unit = row.rule.unit if row.rule else ""
        words = f"The time to keep it is over: {row.title}" if row.is_kept else row.title
        yield Due(
            clock_kind(unit, kept=row.is_kept), "governance.runningclock", row.pk,
            timezone.localdate(row.due_at), sits.get(seat), words, place,
            f"{reverse('clocks')}#clock-{row.pk}", row.due_at if unit == "hours" else None,
        )  # fmt: skip


def _scopes() -> Scopes:
    """Scope → the seat of its noun, its name, and where its facts are answered. Four queries."""
    found: Scopes = {}
    for model in (Office, LegalEntity, AIModel, Deployment):
        for row in model.objects.select_related("scope"):
            own = ("questions", row.scope.key) if model is Deployment else ("admin:governance_answer_changelist",)
            found[row.scope_id] = (row.seat_id, row.scope.name, own)
    return found


def _reverse(path: tuple[str, ...]) -> str:
    return reverse(path[0], args=path[1:])


def _handovers() -> Iterator[Due]:
    for row in Handover.objects.waiting().select_related("giver", "taker"):
        asked = [(row.giver_id, row.given_at), (row.taker_id, row.taken_at)]
        for person, said in asked:
            if said is None:
                yield Due(
                    "handover", "office.handover", row.pk, timezone.localdate(row.proposed_at), person,
                    f"Say whether {row.taker} takes over from {row.giver}", row.reason, reverse("home"),
                )  # fmt: skip
