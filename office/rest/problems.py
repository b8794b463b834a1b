"""Every refusal in one shape: problem details (RFC 9457) with the sentences of the services.

{"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "…",
 "errors": [{"detail": "…", "pointer": "#/strength"}]}
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

from office.services.rights import Forbidden

PROBLEM = "application/problem+json"
WHOLE = (NON_FIELD_ERRORS, "non_field_errors", "detail")
logger = logging.getLogger(__name__)


class ErrorSerializer(serializers.Serializer):
    """One thing that is wrong."""

    detail = serializers.CharField(help_text="What is wrong and what to do about it.")
    pointer = serializers.CharField(required=False, help_text="Where in the request, e.g. #/strength.")


class ProblemSerializer(serializers.Serializer):
    """A refusal (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class Conflict(exceptions.APIException):
    status_code = 409
    default_detail = "Somebody wrote the same at the same moment. Read it again, then repeat the request."


class Stale(exceptions.APIException):
    status_code = 412
    default_detail = (
        "This has changed since you read it, and nothing was written. Read it again, look at what changed, and send "
        "the request with the new ETag in If-Match."
    )


class MatchRequired(exceptions.APIException):
    status_code = 428
    default_detail = (
        "Send If-Match with the ETag that you got when you read this, so that nobody's change is lost unseen."
    )


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The request is too large."


class Unprocessable(exceptions.APIException):
    status_code = 422


class Unavailable(exceptions.APIException):
    status_code = 503
    default_detail = "The database is busy. Nothing was written; repeat the request in a moment."


def as_api_exception(error: Exception) -> Exception:
    """Refusals of services and of the database in the words of HTTP; everything else as it is."""
    known = next((translate for kind, translate in TRANSLATIONS if isinstance(error, kind)), None)
    return known(error) if known else error


def _refused(error: Any) -> exceptions.APIException:
    told: Any = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    return exceptions.ValidationError(told)


TRANSLATIONS: tuple[tuple[type[Exception], Callable[[Any], Exception]], ...] = (
    (Forbidden, lambda error: exceptions.PermissionDenied(" ".join(error.messages))),
    (ValidationError, _refused),
    (IntegrityError, lambda error: Conflict()),
    (OperationalError, lambda error: Unavailable()),
    (Http404, lambda error: exceptions.NotFound("There is nothing here, or nothing that you may see.")),
    (PermissionDenied, lambda error: exceptions.PermissionDenied(str(error) or None)),
)


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's handler of exceptions. A fault of ours gets a number that stands in the log, and nothing else."""
    known = as_api_exception(error)
    response = exception_handler(known, context)
    if response is None:
        number = uuid.uuid4().hex[:12]
        logger.error("Fault %s at %s", number, context["request"].path, exc_info=error)
        response = Response(status=500)
        told: Any = f"A fault of the office's software; nothing was written. Tell the office number {number}."
    else:
        told = getattr(known, "detail", "")
    response.data = problem(response.status_code, told)
    response.content_type = PROBLEM
    if response.status_code == 503:
        response["Retry-After"] = "1"
    return response


def problem(status: int, told: Any) -> dict[str, Any]:
    errors = list(_sentences(told, ""))
    whole = [error["detail"] for error in errors if "pointer" not in error]
    detail = " ".join(whole) or f"{len(errors)} problem(s); nothing was written."
    body: dict[str, Any] = {
        "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail,
    }  # fmt: skip
    return body | ({"errors": errors} if len(errors) > len(whole) or len(errors) > 1 else {})


def _sentences(told: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Every sentence with the place it is about, however deep."""
    if isinstance(told, dict):
        for name, inner in told.items():
            yield from _sentences(inner, pointer if name in WHOLE else f"{pointer}/{name}")
    elif isinstance(told, list | tuple):
        for number, inner in enumerate(told):
            deeper = isinstance(inner, dict | list)
            yield from _sentences(inner, f"{pointer}/{number}" if deeper else pointer)
    else:
        yield {"detail": str(told)} | ({"pointer": f"#{pointer}"} if pointer else {})


@csrf_exempt
def nothing_here(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """An address under /api/ that does not exist."""
    told = f"There is no {request.path}. The addresses are listed at /api/docs/."
    return JsonResponse(problem(404, told), status=404, content_type=PROBLEM)
