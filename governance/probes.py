"""What watches the office from outside: does the process live, may it be sent work, and how much there is to do."""

import hmac
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from kombu import Connection
from kombu.exceptions import OperationalError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from governance.models import Gap
from office.models import Delivery, Job, JournalHead
from office.services.triggers import missing_triggers

SECONDS = 2


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so that a slow database makes nobody restart the web."""
    return HttpResponse("ok", content_type="text/plain")


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served: 200, or 503 with the sentence of each part that is not there."""
    parts = {name: check() for name, check in CHECKS.items()}
    ready = not any(parts.values())
    told = {name: sentence or "ok" for name, sentence in parts.items()}
    return JsonResponse({"ready": ready, "checks": told}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return ""


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "The database does not answer."
    return f"{len(waiting)} migration(s) wait; run manage.py migrate." if waiting else ""


def _journal() -> str:
    try:
        return " ".join(missing_triggers())
    except DatabaseError:
        return "The database does not answer."


def _broker() -> str:
    if settings.CELERY_BROKER_URL == "filesystem://":
        return ""
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=SECONDS) as link:
            link.ensure_connection(max_retries=1, timeout=SECONDS)
    except (OperationalError, OSError):
        return "The broker does not answer; jobs wait until it does."
    return ""


def _storage() -> str:
    try:
        default_storage.exists("probe")
    except OSError as error:
        return f"Evidence files cannot be reached: {error.strerror}."
    return ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "journal": _journal,
    "broker": _broker,
    "storage": _storage,
}


class OfficeCollector(Collector):
    """Figures read from the database when they are asked for: right whichever process answers."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gaps = GaugeMetricFamily("office_gaps", "Gaps by status and severity.", labels=["status", "severity"])
        for status, severity, count in Gap.objects.values_list("status", "severity").annotate(n=Count("pk")).order_by():
            gaps.add_metric([status, severity], count)
        yield gaps
        jobs = GaugeMetricFamily("office_jobs", "Jobs by kind and status.", labels=["kind", "status"])
        for kind, status, count in Job.objects.values_list("kind", "status").annotate(n=Count("pk")).order_by():
            jobs.add_metric([kind, status], count)
        yield jobs
        oldest = Job.objects.claimable(timezone.now()).aggregate(first=Min("created_at"))["first"]
        age = (timezone.now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("office_oldest_waiting_job_seconds", "Age of the oldest job that waits.", value=age)
        waiting = Delivery.objects.filter(status=Delivery.Status.WAITING).count()
        yield GaugeMetricFamily("office_waiting_deliveries", "Messages to webhooks that wait.", value=waiting)
        head = JournalHead.objects.filter(pk=1).first()
        yield GaugeMetricFamily("office_journal_events", "Events in the journal.", value=head.seq if head else 0)


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus; not there unless METRICS_TOKEN is set, and then for its bearer only."""
    token = settings.METRICS_TOKEN
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse("Send the token as a bearer.", status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    registry.register(OfficeCollector())
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
