"""Reads the shipped control library: controls, one file of mappings a family, crosswalks, conflicts."""

import functools
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from controls.domain.conflicts import LibraryConflict, read_conflicts
from controls.domain.library import (
    LibraryControl,
    LibraryCrosswalk,
    LibraryMapping,
    LibraryReason,
    read_controls,
    read_crosswalk,
    read_mappings,
    read_reasons,
    refuse_likeness,
)

FOLDER = Path(__file__).parent / "library"


@dataclass(frozen=True, slots=True)
class ControlLibrary:
    """Everything that is shipped of what a firm does."""

    controls: list[LibraryControl]
    mappings: list[LibraryMapping]
    reasons: list[LibraryReason]
    crosswalk: list[LibraryCrosswalk]
    conflicts: list[LibraryConflict]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml"))


def digest(folder: Path = FOLDER) -> str:
    """One digest over all files of the library."""
    total = hashlib.sha256()
    for path in _files(folder):
        total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def shipped_library(requirements: Collection[str], folder: Path = FOLDER) -> ControlLibrary:
    """The whole library; `requirements` are the ids that exist. Raises LibraryError with every problem of a kind."""
    return _read(digest(folder), frozenset(requirements), folder)


@functools.lru_cache(maxsize=2)
def _read(digest: str, requirements: frozenset[str], folder: Path) -> ControlLibrary:
    controls = read_controls(_rows(folder / "controls.yaml", "controls"))
    families = sorted((folder / "mappings").glob("*.yaml"))
    mappings = read_mappings(
        [row for path in families for row in _rows(path, "mappings")],
        controls={control.ref for control in controls},
        requirements=requirements,
    )
    crosswalk = read_crosswalk(
        [row for path in sorted((folder / "crosswalks").glob("*.yaml")) for row in _rows(path, "rows")],
        requirements=requirements,
    )
    refuse_likeness([*mappings, *crosswalk])
    reasons = read_reasons(
        [row for path in families for row in _rows(path, "no_control")],
        requirements=requirements,
        mapped={row.requirement for row in mappings},
    )
    conflicts = read_conflicts(_rows(folder / "conflicts.yaml", "conflicts"), requirements=requirements)
    return ControlLibrary(controls, mappings, reasons, crosswalk, conflicts)


def _rows(path: Path, key: str) -> list[dict[str, Any]]:
    return (yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}).get(key) or []
