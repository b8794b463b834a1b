"""Keys for programs, webhooks and long work as people meet them in portal, admin and on the command line."""

import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from base64 import b64decode
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.services.gaps import recompute_gaps
from office import jobs as kinds
from office import outbox
from office.models import ApiKey, Delivery, Job, JournalEvent, Webhook
from office.models.notices import EventKind
from office.services import jobs, people, seats, webhooks
from office.services.logins import give_login
from office.today import today
from tests.makers import TODAY, make_deployment, make_person, make_requirement

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"
NOW = timezone.now()


def signed_in(person) -> Client:
    give_login(person=person, username=person.ref.lower(), actor=None, password=PASSWORD)
    client = Client()
    assert client.login(username=person.ref.lower(), password=PASSWORD)
    return client


def test_a_key_is_made_in_the_portal_shown_once_works_and_is_revoked(officer):
    client = signed_in(officer)
    assert "No key yet" in client.get(reverse("keys")).content.decode()
    form = {"name": "Nightly", "access": "read", "expires_on": (today() + timedelta(days=9)).isoformat()}
    page = client.post(reverse("keys"), form)
    text = page.context["text"]
    assert text in page.content.decode()
    assert text not in client.get(reverse("keys")).content.decode()
    assert text not in json.dumps(list(JournalEvent.objects.values_list("after", flat=True)))
    call = {"headers": {"authorization": f"Bearer {text}"}}
    assert Client().get("/api/v1/gaps/", **call).status_code == 200
    key = ApiKey.objects.get()
    client.post(reverse("revoke-key", args=[key.pk]))
    assert Client().get("/api/v1/gaps/", **call).status_code == 401


def test_a_key_for_too_long_is_refused_at_its_field(officer):
    form = {"name": "Nightly", "access": "read", "expires_on": (today() + timedelta(days=999)).isoformat()}
    page = signed_in(officer).post(reverse("keys"), form)
    assert page.context["form"].errors["expires_on"] == ["A key lives for a year at most. Choose an earlier day."]
    assert ApiKey.objects.count() == 0


def test_a_form_that_is_sent_twice_makes_one_key(officer):
    client = signed_in(officer)
    form = {"name": "Nightly", "access": "read", "expires_on": (today() + timedelta(days=9)).isoformat()}
    client.post(reverse("keys"), form)
    again = client.post(reverse("keys"), form)
    assert "You have a key “Nightly” already" in again.content.decode()
    client.post(reverse("revoke-key", args=[ApiKey.objects.get().pk]))
    assert client.post(reverse("keys"), form).context["text"]


def test_a_key_is_made_on_the_command_line(officer, capsys):
    call_command("make_api_key", "P-off", "--name", "cron", "--access", "write")
    assert capsys.readouterr().out.startswith("ago_")
    with pytest.raises(CommandError, match="no person “P-9”"):
        call_command("make_api_key", "P-9", "--name", "cron")
    with pytest.raises(CommandError, match="a year at most"):
        call_command("make_api_key", "P-off", "--name", "cron", "--days", "999")


def test_an_officer_revokes_anybodys_key_in_the_admin(officer):
    call_command("make_api_key", "P-off", "--name", "cron")
    key = ApiKey.objects.get()
    client = signed_in(officer)
    data = {"action": "revoke", "_selected_action": [key.pk], "confirmed": "1", "reason": "Lost"}
    client.post(reverse("admin:office_apikey_changelist"), data)
    key.refresh_from_db()
    assert key.revoked_on is not None


def make_hook(person, url: str = "https://example.com/in", events=("gap.opened", "gap.closed")) -> Webhook:
    hook = Webhook(name=url[:80], url=url, events=list(events), person=person)
    return webhooks.save_webhook(webhook=hook, actor=person)


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x", "https://127.0.0.1/x", "https://10.1.2.3/x", "https://192.168.1.1/", "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data", "https://intranet/x", "https://db.internal/x", "https://0/x",
        "https://2130706433/x", "https://[fd00::1]/x", "http://example.com/x", "https://user:pw@example.com/x",
        "ftp://example.com/x", "https://127.0.0.1./x", "https://0x7f.1/",
    ],
)  # fmt: skip
def test_a_webhook_into_the_own_network_or_in_the_clear_is_refused(officer, url):
    with pytest.raises(ValidationError) as refused:
        make_hook(officer, url)
    assert list(refused.value.message_dict) == ["url"]
    assert Webhook.objects.count() == 0


def test_a_webhook_asks_for_events_that_exist(officer):
    with pytest.raises(ValidationError, match="no event “gap.born”"):
        make_hook(officer, events=("gap.born",))


def test_a_name_that_leads_inside_is_seen_when_it_is_looked_up_and_nothing_is_sent(officer, monkeypatch):
    make_hook(officer, events=("handover.asked",))
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", ("10.0.0.8", 443))])
    webhooks.announce(event=EventKind.HANDOVER_ASKED, body={}, now=NOW)
    run_waiting()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("waiting", 1)
    assert "leads into a private network; nothing was sent" in delivery.message


