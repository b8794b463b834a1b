"""Builds an audit packet: one zip that can be checked without the office, and the digest that is printed beside it.

The same state of the office and the same two days give the same bytes, with the same version of the product and of Python.
"""

from __future__ import annotations

import json
import os
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from frameworks import catalogue_files, vocabulary_files
from governance.packet.asking import Pair, refuse_unless_whole, usual_pairs
from governance.packet.assembling import TOO_OLD, verifier_digest, verifier_source
from governance.packet.boxes import Box, digest_of, pieces
from governance.packet.checking import FORMAT, JOURNAL, MANIFEST
from governance.packet.state import State, Steps, Stored, take_state
from office.domain.chain import Head, canonical
from office.jobs import Progress
from office.models import JournalEvent, Person
from office.services.recording import content_of

EVENTS_AT_ONCE = 2000
OTHER_STEPS = 6
"""Besides one a workbook: coverage, evidence, catalogues, files, journal, digest."""
START = f'''"""Checks this very packet: python PACKET.zip DIGEST"""

import sys
{TOO_OLD}
import verify  # noqa: E402  only once it can be read

sys.exit(verify.main([sys.argv[0], *sys.argv[1:]]))
'''
README = """Audit packet of an AI governance office

On {on}: dates of the law are placed on this day, and coverage is counted on it.
As known on {known_on}: the law and the office as they were known on this day.
Product version {version}. Journal head: {seq} {hash}
Releases of the law:
{releases}

What stands in it
  workbooks/      crosswalks between two frameworks, one workbook each, with its own "Read me"
  evidence.csv    every piece of evidence; evidence/ holds those that are files
  catalogues/     the law as the product ships it, and requirements.jsonl: what was loaded and known
  journal.jsonl   every event of the office's journal, and its head as the last line
  coverage/       inputs.json: the facts; lines.jsonl: each requirement in each subject; totals.json: the counts
  manifest.json   size and SHA-256 of every other file

How to verify it
  The office gave you a digest outside this file: the SHA-256 of the whole packet. With Python 3.11 or later:
      python PACKET.zip DIGEST
  The packet then checks itself, which tells mistakes. Against intent, use a verifier that you had before, or from
  another place: the office prints the SHA-256 of its verifier ({verifier}).
      python verify.py PACKET.zip DIGEST
  It checks the digest, every file against the manifest, the chain of the journal to its head, evidence, the facts of
  coverage and where each subject stands against what the journal recorded by the end of the day as known, each once, and
  computes every line and every total again from the facts.
  Compare the journal head with the one that the office keeps outside its database and prints in every export.

What it does not say
  Nothing in here is stated as fulfilled. A mapping is a reviewed opinion about texts. "lower" counts what is shown by
  approved mappings, implementations, tests and evidence in date; "upper" what is not ruled out. Which requirements
  apply follows from the answers of people and is taken over from the office, not computed again; so are the family of a
  requirement, whether an approval is of the texts as they stand, attested sets, and reasons why no control fits. Whether
  a statement or a piece of evidence is true, no arithmetic can tell. Not legal advice.
"""


@dataclass(frozen=True, slots=True)
class Built:
    """SHA-256 of the whole packet, of its manifest and of its verifier; how many files; evidence files that are gone."""

    digest: str
    manifest_digest: str
    verifier_digest: str
    files: int
    missing: tuple[str, ...]


def build_packet(
    *, on: date, known_on: date, pairs: Sequence[Pair], reader: Person | None, target: Path, progress: Progress
) -> Built:
    """Writes the packet whole or not at all. `pairs` empty: the usual ones; `reader` None: the command line.

    Refuses who does not read the whole office, and unknown frameworks. OSError where it cannot be written.
    """
    refuse_unless_whole(reader)
    steps = Steps(progress, len(pairs or usual_pairs()) + OTHER_STEPS)
    part = target.with_name(target.name + ".part")
    with TemporaryDirectory() as folder:
        state = take_state(on=on, known_on=known_on, pairs=pairs, folder=Path(folder), steps=steps)
        try:
            handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "w+b") as raw, zipfile.ZipFile(raw, "w") as box:
                manifest_digest, files = _pack(Box(box), state, on, known_on, steps)
            steps.next("The digest of the whole")
            digest = digest_of(part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return Built(digest, manifest_digest, verifier_digest(), files, state.missing)


def _pack(box: Box, state: State, on: date, known_on: date, steps: Steps) -> tuple[str, int]:
    """Members by name, the manifest last: it knows all others. Gives the manifest's digest and the number of members."""
    said = _said(state, on, known_on)
    steps.next("Catalogues and files")
    sources: dict[str, Any] = {name: lambda path=path: pieces(path) for name, path in _plain_files(state).items()}
    sources |= {file.name: lambda file=file: _stored(file, steps) for file in state.evidence}
    sources |= {
        JOURNAL: lambda: _journal(state.head, steps),
        "README.txt": lambda: [_read_me(said).encode()],
        "__main__.py": lambda: [START.encode()],
        "verify.py": lambda: [verifier_source()],
    }
    for name in sorted(sources):
        box.add(name, sources[name](), packed=not name.startswith("evidence/"))
    text = json.dumps({**said, "files": box.members}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return box.add(MANIFEST, [text.encode()]), len(box.members)


def _plain_files(state: State) -> dict[str, Path]:
    """The state that was taken, and what the product ships, as it is."""
    shipped = {
        f"catalogues/{folder.name}/{path.name}": path
        for folder in catalogue_files.family_folders()
        for path in catalogue_files.release_files(folder)
    }
    root = vocabulary_files.SHIPPED
    words = {f"catalogues/vocabulary/{path.relative_to(root).as_posix()}": path for path in root.rglob("*.yaml")}
    return {**state.parts, **shipped, **words}


def _stored(file: Stored, steps: Steps) -> Iterator[bytes]:
    steps.still(f"Evidence: {file.name}")
    with file.storage.open(file.place) as source:
        yield from source.chunks()


def _journal(head: Head, steps: Steps) -> Iterator[bytes]:
    """Everything that the hash of an event covers, its two hashes, and at last the head."""
    steps.next("The journal")
    events = JournalEvent.objects.filter(seq__lte=head.seq).order_by("seq")
    for event in events.iterator(chunk_size=EVENTS_AT_ONCE):
        if event.seq % EVENTS_AT_ONCE == 0:
            steps.still(f"The journal: event {event.seq} of {head.seq}")
        row = {"content": content_of(event), "previous_hash": event.previous_hash, "hash": event.hash}
        yield canonical(row) + b"\n"
    yield canonical({"head": {"seq": head.seq, "hash": head.hash}}) + b"\n"


def _said(state: State, on: date, known_on: date) -> dict[str, Any]:
    """What the manifest says of the packet, besides its files."""
    return {
        "format": FORMAT,
        "version": product_version(),
        "on": on.isoformat(),
        "known_on": known_on.isoformat(),
        "until": state.until,
        "journal": {"seq": state.head.seq, "hash": state.head.hash},
        "releases": list(state.releases),
        "evidence_files_gone": list(state.missing),
        "verifier": verifier_digest(),
    }


@cache
def product_version() -> str:
    text = (Path(settings.BASE_DIR) / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def _read_me(said: dict[str, Any]) -> str:
    releases = "\n".join(
        f"  {row['family']}, {row['known_from']}: {row['title']} (SHA-256 {row['digest']})" for row in said["releases"]
    )
    return README.format(
        on=said["on"], known_on=said["known_on"], version=said["version"], verifier=said["verifier"],
        releases=releases or "  none is loaded", **said["journal"],
    )  # fmt: skip
