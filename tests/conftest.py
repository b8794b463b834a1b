"""What every test may use: a journal head of its own, and makers of nouns that show only what matters."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.core.management.commands import flush

from office.models import Office, Person
from office.services import people, scopes, triggers

TODAY = date(2026, 11, 25)

# The same examples on every machine: a run that fails can be repeated. HYPOTHESIS_PROFILE=search looks for new ones.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path: Path) -> None:
    """Each test keeps the head of its journal, its evidence and its queue in a folder of its own."""
    settings.JOURNAL_HEAD_FILE = tmp_path / "journal.head"
    settings.MEDIA_ROOT = tmp_path / "evidence"


@pytest.fixture(autouse=True, scope="session")
def _flush_lifts_triggers() -> Iterator[None]:
    """The flush after a transactional test is the one thing that may empty the journal."""
    original = flush.Command.handle

    def handle(self: flush.Command, **options: Any) -> None:
        triggers.lift()
        original(self, **options)
        triggers.install()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", handle)
        yield


@pytest.fixture
def office(db) -> Office:
    return scopes.found_office(name="Test office", actor=None)


@pytest.fixture
def ada(db) -> Person:
    return people.add_person(ref="P-ada", name="Ada Tester", email="ada@example.com", actor=None)


@pytest.fixture
def ben(db) -> Person:
    return people.add_person(ref="P-ben", name="Ben Tester", email="ben@example.com", actor=None)


@pytest.fixture
def officer(office: Office) -> Person:
    person = people.add_person(ref="P-off", name="Olga Officer", actor=None)
    people.grant(person=person, role="officer", scope=office.scope, actor=None)
    return person