def run_waiting(now=None) -> None:
    for job in Job.objects.claimable(now or timezone.now()):
        jobs.run(job_id=job.pk, worker="w", clock=lambda: now or timezone.now())


class Receiver(BaseHTTPRequestHandler):
    answers: list[int] = []
    got: list[tuple[dict, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    Receiver.answers, Receiver.got = [], []
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/in?x=1"
    server.shutdown()
    server.server_close()


def test_gaps_that_open_are_told_once_a_subject_signed_and_the_delivery_is_listed(officer, receiver):
    hook = make_hook(officer, receiver)
    make_deployment()
    make_requirement()
    make_requirement("law.2")
    recompute_gaps(on=TODAY, actor=None)
    run_waiting()
    ((headers, body),) = Receiver.got
    told = json.loads(body)
    assert (told["type"], len(told["gaps"]), told["gaps"][0]["status"]) == ("gap.opened", 2, "open")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b64decode(hook.secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert b64decode(headers["webhook-signature"].removeprefix("v1,")) == digest
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.answered, delivery.message) == ("delivered", 204, "Answered 204.")
    page = signed_in(officer).get(reverse("admin:office_webhook_change", args=[hook.pk])).content.decode()
    assert "Answered 204." in page


def test_the_secret_of_a_webhook_is_shown_once_to_who_makes_it_and_never_again(officer):
    client = signed_in(officer)
    form = {"name": "h", "url": "https://example.com/in", "events": ["gap.due"], "is_active": "on"}
    page = client.post(reverse("admin:office_webhook_add"), form, follow=True).content.decode()
    secret = Webhook.objects.get().secret
    assert secret in page
    again = client.get(reverse("admin:office_webhook_change", args=[Webhook.objects.get().pk])).content.decode()
    assert secret not in again
    bad = client.post(reverse("admin:office_webhook_add"), form | {"name": "i", "url": "https://10.0.0.1/x"})
    assert "inside a private network" in bad.content.decode()


def test_a_delivery_that_fails_comes_again_later_and_later_and_is_given_up_in_the_end(officer, receiver):
    make_hook(officer, receiver, ("law.changed",))
    Receiver.answers = [500, 302, *[503] * 20]
    webhooks.announce(event=EventKind.LAW_CHANGED, body={"family": "law"}, now=NOW)
    now, tries = timezone.now(), 0
    while Delivery.objects.get().status == "waiting":
        run_waiting(now)
        job = Job.objects.get()
        assert job.attempts <= 1, "waiting counts as no dead worker"
        if job.status == "queued":
            assert job.not_before > now
            assert Job.objects.claimable(now).count() == 0
            now = job.not_before
        tries += 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, tries) == ("failed", 8, 8)
    assert len(Receiver.got) == 8, "a redirect is not followed"
    assert now - NOW > timedelta(days=1)


def test_an_inactive_webhook_and_one_of_another_event_hear_nothing(officer, receiver):
    hook = make_hook(officer, receiver, ("gap.due",))
    assert webhooks.announce(event=EventKind.GAP_OPENED, body={}, now=NOW) == 0
    hook.is_active = False
    webhooks.save_webhook(webhook=hook, actor=officer)
    assert webhooks.announce(event=EventKind.GAP_DUE, body={}, now=NOW) == 0


@pytest.mark.parametrize("port", ["99999", "0"])
def test_a_webhook_with_a_port_that_is_none_is_refused(officer, port):
    with pytest.raises(ValidationError) as refused:
        make_hook(officer, f"https://example.com:{port}/x")
    assert refused.value.message_dict["url"][0].startswith("A port is a number from 1 to 65535")


def test_an_address_in_chinese_is_sent_to(officer, receiver):
    make_hook(officer, receiver.replace("/in?x=1", "/鉤?名=值"), ("gap.due",))
    webhooks.announce(event=EventKind.GAP_DUE, body={}, now=NOW)
    run_waiting()
    assert Delivery.objects.get().status == "delivered"


def test_what_cannot_be_sent_at_all_is_an_attempt_with_its_reason(officer, monkeypatch):
    make_hook(officer, "https://example.com/in", ("gap.due",))
    webhooks.announce(event=EventKind.GAP_DUE, body={}, now=NOW)

    def broken(url, content, headers):
        raise ValueError("Port out of range")

    monkeypatch.setattr(outbox, "send", broken)
    run_waiting()
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.message) == (1, "ValueError: Port out of range")
    assert Job.objects.get().status == "queued", "it is tried again"


@pytest.mark.parametrize("what", ["webhook", "person"])
def test_what_waits_for_a_webhook_that_was_switched_off_is_given_up_unsent(officer, receiver, what):
    hook = make_hook(make_person("P-hook"), receiver, ("gap.due",))
    webhooks.announce(event=EventKind.GAP_DUE, body={}, now=NOW)
    if what == "webhook":
        hook.is_active = False
        webhooks.save_webhook(webhook=hook, actor=officer)
    else:
        people.deactivate(person=hook.person, actor=officer)
    run_waiting()
    delivery = Delivery.objects.get()
    assert (Receiver.got, delivery.status, delivery.message) == ([], "failed", outbox.SWITCHED_OFF)


