"""Our NIST catalogue against NIST AI 100-1 (functions, categories, subcategories) and AI 600-1 (suggested actions)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest

from frameworks.catalogue_files import shipped_families
from frameworks.domain.rows import Row, select
from tests.conformance import REAL, needs_real

pytestmark = needs_real

FRAMEWORK = date(2023, 1, 26)
PROFILE = date(2024, 7, 26)
"""AI 100-1 and AI 600-1 were published on these days."""
ACTION = re.compile(r"(GV|MP|MS|MG)-?(\d\.\d{1,2})-+(\d{3})")
FUNCTIONS = {"GV": "GOVERN", "MP": "MAP", "MS": "MEASURE", "MG": "MANAGE"}
ROW_WORDS, ITEM_WORDS = 8, 6
"""So many consecutive words may stand in an official text as well; one more is a copy."""


def official(name: str) -> Any:
    return json.loads((REAL / name).read_text(encoding="utf-8"))


@cache
def core() -> dict[str, str]:
    """Id as NIST writes it ("GOVERN", "GOVERN 1", "GOVERN 1.1") → official text."""
    found = official("nist-ai-rmf-1.0-core.json")
    texts = dict(found["functions"])
    for category in found["categories"]:
        texts[category["id"]] = category["text"]
        texts |= {part["id"]: part["text"] for part in category["subcategories"]}
    return texts


@cache
def actions() -> dict[str, dict[str, Any]]:
    """Normalised id ("GV-1.1-001") → suggested action as published."""
    found = official("nist-ai-600-1-actions.json")["actions"]
    return {normal_id(action.get("id_as_printed", action["action_id"])): action for action in found}


def normal_id(printed: str) -> str:
    """The profile prints one id as "GV4.3--001"."""
    parts = ACTION.fullmatch(printed)
    assert parts, printed
    return "-".join(parts.groups())


def rows(known_on: date) -> list[Row]:
    found = select(shipped_families()["nist-ai-rmf"].versions, known_on)
    assert found
    return found


def nist_id(row: Row) -> str:
    """nist-ai-rmf.GOVERN-1.1 → GOVERN 1.1."""
    return row.id.removeprefix("nist-ai-rmf.").replace("-", " ")


def shipped_actions() -> list[tuple[Row, Any]]:
    """(row, item) of every suggested action that the catalogue ships."""
    found = [(row, item) for row in rows(PROFILE) for item in row.items if item.kind == "action"]
    assert found, "No action of NIST AI 600-1 is shipped."
    return found


def words(text: str) -> list[str]:
    """Lower-case words, American and British spelling alike, so that a changed letter hides no copy."""
    plain = re.sub(r"[’']", "", text.lower())
    alike = re.sub(r"(?<=[a-z]{3})(is|ys)(?=e|i|a)", lambda m: m.group()[0] + "z", plain)
    return re.findall(r"[a-z0-9]+", alike)


def runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    """Every run of so many consecutive words."""
    found = words(text)
    return (tuple(found[start : start + length]) for start in range(len(found) - length + 1))


def copied(ours: Iterable[tuple[str, str]], texts: Iterable[str], allowed: int) -> dict[str, str]:
    """Name → the first run of more than `allowed` words that stands in an official text too."""
    theirs = {run for text in texts for run in runs(text, allowed + 1)}
    assert theirs
    found = {name: [" ".join(run) for run in runs(text, allowed + 1) if run in theirs] for name, text in ours}
    return {name: hits[0] for name, hits in found.items() if hits}


def label(text: str) -> str:
    """A risk or task without case, punctuation and plural; the long name of TEVV is its short one."""
    folded = [word.removesuffix("s") for word in words(text)]
    return "tevv" if "tevv" in folded or folded[:3] == ["test", "evaluation", "verification"] else " ".join(folded)


def test_the_official_core_has_4_functions_19_categories_and_72_subcategories():
    kinds = Counter("subcategory" if "." in ref else "category" if " " in ref else "function" for ref in core())
    assert kinds == {"function": 4, "category": 19, "subcategory": 72}


@pytest.mark.parametrize("known_on", [FRAMEWORK, date(2026, 11, 22)], ids=str)
def test_the_catalogue_has_every_id_of_the_core_and_no_other(known_on):
    ours = [nist_id(row) for row in rows(known_on)]
    assert sorted(ours) == sorted(core())


def test_ids_citations_and_parents_say_the_same():
    for row in rows(date(2026, 11, 22)):
        ref = nist_id(row)
        assert row.citation == ref
        assert row.heading == ("." not in ref), ref
        above = ref.rsplit("." if "." in ref else " ", 1)[0]
        assert row.parent == (f"nist-ai-rmf.{above.replace(' ', '-')}" if above != ref else None), ref


def test_titles_and_summaries_are_not_the_official_words():
    versions = shipped_families()["nist-ai-rmf"].versions
    ours = [(f"{row.id} {part}", getattr(row, part)) for row in versions for part in ("title", "summary")]
    assert copied(ours, core().values(), ROW_WORDS) == {}


def test_a_copy_is_seen_through_case_punctuation_and_spelling():
    ours = [("copy", "So: An Organisation's roles, for analysing risks"), ("own", "risks, roles and what is analysed")]
    theirs = ["the organization's roles for analyzing risks"]
    assert copied(ours, theirs, 4) == {"copy": "organizations roles for analyzing risks"}
    assert copied(ours, theirs, 5) == {}


def test_the_profile_has_212_actions_and_one_id_with_a_misprint():
    printed = [action.get("id_as_printed", action["action_id"]) for action in actions().values()]
    assert [ref for ref in printed if ref != normal_id(ref)] == ["GV4.3--001"]
    assert {ref: action["action_id"] for ref, action in actions().items()} == {ref: ref for ref in actions()}
    assert len(actions()) == 212


def test_the_catalogue_has_every_action_of_the_profile_once():
    assert sorted(item.ref for _, item in shipped_actions()) == sorted(actions())


def test_no_action_was_known_before_the_profile_was_published():
    assert len(shipped_actions()) == 212
    assert [item.ref for row in rows(date(2024, 7, 25)) for item in row.items if item.kind == "action"] == []


def test_actions_are_counted_by_function_and_cover_49_subcategories():
    counts = Counter(item.ref[:2] for _, item in shipped_actions())
    assert counts == {"GV": 58, "MP": 39, "MS": 72, "MG": 43}
    assert len({row.id for row, _ in shipped_actions()}) == 49


def test_every_action_stands_on_its_subcategory():
    misplaced = []
    for row, item in shipped_actions():
        function, number, _ = item.ref.split("-")
        if not nist_id(row) == actions()[item.ref]["subcategory"] == f"{FUNCTIONS[function]} {number}":
            misplaced.append((item.ref, row.id))
    assert misplaced == []


def test_every_action_names_the_risks_of_the_profile():
    """One action carries a label that is none of the profile's twelve risks: it may be left out, nothing else."""
    extra = {"GV-1.4-002": {label("Civil Rights violations")}}
    wrong = {}
    for _, item in shipped_actions():
        ours, theirs = {label(risk) for risk in item.risks}, {label(risk) for risk in actions()[item.ref]["risks"]}
        assert len(ours) == len(item.risks), f"{item.ref} names a risk twice."
        if ours - theirs or theirs - ours - extra.get(item.ref, set()):
            wrong[item.ref] = (sorted(ours - theirs), sorted(theirs - ours))
    assert wrong == {}


def test_every_action_names_the_actor_tasks_of_the_profile():
    wrong = {}
    for _, item in shipped_actions():
        ours = {label(task) for task in item.actor_tasks}
        theirs = {label(task) for task in actions()[item.ref]["ai_actor_tasks"]}
        if ours != theirs:
            wrong[item.ref] = (sorted(ours - theirs), sorted(theirs - ours))
    assert wrong == {}


def test_every_action_has_a_title_in_our_own_words():
    ours = [(item.ref, item.title) for _, item in shipped_actions()]
    assert [ref for ref, title in ours if not title.strip()] == []
    assert copied(ours, (action["action"] for action in actions().values()), ITEM_WORDS) == {}


def test_no_wording_known_before_the_profile_was_published_speaks_of_it():
    assert [row.id for row in rows(date(2024, 7, 25)) if "600-1" in row.title + row.summary + row.note] == []
