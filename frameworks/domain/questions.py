"""Which questions to ask next: those that can still change something, the most decisive first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from frameworks.domain.facts import CaseFacts
from frameworks.domain.kleene import Truth


def next_questions(
    facts: CaseFacts, verdicts: Iterable[Iterable[str]], timings: Iterable[Iterable[str]] = ()
) -> tuple[str, ...]:
    """Facts to ask, ordered by the number of open verdicts that hang on them.

    `verdicts` holds the missing inputs of each open duty or decision, `timings` those of each duty whose
    timing is open: they come after. A gate is missing wherever what it gates is missing, so it never comes
    later; ties keep the order of the vocabulary, in which gates come first. Left out are review decisions,
    facts whose question is not asked, and inputs that are not facts (fields of flows).
    """
    weight, later = Counter(_flat(verdicts)), Counter(_flat(timings))
    asked = [key for key in {**weight, **later} if _is_open_question(facts, key)]
    position = {key: fact.position for key, fact in facts.vocabulary.facts.items()}
    return tuple(sorted(asked, key=lambda key: (-weight[key], -later[key], position[key])))


def _flat(groups: Iterable[Iterable[str]]) -> list[str]:
    return [name for group in groups for name in set(group)]


def _is_open_question(facts: CaseFacts, key: str) -> bool:
    fact = facts.vocabulary.facts.get(key)
    return fact is not None and not fact.is_review and facts.asked(key) is not Truth.NO
