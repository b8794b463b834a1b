"""Reads the vocabulary that we ship from its YAML files; nothing is parsed twice in one process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from frameworks.domain.clocks import Clocks, parse_clocks
from frameworks.domain.vocabulary import Vocabulary, parse_vocabulary

SHIPPED = Path(__file__).resolve().parent / "vocabulary"
CLASSIFICATIONS = ("common", "eu", "cn", "hk", "us")


def shipped_vocabulary() -> Vocabulary:
    """The vocabulary beside this module. Raises VocabularyError with every fault of the files."""
    return read_vocabulary(SHIPPED)


@cache
def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary in a folder: facts, flows, classifications by jurisdiction, decisions."""
    return parse_vocabulary(merged(folder))


def shipped_clocks() -> Clocks:
    """The clocks beside the vocabulary. Raises ClocksError with every fault of the file."""
    return read_clocks(SHIPPED)


@cache
def read_clocks(folder: Path) -> Clocks:
    """The clocks of a folder. Whether their requirements exist is a test, so that reading needs no catalogue."""
    return parse_clocks(_load(folder / "clocks.yaml"))


def merged(folder: Path) -> dict[str, object]:
    """The content of the files as one mapping with facts, flows, derived and decisions."""
    raw: dict[str, object] = dict(_load(folder / "facts.yaml"))
    raw["flows"] = _load(folder / "flows.yaml")["flows"]
    raw["titles"] = _load(folder / "titles.yaml")["titles"]
    raw["decisions"] = _load(folder / "decisions.yaml")["decisions"]
    raw["derived"] = [
        entry for name in CLASSIFICATIONS for entry in _load(folder / "classifications" / f"{name}.yaml")["derived"]
    ]
    return raw


def _load(path: Path) -> dict:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
