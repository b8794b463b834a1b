"""Library files made by others come in as one neutral shape, or are refused with sentences and in bounded memory."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml

from frameworks.domain.libraries import (
    RELATIONSHIPS,
    Draft,
    LibraryError,
    MappingPair,
    Problems,
    settle,
    settle_pairs,
    slug,
    without_version,
)
from frameworks.library_files import read_library, recognise
from frameworks.library_files.safe import LIMIT, MAX_VALUES, decode

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
URN = "urn:example:risk:req_node:tea"


def real(name):
    path = REAL / name
    if not path.exists():
        pytest.skip(f"The real sample {name} is not beside the project.")
    return path.read_bytes()


def problems_of(content):
    content = content if isinstance(content, bytes) else content.encode("utf-8")
    with pytest.raises(LibraryError) as caught:
        read_library(content, "some file")
    return caught.value.problems


def peak_while(call):
    """Bytes at the peak, beyond what was there before."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# CISO Assistant

HEAD = """urn: urn:example:risk:library:tea-rules
locale: en
ref_id: TEA
name: Rules of the tea room
version: 4
publication_date: 2026-03-01
provider: The Tea Board
packager: somebody else
copyright: free to copy
"""
NODES = f"""objects:
  framework:
    urn: urn:example:risk:framework:tea
    requirement_nodes:
    - urn: {URN}:kettle
      assessable: false
      depth: 1
      ref_id: K
      name: Kettle
    - urn: {URN}:k-1.10
      assessable: true
      depth: 2
      parent_urn: {URN}:Kettle
      ref_id: 1.10
      description: Boil fresh water.
    - urn: {URN}:k-1.10:node3
      assessable: no
      depth: 2
      parent_urn: {URN}:kettle
      name: A remark
"""
TEA = HEAD + NODES


def mapping(*rows, word="relationship"):
    pairs = "".join(
        f"    - source_requirement_urn: {URN}:{a}\n      target_requirement_urn: urn:x:risk:req_node:cake:{b}\n"
        f"      {word}: {c}\n"
        for a, b, c in rows
    )
    return (
        f"{HEAD}objects:\n  requirement_mapping_sets:\n  - urn: urn:x:risk:req_mapping_set:tea-to-cake\n    name: Both\n"
        "    source_framework_urn: urn:example:risk:framework:tea\n"
        f"    target_framework_urn: urn:x:risk:framework:cake-2.0\n    requirement_mappings:\n{pairs}"
    )


def test_a_framework_of_ciso_assistant_keeps_ids_order_and_lines():
    library = read_library(TEA.encode(), "x.txt")
    assert (library.kind, library.key, library.source_id) == (
        "ciso-assistant", "tea-rules", "urn:example:risk:library:tea-rules",
    )  # fmt: skip
    assert (library.title, library.version, library.published) == ("Rules of the tea room", "4", date(2026, 3, 1))
    assert (library.publisher, library.copyright, library.language) == ("The Tea Board", "free to copy", "en")
    assert library.frameworks == ("tea",)
    kettle, boil, remark = library.nodes
    assert (kettle.ref, kettle.parent, kettle.citation, kettle.title) == ("K", None, "K", "Kettle")
    assert (boil.ref, boil.parent, boil.text, boil.assessable) == ("1.10", "K", "Boil fresh water.", True)
    assert (remark.ref, remark.parent, remark.citation, remark.assessable) == (
        "k-1.10:node3",
        "K",
        "k-1.10:node3",
        False,
    )
    assert [node.line for node in library.nodes] == [14, 19, 25]
    assert boil.source_id == f"{URN}:k-1.10"


def test_a_list_of_frameworks_reads_like_a_single_one():
    listed = TEA.replace("  framework:\n    urn", "  frameworks:\n  - urn")
    assert read_library(listed.encode(), "x").nodes == read_library(TEA.encode(), "x").nodes


def test_a_ref_id_that_two_nodes_share_goes_to_neither():
    library = read_library(TEA.replace("ref_id: 1.10", "ref_id: k").encode(), "x")
    assert [node.ref for node in library.nodes] == ["kettle", "k-1.10", "k-1.10:node3"]
    assert [node.citation for node in library.nodes][:2] == ["K", "k"]
    assert library.notes == ("2 nodes share their ref_id with another; they go by the last part of their urn.",)