def test_a_receiver_that_gives_a_byte_now_and_then_is_left_after_the_time_of_a_call(settings, monkeypatch):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    monkeypatch.setattr(outbox, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with server.accept()[0] as caller, contextlib.suppress(OSError):
                caller.recv(65536)
                for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40 + b"\r\n\r\n":
                    caller.send(bytes([byte]))
                    time.sleep(0.2)

        dripping = threading.Thread(target=drip)
        dripping.start()
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            outbox.send(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
        assert time.monotonic() - began < 2
        dripping.join()


def test_a_delivery_whose_job_is_lost_is_forgotten_too(officer, receiver):
    make_hook(officer, receiver, ("gap.due",))
    webhooks.announce(event=EventKind.GAP_DUE, body={}, now=NOW)
    assert webhooks.forget(now=NOW + timedelta(days=89)) == 0
    assert webhooks.forget(now=NOW + timedelta(days=91)) == 1


def test_a_handover_is_announced_with_its_seats(officer, office, receiver):
    make_hook(officer, receiver, ("handover.asked",))
    seats.assign(seat=office.seat, person=officer, on=TODAY, actor=None)
    seats.propose_handover(giver=officer, taker=make_person("P-t"), seats=[office.seat], reason="Leave", actor=officer)
    assert Delivery.objects.get().body["seats"] == [office.seat.title]


def test_old_deliveries_and_jobs_are_forgotten(officer, receiver):
    make_hook(officer, receiver, ("gap.due",))
    webhooks.announce(event=EventKind.GAP_DUE, body={}, now=NOW)
    run_waiting()
    later = timezone.now() + timedelta(days=91)
    assert (webhooks.forget(now=later), jobs.forget(now=later)) == (1, 1)


@pytest.fixture
def kind(monkeypatch):
    """Registers work for a test."""

    def register(work) -> str:
        monkeypatch.setitem(kinds._kinds, "test_work", work)
        return "test_work"

    return register


def ask(person, kind: str) -> Job:
    return jobs.enqueue(kind=kind, arguments={}, actor=person, now=timezone.now(), nudge=None)


def test_work_that_waits_is_cancelled_at_once_and_work_that_runs_at_its_next_step(officer, kind):
    client = signed_in(officer)
    done: list[int] = []

    def work(arguments, progress):
        for number in (1, 2, 3):
            done.append(number)
            if number == 2:
                client.post(reverse("cancel-job", args=[Job.objects.latest("pk").pk]))
            progress(number, 3, "Step")
        return {}

    waiting = ask(officer, kind(work))
    client.post(reverse("cancel-job", args=[waiting.pk]))
    waiting.refresh_from_db()
    assert waiting.status == "cancelled"
    assert jobs.run(job_id=waiting.pk, worker="w", clock=timezone.now) is False
    running = ask(officer, "test_work")
    jobs.run(job_id=running.pk, worker="w", clock=timezone.now)
    running.refresh_from_db()
    assert (done, running.status) == ([1, 2], "cancelled")
    assert "Cancelled" in client.get(reverse("job", args=[running.pk])).content.decode()


def test_only_its_own_person_or_an_officer_cancels_work(officer, kind):
    stranger = make_person("P-s", role="team_member")
    with pytest.raises(ValidationError, match="cannot cancel this work"):
        jobs.cancel(job=ask(officer, kind(lambda arguments, progress: {})), actor=stranger)
    assert jobs.cancel(job=ask(stranger, "test_work"), actor=officer).status == "cancelled"


def test_what_work_made_is_downloaded_by_who_sees_it_and_by_nobody_else(officer, kind, tmp_path):
    path = tmp_path / "made.csv"
    path.write_text("a,b\n", encoding="utf-8")
    job = ask(officer, kind(lambda arguments, progress: kinds.Made({"rows": 1}, path, "rows.csv")))
    jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
    client = signed_in(officer)
    page = client.get(reverse("job", args=[job.pk])).content.decode()
    assert "Download the result" in page
    answer = client.get(reverse("job-file", args=[job.pk]))
    assert b"".join(answer.streaming_content) == b"a,b\n"
    other = signed_in(make_person("P-s", role="team_member"))
    assert other.get(reverse("job-file", args=[job.pk])).status_code == 404
    assert client.get(reverse("admin:office_job_changelist")).status_code == 200
    assert not path.exists()


def test_a_refusal_of_a_service_is_the_message_of_the_job_that_met_it(officer, kind):
    def work(arguments, progress):
        raise ValidationError(["First.", "Second."])

    job = ask(officer, kind(work))
    jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
    job.refresh_from_db()
    assert (job.status, job.message) == ("failed", "First. Second.")


def test_a_job_whose_file_is_old_is_forgotten_with_it(officer, kind, settings):
    job = ask(officer, kind(lambda arguments, progress: {}))
    job.file.save("x.txt", ContentFile(b"x"), save=True)
    name = job.file.path
    jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
    jobs.forget(now=timezone.now() + timedelta(days=91))
    assert not Path(name).exists()
