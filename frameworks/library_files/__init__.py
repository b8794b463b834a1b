"""Reads library files made by others; which format a file has is told by its content, never by its name.

Formats: CISO Assistant YAML (frameworks and requirement mapping sets), OSCAL catalogue JSON, NIST CPRT JSON, and
published crosswalks as CSV of two columns.
"""

from __future__ import annotations

from collections.abc import Callable

from frameworks.domain.libraries import Library, LibraryError, Problems, shown
from frameworks.library_files import ciso_assistant, cprt, crosswalks, oscal
from frameworks.library_files.safe import LIMIT, decode

Reader = Callable[[str, Problems], Library]
KINDS: dict[str, tuple[Callable[[bytes], bool], Reader, str]] = {
    oscal.KIND: (oscal.looks_so, oscal.read, "an OSCAL catalogue (JSON)"),
    cprt.KIND: (cprt.looks_so, cprt.read, "a CPRT export of NIST (JSON)"),
    ciso_assistant.KIND: (ciso_assistant.looks_so, ciso_assistant.read, "a library of CISO Assistant (YAML)"),
    crosswalks.KIND: (crosswalks.looks_so, crosswalks.read, "a crosswalk of two columns of identifiers (CSV)"),
}
"""Kind → how it is recognised, how it is read, what people call it."""


def recognise(content: bytes, name: str) -> str | None:
    """The kind of a library file, or None. Parses nothing; `name` is what the file is called and decides nothing."""
    start = content[:LIMIT]
    if start.startswith(b"PK\x03\x04"):
        return None
    return next((kind for kind, (looks_so, _, _) in KINDS.items() if looks_so(start)), None)


def read_library(content: bytes, name: str) -> Library:
    """A library file in the neutral shape. Raises LibraryError with all problems of the file, each a sentence."""
    text = decode(content)
    kind = recognise(content, name)
    if kind is None:
        known = "; ".join(told for _, _, told in KINDS.values())
        raise LibraryError([f"“{shown(name)}” is none of the library files that can be brought: {known}."])
    problems = Problems()
    library = KINDS[kind][1](text, problems)
    problems.raise_if_any()
    return library