def test_mapping_sets_speak_our_relationships_and_leave_out_what_is_not_related():
    rows = [("a", "1", "equal"), ("b", "1", "intersect"), ("b", "2", "subset"), ("c", "2", "superset")]
    library = read_library(mapping(*rows, ("d", "4", "not_related"), ("a", "1", "equal"), ("e", "5", "")).encode(), "x")
    (found,) = library.mapping_sets
    assert (found.key, found.title) == ("tea-to-cake", "Both")
    assert (found.source_framework, found.target_framework) == ("tea", "cake-2-0")
    assert [(pair.source, pair.target, pair.relationship) for pair in found.pairs] == [
        ("a", "1", "equal"), ("b", "1", "intersects"), ("b", "2", "subset"), ("c", "2", "superset"), ("e", "5", ""),
    ]  # fmt: skip
    assert found.pairs[0].line == 17
    assert len(library.notes) == 2
    assert library.notes[0].startswith("1 pairs of “urn:x:risk:req_mapping_set:tea-to-cake” say that there is no")
    assert library.notes[1].startswith("1 repeated pairs")


def test_an_older_file_with_one_mapping_set_reads_like_a_list_of_one():
    lines = mapping(("a", "1", "equal")).replace(
        "requirement_mapping_sets:\n  - urn", "requirement_mapping_set:\n    urn"
    )
    assert len(read_library(lines.encode(), "x").mapping_sets) == 1


def test_pairs_take_the_refs_of_nodes_in_the_same_file():
    text = TEA + mapping(("k-1.10", "7", "subset")).split("objects:\n")[1]
    assert [pair.source for pair in read_library(text.encode(), "x").mapping_sets[0].pairs] == ["1.10"]
    wrong = TEA + mapping(("nowhere", "7", "subset")).split("objects:\n")[1]
    assert problems_of(wrong) == [
        f"Line 36: Entry of `requirement_mappings` 1: `source_requirement_urn` names “{URN}:nowhere”, "
        "which is no node of this file; correct it."
    ]


# OSCAL

PARAMS = [
    {"id": "p1", "label": "a number of minutes"},
    {"id": "p2", "select": {"how-many": "one-or-more", "choice": ["for {{ insert: param, p1 }}", "until it is dark"]}},
    {"id": "p3"},
]
STEEP = {
    "id": "tea-1",
    "title": "Steeping",
    "props": [{"name": "label", "class": "wide", "value": "TEA-01"}, {"name": "label", "value": "TEA-1"}],
    "params": PARAMS,
    "parts": [
        {
            "name": "statement",
            "prose": "Steep the leaves:",
            "parts": [
                {"name": "item", "props": [{"name": "label", "value": "a."}], "prose": "{{ insert: param, p2 }};"},
                {"name": "item", "prose": "with {{ insert: param, p3 }} and {{ p1 }}."},
            ],
        },
        {"name": "statement", "class": "suggested_action", "prose": "Warm the pot."},
        {"name": "guidance", "prose": "Green tea takes less."},
    ],
    "controls": [{"id": "tea-1.1", "title": "Second cup"}],
}


def oscal(*groups, **over):
    metadata = {
        "title": "Tea Controls Rev 2",
        "version": "2",
        "last-modified": "2026-04-05T06:07:08+01:00",
        "parties": [{"uuid": "u1", "name": "The Tea Board"}],
        "responsible-parties": [{"role-id": "publisher", "party-uuids": ["u1"]}],
        **over,
    }
    return {"catalog": {"uuid": "1234", "metadata": metadata, "groups": list(groups)}}


GROUP = {
    "id": "tea",
    "title": "Tea",
    "parts": [{"name": "overview", "prose": "All about tea."}],
    "controls": [
        STEEP,
        {"id": "tea-2", "title": "Sieving", "props": [{"name": "status", "value": "withdrawn"}]},
        {"id": "tea-3", "title": "Cups", "class": "category", "controls": [{"id": "TEA_3.1", "title": "TEA 3.1"}]},
    ],
}


def test_an_oscal_catalogue_becomes_groups_and_controls_in_order():
    library = read_library(json.dumps(oscal(GROUP)).encode(), "x")
    assert (library.kind, library.key, library.version, library.source_id) == ("oscal", "tea-controls", "2", "1234")
    assert (library.published, library.publisher) == (date(2026, 4, 5), "The Tea Board")
    assert [(node.ref, node.parent, node.citation, node.assessable) for node in library.nodes] == [
        ("tea", None, "Tea", False),
        ("tea-1", "tea", "TEA-1", True),
        ("tea-1.1", "tea-1", "tea-1.1", True),
        ("tea-2", "tea", "tea-2", False),
        ("tea-3", "tea", "tea-3", False),
        ("TEA_3.1", "tea-3", "TEA 3.1", True),
    ]
    assert library.nodes[0].text == "All about tea."
    assert library.nodes[1].text == (
        "Steep the leaves:\na. [one or more of: for [a number of minutes]; until it is dark];\n"
        "with [p3] and [a number of minutes]."
    )


