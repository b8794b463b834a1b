from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from office.admin_forms import PersonChoice, ReasonForm
from office.models import (
    ApiKey,
    Delivery,
    Handover,
    HandoverSeat,
    Job,
    JournalEvent,
    LegalEntity,
    Membership,
    Office,
    Person,
    Scope,
    Seat,
    Tenure,
    Webhook,
)
from office.models.notices import EventKind
from office.resources import PersonResource
from office.seat_actions import SeatedAdmin
from office.service_admin import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    ServiceForm,
    ServiceModelAdmin,
    actor_of,
    ask_then,
    event_view,
    person_of,
)
from office.services import api_keys, jobs, people, rights, scopes, seats, webhooks
from office.sheet_admin import SheetAdmin
from office.today import today

SHOWN = 50
admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """Logins; what a login may do comes from its person's roles. For superusers only."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("role", "scope")


class TenureOfPersonInline(ReadOnlyInline):
    model = Tenure
    verbose_name_plural = "seats"
    fields = ("seat", "started_on", "ended_on", "reason")


@admin.register(Person)
class PersonAdmin(ServiceModelAdmin, SheetAdmin):
    resource = PersonResource
    list_display = ("name", "ref", "title", "email", "seats_held", "is_active")
    list_filter = ("is_active", "memberships__role")
    search_fields = ("name", "ref", "email", "title")
    autocomplete_fields = ("user",)
    inlines = (MembershipInline, TenureOfPersonInline)
    actions = ("deactivate",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The journal names people by their reference, so that it is given once."""
        return super().get_readonly_fields(request, obj) if obj is None else ("ref",)

    @admin.display(description="seats held", ordering="seats_held")
    def seats_held(self, row: Person) -> int:
        return row.seats_held  # type: ignore[attr-defined]

    def write(self, request: HttpRequest, row: Person, form: Any) -> None:
        people.save_person(person=row, actor=actor_of(request))

    @admin.action(description="Deactivate", permissions=["act"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                people.deactivate(person=row, actor=actor_of(request))
            return f"{len(rows)} person(s) deactivated."

        return ask_then(self, request, queryset, name="deactivate", title="Deactivate", form_class=ReasonForm, run=run)


@admin.register(Membership)
class MembershipAdmin(ServiceModelAdmin):
    list_display = ("person", "role", "scope")
    list_filter = ("role", "scope")
    search_fields = ("person__name", "person__ref", "scope__name")
    autocomplete_fields = ("person", "scope")


@admin.register(Scope)
class ScopeAdmin(ReadOnlyAdmin):
    list_display = ("name", "key", "kind", "parent")
    list_filter = ("kind",)
    search_fields = ("name", "key")


class NewEntityForm(ServiceForm):
    """A legal entity with the name and key of its scope and the person who answers for it."""

    key = forms.SlugField(help_text="Public identifier, e.g. hk-bank.", widget=UnfoldAdminTextInputWidget())
    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    person = PersonChoice(label="Accountable person", required=False, help_text="Without one it stays a draft.")

    class Meta:
        model = LegalEntity
        fields = ("city", "jurisdiction")


@admin.register(Office)
class OfficeAdmin(SeatedAdmin, ReadOnlyAdmin):
    list_display = ("scope", "accountable")
    fields = ("scope", "accountable")
    readonly_fields = ("scope", "accountable")
    search_fields = ("scope__name",)
    actions = ("assign", "hand_over")


@admin.register(LegalEntity)
class LegalEntityAdmin(SeatedAdmin):
    list_display = ("scope", "jurisdiction", "city", "status", "accountable")
    list_filter = ("jurisdiction", "status")
    search_fields = ("scope__name", "scope__key", "city")
    fields = ("scope", "city", "jurisdiction", "status", "accountable")
    readonly_fields = ("scope", "accountable")
    add_fieldsets = ((None, {"fields": ("key", "name", "city", "jurisdiction", "person")}),)
    add_form = NewEntityForm
    actions = ("assign", "hand_over")
    can_delete = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An entity is added by who writes for the whole office."""
        return rights.writes_in(person_of(request), None)

    def write(self, request: HttpRequest, row: LegalEntity, form: Any) -> None:
        if row.pk:
            scopes.save_entity(entity=row, actor=actor_of(request))
            return
        given = form.cleaned_data
        made = scopes.add_entity(
            key=given["key"], name=given["name"], city=given["city"], jurisdiction=given["jurisdiction"],
            accountable=given["person"], on=today(), actor=actor_of(request),
        )  # fmt: skip
        row.pk, row.scope, row.seat = made.pk, made.scope, made.seat


class TenureInline(ReadOnlyInline):
    model = Tenure
    fields = ("person", "started_on", "ended_on", "reason")


class VacantFilter(admin.SimpleListFilter):
    title = "person on it"
    parameter_name = "vacant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Vacant"), ("no", "Taken")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        taken = Tenure.objects.open().values("seat")
        if self.value() == "yes":
            return queryset.exclude(pk__in=taken)
        return queryset.filter(pk__in=taken) if self.value() == "no" else queryset


@admin.register(Seat)
class SeatAdmin(SeatedAdmin, ReadOnlyAdmin):
    list_display = ("title", "place", "accountable")
    list_filter = (VacantFilter, "place__kind")
    search_fields = ("title", "tenures__person__name")
    inlines = (TenureInline,)
    actions = ("assign", "hand_over")


@admin.register(Tenure)
class TenureAdmin(ReadOnlyAdmin):
    list_display = ("seat", "person", "started_on", "ended_on")
    search_fields = ("seat__title", "person__name")
    date_hierarchy = "started_on"


class HandoverSeatInline(ReadOnlyInline):
    model = HandoverSeat
    fields = ("seat",)


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin):
    list_display = ("giver", "taker", "status", "seat_count", "proposed_at", "given_at", "taken_at", "officer")
    list_filter = ("status",)
    search_fields = ("giver__name", "taker__name", "items__seat__title")
    inlines = (HandoverSeatInline,)
    actions = ("confirm", "withdraw")

    @admin.display(description="seats")
    def seat_count(self, row: Handover) -> int:
        return len(row.items.all())

    @admin.action(description="Confirm (an officer in a side's place, with a reason)", permissions=["act"])
    def confirm(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                seats.confirm_handover(handover=row, actor=actor_of(request), on=today(), reason=given["reason"])
            return f"{len(rows)} handover(s) confirmed."

        return ask_then(self, request, queryset, name="confirm", title="Confirm", form_class=ReasonForm, run=run)

    @admin.action(description="Withdraw", permissions=["act"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                seats.withdraw_handover(handover=row, actor=actor_of(request))
            return f"{len(rows)} handover(s) withdrawn."

        return ask_then(self, request, queryset, name="withdraw", title="Withdraw", form_class=ReasonForm, run=run)


JOB_LABELS = {"done": "success", "failed": "danger", "running": "info", "queued": "warning", "cancelled": "default"}


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "kind_words",
        "status_word",
        "bar",
        "message",
        "created_by",
        "created_at",
        "finished_at",
        "download",
    )
    list_filter = ("status", "kind")
    search_fields = ("kind", "message")
    fields = (
        "kind", "status", "bar", "message", "result", "download", "attempts", "not_before", "created_by", "created_at",
        "finished_at",
    )  # fmt: skip
    readonly_fields = ("bar", "download")
    actions = ("cancel",)

    @admin.display(description="kind", ordering="kind")
    def kind_words(self, row: Job) -> str:
        return row.kind_words

    @display(description="status", label=JOB_LABELS)
    def status_word(self, row: Job) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.display(description="progress")
    def bar(self, row: Job) -> str | SafeString:
        if not row.total:
            return "–"
        return format_html(
            '<progress max="{}" value="{}" aria-label="progress"></progress> {} of {}',
            row.total, row.progress, row.progress, row.total,
        )  # fmt: skip

    @admin.display(description="file")
    def download(self, row: Job) -> str | SafeString:
        if not row.file:
            return "–"
        return format_html('<a class="underline" href="{}">Download</a>', reverse("job-file", args=[row.pk]))

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            jobs.cancel(job=row, actor=actor_of(request))
        messages.info(request, "What waits is cancelled; what runs stops at its next step and keeps what it finished.")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Which keys there are and who holds them. People make their own in the portal."""

    list_display = ("name", "person", "prefix", "access", "expires_on", "revoked_on", "last_used_at")
    list_filter = ("access", "revoked_on")
    search_fields = ("name", "prefix", "person__name")
    fields = ("person", "name", "prefix", "access", "created_on", "expires_on", "revoked_on", "last_used_at")
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows, given) -> str:
            for row in rows:
                api_keys.revoke_key(key=row, on=today(), actor=actor_of(request))
            return f"{len(rows)} key(s) revoked; they open nothing from now on."

        return ask_then(self, request, queryset, name="revoke", title="Revoke", form_class=ReasonForm, run=run)


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ("event", "status", "attempts", "answered", "message", "created_at", "delivered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        newest = super().get_queryset(request).order_by("-pk").values("pk")[:SHOWN]
        return super().get_queryset(request).filter(pk__in=list(newest.values_list("pk", flat=True)))


class WebhookForm(ServiceForm):
    url = forms.URLField(label="Address", max_length=500, assume_scheme="https", widget=UnfoldAdminTextInputWidget())
    events = forms.MultipleChoiceField(choices=EventKind.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Webhook
        fields = ("name", "url", "events", "is_active")


@admin.register(Webhook)
class WebhookAdmin(ServiceModelAdmin):
    form = WebhookForm
    list_display = ("name", "url", "is_active", "person")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    fields = ("name", "url", "events", "is_active")
    inlines = (DeliveryInline,)

    def write(self, request: HttpRequest, row: Webhook, form: Any) -> None:
        born = row.pk is None
        if born:
            row.person = actor_of(request)
        webhooks.save_webhook(webhook=row, actor=actor_of(request))
        if born:
            messages.warning(request, f"The secret that signs its messages, shown this once: {row.secret}")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("webhook", "event", "status", "attempts", "answered", "message", "created_at", "delivered_at")
    list_filter = ("status", "event", "webhook")
    search_fields = ("webhook__name", "message")


@admin.register(JournalEvent)
class JournalEventAdmin(ReadOnlyAdmin):
    list_display = ("seq", "at", "actor_ref", "verb", "noun", "object_id", "reason")
    list_filter = ("verb", "noun")
    search_fields = ("actor_ref", "reason", "noun", "=object_id")
    fields = ("seq", "at", "actor_ref", "reason", "verb", "noun", "object_id", "changes", "previous_hash", "hash")
    readonly_fields = ("changes",)

    @admin.display(description="changed fields")
    def changes(self, row: JournalEvent) -> str | SafeString:
        lines = [f"{name}: {before!r} → {after!r}" for name, before, after in event_view(row)["changes"]]
        return "\n".join(lines)
