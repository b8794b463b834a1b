"""The facts of one case as they count: given, following from a question that was not asked, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from frameworks.domain.answers import check_facts, read_answer
from frameworks.domain.conditions import Answer, Condition, facts_of
from frameworks.domain.kleene import Truth
from frameworks.domain.vocabulary_terms import Vocabulary

GIVEN = "given"
NOT_ASKED = "not_asked"
UNKNOWN = "unknown"


class FactsError(ValueError):
    """The facts or flows cannot be used; `problems` holds one sentence for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class EffectiveFact:
    """What a fact counts as, and why: `origin` is given, not_asked or unknown.

    `follows_from` names the facts that made the question fall away (origin not_asked only).
    """

    key: str
    answer: Answer | None
    origin: str
    follows_from: tuple[str, ...] = ()


class CaseFacts:
    """The answers of one case over the whole vocabulary, each worked out once.

    An explicit answer always wins, also the explicit word unknown. A fact that is not mentioned takes its
    if_not_asked when its asked_when is no; otherwise it is unknown. A null counts as not mentioned.
    """

    def __init__(self, vocabulary: Vocabulary, facts: Mapping[str, object]) -> None:
        problems = check_facts(vocabulary, facts)
        if problems:
            raise FactsError(problems)
        self.vocabulary = vocabulary
        self._given = {key: raw for key, raw in facts.items() if raw is not None}
        self._effective: dict[str, EffectiveFact] = {}
        self._asked: dict[str, Truth] = {}

    def answer(self, fact: str) -> Answer | None:
        """The answer that counts, or None where it is unknown."""
        return self.effective(fact).answer

    def effective(self, key: str) -> EffectiveFact:
        """The fact with its origin. The key must be one of the vocabulary."""
        known = self._effective.get(key)
        if known is None:
            known = self._effective[key] = self._work_out(key)
        return known

    def all_effective(self) -> dict[str, EffectiveFact]:
        """Every fact of the vocabulary, in its order."""
        return {key: self.effective(key) for key in self.vocabulary.facts}

    def asked(self, key: str) -> Truth:
        """Whether the question is asked: no only where its asked_when is no."""
        known = self._asked.get(key)
        if known is None:
            gate = self.vocabulary.facts[key].asked_when
            known = self._asked[key] = Truth.YES if gate is None else gate.truth(self)
        return known

    def unresolved_gate(self, key: str) -> Condition | None:
        """The condition that still has to show whether the question is asked at all, if it is open."""
        return self.vocabulary.facts[key].asked_when if self.asked(key) is Truth.UNKNOWN else None

    def derived(self, name: str) -> Truth:
        """Questions are asked by facts alone, so that no classification is needed here."""
        raise LookupError(f"asked_when may name facts only, but names the classification {name}.")

    def outcome(self, decision: str, includes: str) -> Truth:
        """As for derived: no question hangs on a decision."""
        raise LookupError(f"asked_when may name facts only, but names {decision} with {includes}.")

    def _work_out(self, key: str) -> EffectiveFact:
        fact = self.vocabulary.facts[key]
        if key in self._given:
            answer = read_answer(fact.type, self._given[key])
            return EffectiveFact(key, answer, UNKNOWN if answer is None else GIVEN)
        if fact.has_default and fact.asked_when is not None and self.asked(key) is Truth.NO:
            gates = tuple(sorted(facts_of(fact.asked_when)))
            return EffectiveFact(key, read_answer(fact.type, fact.if_not_asked), NOT_ASKED, gates)
        return EffectiveFact(key, None, UNKNOWN)