def test_the_key_of_a_catalogue_outlives_its_version():
    first = read_library(json.dumps(oscal(GROUP)).encode(), "x")
    later = read_library(json.dumps(oscal(GROUP, title="Tea Controls Rev 3", version="3")).encode(), "y")
    assert first.key == later.key
    named = oscal(GROUP, props=[{"name": "framework-identifier", "value": "TEA_100"}])
    assert read_library(json.dumps(named).encode(), "x").key == "tea-100"
    numbered = oscal(GROUP, **{"document-ids": [{"scheme": "s", "identifier": "tea.100"}]})
    assert read_library(json.dumps(numbered).encode(), "x").key == "tea-100"


def test_parameters_cannot_blow_a_catalogue_up():
    param = {"id": "p", "label": "x" * 500}
    part = {"name": "statement", "prose": "{{p}}" * 45_000}
    control = {"id": "c", "title": "C", "params": [param], "parts": [part]}
    (told,) = problems_of(json.dumps(oscal(control | {"controls": []})))
    assert told == "Its parameters add more than 20,000,000 characters of text; shorten them."


# CPRT


def element(name, kind="requirement", doc="TEA_1_2_0", **over):
    return {"doc_identifier": doc, "element_type": kind, "element_identifier": name, "title": "", "text": "", **over}


def relation(source, dest, kind="projection", **over):
    return {
        "source_element_identifier": source, "source_doc_identifier": "TEA_1_2_0",
        "dest_element_identifier": dest, "dest_doc_identifier": "TEA_1_2_0",
        "relationship_identifier": kind, "provenance_doc_identifier": "TEA_1_2_0", **over,
    }  # fmt: skip


def cprt(elements, relationships=(), **over):
    document = {"doc_identifier": "TEA_1_2_0", "name": "Tea Framework", "version": "1.2", "website": "https://e.x"}
    return {
        "documents": [document], "relationship_types": [], "elements": list(elements),
        "relationships": list(relationships), **over,
    }  # fmt: skip


KITCHEN = cprt(
    [
        element("T 1.1", text="Boil water."),
        element("T 1", kind="category", title="T 1"),
        element("T 1.2", text="Gone."),
        element("W-1", kind="withdraw_reason"),
        element("E-1", kind="implementation_example"),
    ],
    [
        relation("T 1", "T 1.1"),
        relation("T 1", "T 1.2"),
        relation("T 1.2", "W-1"),
        relation("T 1.1", "E-1"),
        relation("T 1.2", "T 1.1"),
        relation("T 1.1", "ZZ", kind="external_reference", dest_doc_identifier="OTHER"),
    ],
)


@pytest.mark.parametrize(
    "wrap", [lambda it: it, lambda it: {"elements": it}, lambda it: {"response": {"elements": it}}]
)
def test_a_cprt_export_reads_the_same_in_and_out_of_its_wrappers(wrap):
    library = read_library(json.dumps(wrap(KITCHEN)).encode(), "x")
    assert (library.kind, library.key, library.title, library.version) == ("cprt", "tea", "Tea Framework", "1.2")
    assert (library.source_id, library.frameworks) == ("TEA_1_2_0", ("tea", "tea-1-2-0"))
    assert [(node.ref, node.parent, node.assessable) for node in library.nodes] == [
        ("T 1.1", "T 1", True), ("T 1", None, False), ("T 1.2", "T 1", False),
    ]  # fmt: skip
    assert library.notes == (
        "1 elements of type “withdraw_reason” are left out.",
        "1 elements of type “implementation_example” are left out.",
        "1 further parents are left out.",
        "1 relationships of type “external_reference” are left out.",
    )


# Crosswalks

WALK = "tea_rules_ref,cake_rules_item,seen\r\nT 1.1,A.5.1,\r\nT 1.1,A.5.2,x\r\nT 1.1,A.5.1,\r\nT 1.2,02-1a,\r\n"


def test_a_crosswalk_becomes_untyped_pairs_between_the_frameworks_of_its_headings():
    library = read_library(WALK.encode(), "x")
    (found,) = library.mapping_sets
    assert (library.kind, library.nodes) == ("crosswalk", ())
    assert (found.source_framework, found.target_framework) == ("tea-rules", "cake-rules")
    assert [(pair.source, pair.target, pair.relationship, pair.line) for pair in found.pairs] == [
        ("T 1.1", "A.5.1", "", 2), ("T 1.1", "A.5.2", "", 3), ("T 1.2", "02-1a", "", 5),
    ]  # fmt: skip
    assert library.notes == ("Column “seen” is not read.", "1 repeated pairs are left out.")


