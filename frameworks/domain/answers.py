"""Raw answers: what may be written for a fact or a flow field, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from frameworks.domain.conditions import Answer, SetAnswer, exact
from frameworks.domain.vocabulary_terms import FlowForm, Vocabulary
from office.domain.words import nearest

UNKNOWN = "unknown"
VOLUMES = ("pi_nonsensitive_ytd", "pi_sensitive_ytd")


def read_answer(kind: str, raw: object) -> Answer | None:
    """The meaning of a checked raw answer; None where it is unknown.

    A list that contains the word unknown is incomplete; [none] and [] are known to be empty.
    """
    if raw is None or raw == UNKNOWN:
        return None
    if kind == "set" and isinstance(raw, list | tuple | set | frozenset):
        members = frozenset(str(member) for member in raw)
        return SetAnswer(members - {"none", UNKNOWN}, complete=UNKNOWN not in members)
    if kind == "date" and isinstance(raw, str):
        return date.fromisoformat(raw)
    if kind == "number" and isinstance(raw, float):
        return exact(raw)
    return raw  # type: ignore[return-value]


def fault_of(kind: str, choices: Collection[str], raw: object) -> str:
    """Why a raw answer cannot be read, as the end of a sentence; empty if it can."""
    if raw is None or raw == UNKNOWN:
        return ""
    if kind == "set":
        return _set_fault(choices, raw)
    if kind == "choice":
        return "" if isinstance(raw, str) and raw in choices else _not_a_choice(choices, raw)
    fits, expected = _PLAIN.get(kind, _PLAIN["text"])
    return "" if fits(raw) else f"{raw!r} {expected}"


def _is_day(raw: object) -> bool:
    if isinstance(raw, date):
        return True
    try:
        date.fromisoformat(raw if isinstance(raw, str) else "")
    except ValueError:
        return False
    return True


def _is_count(raw: object) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool) and raw >= 0


_PLAIN: dict[str, tuple[Callable[[object], bool], str]] = {
    "boolean": (
        lambda raw: isinstance(raw, bool),
        "is not true or false; write true, false or unknown.",
    ),
    "number": (_is_count, "is not a number of zero or more; write digits without separators."),
    "date": (_is_day, "is not a day; write it as YYYY-MM-DD."),
    "text": (lambda raw: isinstance(raw, str), "is not a text; write it in quotes."),
}


def _set_fault(choices: Collection[str], raw: object) -> str:
    if not isinstance(raw, list | tuple | set | frozenset):
        return f"{raw!r} is not a list; write a list of choices: {', '.join(choices)}."
    wrong = [member for member in raw if member != UNKNOWN and member not in (*choices, "none")]
    if wrong:
        return _not_a_choice(choices, wrong[0])
    if "none" in raw and len(raw) > 1:
        return "the list holds none beside other members; write [none] alone, or leave none out."
    return ""


def _not_a_choice(choices: Collection[str], raw: object) -> str:
    return f"{raw!r} is not one of its choices; choose from {', '.join(choices)} (or unknown)."


def check_facts(vocabulary: Vocabulary, facts: Mapping[str, object]) -> list[str]:
    """One sentence for each fact that cannot be used: unknown key, wrong type, or outside its choices."""
    problems = []
    for key, raw in facts.items():
        fact = vocabulary.facts.get(key)
        if fact is None:
            hint = nearest(str(key), vocabulary.facts)
            problems.append(f'Fact "{key}" is not in the vocabulary; use one of its keys.{hint}')
            continue
        fault = fault_of(fact.type, fact.choices, raw)
        if fault:
            problems.append(f'Fact "{key}": {fault}')
    return problems


def check_flows(vocabulary: Vocabulary, flows: Sequence[Mapping[str, object]]) -> list[str]:
    """One sentence for each flow record, or field of one, that cannot be used. Flow ids must differ."""
    problems: list[str] = []
    seen: set[str] = set()
    for number, flow in enumerate(flows, start=1):
        if not isinstance(flow, Mapping):
            problems.append(f"Flow {number} is {flow!r}, not a record; write the fields of the flow by name.")
            continue
        name = str(flow.get("id") or number)
        if name in seen:
            problems.append(f'Flow {number} has the id "{name}" of an earlier flow; give each flow its own id.')
        seen.add(name)
        problems.extend(_flow_faults(vocabulary.flows, f'Flow "{name}"', flow))
        problems.extend(_contradictions(f'Flow "{name}"', flow))
    return problems


def _contradictions(where: str, flow: Mapping[str, object]) -> list[str]:
    """A flow without personal information cannot carry any: shown, never resolved silently."""
    if flow.get("contains_pi") is not False:
        return []
    counted = [key for key in VOLUMES if _is_count(flow.get(key)) and flow[key]]
    return [
        f'{where}, field "{key}": {flow[key]!r} people are counted, but contains_pi is false; correct one of the two.'
        for key in counted
    ]


def _flow_faults(form: FlowForm, where: str, flow: Mapping[str, object]) -> list[str]:
    problems = []
    for key, raw in flow.items():
        field = form.fields.get(key)
        if field is None:
            hint = nearest(str(key), form.fields)
            problems.append(f'{where}, field "{key}" is not in the vocabulary; use one of its fields.{hint}')
            continue
        fault = fault_of(field.type, field.choices, raw)
        if fault:
            problems.append(f'{where}, field "{key}": {fault}')
    return problems
