"""A refused restore leaves all as it was; one beside a later head is refused unless somebody accepts the loss."""

import threading
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from office.models import JournalHead, Person, Upload
from office.services import backup, headfile, people, verify
from office.services.backup import restore_backup, write_backup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_key(settings, tmp_path, monkeypatch) -> Path:
    """A data folder with a key of its own."""
    monkeypatch.delenv("SECRET_KEY", raising=False)
    settings.DATA_DIR, settings.SECRET_KEY = tmp_path, "the-first-key"
    (tmp_path / "secret.key").write_text("the-first-key", encoding="ascii")
    return tmp_path


def backed_up(folder: Path, name: str = "b.zip") -> Path:
    write_backup(target=folder.parent / f"{folder.name}-{name}")
    return folder.parent / f"{folder.name}-{name}"


def empty() -> None:
    call_command("flush", interactive=False, verbosity=0)


def restored(source: Path, lose_after: int | None = None) -> list[str]:
    said: list[str] = []
    restore_backup(source=source, say=said.append, lose_after=lose_after)
    return said


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def with_upload(person: Person, content: bytes) -> str:
    upload = Upload(
        noun="person",
        person=person,
        name="people.csv",
        file=ContentFile(content, name="people.csv"),
        created_at=timezone.now(),
    )
    upload.save()
    return upload.file.name


def changed_behind(person: Person) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE office_person SET title = 'Forged' WHERE id = %s", [person.pk])


def test_a_refused_restore_leaves_key_head_and_files_as_they_were_and_a_good_one_succeeds(ada, settings, tmp_path):
    name = with_upload(ada, b"ref\n")
    good = backed_up(tmp_path, "good.zip")
    changed_behind(ada)
    bad = backed_up(tmp_path, "bad.zip")
    empty()
    default_storage.delete(name)
    headfile_path = settings.JOURNAL_HEAD_FILE
    headfile_path.unlink()
    settings.SECRET_KEY = "another-key"
    (tmp_path / "secret.key").write_text("another-key", encoding="ascii")
    before = bytes_in(tmp_path)
    with pytest.raises(ValidationError, match="Nothing is kept: the journal does not hold"):
        restored(bad)
    assert bytes_in(tmp_path) == before
    assert settings.SECRET_KEY == "another-key"
    assert not Person.objects.exists()
    restored(good)
    assert verify.verify() == []
    assert (tmp_path / "secret.key").read_text(encoding="ascii") == settings.SECRET_KEY == "the-first-key"
    assert bytes_in(tmp_path / "evidence") == {name: b"ref\n"}


@pytest.mark.parametrize("standing", [b"", b"what stood there"])
def test_a_restore_that_fails_at_the_last_step_takes_everything_back(ada, settings, tmp_path, monkeypatch, standing):
    name = with_upload(ada, b"ref\n")
    source = backed_up(tmp_path)
    empty()
    default_storage.delete(name)
    if standing:
        default_storage.save(name, ContentFile(standing))
    settings.SECRET_KEY = "another-key"
    (tmp_path / "secret.key").write_text("another-key", encoding="ascii")
    before = bytes_in(tmp_path)

    def fail(head: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(headfile, "restart", fail)
    with pytest.raises(OSError, match="disk full"):
        restored(source)
    assert bytes_in(tmp_path) == before
    assert not Person.objects.exists()


def test_a_head_that_was_put_down_is_taken_back(settings, tmp_path):
    headfile.restart(headfile.Head(5, "a" * 64))()
    assert not settings.JOURNAL_HEAD_FILE.exists()
    headfile.write(6, "b" * 64)
    before = settings.JOURNAL_HEAD_FILE.read_bytes()
    back = headfile.restart(headfile.Head(5, "a" * 64))
    assert headfile.read() == headfile.Head(5, "a" * 64), "the last line counts, not the highest"
    back()
    assert settings.JOURNAL_HEAD_FILE.read_bytes() == before


def test_a_backup_older_than_the_head_outside_is_refused_before_anything_is_written(ada, settings, tmp_path):
    source = backed_up(tmp_path)
    people.add_person(ref="P-late", name="Late", actor=None)
    later = settings.JOURNAL_HEAD_FILE.read_text(encoding="ascii")
    empty()
    before = bytes_in(tmp_path)
    with pytest.raises(CommandError, match=r"head is event 2 .* ends at event 1: .* `--lose-after 1`"):
        call_command("restore", str(source))
    with pytest.raises(ValidationError, match="ends at event 1, not at event 2"):
        restored(source, lose_after=2)
    assert bytes_in(tmp_path) == before
    assert not Person.objects.exists()
    told = restored(source, lose_after=1)[-1]
    assert told.startswith("The head file keeps the head that stood before: event 2, ")
    assert verify.verify() == []
    assert settings.JOURNAL_HEAD_FILE.read_text(encoding="ascii").startswith(later)
    people.add_person(ref="P-new", name="New", actor=None)
    assert (verify.verify(), headfile.read().seq) == ([], 2)


def test_a_backup_of_another_journal_is_refused_beside_a_head_that_is_not_its_own(ada, ben, tmp_path):
    source = backed_up(tmp_path)
    headfile.restart(headfile.Head(1, "f" * 64))
    empty()
    with pytest.raises(ValidationError, match="Event 1 is not the event whose hash was written outside"):
        restored(source)


def elsewhere(work) -> None:
    """Another connection writes, as another process does, and is done before this goes on."""

    def run() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "the writer waits for the reader"


def test_the_journal_holds_while_others_write(ada, monkeypatch):
    links = verify._links

    def busy():
        elsewhere(lambda: people.add_person(ref="P-late", name="Late", actor=None))
        yield from links()

    monkeypatch.setattr(verify, "_links", busy)
    found = verify.examine()
    assert (found.problems, found.head.seq) == ((), 1)
    assert JournalHead.objects.get().seq == 2


def test_a_backup_keeps_no_writer_out_and_holds_one_state(ada, tmp_path, monkeypatch):
    names = backup._file_names

    def busy() -> list[str]:
        elsewhere(lambda: people.add_person(ref="P-late", name="Late", actor=None))
        return names()

    monkeypatch.setattr(backup, "_file_names", busy)
    source = backed_up(tmp_path)
    assert Person.objects.count() == 2
    empty()
    restored(source, lose_after=1)
    assert list(Person.objects.values_list("ref", flat=True)) == ["P-ada"]