@pytest.mark.parametrize(
    "sheet",
    [
        "control,requirement,relationship\nAC-1,T 1.1,equal\n",
        "ref,title\nAC-1,Something 1\n",
        "control,scope\nAC-1,HK-1\n",
        "a,b,c,d\n1.1,2.1,3,4\n",
        "code,words\nT 1.1,Boil fresh water in a kettle\nT 1.2,Warm the pot\n",
        "one,two\nBoil fresh water in a kettle that is clean,1.1\n",
        "one,two\n",
        "one\n1.1\n",
    ],
)
def test_sheets_of_our_own_and_lists_with_prose_are_no_crosswalk(sheet):
    assert recognise(sheet.encode(), "crosswalk.csv") is None


# Telling them apart

SAMPLES = {
    "ciso-assistant": TEA.encode(),
    "oscal": json.dumps(oscal(GROUP)).encode(),
    "cprt": json.dumps(KITCHEN).encode(),
    "crosswalk": WALK.encode(),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_file_is_recognised_by_content_whatever_its_name(kind):
    for name in ("x", "library.yaml", "catalogue.json", "sheet.csv", "book.xlsx"):
        assert recognise(SAMPLES[kind], name) == kind
        assert recognise(b"\xef\xbb\xbf" + SAMPLES[kind], name) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04" + SAMPLES["crosswalk"],
        b"hello",
        b"{}",
        b"[]",
        b'{"catalog": 1}',
        b"a: 1\nb: 2\n",
        b"\xff\xfe",
    ],
)
def test_what_is_no_library_is_not_recognised(content):
    assert recognise(content, "library.yaml") is None


def test_an_unknown_file_is_refused_with_what_can_be_brought():
    (told,) = problems_of("hello there")
    assert told.startswith(
        "“some file” is none of the library files that can be brought: an OSCAL mapping collection (JSON);"
    )


# Bad input

