from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from frameworks.choices import UNVERIFIED, ReviewResult
from frameworks.models import (
    CounselReview,
    Family,
    Instrument,
    Release,
    Requirement,
    RequirementItem,
    RequirementText,
    RequirementVersion,
)
from frameworks.services.reviews import record_reviews
from office.admin_forms import PersonChoice
from office.service_admin import ReadOnlyAdmin, ReadOnlyInline, actor_of, ask_then
from office.today import today

VERIFIED_LABELS = {"yes": "success", "not yet": "warning"}


class ReleaseInline(ReadOnlyInline):
    model = Release
    fields = ("known_from", "title", "loaded_at")


@admin.register(Family)
class FamilyAdmin(ReadOnlyAdmin):
    list_display = ("title", "key", "jurisdiction", "issuer", "is_voluntary", "origin", "row_count")
    list_filter = ("origin", "jurisdiction")
    search_fields = ("title", "key", "title_zh")
    inlines = (ReleaseInline,)

    @admin.display(description="requirements", ordering="rows")
    def row_count(self, row: Family) -> int:
        return row.rows  # type: ignore[attr-defined]


@admin.register(Instrument)
class InstrumentAdmin(ReadOnlyAdmin):
    list_display = ("ref", "title", "force", "status", "number", "verification", "row_count")
    list_filter = ("family", "force", "verification")
    search_fields = ("ref", "title", "title_zh", "number", "issuer")

    @admin.display(description="requirements", ordering="rows")
    def row_count(self, row: Instrument) -> int:
        return row.rows  # type: ignore[attr-defined]


class VersionInline(ReadOnlyInline):
    model = RequirementVersion
    fields = ("citation", "title", "known_from", "known_until", "release", "verification")


class VerificationFilter(admin.SimpleListFilter):
    title = "verified"
    parameter_name = "verified"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not yet verified"), ("yes", "Read in a source")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "no":
            return queryset.filter(current__verification__in=UNVERIFIED)
        return queryset.exclude(current__verification__in=UNVERIFIED) if self.value() == "yes" else queryset


