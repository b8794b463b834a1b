"""Verbs about files that people bring: take in, show the plan, begin, finish."""

import contextlib
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction

from office.domain.plans import Plan
from office.models import Job, Person, Upload
from office.services import rights

KEPT = timedelta(days=90)
OPEN = (Upload.Status.READING, Upload.Status.SHOWN)
"""What a plan may be shown of."""


def take_in(*, noun: str, name: str, content: bytes, person: Person, now: datetime) -> Upload:
    name = "".join(letter for letter in name if letter.isprintable()) or "file"
    upload = Upload(
        noun=noun, name=name[:200], person=person, sha256=hashlib.sha256(content).hexdigest(), created_at=now
    )
    upload.file.save(name[-80:], ContentFile(content), save=False)
    upload.save()
    return upload


def give_job(*, upload: Upload, job: Job) -> None:
    upload.job = job
    upload.save(update_fields=["job"])


def show(*, upload: Upload, plan: Plan, shown: list[dict[str, Any]], message: str = "") -> None:
    """Keeps the plan to be looked at; an earlier one of the same file is replaced. What is applied stays so."""
    _move(
        upload, status=Upload.Status.SHOWN, digest=plan.digest, totals=dict(plan.totals), plan=shown, message=message[:1000]
    )  # fmt: skip


def fail(*, upload: Upload, message: str) -> None:
    _move(upload, status=Upload.Status.FAILED, message=message[:1000])


def note(*, upload: Upload, message: str) -> None:
    _move(upload, message=message[:1000])


def _move(upload: Upload, **fields: Any) -> None:
    """Only of a file that nobody applies or has applied, whatever the caller read before."""
    Upload.objects.filter(pk=upload.pk, status__in=OPEN).update(**fields)
    upload.refresh_from_db()


def refuse_unless_shown(*, upload: Upload, digest: str, actor: Person) -> None:
    """Only a plan that stands shown is applied, by the person who brought it, under the digest that they saw."""
    if upload.person_id != actor.pk:
        raise rights.Forbidden(
            "Only the person who brought the file applies it; bring it yourself to see your own plan."
        )
    if upload.state != Upload.Status.SHOWN:
        raise ValidationError(f"This file is {upload.state_words.lower()}; there is no plan to apply.")
    if digest != upload.digest:
        raise ValidationError("This digest is not that of the plan that is shown. Look at the plan, then apply it.")


def begin(*, upload: Upload, job: Job) -> None:
    """Gives a shown plan to a job; one job only, where two were asked for at once."""
    stood = Upload.objects.filter(pk=upload.pk, status=upload.status, job=upload.job_id)
    if not stood.update(status=Upload.Status.APPLYING, job=job):
        raise ValidationError(f"{upload.name} is being applied already.")
    upload.refresh_from_db()


@contextlib.contextmanager
def finishing(*, upload: Upload, now: datetime) -> Iterator[None]:
    """Marks the file as applied in the transaction of the write itself; what is refused goes back to be looked at."""
    rows = Upload.objects.filter(pk=upload.pk)
    try:
        with transaction.atomic():
            if rows.select_for_update().get().status == Upload.Status.APPLIED:
                raise ValidationError(f"{upload.name} is applied already.")
            yield
            rows.update(status=Upload.Status.APPLIED, applied_at=now, message="")
    except ValidationError:
        rows.exclude(status=Upload.Status.APPLIED).update(status=Upload.Status.SHOWN)
        raise
    finally:
        upload.refresh_from_db()


def forget(*, now: datetime) -> int:
    """Files that were brought 90 days ago; returns how many. What they wrote stands in the journal."""
    old = list(Upload.objects.filter(created_at__lt=now - KEPT))
    for upload in old:
        upload.file.delete(save=False)
    return Upload.objects.filter(pk__in=[upload.pk for upload in old]).delete()[0]
