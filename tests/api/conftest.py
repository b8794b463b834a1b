import pytest

from office.models import Office, Person
from tests.api.caller import Caller, furnish


@pytest.fixture
def people(office: Office) -> dict[str, Person]:
    return furnish()


@pytest.fixture
def callers(people: dict[str, Person]) -> dict[str, Caller]:
    """A program for each role; `reader` is the officer's key that only reads, `nobody` has none."""
    found = {name: Caller(person, "read" if name == "auditor" else "write") for name, person in people.items()}
    return found | {"reader": Caller(people["officer"], "read"), "nobody": Caller(None)}


@pytest.fixture
def officer(callers: dict[str, Caller]) -> Caller:
    return callers["officer"]
