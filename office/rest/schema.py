"""The OpenAPI description, from the doors themselves: what they take, what they give, and how they refuse."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from office.rest.problems import PROBLEM, ProblemSerializer

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag that you got when you read the row."
)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", {"type": "string", "maxLength": 200, "pattern": "^[A-Za-z0-9_-]*$"}, OpenApiParameter.HEADER,
    description="The same key with the same content does it once; a week long the first answer is given again.",
)  # fmt: skip
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200, 201], description="The state of the row; for If-Match."
)
ALWAYS = (401, 403, 429)
WHERE_BODY = (400, 413, 415)


class NounSchema(AutoSchema):
    """Reads `bodies` and `answers` of our views."""

    view: Any

    @property
    def action(self) -> str:
        return getattr(self.view, "action", "") or self.method.lower()

    def get_operation_id(self) -> str:
        return getattr(self.view, "operation", None) or super().get_operation_id()

    def get_examples(self) -> list[OpenApiExample]:
        sample = getattr(self.view, "samples", {}).get(self.action)
        return [OpenApiExample("Example", value=sample, request_only=True)] if sample is not None else []

    def creates(self) -> bool:
        return self.action == "create"

    def repeats(self) -> bool:
        """Starts something that an Idempotency-Key keeps from being started twice."""
        return self.creates() or self.action in getattr(self.view, "repeatable", ())

    def matches(self) -> bool:
        """Writes to something that exists."""
        detail = bool(getattr(self.view, "detail", None))
        return self.method in ("PATCH", "DELETE", "PUT") or (
            self.method == "POST" and detail and self.action not in getattr(self.view, "unmatched", ())
        )

    def get_override_parameters(self) -> list[Any]:
        if self.matches():
            return [IF_MATCH, ETAG]
        return ([IDEMPOTENCY] if self.repeats() else []) + ([ETAG] if self.creates() else [])

    def get_request_serializer(self) -> Any:
        bodies = getattr(self.view, "bodies", {})
        if self.action in bodies:
            return bodies[self.action]()
        plain = self.action in ("create", "partial_update", "update")
        return self._get_serializer() if plain else None

    def get_response_serializers(self) -> Any:
        answer = self._answer()
        codes: dict[Any, Any] = dict(answer) if isinstance(answer, dict) else {self._good(): answer}
        for code in self._refusals():
            codes[code, PROBLEM] = ProblemSerializer
        return codes

    def _good(self) -> int:
        if self.action in getattr(self.view, "codes", {}):
            return self.view.codes[self.action]
        return {"create": 201, "destroy": 204}.get(self.action, 200)

    def _answer(self) -> Any:
        answers = getattr(self.view, "answers", {})
        if self.action in answers:
            found = answers[self.action]
            return found() if isinstance(found, type) else found
        return None if self.action == "destroy" else self.view.serializer_class(many=self._is_list_view())

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.action == "list"

    def _refusals(self) -> list[int]:
        codes = [*ALWAYS]
        if self.method == "GET":
            codes += [400, 404]
        else:
            codes += [*WHERE_BODY, 404, 409, 503]
        if self.matches():
            codes += [412, 428]
        if self.repeats():
            codes += [422]
        return sorted(codes)


def asks(*parameters: OpenApiParameter) -> Any:
    """For actions: the parameters that they read beside those of every action."""
    return extend_schema(parameters=list(parameters))


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "office.rest.access.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of a person, made under “API keys” in the portal or with `manage.py make_api_key`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "office.rest.access.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


def close_requests(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """What is sent has no other fields than those listed; the doors refuse them, and the description says so."""
    _drop(result, "x-spec-enum-id")
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    return result


def _drop(part: Any, name: str) -> None:
    """Takes an inner mark of the generator out of the description."""
    if isinstance(part, dict):
        part.pop(name, None)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _drop(inner, name)
