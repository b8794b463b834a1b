"""The hash chain of the journal: arithmetic on event contents, nothing else.

Each link is SHA-256 over the previous link and the canonical JSON of the event (keys sorted, no spaces, UTF-8).
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One event as the chain sees it. `hash` is what was stored."""

    seq: int
    content: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the sequence number (0 = empty) and hash of its last link."""

    seq: int
    hash: str


def canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def link_hash(previous_hash: str, content: Mapping[str, Any]) -> str:
    return hashlib.sha256(previous_hash.encode("ascii") + b"\n" + canonical(content)).hexdigest()


def keyed_hash(key: str, value: object) -> str:
    """What the journal keeps of a personal field: enough to compare, not enough to read."""
    digest = hmac.new(key.encode(), canonical({"value": value}), hashlib.sha256).hexdigest()
    return f"hmac-sha256:{digest[:40]}"


def check_chain(links: Iterable[Link], head: Head) -> list[str]:
    """Sentences that say where the chain is broken; empty when it holds. `links` in order of `seq`."""
    problems: list[str] = []
    expected, previous = 1, GENESIS
    for link in links:
        if link.seq != expected:
            problems.append(f"Event {expected} is missing: the next one found is event {link.seq}.")
        if link.previous_hash != previous and link.seq == expected:
            problems.append(f"Event {link.seq} does not follow the event before it.")
        if link_hash(link.previous_hash, link.content) != link.hash:
            problems.append(f"Event {link.seq} was changed after it was written.")
        expected, previous = link.seq + 1, link.hash
    found = Head(expected - 1, previous)
    if found != head:
        problems.append(
            f"The chain ends at event {found.seq}, but its head says event {head.seq}: "
            "events at the end were removed or changed."
        )
    return problems


def check_outside(outside: Head | None, hashes: Mapping[int, str], head: Head) -> list[str]:
    """Compares the head kept outside the database with the chain. `hashes` holds at least the outside head's event."""
    if outside is None:
        return (
            [] if head.seq == 0 else ["No head is kept outside the database: the end of the journal cannot be checked."]
        )
    if outside.seq > head.seq:
        return [
            f"The journal was cut: outside the database its head is event {outside.seq}, "
            f"inside it ends at event {head.seq}."
        ]
    if outside.seq and hashes.get(outside.seq) != outside.hash:
        return [f"Event {outside.seq} is not the event whose hash was written outside the database."]
    return []
