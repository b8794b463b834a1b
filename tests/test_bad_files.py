"""What a bad file gets, at every door: a sentence that says where and what to do, and nothing is written.

Memory is measured in a process of its own, where each file may use no more than `ADDRESS_SPACE` bytes and its peak may
lie no more than `PEAK` above that of reading an empty sheet.
"""

import csv
import html
import io
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from python_calamine import load_workbook

from controls.domain.crosswalk import COLUMNS
from controls.models import RequirementMapping
from controls.services import mappings as mapping_services
from frameworks.domain.libraries import LibraryError
from frameworks.library_files import read_library
from office import importing
from office.domain.formulas import LIVE
from office.models import JournalHead, Person, Upload
from office.packed import measure, measured
from office.resource_base import resources
from office.spreadsheet import Sheet, write_csv, write_xlsx
from office.tables import damage_told, read_table
from tests.api.caller import Caller
from tests.makers import (
    make_control,
    make_direct,
    make_entity,
    make_mapping,
    make_proof,
    make_requirement,
    make_use_case,
    reword,
)
from tests.test_imports import signed_in

ADDRESS_SPACE = 1_500_000_000
PEAK = 64 * 1024 * 1024
ROOT = Path(__file__).resolve().parent.parent
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


# Files, written by hand


def zipped(parts: dict[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in parts.items():
            box.writestr(name, content)
    return target.getvalue()


def around(title: str = "People") -> dict[str, bytes | str]:
    """The parts of a workbook beside its one sheet."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
            'package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.sheet.main+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets><sheet name="{title}" sheetId="1" r:id="rId1"/></sheets>'
            "</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>'
        ),
    }


def only_sheet(rows: str, title: str = "People") -> bytes:
    return zipped({**around(title), "xl/worksheets/sheet1.xml": sheet_xml(rows)})


def merging(count: int) -> bytes:
    merges = '<mergeCell ref="A2:A4"/>' * count
    sheet = sheet_xml(HEADINGS).replace("</sheetData>", f"</sheetData><mergeCells>{merges}</mergeCells>")
    return zipped({**around(), "xl/worksheets/sheet1.xml": sheet})


def sheet_xml(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEADINGS = f'<row r="1">{cell("A1", "ref")}{cell("B1", "name")}{cell("C1", "active")}</row>'


def raw_workbook(rows: str, *, start: str = "", **more: bytes | str) -> bytes:
    sheet = start + sheet_xml(HEADINGS + rows)
    return zipped({**around(), "xl/worksheets/sheet1.xml": sheet, **more})


def ods(rows: str) -> bytes:
    spaces = (
        " ".join(
            f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
        )
        + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return zipped({
        "mimetype": mime,
        "META-INF/manifest.xml": (
            f'<m:manifest xmlns:m="{manifest}"><m:file-entry m:full-path="/" m:media-type="{mime}"/></m:manifest>'
        ),
        "content.xml": (
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="People">{rows}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>"
        ),
    })  # fmt: skip


def by_hand(parts: list[tuple[str, bytes, int, int]]) -> bytes:
    """An archive as no program writes it: name, deflated content, size and checksum as they are said to be."""
    body, directory = b"", b""
    for name, packed, size, check in parts:
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, check, len(packed), size, len(name), 0)
        directory += b"PK\x01\x02\x14\x00" + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + fields + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(parts), len(parts), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def zeros(megabytes: int, start: bytes = b"") -> bytes:
    """`start`, then so many megabytes of zeros, deflated without ever being held."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    begun = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)
    return begun + piece * megabytes + b"\x03\x00"


def honest(parts: dict[str, bytes | str]) -> list[tuple[str, bytes, int, int]]:
    told = {name: part.encode() if isinstance(part, str) else part for name, part in parts.items()}
    return [(name, deflated(part), len(part), zlib.crc32(part)) for name, part in told.items()]


def ten_gigabytes() -> bytes:
    """Three parts of 3.9 GB each, declared as they are."""
    packed = zeros(3900)
    return by_hand([*honest(around()), *((f"xl/media/{n}.xml", packed, 3900 * 1024**2, 0) for n in range(3))])


def liar() -> bytes:
    """A sheet that says it ends where its rows end, with the checksum of that; two gigabytes follow."""
    sheet = sheet_xml(HEADINGS).encode()
    lie = ("xl/worksheets/sheet1.xml", zeros(2048, sheet), len(sheet), zlib.crc32(sheet))
    return by_hand([*honest(around()), lie])


def nested() -> bytes:
    inner = by_hand([("big.xml", zeros(3900), 3900 * 1024**2, 0)])
    return zipped({**around(), "xl/worksheets/sheet1.xml": sheet_xml(HEADINGS), "xl/embeddings/inner.zip": inner})


def twice() -> bytes:
    sheet = sheet_xml(HEADINGS)
    again = sheet_xml(f'<row r="1">{cell("A1", "other")}</row>')
    parts = honest({**around(), "xl/worksheets/sheet1.xml": sheet})
    return by_hand([*parts, *honest({"xl/worksheets/sheet1.xml": again})])


def million_rows() -> bytes:
    """Written row by row into the archive, so that the test itself stays small."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as box:
        for name, content in around("Big").items():
            box.writestr(name, content)
        with box.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData>{HEADINGS}'.encode())
            for start in range(2, 1_000_002, 1000):
                rows = (
                    f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>{n}</v></c></row>'
                    for n in range(start, start + 1000)
                )
                part.write("".join(rows).encode())
            part.write(b"</sheetData></worksheet>")
    return target.getvalue()


def locked() -> bytes:
    """An archive whose directory says that its parts are encrypted."""
    return re.sub(rb"(?<=PK\x01\x02.{4})\x00\x00", b"\x01\x00", raw_workbook(""), flags=re.DOTALL)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
SPARSE = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
ODS_CELL = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'
ODS_MANY = ODS_CELL.format(' table:number-columns-repeated="16000"')
ODS_WIDE = f'<table:table-row table:number-rows-repeated="1000000">{ODS_MANY}</table:table-row>'
PEOPLE = "ref,name,active\nP-1,{},yes\n"
ENTITIES = '<!DOCTYPE w [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY b "bbbbbbbbbb">]>'

FILES = {
    "million rows": (
        million_rows, "a.xlsx",
        "Sheet “Big” of a.xlsx has more than 100000 rows; at most 100000 are read. Send it in parts.",
    ),
    "ten gigabytes": (ten_gigabytes, "a.xlsx", "a.xlsx unpacks to more than 300 MB; it is not read. Send it in parts."),
    "a size that lies": (liar, "a.xlsx", "a.xlsx is damaged: "),
    "a part twice": (twice, "a.xlsx", "its part xl/worksheets/sheet1.xml stands there twice. Open it and save it again."),
    "one cell far out": (lambda: raw_workbook(SPARSE), "a.xlsx", "Sheet “People” of a.xlsx has more than 100000 rows"),
    "two cells far apart": (
        lambda: raw_workbook('<row r="99000"><c r="ABC99000"><v>1</v></c></row>'), "a.xlsx",
        "Sheet “People” of a.xlsx reaches to row 99000, column 731; at most 6000000 cells are read. Delete what stands far out",
    ),
    "a place that is none": (
        lambda: raw_workbook('<row r="2"><c r="ABCDE99999999999"><v>1</v></c></row>'), "a.xlsx",
        "is no place of a cell. Save it again.",
    ),
    "texts without number": (
        lambda: raw_workbook("", **{"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" uniqueCount="4000000000"></sst>'}),
        "a.xlsx", "it says that it has 4000000000 texts. Open it and save it again.",
    ),
    "ods, a cell repeated": (lambda: ods(ODS_WIDE), "a.ods", "Sheet “People” of a.ods has more than 100000 rows"),
    "nested levels": (
        lambda: raw_workbook("<x>" * 5000 + "<!---->" + "</x>" * 5000), "a.xlsx", "is nested deeper than 200 levels",
    ),
    "entities": (
        lambda: raw_workbook(f'<row r="2">{cell("A2", "&e;")}</row>', start=ENTITIES), "a.xlsx",
        "a.xlsx is not read: it declares entities (a DOCTYPE), which no spreadsheet needs. Open it in a spreadsheet program",
    ),
    "an unknown encoding": (
        lambda: raw_workbook("", start='<?xml version="1.0" encoding="UTF-99"?><!-- -->'), "a.xlsx",
        "a.xlsx is damaged: unknown encoding",
    ),
    "broken XML": (
        lambda: raw_workbook("<row r='2'><c t='b'><v>1</v></row>"), "a.xlsx", "a.xlsx is damaged: mismatched tag: line 1",
    ),
    "merged cells": (
        lambda: merging(1),
        "a.xlsx", "Sheet “People”, rows 2 to 4, column A: these cells are merged. Unmerge them and write the text into each row",
    ),
    "ten thousand merged": (
        lambda: merging(10_001),
        "a.xlsx", "Sheet “People” of a.xlsx has more than 10000 merged cells. Unmerge them.",
    ),
    "an old workbook": (lambda: OLE, "a.xls", "a.xls is an old Office file (.xls). Open it and save it as .xlsx."),
    "an old one named new": (lambda: OLE, "a.xlsx", "a.xlsx is an old Office file (.xls). Open it and save it as .xlsx."),
    "a password": (
        lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx",
        "a.xlsx is protected by a password. Take the password off and save it as .xlsx.",
    ),
    "a locked archive": (
        locked, "a.xlsx", "a.xlsx is protected by a password. Take the password off and save it again.",
    ),
    "binary": (lambda: zipped({"xl/workbook.bin": b"x"}), "a.xlsb", "a.xlsb is a binary workbook (.xlsb). Save it as .xlsx."),
    "a PDF": (lambda: b"%PDF-1.7\n%\xe2\xe3", "a.xlsx", "a.xlsx is a PDF. Bring the sheet from which it was made."),
    "a web page": (
        lambda: b"<!DOCTYPE html><html><table><tr><td>ref</td></tr></table>", "a.xlsx",
        "a.xlsx is a web page. Open it in a spreadsheet program and save it as .xlsx.",
    ),
    "empty": (lambda: b"", "a.xlsx", "is empty"),
    "a workbook of nothing": (
        lambda: only_sheet(""), "a.xlsx", "a.xlsx has no sheet with content and no sheet with rows",
    ),
    "a Read me alone": (
        lambda: only_sheet(HEADINGS, "Read me"), "a.xlsx",
        "a.xlsx has “Read me” and no sheet with rows. Bring the sheet that holds them.",
    ),
    "another sheet first": (
        lambda: only_sheet(f'<row r="1">{cell("A1", "To do")}</row>', "Notes"), "a.xlsx",
        "Sheet “Notes”: The headings fit no noun. A sheet is recognised by the columns of its key.",
    ),
    "a wrong heading": (
        lambda: only_sheet(HEADINGS.replace("</row>", cell("D1", "jobtitle") + "</row>")), "a.xlsx",
        'Sheet “People”: Column “jobtitle” is not a column of persons. Did you mean "job title"?',
    ),
    "500 columns": (
        lambda: only_sheet("<row>" + '<c t="inlineStr"><is><t>x</t></is></c>' * 500 + "</row>"),
        "a.xlsx", "Sheet “People” of a.xlsx has 500 columns; at most 200 are read. Take out those that are not needed.",
    ),
    "40,000 characters": (
        lambda: raw_workbook(f'<row r="2">{cell("A2", "P-1")}{cell("B2", "x" * 40_000)}</row>'), "a.xlsx",
        "Sheet “People”, row 2, column “name”: the cell holds 40,000 characters, and a workbook at most 32,767. Shorten it",
    ),
    "a formula that failed": (
        lambda: raw_workbook(f'<row r="2">{cell("A2", "P-1")}<c r="B2" t="e"><f>NA()</f><v>#N/A</v></c></row>'), "a.xlsx",
        "Sheet “People”, row 2, column “name”: the formula gives an error. Mend it, or write the value in its place.",
    ),
    "a formula that failed beside the table": (
        lambda: raw_workbook("<row r='2'><c r='H2' t = 'e'><f>NA()</f><v>#N/A</v></c></row>"), "a.xlsx",
        "Sheet “People”, row 2, column H: the formula gives an error.",
    ),
    "a formula that failed in ods": (
        lambda: ods(
            f"<table:table-row>{ODS_CELL.format('')}</table:table-row><table:table-row><table:table-cell "
            'office:value-type="string" office:string-value="" calcext:value-type="error"/></table:table-row>'
        ),
        "a.ods", "Sheet “People”, row 2, column “x”: the formula gives an error.",
    ),
    "NUL in a workbook": (
        lambda: raw_workbook(f'<row r="2">{cell("A2", "P-1")}{cell("B2", "On_x0000_e")}</row>'), "a.xlsx",
        "Sheet “People”, row 2, column “name”: the cell holds the sign NUL, which nobody sees. Write it again.",
    ),
    "NUL in a heading": (
        lambda: only_sheet(HEADINGS.replace("name", "na_x0000_me")), "a.xlsx",
        "Sheet “People”, row 1, column B: the heading holds the sign NUL, which nobody sees. Write it again.",
    ),
    "Windows-1252": (
        lambda: PEOPLE.format("Jörg Müller").encode("cp1252"), "a.csv",
        "a.csv is not UTF-8 (byte 21). In Excel, save it as “CSV UTF-8” or as .xlsx. It looks like Windows-1252",
    ),
    "GB18030": (
        lambda: PEOPLE.format("张伟").encode("gb18030"), "a.csv",
        "a.csv is not UTF-8 (byte 20). In Excel, save it as “CSV UTF-8” or as .xlsx. It looks like GB18030 (Chinese).",
    ),
    "UTF-16 without a mark": (
        lambda: PEOPLE.format("Ann").encode("utf-16-le"), "a.csv",
        "or UTF-16 without its mark. In Excel, save it as “CSV UTF-8”",
    ),
    "a quote that is open": (
        lambda: b'ref,name\nP-1,"x', "a.csv",
        "a.csv cannot be read as CSV: unexpected end of data. Save it as “CSV UTF-8” again.",
    ),
    "a CSV of two million rows": (
        lambda: b"ref,name\n" + b"P,N\n" * 2_000_000, "a.csv", "a.csv has more than 100000 rows. Send it in parts.",
    ),
}  # fmt: skip


# The doors: each gives all that its user is told. Logins and keys are made before the head is taken.


def by_command(content: bytes, name: str, folder: Path) -> str:
    path = folder / name
    path.write_bytes(content)
    told = io.StringIO()
    try:
        call_command("import_file", str(path), stdout=io.StringIO(), stderr=told)
    except CommandError as error:
        return str(error)
    return told.getvalue()


@pytest.fixture
def doors(officer, tmp_path):
    client, caller = signed_in(officer), Caller(officer)

    def by_portal(content: bytes, name: str) -> str:
        page = client.post(reverse("sheets"), {"file": SimpleUploadedFile(name, content)}, follow=True)
        assert page.status_code == 200
        return html.unescape(page.content.decode())

    def by_api(content: bytes, name: str) -> str:
        answer = caller.client.post(
            "/api/v1/imports/",
            {"file": SimpleUploadedFile(name, content)},
            headers={"authorization": f"Bearer {caller.text}"},
        )
        assert answer.status_code in (201, 400), answer.content
        return json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"')

    return {
        "command": lambda content, name: by_command(content, name, tmp_path), "portal": by_portal, "api": by_api,
    }  # fmt: skip


def head():
    found = JournalHead.objects.filter(pk=1).first()
    return (found.seq, found.hash) if found else None


@pytest.mark.django_db
@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_refused_at_every_door_and_kept_nowhere(doors, case):
    make, name, sentence = FILES[case]
    content, before = make(), head()
    for door, bring in doors.items():
        wanted = "empty" if case == "empty" else sentence  # a form says so in words of its own
        told = bring(content, name)
        assert wanted in told, f"{door}: {told[-600:]}"
    assert (Upload.objects.count(), Person.objects.count(), head()) == (0, 1, before)


# Memory

MEASURE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
from office.tables import read_table
from django.core.exceptions import ValidationError
try:
    read_table(open(sys.argv[1], "rb").read(), "a" + sys.argv[2])
    print("read")
except ValidationError as error:
    print(error.messages[0])
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) * 1024)
"""
LARGE = {
    **{case: FILES[case][:2] for case in (
        "million rows", "ten gigabytes", "a size that lies", "one cell far out", "two cells far apart", "texts without number",
        "ods, a cell repeated", "ten thousand merged", "nested levels",
    )},
    "nested archives": (nested, "a.xlsx"),
}  # fmt: skip


def measured_apart(content: bytes, name: str, folder: Path) -> tuple[str, int]:
    """What a process of its own is told, and its peak in bytes."""
    path = folder / "file"
    path.write_bytes(content)
    code = MEASURE.format(limit=ADDRESS_SPACE)
    words = [sys.executable, "-c", code, str(path), name[1:]]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    told, peak = ran.stdout.rsplit("\n", 2)[:2]
    return told, int(peak)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Address space is limited and measured on Linux only.")
@pytest.mark.parametrize("case", LARGE)
def test_no_small_file_takes_much_memory(tmp_path, case):
    make, name = LARGE[case]
    content = make()
    assert len(content) < 25 * 1024 * 1024, "the limit of a file would refuse it unopened"
    _, usual = measured_apart(raw_workbook(""), "a.xlsx", tmp_path)
    told, peak = measured_apart(content, name, tmp_path)
    assert (told == "read") is (case == "nested archives"), told
    assert peak - usual < PEAK, f"{(peak - usual) // 1024**2} MB above an empty sheet"


def test_a_sheet_at_the_limit_of_its_area_is_read_within_the_address_space(tmp_path):
    rows = f'<row r="2"><c r="A2"><v>1</v></c></row><row r="100001">{cell("BG100001", "x")}</row>'
    told, peak = measured_apart(raw_workbook(rows), "a.xlsx", tmp_path)
    assert told == "read", "59 columns of 100,001 rows, of which two hold something"
    assert peak < 400 * 1024 * 1024


def test_what_is_read_is_what_was_measured():
    whole = raw_workbook(
        f'<row r="2">{cell("A2", "P-1")}</row>', **{"xl/media/x.png": b"x" * 1000, "docProps/app.xml": "<a>"}
    )
    again = zipfile.ZipFile(io.BytesIO(measured(whole, "a.xlsx")))
    assert again.namelist() == [*around(), "xl/worksheets/sheet1.xml"]
    assert read_table(whole, "a.xlsx").rows == [(2, ("P-1", "", ""))]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="A2" t="inlineStr"><is><t>P-1</t></is></c><c r="XFD2" s="3"/></row><row r="1048576"/>',
        "<row><c t='inlineStr'><is><t>P-1</t></is></c></row>",
        "<!-- <c r=\"XFD1048576\"><v>1</v></c> --><row r='2'><c r='A2' t='inlineStr'><is><t>P-1</t></is></c></row>",
    ],
)
def test_cells_that_hold_nothing_and_other_ways_of_writing_a_sheet_are_no_reason_to_refuse(rows):
    assert read_table(raw_workbook(rows), "a.xlsx").rows == [(2, ("P-1", "", ""))]


