"""Why a condition came out as it did, in sentences, and which unknown facts an open verdict hangs on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from frameworks.domain.conditions import (
    All,
    Answer,
    Any_,
    Condition,
    DerivedIs,
    FactLeaf,
    Not,
    OutcomeIncludes,
    SetAnswer,
)
from frameworks.domain.facts import NOT_ASKED
from frameworks.domain.grounds import CaseGround
from frameworks.domain.kleene import Truth
from frameworks.domain.vocabulary_terms import TRANSFER_DECISION, Fact

Names = tuple[str, ...]
Sentences = tuple[str, ...]


class Tracer:
    """Explains conditions of one case; what was explained for a classification is used again."""

    def __init__(self, ground: CaseGround) -> None:
        self.ground = ground
        self._missing: dict[str, Names] = {}
        self._because: dict[str, Sentences] = {}
        self._fact_sentences: dict[str, str] = {}

    def missing(self, condition: Condition) -> Names:
        """The unknown facts an unknown condition hangs on, gates before what they gate; () if decided."""
        if condition.truth(self.ground) is not Truth.UNKNOWN:
            return ()
        if isinstance(condition, All | Any_):
            return _merged(self.missing(part) for part in condition.parts)
        if isinstance(condition, Not):
            return self.missing(condition.part)
        if isinstance(condition, DerivedIs):
            return self._remembered(self._missing, condition.name, self.missing)
        if isinstance(condition, OutcomeIncludes):
            names, conditions = self.ground.open_parts_of(condition.decision, condition.includes)
            return _merged([*map(self.named, names), *map(self.missing, conditions)])
        return self.named(condition.fact)

    def named(self, name: str) -> Names:
        """An unknown input, after the gates that still have to show whether it is asked at all."""
        if name not in self.ground.vocabulary.facts:
            return (name,)
        gate = self.ground.facts.unresolved_gate(name)
        return (name,) if gate is None else _merged([self.missing(gate), (name,)])

    def because(self, condition: Condition) -> Sentences:
        """The shortest line of reasons that carries the truth, from the rule down to the answers."""
        truth = condition.truth(self.ground)
        if isinstance(condition, All | Any_):
            return self._group(condition, truth)
        if isinstance(condition, Not):
            return self.because(condition.part)
        if isinstance(condition, DerivedIs):
            return self._derived(condition.name, truth)
        if isinstance(condition, OutcomeIncludes):
            return self._outcome(condition, truth)
        return (self._fact(condition),)

    def _remembered(self, memory: dict[str, Names], name: str, explain: Callable[[Condition], Names]) -> Names:
        known = memory.get(name)
        if known is None:
            known = memory[name] = explain(self.ground.vocabulary.derived[name].when)
        return known

    def _group(self, group: All | Any_, truth: Truth) -> Sentences:
        """One part suffices for the no of `all` and the yes of `any`: the one with the fewest reasons."""
        parts = [part for part in group.parts if part.truth(self.ground) is truth]
        one_suffices = truth is (Truth.NO if isinstance(group, All) else Truth.YES)
        reasons = [self.because(part) for part in parts]
        return min(reasons, key=len) if one_suffices else _merged(reasons)

    def _derived(self, name: str, truth: Truth) -> Sentences:
        derived = self.ground.vocabulary.derived[name]
        note = f" {derived.note}" if derived.note and truth is Truth.UNKNOWN else ""
        doubt = " Not yet verified." if derived.verification == "unverified" else ""
        head = f"{derived.called} is {truth} ({derived.citation}).{doubt}{note}"
        return (head, *self._remembered(self._because, name, self.because))

    def _outcome(self, leaf: OutcomeIncludes, truth: Truth) -> Sentences:
        """What the decision came to, flow by flow, and what leaves it open."""
        head = f"{leaf.decision} ends in {leaf.includes}: {truth}."
        flows = () if leaf.decision != TRANSFER_DECISION else self.ground.transfer.flows
        ends = tuple(f"Flow {flow.id}: {flow.outcome} ({flow.reason})." for flow in flows)
        missing = self.missing(leaf)
        return (head, *ends, *((f"It hangs on {', '.join(missing)}.",) if missing else ()))

    def _fact(self, leaf: FactLeaf) -> str:
        sentence = self._fact_sentences.get(leaf.fact)
        if sentence is None:
            sentence = self._fact_sentences[leaf.fact] = self._fact_sentence(leaf.fact)
        return sentence

    def _fact_sentence(self, key: str) -> str:
        fact, effective = self.ground.vocabulary.facts[key], self.ground.facts.effective(key)
        if effective.answer is None:
            gates = self.named(key)[:-1]
            asked = f" Whether it is asked hangs on {', '.join(gates)}." if gates else ""
            return f"Missing: {key} ({fact.question}){asked}"
        said = said_as(fact, effective.answer)
        if effective.origin == NOT_ASKED:
            return f"{key}: {said}; not asked, follows from {', '.join(effective.follows_from)}."
        open_set = isinstance(effective.answer, SetAnswer) and not effective.answer.complete
        return f"{key}: {said} ({fact.question})" + (" The list is not complete yet." if open_set else "")


def said_as(fact: Fact, answer: Answer) -> str:
    """An answer in words a person would use."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, SetAnswer):
        chosen = [label for key, label in fact.choices.items() if key in answer.members]
        return "; ".join(chosen) or ("none" if answer.complete else "nothing certain")
    if isinstance(answer, date):
        return answer.isoformat()
    return fact.choices.get(str(answer), str(answer))


def _merged(groups: Iterable[Names]) -> Names:
    """All of them in order, each once."""
    return tuple(dict.fromkeys(name for group in groups for name in group))
