"""What a packet must hold to: its members, its evidence, its journal, its figures. Bundled into the verifier.

Every check gives sentences; none when it holds. Nothing is unpacked to disk; what may be large is read in pieces.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from controls.domain.coverage import (
    AttestedSet,
    ControlFact,
    Coverage,
    EvidenceFact,
    ImplementationFact,
    MappingFact,
    TestFact,
)
from controls.domain.relations import Relationship
from governance.packet.counting import KINDS, WHOLE, Subject, Totals
from governance.packet.replaying import Replay
from office.domain.chain import Head, Link, check_chain

FORMAT = 1
MANIFEST, JOURNAL, EVIDENCE = "manifest.json", "journal.jsonl", "evidence.csv"
INPUTS, LINES, TOTALS = "coverage/inputs.json", "coverage/lines.jsonl", "coverage/totals.json"
REQUIREMENTS = "catalogues/requirements.jsonl"
CHUNK = 1024 * 1024
IN_MEMORY = 256 * CHUNK
"""A member that is read whole is at most as large as this."""
LINE_LIMIT = 64 * CHUNK
UNPACKED, UNPACKED_TIMES = 2048 * CHUNK, 200
"""All members together are at most this large, or this many times as large as the file."""
SHOWN = 20
EARLIEST, LATEST, STEP = timedelta(hours=-12), timedelta(hours=14), timedelta(minutes=15)
"""Between these lie the zones of the world, in such steps."""
BROKEN = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError, RuntimeError, TypeError,
    ValueError, csv.Error, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a file that somebody spoiled may raise."""


@dataclass
class Found:
    """What the checks of one packet learned so far. `digests`: member → SHA-256; `replay`: None until the journal is read."""

    box: zipfile.ZipFile
    manifest: Mapping[str, Any] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    replay: Replay | None = None
    counts: Counter[str] = field(default_factory=Counter)


def guarded(part: str, check: Callable[[], Iterable[str]]) -> list[str]:
    """The sentences of a check, the first of very many; a part that cannot be read is itself a sentence."""
    told: list[str] = []
    try:
        sentences = iter(check())
        told += islice(sentences, SHOWN)
        more = sum(1 for _ in sentences)
    except BROKEN as error:
        return [*told, f"{part} cannot be read ({type(error).__name__}: {str(error)[:200]})."]
    return [*told, f"{part}: {more} more of this kind."] if more else told


def read_whole(box: zipfile.ZipFile, name: str) -> bytes:
    if box.getinfo(name).file_size > IN_MEMORY:
        raise ValueError(f"it is larger than {IN_MEMORY} bytes")
    return box.read(name)


def json_of(box: zipfile.ZipFile, name: str) -> Any:
    return json.loads(read_whole(box, name))


def lines_of(box: zipfile.ZipFile, name: str) -> Iterator[Any]:
    """The JSON of each line, read in pieces."""
    with box.open(name) as raw, io.BufferedReader(raw, CHUNK) as part:  # type: ignore[type-var]
        while text := part.readline(LINE_LIMIT):
            if len(text) == LINE_LIMIT:
                raise ValueError("a line is too long")
            yield json.loads(text)


def form(box: zipfile.ZipFile, size: int) -> Iterator[str]:
    """What makes a zip unfit to be read at all: far too large inside, packed in strange ways, names that lead elsewhere."""
    members = box.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(UNPACKED, UNPACKED_TIMES * size):
        yield f"The file says that it unpacks to {unpacked} bytes from {size}: that is no packet, and it is not read further."
    if sum(member.compress_size for member in members) > size:
        yield "Members of the file lie over each other: that is no packet, and it is not read further."
    for member in members:
        plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not member.flag_bits & 0x1
        if not plain:
            yield f"{member.filename} is packed in a way that no packet uses."
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or ":" in parts[0]:
            yield f"{member.filename} has a name that leads out of the packet."


def duplicates(box: zipfile.ZipFile) -> Iterator[str]:
    for name, times in Counter(box.namelist()).items():
        if times > 1:
            yield f"{name} stands in the packet {times} times."


