"""A program that calls the API with a person's key, and an office for it to call."""

import json
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from controls.services import mappings as mapping_services
from frameworks.models import Family
from frameworks.services.reviews import record_reviews
from governance.models import Action, Approval, Deployment, Gap, Supplier
from governance.services import answers, clocks, gaps, inventory
from governance.services.gaps import recompute_gaps
from office import importing
from office.models import Person, Seat, Webhook
from office.services import jobs, people, records, seats, webhooks
from office.services.api_keys import make_key
from office.today import today
from tests.makers import (
    TODAY,
    make_conflict,
    make_control,
    make_deployment,
    make_direct,
    make_entity,
    make_mapping,
    make_no_control,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

ROLES = ("team", "auditor", "entity_officer", "officer", "reader")


class Caller:
    """`get`, `post`, `patch` and `delete` below /api/v1/, with a key; writes carry the ETag that a read gave."""

    def __init__(self, person: Person | None, access: str = "write") -> None:
        self.person, self.client, self.text = person, Client(), ""
        if person is not None:
            day = today()
            made = make_key(
                person=person,
                name=f"test {access}",
                access=access,
                created_on=day,
                expires_on=day + timedelta(days=30),
                actor=None,
            )
            self.key, self.text = made

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        if self.text:
            headers.setdefault("authorization", f"Bearer {self.text}")
        told: dict[str, Any] = {"headers": headers}
        if body is not None:
            told |= {
                "data": body if isinstance(body, str | bytes) else json.dumps(body),
                "content_type": "application/json",
            }
        address = path if path.startswith("/api/") else f"/api/v1/{path}"
        return getattr(self.client, method)(address, **told)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("post", path, {} if body is None else body, **headers)

    def seen(self, method: str, path: str, body: Any = None, *, row: str = "") -> HttpResponse:
        """Reads the row first and sends its ETag with the write."""
        tag = self.get(row or path)["ETag"]
        return self.call(method, path, {} if body is None and method != "delete" else body, **{"if-match": tag})


def furnish() -> dict[str, Person]:
    """An office with two entities that each run a use case, and at least one row of every noun."""
    hong_kong = make_entity("hk-bank", owner=make_person("P-h"))
    europe = make_entity("eu-bank", "eu", make_person("P-e"))
    make_requirement()
    found = {
        "team": make_person("P-team", role="team_member", scope=hong_kong),
        "auditor": make_person("P-aud", role="auditor"),
        "entity_officer": make_person("P-eo", role="officer", scope=hong_kong),
        "officer": make_person("P-off", role="officer"),
        "second": make_person("P-two", role="officer"),
    }
    mine = make_deployment(make_use_case("Mine", found["team"], ref="UC-MINE"), hong_kong)
    make_deployment(make_use_case("Theirs", make_person("P-x"), ref="UC-THEIRS"), europe)
    _controls(found, (hong_kong, europe))
    recompute_gaps(on=TODAY, actor=None)
    _rows(found, mine)
    return found


def _controls(found: dict[str, Person], scopes: tuple) -> None:
    control = make_control(owner=found["officer"])
    other = make_requirement("law.2")
    pair = [
        make_mapping(control, other, by=found["officer"]),
        make_mapping(make_control("C-2", owner=found["officer"]), other, by=found["officer"], relationship="subset"),
    ]
    make_no_control(make_requirement("law.3"), "It asks nothing.", actor=found["officer"])
    make_conflict()
    for scope in scopes:
        make_proof(control, scope, found["officer"])
    mapping_services.attest(requirement=other, scope=scopes[0], mappings=pair, reason="Both.", actor=found["officer"])
    make_direct(
        focal=make_requirement("other.1", family="other"), reference=other, actor=found["officer"],
        relationship="intersects", rationale="Both ask.",
    )  # fmt: skip


def _rows(found: dict[str, Person], mine: Deployment) -> None:
    officer = found["officer"]
    records.save_record(row=Supplier(key="acme", name="Acme"), actor=officer)
    inventory.add_model(key="m-1", name="Model one", actor=None, accountable=officer, on=TODAY)
    inventory.record_approval(
        approval=Approval(deployment=mine, stage="live", body="Committee", decided_on=TODAY), actor=officer
    )
    answers.answer_facts(subject=mine.scope, answers={"use_case.markets": ["hk"]}, actor=officer)
    answers.record_transfer(deployment=mine, name="flow-1", record={}, actor=officer)
    gap = Gap.objects.filter(scope=mine.scope).first()
    assert gap is not None
    answers.decide(scope=mine.scope, requirement=gap.requirement, verdict="applies", reason="Sure.", actor=officer)
    answers.adopt(scope=mine.scope, family=Family.objects.get(key="law"), adopted=True, reason="Yes.", actor=officer)
    record_reviews(
        requirements=[gap.requirement], reviewed_by=officer, reviewed_on=TODAY, result="confirmed", source_read="OJ",
        note="", actor=officer, on=TODAY,
    )  # fmt: skip
    now = timezone.now()
    clocks.start_clock(
        scope=mine.scope, clock="hk-ci-audit", started_at=now - timedelta(days=90), actor=officer, now=now
    )
    action = Action(title="Close it", person=officer, due_on=TODAY)
    gaps.save_action(action=action, gaps=[gap], actor=officer)
    hook = Webhook(name="hook", url="https://example.com/in", events=["gap.opened", "handover.asked"], person=officer)
    webhooks.save_webhook(webhook=hook, actor=officer)
    held = Seat.objects.filter(tenures__person=officer, tenures__ended_on__isnull=True)
    seats.propose_handover(giver=officer, taker=found["second"], seats=held[:1], reason="Leave", actor=officer)
    jobs.enqueue(kind="recompute_gaps", arguments={"scope": ""}, actor=officer, now=timezone.now(), nudge=None)
    sheet = b"ref,name,active\nP-imp,Imported,yes\n"
    importing.bring(content=sheet, name="people.csv", noun="", actor=officer, nudge=lambda pk: None)
    people.grant(person=make_person("P-plain"), role="team_member", scope=mine.scope.parent, actor=None)
