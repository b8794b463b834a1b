"""The long work of telling others: one message to one webhook, over a connection that goes where it was looked at."""

import http.client
import io
import json
import socket
import ssl
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.encoding import iri_to_uri

from office.jobs import Progress, TryAgain, register
from office.models import Delivery
from office.services import webhooks

SECONDS = 10
"""For each step of a call; the whole call has twice as long."""
SWITCHED_OFF = "The webhook, or the person who answers for it, is switched off; nothing was sent."
PORTS = {"http": 80, "https": 443}


class Inside(OSError):
    """The name leads into the own network."""


@register(webhooks.DELIVER)
def deliver(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Arguments: `delivery`, the number of the row. Sent again is harmless: the receiver knows its id."""
    delivery = Delivery.objects.select_related("webhook__person").filter(pk=arguments["delivery"]).first()
    if delivery is None or delivery.status != Delivery.Status.WAITING:
        return {"sent": False}
    if not delivery.webhook.is_active or not delivery.webhook.person.is_active:
        webhooks.give_up(delivery=delivery, message=SWITCHED_OFF)
        return {"sent": False}
    now = timezone.now()
    content = json.dumps(
        {**delivery.body, "at": delivery.created_at}, cls=DjangoJSONEncoder, ensure_ascii=False
    ).encode()
    try:
        status: int | None = send(delivery.webhook.url, content, webhooks.signed_headers(delivery, content, now))
        message = f"Answered {status}."
    except (OSError, http.client.HTTPException, ValueError) as error:
        status, message = None, f"{type(error).__name__}: {error}"
    pause = webhooks.note_attempt(delivery=delivery, status=status, message=message, now=now)
    if pause is not None:
        raise TryAgain(pause, f"{delivery.webhook}: {message} Tried again after {pause}.")
    return {"sent": delivery.status == Delivery.Status.DELIVERED, "answered": status}


def send(url: str, content: bytes, headers: dict[str, str]) -> int:
    """Posts without following anywhere; OSError where it cannot, or not within the time of a whole call.

    The address is looked up once, checked, and used.
    """
    until = time.monotonic() + 2 * SECONDS
    parts = urlsplit(url)
    connection = _connect(parts, _address(parts), until)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", iri_to_uri(path), body=content, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _address(parts: SplitResult) -> str:
    port = parts.port or PORTS[parts.scheme]
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    if not settings.WEBHOOKS_ALLOW_PRIVATE and any(webhooks.is_inside(address) for address in found):
        raise Inside(f"{parts.hostname} leads into a private network; nothing was sent.")
    return found[0]


def _connect(parts: SplitResult, address: str, until: float) -> http.client.HTTPConnection:
    port = parts.port or PORTS[parts.scheme]
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(str(parts.hostname), port, timeout=SECONDS)
    plain = socket.create_connection((address, port), SECONDS)
    try:
        sock = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) if secure else plain
    except (OSError, ValueError):
        plain.close()
        raise
    connection.sock = _Timed(sock, until)
    return connection


class _Timed(io.RawIOBase):
    """A socket as http.client uses it, for one call: a timeout is for one read, and a slow receiver gives a byte a read."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until = sock, until

    def _in_time(self) -> socket.socket:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("The receiver is too slow.")
        self._sock.settimeout(left)
        return self._sock

    def sendall(self, content: bytes) -> None:
        self._in_time().sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._in_time().recv_into(buffer)

    def close(self) -> None:
        self._sock.close()
        super().close()
