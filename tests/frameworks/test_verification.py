"""What is not yet verified is told with why, and nothing that rests on memory looks verified."""

from __future__ import annotations

from collections import Counter
from datetime import date

from frameworks.catalogue_files import shipped_families
from frameworks.domain.catalogue import rows_known_on
from frameworks.domain.conditions import DerivedIs
from frameworks.domain.facts import CaseFacts
from frameworks.domain.grounds import CaseGround
from frameworks.domain.trace import Tracer
from frameworks.domain.transfers import decide_transfer
from frameworks.domain.verification import REASONS, counts_by_mark, doubts
from frameworks.vocabulary_files import shipped_vocabulary

TODAY = date(2026, 11, 26)


def law():
    return rows_known_on(shipped_families().values(), TODAY)


def found():
    instruments = [one for family in shipped_families().values() for one in family.instruments]
    return doubts(law(), instruments, shipped_vocabulary().derived)


def test_counts_by_family_and_mark_add_up_to_every_row():
    counts = counts_by_mark(law())
    assert sum(counts.values()) == 638
    assert {mark: counts["cn-mainland", mark] for mark in ("P", "S", "S/m", "M")} == {
        "P": 92, "S": 86, "S/m": 6, "M": 1
    }  # fmt: skip
    assert counts["nist-ai-rmf", "P"] == 95


def test_every_row_instrument_penalty_and_classification_in_doubt_is_listed_with_its_reason():
    listed = found()
    assert Counter(doubt.kind for doubt in listed) == {
        "requirement": 21, "instrument": 2, "penalty": 5, "classification": 1
    }  # fmt: skip
    assert all(doubt.why in REASONS.values() for doubt in listed)
    assert {doubt.id for doubt in listed if doubt.kind == "instrument"} == {"HK-SPM", "HK-HKEX"}


def test_a_penalty_from_memory_says_so_wherever_its_row_is_shown():
    texts = {row.penalty for row in law() if row.id == "HK-PDPO-01"}
    assert all(text.endswith("(not yet verified)") for text in texts)
    assert not any("(not yet verified)" in row.penalty for row in law() if row.family == "eu-ai-act")


def test_a_classification_from_memory_says_so_in_the_trace():
    case = CaseFacts(shipped_vocabulary(), {})
    tracer = Tracer(CaseGround(case, decide_transfer(case, [], [])))
    head = tracer.because(DerivedIs("eu.gpai.modifier_indicator"))[0]
    assert "Not yet verified." in head
