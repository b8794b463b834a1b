"""The whole office in one file, and back: rows of every noun, the journal, logins, evidence files.

A zip of one JSON-lines file a noun, the files, and a manifest with the SHA-256 of each part, the journal's head and a
fingerprint of the secret key (the journal's hashes of names are keyed with it). Independent of the database's kind.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from office.domain.chain import GENESIS, Head
from office.models import Delivery, Job, JournalBatch, JournalEvent, JournalHead, Notice, Upload
from office.services import headfile
from office.services.moments import one_state
from office.services.recording import plain
from office.services.verify import recorded_models, verify

FORMAT = 1
CHUNK = 500
PART_LIMIT = 4 * 1024**3
Say = Callable[[str], None]


@dataclass(frozen=True)
class BackedUp:
    """Numbers of rows and files, and the journal's head."""

    rows: int
    files: int
    missing: tuple[str, ...]
    head: str


def kept_models() -> list[type[models.Model]]:
    """Every noun that a backup holds. Sessions and repeated answers are left out."""
    plain: list[Any] = [get_user_model(), JournalBatch, JournalEvent, JournalHead, Job, Delivery, Notice, Upload]
    return [*plain, *recorded_models()]


def fingerprint() -> str:
    """Tells keys apart without giving anything away."""
    return hashlib.sha256(f"fingerprint:{settings.SECRET_KEY}".encode()).hexdigest()[:16]


def write_backup(*, target: Path) -> BackedUp:
    """Writes the file whole or not at all; readable by its owner only. OSError where it cannot be written."""
    part = target.with_name(target.name + ".part")
    digests: dict[str, str] = {}
    missing: list[str] = []
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as box:
            with one_state():
                rows = sum(_write_rows(box, model, digests) for model in kept_models())
                names, head = _file_names(), JournalHead.objects.filter(pk=1).first()
            for name in names:
                _write_file(box, name, digests, missing)
            manifest = _manifest(head, digests, missing)
            box.writestr("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    files = sum(map(_is_file, digests))
    return BackedUp(rows, files, tuple(missing), f"{head.seq} {head.hash}" if head else "none")


def _manifest(head: JournalHead | None, digests: dict[str, str], missing: list[str]) -> dict[str, Any]:
    own_key = Path(settings.DATA_DIR) / "secret.key"
    from_file = own_key.exists() and own_key.read_text(encoding="ascii").strip() == settings.SECRET_KEY
    return {
        "format": FORMAT,
        "made_at": timezone.now().isoformat(),
        "journal": {"seq": head.seq, "hash": head.hash} if head else None,
        "key_fingerprint": fingerprint(),
        "secret_key": settings.SECRET_KEY if from_file else None,
        "parts": digests,
        "missing_files": missing,
    }


def _write_rows(box: zipfile.ZipFile, model: type[models.Model], digests: dict[str, str]) -> int:
    name, count, digest = f"rows/{model._meta.label_lower}.jsonl", 0, hashlib.sha256()
    with box.open(name, "w", force_zip64=True) as part:
        for batch in _batches(model._base_manager.order_by("pk").iterator(chunk_size=CHUNK)):
            text = "".join(json.dumps(_plain_row(row), ensure_ascii=False) + "\n" for row in batch).encode()
            digest.update(text)
            part.write(text)
            count += len(batch)
    digests[name] = digest.hexdigest()
    return count


def _plain_row(row: models.Model) -> dict[str, Any]:
    """Every stored field by its column's name, moments to the microsecond."""
    return {field.attname: plain(field.value_from_object(row)) for field in row._meta.concrete_fields}


def _row_of(model: type[models.Model], line: str) -> models.Model:
    raw = json.loads(line)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return model(**{name: fields[name].to_python(value) for name, value in raw.items() if name in fields})


def _batches(rows: Iterable[models.Model]) -> Iterator[list[models.Model]]:
    batch: list[models.Model] = []
    for row in rows:
        batch.append(row)
        if len(batch) == CHUNK:
            yield batch
            batch = []
    if batch:
        yield batch


def _file_names() -> list[str]:
    """Names of all files that rows refer to, evidence of other apps included."""
    found: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField) and model in kept_models():
                found |= set(model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True))
    return sorted(found)


def _write_file(box: zipfile.ZipFile, name: str, digests: dict[str, str], missing: list[str]) -> None:
    if not default_storage.exists(name):
        missing.append(name)
        return
    digest = hashlib.sha256()
    with default_storage.open(name) as source, box.open(f"files/{name}", "w", force_zip64=True) as part:
        for chunk in source.chunks():
            digest.update(chunk)
            part.write(chunk)
    digests[f"files/{name}"] = digest.hexdigest()


def restore_backup(*, source: Path, say: Say, lose_after: int | None = None) -> BackedUp:
    """Fills an empty database, or keeps nothing. ValidationError says why.

    Everything is checked before anything is written, and the journal afterwards; files, key and head come last.
    `lose_after` is the number of the backup's last event: said by who accepts that events after it are lost.
    """
    with _opened(source) as box:
        manifest = _read_manifest(box)
        _refuse_damage(box, manifest)
        _refuse_filled()
        head, outside = _head_in(manifest), headfile.read()
        _refuse_loss(head, outside, lose_after)
        with contextlib.ExitStack() as undo:
            key = _take_key(manifest, undo)
            with transaction.atomic():
                rows = sum(_read_rows(box, model, say) for model in kept_models())
                _move_sequences()
                _refuse_broken(head if lose_after is not None or outside is None else outside)
                files = [_put_file(box, name, seal, undo) for name, seal in manifest["parts"].items() if _is_file(name)]
                _put_key(key, undo)
                undo.callback(headfile.restart(head))
            undo.pop_all()
    if outside is not None and lose_after is not None:
        say(f"The head file keeps the head that stood before: event {outside.seq}, {outside.hash}.")
    return BackedUp(
        rows, len(files), tuple(manifest["missing_files"]), f"{head.seq} {head.hash}" if head.seq else "none"
    )