def test_an_ods_sheet_whose_styles_reach_to_the_end_is_read():
    row = f"<table:table-row>{ODS_CELL.format('')}<table:table-cell table:number-columns-repeated='16383'/></table:table-row>"
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rest = f'<table:table-row table:number-rows-repeated="1048574">{empty}</table:table-row>'
    assert read_table(ods(row * 2 + rest), "a.ods").rows == [(2, ("x",))]


def test_the_sheets_of_others_pass_the_same_gate():
    headings = cell("A1", "FDE #") + cell("B1", "STRM Relationship") + cell("C1", "Target ID #")
    far = f'<row r="2"><c r="A2"><v>1</v></c><c r="XFD2"><v>1</v></c></row><row r="99999">{cell("A99999", "x")}</row>'
    with pytest.raises(LibraryError) as refused:
        read_library(only_sheet(f'<row r="1">{headings}</row>{far}', "STRM"), "a.xlsx")
    assert refused.value.problems == [
        "Sheet “STRM” of the file reaches to row 99999, column 16384; at most 6000000 cells are read. Delete what stands far "
        "out, or send the sheet in parts."
    ]
    long = f'<row r="2">{cell("A2", "x" * 40_000)}{cell("B2", "equal")}{cell("C2", "y")}</row>'
    with pytest.raises(
        LibraryError, match="Sheet “STRM”, row 2, column A: the cell holds 40,000 characters"
    ) as refused:
        read_library(only_sheet(f'<row r="1">{headings}</row>{long}', "STRM"), "a.xlsx")


