"""What goes along with a deleted row goes with an event of its own."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection, models

from controls.models import AttestationItem
from controls.services import mappings as mapping_services
from frameworks.models import RequirementItem, RequirementText, RequirementVersion
from governance.models import Action, ActionGap, DeploymentModel, Gap
from governance.services import inventory
from governance.services.gaps import save_action
from office.models import HandoverSeat, JournalEvent, Scope, Seat
from office.models.base import Recorded
from office.services import records, seats
from office.services.recording import recording
from office.services.verify import examine, recorded_models, verify
from tests.makers import (
    TODAY,
    make_control,
    make_deployment,
    make_mapping,
    make_person,
    make_requirement,
    reword,
)

pytestmark = pytest.mark.django_db(transaction=True)


def make_action() -> ActionGap:
    person, requirement = make_person("P-1"), make_requirement()
    with recording(actor=None, reason="test") as pen:
        seat = seats.make_seat(title="Owner", place=None, pen=pen)
        gap = Gap(
            scope=Scope.objects.get(kind="office"), requirement=requirement, severity="high", timing="now", opened_on=TODAY,
            due_on=TODAY, reason="No control.", seat=seat,
        )  # fmt: skip
        pen.save(gap)
    save_action(action=Action(title="Do it", person=person, due_on=TODAY), gaps=[gap], actor=None)
    return ActionGap.objects.get()


def make_attestation() -> AttestationItem:
    requirement, officer = make_requirement(), make_person("P-1", "officer")
    chosen = [make_mapping(make_control(ref), requirement) for ref in ("C-1", "C-2")]
    place = Scope.objects.get(kind="office")
    mapping_services.attest(requirement=requirement, scope=place, mappings=chosen, reason="Both.", actor=officer)
    return AttestationItem.objects.first()


def make_handover() -> HandoverSeat:
    giver, taker = make_person("P-1"), make_person("P-2")
    with recording(actor=None, reason="test") as pen:
        seat = seats.make_seat(title="Owner", place=None, pen=pen)
    seats.assign(seat=seat, person=giver, on=TODAY, actor=None)
    seats.propose_handover(giver=giver, taker=taker, seats=[Seat.objects.get(pk=seat.pk)], reason="Leave", actor=giver)
    return HandoverSeat.objects.get()


def make_link() -> DeploymentModel:
    model = inventory.add_model(key="m-1", name="Model", actor=None)
    make_deployment(models=[model])
    return DeploymentModel.objects.get()


def closed_version() -> RequirementVersion:
    requirement = make_requirement()
    old = requirement.current
    reword(requirement)
    return old


def make_text() -> RequirementText:
    row = RequirementText(version=closed_version(), language="zh-Hans", origin="own", title="Tu es", verification="P")
    with recording(actor=None, reason="test") as pen:
        pen.save(row)
    return row


def make_item() -> RequirementItem:
    row = RequirementItem(version=closed_version(), position=1, ref="1", kind="checklist", title="A point", note="")
    with recording(actor=None, reason="test") as pen:
        pen.save(row)
    return row


MAKERS: dict[type[Recorded], Callable[[], Recorded]] = {
    ActionGap: make_action,
    AttestationItem: make_attestation,
    HandoverSeat: make_handover,
    DeploymentModel: make_link,
    RequirementText: make_text,
    RequirementItem: make_item,
}


def keys_that(*on_delete: object) -> list[tuple[type[Recorded], str]]:
    return [
        (model, field.name)
        for model in recorded_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete in on_delete
    ]


def test_every_noun_that_goes_along_has_its_maker_here_and_none_changes_unseen():
    assert {model for model, _ in keys_that(models.CASCADE)} == set(MAKERS)
    assert keys_that(models.SET_NULL, models.SET_DEFAULT) == [], "such a change would leave no event"


@pytest.mark.parametrize(("part", "name"), keys_that(models.CASCADE), ids=str)
def test_a_part_that_goes_with_its_whole_leaves_an_event(office, part, name):
    row = MAKERS[part]()
    whole = getattr(row, name)
    parts = list(part.objects.filter(**{name: whole}).values_list("pk", flat=True))
    records.delete_record(row=whole, actor=None)
    assert not part.objects.filter(pk__in=parts).exists()
    ends = JournalEvent.objects.filter(noun=part.journal_noun(), verb="delete").order_by("seq")
    assert [event.object_id for event in ends] == parts
    assert all(
        event.before[f"{name}_id"] == event.batch.events.get(noun=whole.journal_noun()).object_id for event in ends
    )
    assert examine().problems == examine().remarks == ()


def test_what_goes_along_is_found_by_as_many_queries_for_two_parts_as_for_ten(office, django_assert_max_num_queries):
    requirement, officer = make_requirement(), make_person("P-1", "officer")
    chosen = [make_mapping(make_control(f"C-{number}"), requirement) for number in range(10)]
    whole = mapping_services.attest(
        requirement=requirement, scope=office.scope, mappings=chosen, reason="All.", actor=officer
    )
    with django_assert_max_num_queries(20):
        records.delete_record(row=whole, actor=None)
    assert JournalEvent.objects.filter(noun="controls.attestationitem", verb="delete").count() == 10


def without_its_part(row: Recorded, whole: Recorded) -> None:
    """What an older version did: the part goes, and only the whole leaves an event."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])
    records.delete_record(row=whole, actor=None)


def test_a_part_that_an_older_version_took_along_is_told_and_the_journal_holds(office, capsys):
    row = make_action()
    without_its_part(row, row.action)
    end = JournalEvent.objects.get(verb="delete").seq
    told = f"governance.actiongap {row.pk} has no event of its end: it went with its whole, which event {end} deleted."
    assert (examine().problems, examine().remarks) == ((), (told,))
    call_command("verify_journal")
    printed = capsys.readouterr().out
    assert told in printed
    assert "The journal holds" in printed


def test_a_part_that_is_gone_while_its_whole_stands_was_removed_behind_the_services(office):
    row = make_action()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM governance_actiongap WHERE id = %s", [row.pk])
    other = Action(title="Other", person=row.action.person, due_on=TODAY)
    save_action(action=other, gaps=None, actor=None)
    records.delete_record(row=other, actor=None)
    assert [sentence.split(" behind")[0] for sentence in verify()] == [f"governance.actiongap {row.pk} was removed"]
