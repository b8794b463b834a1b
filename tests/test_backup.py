"""A backup gives the same office again, whatever the database; a damaged one gives none."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.installation import POSTGRES, Installation
from tests.test_processes import shell

pytestmark = pytest.mark.worker
FIGURES = """
import json
from governance.domain.position import share
from governance.inputs import position_on
from office.models import JournalHead
from controls.models import Evidence
from datetime import date
p = position_on(date(2026, 11, 25))
families = {}
for line in p.lines:
    families.setdefault(line.family, []).append(line)
s = {key: share(lines) for key, lines in families.items()}
head = JournalHead.objects.get()
print("FIGURES", json.dumps([head.seq, head.hash, {k: [v.lower, v.upper, v.applies, v.may_apply] for k, v in sorted(s.items())},
    [e.file.open().read().decode() for e in Evidence.objects.exclude(file="")]]))
"""
ADD_FILE = """
from django.core.files.base import ContentFile
from datetime import date
from controls.models import Implementation
from controls.services.controls import add_evidence
from office.models import Person
person = Person.objects.first()
add_evidence(implementation=Implementation.objects.first(), title="Log", valid_from=date(2026, 11, 1),
    collected_by=person, actor=person, file=ContentFile(b"what the log says", name="log.txt"))
"""


def figures(installation: Installation) -> str:
    return shell(installation, FIGURES).split("FIGURES ")[1]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """An office on SQLite with the demo and a file, and its backup."""
    made = Installation(tmp_path_factory.mktemp("original"), postgres=False)
    made.manage("quickstart", "--no-serve")
    shell(made, ADD_FILE)
    printed = made.manage("backup", str(made.folder / "office.zip"))
    assert "1 files" in printed
    yield made
    made.close()


def fresh(tmp_path: Path, *, postgres: bool = False) -> Installation:
    return Installation(tmp_path, postgres=postgres)


@pytest.mark.parametrize("postgres", [False, pytest.param(True, marks=pytest.mark.postgres)])
def test_a_restored_office_has_the_same_journal_head_the_same_figures_and_files(original, tmp_path, postgres):
    if postgres and not POSTGRES:
        pytest.skip("DATABASE_URL names no PostgreSQL; that run restores there")
    other = fresh(tmp_path, postgres=postgres)
    try:
        before = figures(original)
        printed = other.manage("restore", str(original.folder / "office.zip"))
        head = json.loads(before)[1]
        assert f"The journal holds, head {json.loads(before)[0]} {head}" in printed
        assert figures(other) == before
        assert "what the log says" in before
        assert head in other.manage("verify_journal")
        shell(other, ADD_FILE)
        assert other.manage("verify_journal").startswith("The journal holds"), "numbers go on where they stood"
        again = other.run("restore", str(original.folder / "office.zip"))
        assert "The database is not empty" in again.stderr
    finally:
        other.close()


def changed(original: Installation, tmp_path: Path, part: str, old: bytes, new: bytes) -> Path:
    """A copy of the backup with one part changed."""
    target = tmp_path / "changed.zip"
    with zipfile.ZipFile(original.folder / "office.zip") as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            copy.writestr(name, content.replace(old, new, 1) if name == part else content)
    return target


@pytest.mark.parametrize(
    ("part", "old", "new", "sentence"),
    [
        ("rows/governance.gap.jsonl", b'"open"', b'"done"', "Part rows/governance.gap.jsonl was changed"),
        ("manifest.json", b'"format": 1', b'"format": 9', "has format 9; this version reads format 1"),
        ("manifest.json", b'"files/', b'"files/../', "is missing"),
    ],
)
def test_a_backup_that_was_changed_is_refused_before_anything_is_written(original, tmp_path, part, old, new, sentence):
    other = fresh(tmp_path / "other")
    try:
        done = other.run("restore", str(changed(original, tmp_path, part, old, new)))
        assert done.returncode != 0
        assert sentence in done.stderr
        assert other.query("SELECT count(*) FROM office_journalevent")[0][0] == 0
    finally:
        other.close()


def test_a_file_that_is_none_and_one_that_was_cut_are_refused(original, tmp_path):
    other = fresh(tmp_path / "other")
    text, cut = tmp_path / "text.zip", tmp_path / "cut.zip"
    text.write_text("no zip", encoding="utf-8")
    whole = (original.folder / "office.zip").read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    try:
        for file in (text, cut, tmp_path / "nowhere.zip"):
            assert "is not a backup of this office" in other.run("restore", str(file)).stderr
        assert "cannot be written" in original.run("backup", "/nowhere/b.zip").stderr
    finally:
        other.close()


def test_another_secret_key_is_told_before_anything_is_written(original, tmp_path):
    other = Installation(tmp_path, postgres=False, SECRET_KEY="another-key-altogether")
    try:
        told = other.run("restore", str(original.folder / "office.zip")).stderr
        assert "runs with another secret key" in told
        assert "fingerprint" in told
    finally:
        other.close()


def test_an_evidence_file_that_is_gone_is_named_and_the_rest_is_kept(original, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(original.folder, copy)
    shutil.rmtree(copy / "evidence")
    installation = Installation(copy, postgres=False)
    try:
        done = installation.run("backup", str(tmp_path / "b.zip"))
        assert done.returncode == 0
        assert "is not there; the backup is without it" in done.stderr
        other = fresh(tmp_path / "other")
        printed = other.run("restore", str(tmp_path / "b.zip"))
        assert "it was not there when it was made" in printed.stderr
        assert "Restored:" in printed.stdout
        other.close()
    finally:
        installation.close()
