"""Finds and reads the shipped catalogue files: content, line numbers, digest. The only place that touches them."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from frameworks.domain.catalogue import CatalogueError, Family, read_family
from frameworks.domain.raw_files import RawFile
from frameworks.vocabulary_files import shipped_vocabulary

FOLDER = Path(__file__).parent / "catalogues"
LIMIT = 20_000_000


class _UniqueKeys(yaml.CSafeLoader):
    """Refuses a mapping that gives one key twice; YAML itself would keep the last without a word."""


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    pairs = [(loader.construct_object(key, deep=True), value) for key, value in node.value]
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise yaml.constructor.ConstructorError(None, None, f"“{twice}” stands twice", node.start_mark)
    return {key: loader.construct_object(value, deep=True) for key, value in pairs}


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def release_files(family: Path) -> list[Path]:
    """The releases of a family's folder, oldest first: their names are their days."""
    return sorted(family.glob("*.yaml"))


def family_folders(folder: Path = FOLDER) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def read_file(path: Path) -> RawFile:
    """One file with the line of every id. Raises CatalogueError when it is not UTF-8 or not YAML."""
    name = f"{path.parent.name}/{path.name}"
    raw = path.read_bytes()
    if len(raw) > LIMIT:
        raise CatalogueError([f"{name}: the file is larger than {LIMIT:,} bytes."])
    try:
        text = raw.decode("utf-8")
        loader = _UniqueKeys(text)
        try:
            node = loader.get_single_node()
            content = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{name}: the file is not UTF-8 (byte {error.start}). Save it as UTF-8."]) from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise CatalogueError([f"{name}{line}: the file is not valid YAML: {error.problem}."]) from error
    return RawFile(name, content or {}, _lines(node), hashlib.sha256(raw).hexdigest())


def _lines(node: Any) -> Mapping[str, int]:
    """id of a row or instrument, and name of a date profile or penalty → line number, counted from 1."""
    lines: dict[str, int] = {}
    for key, part in node.value if isinstance(node, yaml.MappingNode) else []:
        if isinstance(part, yaml.MappingNode) and key.value in ("date_profiles", "penalties"):
            lines |= {name.value: name.start_mark.line + 1 for name, _ in part.value}
        elif isinstance(part, yaml.SequenceNode) and key.value in ("instruments", "rows"):
            for entry in part.value:
                lines |= {
                    value.value: entry.start_mark.line + 1
                    for name, value in (entry.value if isinstance(entry, yaml.MappingNode) else [])
                    if name.value == "id" and isinstance(value, yaml.ScalarNode)
                }
    return lines


def read_folder(folder: Path = FOLDER) -> dict[str, Family]:
    """Every family of a folder by its key; all problems of all families at once."""
    vocabulary = shipped_vocabulary()
    families: dict[str, Family] = {}
    problems: list[str] = []
    for place in family_folders(folder):
        try:
            family = read_family([read_file(path) for path in release_files(place)], vocabulary)
        except CatalogueError as error:
            problems += error.problems
        else:
            families[family.key] = family
    if problems:
        raise CatalogueError(problems)
    return families


def shipped_digests(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Family folder → day of the release → digest of its file. Parses nothing."""
    return {place.name: {path.stem: digest(path) for path in release_files(place)} for place in family_folders(folder)}


@functools.cache
def shipped_families() -> dict[str, Family]:
    return read_folder()
