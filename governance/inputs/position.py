"""Where rows of the whole office become what the pure rooms read. A handful of queries, whatever the size."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from controls.domain.coverage import Coverage
from controls.inputs import coverage_on
from frameworks.choices import FamilyOrigin
from frameworks.domain.rows import Row
from frameworks.inputs import rows_known_on
from frameworks.models import Family
from frameworks.vocabulary_files import shipped_vocabulary
from governance.domain.portfolio import merge
from governance.domain.position import Adopted, Case, Decided, Position, stand
from governance.models import Adoption, AIModel, Answer, ApplicabilityDecision, Deployment, Transfer
from office.models import JournalHead, Scope

Answers = dict[int, dict[str, object]]
STAGE_FACT = "use_case.stage"
"""Kept on the deployment itself, so that nobody answers it twice."""


def position_on(on: date, known_on: date | None = None) -> Position:
    """The office's position; kept in the process until something is written. About twenty queries when it is not."""
    return _position(_head(), on, known_on or on)


def _head() -> str:
    """The journal's head: as long as it stands, nothing was written."""
    return JournalHead.objects.filter(pk=1).values_list("hash", flat=True).first() or ""


@lru_cache(maxsize=4)
def _position(head: str, on: date, known_on: date) -> Position:
    scopes = _scopes()
    cases = load_cases(scopes)
    return stand(cases=cases, **_ground(head, scopes, cases, on, known_on))


def position_of(deployment: Deployment, on: date, known_on: date | None = None) -> Position:
    """What one deployment brings about, alone, whether it counts yet or not."""
    return positions_of([deployment], on, known_on)[deployment.scope.key]


def positions_of(deployments: Iterable[Deployment], on: date, known_on: date | None = None) -> dict[str, Position]:
    """By scope key, what each deployment brings about alone. As many queries for many as for one."""
    scopes = _scopes()
    cases = load_cases(scopes, only=deployments)
    ground = _ground(_head(), scopes, cases, on, known_on or on)
    return {case.key: stand(cases=[case], **ground) for case in cases}


def _scopes() -> dict[int, Scope]:
    return {scope.pk: scope for scope in Scope.objects.all()}


def _ground(head: str, scopes: Mapping[int, Scope], cases: list[Case], on: date, known_on: date) -> dict[str, Any]:
    """Everything that a position stands on besides its cases."""
    decisions = ApplicabilityDecision.objects.select_related("scope", "requirement", "decided_by")
    return {
        "vocabulary": shipped_vocabulary(),
        "rows": _rows(head, known_on),
        "chains": _chains(scopes, cases),
        "decided": [_decided(row) for row in decisions],
        "adopted": _adoption(scopes),
        "coverage": _coverage(head, on),
        "on": on,
        "known_on": known_on,
    }


@lru_cache(maxsize=4)
def _rows(head: str, known_on: date) -> Sequence[Row]:
    return tuple(rows_known_on(known_on))


@lru_cache(maxsize=4)
def _coverage(head: str, on: date) -> Coverage:
    return coverage_on(on)


def _decided(row: ApplicabilityDecision) -> Decided:
    sentence = f"Decided by {row.decided_by} on {row.decided_at:%Y-%m-%d}: {row.reason}"
    return Decided(row.scope.key, row.requirement.ref, row.verdict, sentence)


def load_cases(scopes: Mapping[int, Scope], only: Iterable[Deployment] | None = None) -> list[Case]:
    """The deployments that count, each with its merged facts and the flows of its exporting entities. Five queries.

    `only` asks for certain deployments, whether they count yet or not.
    """
    scope_answers, use_case_answers = _answers()
    flows = _flows()
    chosen = (
        Deployment.objects.counting() if only is None else Deployment.objects.filter(pk__in=[row.pk for row in only])
    )
    rows = chosen.select_related("scope", "use_case", "entity__scope").prefetch_related("model_links__model__scope")
    office = next((scope for scope in scopes.values() if scope.kind == Scope.Kind.OFFICE), None)
    return [_case(row, office, scope_answers, use_case_answers, flows) for row in rows if office]


def _case(
    row: Deployment, office: Scope, scope_answers: Answers, use_case_answers: Answers, flows: dict[int, list[Transfer]]
) -> Case:
    models = [link.model for link in row.model_links.all()]
    own = flows.get(row.pk, [])
    exporters = {flow.exporter_id for flow in own} or {row.entity_id}
    others = [flow for pk, rows in flows.items() for flow in rows if pk != row.pk and flow.exporter_id in exporters]
    facts = merge(
        [
            (str(office), scope_answers.get(office.pk, {})),
            (str(row.entity), scope_answers.get(row.entity.scope_id, {})),
            *((str(model), scope_answers.get(model.scope_id, {})) for model in models),
            (row.use_case.title, use_case_answers.get(row.use_case_id, {})),
            (str(row), {**scope_answers.get(row.scope_id, {}), STAGE_FACT: row.stage}),
        ]
    )
    return Case(
        key=row.scope.key,
        office=office.key,
        entity=row.entity.scope.key,
        models=tuple(model.scope.key for model in models),
        facts=facts,
        flows=tuple(_record(flow) for flow in own),
        other_flows=tuple({**_record(flow), "id": f"{flow.deployment_id}-{flow.name}"} for flow in others),
    )


def _record(flow: Transfer) -> dict[str, object]:
    return {**flow.record, "id": flow.name}


def _answers() -> tuple[Answers, Answers]:
    scopes: Answers = defaultdict(dict)
    use_cases: Answers = defaultdict(dict)
    for scope, use_case, fact, value in Answer.objects.values_list("scope_id", "use_case_id", "fact", "value"):
        if scope is not None:
            scopes[scope][fact] = value
        elif use_case is not None:
            use_cases[use_case][fact] = value
    return scopes, use_cases


def _flows() -> dict[int, list[Transfer]]:
    found: dict[int, list[Transfer]] = defaultdict(list)
    for flow in Transfer.objects.exclude(deployment__stage="retired").order_by("pk"):
        found[flow.deployment_id].append(flow)
    return found


def _chains(scopes: Mapping[int, Scope], cases: list[Case]) -> dict[str, tuple[str, ...]]:
    """Nearest first. A deployment on exactly one model takes the model's implementations before its entity's."""
    chains = {scope.key: _up(scope, scopes) for scope in scopes.values()}
    model_keys = set(AIModel.objects.values_list("scope__key", flat=True))
    for case in cases:
        if len(case.models) == 1 and case.models[0] in model_keys:
            chains[case.key] = (case.key, case.models[0], *chains[case.key][1:])
    return chains


def _up(scope: Scope, scopes: Mapping[int, Scope]) -> tuple[str, ...]:
    keys = [scope.key]
    while scope.parent_id is not None:
        scope = scopes[scope.parent_id]
        keys.append(scope.key)
    return tuple(keys)


def _adoption(scopes: Mapping[int, Scope]) -> Adopted:
    """The nearest scope wins. Without a row a shipped family is followed and an imported one is not."""
    up = {scope.key: _up(scope, scopes) for scope in scopes.values()}
    stored = Adoption.objects.values_list("scope__key", "family__key", "adopted")
    rows = {(scope, family): adopted for scope, family, adopted in stored}
    shipped = set(Family.objects.filter(origin=FamilyOrigin.SHIPPED).values_list("key", flat=True))

    def adopted(subject: str, family: str) -> bool:
        found = (rows.get((key, family)) for key in up[subject])
        return next((word for word in found if word is not None), family in shipped)

    return adopted
