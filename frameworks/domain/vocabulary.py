"""Reads a vocabulary from plain mappings and refuses it with every fault that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from frameworks.domain.answers import check_facts, check_flows, fault_of
from frameworks.domain.conditions import (
    AtLeast,
    Before,
    Condition,
    ConditionError,
    DerivedIs,
    FactIn,
    FactIs,
    FactLeaf,
    Includes,
    LessThan,
    OutcomeIncludes,
    decisions_of,
    derived_of,
    facts_of,
    leaves,
    parse,
)
from frameworks.domain.vocabulary_terms import (
    FACT_TYPES,
    LAUNCH_DECISION,
    SUBJECTS,
    TRANSFER_DECISION,
    Decision,
    DecisionStep,
    Derived,
    Fact,
    FlowField,
    FlowForm,
    Vocabulary,
    VocabularyError,
)
from office.domain.words import nearest

__all__ = [
    "LAUNCH_DECISION",
    "TRANSFER_DECISION",
    "Decision",
    "DecisionStep",
    "Derived",
    "Fact",
    "FlowField",
    "FlowForm",
    "Vocabulary",
    "VocabularyError",
    "check_condition",
    "check_facts",
    "check_flows",
    "parse_vocabulary",
]

Raw = Mapping[str, object]
Named = TypeVar("Named")
_ALWAYS = parse({"all": []})


def parse_vocabulary(raw: Raw) -> Vocabulary:
    """Read `facts`, `flows`, `derived` and `decisions`; raise VocabularyError with all problems at once."""
    problems: list[str] = []
    flows = raw.get("flows")
    vocabulary = Vocabulary(
        version=str(raw.get("version", "")),
        as_of=_day(raw.get("as_of"), "The key as_of", problems) or date.min,
        facts=_facts(_records(raw, "facts", problems), problems),
        flows=_flow_form(flows if isinstance(flows, Mapping) else {}, problems),
        derived=_derived(_records(raw, "derived", problems), _titles(raw), problems),
        decisions=_decisions(_records(raw, "decisions", problems), problems),
    )
    problems.extend(_cross_checks(vocabulary))
    if problems:
        raise VocabularyError(problems)
    return vocabulary


def check_condition(vocabulary: Vocabulary, condition: Condition, where: str) -> list[str]:
    """One sentence for each leaf that names what the vocabulary does not hold, or tests it in a wrong way."""
    problems = []
    for leaf in leaves(condition):
        if isinstance(leaf, DerivedIs):
            problems += _unknown(where, "classification", leaf.name, vocabulary.derived)
        elif isinstance(leaf, OutcomeIncludes):
            problems += _outcome_faults(vocabulary, leaf, where)
        else:
            problems += _leaf_faults(vocabulary, leaf, where)
    return problems


def _unknown(where: str, noun: str, name: str, names: Mapping[str, object]) -> list[str]:
    if name in names:
        return []
    return [f'{where} uses the {noun} "{name}", which is not in the vocabulary.{nearest(name, names)}']


def _outcome_faults(vocabulary: Vocabulary, leaf: OutcomeIncludes, where: str) -> list[str]:
    decision = vocabulary.decisions.get(leaf.decision)
    if decision is None:
        return _unknown(where, "decision", leaf.decision, vocabulary.decisions)
    known = (*decision.outcomes, *decision.alternatives)
    if leaf.includes in known:
        return []
    return [f"{where} asks {leaf.decision} for {leaf.includes!r}; its outcomes are {', '.join(known)}."]


_TESTS: dict[type, tuple[str, ...]] = {
    FactIs: ("boolean", "choice", "number", "text"),
    FactIn: ("boolean", "choice", "number", "text"),
    Includes: ("set",),
    AtLeast: ("number", "date"),
    LessThan: ("number", "date"),
    Before: ("date",),
}


def _leaf_faults(vocabulary: Vocabulary, leaf: FactLeaf, where: str) -> list[str]:
    fact = vocabulary.facts.get(leaf.fact)
    if fact is None:
        return _unknown(where, "fact", leaf.fact, vocabulary.facts)
    if fact.type not in _TESTS[type(leaf)]:
        return [f"{where} tests {fact.key} as if it were {' or '.join(_TESTS[type(leaf)])}; it is a {fact.type}."]
    return [
        f"{where} tests {fact.key} against a value it cannot have: {fault}"
        for fault in (_value_fault(fact, value) for value in _values(leaf))
        if fault
    ]


def _value_fault(fact: Fact, value: object) -> str:
    return fault_of(fact.type, fact.choices, [value] if fact.type == "set" else value)


def _values(leaf: FactLeaf) -> tuple[object, ...]:
    if isinstance(leaf, FactIs):
        return (leaf.value,)
    if isinstance(leaf, FactIn):
        return leaf.values
    return leaf.members if isinstance(leaf, Includes) else (leaf.bound,)


def _cross_checks(vocabulary: Vocabulary) -> list[str]:
    """What can only be said once everything is read: names that lead nowhere, and circles."""
    problems = []
    for where, condition in _all_conditions(vocabulary):
        problems += check_condition(vocabulary, condition, where)
    for fact in vocabulary.facts.values():
        if fact.asked_when and (derived_of(fact.asked_when) or decisions_of(fact.asked_when)):
            problems.append(f"asked_when of {fact.key} looks at more than facts; name only facts there.")
    return problems or _circles(vocabulary)


def _all_conditions(vocabulary: Vocabulary) -> list[tuple[str, Condition]]:
    found = [(f"asked_when of {fact.key}", fact.asked_when) for fact in vocabulary.facts.values() if fact.asked_when]
    if vocabulary.flows.asked_when:
        found.append(("asked_when of flows", vocabulary.flows.asked_when))
    found += [(f"The classification {derived.name}", derived.when) for derived in vocabulary.derived.values()]
    for decision in vocabulary.decisions.values():
        found += [(f"Step {step.step} of {decision.name}", step.when) for step in decision.steps if step.when]
    return found


def _circles(vocabulary: Vocabulary) -> list[str]:
    graph: dict[str, set[str]] = {}
    for fact in vocabulary.facts.values():
        graph[fact.key] = set(facts_of(fact.asked_when)) if fact.asked_when else set()
    for derived in vocabulary.derived.values():
        graph[derived.name] = set(derived_of(derived.when) | decisions_of(derived.when))
    for decision in vocabulary.decisions.values():
        conditions = [step.when for step in decision.steps if step.when]
        graph[decision.name] = {name for when in conditions for name in derived_of(when) | decisions_of(when)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [f"These names depend on each other in a circle: {' -> '.join(error.args[1])}. Break it once."]
    return []


def _records(raw: Raw, key: str, problems: list[str]) -> list[Raw]:
    records = raw.get(key)
    if not isinstance(records, list | tuple):
        problems.append(f"The vocabulary has no list of {key}; add one.")
        return []
    good = [record for record in records if isinstance(record, Mapping)]
    if len(good) != len(records):
        problems.append(f"The list of {key} holds something that is not a mapping; write each entry as a mapping.")
    return good


def _facts(records: Sequence[Raw], problems: list[str]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for position, record in enumerate(records):
        fact = _fact(record, position, problems)
        _admit(facts, fact.key, fact, "fact", problems)
    return facts


def _admit(known: dict[str, Named], name: str, item: Named, noun: str, problems: list[str]) -> None:
    if not name:
        problems.append(f"A {noun} has no name; every {noun} needs one.")
    elif name in known:
        problems.append(f'The {noun} "{name}" stands twice; names are used once.')
    known.setdefault(name, item)


def _fact(record: Raw, position: int, problems: list[str]) -> Fact:
    key, kind, subject = _text(record, "key"), _text(record, "type"), _text(record, "subject")
    raw_choices = record.get("choices", {})
    choices = {str(k): str(v) for k, v in raw_choices.items()} if isinstance(raw_choices, Mapping) else {}
    if kind not in FACT_TYPES:
        problems.append(f"Fact {key} has the type {kind!r}; write one of {', '.join(FACT_TYPES)}.")
    if subject not in SUBJECTS:
        problems.append(f"Fact {key} has the subject {subject!r}; write one of {', '.join(SUBJECTS)}.")
    if (kind in ("choice", "set")) != bool(choices):
        problems.append(f"Fact {key} is a {kind}; choices belong to choice and set, and only to them.")
    default = record.get("if_not_asked")
    fault = fault_of(kind, choices, default)
    if fault:
        problems.append(f"if_not_asked of fact {key}: {fault}")
    return Fact(
        key=key,
        type=kind,
        subject=subject,
        question=_text(record, "question"),
        help=_text(record, "help"),
        used_by=_words(record.get("used_by")),
        choices=choices,
        asked_when=_optional_condition(record, "asked_when", f"asked_when of {key}", problems),
        has_default="if_not_asked" in record,
        if_not_asked=default,
        sheet_key=_text(record, "sheet_key"),
        position=position,
    )


def _flow_form(raw: Raw, problems: list[str]) -> FlowForm:
    fields: dict[str, FlowField] = {}
    for record in _records(raw, "fields", problems):
        name = _text(record, "field")
        field = FlowField(
            name,
            _text(record, "type"),
            _text(record, "question"),
            _text(record, "help"),
            _words(record.get("choices")),
        )
        if field.type not in FACT_TYPES:
            problems.append(f"Flow field {name} has the type {field.type!r}; write one of {', '.join(FACT_TYPES)}.")
        _admit(fields, name, field, "flow field", problems)
    return FlowForm(
        _text(raw, "subject"), _optional_condition(raw, "asked_when", "asked_when of flows", problems), fields
    )


def _titles(raw: Raw) -> dict[str, str]:
    titles = raw.get("titles", {})
    return {str(name): str(title) for name, title in titles.items()} if isinstance(titles, Mapping) else {}


def _derived(records: Sequence[Raw], titles: Mapping[str, str], problems: list[str]) -> dict[str, Derived]:
    known: dict[str, Derived] = {}
    for record in records:
        name = _text(record, "name")
        where = f"The classification {name}"
        derived = Derived(
            name=name,
            citation=_text(record, "citation"),
            note=_text(record, "note"),
            when=_condition(record.get("when"), where, problems),
            applies_from=_day(record["applies_from"], where, problems) if "applies_from" in record else None,
            verification=_text(record, "verification"),
            title=titles.get(name, ""),
        )
        _admit(known, name, derived, "classification", problems)
    for name in titles:
        problems += _unknown("The list of titles", "classification", name, known)
    return known


def _decisions(records: Sequence[Raw], problems: list[str]) -> dict[str, Decision]:
    known: dict[str, Decision] = {}
    for record in records:
        name = _text(record, "name")
        steps = tuple(_step(name, step, problems) for step in _records(record, "steps", problems))
        decision = Decision(
            name,
            _text(record, "citation"),
            _words(record.get("outcomes")),
            _words(record.get("alternatives")),
            steps,
        )
        _admit(known, name, decision, "decision", problems)
    return known


def _step(decision: str, record: Raw, problems: list[str]) -> DecisionStep:
    step = _text(record, "step")
    when = _optional_condition(record, "when", f"Step {step} of {decision}", problems)
    return DecisionStep(step, when, _text(record, "then"), _text(record, "note"), _text(record, "cite"))


def _optional_condition(record: Raw, key: str, where: str, problems: list[str]) -> Condition | None:
    return _condition(record[key], where, problems) if key in record else None


def _condition(raw: object, where: str, problems: list[str]) -> Condition:
    """The condition, or (with its problems noted) one that always holds, so that reading can go on."""
    try:
        return parse(raw)
    except ConditionError as error:
        problems.extend(f"{where}: {problem}" for problem in error.problems)
    return _ALWAYS


def _text(record: Raw, key: str) -> str:
    value = record.get(key)
    return "" if value is None else str(value)


def _words(raw: object) -> tuple[str, ...]:
    return tuple(str(word) for word in raw) if isinstance(raw, list | tuple) else ()


def _day(raw: object, where: str, problems: list[str]) -> date | None:
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        problems.append(f"{where} gives {raw!r} where a day is needed; write it as YYYY-MM-DD.")
    return None
