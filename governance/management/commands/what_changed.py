import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from frameworks.models import Release
from governance.inputs.changes import days_of_release, law_report
from governance.pages.law import as_plain
from office.today import today


class Command(BaseCommand):
    help = "What changed in the law between two days of knowledge or with a release, and what that does in this office."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", type=_day, help="The law as known on this day …")
        parser.add_argument("--after", type=_day, help="… beside that known on this one.")
        parser.add_argument(
            "--release", metavar="FAMILY:DAY", help="Instead of two days, such as eu-ai-act:2026-07-24."
        )
        parser.add_argument("--on", type=_day, help="The day on which dates are placed; today by default.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, before: date | None, after: date | None, release: str | None, **options: Any) -> None:
        family = release.partition(":")[0] if release else ""
        if release:
            before, after = _of_release(release)
        if before is None or after is None:
            raise CommandError("Give --before and --after, or --release FAMILY:DAY.")
        if before >= after:
            raise CommandError(f"{after} does not come after {before}; what changed is read from the earlier day.")
        report = law_report(
            known_before=before, known_after=after, on=options["on"] or today(), reader=None, family=family
        )
        plain = as_plain(report)
        if options["format"] == "json":
            self.stdout.write(json.dumps(plain, ensure_ascii=False, indent=1))
            return
        self._tell(plain)

    def _tell(self, plain: dict[str, Any]) -> None:
        counts = ", ".join(f"{count} {kind}" for kind, count in plain["totals"].items()) or "nothing changed"
        self.stdout.write(f"Known on {plain['known_before']} and on {plain['known_after']}: {counts}.")
        for change in plain["changes"]:
            self.stdout.write(f"{change['requirement']}  {change['citation']}  {', '.join(change['kinds'])}")
            for field in change["fields"]:
                self.stdout.write(f"    {field['name']}: {field['before']} → {field['after']}")
        self.stdout.write(f"In this office, placed on {plain['on']}:")
        for group in plain["duties"]:
            self.stdout.write(f"{group['subject']}: {group['sentence']}")
        self.stdout.write(
            f"{len(plain['mappings'])} mapping(s) whose text changed, {len(plain['gaps'])} gap(s) with another last day."
        )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _of_release(named: str) -> tuple[date, date]:
    family, _, day = named.partition(":")
    found = Release.objects.filter(family__key=family)
    release = next((row for row in found if row.known_from.isoformat() == day), None)
    if release is None:
        known = ", ".join(f"{row.family.key}:{row.known_from}" for row in Release.objects.select_related("family"))
        raise CommandError(f"There is no release {named}. Releases: {known or 'none is loaded'}.")
    return days_of_release(release)
