"""Running the office: probes, figures, headers, settings from the environment, log lines."""

import json
import os
import subprocess
import sys

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import probes
from governance.services.gaps import recompute_gaps
from office.services import jobs, seats, triggers
from office.services.logins import give_login
from tests.installation import ROOT
from tests.makers import TODAY, make_deployment, make_person, make_requirement

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"
PORTAL = "script-src 'self'; style-src 'self'"


def test_the_process_says_that_it_lives_without_asking_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok"


def test_the_office_is_ready_when_each_part_is_there(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert set(answer.json()["checks"].values()) == {"ok"}


def test_it_is_not_ready_while_a_trigger_a_broker_or_the_database_is_missing(client, settings, monkeypatch):
    triggers.lift()
    assert "is missing on office_journalevent" in client.get("/readyz").json()["checks"]["journal"]
    triggers.install()
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (
        503, "The broker does not answer; jobs wait until it does.",
    )  # fmt: skip

    def broken(*args, **kwargs):
        raise DatabaseError("gone")

    monkeypatch.setattr(probes.connection, "cursor", broken)
    assert probes.CHECKS["database"]() == "The database does not answer."


def test_figures_are_there_for_the_bearer_of_the_token_only(client, settings, office):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "let-me-in"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": "Bearer let-me-out"}).status_code == 401
    make_deployment()
    make_requirement()
    recompute_gaps(on=TODAY, actor=None)
    text = client.get("/metrics", headers={"authorization": "Bearer let-me-in"}).content.decode()
    assert 'office_gaps{severity="critical",status="open"} 1.0' in text
    assert "office_journal_events" in text
    assert "office_oldest_waiting_job_seconds 0.0" in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/login/", PORTAL),
        ("/healthz", PORTAL),
        ("/api/v1/gaps/", PORTAL),
        ("/api/docs/", "script-src 'self'; style-src 'self' 'unsafe-inline'"),
        ("/admin/login/", "script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"),
    ],
)
def test_every_answer_says_what_a_page_may_load(client, path, words):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert policy.endswith(words)
    assert "default-src 'self'; object-src 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer["Permissions-Policy"]


def test_a_request_has_an_id_that_comes_back_and_stands_in_the_log(client, caplog):
    with caplog.at_level("INFO", logger="office.request"):
        answer = client.get("/healthz?secret=1", headers={"x-request-id": "abc-1"})
    assert answer["X-Request-ID"] == "abc-1"
    (record,) = caplog.records
    assert (record.request_id, record.path, record.status) == ("abc-1", "/healthz", 200)
    assert "secret" not in record.getMessage()
    assert len(client.get("/healthz", headers={"x-request-id": "a b\n"})["X-Request-ID"]) == 32


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_behind_https_djangos_own_deployment_checks_find_nothing(tmp_path):
    done = run(
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        HTTPS="1",
        SECRET_KEY="k3y-" + "abcdefghij0123456789" * 4,
        DATA_DIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr


def test_settings_come_from_the_environment(tmp_path):
    show = (
        "from django.conf import settings as s; import json; print(json.dumps([s.EMAIL_HOST, s.EMAIL_PORT, "
        "s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS, s.EMAIL_BACKEND, s.CACHES['default']['BACKEND'], "
        "s.STORAGES['default']['OPTIONS'], s.PUBLIC_URL, s.SECURE_PROXY_SSL_HEADER]))"
    )
    done = run(
        "shell", "--no-imports", "-c", show, DATA_DIR=str(tmp_path), EMAIL_URL="smtp://me:p%40ss@mail.example:587/?tls=1",
        CACHE_URL="redis://127.0.0.1:6379/1", STORAGE_OPTIONS='{"location": "/srv/evidence"}',
        PUBLIC_URL="https://office.example/", TRUSTED_PROXY="1",
    )  # fmt: skip
    assert json.loads(done.stdout) == [
        "mail.example", 587, "p@ss", True, "django.core.mail.backends.smtp.EmailBackend",
        "django.core.cache.backends.redis.RedisCache", {"location": "/srv/evidence"}, "https://office.example",
        ["HTTP_X_FORWARDED_PROTO", "https"],
    ]  # fmt: skip


def test_log_lines_are_json_where_the_environment_says_so(tmp_path):
    log = "import logging; logging.getLogger('office.x').warning('Hello', extra={'request_id': 'r1'})"
    done = run("shell", "--no-imports", "-c", log, DATA_DIR=str(tmp_path), LOG_FORMAT="json")
    line = json.loads(done.stderr.strip().splitlines()[-1])
    assert (line["message"], line["level"], line["logger"], line["request_id"]) == (
        "Hello",
        "WARNING",
        "office.x",
        "r1",
    )


def test_an_unknown_page_keeps_the_policy_too():
    answer = Client().get("/nowhere/")
    assert (answer.status_code, PORTAL in answer["Content-Security-Policy"]) == (404, True)


def signed_in(person) -> Client:
    give_login(person=person, username=person.ref.lower(), actor=None, password=PASSWORD)
    client = Client()
    assert client.login(username=person.ref.lower(), password=PASSWORD)
    return client


def test_what_a_service_refuses_is_told_on_the_page_it_was_sent_from(officer, office, ada, ben):
    """A handover whose seat an officer has moved meanwhile."""
    seats.assign(seat=office.seat, person=ada, on=TODAY, actor=None)
    handover = seats.propose_handover(giver=ada, taker=ben, seats=[office.seat], reason="Leave", actor=ada)
    seats.reassign(seat=office.seat, person=officer, on=TODAY, actor=officer, reason="Left")
    client, path = signed_in(ben), reverse("confirm-handover", args=[handover.pk])
    page = client.post(path, follow=True, headers={"referer": "http://testserver/work/"})
    assert page.redirect_chain == [("http://testserver/work/", 302)]
    assert "does not hold" in page.content.decode()
    for stranger in ("https://elsewhere.example/", "//elsewhere.example/", ""):
        assert client.post(path, headers={"referer": stranger}).url == "/"


def test_what_a_role_does_not_cover_is_told_with_its_sentence(officer):
    auditor = make_person("P-audit", role="auditor")
    job = jobs.enqueue(kind="recompute_gaps", arguments={"scope": ""}, actor=officer, now=timezone.now(), nudge=None)
    answer = signed_in(auditor).post(reverse("cancel-job", args=[job.pk]))
    assert answer.status_code == 403
    assert "cancel" in answer.content.decode()
