"""Reads the shipped control library: controls.yaml and one file of mappings a family."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from controls.domain.library import LibraryControl, LibraryMapping, read_controls, read_mappings

FOLDER = Path(__file__).parent / "library"


def _read(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}


def mapping_files(folder: Path = FOLDER) -> list[Path]:
    return sorted((folder / "mappings").glob("*.yaml"))


def digest(folder: Path = FOLDER) -> str:
    """One digest over all files of the library."""
    total = hashlib.sha256()
    for path in [folder / "controls.yaml", *mapping_files(folder)]:
        total.update(path.read_bytes())
    return total.hexdigest()


def shipped_controls(folder: Path = FOLDER) -> list[LibraryControl]:
    return read_controls(_read(folder / "controls.yaml")["controls"])


def shipped_mappings(requirements: set[str], folder: Path = FOLDER) -> list[LibraryMapping]:
    """Every mapping of every family; `requirements` are the ids that exist."""
    controls = {control.ref for control in shipped_controls(folder)}
    raw = [row for path in mapping_files(folder) for row in _read(path)["mappings"]]
    return read_mappings(raw, controls=controls, requirements=requirements)