class ReviewForm(forms.Form):
    reviewed_by = PersonChoice(
        label="Who checked it", help_text="A person of the directory, of this office or outside."
    )
    reviewed_on = forms.DateField(label="When", widget=UnfoldAdminDateWidget())
    result = forms.ChoiceField(choices=ReviewResult.choices, widget=UnfoldAdminSelectWidget())
    source_read = forms.CharField(
        label="Text it was checked against", max_length=300, widget=UnfoldAdminTextInputWidget(),
        help_text="With its date, for instance the consolidated text of 27 July 2026.",
    )  # fmt: skip
    note = forms.CharField(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


REVIEW_LABELS = {"confirmed": "success", "correction": "danger", "open": "warning"}


@admin.register(Requirement)
class RequirementAdmin(ReadOnlyAdmin):
    actions = ("review",)
    list_display = ("ref", "citation", "title", "force", "owed_by", "legal_status", "verified", "counsel")
    list_filter = (
        "family",
        "current__force",
        "current__owed_by",
        "current__status",
        VerificationFilter,
        "current__is_heading",
    )
    search_fields = ("ref", "current__title", "current__citation", "current__summary")
    inlines = (VersionInline,)
    fields = (
        "ref", "family", "instrument", "parent", "citation", "title", "summary", "other_languages", "force", "owed_by",
        "evidence", "checklist", "verified", "counsel", "candidates",
    )  # fmt: skip
    readonly_fields = (
        "citation", "title", "summary", "other_languages", "force", "owed_by", "evidence", "checklist", "verified",
        "counsel", "candidates",
    )  # fmt: skip

    @action(description="Record counsel's review", permissions=["act"])
    def review(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        def run(rows: Any, given: dict[str, Any]) -> str:
            made = record_reviews(requirements=rows, **given, actor=actor_of(request), on=today())
            return f"Recorded for {len(made)} requirement(s), beside the shipped mark."

        return ask_then(
            self, request, queryset, name="review", title="Record counsel's review", form_class=ReviewForm, run=run
        )

    @display(description="counsel", label=REVIEW_LABELS)
    def counsel(self, row: Requirement) -> tuple[str, str] | None:
        found = next(iter(row.current.counsel_reviews.all()), None) if row.current else None
        return (found.result, f"{found.get_result_display()}, {found.reviewed_on}") if found else None

    @admin.display(description="controls that may fit")
    def candidates(self, row: Requirement) -> str:
        return format_html('<a href="{}">Suggested controls</a>', reverse("suggestions", args=[row.ref]))

    @admin.display(description="other languages")
    def other_languages(self, row: Requirement) -> str:
        texts = list(row.current.texts.exclude(language="en")) if row.current else []
        return (
            "; ".join(f"{text.title} ({text.language}, {text.get_origin_display().lower()})" for text in texts) or "–"
        )

    @admin.display(description="checklist and suggested actions")
    def checklist(self, row: Requirement) -> str:
        items = list(row.current.items.all()) if row.current else []
        return format_html_join("", "<div>{} {}</div>", ((item.ref, item.title) for item in items)) or "–"

    @admin.display(ordering="current__citation")
    def citation(self, row: Requirement) -> str:
        return row.current.citation if row.current else "–"

    @admin.display(ordering="current__title")
    def title(self, row: Requirement) -> str:
        return row.current.title if row.current else "–"

    @admin.display
    def summary(self, row: Requirement) -> str:
        return row.current.summary if row.current else "–"

    @admin.display
    def force(self, row: Requirement) -> str:
        return row.current.get_force_display() if row.current else "–"

    @admin.display(description="owed by")
    def owed_by(self, row: Requirement) -> str:
        return row.current.get_owed_by_display() if row.current else "–"

    @admin.display(description="typical evidence")
    def evidence(self, row: Requirement) -> str:
        return (row.current.evidence or "–") if row.current else "–"

    @admin.display(description="status")
    def legal_status(self, row: Requirement) -> str:
        if row.is_repealed:
            return "Repealed"
        return row.current.get_status_display() if row.current else "–"

    @display(description="verified", label=VERIFIED_LABELS)
    def verified(self, row: Requirement) -> tuple[str, str]:
        unverified = row.current is not None and row.current.is_unverified
        mark = row.current.verification if row.current else ""
        return ("not yet", f"Not yet verified ({mark})") if unverified else ("yes", f"Read ({mark})")


class TextInline(ReadOnlyInline):
    model = RequirementText
    fields = ("language", "origin", "title", "summary", "verification")


class ItemInline(ReadOnlyInline):
    model = RequirementItem
    fields = ("ref", "part", "title", "risks", "actor_tasks", "note")
    show_change_link = False


class ReviewInline(ReadOnlyInline):
    model = CounselReview
    fields = ("reviewed_on", "reviewed_by", "result", "source_read", "note")


@admin.register(RequirementVersion)
class RequirementVersionAdmin(ReadOnlyAdmin):
    list_display = ("requirement_ref", "citation", "title", "known_from", "known_until", "release")
    list_filter = ("requirement__family", "verification", "force", "penalty_tier")
    search_fields = ("requirement__ref", "citation", "title")
    inlines = (TextInline, ItemInline, ReviewInline)

    @admin.display(description="requirement", ordering="requirement__ref")
    def requirement_ref(self, row: RequirementVersion) -> str:
        return row.requirement.ref


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("family", "known_from", "title", "loaded_at")
    list_filter = ("family",)
    search_fields = ("title",)


class RiskFilter(admin.SimpleListFilter):
    title = "risk"
    parameter_name = "risk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        listed = RequirementItem.objects.standing().filter(kind="action").values_list("risks", flat=True)
        return [(risk, risk) for risk in sorted({risk for risks in listed for risk in risks})]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(risks__icontains=f'"{self.value()}"') if self.value() else queryset


@admin.register(RequirementItem)
class RequirementItemAdmin(ReadOnlyAdmin):
    """Points of annexes and suggested actions of profiles, of the versions that stand."""

    list_display = ("ref", "title", "part", "requirement_ref", "risks_told")
    list_filter = ("kind", RiskFilter, "version__requirement__family")
    search_fields = ("ref", "title", "version__requirement__ref")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).standing()  # type: ignore[attr-defined]

    @admin.display(description="requirement", ordering="version__requirement__ref")
    def requirement_ref(self, row: RequirementItem) -> str:
        return row.version.requirement.ref

    @admin.display(description="risks")
    def risks_told(self, row: RequirementItem) -> str:
        return ", ".join(row.risks) or "–"


@admin.register(CounselReview)
class CounselReviewAdmin(ReadOnlyAdmin):
    """Recorded from the list of requirements; never corrected, a later one follows."""

    list_display = ("requirement_ref", "reviewed_on", "reviewed_by", "result_word", "source_read", "of_standing")
    list_filter = ("result", "version__requirement__family")
    search_fields = ("version__requirement__ref", "version__title", "source_read", "note")

    @admin.display(description="requirement", ordering="version__requirement__ref")
    def requirement_ref(self, row: CounselReview) -> str:
        return row.version.requirement.ref

    @display(description="result", label=REVIEW_LABELS, ordering="result")
    def result_word(self, row: CounselReview) -> tuple[str, str]:
        return row.result, row.get_result_display()

    @admin.display(description="of the text that stands", boolean=True)
    def of_standing(self, row: CounselReview) -> bool:
        return row.version.known_until is None
