"""Logins: what they open follows the roles of the moment, and nobody guesses a password at either door."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from office.models import Membership
from office.services import logins, people, records
from office.services.logins import give_login
from office.signing_in import address_of
from tests.makers import make_entity, make_person

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-test-password"
DOORS = ("login", "admin:login")
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _no_tries_yet():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def member(office):
    person = make_person("P-member", role="team_member", scope=make_entity(owner=make_person("P-entity")))
    give_login(person=person, username="member", actor=None, password=PASSWORD)
    return person


def sign_in(door: str, name: str, password: str, **more):
    return Client().post(reverse(door), {"username": name, "password": password}, **more)


def test_who_becomes_an_officer_gets_into_the_office_with_the_login_they_have_until_the_role_is_taken(member, office):
    client = Client()
    assert client.login(username="member", password=PASSWORD)

    def shown() -> tuple[int, bool]:
        return client.get(reverse("admin:index")).status_code, "Office</a>" in client.get("/").content.decode()

    assert shown() == (302, False)
    people.grant(person=member, role="officer", scope=office.scope, actor=None)
    assert shown() == (200, True)
    assert client.get(reverse("admin:office_journalevent_changelist")).status_code == 200
    records.delete_record(row=Membership.objects.get(person=member, role="officer"), actor=None)
    assert shown() == (302, False)
    assert client.get(reverse("admin:office_journalevent_changelist")).status_code == 403


def test_the_office_door_takes_who_has_a_role_there_and_tells_others_where_to_go(member, office):
    refused = sign_in("admin:login", "member", PASSWORD)
    assert (refused.status_code, "Sign in to the portal instead" in refused.content.decode()) == (200, True)
    people.grant(person=member, role="auditor", scope=office.scope, actor=None)
    assert sign_in("admin:login", "member", PASSWORD).status_code == 302


def test_a_superuser_comes_in_for_the_logins_and_one_switched_off_does_not(db):
    user = get_user_model().objects.create_superuser("root", password=PASSWORD)
    client = Client()
    client.force_login(user)
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 200
    user.is_active = False
    user.save()
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 302


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("other", DOORS)
def test_who_guesses_waits_at_both_doors_with_the_right_password_too(officer, door, other):
    give_login(person=officer, username="olga", actor=None, password=PASSWORD)
    assert {sign_in(door, "olga", f"wrong-{number}").status_code for number in range(10)} == {200}
    for name in ("olga", "OLGA"):
        answer = sign_in(other, name, PASSWORD)
        assert (answer.status_code, 1 <= int(answer["Retry-After"]) <= 60) == (429, True)
        assert "Too many tries. Wait" in answer.content.decode()
    cache.clear()
    assert sign_in(other, "olga", PASSWORD).status_code == 302


def test_the_right_password_ends_the_count_of_its_name_only(settings, officer):
    settings.LOGIN_RATES = {"name": "3/min", "address": "5/min"}
    give_login(person=officer, username="olga", actor=None, password=PASSWORD)
    for _ in range(2):
        assert [sign_in("login", "olga", word).status_code for word in ("no", "nor this", PASSWORD)] == [200, 200, 302]
    assert sign_in("login", "anybody", "guess").status_code == 200
    assert sign_in("login", "anybody else", "guess").status_code == 429, "five wrong ones came from here"


def test_the_time_runs_from_the_first_try_and_an_empty_rate_is_no_limit(settings):
    settings.LOGIN_RATES = {"name": "1/hour", "address": ""}
    assert logins.count_try(name="a", address="", now=NOW) == 0
    assert logins.count_try(name="a", address="", now=NOW + timedelta(minutes=10)) == 3000
    assert logins.count_try(name="b", address="", now=NOW) == 0
    logins.forgive_try(name="a", address="")
    assert logins.count_try(name="a", address="", now=NOW) == 0


def test_the_address_is_what_a_trusted_proxy_says_and_nobody_else(settings):
    request = RequestFactory().get("/", headers={"x-forwarded-for": "6.6.6.6, 203.0.113.9"})
    assert address_of(request) == "127.0.0.1"
    settings.TRUSTED_PROXY = True
    assert address_of(request) == "203.0.113.9"
    assert address_of(RequestFactory().get("/")) == "127.0.0.1"


def test_a_login_is_given_on_the_command_line_once(ada, ben, capsys):
    call_command("give_login", "P-ada", "--name", "ada")
    assert Client().login(username="ada", password=capsys.readouterr().out.strip())
    for person, name, sentence in (
        ("P-9", "nobody", "no person “P-9”"), ("P-ada", "ada2", "already has the login “ada”"),
        ("P-ben", "Ada", "somebody's already"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=sentence):
            call_command("give_login", person, "--name", name)
