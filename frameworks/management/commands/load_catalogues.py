from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from frameworks.catalogue_files import read_folder, shipped_digests
from frameworks.domain.catalogue import CatalogueError
from frameworks.domain.verification import counts_by_mark
from frameworks.services.catalogues import is_loaded, load_family


class Command(BaseCommand):
    help = "Loads the catalogues that are shipped; with --check only reads them and says what is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Read and check the files, load nothing.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check and is_loaded(shipped_digests()):
            self.stdout.write("Catalogues: unchanged.")
            return
        try:
            families = read_folder()
        except CatalogueError as error:
            for sentence in error.problems:
                self.stderr.write(f"- {sentence}")
            raise CommandError(f"Nothing is loaded: {len(error.problems)} problem(s).") from error
        for family in families.values():
            standing = sum(row.known_until is None for row in family.versions)
            if check:
                self.stdout.write(f"{family.title}: {standing} rows, {len(family.releases)} release(s), no problem.")
                marks = counts_by_mark(row for row in family.versions if row.known_until is None)
                told = ", ".join(f"{mark} {count}" for (_, mark), count in sorted(marks.items()))
                self.stdout.write(f"  Verification marks: {told}.")
                continue
            try:
                done = load_family(shipped=family, actor=None)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            told = "unchanged" if done.unchanged else f"{done.requirements} new rows, {done.versions} new versions"
            self.stdout.write(f"{family.title}: {standing} rows, {told}.")
