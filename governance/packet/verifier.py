"""The door of the stand-alone verifier: a packet and its digest in, sentences and an exit code out. Bundled."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from governance.packet.checking import (
    BROKEN,
    CHUNK,
    EVIDENCE,
    JOURNAL,
    LINES,
    MANIFEST,
    Found,
    coverage,
    duplicates,
    evidence,
    form,
    guarded,
    journal,
    members,
    zone_of,
)

USAGE = "Say which packet and which digest: python verify.py PACKET.zip DIGEST"
LIMITS = (
    "What was checked: that this is the packet with this digest, that its parts fit together, and its arithmetic. Which "
    "requirements apply and of which family they are, whether approvals are of the texts as they stand, attested sets, and "
    "whether what people stated is true, was not checked: see README.txt."
)


@dataclass(frozen=True)
class Outcome:
    """`problems` empty: everything holds. `told`: what was looked at, in sentences."""

    problems: list[str]
    told: list[str]


def verify(path: Path, digest: str) -> Outcome:
    """Never raises for what stands in the file, whatever that is."""
    try:
        with path.open("rb") as file:
            problems = _whole(file, digest)
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            with zipfile.ZipFile(file) as box:
                told = _inside(box, size, problems)
    except OSError as error:
        return Outcome([f"{path} cannot be read: {error.strerror or error}."], [])
    except BROKEN as error:
        return Outcome([*problems, f"{path} is no readable zip: {error}."], [])
    return Outcome(problems, told)


def _whole(file: IO[bytes], digest: str) -> list[str]:
    total = hashlib.sha256()
    while piece := file.read(CHUNK):
        total.update(piece)
    if total.hexdigest() == digest.strip().lower():
        return []
    return [f"This is not the file whose digest was given. Its own SHA-256 is {total.hexdigest()}."]


def _inside(box: zipfile.ZipFile, size: int, problems: list[str]) -> list[str]:
    """Adds to `problems`; gives what to tell. Stops before it reads a file that is unfit to be read."""
    unfit = guarded("The file's directory", lambda: form(box, size))
    problems += [*unfit, *guarded("The file's directory", lambda: duplicates(box))]
    if unfit:
        return []
    found = Found(box)
    problems += guarded(MANIFEST, lambda: members(found))
    problems += guarded(JOURNAL, lambda: journal(found))
    problems += guarded(EVIDENCE, lambda: evidence(found))
    problems += guarded(LINES, lambda: coverage(found))
    return _summary(found) if not problems else []


def _summary(found: Found) -> list[str]:
    """Of a packet that holds."""
    said, counts = found.manifest, found.counts
    head = said["journal"]
    return [
        f"Dates placed on {said['on']}, office and law as known on {said['known_on']}; product version {said['version']}.",
        f"Facts of the office {_taken(said['until'], said['known_on'])}.",
        f"{counts['members']} files as the manifest says; {counts['evidence']} pieces of evidence, "
        f"{counts['evidence files']} of them as files here.",
        f"{counts['events']} events of the journal, chained to head {head['seq']} {head['hash']}. Compare it with the head "
        "that the office keeps outside its database.",
        f"{counts['lines']} lines of coverage and all totals recomputed.",
    ]


def _taken(until: str | None, known_on: str) -> str:
    """Which part of the journal the facts were held against."""
    if until is None:
        return "as the journal ends"
    ahead = zone_of(until, known_on).total_seconds() / 3600
    return f"as they stood at {until}, the end of {known_on} in a zone {ahead:+g} hours from UTC"


def main(arguments: Sequence[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if len(arguments) != 2:
        _say(USAGE)
        return 1
    outcome = verify(Path(arguments[0]), arguments[1])
    if outcome.problems:
        _say(f"NOT verified. Problems: {len(outcome.problems)}")
        for sentence in outcome.problems:
            _say(f"- {sentence}")
        return 1
    for sentence in ("Verified: everything holds.", *outcome.told, LIMITS):
        _say(sentence)
    return 0


def _say(sentence: str) -> None:
    """Names come from the file: what a terminal would act on is shown as a question mark."""
    sys.stdout.write("".join(letter if letter.isprintable() else "?" for letter in sentence) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
