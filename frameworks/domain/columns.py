"""The portfolio in columns: every condition once for all cases, as two masks of whole numbers.

Bit i of a mask speaks of case i. A truth is a pair of masks, yes and no; a bit in neither is unknown. Python's big
integers AND and OR thousands of cases at once, so that the cost grows with the number of distinct conditions and of
distinct answers, not with rows times cases. What a leaf means for an answer, what an ordered decision comes to and where
a row is placed is asked of the very code that judges one case, once for each distinct answer or combination.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from frameworks.domain.answers import check_flows, fault_of, read_answer
from frameworks.domain.conditions import (
    All,
    Answer,
    Any_,
    Condition,
    DerivedIs,
    FactLeaf,
    Not,
    OutcomeIncludes,
)
from frameworks.domain.facts import FactsError
from frameworks.domain.kleene import Truth
from frameworks.domain.transfers import TransferResult, decide_transfer
from frameworks.domain.vocabulary_terms import LAUNCH_DECISION, TRANSFER_DECISION, Fact, Vocabulary
from office.domain.words import nearest

ABSENT, SET_ASIDE = 0, 1
"""Codes of a fact that is not mentioned, and of one that is said to be unknown. Answers have the codes from 2 on."""
BYTE = 256
_TRANSFER_FACTS = ("cn.ciio", "cn.ftz", "cn.data_leaves_mainland")


@dataclass(frozen=True, slots=True)
class CaseInput:
    """What is known of one case: merged raw facts, its flows, and the flows of its exporting entity's other use cases."""

    facts: Mapping[str, object]
    flows: Sequence[Mapping[str, object]] = ()
    other_flows: Sequence[Mapping[str, object]] = ()


@dataclass(frozen=True, slots=True)
class Masks:
    """A truth for every case: bits of those where it is yes, and of those where it is no. The rest is unknown."""

    yes: int
    no: int

    def at(self, case: int) -> Truth:
        """The truth for one case."""
        if self.yes >> case & 1:
            return Truth.YES
        return Truth.NO if self.no >> case & 1 else Truth.UNKNOWN


class _FactColumn:
    """The answers of all cases to one fact, coded by distinct answer; the last case comes first."""

    def __init__(self, fact: Fact, raws: Sequence[object]) -> None:
        distinct = dict.fromkeys(_keyed(raws))
        self.fact = fact
        self.raws: list[object] = [None, "unknown"]
        codes: dict[object, int] = {None: ABSENT, "unknown": SET_ASIDE}
        self.faults: list[str] = []
        for key in distinct:
            if key in codes:
                continue
            raw = key[1] if isinstance(key, _Typed) else key
            codes[key] = len(self.raws)
            self.raws.append(raw)
            fault = fault_of(fact.type, fact.choices, raw)
            if fault:
                self.faults.append(f'Fact "{fact.key}": {fault}')
        numbers = [codes[key] for key in _keyed(raws)]
        self.codes: bytes | list[int] = bytes(numbers) if len(self.raws) <= BYTE else numbers

    def mask(self, wanted: Iterable[int]) -> int:
        """The cases whose answer has one of these codes."""
        chosen = set(wanted)
        if not chosen:
            return 0
        digits = [49 if code in chosen else 48 for code in range(max(len(self.raws), BYTE))]
        if isinstance(self.codes, bytes):
            return int(self.codes.translate(bytes(digits[:BYTE])), 2)
        return int(bytes([digits[code] for code in self.codes]), 2)

    def answers(self) -> list[tuple[int, Answer | None]]:
        """Code → the answer it stands for, without the one for absence."""
        return [(code, read_answer(self.fact.type, raw)) for code, raw in enumerate(self.raws) if code != ABSENT]

    def raw_at(self, case: int) -> object:
        return self.raws[self.codes[len(self.codes) - 1 - case]]


class _Typed(tuple):
    """A value with its type, where equal values of two types stand in one column (True and 1)."""


def _keyed(raws: Sequence[object]) -> list[object]:
    """The answers as they can be told apart: lists as tuples, and True apart from 1."""
    kinds = set(map(type, raws))
    if list in kinds or set in kinds or frozenset in kinds:
        raws = [tuple(raw) if isinstance(raw, list | set | frozenset) else raw for raw in raws]
    if bool in kinds and (int in kinds or float in kinds):
        raws = [_Typed((type(raw), raw)) if isinstance(raw, bool | int | float) else raw for raw in raws]
    return list(raws)


