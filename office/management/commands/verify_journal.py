from typing import Any

from django.core.management.base import BaseCommand, CommandError

from office.models import JournalHead
from office.services.verify import verify

SHOWN = 50


class Command(BaseCommand):
    help = "Recomputes the journal's chain and compares it with every row and with the head kept outside the database."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = verify()
        if problems:
            for sentence in problems[:SHOWN]:
                self.stderr.write(f"- {sentence}")
            if len(problems) > SHOWN:
                self.stderr.write(f"- … and {len(problems) - SHOWN} more.")
            raise CommandError(f"The journal does not hold: {len(problems)} problem(s).")
        head = JournalHead.objects.filter(pk=1).first()
        self.stdout.write(f"The journal holds: {head.seq if head else 0} events, head {head.hash if head else 'none'}.")
