"""Lists of 100 rows by the API at 1,000 and at 100,000 rows, beside a bare REST framework view with one query over the same
100 rows: no authentication, no rights, no filters, no count, no names of other rows."""

from datetime import date, timedelta
from typing import Any

from tests.bench.ground import counted, median, set_up

SIZES = (1_000, 100_000)
TIMES = 30
MOST_QUERIES = 12
LEAST = 1 / 3


def main() -> None:
    set_up()
    from office.services import scopes
    from office.services.api_keys import make_key
    from office.today import today
    from tests.makers import make_person

    scopes.found_office(name="Bench", actor=None)
    officer = make_person("P-off", role="officer")
    day = today()
    _, key = make_key(
        person=officer, name="b", access="read", created_on=day, expires_on=day + timedelta(days=1), actor=None
    )
    print(
        f"\n{'list of 100':<14}{'rows':>9}{'queries':>9}{'ours/s':>9}{'bare/s':>9}{'share':>8}   (at least {LEAST:.2f})"
    )
    for size in SIZES:
        fill(size)
        for name in ("requirements", "gaps"):
            show(name, size, key)


def fill(size: int) -> None:
    """Requirements, and as many gaps over the scopes of ten deployments; straight into the tables, past the journal."""
    from frameworks.models import Family, Requirement, RequirementVersion
    from governance.models import Gap
    from office.models import Scope
    from tests.makers import make_deployment, make_entity, make_family, make_person, make_use_case, make_version

    family = Family.objects.filter(key="law").first() or make_family("law")
    instrument, release = family.instruments.get(), family.releases.get()
    have = Requirement.objects.count()
    new = [
        Requirement(ref=f"law.{number}", family=family, instrument=instrument, position=number)
        for number in range(have, size)
    ]
    Requirement.objects.bulk_create(new, batch_size=500)
    versions = [make_version(row, release) for row in new]
    RequirementVersion.objects.bulk_create(versions, batch_size=300)
    for row, version in zip(new, versions, strict=True):
        row.current = version
    Requirement.objects.bulk_update(new, ["current"], batch_size=300)
    if not Scope.objects.filter(kind="deployment").exists():
        for number in range(10):
            entity = make_entity(f"e-{number}", owner=make_person(f"P-e{number}"))
            make_deployment(make_use_case(f"Case {number}", make_person(f"P-c{number}")), entity)
    scopes = list(Scope.objects.filter(kind="deployment").select_related("deployment__seat"))
    gaps = [
        Gap(
            scope=scopes[number % 10], requirement=row, severity="high", timing="in_force", opened_on=date(2026, 1, 1),
            due_on=date(2026, 1, 1) + timedelta(days=number % 700), reason="Nothing covers it.",
            seat=scopes[number % 10].deployment.seat,
        )
        for number, row in enumerate(new)
    ]  # fmt: skip
    Gap.objects.bulk_create(gaps, batch_size=300)


def show(name: str, size: int, key: str) -> None:
    from django.test import Client

    client = Client(headers={"authorization": f"Bearer {key}"})
    address = f"/api/v1/{name}/?page_size=100"

    def ours() -> None:
        answer = client.get(address)
        assert answer.status_code == 200
        assert len(answer.json()["results"]) == 100

    ours()
    with counted() as sent:
        ours()
    bare = bare_view(name)
    bare()
    mine, other = 1 / median(ours, TIMES), 1 / median(bare, TIMES)
    print(f"{name:<14}{size:>9}{len(sent):>9}{mine:>9.1f}{other:>9.1f}{mine / other:>8.2f}")
    assert len(sent) <= MOST_QUERIES


def bare_view(name: str) -> Any:
    from rest_framework.generics import ListAPIView
    from rest_framework.renderers import JSONRenderer
    from rest_framework.serializers import ModelSerializer
    from rest_framework.test import APIRequestFactory

    from frameworks.models import RequirementVersion
    from governance.models import Gap

    noun: Any = {"requirements": RequirementVersion, "gaps": Gap}[name]

    class Plain(ModelSerializer):
        class Meta:
            model = noun
            fields = "__all__"

    class Bare(ListAPIView):
        serializer_class = Plain
        authentication_classes = ()
        permission_classes = ()
        throttle_classes = ()
        filter_backends = ()
        pagination_class = None
        renderer_classes = (JSONRenderer,)

        def get_queryset(self) -> Any:
            return noun.objects.order_by("pk")[:100]

    view, request = Bare.as_view(), APIRequestFactory().get("/")

    def call() -> None:
        answer = view(request)
        answer.render()
        assert len(answer.data) == 100

    return call


if __name__ == "__main__":
    main()
