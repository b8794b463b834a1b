from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from office.models import Person
from office.services import logins


class Command(BaseCommand):
    help = "Gives a person a login and prints its password, this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", help="Reference of the person, e.g. P-001.")
        parser.add_argument("--name", required=True, help="What the person types to sign in.")

    def handle(self, *args: Any, person: str, name: str, **options: Any) -> None:
        found = Person.objects.filter(ref=person).first()
        if found is None:
            raise CommandError(f"There is no person “{person}”. References are listed under People.")
        try:
            password = logins.give_login(person=found, username=name, actor=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(password)
