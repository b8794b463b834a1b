from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.serving import HOST, PARTS, WEB, is_port_free, serve
from office.services.triggers import missing_triggers

PORT = 8000


def refuse_taken(port: int, host: str = HOST) -> None:
    """Before anything else is done: nothing is worse than five minutes of set-up and then a taken port."""
    if not 1 <= port <= 65535:
        raise CommandError(f"{port} is not a port. Choose one between 1024 and 65535 with --port.")
    if not is_port_free(port, host):
        raise CommandError(f"Port {port} is taken on {host}. Stop what listens there, or choose another with --port N.")


class Command(BaseCommand):
    help = "Web, worker and schedule, or some of them; no set-up. On loopback unless --host says otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=PORT)
        parser.add_argument("--host", default=HOST, help="The address to listen on; loopback by default.")
        parser.add_argument(
            "--parts", nargs="+", choices=PARTS, default=PARTS, help="What this process serves; all by default."
        )

    def handle(self, *args: Any, port: int, host: str, parts: list[str], **options: Any) -> None:
        if WEB in parts:
            refuse_taken(port, host)
        missing = missing_triggers()
        if missing:
            raise CommandError(" ".join(missing))
        if WEB in parts:
            self.stdout.write(f"Portal  http://{host}:{port}/\nOffice  http://{host}:{port}/admin/")
        serve(port=port, host=host, parts=parts, say=self.say)

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
