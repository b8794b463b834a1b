"""The auditor's workbook of 20,000 rows beside bare XlsxWriter writing the same cells in the same run."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from itertools import product
from pathlib import Path

from tests.bench.ground import TODAY as ON
from tests.bench.ground import counted, median, seconds, set_up

ROWS = 20_000
SIDES = ("cn-mainland", "eu-ai-act")
MOST_TIMES, MOST_MEGABYTES, LEAST_ROWS, MOST_QUERIES = 1.5, 100, 2_000, 30


def main() -> None:
    set_up()
    crosswalk()
    workbook()


def crosswalk() -> None:
    """The shipped crosswalk from the EU to NIST."""
    from django.core.management import call_command

    from controls.services.library import load_library
    from governance.workbook.files import ask
    from governance.workbook.sheets import result_of
    from office.history import Present
    from office.services import scopes

    call_command("load_catalogues", verbosity=0)
    load_library(actor=None)
    scopes.found_office(name="Bench", actor=None)
    with counted() as sent:
        asked = ask(["eu-ai-act", "nist-ai-rmf"], ON, ON)
        found = result_of(asked.focal, asked.reference, Present())
    took = median(lambda: result_of(asked.focal, asked.reference, Present()), 5)
    direct = sum(not row.is_derived for row in found.rows)
    typed = sum(row.relationship != "indeterminate" for row in found.rows)
    print(f"\nCrosswalk EU AI Act to NIST AI RMF: {len(found.rows):,} rows, {direct} direct, {typed:,} typed")
    print(f"  read, composed, sorted {took * 1000:.0f} ms; with both sides {len(sent)} queries")


def workbook() -> None:
    from governance.workbook.files import ask, write
    from governance.workbook.sheets import crosswalk_sheets

    propose()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    asked = ask(SIDES, ON, ON)
    sheets = crosswalk_sheets(focal=asked.focal, reference=asked.reference, on=ON, known_on=ON)
    cells = [(sheet.name, [list(row) for row in sheet.rows]) for sheet in sorted(sheets, key=lambda one: one.last)]
    total = sum(len(rows) for _, rows in cells)
    assert len(cells[0][1]) == ROWS
    bare, ours = [], []
    for _ in range(3):  # turn about, so that both meet the same machine
        bare.append(seconds(lambda: plain(folder / "bare.xlsx", cells)))
        with counted() as sent:
            ours.append(seconds(lambda: write(asked, "xlsx", folder / "ours.xlsx")))
    tell(statistics.median(ours), statistics.median(bare), total, len(sent), grown(folder))


def tell(ours: float, bare: float, total: int, queries: int, megabytes: float) -> None:
    print(f"\nWorkbook of {ROWS:,} crosswalk rows, {total:,} rows in all sheets:")
    print(f"  read, composed, hashed, written {ours:.2f} s; bare XlsxWriter with the same cells at hand {bare:.2f} s")
    print(
        f"  {ours / bare:.2f} times the bare writer (at most {MOST_TIMES}); {total / ours:,.0f} rows/s "
        f"(bare {total / bare:,.0f}); "
        f"{queries} queries (under {MOST_QUERIES}); {megabytes:.0f} MB above idle (under {MOST_MEGABYTES})"
    )
    assert queries < MOST_QUERIES
    assert megabytes < MOST_MEGABYTES
    assert ours / bare <= MOST_TIMES
    assert total / ours >= min(LEAST_ROWS, total / bare)


def grown(folder: Path) -> float:
    """How far a process of its own grows above its idle memory while it writes the workbook."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.workbook", str(folder / "child.xlsx")],
        check=True, capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    idle, most = map(float, told.stdout.split())
    return most - idle


def child(target: str) -> None:
    import django

    django.setup()
    from governance.workbook.files import ask, write

    asked = ask(SIDES, ON, ON)
    idle = memory("VmRSS")
    write(asked, "xlsx", Path(target))
    print(idle, memory("VmHWM"))


def memory(name: str) -> float:
    """Megabytes, as the kernel counts them for this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE).group(1)) / 1024  # type: ignore[union-attr]


def propose() -> None:
    """Direct rows between pairs of two families until there are as many as asked for."""
    from django.utils import timezone

    from controls.models import ControlMapping, RequirementMapping
    from controls.services.mappings import propose_many
    from frameworks.models import Requirement
    from governance.workbook.files import ask
    from office.services.recording import recording

    ControlMapping.objects.all().delete()  # derived rows would come on top
    asked = ask(SIDES, ON, ON)
    focal, reference = (
        list(Requirement.objects.filter(ref__in=[row.id for row in side.rows]))
        for side in (asked.focal, asked.reference)
    )
    known = RequirementMapping.objects.filter(focal__in=focal, reference__in=reference)
    taken = set(known.values_list("focal_id", "reference_id"))
    pairs = [(one, two) for one, two in product(focal, reference) if (one.pk, two.pk) not in taken]
    rows = [
        RequirementMapping(
            focal=one, reference=two, relationship="intersects", rationale_type="semantic", strength=at % 11,
            rationale=f"Row {at}: both ask for a record that is kept; who reads it and for how long stays outside.",
            status="proposed", proposed_at=timezone.now(),
        )
        for at, (one, two) in enumerate(pairs[: ROWS - len(taken)])
    ]  # fmt: skip
    with recording(actor=None, reason="Bench") as pen:
        propose_many(new=rows, changed=[], names=[], actor=None, pen=pen)


def plain(target: Path, sheets) -> None:
    """The same cells by the writer alone, in constant memory, with the same formats."""
    import xlsxwriter

    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        text = book.add_format({"text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"})
        for name, rows in sheets:
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell is None or cell == "":
                        continue
                    if isinstance(cell, date):
                        page.write_datetime(at, column, cell, day)
                    elif isinstance(cell, int | float):
                        page.write_number(at, column, cell, text)
                    else:
                        page.write_string(at, column, cell, text)


if __name__ == "__main__":
    child(sys.argv[1]) if len(sys.argv) > 1 else main()
