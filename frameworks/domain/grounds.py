"""What the conditions of one case stand on: its facts, its classifications and its decisions, each once."""

from __future__ import annotations

from frameworks.domain.conditions import Answer, Condition
from frameworks.domain.facts import CaseFacts
from frameworks.domain.kleene import Truth
from frameworks.domain.launch import LaunchResult, decide_launch
from frameworks.domain.transfers import TransferResult
from frameworks.domain.vocabulary_terms import LAUNCH_DECISION, TRANSFER_DECISION, Vocabulary


class CaseGround:
    """Evaluates conditions for one case and remembers every classification that it has worked out."""

    def __init__(self, facts: CaseFacts, transfer: TransferResult) -> None:
        self.facts = facts
        self.vocabulary: Vocabulary = facts.vocabulary
        self.transfer = transfer
        self._derived: dict[str, Truth] = {}
        self._launch: LaunchResult | None = None

    def answer(self, fact: str) -> Answer | None:
        """The answer that counts, or None where it is unknown."""
        return self.facts.answer(fact)

    def derived(self, name: str) -> Truth:
        """The classification of that name."""
        truth = self._derived.get(name)
        if truth is None:
            truth = self._derived[name] = self.vocabulary.derived[name].when.truth(self)
        return truth

    def outcome(self, decision: str, includes: str) -> Truth:
        """Whether an ordered decision ends in that outcome."""
        return self.transfer.includes(includes) if decision == TRANSFER_DECISION else self.launch.includes(includes)

    @property
    def launch(self) -> LaunchResult:
        """The launch path of a public service in mainland China."""
        if self._launch is None:
            self._launch = decide_launch(self.vocabulary.decisions[LAUNCH_DECISION], self)
        return self._launch

    def open_parts_of(self, decision: str, includes: str) -> tuple[tuple[str, ...], tuple[Condition, ...]]:
        """What an undecided outcome hangs on: names of unknown inputs, and undecided conditions."""
        if decision == TRANSFER_DECISION:
            return self.transfer.missing_for(includes), ()
        return (), self.launch.open_steps
