"""Where rows of the whole office become what the pure rooms read. A handful of queries, whatever the size."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils import timezone

from controls.domain.coverage import Coverage
from controls.inputs import coverage_on
from frameworks.choices import FamilyOrigin
from frameworks.domain.rows import Row
from frameworks.inputs import rows_known_on
from frameworks.models import Family
from frameworks.vocabulary_files import shipped_vocabulary
from governance.domain.portfolio import merge
from governance.domain.position import Adopted, Case, Decided, Demands, Position, stand
from governance.inputs.touched import owing_changed
from governance.models import Adoption, AIModel, Answer, ApplicabilityDecision, Deployment, DeploymentModel, Transfer
from office.history import THEN, Reader, reader_of, then_of
from office.models import JournalEvent, JournalHead, Scope

Answers = dict[int, dict[str, object]]
STAGE_FACT = "use_case.stage"
"""Kept on the deployment itself, so that nobody answers it twice."""


def position_on(on: date, known_on: date | None = None, *, answers: str = THEN) -> Position:
    """The office's position; kept in the process until something is written. About twenty queries when it is not.

    With an earlier `known_on` the law and the office as they were known then; `answers` "now" takes today's office
    against the law of then. Without `known_on` nobody looks back: the law of `on`, the office as it stands.
    """
    return _position(_head(), on, known_on or on, then_of(known_on, answers))


def _head() -> str:
    """The journal's head: as long as it stands, nothing was written."""
    return JournalHead.objects.filter(pk=1).values_list("hash", flat=True).first() or ""


@lru_cache(maxsize=4)
def _position(head: str, on: date, known_on: date, then: date | None) -> Position:
    demands = demands_on(on, known_on) if then is None else _demands(head, on, known_on, then)
    return stand(demands=demands, coverage=_coverage(head, on, then))


def _demands(head: str, on: date, known_on: date, then: date | None) -> Demands:
    reader = reader_of(then)
    scopes, models = _scopes(reader), _models(reader)
    cases = load_cases(scopes, models, reader)
    return Demands(cases=cases, **_ground(head, scopes, cases, reader, on, known_on))


_kept: dict[tuple[date, date], tuple[int, str, Demands]] = {}
"""(on, known_on) → sequence and hash of the journal's head when these demands were worked out; the newest few."""
KEPT = 2


def demands_on(on: date, known_on: date | None = None) -> Demands:
    """Who owes what today; worked out anew only when something was written that may change it. Three queries when not."""
    key = (on, known_on or on)
    head = JournalHead.objects.filter(pk=1).values_list("seq", "hash").first() or (0, "")
    found = _kept.get(key)
    if found is None or not _stands(found[0], found[1], head):
        found = (*head, _demands(head[1], *key, None))
    _kept[key] = (*head, found[2])
    for old in list(_kept)[:-KEPT]:
        _kept.pop(old, None)
    return found[2]


def _stands(seq: int, digest: str, head: tuple[int, str]) -> bool:
    """Whether the journal still holds that event, and nothing after it changes who owes what."""
    if (seq, digest) == head:
        return True
    return JournalEvent.objects.filter(seq=seq, hash=digest).exists() and not owing_changed(seq)


def position_of(deployment: Deployment, on: date, known_on: date | None = None, *, answers: str = THEN) -> Position:
    """What one deployment brings about, alone, whether it counts yet or not; no case where it was not there yet."""
    found = positions_of([deployment], on, known_on, answers=answers)
    return found[deployment.scope.key]


def positions_of(
    deployments: Iterable[Deployment], on: date, known_on: date | None = None, *, answers: str = THEN
) -> dict[str, Position]:
    """By scope key, what each deployment brings about alone. As many queries for many as for one.

    A deployment that was not there yet has a position without any case. The days are read as in `position_on`.
    """
    then, listed = then_of(known_on, answers), list(deployments)
    reader = reader_of(then)
    scopes, models = _scopes(reader), _models(reader)
    cases = {case.key: case for case in load_cases(scopes, models, reader, only=listed)}
    head = _head()
    ground, coverage = (
        _ground(head, scopes, list(cases.values()), reader, on, known_on or on),
        _coverage(head, on, then),
    )
    keys = [row.scope.key for row in listed]
    return {
        key: stand(demands=Demands(cases=[cases[key]] if key in cases else [], **ground), coverage=coverage)
        for key in keys
    }


def _scopes(reader: Reader) -> dict[int, Scope]:
    return {scope.pk: scope for scope in reader.rows(Scope)}


def _models(reader: Reader) -> dict[int, AIModel]:
    return {model.pk: model for model in reader.rows(AIModel, "scope")}


def _ground(
    head: str, scopes: Mapping[int, Scope], cases: list[Case], reader: Reader, on: date, known_on: date
) -> dict[str, Any]:
    """Everything that demands stand on besides their cases."""
    decisions = reader.rows(ApplicabilityDecision, "scope", "requirement", "decided_by")
    return {
        "vocabulary": shipped_vocabulary(),
        "rows": _rows(head, known_on),
        "chains": chains_of(scopes, cases),
        "decided": [_decided(row) for row in decisions],
        "adopted": _adoption(scopes, reader),
        "on": on,
        "known_on": known_on,
    }


