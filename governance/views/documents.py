"""The documents of the office as pages for printing, and as files to take away."""

import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance.choices import Severity
from governance.documents import board as board_texts
from governance.documents.applicability import printed, statement_of, statement_sheets
from governance.documents.board import board_report
from governance.documents.docx import DOCX, write_board
from governance.documents.gap_register import Register, families_known, register_of, register_sheets, standing_sheet
from governance.domain.gap_register import NO_ENTITY, Chosen
from governance.pages.forms import DaysForm
from governance.views.base import find_deployment, for_people
from office.history import THEN
from office.models import LegalEntity, Person
from office.services import rights
from office.spreadsheet import XLSX, Sheet, write_csv, write_xlsx
from office.today import today

AT_ONCE = 100
"""Gaps on one page; the files hold all."""
ANY = ("", "All")


class TwoDaysForm(forms.Form):
    """The two clocks of a document; an earlier second day shows the office as it stood then."""

    on = forms.DateField(required=False, label="On", widget=forms.DateInput(attrs={"type": "date"}))
    known_on = forms.DateField(required=False, label="As known on", widget=forms.DateInput(attrs={"type": "date"}))


class RegisterForm(TwoDaysForm):
    """What of the register is wanted, and the days."""

    entity = forms.ChoiceField(required=False, label="Legal entity")
    family = forms.ChoiceField(required=False, label="Family")
    severity = forms.ChoiceField(required=False, label="Severity", choices=[ANY, *Severity.choices])
    overdue = forms.ChoiceField(required=False, label="When due", choices=[ANY, ("on", "Overdue only")])

    def __init__(self, *args: Any, entities: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].choices = [ANY, (NO_ENTITY, "The office, once"), *entities]  # type: ignore[attr-defined]
        self.fields["family"].choices = [ANY, *families_known()]  # type: ignore[attr-defined]


@require_GET
@for_people
def statement(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    """Open to who sees the deployment, its team too."""
    wanted = format_asked(request, "xlsx", "csv")
    deployment = find_deployment(person, key)
    days = DaysForm(request.GET or None)
    chosen = days.cleaned_data if days.is_valid() else {}
    on, known_on = days_of(chosen)
    found = statement_of(deployment, person, on, known_on, chosen.get("answers") or THEN)
    if wanted and found.standing is not None and not days.errors:
        sheets = statement_sheets(found)
        return file_of(wanted, f"statement-{key}-{on}", f"Statement of applicability: {deployment}", sheets, sheets[1])
    form = days if days.is_bound else DaysForm(initial={"on": on, "known_on": on, "answers": THEN})
    parts, notes = printed(found)
    context = {"statement": found, "parts": parts, "notes": notes, "as_of": found.as_of, "days": form}
    return render(request, "portal/statement.html", context | {"query": kept_query(request)})


@require_GET
@for_people
def gaps(request: HttpRequest, person: Person) -> HttpResponse:
    """Every gap that one sees, filtered by the address; files hold what the filter keeps."""
    _refuse_unless_reader(person)
    wanted = format_asked(request, "xlsx", "csv")
    entities = LegalEntity.objects.visible_to(person).values_list("scope__key", "scope__name")
    form = RegisterForm(request.GET or None, entities=list(entities))
    chosen = form.cleaned_data if form.is_valid() else {}
    on, known_on = days_of(chosen)
    found = register_of(person, on, known_on, _chosen(chosen))
    if wanted and not form.errors:
        return file_of(wanted, f"gaps-{on}", "Register of gaps", register_sheets(found), standing_sheet(found))
    return render(request, "portal/gaps.html", _shown(request, form, found))


def _chosen(given: dict[str, Any]) -> Chosen:
    words = {name: given.get(name) or "" for name in ("entity", "family", "severity")}
    return Chosen(**words, overdue=bool(given.get("overdue")))


def _shown(request: HttpRequest, form: RegisterForm, found: Register) -> dict[str, Any]:
    on, labels = found.as_of.on, dict(Severity.choices)
    page = Paginator(found.standing, AT_ONCE).get_page(request.GET.get("page"))
    return {
        "form": form,
        "register": found,
        "as_of": found.as_of,
        "page": page,
        "rows": [(gap, labels[gap.severity], gap.overdue_days(on)) for gap in page],
        "totals": [(labels[row.severity], row) for row in found.totals],
        "families": dict(families_known()),
        "query": kept_query(request),
    }


@require_GET
@for_people
def board(request: HttpRequest, person: Person) -> HttpResponse:
    _refuse_unless_reader(person)
    wanted = format_asked(request, "docx")
    days = TwoDaysForm(request.GET or None)
    on, known_on = days_of(days.cleaned_data if days.is_valid() else {})
    found = board_report(person, on, known_on)
    if wanted and not days.errors:
        target = io.BytesIO()
        write_board(target, found)
        return _attached(target.getvalue(), DOCX, f"board-{on}.docx")
    form = days if days.is_bound else TwoDaysForm(initial={"on": on, "known_on": on})
    context = {"board": found, "as_of": found.as_of, "days": form, "query": kept_query(request), "texts": board_texts}
    return render(request, "portal/board.html", context)


def _refuse_unless_reader(person: Person) -> None:
    if not rights.reads_register(person):
        raise PermissionDenied("The register and the board report are for officers, leaders and auditors.")


def days_of(chosen: dict[str, Any]) -> tuple[date, date]:
    """Today where no day is chosen; what is known on the same day where no other is."""
    on = chosen.get("on") or today()
    return on, chosen.get("known_on") or on


def format_asked(request: HttpRequest, *known: str) -> str:
    """What the address asks for; "" for the page. Another word is not passed over."""
    word = request.GET.get("format", "")
    if word and word not in known:
        raise Http404(f"format is one of: {', '.join(known)}.")
    return word


def kept_query(request: HttpRequest) -> str:
    """The address's words without page and format, for links that keep the choice."""
    words = request.GET.copy()
    for name in ("page", "format"):
        words.pop(name, None)
    return words.urlencode()


def file_of(kind: str, name: str, title: str, book: Sequence[Sheet], plain: Sheet) -> HttpResponse:
    """A workbook of all sheets, or the one sheet that a plain table can hold."""
    write: dict[str, tuple[Callable[[Path], None], str]] = {
        "xlsx": (lambda path: write_xlsx(path, book, title=title), XLSX),
        "csv": (lambda path: write_csv(path, plain), "text/csv; charset=utf-8"),
    }
    writes, media = write[kind]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{kind}"
        writes(path)
        return _attached(path.read_bytes(), media, path.name)


def _attached(content: bytes, media: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})
