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


def show(*, upload: Upload, plan: Plan, shown: list[dict[str, Any]]) -> None:
    """Keeps the plan to be looked at; an earlier one of the same file is replaced."""
    upload.status, upload.digest, upload.totals, upload.plan = (
        Upload.Status.SHOWN,
        plan.digest,
        dict(plan.totals),
        shown,
    )
    upload.message = ""
    upload.save(update_fields=["status", "digest", "totals", "plan", "message"])


def fail(*, upload: Upload, message: str) -> None:
    upload.status, upload.message = Upload.Status.FAILED, message[:1000]
    upload.save(update_fields=["status", "message"])


def note(*, upload: Upload, message: str) -> None:
    upload.message = message[:1000]
    upload.save(update_fields=["message"])


def refuse_unless_shown(*, upload: Upload, digest: str, actor: Person) -> None:
    """Only a plan that stands shown is applied, by the person who brought it, under the digest that they saw."""
    if upload.person_id != actor.pk:
        raise rights.Forbidden(
            "Only the person who brought the file applies it; bring it yourself to see your own plan."
        )
    if upload.status != Upload.Status.SHOWN:
        raise ValidationError(f"This file is {upload.get_status_display().lower()}; there is no plan to apply.")
    if digest != upload.digest:
        raise ValidationError("This digest is not that of the plan that is shown. Look at the plan, then apply it.")


def begin(*, upload: Upload, job: Job) -> None:
    upload.status, upload.job = Upload.Status.APPLYING, job
    upload.save(update_fields=["status", "job"])


@contextlib.contextmanager
def finishing(*, upload: Upload, now: datetime) -> Iterator[None]:
    """Marks the file as applied in the transaction of the write itself; what is refused goes back to be looked at."""
    try:
        with transaction.atomic():
            Upload.objects.select_for_update().get(pk=upload.pk)
            yield
            upload.status, upload.applied_at, upload.message = Upload.Status.APPLIED, now, ""
            upload.save(update_fields=["status", "applied_at", "message"])
    except ValidationError:
        upload.status, upload.applied_at = Upload.Status.SHOWN, None
        upload.save(update_fields=["status", "applied_at"])
        raise


def forget(*, now: datetime) -> int:
    """Files that were brought 90 days ago; returns how many. What they wrote stands in the journal."""
    old = list(Upload.objects.filter(created_at__lt=now - KEPT))
    for upload in old:
        upload.file.delete(save=False)
    return Upload.objects.filter(pk__in=[upload.pk for upload in old]).delete()[0]
