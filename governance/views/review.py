"""Mappings that wait for a second person: one after the other beside both texts, or many from a list."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from controls.choices import MappingStatus
from controls.models.mappings import Mapping
from controls.services.mappings import MOVES
from controls.services.reviewing import decide, key_of, obstacles, read_aloud, read_tokens, token_of
from governance.pages.review import QueueForm, history_of, mappings_of, queue_of, sides_of
from governance.views.base import for_people
from office.models import Person
from office.services import rights

PAGE = 50
DONE = {
    "approve": (MappingStatus.APPROVED, "approved against the texts as they stand"),
    "reject": (MappingStatus.REJECTED, "rejected"),
    "again": (MappingStatus.RE_REVIEW, "to be looked at again"),
}
"""Button → the status that it gives, and what is said once it is done."""


class DecisionForm(forms.Form):
    do = forms.ChoiceField(choices=[(word, word) for word in DONE])
    note = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed to reject or to look again; the other side reads it.",
    )


class Page:
    """One request: who asks, which queue, and the address that keeps its filters."""

    def __init__(self, request: HttpRequest, person: Person) -> None:
        self.request, self.person = request, person
        self.form = QueueForm(request.GET)
        self.asked = self.form.asked()
        self.queue = queue_of(person, self.asked)
        self.writes = rights.writes_in(person, None)
        self.lists = request.GET.get("view") == "list"

    def address(self, **more: object) -> str:
        kept = {name: self.request.GET[name] for name in self.asked}
        query = urlencode({**kept, **more})
        return f"{reverse('review')}?{query}" if query else reverse("review")

    def after(self, key: str, step: int = 1) -> str:
        """The name that follows in the queue, or comes before; empty at its end."""
        at = self.queue.index(key) + step if key in self.queue else 0
        return self.queue[at] if 0 <= at < len(self.queue) else ""

    @property
    def shared(self) -> dict[str, Any]:
        return {
            "filter": self.form, "asked": self.asked, "waiting": len(self.queue), "writes": self.writes,
            "one_address": self.address(), "list_address": self.address(view="list"),
        }  # fmt: skip


@require_http_methods(["GET", "POST"])
@for_people
def review(request: HttpRequest, person: Person) -> HttpResponse:
    if not rights.reads_register(person):
        raise PermissionDenied("The review of mappings is for officers, leaders and auditors.")
    page = Page(request, person)
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        if not page.writes:
            raise PermissionDenied("Reviewing takes the role of an officer or leader of the whole office.")
        if form.is_valid() and (done := _decide(page, form)):
            return done
    return _list(page, form) if page.lists else _one(page, form)


def _decide(page: Page, form: DecisionForm) -> HttpResponse | None:
    """Does it, whole or not at all, and goes on; None: it was refused, and the form says why."""
    status, told = DONE[form.cleaned_data["do"]]
    seen = read_tokens(page.request.POST.getlist("chosen"))
    chosen = mappings_of(page.person, seen)
    if not chosen:
        form.add_error(None, "Choose at least one mapping.")
        return None
    try:
        rows = decide(mappings=chosen, seen=seen, status=status, actor=page.person, note=form.cleaned_data["note"])
    except ValidationError as error:
        form.add_error(None, [*error.messages, "Nothing was written."])
        return None
    if page.lists:
        messages.success(page.request, f"{len(rows)} mapping(s) {told}.")
        return redirect(page.address(view="list"))
    messages.success(page.request, f"{chosen[0]} is {told}.")
    following = page.after(key_of(chosen[0])) or next(iter(page.queue), "")
    more = {"item": following} if following not in ("", key_of(chosen[0])) else {}
    return redirect(page.address(**more))


def _one(page: Page, form: DecisionForm) -> HttpResponse:
    """The mapping that a refused decision was about, else the one that the address names, waiting or decided; without a
    name the first that waits."""
    refused = list(read_tokens(page.request.POST.getlist("chosen")))[:1]
    found = mappings_of(page.person, refused, whole=True)
    key = key_of(found[0]) if found else page.request.GET.get("item") or next(iter(page.queue), "")
    if not key:
        return render(page.request, "portal/review.html", page.shared)
    found = found or mappings_of(page.person, [key], whole=True)
    if not found:
        raise Http404("There is no such mapping.")
    mapping = found[0]
    waits = key in page.queue
    following = page.after(key)
    previous = page.after(key, -1) if waits else ""
    context = page.shared | {
        "mapping": mapping,
        "sentence": read_aloud(mapping),
        "sides": sides_of(mapping),
        "history": history_of(mapping),
        "place": page.queue.index(key) + 1 if waits else None,
        "next": page.address(item=following) if following else "",
        "previous": page.address(item=previous) if previous else "",
        "obstacles": obstacles(mapping, page.person) if page.writes and _can_become(mapping, "approve") else [],
        "may": [word for word in DONE if _can_become(mapping, word)],
        "token": token_of(mapping),
        "form": form,
        "moved": "item" in page.request.GET,
        "admin_address": reverse(f"admin:controls_{mapping._meta.model_name}_change", args=[mapping.pk]),
    }
    return render(page.request, "portal/review.html", context)


def _can_become(mapping: Mapping, word: str) -> bool:
    return mapping.status in MOVES[DONE[word][0]]


def _list(page: Page, form: DecisionForm) -> HttpResponse:
    pages = Paginator(page.queue, PAGE)
    part = pages.get_page(page.request.GET.get("page"))
    chosen = set(read_tokens(page.request.POST.getlist("chosen")))
    every = page.request.GET.get("choose") == "all" and page.request.method == "GET"
    rows = [
        {
            "mapping": row, "sentence": read_aloud(row), "token": token_of(row), "chosen": every or key_of(row) in chosen,
            "address": page.address(item=key_of(row)), "mine": row.proposed_by_id == page.person.pk,
        }
        for row in mappings_of(page.person, part.object_list)
    ]  # fmt: skip
    context = page.shared | {
        "rows": rows,
        "part": part,
        "form": form,
        "all_address": page.address(view="list", page=part.number, choose="all"),
        "back_address": page.address(view="list", page=part.previous_page_number()) if part.has_previous() else "",
        "on_address": page.address(view="list", page=part.next_page_number()) if part.has_next() else "",
    }
    return render(page.request, "portal/review_list.html", context)
