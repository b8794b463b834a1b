"""STRM and OLIR sheets: columns as auditors know them, what comes back from them, and every fault with its cell."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controls.domain.crosswalk import Leg
from controls.domain.relations import Relationship
from controls.formats.olir import olir_sheet, olir_sheets
from controls.formats.strm import strm_sheet, strm_sheets
from frameworks.domain.libraries import RATIONALE_TYPES, LibraryError
from frameworks.library_files import read_library, recognise
from office.spreadsheet import Sheet, write_csv, write_xlsx
from tests.controls.test_oscal_export import AS_OF, CAKE, TEA, make_direct, make_side, rows_of, said

SHEETS = {"strm": strm_sheets, "olir": olir_sheets}
ROWS = [
    make_direct("T-1", "K-1", "equal", rationale="=Two\n\nlines, “quotes”; and more.", status="approved", reviewer="P-b",
                reviewed_on="2026-01-02"),
    make_direct("T-1", "K-2", "", rationale_type="", rationale="", strength=None, author=""),
    make_direct("T-2", "K-1", "intersects", strength=0),
    make_direct("T-3", "K-1", "no_relationship", rationale="", strength=None),
    make_direct("T-3", "K-2", "superset", rationale_type="functional", strength=1),
]  # fmt: skip
SAID = [(row.focal, row.reference, row.relationship.value if row.relationship else "", row.rationale_type, row.rationale,
         row.strength) for row in ROWS]  # fmt: skip


def workbook(*sheets):
    file = io.BytesIO()
    write_xlsx(file, sheets, title="x")
    return file.getvalue()


def table(*rows, name="STRM"):
    """A workbook of one sheet; the first row holds the headings."""
    return workbook(Sheet(name, [(heading, 10) for heading in rows[0]], rows[1:]))


def as_csv(*rows, mark=","):
    return "\n".join(mark.join(f'"{cell}"' for cell in row) for row in rows).encode()


def problems_of(content):
    with pytest.raises(LibraryError) as caught:
        read_library(content, "x")
    return caught.value.problems


def test_an_strm_sheet_has_the_twelve_columns_in_their_order():
    sheet = strm_sheet(focal=TEA, reference=CAKE, rows=rows_of(ROWS[0]))
    assert [name for name, _ in sheet.columns] == [
        "FDE #", "FDE Name", "Focal Document Element (FDE)", "Confidence Levels", "NIST IR-8477 Rationale",
        "STRM Rationale", "STRM Relationship", "Strength of Relationship", "Cake Requirement Title", "Target ID #",
        "Cake Requirement Description", "Notes",
    ]  # fmt: skip
    assert list(sheet.rows) == [[
        "T-1", "Art. T-1: Do T-1", "One does T-1.", None, "semantic", "=Two\n\nlines, “quotes”; and more.", "equal", 8,
        "Art. K-1: Do K-1", "K-1", "One does K-1.",
        "[Status: approved; proposed by P-ann; reviewed by P-b on 2026-01-02; row R-T-1-K-1]",
    ]]  # fmt: skip


def test_an_olir_sheet_has_the_ten_columns_and_states_no_fulfilment():
    sheet = olir_sheet(focal=TEA, reference=CAKE, rows=rows_of(ROWS[3]))
    assert [name for name, _ in sheet.columns] == [
        "Focal Document Element", "Focal Document Element Description", "Rationale", "Relationship",
        "Reference Document Element", "Reference Document Element Description", "Fulfilled By (Y/N)",
        "Group Identifier", "Strength of Relationship", "Comments",
    ]  # fmt: skip
    assert list(sheet.rows) == [[
        "T-3", "Art. T-3: Do T-3\nOne does T-3.", "semantic", "not related to", "K-1",
        "Art. K-1: Do K-1\nOne does K-1.", None, None, None, "[Status: proposed; proposed by P-ann; row R-T-3-K-1]",
    ]]  # fmt: skip


@pytest.mark.parametrize("kind", SHEETS)
def test_derived_rows_stay_here_and_the_read_me_counts_what_goes_out(kind):
    legs = [
        Leg("C1", "C", "T-2", Relationship.EQUAL, "x", "approved"),
        Leg("C2", "C", "K-2", Relationship.EQUAL, "y", "approved"),
    ]
    read_me, sheet = SHEETS[kind](focal=TEA, reference=CAKE, rows=rows_of(*ROWS, legs=legs), as_of=AS_OF)
    told = dict(read_me.rows)
    assert told["Rows"].startswith("5 direct; 1 approved; 1 published without a type")
    assert (told["Focal framework"], told["Reference framework"]) == ("tea", "cake")
    assert "Journal head: 12 abc" in told["As of"]
    assert len(list(sheet.rows)) == 5


def exported(kind, form, tmp_path, rows):
    sheets = SHEETS[kind](focal=TEA, reference=CAKE, rows=rows, as_of=AS_OF)
    if form == "xlsx":
        return workbook(*sheets)
    write_csv(tmp_path / "x.csv", sheets[1])
    return (tmp_path / "x.csv").read_bytes()


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("kind", SHEETS)
def test_what_went_out_comes_back_whatever_the_file_says_of_its_status(kind, form, tmp_path):
    content = exported(kind, form, tmp_path, rows_of(*ROWS))
    assert recognise(content, "x") == kind
    library = read_library(content, "x")
    assert said(library) == SAID
    (one,) = library.mapping_sets
    named = ("tea", "cake") if form == "xlsx" else ("", "cake" if kind == "strm" else "")
    assert (one.source_framework, one.target_framework) == named


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30)


@pytest.mark.parametrize("kind", SHEETS)
@given(
    relationship=st.none() | st.sampled_from(Relationship), rationale_type=st.sampled_from(RATIONALE_TYPES),
    rationale=st.lists(WORDS).map("\n".join).map(str.strip).filter(lambda text: not text.startswith("'")),
    strength=st.none() | st.integers(0, 10),
)  # fmt: skip
@settings(max_examples=40)
def test_whatever_a_row_says_comes_back_from_a_workbook(kind, relationship, rationale_type, rationale, strength):
    row = make_direct("T-1", "K-1", relationship, rationale_type=rationale_type, rationale=rationale, strength=strength)
    sheets = SHEETS[kind](focal=TEA, reference=CAKE, rows=rows_of(row), as_of=AS_OF)
    word = relationship.value if relationship else ""
    assert said(read_library(workbook(*sheets), "x")) == [("T-1", "K-1", word, rationale_type, rationale, strength)]


# Sheets of others

STRM = (
    "FDE #",
    "STRM Relationship",
    "Target ID #",
    "NIST IR-8477 Rationale",
    "STRM Rationale",
    "Strength of Relationship",
)
OLIR = ("Focal Document Element", "Relationship", "Reference Document Element", "Rationale", "Comments",
        "Strength of Relationship")  # fmt: skip


def test_a_sheet_of_others_may_have_lines_above_its_headings_and_name_its_columns_otherwise():
    content = workbook(
        Sheet("About", [("Text", 10)], [("What this is",)]),
        Sheet("Map", [("Focal Document:", 10), ("Tea Rules", 10)], [
            ("Notes above",),
            ("FDE #", "FDE Name", "STRM\nRationale", "STRM Relationship", "SCF Control", "SCF #",
             "Strength of\nRelationship (optional)"),
            ("T-1", "Tea", "Functional", "Subset Of", "Cake", "GOV-01", 5.0),
            ("T-2", "Tea", "", "Intersects With", "Cake", "GOV-02", None),
            ("T-3", "Tea", "", "No relationship", "", "", None),
        ]),
    )  # fmt: skip
    library = read_library(content, "x")
    (one,) = library.mapping_sets
    assert (one.source_framework, one.target_framework) == ("tea-rules", "scf")
    assert said(library) == [
        ("T-1", "GOV-01", "subset", "functional", "", 5),
        ("T-2", "GOV-02", "intersects", "", "", None),
    ]
    assert [pair.line for pair in one.pairs] == [4, 5]


def named_table(name, *lines, pair):
    """A sheet with lines above its headings and one pair."""
    focal, reference = pair
    first, *others = (*lines, STRM)
    return Sheet(name, [(cell, 10) for cell in first], [*others, (focal, "equal", reference)])


def ends_of(*sheets):
    return [(one.source_framework, one.target_framework) for one in read_library(workbook(*sheets), "x").mapping_sets]


def test_each_sheet_of_a_workbook_is_of_the_frameworks_that_stand_above_its_own_headings():
    a = named_table("A", ("Focal framework", "law"), ("Reference framework", "alpha"), pair=("law.1", "AL-1"))
    b = named_table("B", ("Focal document", "act"), ("Reference framework", "beta"), pair=("act.1", "BE-1"))
    assert ends_of(a, b) == [("law", "alpha"), ("act", "beta")]


def test_what_a_sheet_does_not_say_above_its_headings_the_read_me_says_for_all():
    readme = Sheet("Read me", [("Focal framework", 10), ("law", 10)], [("Reference framework", "alpha")])
    bare = named_table("A", pair=("law.1", "AL-1"))
    own = named_table("B", ("Reference framework", "beta"), pair=("law.2", "BE-1"))
    assert ends_of(readme, bare, own) == [("law", "alpha"), ("law", "beta")]
    assert ends_of(own, bare, readme) == [("law", "beta"), ("law", "alpha")]


def test_a_semicolon_sheet_is_read_like_one_of_commas():
    rows = (OLIR, ("T-1", "Not Related To", "K-1", "SEMANTIC", "a, b, c, d", "0"))
    assert said(read_library(as_csv(*rows, mark=";"), "x")) == [
        ("T-1", "K-1", "no_relationship", "semantic", "a, b, c, d", 0)
    ]


STRM_FAULTS = [
    (("T-1", "sort of", "K-1"), "column “STRM Relationship”: “sort of” is no relationship; write equal, subset of, superset of"),
    (("T-1", "equal", "K-1", "magic"), "column “NIST IR-8477 Rationale”: “magic” is no type of rationale; write syntactic"),
    (("T-1", "equal", "K-1", "", "", "11"), "column “Strength of Relationship”: “11” is no strength; write a whole number"),
    (("T-1", "equal", "K-1", "", "", "0"), "“0” is no strength; write a whole number from 1 to 10, or leave it empty"),
    (("T-1", "equal", "K-1", "", "", "7.5"), "“7.5” is no strength"),
    (("T-1", "equal", "K-1", "", "", "-3"), "“-3” is no strength"),
    (("", "equal", "K-1"), "column “FDE #”: the identifier is missing; add it, or leave the row out"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), STRM_FAULTS)
def test_each_fault_of_an_strm_sheet_names_sheet_row_column_and_remedy(row, expected):
    good = ("T-9", "equal", "K-9", "semantic", "Because.", "3")
    (told,) = problems_of(table(STRM, good, row))
    assert told.startswith("Sheet “STRM”, row 3, column ")
    assert expected in told
    (told,) = problems_of(as_csv(STRM, good, row))
    assert told.startswith("Row 3, column ")


def test_an_olir_strength_may_be_0_but_not_11():
    assert said(read_library(table(OLIR, ("T-1", "equal", "K-1", "", "", 0)), "x"))[0][-1] == 0
    assert problems_of(table(OLIR, ("T-1", "equal", "K-1", "", "", 11), name="Relationships")) == [
        "Sheet “Relationships”, row 2, column “Strength of Relationship”: “11” is no strength; write a whole number from "
        "0 to 10, or leave it empty."
    ]


@pytest.mark.parametrize("headings", [STRM, OLIR])
@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_missing_column_is_named(headings, gone):
    rest = [name for at, name in enumerate(headings) if at != gone] + ["FDE Name", "Focal Document Element Description"]
    cells = ["x"] * len(rest)
    told = problems_of(table(rest, cells))
    assert f"Sheet “STRM”, row 1: the column “{headings[gone]}” is missing; add it to the headings." in told


def test_a_column_that_stands_twice_is_named():
    told = problems_of(as_csv((*STRM, "FDE #"), ("T-1", "equal", "K-1", "", "", "", "T-2")))
    assert told == ["Row 1: the column “FDE #” stands twice; keep one of them."]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (("K-1", "subset of", "T-1"), None),
        (("T-1", "superset of", "K-1"), "“T-1” → “K-1” stands twice and says something else in sheet “STRM”, row 2"),
        (("t-1", "subset of", "K-1", "", "Another reason."), "“t-1” → “K-1” stands twice and says something else"),
    ],
)
def test_a_pair_is_said_once(second, expected):
    content = table(STRM, ("T-1", "subset of", "K-1"), second)
    if expected is None:
        assert len(said(read_library(content, "x"))) == 2, "the same ids in two frameworks are other requirements"
    else:
        (told,) = problems_of(content)
        assert expected in told
        assert told.startswith("Sheet “STRM”, row 3, columns “FDE #” and “Target ID #”: ")


def test_a_repeated_pair_is_left_out_and_counted():
    library = read_library(table(STRM, ("T-1", "subset of", "K-1"), ("T-1", "Subset Of", "K-1")), "x")
    assert (len(said(library)), library.notes) == (1, ("1 repeated pairs are left out.",))


def test_a_text_that_the_workbook_cut_is_not_taken_for_the_whole():
    side = make_side("tea", "T-1")
    row = make_direct("T-1", "K-1", rationale="long " * 7000)
    sheets = strm_sheets(focal=side, reference=CAKE, rows=rows_of(row), as_of=AS_OF)
    (told,) = problems_of(workbook(*sheets))
    assert told == (
        "Sheet “STRM”, row 2, column “STRM Rationale”: the workbook cut this text at 32,000 characters; bring the CSV or "
        "OSCAL file instead."
    )


def test_an_empty_sheet_says_that_there_is_nothing():
    assert problems_of(as_csv(STRM)) == ["The sheet holds no pair, so there is nothing to bring."]


@pytest.mark.parametrize(
    "content",
    [
        workbook(Sheet("Crosswalk", [("focal element", 9), ("reference element", 9)], [("a", "b")])),
        workbook(Sheet("Notes", [("FDE #", 9), ("Text", 9)], [("a", "b")])),
        b"PK\x03\x04 no archive at all",
        b"control,requirement,relationship\nC-1,law.1,equal\n",
    ],
)
def test_other_tables_are_left_to_others(content):
    assert recognise(content, "x") is None


def test_a_damaged_workbook_is_refused_with_a_sentence():
    whole = workbook(*strm_sheets(focal=TEA, reference=CAKE, rows=rows_of(*ROWS), as_of=AS_OF))
    box, out = zipfile.ZipFile(io.BytesIO(whole)), io.BytesIO()
    with zipfile.ZipFile(out, "w") as broken:
        for name in box.namelist():
            content = box.read(name)
            broken.writestr(name, content.replace(b"</c>", b"</d>") if name.startswith("xl/worksheets") else content)
    (told,) = problems_of(out.getvalue())
    assert told.startswith("The file cannot be read as a workbook: ")
    assert told.endswith("Open it and save it as .xlsx.")
