"""Fills an empty office with the demo portfolio, through the same services that everybody else uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from controls.models import Conflict, Control, ControlMapping, Implementation
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from controls.services.conflicts import decide_conflict
from frameworks.models import Family, Requirement
from governance.demo_files import shipped_demo
from governance.inputs import STAGE_FACT
from governance.models import Action, Approval, Gap, Supplier, UseCase
from governance.services import answers, clocks, gaps, inventory
from office.models import LegalEntity, Person, Scope
from office.services import people, records, scopes, seats

Raw = Mapping[str, Any]
Say = Callable[[str], None]


@dataclass
class Demo:
    """What was made so far, by its public key, for the later steps to refer to."""

    on: date
    people: dict[str, Person] = field(default_factory=dict)
    entities: dict[str, LegalEntity] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)

    def day(self, days_ago: int) -> date:
        """Days count from the day of loading, so that the demo does not age."""
        return self.on - timedelta(days=days_ago)


def is_empty() -> bool:
    """Whether nobody has put anything into the office yet."""
    return not Person.objects.exists() and not UseCase.objects.exists()


def load_demo(*, on: date, say: Say) -> Demo:
    """Loads everything but the gaps' fate, which `settle_demo` adds once the gaps are computed."""
    raw, demo = shipped_demo(), Demo(on)
    say("People, legal entities and roles")
    _load_group(raw, demo)
    say("Suppliers and models")
    _load_models(raw, demo)
    say("Use cases with their deployments and answers")
    for row in raw["use_cases"]:
        _load_use_case(row, demo)
    demo.scopes = {scope.key: scope for scope in Scope.objects.all()}
    _load_decisions(raw, demo)
    say("Controls: owners, implementations, evidence, tests")
    _load_controls(raw, demo)
    say("Mappings reviewed by a second person")
    _review_mappings(raw, demo)
    return demo


def _load_group(raw: Raw, demo: Demo) -> None:
    office = scopes.found_office(name=raw["office"]["name"], actor=None)
    for row in raw["persons"]:
        demo.people[row["ref"]] = people.add_person(**row, actor=None)
    for row in raw["entities"]:
        accountable = demo.people[row["accountable"]]
        demo.entities[row["key"]] = scopes.add_entity(
            key=row["key"], name=row["name"], city=row["city"], jurisdiction=row["jurisdiction"],
            accountable=accountable, on=demo.on, actor=None,
        )  # fmt: skip
        answers.answer_facts(subject=demo.entities[row["key"]].scope, answers=row["facts"], actor=accountable)
    demo.scopes = {scope.key: scope for scope in Scope.objects.all()}
    for row in raw["memberships"]:
        people.grant(person=demo.people[row["person"]], role=row["role"], scope=demo.scopes[row["scope"]], actor=None)
    leader = demo.people[next(row["person"] for row in raw["memberships"] if row["role"] == "leader")]
    seats.assign(seat=office.seat, person=leader, on=demo.on, actor=None)
    answers.answer_facts(subject=office.scope, answers=raw["office"]["facts"], actor=leader)
    for row in raw["adoptions"]:
        family = Family.objects.get(key=row["family"])
        answers.adopt(
            scope=demo.scopes[row["scope"]], family=family, adopted=row["adopted"], reason=row["reason"], actor=leader
        )


def _load_models(raw: Raw, demo: Demo) -> None:
    suppliers = {}
    for row in raw["suppliers"]:
        suppliers[row["key"]] = Supplier(**row)
        records.save_record(row=suppliers[row["key"]], actor=None)
    for row in raw["models"]:
        accountable = demo.people[row["accountable"]]
        model = inventory.add_model(
            key=row["key"], name=row["name"], version=row["version"], filing_number=row["filing_number"],
            holder=demo.entities.get(row["entity"]), supplier=suppliers.get(row["supplier"]),
            accountable=accountable, on=demo.on, actor=accountable,
        )  # fmt: skip
        demo.models[row["key"]] = model
        answers.answer_facts(subject=model.scope, answers=row["facts"], actor=accountable)


def _load_use_case(row: Raw, demo: Demo) -> None:
    accountable = demo.people[row["accountable"]]
    use_case = inventory.add_use_case(
        ref=row["ref"], title=row["title"], purpose=row["purpose"].strip(), status=row["status"],
        accountable=accountable, on=demo.on, actor=accountable,
    )  # fmt: skip
    answers.answer_facts(subject=use_case, answers=row["facts"], actor=accountable)
    for raw in row["deployments"]:
        person = demo.people.get(raw["accountable"] or "")
        actor = person or accountable
        deployment = inventory.add_deployment(
            use_case=use_case, entity=demo.entities[raw["entity"]], key=raw["key"], stage=raw["stage"],
            accountable=person, on=demo.on, models=[demo.models[key] for key in raw["models"]], actor=actor,
        )  # fmt: skip
        given = {key: value for key, value in raw["facts"].items() if key != STAGE_FACT}
        answers.answer_facts(subject=deployment.scope, answers=given, actor=actor)
        for flow in raw["transfers"]:
            answers.record_transfer(deployment=deployment, name=flow["id"], record=flow, actor=actor)
        for approval in raw["approvals"]:
            row_ = Approval(
                deployment=deployment, stage=approval["stage"], body=approval["body"],
                decided_on=date.fromisoformat(approval["decided_on"]), conditions=approval["conditions"],
                expires_on=date.fromisoformat(approval["expires_on"]) if approval["expires_on"] else None,
            )  # fmt: skip
            inventory.record_approval(approval=row_, actor=actor)


