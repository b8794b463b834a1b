from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from governance.workbook.files import KINDS, ask, write
from office.management.arguments import day
from office.today import today


class Command(BaseCommand):
    help = "Writes the crosswalk between two frameworks as a workbook that can be checked without us."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--focal", required=True, help="Key of a family or an instrument.")
        parser.add_argument("--reference", required=True, help="Key of a family or an instrument.")
        parser.add_argument("--on", help="The day on which dates are placed; today by default.")
        parser.add_argument("--known-on", help="The day whose knowledge of the law counts; by default the day of --on.")
        parser.add_argument("--format", choices=list(KINDS), default="xlsx")
        parser.add_argument("--out", required=True, help="The file to write.")

    def handle(self, *args: Any, focal: str, reference: str, out: str, **options: Any) -> None:
        on = day(options["on"]) if options["on"] else today()
        known_on = day(options["known_on"]) if options["known_on"] else on
        try:
            write(ask([focal, reference], on, known_on), options["format"], Path(out))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}. Choose another place.") from error
        self.stdout.write(f"Written: {out}")
