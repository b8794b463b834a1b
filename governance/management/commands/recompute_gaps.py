from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.services.gaps import recompute_gaps
from office.management.arguments import day
from office.models import Scope
from office.today import today


class Command(BaseCommand):
    help = "Opens, reopens, closes and re-dates gaps for the whole office or for one scope. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scope", help="Key of a scope; what is below it is included.")
        parser.add_argument("--on", help="The day to compute for; today by default.")

    def handle(self, *args: Any, scope: str | None, on: str | None, **options: Any) -> None:
        chosen = Scope.objects.filter(key=scope).first() if scope else None
        if scope and chosen is None:
            known = ", ".join(Scope.objects.values_list("key", flat=True)[:20])
            raise CommandError(f"There is no scope “{scope}”. Known: {known or 'none yet; run quickstart first'}.")
        done = recompute_gaps(on=day(on) if on else today(), actor=None, scope=chosen, progress=self._tell)
        self.stdout.write(
            f"{done.subjects} subjects: {done.opened} gaps opened, {done.reopened} reopened, {done.closed} closed; "
            f"{done.standing} stand."
        )

    def _tell(self, number: int, total: int, message: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{number}/{total} {message[:60]:<60}", ending="\n" if number == total else "")
