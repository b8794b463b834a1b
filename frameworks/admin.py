from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from frameworks.choices import UNVERIFIED
from frameworks.models import Family, Instrument, Release, Requirement, RequirementText, RequirementVersion
from office.service_admin import ReadOnlyAdmin, ReadOnlyInline

VERIFIED_LABELS = {"yes": "success", "not yet": "warning"}


class ReleaseInline(ReadOnlyInline):
    model = Release
    fields = ("known_from", "title", "loaded_at")


@admin.register(Family)
class FamilyAdmin(ReadOnlyAdmin):
    list_display = ("title", "key", "jurisdiction", "issuer", "is_voluntary", "row_count")
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


@admin.register(Requirement)
class RequirementAdmin(ReadOnlyAdmin):
    list_display = ("ref", "citation", "title", "force", "owed_by", "legal_status", "verified")
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
    fields = ("ref", "family", "instrument", "parent", "citation", "title", "summary", "force", "owed_by", "evidence")
    readonly_fields = ("citation", "title", "summary", "force", "owed_by", "evidence")

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


@admin.register(RequirementVersion)
class RequirementVersionAdmin(ReadOnlyAdmin):
    list_display = ("requirement_ref", "citation", "title", "known_from", "known_until", "release")
    list_filter = ("requirement__family", "verification", "force", "penalty_tier")
    search_fields = ("requirement__ref", "citation", "title")
    inlines = (TextInline,)

    @admin.display(description="requirement", ordering="requirement__ref")
    def requirement_ref(self, row: RequirementVersion) -> str:
        return row.requirement.ref


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    list_display = ("family", "known_from", "title", "loaded_at")
    list_filter = ("family",)
    search_fields = ("title",)
