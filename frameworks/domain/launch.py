"""Decisions whose steps are conditions: the first step that holds gives the outcome."""

from __future__ import annotations

from dataclasses import dataclass

from frameworks.domain.conditions import Condition, Ground
from frameworks.domain.kleene import Truth, truth_of
from frameworks.domain.transfers import UNDETERMINED
from frameworks.domain.vocabulary_terms import Decision, DecisionStep


@dataclass(frozen=True, slots=True)
class LaunchResult:
    """The outcome, or UNDETERMINED with its candidates; `open_steps` are the undecided conditions."""

    outcome: str
    candidates: tuple[str, ...]
    step: DecisionStep | None
    open_steps: tuple[Condition, ...]

    def includes(self, outcome: str) -> Truth:
        """Whether the decision ends in this outcome."""
        if self.outcome != UNDETERMINED:
            return truth_of(outcome == self.outcome)
        return Truth.UNKNOWN if outcome in self.candidates else Truth.NO


def decide_launch(decision: Decision, ground: Ground) -> LaunchResult:
    """Walk the steps in order.

    An unknown step before the first that holds leaves the outcome undetermined: the candidates are the
    unknown steps and that first one; if no step holds, the unknown steps alone.
    """
    undecided: list[DecisionStep] = []
    for step in decision.steps:
        truth = Truth.NO if step.when is None else step.when.truth(ground)
        if truth is Truth.YES:
            return _result(undecided, step)
        if truth is Truth.UNKNOWN:
            undecided.append(step)
    return _result(undecided, None)


def _result(undecided: list[DecisionStep], first: DecisionStep | None) -> LaunchResult:
    if first is not None and not undecided:
        return LaunchResult(first.then, (), first, ())
    steps = [*undecided, *([first] if first else [])]
    open_steps = tuple(step.when for step in undecided if step.when is not None)
    return LaunchResult(UNDETERMINED, tuple(dict.fromkeys(step.then for step in steps)), None, open_steps)
