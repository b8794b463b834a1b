"""The whole description of the API, tried out: nothing fails, every answer is as described, bad input is refused.

`CASES_PER_OPERATION=100` looks further (make fuzz); requests come from the description, with names that exist put among
the made-up ones, so that they get past the first check.
"""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from office.models import Person, Scope
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db
CASES = int(os.environ.get("CASES_PER_OPERATION", "6"))
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
TOLD = ["officer", "team", "auditor"]
LEAST = 2000


class Undo(Exception):
    """Takes back what a case wrote, so that each starts from the same office."""


def known_names() -> dict[str, list[str]]:
    """Fields and path parameters that name something, with names that exist and one that does not."""
    people = [*Person.objects.values_list("ref", flat=True)[:4], "P-none"]
    scopes = [*Scope.objects.values_list("key", flat=True), "nowhere"]
    return {
        "person": people, "giver": people, "taker": people, "accountable": people, "tester": people,
        "scope": scopes, "entity": ["hk-bank", "eu-bank"], "exporter": ["hk-bank", "none"], "holder": ["hk-bank"],
        "requirement": ["law.1", "law.2", "law.9"], "focal": ["law.1", "law.2"], "reference": ["other.1", "law.1"],
        "control": ["C-1", "C-2"], "family": ["law", "other"], "use_case": ["UC-MINE", "UC-THEIRS"],
        "deployment": ["uc-mine-hk-bank", "uc-theirs-eu-bank"], "supplier": ["acme"], "models": ["m-1"],
    }  # fmt: skip


PATHS = {
    "persons": ["P-off", "P-team"], "entities": ["hk-bank", "eu-bank"], "scopes": ["office", "hk-bank"],
    "families": ["law"], "instruments": ["I-law"], "requirements": ["law.1"], "controls": ["C-1"],
    "sheets": ["persons", "mappings"], "suppliers": ["acme"], "models": ["m-1"], "use-cases": ["UC-MINE", "UC-THEIRS"],
    "deployments": ["uc-mine-hk-bank", "uc-theirs-eu-bank"],
}  # fmt: skip


def describe() -> dict[str, Any]:
    """The description with names that exist in the places of names."""
    raw = SchemaGenerator().get_schema(request=None, public=True)
    names = known_names()
    for component, schema in raw["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items() if component.endswith("Request") else ():
            if name in names and field.get("type") == "string":
                field["enum"] = names[name]
            elif name in names and field.get("type") == "array":
                field["items"]["enum"] = names[name]
    return raw


def numbers_of(noun: str) -> list[str]:
    from governance.api_urls import router

    view = {name: viewset for name, viewset, _ in router.registry}[noun]
    return [str(pk) for pk in view.model._default_manager.values_list("pk", flat=True)[:3]]


@pytest.fixture
def schema(callers: dict[str, Caller], settings) -> Iterator[Any]:
    """Calls go to the application in this process and inside the test's transaction: no request closes the connection."""
    settings.API_RATES = {"read": None, "write": None}
    found = schemathesis.openapi.from_dict(describe())
    found.app = get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield found
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def existing(path: str) -> list[str]:
    noun = path.split("/")[3]
    return PATHS.get(noun) or numbers_of(noun)


def spoiled(case: Any) -> list[str]:
    """Which of body and query the generator broke on purpose. Path and headers are put right by the test."""
    broken = schemathesis.GenerationMode.NEGATIVE
    parts = {str(place.value): part.mode for place, part in case.meta.components.items()}
    vanishes = any(value in ([], {}) for value in (case.query or {}).values())  # an empty list is not sent at all
    return [name for name in ("body", "query") if parts.get(name) is broken and not (name == "query" and vanishes)]


def try_out(operation: Any, caller: Caller, counts: Counter) -> None:
    ways = [operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]

    @hypothesis.settings(
        max_examples=CASES, deadline=None, derandomize=True, database=None, print_blob=False,
        phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=st.one_of(ways), pick=st.integers(0, 7), matched=st.booleans())
    def one(case: Any, pick: int, matched: bool) -> None:
        if case.path_parameters and pick < 6:
            known = existing(operation.path)
            case.path_parameters = dict.fromkeys(case.path_parameters, known[pick % len(known)])
        if key := (case.headers or {}).get("Idempotency-Key"):
            case.headers["Idempotency-Key"] = key.strip()  # a pattern's $ lets a line's end through; HTTP does not
        headers = {"Authorization": f"Bearer {caller.text}"}
        if "If-Match" in (case.headers or {}) and matched:
            headers["If-Match"] = "*"
        try:
            with transaction.atomic():
                response = case.call(headers=headers)
                counts[response.status_code] += 1
                case.validate_response(response, checks=CHECKS, headers=headers)
                if response.status_code < 400:
                    assert not spoiled(case), f"{case.method} {case.path}: accepted though {spoiled(case)} was spoiled"
                raise Undo
        except Undo:
            pass

    one()


@pytest.mark.parametrize("role", TOLD)
def test_every_operation_answers_as_described_whatever_it_is_sent(role: str, schema, callers, request):
    counts: Counter = Counter()
    failed = []
    for found in schema.get_all_operations():
        operation = found.ok()
        try:
            try_out(operation, callers[role], counts)
        except BaseExceptionGroup as group:
            failed.append(f"{operation.label}: {group.exceptions[0]}")
        except AssertionError as error:
            failed.append(f"{operation.label}: {error}")
    assert not failed, "\n\n".join(failed)
    assert 500 not in counts
    assert counts.total() >= LEAST / len(TOLD), counts
    assert counts[200] > 100, f"too few get through: {counts}"
