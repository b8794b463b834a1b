"""Cases drawn at random over the whole vocabulary, the same for the same seed: answers, gaps, set-aside and open sets."""

from __future__ import annotations

import random
from datetime import date, timedelta

from frameworks.domain.columns import CaseInput
from frameworks.domain.vocabulary_terms import Fact, FlowField, Vocabulary

FIRST_DAY = date(2024, 1, 1)
COUNTS = (0, 1, 99_999, 100_000, 999_999, 1_000_000, 10_000_000)


def make_cases(vocabulary: Vocabulary, number: int, seed: int, share: float = 0.5) -> list[CaseInput]:
    """`share` of the facts is answered; one case in four has flows."""
    dice = random.Random(seed)
    return [make_case(vocabulary, dice, share) for _ in range(number)]


def make_case(vocabulary: Vocabulary, dice: random.Random, share: float) -> CaseInput:
    facts = {key: make_answer(fact, dice) for key, fact in vocabulary.facts.items() if dice.random() < share}
    if dice.random() < 0.75:
        return CaseInput(facts)
    flows = [_flow(vocabulary, dice, number) for number in range(dice.randint(1, 2))]
    others = [_flow(vocabulary, dice, number) for number in range(dice.randint(0, 1))]
    return CaseInput(facts, flows, others)


def make_answer(fact: Fact | FlowField, dice: random.Random) -> object:
    """An answer that may be given to the fact, now and then the word unknown."""
    choices = [choice for choice in fact.choices if choice != "none"]
    if dice.random() < 0.06:
        return "unknown"
    if fact.type == "set":
        return _set(choices, dice)
    options = {
        "boolean": (True, False),
        "choice": choices,
        "number": (*COUNTS, dice.randrange(10**7)),
        "date": ((FIRST_DAY + timedelta(days=dice.randrange(1500))).isoformat(),),
        "text": ("none", "shenzhen", "Shanghai"),
    }
    return dice.choice(options[fact.type])


def _set(choices: list[str], dice: random.Random) -> list[str]:
    chosen = dice.sample(choices, dice.randint(0, min(3, len(choices))))
    return [*chosen, "unknown"] if dice.random() < 0.2 else chosen or ["none"]


def _flow(vocabulary: Vocabulary, dice: random.Random, number: int) -> dict[str, object]:
    fields = vocabulary.flows.fields.values()
    flow = {field.field: make_answer(field, dice) for field in fields if field.field != "id" and dice.random() < 0.8}
    if flow.get("contains_pi") is False:
        flow = {key: value for key, value in flow.items() if not key.endswith("_ytd")}
    return {**flow, "id": f"f{number}"}
