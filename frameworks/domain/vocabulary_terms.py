"""The closed vocabulary: facts that are asked, flows, derived classifications and ordered decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from frameworks.domain.conditions import Condition

TRANSFER_DECISION = "cn.transfer_mechanism"
LAUNCH_DECISION = "cn.launch_path"

FACT_TYPES = ("boolean", "choice", "set", "number", "date", "text")
SUBJECTS = ("office", "entity", "model", "use_case", "deployment")
UNKNOWN_WORD = "unknown"
REVIEW_PREFIX = "Review decision"


class VocabularyError(ValueError):
    """The vocabulary cannot be used; `problems` holds one sentence for each fault, all at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Fact:
    """One question about a case. `if_not_asked` counts when `asked_when` is no and nobody answered.

    `if_not_asked` holds the value as it is written in an answer; `has_default` tells an empty list or a
    false value from the lack of one.
    """

    key: str
    type: str
    subject: str
    question: str
    help: str
    used_by: tuple[str, ...]
    choices: Mapping[str, str]
    asked_when: Condition | None
    has_default: bool
    if_not_asked: object
    sheet_key: str
    position: int

    @property
    def is_review(self) -> bool:
        """A reviewed legal determination: offered to the reviewer, never asked in the intake."""
        return self.question.startswith(REVIEW_PREFIX)


@dataclass(frozen=True, slots=True)
class FlowField:
    """One field of a record about data that crosses a border. Any field may be unknown."""

    field: str
    type: str
    question: str
    help: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlowForm:
    """The record that describes one flow, and when flows are asked for at all."""

    subject: str
    asked_when: Condition | None
    fields: Mapping[str, FlowField]


@dataclass(frozen=True, slots=True)
class Derived:
    """A classification that follows from facts; it does not depend on the day."""

    name: str
    citation: str
    note: str
    when: Condition
    applies_from: date | None
    verification: str
    title: str = ""

    @property
    def called(self) -> str:
        """As a trace calls it: in words with its name behind, or by its name."""
        return f"“{self.title}” [{self.name}]" if self.title else self.name


@dataclass(frozen=True, slots=True)
class DecisionStep:
    """One step of an ordered decision. `when` is None where the rule is written out in code."""

    step: str
    when: Condition | None
    then: str
    note: str
    cite: str


@dataclass(frozen=True, slots=True)
class Decision:
    """An ordered decision: the first step that holds gives the outcome."""

    name: str
    citation: str
    outcomes: tuple[str, ...]
    alternatives: tuple[str, ...]
    steps: tuple[DecisionStep, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that a condition may speak of, by name and in the order of the files."""

    version: str
    as_of: date
    facts: Mapping[str, Fact]
    flows: FlowForm
    derived: Mapping[str, Derived]
    decisions: Mapping[str, Decision]
