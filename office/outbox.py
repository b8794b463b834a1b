"""The long work of telling others: one message to one webhook, over a connection that goes where it was looked at."""

import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from office.jobs import Progress, TryAgain, register
from office.models import Delivery
from office.services import webhooks

SECONDS = 10
PORTS = {"http": 80, "https": 443}


class Inside(OSError):
    """The name leads into the own network."""


@register(webhooks.DELIVER)
def deliver(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Arguments: `delivery`, the number of the row. Sent again is harmless: the receiver knows its id."""
    delivery = Delivery.objects.select_related("webhook__person").filter(pk=arguments["delivery"]).first()
    if delivery is None or delivery.status != Delivery.Status.WAITING:
        return {"sent": False}
    now = timezone.now()
    content = json.dumps(
        {**delivery.body, "at": delivery.created_at}, cls=DjangoJSONEncoder, ensure_ascii=False
    ).encode()
    try:
        status: int | None = send(delivery.webhook.url, content, webhooks.signed_headers(delivery, content, now))
        message = f"Answered {status}."
    except (OSError, http.client.HTTPException) as error:
        status, message = None, f"{type(error).__name__}: {error}"
    pause = webhooks.note_attempt(delivery=delivery, status=status, message=message, now=now)
    if pause is not None:
        raise TryAgain(pause, f"{delivery.webhook}: {message} Tried again after {pause}.")
    return {"sent": delivery.status == Delivery.Status.DELIVERED, "answered": status}


def send(url: str, content: bytes, headers: dict[str, str]) -> int:
    """Posts without following anywhere; OSError where it cannot. The address is looked up once, checked, and used."""
    parts = urlsplit(url)
    connection = _connect(parts, _address(parts))
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=content, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _address(parts: SplitResult) -> str:
    port = parts.port or PORTS[parts.scheme]
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    if not settings.WEBHOOKS_ALLOW_PRIVATE and any(webhooks.is_inside(address) for address in found):
        raise Inside(f"{parts.hostname} leads into a private network; nothing was sent.")
    return found[0]


def _connect(parts: SplitResult, address: str) -> http.client.HTTPConnection:
    port = parts.port or PORTS[parts.scheme]
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(str(parts.hostname), port, timeout=SECONDS)
    else:
        connection = http.client.HTTPConnection(str(parts.hostname), port, timeout=SECONDS)
    plain = socket.create_connection((address, port), SECONDS)
    secure = parts.scheme == "https"
    connection.sock = (
        ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) if secure else plain
    )
    return connection
