from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.serving import HOST, is_port_free, serve
from office.services.triggers import missing_triggers

PORT = 8000


def refuse_taken(port: int) -> None:
    """Before anything else is done: nothing is worse than five minutes of set-up and then a taken port."""
    if not 1 <= port <= 65535:
        raise CommandError(f"{port} is not a port. Choose one between 1024 and 65535 with --port.")
    if not is_port_free(port):
        raise CommandError(f"Port {port} is taken on {HOST}. Stop what listens there, or choose another with --port N.")


class Command(BaseCommand):
    help = "Web, worker and schedule on one machine, on loopback only; no set-up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=PORT)

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        refuse_taken(port)
        missing = missing_triggers()
        if missing:
            raise CommandError(" ".join(missing))
        self.stdout.write(f"Portal  http://{HOST}:{port}/\nOffice  http://{HOST}:{port}/admin/")
        serve(port=port, say=self.say)

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
