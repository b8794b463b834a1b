"""Reads library files made by others; which format a file has is told by its content, never by its name.

Formats: CISO Assistant YAML (frameworks and requirement mapping sets), OSCAL catalogue JSON and OSCAL mapping collection
(JSON, or our archive of one with its catalogues), NIST CPRT JSON, STRM and OLIR sheets (workbook or CSV), and published
crosswalks as CSV of two columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from frameworks.domain.libraries import Library, LibraryError, Problems, shown
from frameworks.library_files import ciso_assistant, cprt, crosswalks, mapping_collections, oscal, strm_olir
from frameworks.library_files.safe import LIMIT, decode
from frameworks.library_files.sheets import PACKED

Looks = Callable[[bytes], bool]
Reader = Callable[[str, Problems], Library]
KINDS: dict[str, tuple[Looks, Reader, str]] = {
    mapping_collections.KIND: (
        mapping_collections.looks_so,
        mapping_collections.read,
        "an OSCAL mapping collection (JSON)",
    ),
    oscal.KIND: (oscal.looks_so, oscal.read, "an OSCAL catalogue (JSON)"),
    cprt.KIND: (cprt.looks_so, cprt.read, "a CPRT export of NIST (JSON)"),
    ciso_assistant.KIND: (ciso_assistant.looks_so, ciso_assistant.read, "a library of CISO Assistant (YAML)"),
    crosswalks.KIND: (crosswalks.looks_so, crosswalks.read, "a crosswalk of two columns of identifiers (CSV)"),
}
"""Kind → how it is recognised, how it is read, what people call it. All are text."""
SHEETS: dict[str, tuple[Looks, Callable[[bytes, Problems], Library], str]] = {
    mapping_collections.BUNDLE: (
        mapping_collections.looks_like_bundle,
        mapping_collections.read_bundle,
        "our archive of an OSCAL mapping collection (ZIP)",
    ),
    strm_olir.STRM: (strm_olir.looks_like_strm, strm_olir.read_strm, "an STRM sheet (workbook or CSV)"),
    strm_olir.OLIR: (strm_olir.looks_like_olir, strm_olir.read_olir, "an OLIR sheet (workbook or CSV)"),
}
"""The same for what may be packed, and for tables; each reader opens the file itself."""


def recognise(content: bytes, name: str) -> str | None:
    """The kind of a library file, or None. Parses nothing; `name` is what the file is called and decides nothing."""
    if content.startswith(PACKED):
        return next((kind for kind, (looks_so, _, _) in SHEETS.items() if looks_so(content)), None)
    start = content[:LIMIT]
    kinds: Mapping[str, tuple[Looks, object, str]] = {**SHEETS, **KINDS}
    return next((kind for kind, (looks_so, _, _) in kinds.items() if looks_so(start)), None)


def read_library(content: bytes, name: str) -> Library:
    """A library file in the neutral shape. Raises LibraryError with all problems of the file, each a sentence."""
    text = "" if content.startswith(PACKED) else decode(content)
    kind = recognise(content, name)
    if kind is None:
        known = "; ".join(told for _, _, told in (*KINDS.values(), *SHEETS.values()))
        raise LibraryError([f"“{shown(name)}” is none of the library files that can be brought: {known}."])
    problems = Problems()
    library = SHEETS[kind][1](content, problems) if kind in SHEETS else KINDS[kind][1](text, problems)
    problems.raise_if_any()
    return library
