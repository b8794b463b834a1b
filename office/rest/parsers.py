"""What may come in: strict JSON of a bounded size and depth, and multipart forms of a bounded size."""

import json
import re
import sys
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import exceptions, parsers

from office.domain.numbers import settled
from office.rest.problems import TooLarge

SURROGATE = re.compile("[\ud800-\udfff]")
NUMBER_LIMIT = 2**63 - 1
FREE_LIMIT = int(sys.float_info.max)
"""Fields of the body go into columns; what stands in an object of the body (answers, settings, records) is kept as JSON."""
DEPTH_LIMIT = 50


class StrictJSONParser(parsers.BaseParser):
    """JSON in UTF-8. Refuses what the database could not keep: NUL, lone surrogates, numbers without end, double keys."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, context: Any = None) -> Any:
        text = _bounded(stream, settings.API_BODY_LIMIT)
        try:
            found = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_once)
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(f"The body is not UTF-8 (byte {error.start}).") from error
        except (ValueError, RecursionError) as error:
            told = "too deep" if isinstance(error, RecursionError) else str(error)
            raise exceptions.ParseError(f"The body is not JSON as it is read here: {told}.") from error
        if not isinstance(found, dict):
            raise exceptions.ParseError("Send one JSON object.")
        _refuse_unkeepable(found)
        return {name: _settled_within(value) for name, value in found.items()}


class BoundedMultiPartParser(parsers.MultiPartParser):
    """Forms with files."""

    def parse(self, stream: Any, media_type: str | None = None, context: Any = None) -> Any:
        length = int(context["request"].META.get("CONTENT_LENGTH") or 0)
        if length > settings.API_UPLOAD_LIMIT:
            raise _too_large(settings.API_UPLOAD_LIMIT)
        found = super().parse(stream, media_type, context)
        _refuse_unkeepable({name: found.data.getlist(name) for name in found.data})
        _refuse_unkeepable({name: [file.name for file in found.files.getlist(name)] for name in found.files})
        return found


def _bounded(stream: IO[bytes], limit: int) -> bytes:
    text = stream.read(limit + 1)
    if len(text) > limit:
        raise _too_large(limit)
    return text


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request is larger than {limit // 1024} kB. Send it in parts, or link to the file.")


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{twice[:60]}” stands there twice")
    return found


def _settled_within(value: Any) -> Any:
    """Objects as they are kept. Elsewhere 5.0 stays what it is, so that a field may still refuse it."""
    if isinstance(value, list):
        return [_settled_within(inner) for inner in value]
    return settled(value) if isinstance(value, Mapping) else value


def _refuse_unkeepable(value: Any, depth: int = 0, limit: int = NUMBER_LIMIT) -> None:
    if depth > DEPTH_LIMIT:
        raise exceptions.ParseError(f"The body is nested deeper than {DEPTH_LIMIT} levels.")
    if isinstance(value, str):
        if "\0" in value or SURROGATE.search(value):
            raise exceptions.ParseError("Text may not contain NUL or half a character (a lone surrogate).")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _refuse_unkeepable(name, depth + 1)
            _refuse_unkeepable(inner, depth + 1, FREE_LIMIT if depth else NUMBER_LIMIT)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unkeepable(inner, depth + 1, limit)
    elif isinstance(value, int) and abs(value) > limit:
        raise exceptions.ParseError(f"{str(value)[:20]}… is too large a number.")
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise exceptions.ParseError("A number is too large.")
