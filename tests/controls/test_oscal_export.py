"""Mapping collections and catalogues of OSCAL 1.2: what they say, that others can read them, and that they come back."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError as Invalid
from trestle.oscal.catalog import Model as CatalogModel
from trestle.oscal.mapping import Model as MappingModel

from controls.domain.crosswalk import CrosswalkRow, Direct, Leg, crosswalk
from controls.domain.relations import Relationship
from controls.formats.catalogues import TOKEN, catalogue, token
from controls.formats.oscal import mapping_collection, oscal_bundle
from controls.formats.sides import AsOf
from frameworks.domain.conditions import All
from frameworks.domain.libraries import RATIONALE_TYPES, LibraryError
from frameworks.domain.rows import Row, Text
from frameworks.library_files import read_library, recognise

AS_OF = AsOf(date(2026, 11, 25), date(2026, 11, 24), datetime(2026, 11, 25, 9, 30, tzinfo=UTC), "12 abc", "The bank")


def make_row(ident, *, family="tea", **over):
    fields = {
        "instrument": family, "citation": f"Art. {ident}", "title": f"Do {ident}", "summary": f"One does {ident}.",
        "parent": None, "position": 1, "bearer": "all", "owed_by": "office", "applies_when": All(()), "force": "LAW",
        "supervised": False, "status": "in_force", "heading": False, "context": False, "one_of": "", "evidence": "",
        "cadence": "", "penalty": "", "penalty_tier": "none", "source": "s", "verification": "P", "texts": (),
        "routes": (), "known_from": None,
    }  # fmt: skip
    return Row(id=ident, family=family, **{**fields, **over})


@dataclass(frozen=True)
class OneSide:
    key: str
    title: str
    version: str
    rows: tuple[Row, ...]


def make_side(key, *idents, **over):
    return OneSide(key, key.title(), "release of 2026-01-01", tuple(make_row(i, family=key, **over) for i in idents))


TEA, CAKE = make_side("tea", "T-1", "T-2", "T-3"), make_side("cake", "K-1", "K-2")


def make_direct(focal="T-1", reference="K-1", relationship="equal", **over):
    fields = {
        "id": f"R-{focal}-{reference}", "rationale_type": "semantic", "rationale": "Both ask it.", "strength": 8,
        "status": "proposed", "author": "P-ann",
    }  # fmt: skip
    kind = Relationship(relationship) if relationship else None
    return Direct(focal=focal, reference=reference, relationship=kind, **{**fields, **over})


def rows_of(*direct, legs=(), focal=TEA, reference=CAKE) -> tuple[CrosswalkRow, ...]:
    sides = ([row.id for row in focal.rows], [row.id for row in reference.rows])
    return crosswalk(focal=sides[0], reference=sides[1], direct=direct, legs=legs).rows


def collect(*direct, **over):
    rows = rows_of(*direct, **over)
    return mapping_collection(focal=TEA, reference=CAKE, rows=rows, as_of=AS_OF)["mapping-collection"]


def props_of(thing):
    return {prop["name"]: prop["value"] for prop in thing["props"]}


def said(library):
    return [(pair.source, pair.target, *pair.said) for one in library.mapping_sets for pair in one.pairs]


def read(content):
    return read_library(json.dumps(content).encode(), "x.json")


def test_each_map_says_how_it_stands_and_who_answers_for_it():
    row = make_direct(
        relationship="subset", status="approved", reviewer="P-ben", reviewed_on="2026-10-01", source="Somewhere, p. 3"
    )
    (mapping,) = collect(row)["mappings"]
    (found,) = mapping["maps"]
    assert (found["relationship"], found["matching-rationale"]) == ("subset-of", "semantic")
    assert (found["sources"], found["targets"]) == (
        [{"type": "control", "id-ref": "T-1"}], [{"type": "control", "id-ref": "K-1"}]
    )  # fmt: skip
    assert props_of(found) == {
        "status": "approved", "author": "P-ann", "reviewer": "P-ben", "reviewed-on": "2026-10-01", "strength": "8",
        "row-id": "R-T-1-K-1", "row-hash": rows_of(row)[0].hash, "source": "Somewhere, p. 3", "rationale": "Both ask it.",
    }  # fmt: skip
    assert "confidence-score" not in found, "strength is not confidence"
    assert mapping["source-resource"]["href"] == "catalog-tea.json"


@pytest.mark.parametrize(
    ("ours", "rationale_type", "theirs"),
    [
        ("equal", "semantic", "equivalent-to"),
        ("equal", "functional", "equivalent-to"),
        ("equal", "", "equivalent-to"),
        ("equal", "syntactic", "equal-to"),
        ("superset", "syntactic", "superset-of"),
        ("intersects", "semantic", "intersects-with"),
        ("no_relationship", "semantic", "no-relationship"),
    ],
)
def test_relationships_speak_the_words_of_oscal_and_come_back(ours, rationale_type, theirs):
    body = collect(make_direct(relationship=ours, rationale_type=rationale_type))
    assert body["mappings"][0]["maps"][0]["relationship"] == theirs
    assert said(read({"mapping-collection": body})) == [("T-1", "K-1", ours, rationale_type, "Both ask it.", 8)]


@pytest.mark.parametrize(
    ("statuses", "untyped", "expected"),
    [
        (("proposed", "proposed"), 0, "draft"),
        (("proposed", "re_review"), 0, "draft"),
        (("approved", "proposed"), 0, "not-complete"),
        (("approved", "approved"), 1, "not-complete"),
        (("approved", "approved"), 0, "complete"),
    ],
)
def test_a_collection_is_complete_only_where_every_row_was_approved(statuses, untyped, expected):
    rows = [make_direct("T-1", f"K-{at}", status=status) for at, status in enumerate(statuses, start=1)]
    rows += [make_direct("T-2", "K-1", "", rationale_type="", strength=None)] * untyped
    body = collect(*rows)
    assert (body["provenance"]["status"], body["mappings"][0]["status"]) == (expected, expected)


def test_what_has_no_type_or_was_derived_is_left_out_and_counted():
    legs = [
        Leg("C1", "C", "T-3", Relationship.EQUAL, "x", "approved"),
        Leg("C2", "C", "K-2", Relationship.EQUAL, "y", "approved"),
    ]
    untyped = make_direct("T-2", "K-1", "", rationale_type="", rationale="", strength=None)
    body = collect(make_direct(), untyped, legs=legs)
    (mapping,) = body["mappings"]
    assert [props_of(found)["row-id"] for found in mapping["maps"]] == ["R-T-1-K-1"]
    told = body["provenance"]["mapping-description"]
    assert "Left out: 1 published without a type" in told
    for part in ("2026-11-25", "2026-11-24", "Journal head: 12 abc", "does not say that anything is fulfilled"):
        assert part in told
    assert mapping["source-gap-summary"]["unmapped-controls"] == [{"with-ids": ["T-2", "T-3"]}]
    assert mapping["target-gap-summary"]["unmapped-controls"] == [{"with-ids": ["K-2"]}]


def test_a_side_that_is_mapped_in_full_has_no_gap_summary():
    (mapping,) = collect(make_direct("T-1", "K-1"), make_direct("T-1", "K-2"))["mappings"]
    assert "target-gap-summary" not in mapping
    assert "source-gap-summary" in mapping


def test_a_rationale_type_that_nobody_gave_is_not_taken_from_the_collection():
    body = collect(make_direct(rationale_type=""), make_direct("T-2", rationale_type="functional"))
    assert body["provenance"]["matching-rationale"] == "functional"
    first = body["mappings"][0]["maps"][0]
    assert ("matching-rationale" in first, props_of(first)["rationale-type"]) == (False, "not-stated")


def test_without_a_typed_row_there_is_nothing_that_oscal_could_hold():
    with pytest.raises(ValueError, match=r"No direct mapping from Tea to Cake has a relationship.*write the STRM"):
        collect(make_direct(relationship="", rationale_type=""))


def test_the_same_state_writes_the_same_bytes_and_another_state_another_file_with_the_same_maps():
    first, again = (collect(make_direct(), make_direct("T-2", "K-2")) for _ in range(2))
    assert json.dumps(first) == json.dumps(again)
    other = collect(make_direct(), make_direct("T-2", "K-2", rationale="Otherwise."))
    assert first["uuid"] != other["uuid"]
    assert [found["uuid"] for found in first["mappings"][0]["maps"]] == [
        found["uuid"] for found in other["mappings"][0]["maps"]
    ]
    rows = rows_of(make_direct())
    elsewhere = mapping_collection(focal=TEA, reference=CAKE, rows=rows, as_of=replace(AS_OF, issuer="Another"))
    found = elsewhere["mapping-collection"]["mappings"][0]["maps"][0]["uuid"]
    assert found != first["mappings"][0]["maps"][0]["uuid"], "two offices never write the same uuid"


# Catalogues


def test_a_catalogue_keeps_headings_ids_and_says_whose_words_the_text_is():
    heading = make_row("T-A", heading=True, title="Kettle", citation="A")
    rows = (
        make_row("T-1", parent="T-A", verification="M", texts=(Text("en", "own", "Do T-1", "One does T-1."),)),
        make_row("Art. 2(1)", force="GUIDE"),
    )
    side = OneSide("tea", "Tea", "1", rows)
    found = catalogue(
        side, as_of=AS_OF, headings=[heading, make_row("K-A", heading=True)], instruments={"tea": "Tea Act"}
    )
    (group,) = found["catalog"]["groups"]
    assert (group["title"], "controls" in group) == ("Tea Act", False)
    own, under = group["groups"]
    assert (under["id"], under["title"], [control["id"] for control in under["controls"]]) == ("T-A", "Kettle", ["T-1"])
    (control,) = under["controls"]
    assert props_of(control) | {"citation": "Art. T-1", "force": "LAW", "verification": "M", "text-origin": "own"} == (
        props_of(control)
    )
    assert control["parts"] == [{"id": "T-1_smt", "name": "statement", "prose": "One does T-1."}]
    (odd,) = own["controls"]
    assert TOKEN.fullmatch(odd["id"])
    assert props_of(odd)["original-id"] == "Art. 2(1)"


def test_our_catalogue_is_read_as_a_library_of_the_same_requirements():
    library = read(catalogue(TEA, as_of=AS_OF))
    leaves = [node for node in library.nodes if node.assessable]
    assert (library.key, library.title, library.publisher) == ("tea", "Tea", "The bank")
    assert [(node.ref, node.citation, node.title, node.text) for node in leaves] == [
        (row.id, row.citation, row.title, row.summary) for row in TEA.rows
    ]


@given(st.lists(st.text(min_size=1, max_size=12), unique=True))
def test_ids_become_tokens_and_no_two_become_one(idents):
    tokens = [token(ident) for ident in idents]
    assert all(TOKEN.fullmatch(one) for one in tokens)
    assert len(set(tokens)) == len(tokens)


def test_headings_in_a_circle_do_not_hold_the_writer():
    headings = [make_row("A", heading=True, parent="B"), make_row("B", heading=True, parent="A")]
    side = OneSide("tea", "Tea", "1", (make_row("T-1", parent="A"),))
    assert "T-1" in json.dumps(catalogue(side, as_of=AS_OF, headings=headings))


# What others read


def bundle(*direct):
    return oscal_bundle(focal=TEA, reference=CAKE, rows=rows_of(*direct), as_of=AS_OF)


def test_a_bundle_names_its_catalogues_by_addresses_that_exist():
    files = bundle(make_direct())
    assert list(files) == ["mapping-tea--cake.json", "catalog-tea.json", "catalog-cake.json"]
    (mapping,) = json.loads(files["mapping-tea--cake.json"])["mapping-collection"]["mappings"]
    ids = {}
    for name in ("source-resource", "target-resource"):
        (group,) = json.loads(files[mapping[name]["href"]])["catalog"]["groups"]
        ids[name] = {control["id"] for control in group["controls"]}
    assert mapping["maps"][0]["sources"][0]["id-ref"] in ids["source-resource"]
    assert mapping["maps"][0]["targets"][0]["id-ref"] in ids["target-resource"]


ROWS = [
    make_direct("T-1", "K-1", "equal", rationale="Two\n\nlines, and “quotes”."),
    make_direct("T-2", "K-1", "intersects", rationale_type="", rationale="", strength=None, status="re_review"),
    make_direct(
        "T-3", "K-2", "no_relationship", strength=0, status="approved", reviewer="P-b", reviewed_on="2026-01-02"
    ),
]


def test_trestle_reads_collection_and_catalogues():
    files = bundle(*ROWS)
    found = MappingModel.model_validate_json(files.pop("mapping-tea--cake.json"))
    assert [str(one.relationship) for one in found.mapping_collection.mappings[0].maps] == [
        "equivalent-to", "intersects-with", "no-relationship"
    ]  # fmt: skip
    for text in files.values():
        assert CatalogModel.model_validate_json(text).catalog.groups


BROKEN = [
    lambda body: body.pop("provenance"),
    lambda body: body["provenance"].pop("mapping-description"),
    lambda body: body["mappings"][0]["maps"][0].pop("relationship"),
    lambda body: body["mappings"][0]["maps"][0].update(strength=8),
    lambda body: body["mappings"][0]["maps"][0]["props"][0].update(value=""),
    lambda body: body["mappings"][0].update(maps=[]),
]


@pytest.mark.parametrize("damage", BROKEN)
def test_trestle_refuses_a_broken_collection(damage):
    body = collect(*ROWS)
    MappingModel.model_validate({"mapping-collection": body})
    damage(body)
    with pytest.raises(Invalid):
        MappingModel.model_validate({"mapping-collection": body})


def trestle(folder: Path, *words: str) -> int:
    program = Path(sys.executable).parent / "trestle"
    return subprocess.run([program, *words], cwd=folder, capture_output=True, check=False, timeout=120).returncode


def test_trestle_validate_passes_what_we_write_and_fails_when_it_is_broken(tmp_path):
    assert trestle(tmp_path, "init", "--local") == 0
    for name, text in bundle(*ROWS).items():
        kind = "catalog" if name.startswith("catalog") else "mapping-collection"
        folder = tmp_path / f"{kind}s" / Path(name).stem
        folder.mkdir()
        (folder / f"{kind}.json").write_text(text, encoding="utf-8")
    assert trestle(tmp_path, "validate", "-a") == 0
    path = next(tmp_path.glob("mapping-collections/*/mapping-collection.json"))
    path.write_text(path.read_text(encoding="utf-8").replace("equivalent-to", "as good as"), encoding="utf-8")
    assert trestle(tmp_path, "validate", "-a") != 0
    shutil.rmtree(tmp_path)


# Back in

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


@given(
    idents=st.lists(st.text(min_size=1, max_size=8).map(str.strip).filter(str.isprintable).filter(bool), min_size=2,
                    unique_by=str.casefold),
    relationship=st.sampled_from(Relationship), kind=st.sampled_from(["", *RATIONALE_TYPES]),
    rationale=st.lists(WORDS).map("\n".join), strength=st.none() | st.integers(0, 10),
)  # fmt: skip
@settings(max_examples=60)
def test_whatever_a_row_says_comes_back_from_the_collection(idents, relationship, kind, rationale, strength):
    focal, reference = make_side("tea", idents[0]), make_side("cake", *idents[1:])
    over = {"rationale_type": kind, "rationale": rationale, "strength": strength}
    rows = rows_of(make_direct(idents[0], idents[1], relationship, **over), focal=focal, reference=reference)
    found = mapping_collection(focal=focal, reference=reference, rows=rows, as_of=AS_OF)
    MappingModel.model_validate(found)
    assert said(read(found)) == [(idents[0], idents[1], relationship.value, kind, rationale.strip(), strength)]


def zipped(files):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return box.getvalue()


def test_the_archive_is_read_as_its_collection():
    files = bundle(*ROWS)
    text = files["mapping-tea--cake.json"].encode()
    assert (recognise(text, "x"), recognise(zipped(files), "x")) == ("oscal-mapping", "oscal-bundle")
    library = read_library(zipped(files), "x.zip")
    assert library == read_library(text, "x.json")
    (one,) = library.mapping_sets
    assert (one.source_framework, one.target_framework, len(one.pairs)) == ("tea", "cake", 3)


def test_an_archive_with_two_collections_or_with_damage_is_refused():
    text = bundle(*ROWS)["mapping-tea--cake.json"]
    with pytest.raises(LibraryError, match="The archive holds 2 mapping collections; bring one at a time"):
        read_library(zipped({"a.json": text, "b.json": text}), "x")
    whole = bytearray(zipped({"a.json": text}))
    whole[100:140] = b"\0" * 40
    kind = recognise(bytes(whole), "x")
    assert kind in (None, "oscal-bundle")
    with pytest.raises(LibraryError):
        read_library(bytes(whole), "x")


def test_an_archive_that_unpacks_to_too_much_is_refused():
    text = bundle(*ROWS)["mapping-tea--cake.json"]
    with pytest.raises(LibraryError, match="unpacks to more than 20 MB"):
        read_library(zipped({"a.json": text, "big.json": " " * 21_000_000}), "x")


def foreign(*maps, **over):
    """A collection as others write it: without our properties, in a folder that names the framework."""
    mapping = {
        "uuid": "u", "source-resource": {"type": "catalog", "href": "catalogs/tea/catalog.json"},
        "target-resource": {"type": "catalog", "href": "#r1"}, "maps": list(maps), **over,
    }  # fmt: skip
    return {
        "mapping-collection": {
            "uuid": "c", "metadata": {"title": "Tea to cake 2.0", "version": "2.0"},
            "provenance": {"method": "hybrid", "matching-rationale": "functional", "status": "complete",
                           "mapping-description": "x"},
            "mappings": [mapping],
            "back-matter": {"resources": [{"uuid": "r1", "title": "Cake Code"}]},
        }
    }  # fmt: skip


def make_map(relationship="subset-of", sources=("T-1",), targets=("K-1",), **over):
    ends = {
        name: [{"type": "control", "id-ref": ident} for ident in idents]
        for name, idents in (("sources", sources), ("targets", targets))
    }
    return {"uuid": "m", "relationship": relationship, **ends, **over}


def test_a_collection_of_others_names_its_frameworks_by_address_or_resource_and_lends_its_rationale_type():
    found = make_map(remarks="So they say.", **{"confidence-score": {"category": "high"}})
    library = read(foreign(found, make_map("equal-to", ("T-2",), **{"matching-rationale": "semantic"})))
    (one,) = library.mapping_sets
    assert (one.source_framework, one.target_framework, library.key) == ("tea", "cake-code", "tea-to-cake")
    assert said(library) == [
        ("T-1", "K-1", "subset", "functional", "So they say.", None), ("T-2", "K-1", "equal", "semantic", "", None),
    ]  # fmt: skip
    assert library.notes == ("`confidence-score` of 1 maps is left out.",)


@pytest.mark.parametrize(
    ("relationship", "sources", "targets", "typed"),
    [
        ("subset-of", 2, 1, "subset"),
        ("subset-of", 1, 2, ""),
        ("superset-of", 1, 2, "superset"),
        ("superset-of", 2, 1, ""),
        ("equal-to", 2, 1, ""),
        ("intersects-with", 1, 2, ""),
        ("no-relationship", 2, 2, "no_relationship"),
    ],
)
def test_a_map_of_several_is_typed_pair_by_pair_only_where_that_follows(relationship, sources, targets, typed):
    found = make_map(relationship, [f"T-{n}" for n in range(sources)], [f"K-{n}" for n in range(targets)])
    pairs = said(read(foreign(found)))
    assert (len(pairs), {pair[2] for pair in pairs}) == (sources * targets, {typed})
    told = f"The file relates {sources} sources to {targets} targets together as “{relationship}”"
    assert all(pair[4].startswith(told) is (typed == "") for pair in pairs)


def our(name, value):
    return [{"name": name, "ns": "urn:ai-governance-office:oscal", "value": value}]


FAULTS = [
    ((make_map("covers"),), "“m”): `relationship` is “covers”; it is one of equal-to, equivalent-to, subset-of"),
    ((make_map(ns="https://example.org/ns"),), "`ns` is “https://example.org/ns”, whose relationships are not known"),
    ((make_map(**{"matching-rationale": "magic"}),), "`matching-rationale` is “magic”; it is one of syntactic, semantic"),
    ((make_map(props=our("strength", "11")),), "`props` give the strength “11”; write a whole number from 0 to 10"),
    ((make_map(props=our("strength", "-1")),), "`props` give the strength “-1”"),
    ((make_map(sources=()),), "`sources` is empty; name at least one control"),
    ((make_map(targets=("",)),), "`id-ref` is missing; add it."),
    ((make_map(), make_map("superset-of")), "map 2 (“m”): “T-1” → “K-1” stands twice and says something else in mapping 1"),
    ((), "The collection holds no map, so there is nothing to bring"),
]  # fmt: skip


@pytest.mark.parametrize(("maps", "expected"), FAULTS)
def test_each_fault_of_a_collection_is_a_sentence(maps, expected):
    with pytest.raises(LibraryError) as caught:
        read(foreign(*maps))
    assert expected in " ".join(caught.value.problems)


def test_what_says_backwards_what_another_map_says_is_refused():
    there, back = foreign(make_map()), foreign(make_map("superset-of", ("K-1",), ("T-1",)))
    (turned,) = back["mapping-collection"]["mappings"]
    turned["source-resource"], turned["target-resource"] = turned["target-resource"], turned["source-resource"]
    there["mapping-collection"]["mappings"].append(turned)
    with pytest.raises(
        LibraryError, match="“K-1” → “T-1” says backwards what mapping 1, map 1 .* Leave one of the two out"
    ):
        read(there)