def _load_decisions(raw: Raw, demo: Demo) -> None:
    for row in raw["decisions"]:
        answers.decide(
            scope=demo.scopes[row["deployment"]],
            requirement=Requirement.objects.get(ref=row["requirement"]),
            verdict=row["verdict"],
            reason=row["reason"].strip(),
            actor=demo.people[row["by"]],
        )


def _load_controls(raw: Raw, demo: Demo) -> None:
    controls = {control.ref: control for control in Control.objects.select_related("seat")}
    for ref, person in raw["control_owners"].items():
        if person is not None:
            seats.assign(seat=controls[ref].seat, person=demo.people[person], on=demo.on, actor=None)
            control_services.activate(control=controls[ref], actor=None)
    made: dict[tuple[str, str], Implementation] = {}
    for row in raw["implementations"]:
        made[row["control"], row["scope"]] = control_services.set_implementation(
            control=controls[row["control"]],
            scope=demo.scopes[row["scope"]],
            state=row["state"],
            since=date.fromisoformat(row["since"]) if row["since"] else None,
            note=row["note"],
            actor=None,
        )
    for row in raw["evidence"]:
        start = demo.day(row["days_ago"])
        end = start + timedelta(days=row["valid_days"]) if row["valid_days"] else None
        person = demo.people[row["collected_by"]]
        control_services.add_evidence(
            implementation=made[row["control"], row["scope"]], title=row["title"], valid_from=start, valid_until=end,
            collected_by=person, actor=person,
        )  # fmt: skip
    for row in raw["tests"]:
        person = demo.people[row["tester"]]
        control_services.record_test(
            implementation=made[row["control"], row["scope"]], performed_on=demo.day(row["days_ago"]),
            result=row["result"], tester=person, note=row["note"], actor=person,
        )  # fmt: skip


def _review_mappings(raw: Raw, demo: Demo) -> None:
    reviewer = demo.people[raw["roles"]["second_reviewer"]]
    stored = {
        (row.control.ref, row.requirement.ref): row
        for row in ControlMapping.objects.select_related("control", "requirement")
    }
    chosen = [stored[row["control"], row["requirement"]] for row in raw["approved_mappings"]]
    mapping_services.approve(mappings=chosen, actor=reviewer, note="Both texts read side by side")
    for row in raw["rejected_mappings"]:
        mapping_services.reject(
            mappings=[stored[row["control"], row["requirement"]]], actor=reviewer, note=row["reason"]
        )


def _settle_markets(raw: Raw, demo: Demo, officer: Person) -> None:
    """A decision between two markets, and clocks of the law that run."""
    for row in raw["conflict_decisions"]:
        decide_conflict(
            conflict=Conflict.objects.get(ref=row["conflict"]), decision=row["decision"].strip(), actor=officer,
            review_on=demo.on + timedelta(days=row["review_in_days"]), on=demo.on,
        )  # fmt: skip
    morning = time(9, 30, tzinfo=timezone.get_default_timezone())
    for row in raw["running_clocks"]:
        clocks.start_clock(
            scope=demo.scopes[row["scope"]], clock=row["clock"], note=row["note"], actor=officer,
            started_at=datetime.combine(demo.day(row["days_ago"]), morning),
            now=datetime.combine(demo.on, morning),
        )  # fmt: skip


def settle_demo(*, demo: Demo, say: Say) -> None:
    """After the first recompute: actions, accepted gaps, a decision between markets, clocks, and a handover that waits."""
    raw = shipped_demo()
    say("Actions, accepted gaps, a decision between markets, running clocks, a handover")
    officer = demo.people[raw["roles"]["officer"]]
    known = {(gap.scope.key, gap.requirement.ref): gap for gap in Gap.objects.select_related("scope", "requirement")}
    for row in raw["actions"]:
        action = Action(
            title=row["title"], person=demo.people[row["person"]], due_on=demo.on + timedelta(days=row["due_in_days"])
        )
        named = [(item["scope"], item["requirement"]) for item in row["gaps"]]
        gaps.save_action(action=action, gaps=[known[pair] for pair in named], actor=officer)
    for row in raw["accepted_gaps"]:
        gaps.accept_gap(
            gap=known[row["scope"], row["requirement"]],
            until=demo.on + timedelta(days=row["valid_days"]),
            reason=row["reason"],
            actor=officer,
            on=demo.on,
        )
    _settle_markets(raw, demo, officer)
    controls = {control.ref: control.seat for control in Control.objects.select_related("seat")}
    for row in raw["handovers"]:
        seats.propose_handover(
            giver=demo.people[row["from"]],
            taker=demo.people[row["to"]],
            seats=[controls[ref] for ref in row["seats"]],
            reason=row["reason"],
            actor=demo.people[row["from"]],
        )