def members(found: Found) -> Iterator[str]:
    """Every member against the manifest: missing, extra, changed."""
    found.manifest = json_of(found.box, MANIFEST)
    if found.manifest["format"] != FORMAT:
        yield f"The packet has format {found.manifest['format']}; this verifier reads format {FORMAT}."
    said, names = found.manifest["files"], set(found.box.namelist()) - {MANIFEST}
    for name in sorted(set(said) - names):
        yield f"{name} is missing: the manifest names it."
    for name in sorted(names - set(said)):
        yield f"{name} is not in the manifest: somebody added it."
    for name in sorted(names):
        yield from guarded(name, lambda name=name: _member(found, name, said.get(name)))  # type: ignore[misc]


def _member(found: Found, name: str, said: Mapping[str, Any] | None) -> Iterator[str]:
    digest, size = hashlib.sha256(), 0
    with found.box.open(name) as part:
        while piece := part.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    found.digests[name] = digest.hexdigest()
    found.counts["members"] += 1
    if said is not None and (size, digest.hexdigest()) != (said["size"], said["sha256"]):
        yield f"{name} is not what the manifest says: it was changed."


def journal(found: Found) -> Iterator[str]:
    """The chain of the journal, from its first event to the head that the manifest names."""
    stated = Head(found.manifest["journal"]["seq"], found.manifest["journal"]["hash"])
    ends: list[Head] = []
    replay = Replay(found.manifest["until"])
    yield from (f"{JOURNAL}: {sentence}" for sentence in check_chain(_links(found, replay, ends), stated))
    found.replay = replay
    if ends != [stated]:
        yield f"{JOURNAL} does not end with the head that the manifest names."
    yield from _until(found.manifest, replay.last)


def zone_of(until: str, known_on: str) -> timedelta:
    """How far the zone in which `until` is the end of `known_on` is ahead of UTC; wherever that zone may be."""
    return datetime.combine(date.fromisoformat(known_on), time.max, UTC) - datetime.fromisoformat(until)


def _until(said: Mapping[str, Any], last: datetime | None) -> Iterator[str]:
    """What counts of the journal must be what was written by the end of `known_on`, no less and no more."""
    until, known_on = said["until"], said["known_on"]
    if until is not None:
        zone = zone_of(until, known_on)
        if not EARLIEST <= zone <= LATEST or zone % STEP:
            yield f"{MANIFEST}: facts are taken until {until}, which is the end of {known_on} in no zone of the world."
    elif last is not None and zone_of(last.isoformat(), known_on) < EARLIEST:
        yield f"{MANIFEST}: facts are taken to the end of the journal, which goes on after {known_on}, until {last}."


def _links(found: Found, replay: Replay, ends: list[Head]) -> Iterator[Link]:
    for row in lines_of(found.box, JOURNAL):
        if "head" in row:
            ends.append(Head(row["head"]["seq"], row["head"]["hash"]))
            continue
        content = row["content"]
        found.counts["events"] += 1
        replay.take(content)
        yield Link(content["seq"], content, row["previous_hash"], row["hash"])


def evidence(found: Found) -> Iterator[str]:
    """Files against the list, and the list against what the journal recorded of each piece of evidence."""
    listed, table = set(), _table(found.box)
    if found.replay is not None:
        yield from (f"{EVIDENCE}: {sentence}" for sentence in found.replay.against_evidence(table))
    for row in table:
        name, named = row["file"], f"Evidence {row['id']} (“{row['title']}”)"
        found.counts["evidence"] += 1
        if row["in packet"] != "yes":
            continue
        listed.add(name)
        found.counts["evidence files"] += 1
        if name not in found.digests:
            yield f"{named} is said to be in the packet, but {name} is not there."
        elif found.digests[name] != row["SHA-256"]:
            yield f"{name} is not the file that was recorded as evidence {row['id']}."
    for name in sorted(set(found.digests) - listed):
        if name.startswith("evidence/"):
            yield f"{name} is not in {EVIDENCE}."


def _table(box: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read_whole(box, EVIDENCE).decode("utf-8-sig"), newline="")))


