from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from office.services.backup import write_backup


class Command(BaseCommand):
    help = "Writes the whole office into one file: rows, journal, logins and evidence files. Keep it as safe as the office."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="The file to write, e.g. office-2026-11-26.zip.")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            done = write_backup(target=Path(file))
        except DatabaseError as error:
            raise CommandError(f"The database cannot be read: {error}. Is it of this version? Run migrate.") from error
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}. Choose another place.") from error
        for name in done.missing:
            self.stderr.write(f"A row refers to the file {name}, which is not there; the backup is without it.")
        self.stdout.write(f"Written: {file} ({done.rows} rows, {done.files} files, journal head {done.head}).")
