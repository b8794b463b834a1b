"""The auditor's crosswalk: opened again with other programs than the one that wrote it."""

import csv
import shutil
import subprocess
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from python_calamine import load_workbook

from controls.domain.crosswalk import COLUMNS
from controls.models import Control
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from governance.services.gaps import recompute_gaps
from office.spreadsheet import CELL_LIMIT, Sheet, write_csv, write_xlsx
from office.today import today
from tests.makers import TODAY, make_control, make_deployment, make_direct, make_mapping, make_requirement

SHEETS = [
    "Read me", "Crosswalk", "Unmapped focal", "Unmapped reference", "Gaps", "Owners", "Evidence", "Change log", "Lists",
]  # fmt: skip
LIVE = ["=1+1", "==1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "{=1}"]


@pytest.fixture
def office_with_mappings(office, officer, ada):
    focal, other = make_requirement("law.1"), make_requirement("law.2")
    reference, untouched = make_requirement("rule.1", family="rule"), make_requirement("rule.2", family="rule")
    control = make_control(owner=ada)
    full = make_mapping(control, focal, by=ada, relationship="equal", rationale="=cmd|' /C calc'!A0")
    make_mapping(control, reference, by=ada, relationship="subset", rationale="Only the first half of it.")
    direct = make_direct(
        focal=focal, reference=untouched, actor=ada, relationship="intersects", rationale="Both ask for records."
    )
    mapping_services.approve(mappings=[full], actor=officer)
    mapping_services.approve(mappings=[direct], actor=officer)
    make_deployment()
    recompute_gaps(on=TODAY, actor=None)
    return {"other": other}


def export(path: Path, **options) -> Path:
    told = {"on": "2026-11-25", "known_on": str(today()), **options}
    call_command("export_crosswalk", focal="law", reference="rule", out=str(path), **told)
    return path


def rows_of(path: Path, sheet: str) -> list[dict]:
    header, *rows = load_workbook(path).get_sheet_by_name(sheet).to_python()
    return [dict(zip(header, row, strict=False)) for row in rows]


@pytest.mark.django_db
def test_the_workbook_holds_the_eight_sheets_and_the_columns_auditors_expect(office_with_mappings, tmp_path):
    path = export(tmp_path / "x.xlsx")
    assert load_workbook(path).sheet_names == SHEETS
    assert tuple(rows_of(path, "Crosswalk")[0]) == COLUMNS


@pytest.mark.django_db
def test_rows_are_typed_and_carry_a_rationale_or_both_legs(office_with_mappings, ada, officer, tmp_path):
    derived, direct = rows_of(export(tmp_path / "x.xlsx"), "Crosswalk")
    assert (derived["focal element"], derived["reference element"]) == ("law.1", "rule.1")
    assert (derived["relationship"], derived["status"]) == ("subset", "proposed")
    assert "C-1 → (equal) law.1" in derived["rationale text"]
    assert "C-1 → (subset) rule.1: Only the first half of it." in derived["rationale text"]
    assert derived["derived from"].count("C") == 2
    assert (direct["relationship"], direct["status"]) == ("intersects", "approved")
    assert (direct["rationale text"], direct["author"], direct["reviewer"]) == (
        "Both ask for records.", f"{ada.ref} Ada Tester", f"{officer.ref} Olga Officer",
    )  # fmt: skip
    assert isinstance(direct["reviewed on"], date)
    assert len(direct["row hash"]) == 64


@pytest.mark.django_db
def test_a_row_over_a_text_that_is_not_yet_verified_says_so(office, ada, tmp_path):
    focal, reference = make_requirement("law.1", verification="M"), make_requirement("rule.1", family="rule")
    make_direct(focal=focal, reference=reference, actor=ada, relationship="equal", rationale="Same.")
    (row,) = rows_of(export(tmp_path / "x.xlsx"), "Crosswalk")
    assert row["notes"] == "Art. 1 / Art. 1. Not yet verified (M): law.1."


@pytest.mark.django_db
def test_what_is_unmapped_what_is_open_and_who_answers_stand_beside(office_with_mappings, tmp_path):
    path = export(tmp_path / "x.xlsx")
    assert [row["element"] for row in rows_of(path, "Unmapped focal")] == ["law.2"]
    assert rows_of(path, "Unmapped reference") == []
    assert {row["requirement"] for row in rows_of(path, "Gaps")} == {"law.1", "law.2", "rule.1", "rule.2"}
    assert all(row["accountable"] for row in rows_of(path, "Gaps"))
    owners = {(row["kind"], row["key"]): row["accountable"] for row in rows_of(path, "Owners")}
    assert owners["control", "C-1"] == "Ada Tester"
    assert owners["office", "office"] == "vacant"
    read_me = {row["Subject"]: row["Text"] for row in rows_of(path, "Read me")}
    assert "2026-11-25" in read_me["As of"]
    assert len(read_me["Journal head"].split()[1]) == 64


def formulas(path: Path) -> list[str]:
    """The formula elements of a workbook, read from the file itself."""
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        return [name for name in sheets if b"<f" in book.read(name).replace(b"<fo", b"")]


@pytest.mark.django_db
def test_no_cell_is_a_formula_whatever_people_wrote(office_with_mappings, tmp_path):
    assert formulas(export(tmp_path / "x.xlsx")) == []


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    path = tmp_path / "live.xlsx"
    rows = [[text, 1, date(2026, 1, 2), None] for text in [*LIVE, "x" * (CELL_LIMIT + 10)]]
    write_xlsx(path, [Sheet("S", [("a", 9), ("b", 9), ("c", 9), ("d", 9)], rows)], title="t", author="a")
    assert formulas(path) == []
    read = load_workbook(path).get_sheet_by_name("S").to_python()[1:]
    assert [row[0].strip() for row in read[: len(LIVE)]] == [text.strip() for text in LIVE]
    assert read[0][1:] == [1.0, date(2026, 1, 2), ""]
    assert read[-1][0].endswith("… (cut)")
    with zipfile.ZipFile(path) as book:
        assert b"hyperlink" not in b"".join(book.read(name) for name in book.namelist())


def test_csv_disarms_live_text_and_keeps_the_rest(tmp_path):
    path = tmp_path / "live.csv"
    write_csv(path, Sheet("S", [("a", 9), ("b", 9)], [["=1+1", -1], ["plain", date(2026, 1, 2)], [None, "x"]]))
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["a", "b"], ["'=1+1", "-1"], ["plain", "2026-01-02"], ["", "x"]]


