"""The law by itself: what changed between two days and what that does here, and what is not yet verified."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from frameworks.domain.verification import counts_by_mark, doubts
from frameworks.inputs import instruments, rows_known_on
from frameworks.models import Family, Release
from frameworks.vocabulary_files import shipped_vocabulary
from governance.inputs.changes import days_of_release, law_report
from governance.pages.forms import ChangesForm
from governance.pages.law import by_family, groups_of, kinds_of, mark_counts, reviewed
from governance.views.base import for_people
from office.models import Person
from office.today import today

KINDS = ("requirement", "instrument", "penalty", "classification")
"""What can be in doubt, in the order of the page."""


@require_GET
@for_people
def changes(request: HttpRequest, person: Person) -> HttpResponse:
    """Two days, or a release; without a choice the newest release that changed something."""
    releases = list(Release.objects.for_register().order_by("-known_from", "family__title"))
    form = ChangesForm(request.GET if request.GET else None, releases=releases)
    chosen = _chosen(form, releases)
    if chosen is None:
        return render(request, "portal/changes.html", {"form": form, "empty": not releases})
    before, after, on, family = chosen
    report = law_report(known_before=before, known_after=after, on=on, reader=person, family=family)
    context = {
        "form": form
        if form.is_bound
        else ChangesForm(initial={"before": before, "after": after, "on": on}, releases=releases),
        "report": report,
        "kinds": kinds_of(report),
        "families": by_family(report),
        "groups": groups_of(report),
        "releases": [
            release
            for release in releases
            if before < release.known_from <= after and family in ("", release.family.key)
        ],
    }
    return render(request, "portal/changes.html", context)


def _chosen(form: ChangesForm, releases: list[Release]):
    """The two days and the day of placing, or None where there is nothing to show."""
    if form.is_bound:
        if not form.is_valid():
            return None
        given = form.cleaned_data
        return given["before"], given["after"], given["on"] or today(), given.get("family", "")
    later = [release for release in releases if _is_later(release, releases)]
    return (*days_of_release(later[0]), today(), later[0].family.key) if later else None


def _is_later(release: Release, releases: list[Release]) -> bool:
    """Whether its family had a release before it: the first one only adds."""
    return any(other.family_id == release.family_id and other.known_from < release.known_from for other in releases)


@require_GET
@for_people
def verification(request: HttpRequest, person: Person) -> HttpResponse:
    """Counts by family and mark, and everything that is not yet verified, with why and what counsel said."""
    rows = rows_known_on(today())
    families = list(Family.objects.all())
    found = reviewed(doubts(rows, instruments(), shipped_vocabulary().derived))
    context = {
        "families": families,
        "marks": mark_counts(counts_by_mark(rows), [family.key for family in families]),
        "doubts": found,
        "kinds": [(kind, [pair for pair in found if pair[0].kind == kind]) for kind in KINDS],
        "on": today(),
    }
    return render(request, "portal/verification.html", context)
