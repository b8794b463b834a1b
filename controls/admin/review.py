"""What both kinds of mapping share in the office: their review by another person, and never a status by hand."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from controls.choices import MappingStatus
from controls.services import mappings as mapping_services
from controls.services.reviewing import decide, read_tokens, token_of
from office.admin_forms import NoteForm, ReasonForm
from office.service_admin import ServiceModelAdmin, actor_of, ask_then

MAPPING_LABELS = {
    "approved": "success",
    "proposed": "info",
    "re_review": "warning",
    "rejected": "danger",
    "draft": "default",
}


class AgainForm(forms.Form):
    note = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="What has to be looked at again; the reviewer reads it.",
    )


class ProposeForm(forms.Form):
    note = forms.CharField(
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Optional; kept in the journal. You become the proposer, and another person approves.",
    )


MOVES: dict[str, tuple[str, type[forms.Form], str, str]] = {
    "approve": ("Approve mappings", NoteForm, MappingStatus.APPROVED, "approved against the texts as they stand"),
    "reject": ("Reject mappings", ReasonForm, MappingStatus.REJECTED, "rejected"),
    "ask_again": ("Look again at mappings", AgainForm, MappingStatus.RE_REVIEW, "to be looked at again"),
    "propose": ("Propose mappings", ProposeForm, MappingStatus.PROPOSED, "proposed in your name"),
}
"""Action → its title, what it asks for, the status that it gives, and what is said once it is done."""


class MappingAdmin(ServiceModelAdmin):
    """Approve, reject, look again, propose: each shows what it is about, and refuses what changed in between."""

    actions: tuple[str, ...] = ("approve", "reject", "ask_again", "propose")
    actions_detail = ("approve_one", "reject_one", "ask_again_one", "propose_one")
    ends: tuple[str, str]
    can_delete = False
    readonly_fields = (
        "side_by_side",
        "status",
        "proposed_by",
        "proposed_at",
        "reviewed_by",
        "reviewed_at",
        "review_note",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("side_by_side", "relationship", "rationale", "rationale_type", "strength")}),
            ("Which pair", {"fields": (*self.ends, "source", "comments")}),
            ("Review", {"fields": [name for name in self.readonly_fields if name != "side_by_side"]}),
        )

    @display(description="status", label=MAPPING_LABELS, ordering="status")
    def status_word(self, row: Any) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.display(description="relationship", ordering="relationship")
    def relation(self, row: Any) -> str:
        return row.get_relationship_display().split(":")[0] or "untyped"

    @admin.display(description="proposed by", ordering="proposed_by")
    def proposer(self, row: Any) -> str:
        return str(row.proposed_by or "shipped")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Under lock while it is written: a form that read the row before a review would put the old status back."""
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "POST":
            self.model._base_manager.select_for_update().filter(pk=row.pk).first()
            row = super().get_object(request, object_id, from_field)
        return row

    def write(self, request: HttpRequest, row: Any, form: Any) -> None:
        mapping_services.save_mapping(mapping=row, actor=actor_of(request))

    @admin.action(description="Approve mappings", permissions=["act"])
    def approve(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._ask(request, queryset, "approve")

    @admin.action(description="Reject mappings", permissions=["act"])
    def reject(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._ask(request, queryset, "reject")

    @admin.action(description="Look again at approved mappings", permissions=["act"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._ask(request, queryset, "ask_again")

    @admin.action(description="Propose drafts and rejected mappings", permissions=["act"])
    def propose(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._ask(request, queryset, "propose")

    @action(description="Approve", url_path="approve", permissions=["act"], icon="check")
    def approve_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_of_one(request, object_id, "approve")

    @action(description="Reject", url_path="reject", permissions=["act"], icon="close")
    def reject_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_of_one(request, object_id, "reject")

    @action(description="Look again", url_path="ask-again", permissions=["act"], icon="replay")
    def ask_again_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_of_one(request, object_id, "ask_again")

    @action(description="Propose", url_path="propose", permissions=["act"], icon="publish")
    def propose_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_of_one(request, object_id, "propose")

    def _ask(self, request: HttpRequest, queryset: QuerySet, name: str) -> HttpResponse | None:
        title, base, status, told = MOVES[name]

        def run(rows: Sequence[Any], given: dict[str, Any]) -> str:
            note = given.get("reason") or given.get("note", "")
            tokens = given["seen"].split() or [token_of(row) for row in rows]  # a hand-made request says nothing of it
            decide(mappings=rows, seen=read_tokens(tokens), status=status, actor=actor_of(request), note=note)
            return f"{len(rows)} mapping(s) {told}."

        form_class = _with_seen(base, queryset)
        return ask_then(self, request, queryset, name=name, title=title, form_class=form_class, run=run)

    def _ask_of_one(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        rows = self.get_queryset(request).filter(pk=object_id)
        back = redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)
        return self._ask(request, rows, name) or back


def _with_seen(base: type[forms.Form], rows: QuerySet) -> type[forms.Form]:
    """The form of an action, which also carries the state in which the rows were shown."""
    tokens = " ".join(token_of(row) for row in rows)
    field = forms.CharField(required=False, initial=tokens, widget=forms.HiddenInput)
    return type(base.__name__, (base,), {"seen": field})


def two_texts(left: tuple[str, str], right: tuple[str, str]) -> SafeString:
    """Two texts beside each other, each as (heading, text)."""
    cells = format_html_join(
        "",
        '<section class="border border-base-200 rounded-default p-4 dark:border-base-800">'
        '<h3 class="font-semibold mb-2">{}</h3><p class="whitespace-pre-line">{}</p></section>',
        (left, right),
    )
    return format_html(
        '<div style="display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; min-width: 44rem">{}</div>', cells
    )
