"""A mapping is proposed by one person, approved by another, and lapses when a text changes."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from controls.inputs import coverage_on, crosswalk_between
from controls.models import Attestation, AttestationItem, ControlMapping
from controls.services import controls, mappings
from frameworks.catalogue_files import shipped_families
from frameworks.models import Requirement
from frameworks.services.catalogues import load_family
from office.history import Present
from office.models import JournalEvent, Scope
from office.services.verify import verify
from tests.makers import (
    TODAY,
    make_control,
    make_direct,
    make_entity,
    make_implementation,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
    reword,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(office):
    return make_person("P-second", "officer")


@pytest.fixture
def mapping(officer):
    return make_mapping(make_control(), make_requirement(), by=officer)


def fresh(row):
    return type(row)._default_manager.get(pk=row.pk)


def test_a_shipped_or_new_mapping_is_only_proposed(mapping, officer):
    assert (mapping.status, mapping.proposed_by) == ("proposed", officer)


def test_the_proposer_cannot_approve(mapping, officer):
    with pytest.raises(ValidationError, match="approved by another person"):
        mappings.approve(mappings=[mapping], actor=officer)


def test_the_database_refuses_it_too(mapping, officer):
    with pytest.raises(IntegrityError), transaction.atomic():
        ControlMapping.objects.filter(pk=mapping.pk).update(status="approved", reviewed_by=officer)


def test_another_officer_approves_against_the_texts_as_they_stand(mapping, second):
    assert mappings.approve(mappings=[mapping], actor=second) == 1
    approved = fresh(mapping)
    assert (approved.status, approved.reviewed_by, approved.text_current) == ("approved", second, True)


def test_a_team_member_cannot_review(mapping):
    member = make_person("P-member", "team_member")
    with pytest.raises(ValidationError, match="takes the role of an officer"):
        mappings.approve(mappings=[mapping], actor=member)


def test_a_set_is_approved_whole_or_not_at_all(mapping, officer, second):
    own = make_mapping(mapping.control, make_requirement("law.2"), by=second)
    with pytest.raises(ValidationError):
        mappings.approve(mappings=[mapping, own], actor=second)
    assert fresh(mapping).status == "proposed"


def test_a_rejection_needs_a_reason_and_ends_the_mapping(mapping, second):
    with pytest.raises(ValidationError, match="Say why"):
        mappings.reject(mappings=[mapping], actor=second, note=" ")
    mappings.reject(mappings=[mapping], actor=second, note="Wrong article")
    with pytest.raises(ValidationError, match="is rejected; only what is proposed or re-review becomes approved"):
        mappings.approve(mappings=[mapping], actor=second)


def test_a_change_of_content_goes_back_to_proposed_in_the_name_of_who_changed_it(mapping, second, officer):
    mappings.approve(mappings=[mapping], actor=second)
    changed = fresh(mapping)
    changed.strength = 3
    mappings.save_mapping(mapping=changed, actor=second)
    assert (fresh(mapping).status, fresh(mapping).proposed_by) == ("proposed", second)
    assert mappings.approve(mappings=[mapping], actor=officer) == 1


def test_saving_without_a_change_keeps_the_approval(mapping, second):
    mappings.approve(mappings=[mapping], actor=second)
    mappings.save_mapping(mapping=fresh(mapping), actor=second)
    assert fresh(mapping).status == "approved"


def test_new_words_of_the_control_send_it_to_re_review(mapping, second):
    mappings.approve(mappings=[mapping], actor=second)
    control = mapping.control
    control.objective = "Something else."
    controls.save_control(control=control, actor=None)
    assert fresh(mapping).status == "re_review"


def test_new_words_of_the_requirement_send_it_to_re_review(mapping, second):
    mappings.approve(mappings=[mapping], actor=second)
    reword(mapping.requirement)
    assert fresh(mapping).text_current is False
    assert mappings.lapse_outdated(actor=None) == 1
    assert fresh(mapping).status == "re_review"
    assert mappings.lapse_outdated(actor=None) == 0


def test_an_active_control_needs_a_person(office):
    control = make_control()
    with pytest.raises(ValidationError, match="An active control needs an accountable person"):
        controls.activate(control=control, actor=None)
    assert make_control("C-2", owner=make_person()).status == "active"


def test_coverage_is_read_with_a_fixed_number_of_queries(mapping, second, django_assert_num_queries):
    def queries():
        with django_assert_num_queries(6):
            return coverage_on(TODAY, Present()).cover("law.1", ("hk-bank", "office"))

    assert (queries().lower, queries().upper) == (0, 1)
    mappings.approve(mappings=[mapping], actor=second)
    row = make_implementation(mapping.control, make_entity())
    controls.add_evidence(implementation=row, title="Minutes", valid_from=TODAY, collected_by=second, actor=second)
    controls.record_test(implementation=row, performed_on=TODAY, result="passed", tester=second, actor=second)
    for number in range(2, 12):
        make_mapping(make_control(f"C-{number}"), make_requirement(f"law.{number}"))
    assert queries().lower == 1


@pytest.fixture
def shown(mapping, officer, second):
    """Two parts of the same requirement, both approved and shown to work in one entity."""
    part = make_mapping(make_control("C-2"), mapping.requirement, by=officer, relationship="subset")
    mapping.relationship = "subset"
    mappings.save_mapping(mapping=mapping, actor=officer)
    mappings.approve(mappings=[mapping, part], actor=second)
    scope = make_entity()
    for row in (mapping, part):
        make_proof(row.control, scope, second)
    return [mapping, part]


@pytest.fixture
def parts(shown, second):
    """The same, and a person attested that they suffice."""
    requirement, scope = shown[0].requirement, Scope.objects.get(key="hk-bank")
    mappings.attest(requirement=requirement, scope=scope, mappings=shown, reason="both", actor=second)
    return shown


def test_attested_parts_suffice_together_until_a_text_changes(shown, second):
    requirement, scope = shown[0].requirement, Scope.objects.get(key="hk-bank")
    assert coverage_on(TODAY, Present()).cover("law.1", ("hk-bank", "office")).lower == 0
    mappings.attest(requirement=requirement, scope=scope, mappings=shown, reason="both", actor=second)
    assert coverage_on(TODAY, Present()).cover("law.1", ("hk-bank", "office")).lower == 1
    reword(requirement)
    assert coverage_on(TODAY, Present()).cover("law.1", ("hk-bank", "office")).lower == 0
    with pytest.raises(ValidationError, match="at least two mappings"):
        mappings.attest(requirement=requirement, scope=scope, mappings=shown[:1], reason="x", actor=second)


def lower_bound() -> int:
    return coverage_on(TODAY, Present()).cover("law.1", ("hk-bank", "office")).lower


def test_a_part_that_is_judged_anew_to_hold_nothing_takes_the_attested_set_with_it(parts, officer, second):
    assert lower_bound() == 1
    part = fresh(parts[1])
    part.relationship = "no_relationship"
    mappings.save_mapping(mapping=part, actor=officer)
    mappings.approve(mappings=[part], actor=second)
    assert lower_bound() == 0


@pytest.mark.parametrize("relationship", ["", "no_relationship"])
def test_nobody_attests_a_part_that_holds_nothing(parts, officer, relationship):
    empty = make_mapping(make_control("C-3"), parts[0].requirement, by=officer, relationship=relationship)
    with pytest.raises(ValidationError, match="C-3 → law.1 says nothing of that"):
        mappings.attest(
            requirement=parts[0].requirement, scope=make_entity("eu-bank"), mappings=[*parts, empty], reason="all",
            actor=officer,
        )  # fmt: skip
    assert Attestation.objects.count() == 1


def test_a_word_is_taken_back_with_a_reason_that_the_journal_keeps(parts, officer):
    row = Attestation.objects.get()
    with pytest.raises(ValidationError, match="Say why"):
        mappings.withdraw_attestation(attestation=row, reason=" ", actor=officer)
    with pytest.raises(ValidationError):
        mappings.withdraw_attestation(
            attestation=row, reason="So", actor=make_person("P-else", "officer", make_entity("x"))
        )
    assert lower_bound() == 1
    mappings.withdraw_attestation(attestation=row, reason="Too narrow.", actor=officer)
    assert (lower_bound(), Attestation.objects.count(), AttestationItem.objects.count()) == (0, 0, 0)
    event = JournalEvent.objects.filter(noun="controls.attestation", verb="delete").get()
    assert event.reason.endswith(": Too narrow.")


def test_a_crosswalk_shows_direct_rows_and_both_legs(mapping):
    other = make_requirement("std.1", family="std")
    make_mapping(mapping.control, other, relationship="subset")
    direct = make_requirement("std.2", family="std")
    make_direct(
        focal=mapping.requirement, reference=direct, actor=None, relationship="intersects", rationale="Both ask for it."
    )
    found = crosswalk_between(["law.1"], ["std.1", "std.2", "std.3"], Present())
    assert [(row.reference, row.relationship) for row in found.rows] == [("std.1", "subset"), ("std.2", "intersects")]
    assert found.unmapped_reference == ("std.3",)


def test_the_day_of_a_review_is_the_day_in_the_office(mapping, second, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 11, 25, 20, 30, tzinfo=UTC))
    fields = {"relationship": "equal", "rationale": "Both ask for it."}
    row = make_direct(focal=mapping.requirement, reference=make_requirement("std.1"), actor=None, **fields)
    mappings.approve(mappings=[row], actor=second)
    (shown,) = crosswalk_between(["law.1"], ["std.1"], Present()).rows
    assert shown.reviewed_on == "2026-11-26", "half past four in the morning in Hong Kong"


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_in_the_journal(mapping, second):
    mappings.approve(mappings=[mapping], actor=second)
    assert verify() == []


def test_a_release_that_rewords_lapses_approvals_and_one_that_only_moves_a_date_does_not(second):
    """On the amendment of 2026, which moved Art. 26(1) and (2) in time; here (2) gets other words too."""
    shipped = shipped_families()["eu-ai-act"]
    law = replace(
        shipped,
        versions=tuple(
            replace(row, title="Other words") if row.id == "eu-ai-act.art-26-2" and row.known_until is None else row
            for row in shipped.versions
        ),
    )
    load_family(shipped=law, actor=None, until=date(2026, 7, 23))
    control = make_control("OVR-01")
    rows = [
        make_mapping(control, Requirement.objects.get(ref=f"eu-ai-act.art-26-{number}"), by=None) for number in (1, 2)
    ]
    mappings.approve(mappings=rows, actor=second)
    load_family(shipped=law, actor=None)
    assert [fresh(row).status for row in rows] == ["approved", "re_review"]
    assert [fresh(row).text_current for row in rows] == [True, False]
