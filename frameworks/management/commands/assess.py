import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from frameworks.domain.applicability import Assessment, Duty, assess, to_json
from frameworks.domain.facts import FactsError
from frameworks.inputs import rows_for_assess
from frameworks.vocabulary_files import shipped_vocabulary
from office.management.arguments import day
from office.today import today

SHOWN = ("applies", "may_apply")


class Command(BaseCommand):
    help = "Facts in, duties out: reads a JSON object or JSON lines and writes one answer a line. Saves nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="A file, or - for standard input.")
        parser.add_argument("--on", help="The day to assess; else each object's own, else today.")
        parser.add_argument(
            "--known-on", help="The day whose knowledge of the law counts; by default the day assessed."
        )
        parser.add_argument("--format", choices=["json", "table"], default="json")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        told: set[str] = set()
        for place, case in read_cases(file):
            on = day(options["on"] or case.get("on") or today().isoformat())
            known_on = day(options["known_on"] or on.isoformat())
            rows, note = rows_for_assess(known_on)
            if note and note not in told:
                told.add(note)
                self.stderr.write(note)
            try:
                result = assess(
                    vocabulary=shipped_vocabulary(),
                    rows=rows,
                    facts=case.get("facts", {}),
                    flows=case.get("flows", []),
                    on=on,
                )
            except FactsError as error:
                raise CommandError(f"{place}: " + f"\n{place}: ".join(error.problems)) from error
            ident = str(case.get("id", place))
            if options["format"] == "json":
                self.stdout.write(json.dumps(to_json(result, ident, on, known_on), ensure_ascii=False))
            else:
                self.stdout.write("\n".join(table(result, ident, on, known_on)))


def read_cases(file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each object with the place it stands at. One object over many lines, or one a line."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            f"{file} cannot be read: {error}. Give a UTF-8 file with JSON, or - for standard input."
        ) from error
    try:
        yield from _checked("the object", json.loads(text))
        return
    except json.JSONDecodeError as error:
        if "\n" not in text.strip():
            raise CommandError(f"{file} is not JSON: {error}.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield from _checked(f"line {number}", json.loads(line))
            except json.JSONDecodeError as error:
                raise CommandError(f"{file}, line {number} is not JSON: {error}.") from error


def _checked(place: str, case: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(case, Mapping) or not isinstance(case.get("facts", {}), Mapping):
        raise CommandError(f'{place} is not an object like {{"id": "...", "on": "2026-11-22", "facts": {{...}}}}.')
    if not isinstance(case.get("flows", []), list):
        raise CommandError(f"{place}: `flows` is not a list.")
    yield place, case


def day_of(duty: Duty) -> str:
    return duty.applies_from.isoformat() if duty.applies_from else "-"


def table(result: Assessment, ident: str, on: date, known_on: date) -> Iterator[str]:
    yield f"{ident}: duties on {on}, law as known on {known_on}"
    for duty in result.duties:
        if duty.status in SHOWN:
            missing = f"  needs {', '.join(duty.missing_facts)}" if duty.missing_facts else ""
            yield f"  {duty.status:<10} {day_of(duty):<11} {duty.timing:<12} {duty.id} {duty.citation}{missing}"
    yield f"  transfers: {result.transfer.outcome}; launch in the mainland: {result.launch.outcome}"
