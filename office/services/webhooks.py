"""Telling other systems: who is told, and what came of it. The message is written with the news, a job brings it there.

Signed as Standard Webhooks says (standardwebhooks.com): headers webhook-id, webhook-timestamp and webhook-signature.
"""

import base64
import hashlib
import hmac
import ipaddress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from office.models import Delivery, Person, Webhook
from office.services import jobs
from office.services.recording import recording

DELIVER = "deliver_webhook"
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440)]
"""After each failure the next try comes later; after the last the delivery is given up."""
KEPT = timedelta(days=90)
INSIDE = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home.arpa")


def save_webhook(*, webhook: Webhook, actor: Person | None) -> Webhook:
    """Makes or changes a webhook; an address inside the own network is refused unless the installation allows it."""
    with recording(actor=actor, reason=f"{'Changed' if webhook.pk else 'Added'} webhook {webhook.name}") as pen:
        webhook.clean_fields()
        refuse_unreachable(webhook.url)
        refuse_inside(webhook.url)
        pen.save(webhook)
    return webhook


def refuse_unreachable(url: str) -> None:
    """An address that no message could ever be sent to."""
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise ValidationError({"url": "A port is a number from 1 to 65535. Correct it, or leave it out."})


def refuse_inside(url: str) -> None:
    """By the address as it is written; what a name leads to is looked at when something is sent."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme not in ("https", "http"):
        raise ValidationError({"url": "The address begins with https://."})
    if settings.WEBHOOKS_ALLOW_PRIVATE:
        return
    if parts.scheme != "https":
        raise ValidationError({"url": "The address begins with https://, so that nobody reads along."})
    if parts.username or parts.password:
        raise ValidationError({"url": "Leave user and password out of the address; the signature shows who calls."})
    if is_inside(host):
        raise ValidationError(
            {
                "url": f"{host} lies on this machine or inside a private network. Give a public address, or have the "
                "installation allow it (WEBHOOKS_ALLOW_PRIVATE=1)."
            }
        )


def is_inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(INSIDE) or "." not in host or host.replace(".", "").isdigit()


def announce(*, event: str, body: dict[str, Any], now: datetime) -> int:
    """Writes a message for everybody who asked for the event; returns how many. In the transaction of the news itself."""
    hearing = Webhook.objects.hearing(event)
    for webhook in hearing:
        delivery = Delivery(webhook=webhook, event=event, body={"type": event, **body}, created_at=now)
        delivery.save()
        jobs.enqueue(kind=DELIVER, arguments={"delivery": delivery.pk}, actor=None, now=now, nudge=None)
    return len(hearing)


def signed_headers(delivery: Delivery, content: bytes, now: datetime) -> dict[str, str]:
    """HMAC-SHA256 over id, time and content; the receiver recomputes it with the secret."""
    ident, stamp = f"msg_{delivery.pk}", str(int(now.timestamp()))
    secret = base64.b64decode(delivery.webhook.secret.removeprefix("whsec_"))
    digest = hmac.new(secret, f"{ident}.{stamp}.".encode() + content, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "ai-governance-office",
        "webhook-id": ident,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def note_attempt(*, delivery: Delivery, status: int | None, message: str, now: datetime) -> timedelta | None:
    """Keeps what came of a try; gives the pause before the next, or None when there is none to come."""
    delivery.attempts += 1
    delivery.answered, delivery.message = status, message[:300]
    arrived = status is not None and 200 <= status < 300
    pause = None if arrived or delivery.attempts > len(PAUSES) else PAUSES[delivery.attempts - 1]
    if arrived:
        delivery.status, delivery.delivered_at = Delivery.Status.DELIVERED, now
    elif pause is None:
        delivery.status = Delivery.Status.FAILED
    delivery.save(update_fields=["attempts", "answered", "message", "status", "delivered_at"])
    return pause


def give_up(*, delivery: Delivery, message: str) -> None:
    """Nothing more is tried."""
    delivery.status, delivery.message = Delivery.Status.FAILED, message[:300]
    delivery.save(update_fields=["status", "message"])


def forget(*, now: datetime) -> int:
    """Deliveries of 90 days ago, returns how many. One that still waits has lost its job: all tries end within two days."""
    return Delivery.objects.filter(created_at__lt=now - KEPT).delete()[0]
