"""Counsel's reviews: office data beside the shipped mark, of one version, recorded one after the other."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from frameworks.models import CounselReview, Requirement
from frameworks.services.reviews import record_reviews
from office.models import JournalEvent
from tests.makers import TODAY, make_person, make_requirement, reword

pytestmark = pytest.mark.django_db


@pytest.fixture
def counsel(office):
    return make_person("P-law", name="Counsel")


@pytest.fixture
def officer(office):
    return make_person("P-off", role="officer")


def review(requirement, counsel, actor, **over):
    given = {"reviewed_on": TODAY, "result": "confirmed", "source_read": "Official text of 2026", "note": ""}
    return record_reviews(
        requirements=[requirement], reviewed_by=counsel, actor=actor, on=TODAY, **{**given, **over}
    )  # fmt: skip


def test_a_review_says_who_when_and_with_what_result_and_leaves_the_mark_alone(counsel, officer):
    requirement = make_requirement(verification="M")
    (row,) = review(requirement, counsel, officer)
    assert str(row) == f"Confirmed by {counsel} on {TODAY}"
    requirement.refresh_from_db()
    assert (requirement.current.verification, requirement.current.is_unverified) == ("M", True)
    event = JournalEvent.objects.order_by("-seq").first()
    assert (event.noun, event.actor_ref) == ("frameworks.counselreview", "P-off")


def test_a_later_review_follows_and_a_newer_text_has_none(counsel, officer):
    requirement = make_requirement()
    review(requirement, counsel, officer)
    review(requirement, counsel, officer, result="correction", note="The day is wrong.")
    assert [row.result for row in CounselReview.objects.all()] == ["correction", "confirmed"]
    reword(requirement)
    current = Requirement.objects.get(pk=requirement.pk).current
    assert not current.counsel_reviews.exists()
    assert CounselReview.objects.count() == 2


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"reviewed_on": TODAY + timedelta(days=1)}, "has not come yet"),
        ({"result": "perhaps"}, "is not a valid choice"),
        ({"source_read": "  "}, "cannot be blank"),
    ],
)
def test_a_review_that_cannot_be_is_refused(counsel, officer, over, sentence):
    requirement = make_requirement()
    with pytest.raises(ValidationError, match=sentence):
        review(requirement, counsel, officer, **over)
    assert not CounselReview.objects.exists()


def test_a_row_that_was_repealed_is_not_reviewed(counsel, officer):
    requirement = make_requirement()
    requirement.versions.update(known_until=date(2026, 6, 1))
    requirement.refresh_from_db()
    with pytest.raises(ValidationError, match="does not stand any more"):
        review(requirement, counsel, officer)


def test_recording_takes_an_officer_of_the_office(counsel):
    with pytest.raises(ValidationError, match="cannot record counsel's reviews"):
        review(make_requirement(), counsel, make_person("P-aud", role="auditor"))
