"""The crosswalks and libraries of others hold what their list of sources says, in ids that our catalogue knows."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import pytest
import yaml

from frameworks.catalogue_files import shipped_families
from tests.conformance import REAL, needs_real

pytestmark = needs_real

ISO, KOREA = "nist-ai-rmf__iso-iec-42001-fdis.csv", "nist-ai-rmf__kr-tta-guidebook-2023.csv"
INVERSE = {"equal": "equal", "intersect": "intersect", "subset": "superset", "superset": "subset"}


@cache
def pairs(name: str) -> list[tuple[str, str]]:
    """(NIST subcategory, element of the other document), in the order of the file."""
    with (REAL / "crosswalks" / name).open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1]) for row in list(csv.reader(file))[1:]]


@cache
def library(name: str) -> dict[str, Any]:
    path = REAL / "libraries" / f"ciso-assistant_{name}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["objects"]


@pytest.mark.parametrize(("name", "count"), [(ISO, 280), (KOREA, 111)])
def test_a_crosswalk_has_as_many_pairs_as_its_source_none_twice(name, count):
    assert len(pairs(name)) == len(set(pairs(name))) == count
    assert all(ours and theirs for ours, theirs in pairs(name))


def test_the_iso_crosswalk_joins_72_subcategories_with_65_clauses():
    assert len({ours for ours, _ in pairs(ISO)}) == 72
    assert len({theirs for _, theirs in pairs(ISO)}) == 65


@pytest.mark.parametrize("name", [ISO, KOREA])
def test_our_catalogue_knows_every_nist_id_of_a_crosswalk(name):
    shipped = {row.citation: row for row in shipped_families()["nist-ai-rmf"].versions}
    named = {ours for ours, _ in pairs(name)}
    assert named - set(shipped) == set()
    assert [ref for ref in named if shipped[ref].heading] == []


def test_the_iso_crosswalk_leaves_out_no_subcategory_of_ours():
    shipped = {row.citation for row in shipped_families()["nist-ai-rmf"].versions if not row.heading}
    assert {ours for ours, _ in pairs(ISO)} == shipped


@pytest.mark.parametrize(
    ("name", "nodes", "assessable"), [("ai-act", 1200, 347), ("nist-ai-rmf-1.0", 113, 72)], ids=["ai-act", "nist"]
)
def test_a_library_has_its_nodes_and_every_parent_is_one(name, nodes, assessable):
    found = library(name)["framework"]["requirement_nodes"]
    assert (len(found), sum(node["assessable"] for node in found)) == (nodes, assessable)
    keys = {node["urn"] for node in found}
    assert len(keys) == nodes
    assert {node["parent_urn"] for node in found if node.get("parent_urn")} <= keys


def test_what_the_nist_library_assesses_are_the_subcategories_of_our_catalogue():
    nodes = library("nist-ai-rmf-1.0")["framework"]["requirement_nodes"]
    shipped = {row.citation for row in shipped_families()["nist-ai-rmf"].versions if not row.heading}
    assert {node["ref_id"] for node in nodes if node["assessable"]} == shipped


def typed(mapping_set: dict[str, Any]) -> set[tuple[str, str, str]]:
    rows = mapping_set["requirement_mappings"]
    found = {(row["source_requirement_urn"], row["relationship"], row["target_requirement_urn"]) for row in rows}
    assert len(found) == len(rows)
    return found


def test_the_reverse_set_is_the_inverse_of_the_358_typed_pairs():
    there, back = library("mapping-iso42001-2023-and-scf-2025.2.2")["requirement_mapping_sets"]
    assert (there["source_framework_urn"], there["target_framework_urn"]) == (
        back["target_framework_urn"],
        back["source_framework_urn"],
    )
    assert len(typed(there)) == 358
    assert typed(back) == {(target, INVERSE[kind], source) for source, kind, target in typed(there)}
    assert typed(back) != {(target, kind, source) for source, kind, target in typed(there)}
