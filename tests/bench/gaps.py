"""The gap register over a thousand deployments, and what following up one mapping costs beside computing everything."""

import statistics
import tempfile
from pathlib import Path

from tests.bench.ground import TODAY as ON
from tests.bench.ground import counted, seconds, set_up

SIZES = (100, 1_000)
SHARE = 0.9


def main() -> None:
    set_up()
    found = {size: measure(size) for size in SIZES}
    print("\nGaps over the shipped law; deployments with answers at random in ten entities:")
    print("   deployments    gaps  whole s  again s  register s  queries  followed up s  queries  subjects  of whole")
    for size, row in found.items():
        whole, again, gaps, (register, asked), (followed, sent, subjects) = row
        print(
            f"  {size:>12,} {gaps:>7,} {whole:>8.1f} {again:>8.1f} {register:>11.2f} {asked:>8} {followed:>14.3f} {sent:>8} "
            f"{subjects:>9} {followed / again:>9.4f}"
        )
    few, many = (found[size][4] for size in SIZES)
    print(
        f"  following up: {many[0] / few[0]:.2f} times the time of the small portfolio, {many[1]} queries and {few[1]}"
    )
    assert many[1] <= few[1], "following up asks more when the portfolio grows"


def measure(size: int):
    from governance.documents.gap_register import register_of, register_sheets
    from governance.domain.gap_register import Chosen
    from governance.models import Gap
    from governance.services.gaps import head_seq, recompute_gaps

    mapping, officer, second = office_of(size)
    target = Path(tempfile.mkdtemp(prefix="bench-")) / "register.xlsx"
    whole = seconds(lambda: recompute_gaps(on=ON, actor=None))
    again = seconds(lambda: recompute_gaps(on=ON, actor=None))
    with counted() as asked:
        register = seconds(lambda: write(target, register_sheets(register_of(officer, ON, ON, Chosen()))))
    assert len(register_of(officer, ON, ON, Chosen()).standing) == Gap.objects.standing().count()
    times, sizes, subjects = [], set(), set()
    for turn in range(6):
        since = head_seq()
        review(mapping, officer, second, approve=turn % 2 == 0)
        result = {}
        with counted() as sent:
            times.append(seconds(lambda: result.update(done=recompute_gaps(on=ON, actor=None, since=since))))  # noqa: B023
        sizes.add(len(sent))
        subjects.add(result["done"].subjects)
    followed = (statistics.median(times), max(sizes), max(subjects))
    return whole, again, Gap.objects.standing().count(), (register, len(asked)), followed


def review(mapping, officer, second, *, approve: bool) -> None:
    """One mapping changes: approved, or sent to re-review again."""
    from controls.services import mappings as mapping_services

    if approve:
        mapping_services.approve(mappings=[mapping], actor=second)
    else:
        mapping_services.ask_again(mappings=[mapping], actor=officer, note="Look again.")
    mapping.refresh_from_db()


def write(target: Path, sheets) -> None:
    from office.spreadsheet import write_xlsx

    write_xlsx(target, sheets, title="Gap register")


def office_of(size: int):
    """The office grown to `size` deployments, and a shipped full mapping whose control is proved for the office."""
    from controls.models import ControlMapping
    from controls.services import controls as control_services
    from office.models import Scope
    from office.services import seats

    officer, second = people_of()
    entities = list(Scope.objects.filter(kind="entity"))
    grow(size, entities, officer)
    mapping = (
        ControlMapping.objects.filter(
            status="proposed", relationship__in=["equal", "superset"], requirement__current__owed_by="office",
            control__specific=False, control__status="draft",
        )
        .select_related("control__seat", "requirement")
        .order_by("pk")[0]
    )  # fmt: skip
    control = mapping.control
    seats.assign(seat=control.seat, person=officer, on=ON, actor=None)
    control_services.activate(control=control, actor=None)
    row = control_services.set_implementation(
        control=control, scope=Scope.objects.get(kind="office"), state="implemented", actor=None
    )
    control_services.add_evidence(implementation=row, title="Proof", valid_from=ON, collected_by=officer, actor=None)
    control_services.record_test(implementation=row, performed_on=ON, result="passed", tester=officer, actor=None)
    return mapping, officer, second


def people_of():
    """The law, the library, an office with ten entities and two officers; set up once."""
    from django.core.management import call_command

    from controls.services.library import load_library
    from office.models import Person
    from office.services import people, scopes

    if not Person.objects.exists():
        call_command("load_catalogues", verbosity=0)
        load_library(actor=None)
        office = scopes.found_office(name="Bench", actor=None)
        for ref in ("P-1", "P-2"):
            people.grant(
                person=people.add_person(ref=ref, name=ref, actor=None), role="officer", scope=office.scope, actor=None
            )
        owner = Person.objects.get(ref="P-1")
        for number in range(10):
            market = ("hk", "cn", "eu", "us")[number % 4]
            scopes.add_entity(
                key=f"e-{number}", name=f"Entity {number}", jurisdiction=market, accountable=owner, on=ON, actor=None
            )
    return list(Person.objects.order_by("ref")[:2])


def grow(size: int, entities, officer) -> None:
    """Adds deployments until there are `size`, each with answers at random to what is asked of it and its use case."""
    from django.utils import timezone

    from frameworks.vocabulary_files import shipped_vocabulary
    from governance.inputs import STAGE_FACT
    from governance.models import Answer, Deployment
    from governance.services import inventory
    from office.services.recording import recording
    from tests.frameworks.cases_at_random import make_cases

    vocabulary, first = shipped_vocabulary(), Deployment.objects.count()
    cases = make_cases(vocabulary, size - first, first, SHARE)
    own = ("use_case", "deployment")
    asked = {key for key, fact in vocabulary.facts.items() if fact.subject in own} - {STAGE_FACT}
    with recording(actor=None, reason="Bench portfolio") as pen:
        rows = []
        for number, case in enumerate(cases, start=first):
            use_case = inventory.add_use_case(
                title=f"Use {number}", purpose="Bench.", accountable=officer, on=ON, actor=None, status="active"
            )
            run = inventory.add_deployment(
                use_case=use_case, entity=entities[number % 10].entity, accountable=officer, on=ON, actor=None,
                stage="live",
            )  # fmt: skip
            for key in asked & set(case.facts):
                at = {"use_case": use_case} if vocabulary.facts[key].subject == "use_case" else {"scope": run.scope}
                rows.append(
                    Answer(fact=key, value=case.facts[key], answered_by=officer, answered_at=timezone.now(), **at)
                )
        pen.create_many(rows)


if __name__ == "__main__":
    main()
