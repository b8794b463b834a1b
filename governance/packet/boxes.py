"""A zip whose bytes depend on its content alone: fixed times, fixed rights, members in the order in which they come."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that the format knows."""
CHUNK = 1024 * 1024


class Box:
    """Adds members and remembers the size and SHA-256 of each."""

    def __init__(self, box: zipfile.ZipFile) -> None:
        self._box = box
        self.members: dict[str, dict[str, int | str]] = {}

    def add(self, name: str, chunks: Iterable[bytes], *, packed: bool = True) -> str:
        """One member, read and written in pieces; gives its SHA-256."""
        info = zipfile.ZipInfo(name, FIRST_DAY)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.create_system, info.external_attr = 3, 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with self._box.open(info, "w", force_zip64=True) as part:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                part.write(chunk)
        self.members[name] = {"size": size, "sha256": digest.hexdigest()}
        return digest.hexdigest()


def pieces(path: Path) -> Iterator[bytes]:
    """A file in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in pieces(path):
        digest.update(chunk)
    return digest.hexdigest()