@dataclass(frozen=True, slots=True)
class _One:
    """A ground on which one fact has one answer."""

    only: Answer | None

    def answer(self, fact: str) -> Answer | None:
        return self.only

    def derived(self, name: str) -> Truth:
        raise LookupError(name)

    def outcome(self, decision: str, includes: str) -> Truth:
        raise LookupError(decision)


class Columns:
    """The facts, classifications and decisions of many cases, each worked out once.

    Raises FactsError with one sentence for each fact or flow that cannot be used.
    """

    def __init__(self, vocabulary: Vocabulary, cases: Sequence[CaseInput]) -> None:
        self.vocabulary = vocabulary
        self.cases = cases
        self.everyone = (1 << len(cases)) - 1
        self._facts = self._read()
        self._skipped: dict[str, int] = {}
        self._leaves: dict[FactLeaf, Masks] = {}
        self._derived: dict[str, Masks] = {}
        self._outcomes: dict[tuple[str, str], Masks] = {}
        self._launch: dict[str, Masks] | None = None
        self._transfers: list[tuple[TransferResult, int]] | None = None

    def _read(self) -> dict[str, _FactColumn]:
        backwards = [case.facts for case in reversed(self.cases)]
        used: set[str] = set().union(*backwards) if backwards else set()
        problems = [
            f'Fact "{key}" is not in the vocabulary; use one of its keys.{nearest(str(key), self.vocabulary.facts)}'
            for key in sorted(used - set(self.vocabulary.facts))
        ]
        for number, case in enumerate(self.cases):
            faults = [*check_flows(self.vocabulary, case.flows), *check_flows(self.vocabulary, case.other_flows)]
            problems += [f"Case {number}: {fault}" for fault in faults]
        columns = {
            key: _FactColumn(fact, [facts.get(key) for facts in backwards])
            for key, fact in self.vocabulary.facts.items()
            if key in used
        }
        problems += [fault for column in columns.values() for fault in column.faults]
        if problems:
            raise FactsError(problems)
        return columns

    def truth(self, condition: Condition) -> Masks:
        """The condition for every case."""
        if isinstance(condition, All):
            return self._all(condition.parts)
        if isinstance(condition, Any_):
            return self._any(condition.parts)
        if isinstance(condition, Not):
            part = self.truth(condition.part)
            return Masks(part.no, part.yes)
        if isinstance(condition, DerivedIs):
            return self.derived(condition.name)
        if isinstance(condition, OutcomeIncludes):
            return self.outcome(condition.decision, condition.includes)
        return self._leaf(condition)

    def derived(self, name: str) -> Masks:
        """The classification of that name for every case."""
        known = self._derived.get(name)
        if known is None:
            known = self._derived[name] = self.truth(self.vocabulary.derived[name].when)
        return known

    def outcome(self, decision: str, includes: str) -> Masks:
        """Whether an ordered decision ends in that outcome, for every case."""
        known = self._outcomes.get((decision, includes))
        if known is None:
            masks = self._transfer(includes) if decision == TRANSFER_DECISION else self._launched(includes)
            known = self._outcomes[decision, includes] = masks
        return known

    def _all(self, parts: Iterable[Condition]) -> Masks:
        yes, no = self.everyone, 0
        for part in parts:
            masks = self.truth(part)
            yes &= masks.yes
            no |= masks.no
            if no == self.everyone:
                break
        return Masks(yes & ~no, no)

    def _any(self, parts: Iterable[Condition]) -> Masks:
        yes, no = 0, self.everyone
        for part in parts:
            masks = self.truth(part)
            yes |= masks.yes
            no &= masks.no
            if yes == self.everyone:
                break
        return Masks(yes, no & ~yes)

    def _leaf(self, leaf: FactLeaf) -> Masks:
        known = self._leaves.get(leaf)
        if known is None:
            known = self._leaves[leaf] = self._test(leaf)
        return known

    def _test(self, leaf: FactLeaf) -> Masks:
        column = self._facts.get(leaf.fact)
        truths = [(code, leaf.truth(_One(answer))) for code, answer in column.answers()] if column else []
        found = {
            wanted: column.mask(code for code, truth in truths if truth is wanted) if column else 0
            for wanted in (Truth.YES, Truth.NO)
        }
        skipped = self._not_asked(leaf.fact)
        if skipped:
            fact = self.vocabulary.facts[leaf.fact]
            truth = leaf.truth(_One(read_answer(fact.type, fact.if_not_asked)))
            if truth is not Truth.UNKNOWN:
                found[truth] |= skipped
        return Masks(found[Truth.YES], found[Truth.NO])

    def _not_asked(self, key: str) -> int:
        """The cases in which the fact is not mentioned and counts as its if_not_asked."""
        known = self._skipped.get(key)
        if known is None:
            fact, column = self.vocabulary.facts[key], self._facts.get(key)
            known = 0
            if fact.has_default and fact.asked_when is not None:
                known = self.truth(fact.asked_when).no & (column.mask([ABSENT]) if column else self.everyone)
            self._skipped[key] = known
        return known

    def answer_at(self, key: str, case: int) -> Answer | None:
        """The answer of one case that counts, or None where it is unknown."""
        fact, column = self.vocabulary.facts[key], self._facts.get(key)
        raw = column.raw_at(case) if column else None
        if raw is None and self._not_asked(key) >> case & 1:
            raw = fact.if_not_asked
        return read_answer(fact.type, raw)

    def _transfer(self, includes: str) -> Masks:
        yes = no = 0
        for result, mask in self._decided_transfers():
            truth = result.includes(includes)
            yes |= mask if truth is Truth.YES else 0
            no |= mask if truth is Truth.NO else 0
        return Masks(yes, no)

    def _decided_transfers(self) -> list[tuple[TransferResult, int]]:
        """Each distinct transfer decision with its cases: those without flows differ by three answers only."""
        if self._transfers is None:
            groups: dict[object, list[int]] = {}
            for at, case in enumerate(self.cases):
                answers = tuple(self.answer_at(key, at) for key in _TRANSFER_FACTS)
                alone = at if case.flows or case.other_flows else None
                groups.setdefault((answers, alone), []).append(at)
            self._transfers = [
                (decide_transfer(_At(self, cases[0]), self.cases[cases[0]].flows, self.cases[cases[0]].other_flows), _bits(cases))
                for cases in groups.values()
            ]  # fmt: skip
        return self._transfers

    def _launched(self, includes: str) -> Masks:
        if self._launch is None:
            self._launch = self._walk_launch()
        return self._launch.get(includes, Masks(0, self.everyone))

    def _walk_launch(self) -> dict[str, Masks]:
        """The steps in order: the first that holds ends it; an unknown step before it leaves the outcome open."""
        going, doubtful = self.everyone, 0
        ends: dict[str, int] = {}
        may_end: dict[str, int] = {}
        for step in self.vocabulary.decisions[LAUNCH_DECISION].steps:
            if step.when is None:
                continue
            masks = self.truth(step.when)
            reached, unsure = going & masks.yes, going & ~masks.yes & ~masks.no
            ends[step.then] = ends.get(step.then, 0) | (reached & ~doubtful)
            may_end[step.then] = may_end.get(step.then, 0) | reached | unsure
            doubtful |= unsure
            going &= ~masks.yes
        return {name: Masks(ends[name], self.everyone & ~may_end[name]) for name in ends}


@dataclass(frozen=True, slots=True)
class _At:
    """The facts of one case of the columns."""

    columns: Columns
    case: int

    def answer(self, fact: str) -> Answer | None:
        return self.columns.answer_at(fact, self.case)


def _bits(cases: Sequence[int]) -> int:
    """The mask of some cases; linear in the highest of them."""
    if len(cases) == 1:
        return 1 << cases[0]
    field = bytearray(cases[-1] // 8 + 1)
    for case in cases:
        field[case >> 3] |= 1 << (case & 7)
    return int.from_bytes(field, "little")


def cases_of(mask: int) -> list[int]:
    """The cases of a mask, in order; linear in their number and in the length of the mask."""
    digits = bin(mask)[:1:-1]
    found, at = [], digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found