BIG_LIST = "objects:\n  framework:\n    urn: urn:a:b:framework:c\n    requirement_nodes: ["
TWICE = f"    - urn: {URN}:KETTLE\n      assessable: true\n"
BAD = {
    "empty": (b" \n\t", "The file is empty. Bring the library as it was published."),
    "not UTF-8": (b"urn: caf\xe9", "The file is not UTF-8 (byte 8). Save it as UTF-8."),
    "NUL": (b"urn: a\nx: \0", "Line 2: the file holds a NUL character, so it is no text. Save it as UTF-8 text."),
    "too large": (b"x" * (LIMIT + 1), "The file is larger than 20 MB. Bring it in parts."),
    "YAML syntax": (HEAD + "objects: a: b", "Line 10: the file is not valid YAML: mapping values are not allowed"),
    "YAML control character": (HEAD + "objects: \x01", "Line 10: the file is not valid YAML: control characters"),
    "YAML too deep": (HEAD + "objects: " + "[" * 60 + "]" * 60, "Line 10: the file is nested deeper than 60 levels"),
    "YAML too many": (HEAD + BIG_LIST + "1," * MAX_VALUES + "]", "Line 13: the file holds more than 200,000 values"),
    "YAML alias": (HEAD + "a: &a [1]\nobjects: *a", "Line 11: “*a” is an alias."),
    "YAML tag": (HEAD + "objects: !!python/object:os.system {}", "Line 10: the tag “!!python/object:os.system” is not"),
    "YAML own tag": (HEAD + "objects: !mine {}", "Line 10: the tag “!mine” is not read; write the plain value"),
    "YAML key twice": (TEA + "name: again\n", "“name” stands twice in one mapping (first on line 4); keep one."),
    "YAML two documents": (TEA + "---\na: 1\n", "a second YAML document begins here; bring one library a file."),
    "YAML key is a list": (HEAD + "objects:\n  ? [a]\n  : b", "a key of a mapping is itself a list or a mapping"),
    "YAML list": ("- urn: x\n\nurn: urn:a\nobjects: 1\n", "the file is not valid YAML"),
    "NUL by escape": (TEA.replace("Boil fresh water.", '"\\0"'), "`description` holds a NUL character"),
    "urn twice": (TEA + TWICE, f"Line 30: “{URN}:KETTLE” stands twice (first on line 14); give each entry an id"),
    "dangling parent": (
        TEA.replace(":Kettle", ":pot"),
        f"Line 19: “{URN}:k-1.10”: parent “{URN}:pot” does not exist; add it, or correct the parent.",
    ),
    "own parent": (
        TEA.replace(":Kettle", ":k-1.10"),
        f"Line 19: “{URN}:k-1.10” is its own ancestor: {URN}:k-1.10 → {URN}:k-1.10. Correct a parent.",
    ),
    "no name": (TEA.replace("name: Rules of the tea room\n", ""), "The library: `name` is missing; add it."),
    "no objects": (HEAD + "x: urn:a", "Line 1: The library: `objects` is missing; add it."),
    "no node urn": (TEA + "    - assessable: true\n", "Entry of `requirement_nodes` 4: `urn` is missing; add it."),
    "no assessable": (TEA.replace("      assessable: true\n", ""), "`assessable` is missing; add it."),
    "version is text": (
        TEA.replace("version: 4", "version: four"),
        "Line 5: The library: `version` is the text “four” where a whole number belongs; write it like 3,",
    ),
    "version in quotes": (TEA.replace("version: 4", "version: '4'"), "`version` is the text “4” where a whole number"),
    "depth is text": (TEA.replace("depth: 1", "depth: deep"), f"Line 16: “{URN}:kettle”: `depth` is the text “deep”"),
    "flag is text": (TEA.replace("assessable: no", "assessable: maybe"), "where true or false belongs; write true"),
    "date is text": (TEA.replace("2026-03-01", "in spring"), "the text “in spring” where a day belongs; write it like"),
    "no such day": (TEA.replace("2026-03-01", "2026-02-30"), "Line 6: The library: `publication_date` is the text"),
    "objects is a list": (HEAD + "objects: [urn:a]", "`objects` is a list where a mapping belongs"),
    "nodes is a mapping": (TEA.replace("nodes:\n", "nodes: {}\n    x:\n"), "is a mapping where a list belongs"),
    "node is text": (TEA + "    - kettle\n", "holds the text “kettle” as entry 4 where a mapping belongs"),
    "title is a list": (TEA.replace("name: Kettle", "name: [Kettle]"), "`name` is a list where text belongs"),
    "nothing inside": (HEAD + "objects:\n  threats: [urn]\n  framework:\n", "so there is nothing to bring."),
    "relationship": (
        mapping(("a", "1", "near")),
        "Line 19: Entry of `requirement_mappings` 1: `relationship` is “near”",
    ),
    "two relationships": (
        mapping(("a", "1", "equal"), ("a", "1", "subset")),
        "“a” → “1” stands twice, as “equal” and “subset”; keep one of them.",
    ),
    "JSON syntax": ('{"catalog": {\n"metadata": }', "Line 2: the file is not valid JSON: expecting value (column 13)."),
    "JSON not closed": ('{"catalog": {"metadata": "[[', "Line 1: the file is not valid JSON: unterminated string"),
    "JSON too deep": ('{"catalog": {"metadata":\n' + "[" * 59, "Line 2: the file is nested deeper than 60 levels"),
    "JSON too many": (
        '{"catalog": {"metadata": [' + "1," * MAX_VALUES,
        "Line 1: the file holds more than 200,000 values",
    ),
    "JSON key twice": (
        json.dumps(oscal(GROUP)).replace('"id": "tea"', '"id": "tea", "id": "pot"'),
        "“id” stands twice in the object “tea”; keep one.",
    ),
    "JSON NaN": (json.dumps(oscal({**GROUP, "x": float("nan")})), "NaN is no number that can be kept"),
    "JSON Infinity": (json.dumps(oscal({**GROUP, "x": float("-inf")})), "-Infinity is no number that can be kept"),
    "JSON huge float": ('{"catalog": {"metadata": 1e999}}', "1e999 is no number that can be kept"),
    "JSON huge whole": ('{"catalog": {"metadata": ' + "9" * 5000 + "}}", "9… is no number that can be kept"),
    "JSON half a character": (json.dumps(oscal({**GROUP, "title": "\ud800"})), "`title` holds a NUL character or half"),
    "catalogue is a list": ('{"catalog": [], "metadata": 1}', "The file: `catalog` is a list where a mapping belongs"),
    "OSCAL without version": (json.dumps(oscal(GROUP, version=None)), "`metadata`: `version` is missing; add it."),
    "OSCAL version is a number": (json.dumps(oscal(GROUP, version=2)), "`version` is the number 2 where text belongs"),
    "OSCAL no control id": (
        json.dumps(oscal({"id": "g", "title": "G", "controls": [{"title": "C"}]})),
        "`id` is missing",
    ),
    "OSCAL id twice": (json.dumps(oscal(GROUP, GROUP)), "“tea-1” stands twice; give each entry an id of its own."),
    "OSCAL bad date": (
        json.dumps(oscal(GROUP, published="soon")),
        "`published` is the text “soon” where a day belongs",
    ),
    "OSCAL nothing inside": (json.dumps(oscal()), "holds no group and no control, so there is nothing to bring."),
    "OSCAL null": ('{"catalog": null, "metadata": 1}', "The file: `catalog` is missing; add it."),
    "CPRT id twice": (json.dumps(cprt([element("a"), element("a")])), "“a” stands twice; give each entry an id"),
    "CPRT dangling": (
        json.dumps(cprt([element("a")], [relation("a", "b")])),
        "Relationship 1: `dest_element_identifier` names “b”, which is no element of this file; add it.",
    ),
    "CPRT circle": (
        json.dumps(cprt([element("a"), element("b")], [relation("a", "b"), relation("b", "a")])),
        "“a” is its own ancestor: a → b → a. Correct a parent.",
    ),
    "CPRT no id": (json.dumps(cprt([element(None)])), "Element 1: `element_identifier` is missing; add it."),
    "CPRT id is a number": (json.dumps(cprt([element(1)])), "`element_identifier` is the number 1 where text belongs"),
    "CPRT unknown document": (
        json.dumps(cprt([element("a"), element("b", doc="NO")])),
        "Element “b”: `doc_identifier` names “NO”, which is no document of this file; add it.",
    ),
    "CPRT nothing inside": (json.dumps(cprt([element("a", kind="sort")])), "holds no requirement, so there is nothing"),
    "CPRT no elements": (
        json.dumps({**cprt([])}),
        "No document of the file has elements, so there is nothing to bring.",
    ),
    "crosswalk gap": (
        WALK + "T 1.3,,\r\n",
        "Line 6: the reference identifier is missing; add it, or leave the row out.",
    ),
    "crosswalk prose": (WALK + "T 1.3,warm the pot,\r\n", "Line 6: “warm the pot” is no identifier; write one such as"),
    "crosswalk wide": (WALK + "T 1.3,A.1,x,y\r\n", "Line 6: the row has 4 cells under 3 headings; leave out or quote"),
    "crosswalk headless": ("T 1.1,A.5.1\nT 1.2,A.5.2\n", "Line 1: this looks like a pair, not like headings; put the"),
    "crosswalk quote": (
        WALK + '"T 1.3,A.1,x',
        "The file is not valid CSV: unexpected end of data. Save it as CSV again.",
    ),
    "crosswalk endless row": (
        WALK + "," * 100_001,
        "The file is not valid CSV: a row is longer than 100,000 characters",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_a_sentence(case):
    content, expected = BAD[case]
    told = problems_of(content)
    assert any(expected in problem for problem in told), told
    assert all(problem.endswith(".") for problem in told), told


def test_a_node_of_ciso_assistant_that_fails_twice_is_told_twice_with_its_line():
    wrong = TEA.replace("depth: 1", "depth: deep").replace("assessable: no", "assessable: maybe")
    told = problems_of(wrong.replace("version: 4", "version: four"))
    assert [problem.split(":")[0] for problem in told] == ["Line 5", "Line 16", "Line 26"]


def test_a_circle_is_told_once_however_many_nodes_hang_on_it():
    text = TEA.replace("      ref_id: K\n", f"      ref_id: K\n      parent_urn: {URN}:k-1.10\n")
    told = problems_of(text)
    assert len(told) == 1
    assert f"is its own ancestor: {URN}:kettle → {URN}:k-1.10 → {URN}:kettle." in told[0]


def test_a_hundred_problems_are_listed_and_the_rest_are_counted():
    entries = "".join(f"    - urn: {URN}:n{number}\n      assessable: perhaps {number}\n" for number in range(250))
    told = problems_of(TEA + entries)
    assert len(told) == 101
    assert told[-1] == "150 more problems are not listed; mend these first."


ODD = (None, True, 0, -1.5, "", " ", "x", [], {}, [[]], [{}], {"id": []}, [None, "x"], "\u0000", "9" * 30)


def spoilt(value, random):
    """The same value with one part, chosen at random, replaced by something odd or left out."""
    if not isinstance(value, dict | list) or not value or random.random() < 0.15:
        return random.choice(ODD)
    copy = value.copy()
    place = random.choice(list(copy) if isinstance(copy, dict) else range(len(copy)))
    if random.random() < 0.1:
        del copy[place]
    else:
        copy[place] = spoilt(copy[place], random)
    return copy


def outcome(content):
    """The library and no problems, or no library and its problems."""
    try:
        return read_library(content, "x"), []
    except LibraryError as error:
        return None, error.problems


@pytest.mark.parametrize("kind", ["oscal", "cprt", "ciso-assistant"])
def test_whatever_is_spoilt_in_a_file_it_is_read_or_refused_with_sentences(kind):
    random = Random(kind)
    sound = yaml.safe_load(TEA) if kind == "ciso-assistant" else json.loads(SAMPLES[kind])
    refused = 0
    for _ in range(600):
        wrong = spoilt(sound, random)
        text = yaml.safe_dump(wrong) if kind == "ciso-assistant" else json.dumps(wrong)
        library, told = outcome(text.encode())
        assert told or library.key
        refused += bool(told)
    assert refused > 100


@pytest.mark.parametrize("kind", SAMPLES)
def test_whatever_bytes_are_spoilt_the_file_is_read_or_refused_with_sentences(kind):
    random = Random(kind)
    for _ in range(600):
        wrong = bytearray(SAMPLES[kind])
        for _ in range(random.randint(1, 4)):
            wrong[random.randrange(len(wrong))] = random.choice(b"\"'{}[],:&*!#-\\\n \x00\xff0a")
        library, told = outcome(bytes(wrong))
        assert told or library.kind == kind


# Bounded memory, time and stack


def test_a_yaml_bomb_is_refused_before_it_expands():
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 30))
    bomb = f"{HEAD}l0: &l0 [{', '.join(['x'] * 10)}]\n{levels}objects: *l29\n".encode()
    told = []
    peak = peak_while(lambda: told.extend(problems_of(bomb)))
    assert peak < 5_000_000
    assert "Line 11: “*l0” is an alias." in told


