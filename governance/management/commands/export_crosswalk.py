from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from governance.crosswalk_sheets import crosswalk_sheet, crosswalk_sheets, find_framework
from office.management.arguments import day
from office.spreadsheet import write_csv, write_xlsx
from office.today import today


class Command(BaseCommand):
    help = "Writes the crosswalk between two frameworks as a workbook that can be checked without us."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--focal", required=True, help="Key of a family or an instrument.")
        parser.add_argument("--reference", required=True, help="Key of a family or an instrument.")
        parser.add_argument("--on", help="The day on which dates are placed; today by default.")
        parser.add_argument("--known-on", help="The day whose knowledge of the law counts; by default the day of --on.")
        parser.add_argument("--format", choices=["xlsx", "csv"], default="xlsx")
        parser.add_argument("--out", required=True, help="The file to write.")

    def handle(self, *args: Any, focal: str, reference: str, out: str, **options: Any) -> None:
        on = day(options["on"]) if options["on"] else today()
        known_on = day(options["known_on"]) if options["known_on"] else on
        try:
            sides = find_framework(focal, known_on), find_framework(reference, known_on)
            if options["format"] == "csv":
                write_csv(Path(out), crosswalk_sheet(*sides))
            else:
                sheets = crosswalk_sheets(focal=sides[0], reference=sides[1], on=on, known_on=known_on)
                title = f"Crosswalk {sides[0].key} to {sides[1].key}"
                write_xlsx(Path(out), sheets, title=title)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}. Choose another place.") from error
        self.stdout.write(f"Written: {out}")
