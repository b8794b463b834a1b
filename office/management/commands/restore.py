from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from office.services.backup import restore_backup

SHOWN = 50


class Command(BaseCommand):
    help = "Fills an empty database from a backup, of SQLite or PostgreSQL alike, and checks the journal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="A file that `manage.py backup` wrote.")
        parser.add_argument(
            "--lose-after",
            type=int,
            metavar="EVENT",
            help="The backup's last event: what was written after it is lost.",
        )

    def handle(self, *args: Any, file: str, lose_after: int | None = None, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        try:
            done = restore_backup(source=Path(file), say=self.stdout.write, lose_after=lose_after)
        except ValidationError as error:
            for sentence in error.messages[1:SHOWN]:
                self.stderr.write(f"- {sentence}")
            raise CommandError(error.messages[0]) from error
        for name in done.missing:
            self.stderr.write(f"The backup is without the file {name}: it was not there when it was made.")
        self.stdout.write(f"Restored: {done.rows} rows, {done.files} files. The journal holds, head {done.head}.")