@pytest.mark.parametrize("start", ['{"catalog": {"metadata": ', '{"documents": 1, "doc_identifier": 1, "elements": '])
@pytest.mark.parametrize("nest", ["[", '{"a":', '["\\"]", ', '["\\\\", '])
def test_nesting_in_json_never_reaches_the_stack(start, nest):
    deep = (start + nest * 1_000_000).encode()
    told = []
    peak = peak_while(lambda: told.extend(problems_of(deep)))
    assert told == ["Line 1: the file is nested deeper than 60 levels; such a file is not read. Flatten it."]
    assert peak < 8 * len(deep)


def test_brackets_inside_texts_are_no_nesting():
    brackets = {**GROUP, "title": '[{"\\' * 500 + "\\\\"}
    assert read_library(json.dumps(oscal(brackets)).encode(), "x").nodes[0].title == '[{"\\' * 500 + "\\\\"


def test_nesting_in_yaml_never_reaches_the_stack():
    for nest in ("[", "{a: ", "- ", "[{a: "):
        told = problems_of(f"{HEAD}objects:\n {nest * 100_000}")
        assert told == ["Line 11: the file is nested deeper than 60 levels; such a file is not read. Flatten it."]


def test_a_tree_of_fifty_thousand_levels_is_read_without_recursion():
    chain = [element(f"n{number}") for number in range(20_000)]
    links = [relation(f"n{number}", f"n{number + 1}") for number in range(19_999)]
    drafts = [Draft(str(n), str(n - 1) if n else None, (str(n),), str(n), "", "", "", True) for n in range(50_000)]
    problems = Problems()
    assert settle(drafts, problems)[-1].parent == "49998"
    problems.raise_if_any()
    library = read_library(json.dumps(cprt(chain[:8000], links[:7999])).encode(), "x")
    assert [node.assessable for node in library.nodes].count(True) == 1


