"""ETag and If-Match: nobody overwrites what they have not seen."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from rest_framework.request import Request

from office.rest.problems import MatchRequired, Stale


def etag_of(shown: Any) -> str:
    """A strong tag over what is shown of a row."""
    text = json.dumps(shown, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def require_match(request: Request, shown: Any) -> None:
    """MatchRequired without If-Match, Stale where none of its tags is that of the row as it stands under lock."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise MatchRequired
    tags = [tag.strip() for tag in header.split(",")]
    if header != "*" and etag_of(shown) not in tags:
        raise Stale


def is_known(request: Request, tag: str) -> bool:
    """Whether the caller has this very state already (If-None-Match)."""
    tags = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    return tag in tags
