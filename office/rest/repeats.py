"""Requests that may come twice: the same Idempotency-Key and content does it once and answers the same."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from office.rest.access import caller_of
from office.rest.problems import Unprocessable
from office.services import replays

KEY = re.compile(r"[A-Za-z0-9_-]{0,200}")


def once(request: Request, do: Callable[[], Response]) -> Response:
    """What creates something: with an Idempotency-Key the same request twice does it once and answers the same."""
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        raise exceptions.ValidationError(
            {"Idempotency-Key": "At most 200 letters, digits, hyphens and underscores; a UUID serves well."}
        )
    with transaction.atomic():
        if not key:
            return do()
        try:
            first = replays.reserve(
                person=caller_of(request), key=key, request_digest=_digest(request), now=timezone.now()
            )
        except replays.KeyReused as reused:
            raise Unprocessable("This idempotency key came before with another content. Take a new key.") from reused
        if isinstance(first, replays.Answered):
            headers = {**first.headers, "Idempotency-Replayed": "true"}
            return Response(first.body, status=first.status, headers=headers)
        response = do()
        headers = {name: response[name] for name in ("ETag", "Location") if response.has_header(name)}
        replays.keep(row=first, status=response.status_code, body=_plain(response.data), headers=headers)
        return response


def _digest(request: Request) -> str:
    """SHA-256 over method, path and content; of a file its bytes count, not how the form was cut into parts."""
    parts: dict[str, Any] = {}
    data: Any = request.data
    for name in data:
        value: Any = data.get(name) if isinstance(data, Mapping) else None
        if hasattr(value, "chunks"):
            digest = hashlib.sha256(b"".join(value.chunks())).hexdigest()
            value.seek(0)
            value = [value.name, digest]
        parts[name] = value
    text = json.dumps([request.method, request.path, parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(body: Any) -> Any:
    """The body as a client gets it."""
    return json.loads(JSONRenderer().render(body)) if body is not None else None