def test_a_long_crosswalk_is_read_up_to_the_bound_and_no_further():
    rows = "a_ref,b_ref\n" + "".join(f"A {number},B {number}\n" for number in range(MAX_VALUES + 1))
    assert problems_of(rows) == ["The file holds more than 200,000 values; such a file is not read. Bring it in parts."]


def test_a_file_at_the_limit_is_still_text():
    assert len(decode(b"x" * LIMIT)) == LIMIT


# The pure room


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("CSF_2_0_0", "2.0", "CSF"),
        ("SP_800_53_5_1_1", "5.1.1", "SP_800_53"),
        ("AI_100_1_0_0", "1.0.0", "AI_100"),
        ("Tea Framework 1.0", "1.0.0", "Tea Framework"),
        ("Tea Framework v1.0", "1.0", "Tea Framework"),
        ("Tea Part 2", "2", "Tea Part 2"),
        ("Tea Revision 2", "2", "Tea"),
        ("Tea 11.0", "1.0", "Tea 11.0"),
        ("1.0", "1.0", "1.0"),
        ("Tea", "final", "Tea"),
    ],
)
def test_a_name_without_its_version_stays_from_version_to_version(name, version, expected):
    assert without_version(name, version) == expected


def test_a_key_is_never_empty_and_never_long():
    assert slug("NIST AI RMF 1.0") == "nist-ai-rmf-1-0"
    assert slug("茶") != slug("水")
    assert len(slug("x" * 500)) == 80
    assert slug("x" * 500) != slug("x" * 501)