@pytest.mark.django_db
def test_a_retired_control_gives_no_row_from_the_day_on_which_it_was_retired(
    office_with_mappings, tmp_path, monkeypatch
):
    before, tomorrow = today(), timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    control = Control.objects.get(ref="C-1")
    control.status = "retired"
    control_services.save_control(control=control, actor=None)
    path = export(tmp_path / "x.xlsx")
    assert [row["reference element"] for row in rows_of(path, "Crosswalk")] == ["rule.2"]
    assert [row["element"] for row in rows_of(path, "Unmapped reference")] == ["rule.1"]
    path = export(tmp_path / "before.xlsx", known_on=str(before))
    assert [row["reference element"] for row in rows_of(path, "Crosswalk")] == ["rule.1", "rule.2"]


@pytest.mark.django_db
def test_the_sheet_can_be_had_as_csv(office_with_mappings, tmp_path):
    path = export(tmp_path / "x.csv", format="csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == COLUMNS
    assert len(rows) == 2
    assert rows[0][9].startswith("C-1 → (equal) law.1: =cmd")


@pytest.mark.django_db
def test_an_unknown_framework_is_refused_with_the_nearest_named(office_with_mappings, tmp_path):
    with pytest.raises(
        CommandError, match=r"no family or instrument “rul”. Did you mean \"rule\"\? Families: law, rule"
    ):
        call_command("export_crosswalk", focal="law", reference="rul", out=str(tmp_path / "x.xlsx"))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_crosswalk", focal="law", reference="rule", out=str(tmp_path / "no" / "x.xlsx"))
    assert list(tmp_path.glob("*.xlsx")) == []


@pytest.mark.django_db
def test_an_instrument_serves_as_a_framework(office_with_mappings, tmp_path):
    path = tmp_path / "x.xlsx"
    call_command("export_crosswalk", focal="I-law", reference="I-rule", out=str(path))
    assert len(rows_of(path, "Crosswalk")) == 2


@pytest.mark.django_db
def test_libreoffice_opens_the_workbook_and_sees_the_same_rows(office_with_mappings, tmp_path):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed; the workbook was opened with another reader only")
    path = export(tmp_path / "x.xlsx")
    command = [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "ods"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(path)], check=True, capture_output=True, timeout=180)
    again = tmp_path / "x.ods"
    assert load_workbook(again).sheet_names == SHEETS
    assert [row["relationship"] for row in rows_of(again, "Crosswalk")] == ["subset", "intersects"]
    with zipfile.ZipFile(again) as book:
        assert b"table:formula" not in book.read("content.xml")
