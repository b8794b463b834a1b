"""Import of 20,000 mappings: our door (read, plan, plan again, write, journal) beside django-import-export's own
`skip_unchanged` path (one pass, no journal), new, mixed and unchanged, in the same run."""

import csv
import io
from typing import Any

from tests.bench.ground import counted, seconds, set_up

ROWS = 20_000
CONTROLS, REQUIREMENTS = 200, 100
AIMS = {"new": 10, "mixed": 30, "unchanged": 100}
MOST_QUERIES = 400


def main() -> None:
    set_up()
    from django.db import transaction

    from office.services import scopes
    from tests.makers import make_control, make_person, make_requirement

    with transaction.atomic():
        scopes.found_office(name="Bench", actor=None)
        officer = make_person("P-off", role="officer")
        for number in range(CONTROLS):
            make_control(f"C-{number}")
        for number in range(REQUIREMENTS):
            make_requirement(f"law.{number}")
    ours, theirs = measure_ours(officer), measure_theirs()
    print(f"\nImport of {ROWS} mappings, seconds:")
    print(f"{'':<12}{'ours':>8}{'theirs':>9}{'ratio':>8}{'aim':>6}{'our queries':>13}{'our writes':>12}")
    for name, aim in AIMS.items():
        (mine, queries, writes), other = ours[name], theirs[name]
        print(f"{name:<12}{mine:>8.2f}{other:>9.1f}{other / mine:>8.0f}{aim:>6}{queries:>13}{writes:>12}")


def sheet(strength: dict[str, int]) -> list[list[str]]:
    """All pairs; `strength` by scenario tells which rows say something else than before."""
    rows = [["control", "requirement", "relationship", "rationale type", "rationale", "strength"]]
    for number in range(ROWS):
        control, requirement = f"C-{number % CONTROLS}", f"law.{number // CONTROLS}"
        word = strength["changed"] if number % 10 == 1 else strength["kept"]
        rows.append(
            [control, requirement, "subset", "semantic", f"Holds a part of what {requirement} asks.", str(word)]
        )
    return rows


FIRST, SECOND = {"changed": 5, "kept": 5}, {"changed": 7, "kept": 5}


def content(rows: list[list[str]]) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue().encode()


def thin_out() -> None:
    """Takes every tenth mapping away, so that a mixed file has new rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM controls_controlmapping WHERE id % 10 = 0")


def clear() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM controls_controlmapping")


def measure_ours(officer: Any) -> dict[str, tuple[float, int, int]]:
    from office import importing

    importing.AT_ONCE = ROWS + 1
    found = {}

    def door(file: bytes) -> None:
        upload = importing.bring(content=file, name="m.csv", noun="mappings", actor=officer, nudge=lambda pk: None)
        assert upload.status == "shown", upload.message
        if upload.totals["new"] + upload.totals["changed"]:
            importing.ask_apply(
                upload=upload, digest=upload.digest, leave_out_refused=False, actor=officer, nudge=lambda pk: None
            )

    def run(file: bytes) -> tuple[float, int, int]:
        with counted() as sent:
            took = seconds(lambda: door(file))
        writes = sum(
            "controls_controlmapping" in sql and sql.startswith(("INSERT", "UPDATE", "DELETE")) for sql in sent
        )
        return took, len(sent), writes

    first, second = content(sheet(FIRST)), content(sheet(SECOND))
    found["new"] = run(first)
    found["unchanged"] = run(first)
    thin_out()
    found["mixed"] = run(second)
    clear()
    return found


def measure_theirs() -> dict[str, float]:
    from django.utils import timezone
    from import_export import fields, resources, widgets
    from tablib import Dataset

    from controls.models import Control, ControlMapping
    from frameworks.models import Requirement

    class Plain(resources.ModelResource):
        control = fields.Field("control", "control", widgets.ForeignKeyWidget(Control, "ref"))
        requirement = fields.Field("requirement", "requirement", widgets.ForeignKeyWidget(Requirement, "ref"))
        rationale_type = fields.Field("rationale_type", "rationale type")

        class Meta:
            model = ControlMapping
            import_id_fields = ("control", "requirement")
            fields = ("control", "requirement", "relationship", "rationale_type", "rationale", "strength")
            skip_unchanged = True
            report_skipped = False
            skip_html_diff = True
            clean_model_instances = True

        def before_save_instance(self, instance, row, **kwargs):
            instance.proposed_at = instance.proposed_at or timezone.now()

        def init_instance(self, row=None):
            return ControlMapping(proposed_at=timezone.now())

    def run(rows: list[list[str]]) -> float:
        data = Dataset(*rows[1:], headers=rows[0])

        def imported() -> None:
            result = Plain().import_data(data, dry_run=False, raise_errors=True)
            assert not result.has_errors()

        return seconds(imported)

    first, second = sheet(FIRST), sheet(SECOND)
    found = {"new": run(first), "unchanged": run(first)}
    thin_out()
    found["mixed"] = run(second)
    return found


if __name__ == "__main__":
    main()