def coverage(found: Found) -> Iterator[str]:
    """The facts against the journal; then the bounds of every line and the totals again, from the facts alone."""
    box, inputs, totals = found.box, json_of(found.box, INPUTS), Totals()
    if inputs["on"] != found.manifest["on"]:
        yield f"{INPUTS} is of {inputs['on']}, the packet of {found.manifest['on']}."
    if found.replay is not None:
        yield from (f"{INPUTS}: {sentence}" for sentence in found.replay.against_facts(inputs))
    families = {row["id"]: row["family"] for row in lines_of(box, REQUIREMENTS)}
    subjects = {
        key: Subject(tuple(row["chain"]), row["entity"], row["market"]) for key, row in inputs["subjects"].items()
    }
    judge, last = coverage_of(inputs), ("", "")
    for number, row in enumerate(lines_of(box, LINES), start=1):
        key, found.counts["lines"] = (row["subject"], row["requirement"]), number
        subject = subjects[row["subject"]]
        computed = judge.cover(row["requirement"], subject.chain)
        bounds = computed.lower, computed.upper, computed.partial
        yield from (f"{LINES}, line {number}: {text}" for text in _line(row, bounds, subject, families, key > last))
        totals.add(
            family=row["family"], subject=subject, requirement=row["requirement"], status=row["status"],
            adopted=row["adopted"], bounds=bounds,
        )  # fmt: skip
        last = key
    yield from _compared(json_of(box, TOTALS), totals.result())


def _line(
    row: Mapping[str, Any], bounds: tuple[int, int, bool], subject: Subject, families: Mapping[str, str], in_order: bool
) -> Iterator[str]:
    said, named = (row["lower"], row["upper"], row["partial"]), f"{row['requirement']} in {row['subject']}"
    if said != bounds:
        yield f"{named} is said to have lower, upper, partial = {_told(said)}; recomputed: {_told(bounds)}."
    if tuple(row["chain"]) != subject.chain:
        yield f"{named} names other scopes than {INPUTS} does for this subject."
    if families.get(row["requirement"]) != row["family"]:
        yield f"{named} is not a requirement of {row['family']} in {REQUIREMENTS}."
    if not in_order:
        yield f"{named} stands twice, or not in its place."


def _told(bounds: Iterable[Any]) -> str:
    return ", ".join(str(part).lower() for part in bounds)


def _compared(said: Mapping[str, Any], computed: Mapping[str, Any]) -> Iterator[str]:
    if set(said) != set(computed):
        yield f"{TOTALS} holds other parts than {', '.join(computed)}."
    for kind in KINDS:
        for key in sorted(set(said[kind]) | set(computed[kind])):
            yield from _figures(f"{kind}, {key}", said[kind].get(key, {}), computed[kind].get(key, {}))
    yield from _figures(WHOLE, said[WHOLE], computed[WHOLE])


def _figures(place: str, said: Mapping[str, Any], computed: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(set(said) | set(computed)):
        if said.get(name) != computed.get(name):
            yield f"{TOTALS}, {place}: {name} is said to be {said.get(name)}; recomputed: {computed.get(name)}."


def coverage_of(inputs: Mapping[str, Any]) -> Coverage:
    """The arithmetic of the office, over the facts that the packet gives."""
    return Coverage(
        controls=[ControlFact(**row) for row in inputs["controls"]],
        mappings=[MappingFact(**{**row, "relationship": _relationship(row)}) for row in inputs["mappings"]],
        implementations=[_implementation(row) for row in inputs["implementations"]],
        attested=[AttestedSet(**{**row, "mappings": frozenset(row["mappings"])}) for row in inputs["attested"]],
        no_control=inputs["no_control"],
        on=date.fromisoformat(inputs["on"]),
    )


def _relationship(row: Mapping[str, Any]) -> Relationship | None:
    return Relationship(row["relationship"]) if row["relationship"] else None


def _implementation(row: Mapping[str, Any]) -> ImplementationFact:
    return ImplementationFact(
        control=row["control"],
        scope=row["scope"],
        state=row["state"],
        evidence=tuple(
            EvidenceFact(date.fromisoformat(start), date.fromisoformat(end) if end else None)
            for start, end in row["evidence"]
        ),
        tests=tuple(TestFact(date.fromisoformat(day), passed) for day, passed in row["tests"]),
    )
