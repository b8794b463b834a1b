from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from office.services.verify import examine

SHOWN = 50


class Command(BaseCommand):
    help = "Recomputes the journal's chain and compares it with every row and with the head kept outside the database."

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine()
        if found.problems:
            self._tell(self.stderr, found.problems)
            raise CommandError(f"The journal does not hold: {len(found.problems)} problem(s).")
        self._tell(self.stdout, found.remarks)
        head = found.head
        self.stdout.write(f"The journal holds: {head.seq} events, head {head.hash if head.seq else 'none'}.")

    def _tell(self, stream: OutputWrapper, sentences: Sequence[str]) -> None:
        for sentence in sentences[:SHOWN]:
            stream.write(f"- {sentence}")
        if len(sentences) > SHOWN:
            stream.write(f"- … and {len(sentences) - SHOWN} more.")
