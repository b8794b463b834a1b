import pytest

from office.models import ApiKey, Office, Person
from tests.api.caller import Caller, furnish


@pytest.fixture
def people(office: Office) -> dict[str, Person]:
    return furnish()


@pytest.fixture
def callers(people: dict[str, Person]) -> dict[str, Caller]:
    """A program for each role; `reader` is the officer's key that only reads, `nobody` has none."""
    found = {name: Caller(person, "read" if name == "auditor" else "write") for name, person in people.items()}
    # No auditor is given a key that writes; with one all the same, the role refuses.
    ApiKey.objects.filter(person=people["auditor"]).update(access="write")
    return found | {"reader": Caller(people["officer"], "read"), "nobody": Caller(None)}


@pytest.fixture
def officer(callers: dict[str, Caller]) -> Caller:
    return callers["officer"]
