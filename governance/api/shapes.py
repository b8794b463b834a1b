"""What reports give back, in the words of the assess command and of the portal."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from governance.domain.grouping import BY
from governance.domain.position import Line, Position
from governance.inputs import standing_gaps
from governance.models import Deployment, Gap
from governance.pages.duties import coverage_words
from office.history import NOW, THEN, Reader, begins
from office.models import Person
from office.rest.fields import StrictDate, StrictText
from office.rest.serializers import StrictFields

ANSWERS = OpenApiParameter(
    "answers", {"type": "string", "enum": [THEN, NOW]},
    description="With an earlier `known_on`: the answers, controls and gaps of then (by default), or those of now.",
)  # fmt: skip
RECORDS_BEGIN = "The first day of which the office has records; of an earlier day nothing is known."


def answers_asked(asked: Mapping[str, str]) -> str:
    """Whose answers a report takes."""
    word = asked.get("answers", THEN)
    if word not in (THEN, NOW):
        raise ValidationError({"answers": f"answers must be one of: {THEN}, {NOW}."})
    return word


def records_begin() -> str | None:
    day = begins()
    return day.isoformat() if day else None


class DutyShape(serializers.Serializer):
    id = serializers.CharField()
    framework = serializers.CharField()
    citation = serializers.CharField()
    status = serializers.ChoiceField(choices=["applies", "may_apply", "not_applicable"])
    applies_from = serializers.DateField(allow_null=True)
    timing = serializers.CharField()
    missing_facts = serializers.ListField(child=serializers.CharField())
    because = serializers.ListField(child=serializers.CharField())


class LaunchShape(serializers.Serializer):
    outcome = serializers.CharField()
    candidates = serializers.ListField(child=serializers.CharField())


class AssessmentShape(serializers.Serializer):
    """One object of the assess command."""

    id = serializers.CharField(allow_blank=True)
    on = serializers.DateField()
    known_on = serializers.DateField()
    derived = serializers.DictField(child=serializers.CharField())
    duties = DutyShape(many=True)
    transfer_mechanism = serializers.DictField()
    launch_path = LaunchShape()
    next_questions = serializers.ListField(child=serializers.CharField())


class AssessBody(StrictFields):
    id = StrictText(max_length=200, required=False, allow_blank=True, help_text="Handed back.")
    on = StrictDate(required=False, help_text="Today by default.")
    known_on = StrictDate(required=False, help_text="By default the day of `on`.")
    facts = serializers.DictField(required=False, help_text="Fact of the vocabulary → answer.")
    flows = serializers.ListField(child=serializers.DictField(), required=False, max_length=1000)


class OwedShape(serializers.Serializer):
    requirement = serializers.CharField()
    family = serializers.CharField()
    citation = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=["applies", "may_apply"])
    subject = serializers.CharField(help_text="Key of the scope that owes it.")
    level = serializers.ChoiceField(choices=["office", "entity", "model", "deployment"])
    followed = serializers.BooleanField(help_text="Whether the family is followed there.")
    applies_from = serializers.DateField(allow_null=True)
    timing = serializers.CharField()
    lower = serializers.IntegerField(help_text="1 when it is shown, else 0.")
    upper = serializers.IntegerField(help_text="1 when it is possible, else 0.")
    coverage = serializers.CharField()
    gap = serializers.IntegerField(allow_null=True, help_text="Number of the gap that stands, or null.")
    missing_facts = serializers.ListField(child=serializers.CharField())
    because = serializers.ListField(child=serializers.CharField())


class DutiesShape(serializers.Serializer):
    deployment = serializers.CharField()
    on = serializers.DateField()
    known_on = serializers.DateField()
    records_begin = serializers.DateField(allow_null=True, help_text=RECORDS_BEGIN)
    duties = OwedShape(many=True)


class QuestionShape(serializers.Serializer):
    fact = serializers.CharField()
    question = serializers.CharField()
    about = serializers.CharField()
    type = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class QuestionsShape(serializers.Serializer):
    questions = QuestionShape(many=True)


class ShareShape(serializers.Serializer):
    """Counts of requirements, each at its worst subject."""

    key = serializers.CharField()
    title = serializers.CharField()
    lower = serializers.IntegerField(help_text="How many are shown.")
    upper = serializers.IntegerField(help_text="How many are possible.")
    applies = serializers.IntegerField()
    may_apply = serializers.IntegerField()


class CoverageShape(serializers.Serializer):
    on = serializers.DateField()
    known_on = serializers.DateField()
    records_begin = serializers.DateField(allow_null=True, help_text=RECORDS_BEGIN)
    by = serializers.ChoiceField(choices=list(BY))
    journal_seq = serializers.IntegerField()
    journal_head = serializers.CharField(allow_blank=True)
    whole = ShareShape()
    groups = ShareShape(many=True)


class CrosswalkShape(serializers.Serializer):
    focal = serializers.CharField()
    reference = serializers.CharField()
    on = serializers.DateField()
    known_on = serializers.DateField()
    rows = serializers.ListField(child=serializers.DictField())
    unmapped_focal = serializers.ListField(child=serializers.CharField())
    unmapped_reference = serializers.ListField(child=serializers.CharField())


def duties_shown(deployment: Deployment, position: Position, office: Reader, caller: Person) -> dict[str, Any]:
    """The lines of a deployment; gaps by number where the caller sees them. Before it was there it has no line."""
    key = deployment.scope.key
    lines = position.of_deployment(key) if key in position.cases else []
    subjects = {line.subject for line in lines}
    seen = set(Gap.objects.visible_to(caller).filter(scope__key__in=subjects).values_list("pk", flat=True))
    standing = [gap for gap in standing_gaps(office, subjects) if gap.pk in seen]
    gaps = {(gap.scope.key, gap.requirement.ref): gap.pk for gap in standing}
    return {
        "deployment": key,
        "on": position.on.isoformat(),
        "known_on": position.known_on.isoformat(),
        "records_begin": records_begin(),
        "duties": [_owed(line, position, gaps.get((line.subject, line.requirement))) for line in lines],
    }


def _owed(line: Line, position: Position, gap: int | None) -> dict[str, Any]:
    row, verdict, reasons = position.rows[line.requirement], line.verdict, position.reasons(line)
    return {
        "requirement": row.id,
        "family": row.family,
        "citation": row.citation,
        "title": row.title,
        "status": verdict.status,
        "subject": line.subject,
        "level": line.level,
        "followed": line.adopted,
        "applies_from": verdict.applies_from.isoformat() if verdict.applies_from else None,
        "timing": verdict.timing,
        "lower": line.bounds.lower,
        "upper": line.bounds.upper,
        "coverage": coverage_words(line.bounds),
        "gap": gap,
        "missing_facts": list(reasons.missing),
        "because": list(reasons.because),
    }
