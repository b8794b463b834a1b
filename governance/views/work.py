"""Long work that somebody asked for: how far it is, how to stop it, what came of it."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from governance.views.base import for_people
from office import made_files
from office.models import Job, Person
from office.services import jobs


def find_job(person: Person, pk: int) -> Job:
    return get_object_or_404(Job.objects.visible_to(person), pk=pk)


@require_GET
@for_people
def work(request: HttpRequest, person: Person) -> HttpResponse:
    """The newest work that one sees."""
    return render(request, "portal/work.html", {"jobs": Job.objects.visible_to(person).for_register()[:50]})


@require_GET
@for_people
def job(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    """Loads itself again while the work goes on."""
    found = find_job(person, pk)
    moves = found.status in ("queued", "running")
    context = {
        "job": found,
        "moves": moves,
        "stops": moves and jobs.may_cancel(found, person),
        "has_file": bool(found.file) and made_files.may_have(person, found),
    }
    return render(request, "portal/job.html", context)


@require_POST
@for_people
def cancel(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    done = jobs.cancel(job=find_job(person, pk), actor=person)
    over = done.status == Job.Status.CANCELLED
    messages.success(request, "Cancelled." if over else "It stops at its next step; what it finished stays.")
    return redirect("job", pk=pk)


@require_GET
@for_people
def job_file(request: HttpRequest, person: Person, pk: int) -> HttpResponse:
    found = find_job(person, pk)
    if not found.file:
        raise Http404("This work made no file.")
    made_files.refuse_unless_theirs(person, found)
    file: Any = FileResponse(
        found.file.open("rb"), as_attachment=True, filename=str(found.file.name).rsplit("/", 1)[-1]
    )
    return file
