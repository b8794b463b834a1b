"""A crosswalk out and back through every door: command, portal, API; OSCAL, STRM, OLIR, CSV, workbook."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from trestle.oscal.catalog import Model as CatalogModel
from trestle.oscal.mapping import Model as MappingModel

from controls.models import RequirementMapping
from controls.services import mappings
from frameworks.models import Family, Requirement
from governance.workbook.files import KINDS
from office.importing import understand
from office.models import JournalEvent, JournalHead
from office.services.recording import recording
from tests.api.caller import Caller
from tests.makers import make_control, make_mapping, make_person, make_requirement
from tests.test_imports import signed_in

pytestmark = pytest.mark.django_db
TYPED = [
    ("tea.1", "cake.1", "equal", "syntactic", "Word for word.", 10, "Ask counsel.\n\nThen ask again."),
    ("tea.1", "cake.2", "equal", "semantic", "Both ask for a list.\n\nOf what is in use.", None, ""),
    ("tea.2", "cake.1", "superset", "functional", "=HYPERLINK(\"x\") is no formula.", 0, "=1+1 stays a comment"),
    ("tea.2", "cake.3", "intersects", "", "", 4, "[Status: said by a reader]"),
    ("tea.3", "cake.3", "no_relationship", "semantic", "One is about water.", 1, ""),
]  # fmt: skip
UNTYPED = ("tea.3", "cake.1", "", "", "", None, "Published so.")
NAMES = (
    "focal__ref",
    "reference__ref",
    "relationship",
    "rationale_type",
    "rationale",
    "strength",
    "comments",
    "status",
)
EXCHANGED = ("oscal", "strm", "olir")


@pytest.fixture
def kitchen(office):
    for family in ("tea", "cake"):
        for number in (1, 2, 3):
            make_requirement(f"{family}.{number}", family=family, citation=f"Art. {number}")
    control = make_control()
    for ref in ("tea.3", "cake.2"):
        make_mapping(control, Requirement.objects.get(ref=ref), relationship="equal", rationale="Over a control.")


def map_all(rows):
    for focal, reference, relationship, kind, rationale, strength, comments in rows:
        found = RequirementMapping(
            focal=Requirement.objects.get(ref=focal), reference=Requirement.objects.get(ref=reference),
            relationship=relationship, rationale_type=kind, rationale=rationale, strength=strength, comments=comments,
        )  # fmt: skip
        mappings.save_mapping(mapping=found, actor=None)


def unmap_all():
    with recording(actor=None, reason="test") as pen:
        for row in RequirementMapping.objects.all():
            pen.delete(row)


def stored():
    return sorted(RequirementMapping.objects.values_list(*NAMES), key=str)


def expected(kind, rows):
    """What comes back: OSCAL cannot hold a row without a type, OLIR has no column for comments."""
    kept = [row for row in rows if row[2] or kind != "oscal"]
    return sorted([(*row[:6], "" if kind == "olir" else row[6], "proposed") for row in kept], key=str)


def by_command(kind, tmp_path):
    path = tmp_path / f"out{KINDS[kind].ending}"
    call_command("export_crosswalk", focal="tea", reference="cake", format=kind, out=str(path))
    return path.read_bytes()


def by_portal(kind, tmp_path):
    person = make_person("P-door", role="officer")
    page = signed_in(person).get(reverse("crosswalk"), {"focal": "tea", "reference": "cake", "format": kind})
    assert (page.status_code, page["Content-Type"]) == (200, KINDS[kind].media)
    assert page["Content-Disposition"].endswith(f'{KINDS[kind].ending}"')
    return page.content


def by_api(kind, tmp_path):
    answer = Caller(make_person("P-api", role="officer")).get(f"crosswalk/?focal=tea&reference=cake&format={kind}")
    assert (answer.status_code, answer["Content-Type"]) == (200, KINDS[kind].media)
    return answer.content


DOORS = {"command": by_command, "portal": by_portal, "api": by_api}


def save(tmp_path, kind, content):
    path = tmp_path / f"back{KINDS[kind].ending}"
    path.write_bytes(content)
    return path


def bring_by_command(path, capsys):
    """Shows the plan, then applies exactly that; gives what the first run printed."""
    capsys.readouterr()
    call_command("import_file", str(path))
    shown = capsys.readouterr().out
    digest = shown.split("Digest of this plan: ")[1].split()[0]
    assert "0 refused" in shown
    call_command("import_file", str(path), apply=digest)
    return shown


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", EXCHANGED)
def test_what_leaves_by_any_door_gives_the_same_direct_mappings_where_there_are_none(
    kitchen, tmp_path, capsys, door, kind
):
    rows = [*TYPED, UNTYPED]
    map_all(rows)
    mappings.approve(
        mappings=list(RequirementMapping.objects.filter(relationship="superset")), actor=make_person("P-2", "officer")
    )
    path = save(tmp_path, kind, DOORS[door](kind, tmp_path))
    unmap_all()
    bring_by_command(path, capsys)
    assert stored() == expected(kind, rows), "all proposed, whatever the file says of its status"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("door", DOORS)
def test_the_sheet_of_the_office_leaves_by_every_door_and_changes_nothing_when_it_comes_back(
    kitchen, tmp_path, door, kind
):
    map_all([*TYPED, UNTYPED])
    path = save(tmp_path, kind, DOORS[door](kind, tmp_path))
    totals = understand(path.read_bytes(), path.name).plan(None).totals
    assert totals == {"new": 0, "changed": 0, "unchanged": 7, "refused": 0}, "six direct rows and a derived one"


@pytest.mark.parametrize("kind", EXCHANGED)
def test_into_the_office_itself_there_is_nothing_to_write(kitchen, tmp_path, capsys, kind):
    map_all([*TYPED, UNTYPED])
    path, before = save(tmp_path, kind, by_command(kind, tmp_path)), stored()
    head = JournalHead.objects.get().seq
    assert f"0 new, 0 changed, {5 if kind == 'oscal' else 6} unchanged" in bring_by_command(path, capsys)
    assert (stored(), JournalHead.objects.get().seq) == (before, head)


def trestle(folder, *words):
    program = Path(sys.executable).parent / "trestle"
    return subprocess.run([program, *words], cwd=folder, capture_output=True, check=False, timeout=120).returncode


def test_the_three_files_of_the_archive_pass_trestle(kitchen, tmp_path):
    map_all([*TYPED, UNTYPED])
    box = zipfile.ZipFile(io.BytesIO(by_command("oscal", tmp_path)))
    assert box.namelist() == ["mapping-tea--cake.json", "catalog-tea.json", "catalog-cake.json"]
    office = tmp_path / "trestle"
    office.mkdir()
    assert trestle(office, "init", "--local") == 0
    for name in box.namelist():
        kind, model = ("catalog", CatalogModel) if name.startswith("catalog") else ("mapping-collection", MappingModel)
        model.model_validate_json(box.read(name))
        folder = office / f"{kind}s" / Path(name).stem
        folder.mkdir(parents=True)
        (folder / f"{kind}.json").write_bytes(box.read(name))
    assert trestle(office, "validate", "-a") == 0


def test_the_same_state_gives_the_same_bytes_of_the_archive_by_every_door_and_another_state_others(kitchen, tmp_path):
    map_all(TYPED)
    first = by_command("oscal", tmp_path)
    assert by_command("oscal", tmp_path) == first
    client = signed_in(make_person("P-again", role="officer"))
    ask = {"focal": "tea", "reference": "cake", "format": "oscal"}
    again = [client.get(reverse("crosswalk"), ask).content for _ in range(2)]
    assert again[0] == again[1]
    map_all([UNTYPED])
    assert by_command("oscal", tmp_path) != first


def respelt(content, kind):
    """The same file with the id tea.3 spelt as one that does not exist."""
    if kind != "oscal":
        found = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as box, zipfile.ZipFile(found, "w") as out:
            for name in box.namelist():
                out.writestr(name, box.read(name).replace(b">tea.3<", b">tea.33<"))
        return found.getvalue()
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as box, zipfile.ZipFile(found, "w") as out:
        for name in box.namelist():
            out.writestr(name, box.read(name).replace(b'"tea.3"', b'"tea.33"'))
    return found.getvalue()


@pytest.mark.parametrize("kind", EXCHANGED)
def test_an_id_that_is_not_known_is_refused_by_name_and_nothing_is_written(kitchen, tmp_path, capsys, kind):
    map_all(TYPED)
    path = save(tmp_path, kind, respelt(by_command(kind, tmp_path), kind))
    unmap_all()
    head = JournalHead.objects.get().seq
    call_command("import_file", str(path))
    shown = capsys.readouterr()
    assert '“tea.33” is not in Law tea. Did you mean "tea.3"?' in shown.err
    digest = shown.out.split("Digest of this plan: ")[1].split()[0]
    with pytest.raises(CommandError, match=r"1 row\(s\) are refused. Mend them, or say that they are left out"):
        call_command("import_file", str(path), apply=digest)
    assert (RequirementMapping.objects.count(), JournalHead.objects.get().seq) == (0, head)
    assert not Family.objects.filter(origin="imported").exists()


NOTHING = "No direct mapping from Law tea to Law cake has a relationship, and OSCAL has no collection without one; 1"


def test_without_a_typed_direct_row_every_door_says_so_in_a_sentence(kitchen, tmp_path):
    map_all([UNTYPED])
    with pytest.raises(CommandError, match=NOTHING):
        by_command("oscal", tmp_path)
    assert list(tmp_path.glob("*.zip")) == []
    officer = make_person("P-1", role="officer")
    ask = {"focal": "tea", "reference": "cake", "format": "oscal"}
    page = signed_in(officer).get(reverse("crosswalk"), ask)
    assert (page.status_code, NOTHING in page.content.decode()) == (400, True)
    answer = Caller(officer).get("crosswalk/?focal=tea&reference=cake&format=oscal")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(NOTHING)
    assert by_command("strm", tmp_path), "the sheets hold rows without a type"


@pytest.mark.parametrize("kind", ["strm", "olir"])
def test_a_sheet_without_a_direct_row_goes_out_and_says_when_it_comes_back_that_there_is_nothing(
    kitchen, tmp_path, kind
):
    content = by_command(kind, tmp_path)
    with pytest.raises(ValidationError, match="The sheet holds no pair, so there is nothing to bring"):
        understand(content, f"x{KINDS[kind].ending}")


@pytest.mark.parametrize("door", ["portal", "api"])
def test_only_who_reads_the_register_takes_a_crosswalk_away(kitchen, door):
    map_all(TYPED)
    for role, status in (("", 403), ("team_member", 403), ("auditor", 200)):
        person = make_person(f"P-{role}", role)
        if door == "portal":
            ask = {"focal": "tea", "reference": "cake", "format": "strm"}
            found = signed_in(person).get(reverse("crosswalk"), ask)
        else:
            found = Caller(person, "read").get("crosswalk/?focal=tea&reference=cake&format=strm")
        assert found.status_code == status, role


def test_a_format_that_is_none_is_told_with_those_that_are(kitchen, tmp_path):
    officer = make_person("P-1", role="officer")
    answer = Caller(officer).get("crosswalk/?focal=tea&reference=cake&format=pdf")
    assert answer.json()["errors"][0]["detail"] == "format must be one of: json, xlsx, csv, oscal, strm, olir."
    with pytest.raises(CommandError, match="There is no family or instrument “coffee”"):
        call_command("export_crosswalk", focal="coffee", reference="cake", format="oscal", out=str(tmp_path / "x"))


@pytest.mark.parametrize("kind", ["strm", "olir"])
@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_the_sheets_come_back_from_libreoffice_as_they_went(kitchen, tmp_path, capsys, kind, form):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed: the sheets were not saved by another program.")
    map_all([*TYPED, UNTYPED])
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(by_command(kind, tmp_path))
    command = [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", form]
    subprocess.run(
        [*command, "--outdir", str(tmp_path / "by"), str(path)], check=True, timeout=180, capture_output=True
    )
    unmap_all()
    bring_by_command(tmp_path / "by" / f"sheet.{form}", capsys)
    assert stored() == expected(kind, [*TYPED, UNTYPED])


def test_a_comment_of_several_lines_stands_in_full_in_the_collection(kitchen, tmp_path):
    map_all(TYPED[:1])
    box = zipfile.ZipFile(io.BytesIO(by_command("oscal", tmp_path)))
    (mapping,) = json.loads(box.read("mapping-tea--cake.json"))["mapping-collection"]["mappings"]
    (told,) = [prop for prop in mapping["maps"][0]["props"] if prop["name"] == "comments"]
    assert (told["value"], told["remarks"]) == ("Ask counsel. Then ask again.", "Ask counsel.\n\nThen ask again.")


def test_the_plan_names_the_comments_that_it_would_write(kitchen, tmp_path):
    map_all(TYPED[:1])
    content = by_command("strm", tmp_path)
    unmap_all()
    events = JournalEvent.objects.count()
    (row,) = understand(content, "x.xlsx").plan(None).rows
    assert row.cells[-1].column == "comments"
    assert row.cells[-1].after == "Ask counsel.\n\nThen ask again."
    assert JournalEvent.objects.count() == events