@lru_cache(maxsize=4)
def _rows(head: str, known_on: date) -> Sequence[Row]:
    return tuple(rows_known_on(known_on))


@lru_cache(maxsize=4)
def _coverage(head: str, on: date, then: date | None) -> Coverage:
    return coverage_on(on, reader_of(then))


def _decided(row: ApplicabilityDecision) -> Decided:
    sentence = f"Decided by {row.decided_by} on {timezone.localdate(row.decided_at)}: {row.reason}"
    return Decided(row.scope.key, row.requirement.ref, row.verdict, sentence)


def load_cases(
    scopes: Mapping[int, Scope],
    models: Mapping[int, AIModel],
    reader: Reader,
    only: Iterable[Deployment] | None = None,
) -> list[Case]:
    """The deployments that count, each with its merged facts and the flows of its exporting entities. Four queries.

    `only` asks for certain deployments, whether they count yet or not.
    """
    scope_answers, use_case_answers = _answers(reader)
    flows, links = _flows(reader), _links(models, reader)
    exported: dict[int, list[Transfer]] = defaultdict(list)
    for rows in flows.values():
        for flow in rows:
            if _counts(flow.deployment):
                exported[flow.exporter_id].append(flow)
    chosen: dict[str, list[int]] = {} if only is None else {"pk": [row.pk for row in only]}
    deployments = reader.rows(Deployment, "scope", "use_case", "entity__scope", **chosen)
    office = next((scope for scope in scopes.values() if scope.kind == Scope.Kind.OFFICE), None)
    return [
        _case(row, office, links[row.pk], scope_answers, use_case_answers, flows.get(row.pk, []), exported)
        for row in deployments
        if office and (only is not None or _counts(row))
    ]


def _counts(row: Deployment) -> bool:
    """Whether a deployment owes something: of an active use case, not retired."""
    return row.use_case.status == "active" and row.stage != "retired"


def _links(models: Mapping[int, AIModel], reader: Reader) -> dict[int, list[AIModel]]:
    """Deployment → the models that it is built on."""
    found: dict[int, list[AIModel]] = defaultdict(list)
    for deployment, model in reader.values(DeploymentModel, "deployment_id", "model_id"):
        found[deployment].append(models[model])
    return found


def _case(
    row: Deployment,
    office: Scope,
    models: Sequence[AIModel],
    scope_answers: Answers,
    use_case_answers: Answers,
    own: Sequence[Transfer],
    exported: Mapping[int, Sequence[Transfer]],
) -> Case:
    exporters = sorted({flow.exporter_id for flow in own} or {row.entity_id})
    same = (flow for exporter in exporters for flow in exported.get(exporter, []))
    others = [flow for flow in same if flow.deployment_id != row.pk]
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


def _answers(reader: Reader) -> tuple[Answers, Answers]:
    scopes: Answers = defaultdict(dict)
    use_cases: Answers = defaultdict(dict)
    for scope, use_case, fact, value in reader.values(Answer, "scope_id", "use_case_id", "fact", "value"):
        if scope is not None:
            scopes[scope][fact] = value
        elif use_case is not None:
            use_cases[use_case][fact] = value
    return scopes, use_cases


def _flows(reader: Reader) -> dict[int, list[Transfer]]:
    """Deployment → its flows, oldest first; those of retired deployments carry nothing any more."""
    found: dict[int, list[Transfer]] = defaultdict(list)
    for flow in sorted(reader.rows(Transfer, "deployment__use_case"), key=lambda row: row.pk):
        if flow.deployment.stage != "retired":
            found[flow.deployment_id].append(flow)
    return found


def chains_of(scopes: Mapping[int, Scope], cases: list[Case]) -> dict[str, tuple[str, ...]]:
    """Nearest first. A deployment on exactly one model takes the model's implementations before its entity's."""
    chains = {scope.key: _up(scope, scopes) for scope in scopes.values()}
    for case in cases:
        if len(case.models) == 1:
            chains[case.key] = (case.key, case.models[0], *chains[case.key][1:])
    return chains


def _up(scope: Scope, scopes: Mapping[int, Scope]) -> tuple[str, ...]:
    keys = [scope.key]
    while scope.parent_id is not None:
        scope = scopes[scope.parent_id]
        keys.append(scope.key)
    return tuple(keys)


def _adoption(scopes: Mapping[int, Scope], reader: Reader) -> Adopted:
    """The nearest scope wins. Without a row a shipped family is followed and an imported one is not."""
    up = {scope.key: _up(scope, scopes) for scope in scopes.values()}
    stored = reader.rows(Adoption, "scope", "family")
    rows = {(row.scope.key, row.family.key): row.adopted for row in stored}
    shipped = set(Family.objects.filter(origin=FamilyOrigin.SHIPPED).values_list("key", flat=True))

    def adopted(subject: str, family: str) -> bool:
        found = (rows.get((key, family)) for key in up[subject])
        return next((word for word in found if word is not None), family in shipped)

    return adopted
