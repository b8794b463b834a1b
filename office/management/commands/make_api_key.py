from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from office.models import ApiKey, Person
from office.services.api_keys import make_key
from office.today import today


class Command(BaseCommand):
    help = "Makes an API key for a person and prints it, this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", help="Reference of the person, e.g. P-001.")
        parser.add_argument("--name", required=True, help="What will use it.")
        parser.add_argument("--access", choices=ApiKey.Access.values, default=ApiKey.Access.READ)
        parser.add_argument("--days", type=int, default=90, help="How long it opens anything; a year at most.")

    def handle(self, *args: Any, person: str, name: str, access: str, days: int, **options: Any) -> None:
        found = Person.objects.filter(ref=person).first()
        if found is None:
            raise CommandError(f"There is no person “{person}”. References are listed under People.")
        day = today()
        try:
            _, text = make_key(
                person=found,
                name=name,
                access=access,
                created_on=day,
                expires_on=day + timedelta(days=days),
                actor=None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(text)
