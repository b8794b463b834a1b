"""Sheets out and in: template, export, a file's plan with before and after, its refused rows back, apply."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from controls.bringing import NOUN as LIBRARY
from governance.pages.forms import ImportForm
from governance.views.base import for_people
from office import importing
from office.models import Person, Upload
from office.resource_base import NounResource, resource_of, resources
from office.services import rights
from office.spreadsheet import XLSX, write_xlsx
from office.tasks import nudge
from office.today import today

WORDS = ("new", "changed", "retired", "unchanged", "refused")


def _refuse_unless_writer(person: Person) -> None:
    if not rights.writes_somewhere(person):
        raise PermissionDenied("Importing takes the role of an officer or leader.")


def _refuse_unless_reader(person: Person) -> None:
    if not rights.reads_register(person):
        raise PermissionDenied("Sheets are for officers, leaders and auditors.")


@require_http_methods(["GET", "POST"])
@for_people
def sheets(request: HttpRequest, person: Person) -> HttpResponse:
    """What goes out and comes in by sheet, and the form that takes a file."""
    _refuse_unless_reader(person)
    form = ImportForm(request.POST or None, request.FILES or None, initial={"noun": request.GET.get("noun", "")})
    if request.method == "POST":
        _refuse_unless_writer(person)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = importing.bring(
                content=file.read(), name=file.name, noun=form.cleaned_data["noun"], actor=person, nudge=nudge
            )
            return redirect("import", pk=upload.pk)
        except ValidationError as error:
            form.add_error("file", error.messages)
    context = {
        "form": form,
        "resources": resources(),
        "uploads": Upload.objects.visible_to(person).for_register()[:20],
        "may_import": rights.writes_somewhere(person),
    }
    return render(request, "portal/sheets.html", context)


def _upload(person: Person, pk: int) -> Upload:
    return get_object_or_404(Upload.objects.visible_to(person).for_register(), pk=pk)


@require_GET
@for_people
def plan(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    """What the file would change; loads itself again while a worker reads or applies it."""
    upload = _upload(person, pk)
    counted = [(word, upload.totals.get(word, 0)) for word in WORDS if word != "retired" or word in upload.totals]
    listed = sum(count for word, count in counted if word != "unchanged")
    context = {
        "upload": upload,
        "title": importing.title_of(upload.noun),
        "totals": counted,
        "writes": sum(upload.totals.get(word, 0) for word in ("new", "changed", "retired")),
        "refused": upload.totals.get("refused", 0),
        "more": max(0, listed - len(upload.plan)),
        "moves": upload.state in (Upload.Status.READING, Upload.Status.APPLYING),
        "own": upload.person_id == person.pk,
        "partial": upload.person_id == person.pk and upload.state == Upload.Status.SHOWN and upload.noun != LIBRARY,
    }
    return render(request, "portal/plan.html", context)


@require_POST
@for_people
def apply(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    upload = _upload(person, pk)
    try:
        done = importing.ask_apply(
            upload=upload, digest=request.POST.get("digest", ""), actor=person, nudge=nudge,
            leave_out_refused="leave_out_refused" in request.POST,
            without=importing.row_numbers(request.POST.getlist("leave_out")),
        )  # fmt: skip
        if done.status == Upload.Status.APPLIED:
            messages.success(request, "Applied: exactly the plan that was shown. The journal holds each change.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("import", pk=pk)


def _known(noun: str) -> NounResource:
    try:
        return resource_of(noun)
    except ValidationError as error:
        raise Http404(" ".join(error.messages)) from error


def _workbook(sheets: list, name: str, title: str) -> HttpResponse:
    target = io.BytesIO()
    write_xlsx(target, sheets, title=title)
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return HttpResponse(target.getvalue(), content_type=XLSX, headers=headers)


@require_GET
@for_people
def refused(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    """The refused rows as they came, each with what is wrong."""
    upload = _upload(person, pk)
    try:
        return _workbook([importing.refused_sheet(upload)], f"{upload.noun}-refused", "Refused rows")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("import", pk=pk)


@require_GET
@for_people
def template(request: HttpRequest, person: Person, noun: str) -> HttpResponse:
    """An empty sheet with drop-downs, and what each column means."""
    _refuse_unless_reader(person)
    found = _known(noun)
    return _workbook([found.template(), found.read_me()], f"{noun}-template", found.title)


@require_GET
@for_people
def export(request: HttpRequest, person: Person, noun: str) -> HttpResponse:
    """Everything of a noun that one sees, ready to be brought back."""
    _refuse_unless_reader(person)
    _known(noun)
    kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{noun}.{kind}"
        importing.write_export(noun=noun, kind=kind, reader=person, target=path)
        content = path.read_bytes()
    name = f"{noun}-{today()}.{kind}"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8" if kind == "csv" else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