# Real files

LIBRARIES = {
    "libraries/ciso-assistant_ai-act.yaml": ("ai-act", "2", date(2024, 5, 29), 1200, 347),
    "libraries/ciso-assistant_nist-ai-rmf-1.0.yaml": ("nist-ai-rmf-1-0", "1", date(2024, 3, 23), 113, 72),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_real_frameworks_keep_every_node_and_parents_come_first(name):
    library = read_library(real(name), name)
    key, version, published, nodes, assessable = LIBRARIES[name]
    assert (library.key, library.version, library.published) == (key, version, published)
    assert (len(library.nodes), sum(node.assessable for node in library.nodes)) == (nodes, assessable)
    assert library.notes == ()
    seen: set[str | None] = {None}
    for node in library.nodes:
        assert node.parent in seen, f"{node.ref} stands before its parent"
        assert node.ref not in seen
        seen.add(node.ref)
    lines = [node.line for node in library.nodes]
    assert lines == sorted(lines)


def test_the_real_ai_rmf_is_cited_as_people_cite_it():
    nodes = {node.ref: node for node in read_library(real("libraries/ciso-assistant_nist-ai-rmf-1.0.yaml"), "x").nodes}
    assert (nodes["GOVERN 1.1"].parent, nodes["GOVERN 1.1"].citation) == ("GOVERN 1", "GOVERN 1.1")
    assert Counter(ref.split()[0] for ref, node in nodes.items() if node.assessable) == {
        "GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13,
    }  # fmt: skip


def test_the_real_mapping_sets_are_each_other_in_reverse():
    library = read_library(real("libraries/ciso-assistant_mapping-iso42001-2023-and-scf-2025.2.2.yaml"), "x")
    there, back = library.mapping_sets
    assert (library.nodes, len(there.pairs), len(back.pairs)) == ((), 358, 358)
    assert (there.source_framework, there.target_framework) == ("iso42001-2023", "scf-2025-2-2")
    assert (back.source_framework, back.target_framework) == ("scf-2025-2-2", "iso42001-2023")
    assert Counter(pair.relationship for pair in there.pairs) == {"intersects": 326, "subset": 32}
    turned = {"subset": "superset"}
    assert {(p.target, p.source, turned.get(p.relationship, p.relationship)) for p in there.pairs} == {
        (p.source, p.target, p.relationship) for p in back.pairs
    }
    assert {pair.relationship for pair in back.pairs} <= set(RELATIONSHIPS)


@pytest.mark.parametrize(
    ("name", "pairs", "target"),
    [
        ("crosswalks/nist-ai-rmf__iso-iec-42001-fdis.csv", 280, "iso-iec-fdis-42001"),
        ("crosswalks/nist-ai-rmf__kr-tta-guidebook-2023.csv", 111, "tta-verification"),
    ],
)
def test_real_crosswalks_give_untyped_pairs_in_their_order(name, pairs, target):
    library = read_library(real(name), name)
    (found,) = library.mapping_sets
    assert (found.source_framework, found.target_framework) == ("nist-ai-rmf", target)
    assert [pair.line for pair in found.pairs] == list(range(2, pairs + 2))
    assert {pair.relationship for pair in found.pairs} == {""}


def test_real_files_of_other_kinds_are_not_taken_for_libraries():
    for name in ("nist-ai-rmf-1.0-core.json", "nist-ai-rmf-1.0-subcategories.csv", "nist-ai-600-1-actions.csv"):
        assert recognise(real(name), name) is None


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ({}, None),
        ({"relationship": "subset"}, "The set: “a” → “b” stands twice, as “equal” and “subset”; keep one of them."),
        ({"rationale": "Other words."}, "The set: “a” → “b” stands twice, with different reasons; keep one of them."),
        ({"strength": 3}, "The set: “a” → “b” stands twice, with different reasons; keep one of them."),
        ({"comments": "Seen."}, None),
    ],
)
def test_a_pair_stands_once_and_says_one_thing(second, told):
    problems = Problems()
    said = {"source": "a", "target": "b", "relationship": "equal", "rationale": "Same words."}
    kept, again = settle_pairs([MappingPair(**said), MappingPair(**{**said, **second})], "The set", problems)
    assert (len(kept), again) == (1, 1)
    if told is None:
        problems.raise_if_any()
    else:
        with pytest.raises(LibraryError) as caught:
            problems.raise_if_any()
        assert caught.value.problems == [told]
