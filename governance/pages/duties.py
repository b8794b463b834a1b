"""What the team's pages show: questions that still matter, and duties with their reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.text import capfirst

from controls.domain.coverage import Bounds
from frameworks.choices import UNVERIFIED, FamilyOrigin
from frameworks.domain.applicability import APPLIES, MAY_APPLY, NOT_APPLICABLE, Assessment, Duty
from frameworks.domain.conditions import facts_of
from frameworks.domain.kleene import Truth
from frameworks.domain.rows import Item, Row, Text
from frameworks.domain.vocabulary_terms import Fact
from frameworks.inputs import newest_reviews
from frameworks.models import CounselReview, Family
from frameworks.vocabulary_files import shipped_vocabulary
from governance.domain.position import Line, Position
from governance.inputs import STAGE_FACT, standing_gaps
from governance.models import AIModel, Answer, Approval, Deployment, DeploymentModel, Gap, UseCase
from governance.services.answers import may_answer
from office.history import Reader, seat_people
from office.models import Office, Person, Scope, Seat
from office.models.scopes import EntityJurisdiction

UNKNOWN = "unknown"
PROFILE = "us.nist_genai_profile"
AT_ONCE = 12
"""Questions on one page; the most decisive first."""
YES_NO = (("true", "Yes"), ("false", "No"))
LEVELS = {
    "deployment": "this deployment",
    "entity": "the legal entity, once",
    "model": "the model, once",
    "office": "the office, once",
}
TIMINGS = {
    "in_force": "in force",
    "upcoming": "not yet",
    "pending": "text pending",
    "legacy_exempt": "exempt until it changes",
    "disputed": "day disputed",
    "unknown": "day hangs on answers",
}


@dataclass(frozen=True)
class Place:
    """Where a fact is answered, once: a scope or the use case; who answers for it; whether this person may."""

    subject: Scope | UseCase
    name: str
    seat: Seat
    open: bool

    @property
    def token(self) -> str:
        """Names the subject in a form."""
        return f"{_kind(self)}-{self.subject.pk}"


@dataclass(frozen=True)
class Question:
    """One fact as it is asked. `value` is the stored answer as a form shows it, or None."""

    fact: Fact
    place: Place
    value: object
    choices: Sequence[tuple[str, str]]

    @property
    def name(self) -> str:
        """The name of its inputs."""
        return f"{self.fact.key}@{self.place.token}"

    @property
    def is_set_aside(self) -> bool:
        return self.value == UNKNOWN

    @property
    def chosen(self) -> list[str]:
        """The stored answer as the words of its inputs."""
        if isinstance(self.value, list):
            return [str(member) for member in self.value] or ["none"]
        if isinstance(self.value, bool):
            return ["true" if self.value else "false"]
        return [] if self.value is None else [str(self.value)]

    @property
    def words(self) -> str:
        """The stored answer in words."""
        names = {**dict(self.choices), UNKNOWN: "not known", "none": "none of these"}
        return ", ".join(names.get(word, word) for word in self.chosen)


@dataclass(frozen=True)
class Asked:
    """The questions of a deployment, sorted by what is to be done about them."""

    now: list[Question]
    later: int
    set_aside: list[Question]
    for_others: list[Question]
    answered: list[Question]


def places_of(deployment: Deployment, person: Person) -> dict[str, list[Place]]:
    """Subject word → where its facts are answered for this deployment."""
    use_case = deployment.use_case
    places = {
        "deployment": [_place(deployment.scope, str(deployment), deployment.seat, person)],
        "use_case": [_place(use_case, use_case.title, use_case.seat, person)],
        "entity": [_place(deployment.entity.scope, str(deployment.entity), deployment.entity.seat, person)],
        "model": [
            _place(link.model.scope, str(link.model), link.model.seat, person) for link in deployment.model_links.all()
        ],
    }
    office = Office.objects.select_related("scope", "seat").first()
    places["office"] = [_place(office.scope, str(office), office.seat, person)] if office else []
    return places


def _place(subject: Scope | UseCase, name: str, seat: Seat, person: Person) -> Place:
    return Place(subject, name, seat, may_answer(person, subject, seat.holder))


def questions_of(deployment: Deployment, assessment: Assessment, person: Person, ask: str = "") -> Asked:
    """What to ask now. `ask` puts one fact first, answered or not."""
    places = places_of(deployment, person)
    stored = _stored(places)
    vocabulary = shipped_vocabulary()
    keys = [key for key in assessment.next_questions if key != STAGE_FACT]
    open_now = [question for key in keys for question in _ask(vocabulary.facts[key], places, stored)]
    answered = [
        question
        for key, fact in vocabulary.facts.items()
        for question in _ask(fact, places, stored)
        if question.value is not None and not question.is_set_aside
    ]
    mine = [question for question in open_now if question.place.open and not question.is_set_aside]
    first = [question for question in [*answered, *open_now] if question.fact.key == ask and question.place.open]
    now = [*first[:1], *(question for question in mine if question not in first)]
    return Asked(
        now=now[:AT_ONCE],
        later=max(0, len(now) - AT_ONCE),
        set_aside=[question for question in open_now if question.is_set_aside and question.place.open],
        for_others=[question for question in open_now if not question.place.open],
        answered=answered,
    )


def _stored(places: dict[str, list[Place]]) -> dict[tuple[str, int, str], object]:
    flat = [place for group in places.values() for place in group]
    scopes = [place.subject.pk for place in flat if isinstance(place.subject, Scope)]
    use_cases = [place.subject.pk for place in flat if isinstance(place.subject, UseCase)]
    found: dict[tuple[str, int, str], object] = {}
    for row in Answer.objects.filter(scope__in=scopes):
        found["scope", row.scope_id or 0, row.fact] = row.value
    for row in Answer.objects.filter(use_case__in=use_cases):
        found["use_case", row.use_case_id or 0, row.fact] = row.value
    return found


def _ask(fact: Fact, places: dict[str, list[Place]], stored: dict) -> list[Question]:
    return [
        Question(fact, place, stored.get((_kind(place), place.subject.pk, fact.key)), _choices(fact))
        for place in places[fact.subject]
    ]


def _kind(place: Place) -> str:
    return "scope" if isinstance(place.subject, Scope) else "use_case"


def _choices(fact: Fact) -> Sequence[tuple[str, str]]:
    if fact.type == "boolean":
        return YES_NO
    return tuple(fact.choices.items())


def read_posted(fact: Fact, words: list[str]) -> object:
    """What a browser sends for a fact, as a raw answer of the vocabulary; None takes the answer back."""
    words = [word.strip() for word in words if word.strip()]
    if not words:
        return None
    if words == [UNKNOWN]:
        return UNKNOWN
    if fact.type == "set":
        return words
    if fact.type == "boolean":
        return {"true": True, "false": False}.get(words[0], words[0])
    return _number(words[0]) if fact.type == "number" else words[0]


def _number(word: str) -> object:
    try:
        number = float(word.replace(",", ""))
    except ValueError:
        return word
    return int(number) if number.is_integer() else number


@dataclass(frozen=True)
class DutyRow:
    """One requirement on the result page: what, from when, who owes it, how far it is covered, and why."""

    row: Row
    line: Line
    owed_by: str
    timing: str
    coverage: str
    gap: Gap | None
    missing: list[tuple[str, str]]
    because: tuple[str, ...]
    checklist: list[Item]
    actions: list[Item]
    """Suggested by NIST AI 600-1; shown unless the system is known not to generate content."""
    other_titles: list[Text]
    review: CounselReview | None

    @property
    def is_unverified(self) -> bool:
        return self.row.verification in UNVERIFIED


@dataclass
class MarketDuties:
    """The duties of one family, under the market it belongs to."""

    family: Family
    market: str
    adopted: bool = True
    applies: list[DutyRow] = field(default_factory=list)
    may_apply: list[DutyRow] = field(default_factory=list)
    not_applicable: list[tuple[Row, Duty]] = field(default_factory=list)

    @property
    def heading(self) -> str:
        same = self.market == self.family.title
        return self.market if same else f"{self.market}: {self.family.title}"


@dataclass(frozen=True)
class Standing:
    """A deployment as a report heads it: who answers for it, what it is built on, who approved it."""

    deployment: Deployment
    models: list[AIModel]
    approvals: list[Approval]


def standing_of(deployment: Deployment, reader: Reader) -> Standing:
    """As the reader sees it. Four queries in the present."""
    (row,) = reader.rows(Deployment, "scope", "use_case", "entity__scope", "seat", pk=[deployment.pk])
    seat_people(reader, [row.seat])
    links = reader.rows(DeploymentModel, "model__scope", deployment_id=[row.pk])
    approvals = reader.rows(Approval, deployment_id=[row.pk])
    return Standing(row, [link.model for link in links], approvals)


def duties_of(deployment: Deployment, position: Position, reader: Reader) -> list[MarketDuties]:
    """Every requirement of every family, by market: what applies first, then what may, then what does not."""
    key = deployment.scope.key
    lines = position.of_deployment(key)
    standing = standing_gaps(reader, {line.subject for line in lines}, shown=True)
    gaps = {(gap.scope.key, gap.requirement.ref): gap for gap in standing}
    markets = dict(EntityJurisdiction.choices)
    groups = {family.key: MarketDuties(family, _market(family, markets)) for family in Family.objects.all()}
    reviews = newest_reviews(line.requirement for line in lines)
    generative = position.assessments[key].derived[PROFILE] is not Truth.NO
    for line in lines:
        group = groups[line.family]
        if not line.adopted and group.family.origin == FamilyOrigin.IMPORTED:
            continue  # brought in, but followed nowhere above: nothing of this deployment hangs on it
        group.adopted = line.adopted
        gap = gaps.get((line.subject, line.requirement))
        shown = _duty_row(position, line, gap, reviews.get(line.requirement), generative)
        (group.applies if line.verdict.status == APPLIES else group.may_apply).append(shown)
    for duty in position.assessments[key].duties:
        if duty.status == NOT_APPLICABLE and not position.rows[duty.id].context:
            groups[duty.family].not_applicable.append((position.rows[duty.id], duty))
    found = [group for group in groups.values() if group.applies or group.may_apply or group.not_applicable]
    return sorted(found, key=lambda group: not (group.applies or group.may_apply))


def _market(family: Family, markets: dict[str, str]) -> str:
    return "Voluntary" if family.is_voluntary else markets.get(family.jurisdiction, "Everywhere")


def _duty_row(
    position: Position, line: Line, gap: Gap | None, review: CounselReview | None, generative: bool
) -> DutyRow:
    facts, reasons = shipped_vocabulary().facts, position.reasons(line)
    row = position.rows[line.requirement]
    return DutyRow(
        row=row,
        line=line,
        owed_by=LEVELS[line.level],
        timing=TIMINGS.get(line.verdict.timing, line.verdict.timing),
        coverage=coverage_words(line.bounds),
        gap=gap if line.verdict.status == APPLIES else None,
        missing=[(key, facts[key].question if key in facts else key) for key in reasons.missing],
        because=reasons.because,
        checklist=[item for item in row.items if item.kind == "checklist"],
        actions=[item for item in row.items if item.kind == "action" and generative],
        other_titles=[text for text in row.texts if text.language != "en"],
        review=review,
    )


def coverage_words(bounds: Bounds) -> str:
    """The two bounds in words that claim nothing."""
    if bounds.lower:
        return "Shown"
    if bounds.partial:
        return "Shown in part"
    return "Possible, not shown" if bounds.upper else "Nothing covers it"


def totals(groups: Iterable[MarketDuties]) -> dict[str, int]:
    rows = [row for group in groups for row in group.applies if group.adopted]
    return {
        "applies": len(rows),
        "may_apply": sum(len(group.may_apply) for group in groups if group.adopted),
        "gaps": sum(row.gap is not None for row in rows),
        "soon": sum(row.line.verdict.timing == "upcoming" for row in rows),
    }


def flows_matter(assessment: Assessment) -> bool:
    """Whether data is said to cross a border, or may: then its flows are asked for."""
    gate = shipped_vocabulary().flows.asked_when
    names = facts_of(gate) if gate is not None else frozenset()
    return any(assessment.facts[name].answer is True for name in names)


def classifications(assessment: Assessment) -> list[tuple[str, str, str]]:
    """Derived classifications that hold or hang, as (name, citation, truth), those that hold first."""
    derived = shipped_vocabulary().derived
    shown = [
        (capfirst(derived[name].title or name), derived[name].citation, truth.value)
        for name, truth in assessment.derived.items()
        if truth.value != "no"
    ]
    return sorted(shown, key=lambda row: row[2] != "yes")


def statuses(position: Position, key: str) -> dict[str, int]:
    """How many requirements apply and may apply because of a deployment, families that are not followed left out."""
    lines = [line for line in position.of_deployment(key) if line.adopted]
    return {word: sum(line.verdict.status == word for line in lines) for word in (APPLIES, MAY_APPLY)}