# Sheets beside the one that is meant


def workbook(**pages) -> bytes:
    """Sheets by name, each filled by a function that is given its page."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name, fill in pages.items():
            fill(book.add_worksheet(name.replace("_", " ")))
    return target.getvalue()


def people(page) -> None:
    page.write_row(0, 0, ["ref", "name", "active"])
    page.write_row(1, 0, ["P-1", "One", "yes"])


def notes(page) -> None:
    """Longer than what is read, with merged cells and a formula that failed."""
    page.merge_range(0, 0, 0, 4, "My notes")
    page.write_formula(1, 0, "=NA()", None, "#N/A")
    page.write(100_001, 0, "The end.")


@pytest.mark.django_db
def test_only_the_sheet_that_is_meant_is_held_to_the_limits(officer):
    brought = importing.understand(workbook(People=people, My_notes=notes), "a.xlsx")
    assert brought.table.rows == [(2, ("P-1", "One", "yes"))]
    assert importing.note_of(brought) == (
        "Only the sheet “People” was read, not “My notes”. Bring each sheet of rows in a file of its own."
    )
    with pytest.raises(ValidationError, match="Sheet “My notes” of a.xlsx has more than 100000 rows"):
        importing.understand(workbook(My_notes=notes, People=people), "a.xlsx")


@pytest.mark.django_db
def test_a_workbook_comes_back_however_long_its_change_log_is(laws, officer, tmp_path):
    rows = load_workbook(export(tmp_path / "out.xlsx")).get_sheet_by_name("Crosswalk").to_python()

    def crosswalk(page) -> None:
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)

    back = importing.understand(workbook(Cover=notes, Crosswalk=crosswalk, Change_log=notes), "c.xlsx")
    assert back.plan(officer).totals == {"new": 0, "changed": 0, "unchanged": 3, "refused": 0}
    with pytest.raises(ValidationError, match="Sheet “Crosswalk” of c.xlsx has more than 100000 rows"):
        importing.understand(workbook(Crosswalk=notes), "c.xlsx")


def test_a_sheet_that_is_too_long_is_measured_without_its_rows():
    found = measure(workbook(People=people, My_notes=notes), "a.xlsx")
    assert found.too_long == {"My notes"}
    assert load_workbook(io.BytesIO(found.content)).get_sheet_by_name("My notes").height == 0


# Text that a spreadsheet would run

LIVE_TEXTS = [
    "=1+1", "==1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "=HYPERLINK(\"http://example.org\",\"x\")", "=cmd|'/c calc'!A0",
    "-2+3+cmd|' /C calc'!D2", "＝1+1", "@=1+1", "=1+1\nsecond line", "=DDE(\"cmd\";\"x\";\"y\")",
]  # fmt: skip


@pytest.mark.parametrize("text", LIVE_TEXTS)
def test_live_text_is_never_a_formula_in_a_workbook_and_begins_with_an_apostrophe_in_csv(tmp_path, text):
    sheet = Sheet("S", [(text, 10), ("b", 10)], [[text, text]])
    file = io.BytesIO()
    write_xlsx(file, [sheet], title=text)
    marks = zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml").decode()
    assert not re.search(r"<f[ >]|<hyperlink", marks)
    assert read_table(file.getvalue(), "a.xlsx").rows == [(2, (text.strip(), text.strip()))]
    write_csv(tmp_path / "a.csv", Sheet("S", [(text, 10), ("b", 10), ("c", 10)], [[text, "", ""]]))
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as opened:
        assert list(csv.reader(opened)) == [[f"'{text}", "b", "c"], [f"'{text}", "", ""]]
    table = read_table((tmp_path / "a.csv").read_bytes(), "a.csv")
    assert (table.headings[0], table.rows) == (text.strip(), [(table.rows[0][0], (text.strip(), "", ""))])


@pytest.fixture
def live(officer, ada):
    """An office whose people, controls, mappings, use cases and evidence say what a spreadsheet would run."""
    control, requirement = make_control(), make_requirement()
    make_mapping(control, requirement, by=officer, rationale="=1+1")
    make_proof(control, make_entity(owner=ada), ada)
    case = make_use_case("@Scoring", ada)
    texts = iter(LIVE_TEXTS * 20)
    for row in (ada, control, case):
        for field in row._meta.concrete_fields:
            if field.get_internal_type() in ("TextField", "CharField") and field.name in (
                "title", "name", "objective", "purpose", "cadence", "implementation", "notes",
            ):  # fmt: skip
                setattr(row, field.name, next(texts).strip().replace("\n", " ")[:200])
        row.save()
    return control


@pytest.mark.django_db
@pytest.mark.parametrize("noun", [one.noun for one in resources()])
def test_no_column_of_any_noun_is_live_and_each_comes_back_unchanged(live, officer, tmp_path, noun):
    for kind in ("xlsx", "csv"):
        path = tmp_path / f"out.{kind}"
        rows = importing.write_export(noun=noun, kind=kind, reader=officer, target=path)
        if kind == "xlsx":
            marks = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in marks
            assert "<hyperlink" not in marks
        else:
            with path.open(encoding="utf-8-sig", newline="") as opened:
                assert not [cell for line in csv.reader(opened) for cell in line if cell.startswith(LIVE)]
        plan = importing.understand(path.read_bytes(), path.name, noun).plan(officer)
        assert plan.totals == {"new": 0, "changed": 0, "unchanged": rows, "refused": 0}


@pytest.mark.django_db
def test_a_formula_in_every_column_of_a_file_is_text_in_the_office_and_in_the_refused_rows(officer, tmp_path):
    lines = [
        {"ref": f"P-{at}", "name": text, "active": "yes" if at % 2 else "=TRUE()"} for at, text in enumerate(LIVE_TEXTS)
    ]
    target = io.StringIO()
    writer = csv.DictWriter(target, ["ref", "name", "active"])
    writer.writeheader()
    writer.writerows(lines)
    brought = importing.understand(target.getvalue().encode(), "a.csv")
    plan = brought.plan(officer)
    assert plan.totals["refused"] == len(lines[::2])
    brought.apply(digest=plan.digest, leave_out_refused=True, actor=officer)
    stored = dict(Person.objects.filter(ref__startswith="P-").exclude(ref="P-off").values_list("ref", "name"))
    assert stored == {line["ref"]: line["name"].strip() for line in lines[1::2]}
    file = io.BytesIO()
    write_xlsx(file, [brought.refused(officer)], title="x")
    marks = zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in marks
    assert "=TRUE()" in marks


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.django_db
def test_every_text_of_a_crosswalk_row_may_be_live_and_comes_back(laws, officer, tmp_path, ending):
    for text, row in zip(LIVE_TEXTS, RequirementMapping.objects.all(), strict=False):
        row.rationale, row.comments, row.source = text, text[::-1] + text, text[:50]
        mapping_services.save_mapping(mapping=row, actor=officer)
    path = export(tmp_path / f"out.{ending}", format=ending)
    if ending == "csv":
        with path.open(encoding="utf-8-sig", newline="") as opened:
            assert not [cell for line in csv.reader(opened) for cell in line if cell.startswith(LIVE)]
    else:
        for name in zipfile.ZipFile(path).namelist():
            marks = zipfile.ZipFile(path).read(name).decode() if name.startswith("xl/worksheets/") else ""
            assert not re.search(r"<f[ >]|<hyperlink", marks), name
    totals = importing.understand(path.read_bytes(), path.name).plan(officer).totals
    assert totals == {"new": 0, "changed": 0, "unchanged": 3, "refused": 0}


# Rows of a workbook and of the sheets, through every door


@pytest.fixture
def laws(office, officer, ada):
    law = [make_requirement(f"law.{number}") for number in (1, 2, 3)]
    rule = [make_requirement(f"rule.0{number}", family="rule") for number in (1, 2, 3)]
    for focal, reference in zip(law, rule, strict=True):
        make_direct(
            focal=focal, reference=reference, actor=ada, relationship="intersects", rationale="Both ask for a record."
        )
    return law, rule


def export(path: Path, **options) -> Path:
    call_command("export_crosswalk", focal="law", reference="rule", out=str(path), **options)
    return path


def crosswalk_with(folder: Path, *new: dict, **cells) -> bytes:
    """The crosswalk as it went out, with cells of its first row changed and rows added; blanks as underscores."""
    rows = load_workbook(export(folder / "out.xlsx")).get_sheet_by_name("Crosswalk").to_python()
    for name, value in cells.items():
        rows[1][rows[0].index(name.replace("_", " "))] = value
    rows += [[row.get(name.replace(" ", "_"), "") for name in COLUMNS] for row in new]
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        page, look = book.add_worksheet("Crosswalk"), book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                page.write(at, column, value, look if isinstance(value, date) else None)
    return file.getvalue()


def new_row(focal="law.1", reference="rule.02", **more):
    return {"focal_element": focal, "reference_element": reference, "relationship": "subset", **more}


NUMBER = "It looks as if a spreadsheet turned an id into a number: format the column as text and write the id again."
A_DATE = "It looks as if a spreadsheet turned an id into a date: format the column as text and write the id again."
ROWS = {
    "leading zeros cut": ([new_row(reference=7)], {}, 5, f"Column “reference element”: there is no requirement “7”. {NUMBER}"),
    "scientific notation": ([new_row(reference="1.2E+10")], {}, 5, f"there is no requirement “1.2E+10”. {NUMBER}"),
    "a date for 1-2": ([new_row(reference=date(2026, 2, 1))], {}, 5, f"there is no requirement “2026-02-01”. {A_DATE}"),
    "a date in words": ([new_row(reference="2-Jan")], {}, 5, f"there is no requirement “2-Jan”. {A_DATE}"),
    "a Chinese date": ([new_row(reference="1月2日")], {}, 5, f"there is no requirement “1月2日”. {A_DATE}"),
    "a row id as a number": ([], {"row_id": 1e5}, 2, f"Row id “100000” is none that this office gives. {NUMBER}"),
    "a row id as a date": ([], {"row_id": date(2026, 1, 1)}, 2, f"Row id “2026-01-01” is none that this office gives. {A_DATE}"),
    "a hash as a number": ([], {"row_hash": 1.5e20}, 2, f"Column “row hash”: “150000000000000000000” is no hash. {NUMBER}"),
    "a hash cut short": ([], {"row_hash": "abc"}, 2, "Column “row hash”: “abc” is no hash. Put it back as it was exported."),
    "a date as text": ([], {"reviewed_on": "26.11.2026"}, 2, "Column “reviewed on” is shown, not written here"),
    "a row twice": ([new_row(), new_row()], {}, 6, "The same row stands in row 5 already."),
    "a strength as a date": (
        [], {"strength_0-10": date(2026, 2, 1)}, 2,
        "Column “strength 0-10”: “2026-02-01” is not a whole number.",
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_of_the_workbook_is_told_with_row_and_column_at_every_door(laws, doors, tmp_path, case):
    new, cells, number, sentence = ROWS[case]
    content, before = crosswalk_with(tmp_path, *new, **cells), head()
    for door, bring in doors.items():
        told = bring(content, "back.xlsx")
        assert sentence in told, f"{door}: {told[-800:]}"
        assert f"row {number} " in told or f">{number}<" in told or f'"number": {number},' in told, door
    assert (RequirementMapping.objects.count(), head()) == (3, before)


@pytest.mark.django_db
def test_a_workbook_of_last_month_is_judged_against_the_text_that_stands(laws, doors, tmp_path):
    content = crosswalk_with(tmp_path, **{"strength_0-10": 9, "focal_version": "release of 2024-01-01"})
    reword(laws[0][0])
    before = head()
    for bring in doors.values():
        told = bring(content, "back.xlsx")
        assert "The text of law.1 has changed since the release of 2024-01-01" in told
        assert "Export the workbook anew and judge the row against the text that stands." in told
    assert head() == before


SHEETS = {
    "a number for an id": (
        "control,requirement,relationship,rationale\n1,law.1,equal,Same.\n",
        f"Column “control”: there is no control “1”. {NUMBER}",
    ),
    "a date for an id": (
        "control,requirement,relationship,rationale\nC-1,2-Jan,equal,Same.\n",
        f"there is no requirement “2-Jan”. {A_DATE}",
    ),
    "semicolons": (
        "control;requirement;relationship;rationale\nC-1;law.9;equal;Same.\n",
        "Column “requirement”: there is no requirement “law.9”",
    ),
    "tabs": (
        "control\trequirement\trelationship\trationale\nC-1\tlaw.9\tequal\tSame.\n",
        "Column “requirement”: there is no requirement “law.9”",
    ),
    "a row twice": (
        "control,requirement,relationship,rationale\n" + "C-1,law.1,equal,Same.\n" * 2, "The same row stands in row 2 already.",
    ),
    "a date as text": (
        "control,scope,title,valid from,collected by\nC-1,office,Log,26.11.2026,P-off\n",
        "Column “valid from”: “26.11.2026” is not a day; write it like 2026-11-22.",
    ),
    "a strange id of an STRM sheet": (
        "Focal framework,law,\nReference framework,rule,\nFDE #,STRM Relationship,Target ID #\nlaw.1,equal,2-Jan\n",
        f"“2-Jan” is not in Law rule. {A_DATE}",
    ),
    "a strength of an OLIR sheet as a date": (
        "Focal Document Element,Relationship,Reference Document Element,Focal Document Element Description,"
        "Strength of Relationship\nlaw.1,equal,rule.01,x,2026-02-01\n",
        "Row 2, column “Strength of Relationship”: “2026-02-01” is no strength; write a whole number from 0 to 10",
    ),
    "an STRM sheet in another code": (
        "FDE #,STRM Relationship,Target ID #,FDE Name\nlaw.1,equal,rule.01,J\xf6rg\n",
        "The file is not UTF-8 (byte 66). Save it as UTF-8.",
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("case", SHEETS)
def test_a_bad_row_of_a_sheet_is_told_at_every_door(laws, doors, case):
    text, sentence = SHEETS[case]
    make_control()
    before = head()
    content = text.encode("cp1252" if "\xf6" in text else "utf-8")
    for door, bring in doors.items():
        told = bring(content, "back.csv")
        assert sentence in told, f"{door}: {told[-800:]}"
    assert head() == before


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_of_any_mark_in_unicode_is_read(officer, code, mark):
    text = PEOPLE.format("张伟 Jörg").replace(",", mark)
    (row,) = importing.understand(text.encode(code), "a.csv").plan(officer).rows
    assert [(cell.column, cell.after) for cell in row.cells][1] == ("name", "张伟 Jörg")


def test_a_long_text_comes_in_by_csv_where_a_workbook_cannot_hold_it():
    content = f"ref,name\nP-1,{'x' * 40_000}\n".encode()
    assert len(read_table(content, "a.csv").rows[0][1][1]) == 40_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("7", "a number"), ("1.2E+10", "a number"), ("1,5", "a number"), ("2026-02-01", "a date"), ("2-Jan", "a date"),
        ("Jan-02", "a date"), ("1月2日", "a date"), ("C-1", ""), ("law.1", ""), ("Art. 5(1)", ""), ("tea-1", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_makes_of_ids_is_recognised_and_ids_are_not_taken_for_it(text, kind):
    assert damage_told(text) == (f" {NUMBER}" if kind == "a number" else f" {A_DATE}" if kind else "")
