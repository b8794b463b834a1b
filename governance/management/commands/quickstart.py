import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from controls.services.library import load_library
from frameworks.catalogue_files import shipped_digests
from frameworks.services.catalogues import is_loaded
from governance.demo_files import shipped_demo
from governance.management.commands.serve import PORT, refuse_taken
from governance.services.demo import is_empty, load_demo, settle_demo
from governance.services.gaps import recompute_gaps
from governance.serving import HOST, serve
from office.models import Person
from office.services import people, scopes
from office.services.logins import give_login
from office.today import today

LOGINS = (
    ("officer", "officer", "governs: admin and portal"),
    ("second_reviewer", "reviewer", "approves what the officer proposes"),
    ("team_member", "team", "registers use cases in the portal"),
    ("auditor", "auditor", "reads and exports, never writes"),
)


class Command(BaseCommand):
    help = (
        "Sets the office up, fills an empty one with the demo, and starts it. A second run changes nothing and starts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="Leave an empty office empty.")
        parser.add_argument("--no-serve", action="store_true", help="Set up only.")
        parser.add_argument("--port", type=int, default=PORT)

    def handle(self, *args: Any, no_demo: bool, no_serve: bool, port: int, **options: Any) -> None:
        if not no_serve:
            refuse_taken(port)
        try:
            self._set_up()
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}. Check DATABASE_URL and DATA_DIR.") from error
        logins = self._fill(no_demo) if is_empty() else []
        self._print(logins, port)
        if not no_serve:
            serve(port=port, say=self.say)

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    @contextmanager
    def _step(self, words: str) -> Iterator[None]:
        began = time.monotonic()
        self.stdout.write(f"· {words} …")
        self.stdout.flush()
        yield
        self.stdout.write(f"  done in {time.monotonic() - began:.1f} s")

    def _set_up(self) -> None:
        with self._step("Database"):
            call_command("migrate", verbosity=0, interactive=False)
        with self._step("Catalogues of the law"):
            if is_loaded(shipped_digests()):
                self.say("  unchanged")
            else:
                call_command("load_catalogues", stdout=self.stdout)
        with self._step("Control library"):
            done = load_library(actor=None)
            added = f"{done.controls} controls, {done.mappings} mappings, {done.crosswalk} crosswalk rows"
            self.say(f"  {added} added, all of them proposed" if done else "  unchanged")

    def _fill(self, no_demo: bool) -> list[tuple[str, str, str]]:
        if no_demo:
            with self._step("An empty office with its first officer"):
                return self._first_officer()
        with self._step("Demo portfolio of a fictional financial group"):
            demo = load_demo(on=today(), say=lambda words: self.say(f"  {words}"))
        with self._step("Gaps"):
            done = recompute_gaps(on=demo.on, actor=None)
            settle_demo(demo=demo, say=lambda words: self.say(f"  {words}"))
            self.say(f"  {done.opened} opened over {done.subjects} subjects")
        roles = shipped_demo()["roles"]
        return [
            (username, give_login(person=demo.people[roles[role]], username=username, actor=None), what)
            for role, username, what in LOGINS
        ]

    def _first_officer(self) -> list[tuple[str, str, str]]:
        office = scopes.found_office(name="AI governance office", actor=None)
        person = people.add_person(ref="P-001", name="First officer", actor=None)
        people.grant(person=person, role="officer", scope=office.scope, actor=None)
        return [("officer", give_login(person=person, username="officer", actor=None), "rename this person first")]

    def _print(self, logins: list[tuple[str, str, str]], port: int) -> None:
        if logins:
            self.say("\nLogins, shown this once (change with `manage.py changepassword NAME`):")
            for username, password, what in logins:
                self.say(f"  {username:<10} {password:<18} {what}")
        else:
            count = Person.objects.exclude(user__isnull=True).count()
            self.say(f"\nThe office is filled already; {count} login(s) stand as they were.")
        self.say(f"\nPortal  http://{HOST}:{port}/\nOffice  http://{HOST}:{port}/admin/\n")
