"""Role × endpoint over HTTP: one table, every operation of the API, every cell, by keys of people with each role."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from controls.models import (
    Attestation,
    ControlMapping,
    ControlTest,
    Evidence,
    Implementation,
    NoControl,
    RequirementMapping,
)
from frameworks.models import CounselReview, Release
from governance.models import Action, Adoption, Answer, ApplicabilityDecision, Approval, Gap, RunningClock, Transfer
from office.models import ApiKey, Delivery, Handover, Job, JournalEvent, Membership, Seat, Tenure, Upload, Webhook
from tests.api.caller import Caller
from tests.makers import make_person

pytestmark = pytest.mark.django_db
ROLES = ("nobody", "team", "auditor", "entity_officer", "officer", "reader")


class Undo(Exception):
    """Takes back what a cell wrote."""


def statuses(callers, method, path, body) -> tuple[int, ...]:
    found = []
    for role in ROLES:
        try:
            with transaction.atomic():
                headers = {"if-match": "*"} if method in ("patch", "delete") or "/" in path.strip("/") else {}
                found.append(callers[role].call(method, path, body, **headers).status_code)
                raise Undo
        except Undo:
            pass
    return tuple(found)


def first(model, **where) -> int:
    return model.objects.filter(**where).order_by("pk").first().pk


@dataclass
class Asked:
    """The requests of the table, each under a label: the address with `mine` and `theirs` for rows of either entity."""

    rows: dict[str, tuple[str, str, Any]]

    def ask(self, method: str, label: str, path: str = "", body: Any = None) -> None:
        key = f"{method} {label}"
        assert key not in self.rows, key
        self.rows[key] = (method, path or label, body)

    def noun(
        self,
        name: str,
        mine: Any = None,
        theirs: Any = None,
        *,
        new: Any = None,
        change: Any = None,
        delete: bool = False,
    ) -> None:
        """List, detail, create, change and delete of a noun."""
        self.ask("get", f"{name}/")
        if new is not None:
            self.ask("post", f"{name}/", body=new)
        for word, key in (("mine", mine), ("theirs", theirs)):
            if key is None:
                continue
            label, path = f"{name}/{word}/", f"{name}/{key}/"
            self.ask("get", label, path)
            if change is not None:
                self.ask("patch", label, path, change)
            if delete:
                self.ask("delete", label, path)


MINE, THEIRS = "uc-mine-hk-bank", "uc-theirs-eu-bank"
WHY = {"reason": "Because."}
HK, EU = {"scope__key": "hk-bank"}, {"scope__key": "eu-bank"}


def requests() -> dict[str, tuple[str, str, Any]]:
    asked = Asked({})
    ask_of_the_office(asked)
    ask_of_the_law_and_controls(asked)
    ask_where_it_meets(asked)
    return asked.rows


def ask_of_the_office(asked: Asked) -> None:
    seats = {word: first(Seat, place__key=key) for word, key in (("mine", "hk-bank"), ("theirs", "eu-bank"))}
    asked.noun("persons", "P-team", new={"ref": "P-new", "name": "New"}, change={"title": "Head"})
    role = {"person": "P-x", "role": "auditor", "scope": "hk-bank"}
    mine, theirs = first(Membership, **HK), first(Membership, scope__key="office")
    asked.noun("memberships", mine, theirs, new=role, change={"role": "leader"}, delete=True)
    asked.noun("scopes", "hk-bank", "eu-bank")
    entity = {"key": "us-bank", "name": "US", "jurisdiction": "us"}
    asked.noun("entities", "hk-bank", "eu-bank", new=entity, change={"city": "Kowloon"})
    asked.noun("seats", seats["mine"], seats["theirs"])
    for word, seat in seats.items():
        asked.ask("post", f"seats/{word}/assign/", f"seats/{seat}/assign/", {"person": "P-x", **WHY})
    asked.noun("tenures", first(Tenure, seat=seats["mine"]), first(Tenure, seat=seats["theirs"]))
    handover = first(Handover)
    asked.noun("handovers", handover, new={"giver": "P-h", "taker": "P-x", "seats": [seats["mine"]], **WHY})
    asked.ask("post", "handovers/mine/confirm/", f"handovers/{handover}/confirm/", WHY)
    asked.ask("post", "handovers/mine/withdraw/", f"handovers/{handover}/withdraw/", {})
    asked.noun("journal", JournalEvent.objects.order_by("seq")[0].pk)
    asked.noun("jobs", first(Job))
    asked.ask("post", "jobs/mine/cancel/", f"jobs/{first(Job)}/cancel/", {})
    asked.ask("get", "jobs/mine/download/", f"jobs/{first(Job)}/download/")
    keys = [first(ApiKey, person__ref=ref) for ref in ("P-team", "P-off")]
    asked.noun("api-keys", *keys)
    asked.ask("post", "api-keys/mine/revoke/", f"api-keys/{keys[0]}/revoke/", {})
    hook = {"name": "n", "url": "https://example.org/x", "events": ["gap.due"]}
    asked.noun("webhooks", first(Webhook), new=hook, change={"is_active": False}, delete=True)
    asked.noun("deliveries", first(Delivery))
    upload = Upload.objects.get()
    asked.noun("imports", upload.pk)
    asked.ask("post", "imports/", body={})
    asked.ask("post", "imports/mine/apply/", f"imports/{upload.pk}/apply/", {"digest": upload.digest})
    asked.ask("get", "imports/mine/refused/", f"imports/{upload.pk}/refused/")
    asked.ask("get", "sheets/")
    asked.ask("get", "sheets/mine/", "sheets/persons/")
    asked.ask("post", "exports/", body={"noun": "persons"})


def ask_of_the_law_and_controls(asked: Asked) -> None:
    asked.noun("families", "law")
    asked.noun("instruments", "I-law")
    asked.noun("releases", first(Release))
    asked.noun("requirements", "law.1")
    asked.ask("get", "requirements/mine/suggestions/", "requirements/law.1/suggestions/")
    review = {
        "requirement": "law.1", "reviewed_by": "P-x", "reviewed_on": "2026-11-01", "result": "confirmed", "source_read": "OJ"
    }  # fmt: skip
    asked.noun("counsel-reviews", first(CounselReview), new=review)
    control = {"ref": "C-9", "title": "New", "theme": "data", "objective": "Do."}
    asked.noun("controls", "C-1", new=control, change={"cadence": "Yearly"})
    pair = {"relationship": "subset", "rationale": "Part of it."}
    ends = {
        "control-mappings": (ControlMapping, {"control": "C-2", "requirement": "law.1"}),
        "requirement-mappings": (RequirementMapping, {"focal": "law.1", "reference": "other.1"}),
    }
    for name, (model, end) in ends.items():
        asked.noun(name, first(model), new={**end, **pair}, change={"strength": 3})
        asked.ask("post", f"{name}/mine/approve/", f"{name}/{first(model)}/approve/", {})
        asked.ask("post", f"{name}/mine/reject/", f"{name}/{first(model)}/reject/", WHY)
        asked.ask("post", f"{name}/mine/ask-again/", f"{name}/{first(model)}/ask-again/", WHY)
        asked.ask("post", f"{name}/mine/propose/", f"{name}/{first(model)}/propose/", {})
    both = list(ControlMapping.objects.values_list("pk", flat=True))
    word = {"requirement": "law.2", "scope": "hk-bank", "mappings": both, **WHY}
    asked.noun("attestations", first(Attestation), new=word)
    asked.ask("post", "attestations/mine/withdraw/", f"attestations/{first(Attestation)}/withdraw/", WHY)
    asked.noun("no-control", first(NoControl), new={"requirement": "law.1", **WHY}, change=WHY, delete=True)
    asked.noun("conflicts", "CF-1")
    decided = {"decision": "Two deployments.", "review_on": "2099-01-01"}
    asked.ask("post", "conflicts/mine/decide/", "conflicts/CF-1/decide/", decided)
    asked.ask("post", "conflicts/mine/reopen/", "conflicts/CF-1/reopen/", WHY)
    here, there = first(Implementation, **HK), first(Implementation, **EU)
    state = {"control": "C-2", "scope": "hk-bank", "state": "planned"}
    asked.noun("implementations", here, there, new=state, change={"note": "Soon."}, delete=True)
    logs = [first(Evidence, implementation=place) for place in (here, there)]
    log = {"implementation": here, "title": "Log", "valid_from": "2026-11-01"}
    asked.noun("evidence", *logs, new=log, change={"title": "Log 2"}, delete=True)
    asked.ask("get", "evidence/mine/download/", f"evidence/{logs[0]}/download/")
    tests = [first(ControlTest, implementation=place) for place in (here, there)]
    test = {"implementation": here, "performed_on": "2026-11-01", "result": "passed", "tester": "P-x"}
    asked.noun("tests", *tests, new=test, change={"note": "ok"}, delete=True)


def ask_where_it_meets(asked: Asked) -> None:
    asked.noun("suppliers", "acme", new={"key": "b", "name": "B"}, change={"country": "US"}, delete=True)
    asked.noun("models", "m-1", new={"key": "m-2", "name": "M", "holder": "hk-bank"}, change={"version": "2"})
    idea = {"title": "T", "purpose": "P", "entity": "hk-bank"}
    asked.noun("use-cases", "UC-MINE", "UC-THEIRS", new=idea, change={"title": "U"})
    run = {"use_case": "UC-THEIRS", "entity": "hk-bank"}
    asked.noun("deployments", MINE, THEIRS, new=run, change={"stage": "pilot"})
    for word, key in (("mine", MINE), ("theirs", THEIRS)):
        for report in ("assessment", "duties", "questions"):
            asked.ask("get", f"deployments/{word}/{report}/", f"deployments/{key}/{report}/")
    approval = {"deployment": MINE, "stage": "pilot", "body": "B", "decided_on": "2026-11-01"}
    asked.noun("approvals", first(Approval), new=approval, change={"body": "C"}, delete=True)
    public = {"answers": {"use_case.audience": "public"}}
    asked.noun("answers", first(Answer), new={"scope": MINE, **public})
    asked.ask("post", "answers/ entity", "answers/", {"scope": "hk-bank", "answers": {"hk.presence": True}})
    asked.ask("post", "answers/ theirs", "answers/", {"scope": THEIRS, **public})
    flow = {"name": "f2", "record": {}}
    asked.noun("transfers", first(Transfer), new={"deployment": MINE, **flow}, change={"record": {}}, delete=True)
    asked.ask("post", "transfers/ theirs", "transfers/", {"deployment": THEIRS, **flow})
    word = {"requirement": "law.2", "verdict": "not_applicable", **WHY}
    decision = first(ApplicabilityDecision)
    asked.noun("decisions", decision, new={"scope": MINE, **word}, change={"reason": "New."}, delete=True)
    asked.ask("post", "decisions/ theirs", "decisions/", {"scope": THEIRS, **word})
    follow = {"scope": "hk-bank", "family": "law", "adopted": False, **WHY}
    asked.noun("adoptions", first(Adoption), new=follow, change={"reason": "N."}, delete=True)
    clock = {"clock": "eu-incident", "started_at": "2026-11-20T08:30:00Z"}
    asked.noun("clocks", first(RunningClock, scope__key=MINE), new={"scope": MINE, **clock})
    asked.ask("post", "clocks/ theirs", "clocks/", {"scope": THEIRS, **clock})
    running = first(RunningClock, scope__key=MINE)
    done = {"done_at": (timezone.now() - timedelta(days=1)).isoformat(), "proof": "Receipt 7731"}
    asked.ask("post", "clocks/mine/stop/", f"clocks/{running}/stop/", done)
    gaps = {"mine": first(Gap, scope__key=MINE), "theirs": first(Gap, scope__key=THEIRS)}
    asked.noun("gaps", gaps["mine"], gaps["theirs"])
    seat = first(Seat, place__key="hk-bank")
    for place, gap in gaps.items():
        asked.ask("post", f"gaps/{place}/accept/", f"gaps/{gap}/accept/", {"until": "2099-01-01", **WHY})
        asked.ask("post", f"gaps/{place}/hand-over/", f"gaps/{gap}/hand-over/", {"seat": seat, **WHY})
    work = {"title": "T", "person": "P-x", "due_on": "2027-01-01", "gaps": [gaps["mine"]]}
    asked.noun("actions", first(Action), new=work, change={"note": "N"})
    asked.ask("post", "assess/", body={})
    asked.ask("get", "coverage/")
    asked.ask("get", "law-changes/", "law-changes/?before=2026-01-01&after=2026-11-01")
    asked.ask("get", "crosswalk/", "crosswalk/?focal=law&reference=other")
    asked.ask("post", "packets/", body={"pairs": [{"focal": "law", "reference": "other"}]})
    for word, key in (("mine", MINE), ("theirs", THEIRS)):
        asked.ask("get", f"statement/ {word}", f"statement/?deployment={key}")
    asked.ask("post", "recompute/", body={})
    asked.ask("post", "recompute/ mine", "recompute/", {"scope": "hk-bank"})
    asked.ask("post", "recompute/ theirs", "recompute/", {"scope": "eu-bank"})


TABLE = """
get persons/                            401 200 200 200 200 200
post persons/                           401 403 403 403 201 403
get persons/mine/                       401 200 200 200 200 200
patch persons/mine/                     401 403 403 403 200 403
get memberships/                        401 200 200 200 200 200
post memberships/                       401 403 403 201 201 403
get memberships/mine/                   401 200 200 200 200 200
patch memberships/mine/                 401 403 403 200 200 403
delete memberships/mine/                401 403 403 204 204 403
get memberships/theirs/                 401 200 200 200 200 200
patch memberships/theirs/               401 403 403 403 200 403
delete memberships/theirs/              401 403 403 403 204 403
get scopes/                             401 200 200 200 200 200
get scopes/mine/                        401 200 200 200 200 200
get scopes/theirs/                      401 404 200 404 200 200
get entities/                           401 200 200 200 200 200
post entities/                          401 403 403 403 201 403
get entities/mine/                      401 200 200 200 200 200
patch entities/mine/                    401 403 403 200 200 403
get entities/theirs/                    401 404 200 404 200 200
patch entities/theirs/                  401 404 403 404 200 403
get seats/                              401 200 200 200 200 200
get seats/mine/                         401 200 200 200 200 200
get seats/theirs/                       401 404 200 404 200 200
post seats/mine/assign/                 401 403 403 200 200 403
post seats/theirs/assign/               401 404 403 404 200 403
get tenures/                            401 200 200 200 200 200
get tenures/mine/                       401 200 200 200 200 200
get tenures/theirs/                     401 404 200 404 200 200
get handovers/                          401 200 200 200 200 200
post handovers/                         401 403 403 201 201 403
get handovers/mine/                     401 404 200 200 200 200
post handovers/mine/confirm/            401 404 403 403 200 403
post handovers/mine/withdraw/           401 404 403 403 200 403
get journal/                            401 200 200 200 200 200
get journal/mine/                       401 404 200 404 200 200
get jobs/                               401 200 200 200 200 200
get jobs/mine/                          401 404 200 404 200 200
post jobs/mine/cancel/                  401 404 403 404 200 403
get jobs/mine/download/                 401 404 404 404 404 404
get api-keys/                           401 200 200 200 200 200
get api-keys/mine/                      401 200 200 404 200 200
get api-keys/theirs/                    401 404 200 404 200 200
post api-keys/mine/revoke/              401 200 403 404 200 403
get webhooks/                           401 200 200 200 200 200
post webhooks/                          401 403 403 403 201 403
get webhooks/mine/                      401 404 200 404 200 200
patch webhooks/mine/                    401 404 403 404 200 403
delete webhooks/mine/                   401 404 403 404 204 403
get deliveries/                         401 200 200 200 200 200
get deliveries/mine/                    401 404 200 404 200 200
get imports/                            401 200 200 200 200 200
get imports/mine/                       401 404 200 404 200 200
post imports/                           401 403 403 415 415 403
post imports/mine/apply/                401 404 403 404 200 403
get imports/mine/refused/               401 404 200 404 200 200
get sheets/                             401 200 200 200 200 200
get sheets/mine/                        401 403 200 200 200 200
post exports/                           401 403 202 202 202 202
get families/                           401 200 200 200 200 200
get families/mine/                      401 200 200 200 200 200
get instruments/                        401 200 200 200 200 200
get instruments/mine/                   401 200 200 200 200 200
get releases/                           401 200 200 200 200 200
get releases/mine/                      401 200 200 200 200 200
get requirements/                       401 200 200 200 200 200
get requirements/mine/                  401 200 200 200 200 200
get requirements/mine/suggestions/      401 403 200 200 200 200
get counsel-reviews/                    401 200 200 200 200 200
post counsel-reviews/                   401 403 403 403 201 403
get counsel-reviews/mine/               401 200 200 200 200 200
get controls/                           401 200 200 200 200 200
post controls/                          401 403 403 403 201 403
get controls/mine/                      401 200 200 200 200 200
patch controls/mine/                    401 403 403 403 200 403
get control-mappings/                   401 200 200 200 200 200
post control-mappings/                  401 403 403 403 201 403
get control-mappings/mine/              401 200 200 200 200 200
patch control-mappings/mine/            401 403 403 403 200 403
post control-mappings/mine/approve/     401 403 403 403 400 403
post control-mappings/mine/reject/      401 403 403 403 200 403
post control-mappings/mine/ask-again/   401 403 403 403 400 403
post control-mappings/mine/propose/     401 403 403 403 400 403
get requirement-mappings/               401 200 200 200 200 200
post requirement-mappings/              401 403 403 403 201 403
get requirement-mappings/mine/          401 200 200 200 200 200
patch requirement-mappings/mine/        401 403 403 403 200 403
post requirement-mappings/mine/approve/ 401 403 403 403 400 403
post requirement-mappings/mine/reject/  401 403 403 403 200 403
post requirement-mappings/mine/ask-again/ 401 403 403 403 400 403
post requirement-mappings/mine/propose/ 401 403 403 403 400 403
get attestations/                       401 200 200 200 200 200
post attestations/                      401 403 403 201 201 403
get attestations/mine/                  401 200 200 200 200 200
post attestations/mine/withdraw/        401 403 403 204 204 403
get no-control/                         401 200 200 200 200 200
post no-control/                        401 403 403 403 201 403
get no-control/mine/                    401 200 200 200 200 200
patch no-control/mine/                  401 403 403 403 200 403
delete no-control/mine/                 401 403 403 403 204 403
get conflicts/                          401 200 200 200 200 200
get conflicts/mine/                     401 200 200 200 200 200
post conflicts/mine/decide/             401 403 403 403 200 403
post conflicts/mine/reopen/             401 403 403 403 200 403
get implementations/                    401 200 200 200 200 200
post implementations/                   401 403 403 201 201 403
get implementations/mine/               401 200 200 200 200 200
patch implementations/mine/             401 403 403 200 200 403
delete implementations/mine/            401 403 403 409 409 403
get implementations/theirs/             401 404 200 404 200 200
patch implementations/theirs/           401 404 403 404 200 403
delete implementations/theirs/          401 404 403 404 409 403
get evidence/                           401 200 200 200 200 200
post evidence/                          401 403 403 201 201 403
get evidence/mine/                      401 200 200 200 200 200
patch evidence/mine/                    401 403 403 200 200 403
delete evidence/mine/                   401 403 403 204 204 403
get evidence/theirs/                    401 404 200 404 200 200
patch evidence/theirs/                  401 404 403 404 200 403
delete evidence/theirs/                 401 404 403 404 204 403
get evidence/mine/download/             401 404 404 404 404 404
get tests/                              401 200 200 200 200 200
post tests/                             401 403 403 201 201 403
get tests/mine/                         401 200 200 200 200 200
patch tests/mine/                       401 403 403 200 200 403
delete tests/mine/                      401 403 403 204 204 403
get tests/theirs/                       401 404 200 404 200 200
patch tests/theirs/                     401 404 403 404 200 403
delete tests/theirs/                    401 404 403 404 204 403
get suppliers/                          401 200 200 200 200 200
post suppliers/                         401 403 403 403 201 403
get suppliers/mine/                     401 200 200 200 200 200
patch suppliers/mine/                   401 403 403 403 200 403
delete suppliers/mine/                  401 403 403 403 204 403
get models/                             401 200 200 200 200 200
post models/                            401 403 403 201 201 403
get models/mine/                        401 200 200 200 200 200
patch models/mine/                      401 403 403 403 200 403
get use-cases/                          401 200 200 200 200 200
post use-cases/                         401 201 403 201 201 403
get use-cases/mine/                     401 200 200 200 200 200
patch use-cases/mine/                   401 403 403 403 200 403
get use-cases/theirs/                   401 404 200 404 200 200
patch use-cases/theirs/                 401 404 403 404 200 403
get deployments/                        401 200 200 200 200 200
post deployments/                       401 400 403 400 201 403
get deployments/mine/                   401 200 200 200 200 200
patch deployments/mine/                 401 403 403 200 200 403
get deployments/theirs/                 401 404 200 404 200 200
patch deployments/theirs/               401 404 403 404 200 403
get deployments/mine/assessment/        401 200 200 200 200 200
get deployments/mine/duties/            401 200 200 200 200 200
get deployments/mine/questions/         401 200 200 200 200 200
get deployments/theirs/assessment/      401 404 200 404 200 200
get deployments/theirs/duties/          401 404 200 404 200 200
get deployments/theirs/questions/       401 404 200 404 200 200
get approvals/                          401 200 200 200 200 200
post approvals/                         401 403 403 201 201 403
get approvals/mine/                     401 200 200 200 200 200
patch approvals/mine/                   401 403 403 200 200 403
delete approvals/mine/                  401 403 403 204 204 403
get answers/                            401 200 200 200 200 200
post answers/                           401 200 403 200 200 403
get answers/mine/                       401 200 200 200 200 200
post answers/ entity                    401 403 403 200 200 403
post answers/ theirs                    401 400 403 400 200 403
get transfers/                          401 200 200 200 200 200
post transfers/                         401 201 403 201 201 403
get transfers/mine/                     401 200 200 200 200 200
patch transfers/mine/                   401 200 403 200 200 403
delete transfers/mine/                  401 204 403 204 204 403
post transfers/ theirs                  401 400 403 400 201 403
get decisions/                          401 200 200 200 200 200
post decisions/                         401 403 403 201 201 403
get decisions/mine/                     401 200 200 200 200 200
patch decisions/mine/                   401 403 403 200 200 403
delete decisions/mine/                  401 403 403 204 204 403
post decisions/ theirs                  401 400 403 400 201 403
get adoptions/                          401 200 200 200 200 200
post adoptions/                         401 403 403 201 201 403
get adoptions/mine/                     401 200 200 200 200 200
patch adoptions/mine/                   401 403 403 200 200 403
delete adoptions/mine/                  401 403 403 204 204 403
get clocks/                             401 200 200 200 200 200
post clocks/                            401 403 403 201 201 403
get clocks/mine/                        401 200 200 200 200 200
post clocks/ theirs                     401 400 403 400 201 403
post clocks/mine/stop/                  401 403 403 200 200 403
get gaps/                               401 200 200 200 200 200
get gaps/mine/                          401 200 200 200 200 200
get gaps/theirs/                        401 404 200 404 200 200
post gaps/mine/accept/                  401 403 403 200 200 403
post gaps/mine/hand-over/               401 403 403 200 200 403
post gaps/theirs/accept/                401 404 403 404 200 403
post gaps/theirs/hand-over/             401 404 403 404 200 403
get actions/                            401 200 200 200 200 200
post actions/                           401 403 403 403 201 403
get actions/mine/                       401 404 200 200 200 200
patch actions/mine/                     401 404 403 403 200 403
post assess/                            401 200 200 200 200 200
get coverage/                           401 200 200 200 200 200
get law-changes/                        401 200 200 200 200 200
get crosswalk/                          401 403 200 200 200 200
post packets/                           401 403 202 403 202 202
get statement/ mine                     401 200 200 200 200 200
get statement/ theirs                   401 404 200 404 200 200
post recompute/                         401 403 403 403 202 403
post recompute/ mine                    401 403 403 202 202 403
post recompute/ theirs                  401 400 403 400 202 403
"""


def expected() -> dict[str, tuple[int, ...]]:
    found = {}
    for line in TABLE.strip().splitlines():
        words = line.split()
        found[" ".join(words[: -len(ROLES)])] = tuple(map(int, words[-len(ROLES) :]))
    return found


def test_every_cell_of_the_table_holds(callers):
    table, wrong = expected(), []
    asked = requests()
    assert set(asked) == set(table)
    for label, request in asked.items():
        found = statuses(callers, *request)
        wrong += [
            f"{role}: {label} gave {got}, not {right}"
            for role, got, right in zip(ROLES, found, table[label], strict=True)
            if got != right
        ]
    assert not wrong, "\n".join(wrong)


def test_the_table_asks_for_every_operation_of_the_api(callers):
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    operations = {
        f"{method} {re.sub('{[a-z_]+}', 'mine', path.removeprefix('/api/v1/'))}"
        for path, ways in paths.items()
        for method in ways
    }
    asked = {" ".join(label.split()[:2]).replace("theirs/", "mine/") for label in requests()}
    assert operations == asked


def test_a_person_without_a_role_and_a_login_without_a_person_get_nothing(callers, people):
    stranger = Caller(make_person("P-none"), "read")
    for method, path, body in requests().values():
        answer = stranger.call(method, path, body, **{"if-match": "*"})
        assert answer.status_code == 403, (method, path)
    get_user_model().objects.create_user("ghost", password="a-long-test-password")
    ghost = Caller(None)
    assert ghost.client.login(username="ghost", password="a-long-test-password")
    answer = ghost.get("gaps/")
    assert (answer.status_code, "belongs to no person" in answer.json()["detail"]) == (403, True)


def test_lists_hold_what_the_caller_may_see(callers):
    def seen(role: str, path: str, name: str) -> set[str]:
        return {row[name] for row in callers[role].get(path).json()["results"]}

    for role in ("team", "entity_officer"):
        assert seen(role, "use-cases/", "ref") == {"UC-MINE"}
        assert seen(role, "deployments/", "key") == {MINE}
        assert "eu-bank" not in seen(role, "implementations/", "scope") | seen(role, "gaps/", "subject")
    for role in ("auditor", "officer"):
        assert seen(role, "use-cases/", "ref") == {"UC-MINE", "UC-THEIRS"}
        assert {"hk-bank", "eu-bank"} <= seen(role, "entities/", "key")
    assert seen("team", "journal/", "noun") == set()
