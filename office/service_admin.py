"""The one base of every admin: reads a screen query, shows what the person may see, writes through a service."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from office.models import JournalEvent, Person, Scope
from office.services import records, rights

SHOWN = 50


class ServiceForm(forms.ModelForm):
    """A form that also shows what a service refused, with everything that was typed still there."""

    refused: ValidationError | None = None
    caller: Person | None = None
    """Who fills it in; set on the form's class for each request."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refused is not None:
            self.add_refusal(self.refused)
        return cleaned

    def add_refusal(self, error: ValidationError) -> None:
        """Puts each sentence beside its field where the field is on the form, else on top."""
        told = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for name, sentences in told.items():
            self.add_error(name if name in self.fields else None, list(sentences))


class ServiceModelAdmin(ModelAdmin):
    """Save and delete call a service; rights come from the person's roles, never from Django's permissions."""

    form = ServiceForm
    add_form: type[ServiceForm] | None = None
    can_add = True
    can_change = True
    can_delete = True
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = True
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 4})}}
    object_history_template = "admin/journal_history.html"

    def write(self, request: HttpRequest, row: Any, form: forms.ModelForm) -> None:
        """Hands the row to the noun's own service where it has one."""
        records.save_record(row=row, actor=person_of(request))

    def place_of(self, row: Any, form: forms.ModelForm) -> Scope | None:
        """The scope that a row belongs to. A noun whose scope is made with it says where a new row will stand."""
        return rights.place_of(row)

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        if not rights.writes_in(person_of(request), self.place_of(obj, form)):
            raise PermissionDenied("This row belongs to a scope in which you have no writing role.")
        self.write(request, obj, form)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        records.delete_record(row=obj, actor=person_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            for row in queryset:
                self.delete_model(request, row)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What a service refuses comes back on the form: the first try is rolled back, the second only shows."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            request.refused = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None and self.add_form is not None:
            kwargs.setdefault("form", self.add_form)
        form = super().get_form(request, obj, change, **kwargs)
        form.refused, form.caller = getattr(request, "refused", None), person_of(request)
        return form

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return self.response_post_save_change(request, self.get_object(request, object_id))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Parts are shown with a row that exists."""
        return () if obj is None else super().get_inlines(request, obj)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None and self.add_form is not None else super().get_readonly_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = self.model._default_manager.get_queryset()
        ordering = self.get_ordering(request)
        rows = rows.visible_to(person_of(request))
        if hasattr(rows, "for_register"):
            rows = rows.for_register()
        return rows.order_by(*ordering) if ordering else rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rights.reads_register(person_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights.reads_register(person_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_add and self._writes(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_change and self._writes(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete and self._writes(request, obj)

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For actions: somebody who writes somewhere; the service looks at each row."""
        return self._writes(request)

    def _writes(self, request: HttpRequest, obj: Any = None) -> bool:
        person = person_of(request)
        if isinstance(obj, models.Model):
            return rights.writes_in(person, rights.place_of(obj))
        scoped = getattr(self.model, "scope_path", "")
        return rights.writes_somewhere(person) if scoped else rights.writes_in(person, None)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What the journal says about this row, newest first."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Journal of {row}",
            "events": [event_view(event) for event in JournalEvent.objects.about(row)[:200]],
            "opts": self.opts,
            "object": row,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def refuse_foreign(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """For actions: every chosen row must lie where the person writes."""
        for row in rows:
            if not rights.writes_in(person_of(request), rights.place_of(row)):
                raise ValidationError(f"“{row}” lies outside the scopes in which you have a writing role.")


class ReadOnlyAdmin(ServiceModelAdmin):
    """For what is only ever written by its own services: shown, searched, filtered."""

    can_add = can_change = can_delete = False


class ReadOnlyInline(TabularInline):
    """Parts shown with their whole; changed on their own page."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True
    tab = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights.reads_register(person_of(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def person_of(request: HttpRequest) -> Person | None:
    """The person behind the request, as the middleware put it there."""
    person = getattr(request, "person", None)
    return person if getattr(person, "pk", None) else None


def actor_of(request: HttpRequest) -> Person:
    """The person who acts; nobody else gets as far as an action."""
    person = person_of(request)
    if person is None:
        raise PermissionDenied("This login belongs to no person of the directory.")
    return person


def event_view(event: JournalEvent) -> dict[str, Any]:
    """One event with its changed fields as (name, before, after)."""
    before, after = event.before or {}, event.after or {}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {"event": event, "changes": [(name, before.get(name), after.get(name)) for name in names if name != "id"]}


def ask_then(
    model_admin: ServiceModelAdmin,
    request: HttpRequest,
    queryset: QuerySet,
    *,
    name: str,
    title: str,
    form_class: Callable[..., forms.Form],
    run: Callable[[Sequence[Any], dict[str, Any]], str],
) -> HttpResponse | None:
    """Shows what an action is about to touch and asks for what it needs; does it once the form is sent whole or not at all."""
    rows = list(queryset)
    form = form_class(request.POST) if "confirmed" in request.POST else form_class()
    if form.is_bound and form.is_valid():
        try:
            with transaction.atomic():
                model_admin.refuse_foreign(request, rows)
                messages.success(request, run(rows, form.cleaned_data))
            return None
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "rows": rows[:SHOWN],
        "ids": [row.pk for row in rows],
        "more": max(0, len(rows) - SHOWN),
        "form": form,
        "action": name,
        "opts": model_admin.opts,
        "media": model_admin.media + form.media,
    }
    return TemplateResponse(request, "admin/action_form.html", context)