def _head_in(manifest: dict[str, Any]) -> Head:
    told = manifest["journal"]
    return Head(told["seq"], told["hash"]) if told else Head(0, GENESIS)


def _refuse_loss(head: Head, outside: Head | None, lose_after: int | None) -> None:
    """Events after the backup are lost only when somebody says so with its last number."""
    if lose_after is not None and lose_after != head.seq:
        raise ValidationError(f"This backup ends at event {head.seq}, not at event {lose_after}. Nothing is written.")
    if lose_after is None and outside is not None and outside.seq > head.seq:
        raise ValidationError(
            f"Outside the database the journal's head is event {outside.seq} ({settings.JOURNAL_HEAD_FILE}), and this backup "
            f"ends at event {head.seq}: what was written after it would be lost. Nothing is written. Look for a later backup, "
            f"or accept the loss with `--lose-after {head.seq}`."
        )


def _refuse_broken(outside: Head) -> None:
    problems = verify(outside)
    if problems:
        raise ValidationError([f"Nothing is kept: the journal does not hold. {problems[0]}", *problems[1:]])


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise ValidationError(f"{source} is not a backup of this office: {error}.") from error


def _read_manifest(box: zipfile.ZipFile) -> dict[str, Any]:
    try:
        with box.open("manifest.json") as part:
            manifest = json.loads(part.read(10_000_000))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValidationError(
            "There is no readable manifest in the file; it is not a backup, or it was cut."
        ) from error
    if manifest.get("format") != FORMAT:
        raise ValidationError(f"The backup has format {manifest.get('format')}; this version reads format {FORMAT}.")
    return manifest


def _refuse_damage(box: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """Every part as it was written, and no part that nobody wrote."""
    names = set(box.namelist()) - {"manifest.json"}
    problems = [f"Part {name} is missing." for name in sorted(set(manifest["parts"]) - names)]
    problems += [f"Part {name} was not written by a backup." for name in sorted(names - set(manifest["parts"]))]
    for name in sorted(names & set(manifest["parts"])):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or box.getinfo(name).file_size > PART_LIMIT:
            problems.append(f"Part {name} has a name or a size that no backup has.")
        elif _digest_of(box, name) != manifest["parts"][name]:
            problems.append(f"Part {name} was changed after the backup was made.")
    if problems:
        raise ValidationError(problems)


def _digest_of(box: zipfile.ZipFile, name: str) -> str:
    try:
        with box.open(name) as part:
            return _digest(part)
    except zipfile.BadZipFile:
        return ""


def _digest(stream: Any) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()


def _refuse_filled() -> None:
    filled = next((model for model in kept_models() if model._base_manager.exists()), None)
    if filled is not None:
        raise ValidationError(
            f"The database is not empty ({filled._meta.verbose_name_plural} are there). Restore into a new one: set "
            "DATA_DIR or DATABASE_URL to a place without an office."
        )


def _take_key(manifest: dict[str, Any], undo: contextlib.ExitStack) -> str | None:
    """The journal's hashes are keyed: they are checked with the key of the backup. Returns it where it is another one."""
    if manifest["key_fingerprint"] == fingerprint():
        return None
    key: str | None = manifest["secret_key"]
    if key is None or "SECRET_KEY" in os.environ:
        raise ValidationError(
            "This office runs with another secret key than the one that was backed up, so that the journal could not be "
            f"checked. Set SECRET_KEY to the old one (fingerprint {manifest['key_fingerprint']}) and restore again."
        )
    undo.callback(setattr, settings, "SECRET_KEY", settings.SECRET_KEY)
    settings.SECRET_KEY = key
    return key


def _is_file(part: str) -> bool:
    return part.startswith("files/")


def _put_key(key: str | None, undo: contextlib.ExitStack) -> None:
    if key is not None:
        path = Path(settings.DATA_DIR) / "secret.key"
        undo.callback(path.write_bytes, path.read_bytes())
        path.write_text(key, encoding="ascii")


def _read_rows(box: zipfile.ZipFile, model: type[models.Model], say: Say) -> int:
    name, count = f"rows/{model._meta.label_lower}.jsonl", 0
    if name not in box.namelist():
        return 0
    with box.open(name) as part:
        stream: IO[str] = io.TextIOWrapper(part, encoding="utf-8", newline="\n")
        for batch in _batches(_row_of(model, line) for line in stream):
            model._base_manager.bulk_create(batch, batch_size=CHUNK)
            count += len(batch)
    say(f"{count} {model._meta.verbose_name_plural}")
    return count


def _move_sequences() -> None:
    """PostgreSQL counts on from the highest number that came in."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), kept_models()):
            cursor.execute(statement)


def _put_file(box: zipfile.ZipFile, part: str, digest: str, undo: contextlib.ExitStack) -> str:
    """Puts a file down under its own name. What stood there comes back when the restore is undone."""
    name = part.removeprefix("files/")
    if default_storage.exists(name):
        with default_storage.open(name) as standing:
            if _digest(standing) == digest:
                return name
            before = undo.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed by the stack
            standing.seek(0)
            shutil.copyfileobj(standing, before)
        undo.callback(_replace, name, before)
    else:
        undo.callback(default_storage.delete, name)
    with box.open(part) as source:
        return _replace(name, source)


def _replace(name: str, content: IO[bytes]) -> str:
    default_storage.delete(name)
    content.seek(0)
    return default_storage.save(name, File(content))
