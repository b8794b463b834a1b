"""Every classification on its yes, its no and its unknown side, and every limit just before, at and just after it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from frameworks.domain.conditions import AtLeast, Before, LessThan, leaves
from frameworks.domain.facts import CaseFacts
from frameworks.domain.grounds import CaseGround
from frameworks.domain.transfers import decide_transfer
from frameworks.domain.vocabulary import check_flows
from frameworks.vocabulary_files import shipped_vocabulary

CASES = Path(__file__).resolve().parents[1] / "cases"
VOCABULARY = shipped_vocabulary()
SIDES = ("yes", "no", "unknown")
POSITIONS = ("below", "at", "above")
TEXTS = sorted(CASES.glob("classifications_*.yaml")) + sorted(CASES.glob("thresholds*.yaml"))
MERGE = "tag:yaml.org,2002:merge"


def read(pattern, key):
    """The entries of every table that the pattern finds, by the ending of the file's name; none is left out."""
    tables = {}
    for path in sorted(CASES.glob(pattern)):
        table = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        entries = table if isinstance(table, list) else table[key]
        tables[path.stem.partition("_")[2] or "eu"] = [_in_words(entry) for entry in entries]
    return tables


def _in_words(entry):
    """The words yes and no, also where YAML read them unquoted as true and false."""
    words = {True: "yes", False: "no"}
    keyed = {words[key] if isinstance(key, bool) else key: value for key, value in entry.items()}
    return {key: words[value] if isinstance(value, bool) else value for key, value in keyed.items()}


TABLES = read("classifications_*.yaml", "classifications")
LIMITS = read("thresholds*.yaml", "thresholds")


def families_of(table):
    """The first parts of the names that a table is about: cn_hk holds cn and hk."""
    return ("eu", "us", "common") if table == "eu" else table.split("_")


def nodes_below(node):
    yield node
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from nodes_below(pair[1])
    elif isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from nodes_below(part)


def merged(node, quarrels):
    """The keys of a mapping with what it takes up by <<; `quarrels` collects where two of those disagree."""
    own = {key.value: yaml.serialize(value) for key, value in node.value if key.tag != MERGE}
    taken: dict[str, str] = {}
    for parts in (value for key, value in node.value if key.tag == MERGE):
        for part in parts.value if isinstance(parts, yaml.SequenceNode) else [parts]:
            for key, value in merged(part, []).items():
                if key not in own and taken.setdefault(key, value) != value:
                    quarrels.append((node.start_mark.line + 1, key))
    return {**taken, **own}


def listed(side):
    return side if isinstance(side, list) else [side]


def classified(name, facts):
    """What the engine says of one classification. `flows` beside the facts are the records of the flows."""
    facts = dict(facts)
    flows = facts.pop("flows", [])
    assert check_flows(VOCABULARY, flows) == []
    case = CaseFacts(VOCABULARY, facts)
    return CaseGround(case, decide_transfer(case, flows)).derived(name).value


def sets_of_facts():
    for table in TABLES.values():
        for entry in table:
            for side in SIDES:
                for number, facts in enumerate(listed(entry[side]), start=1):
                    yield pytest.param(entry["name"], side, facts, id=f"{entry['name']}-{side}-{number}")


def limits():
    seen: Counter[str] = Counter()
    for table in LIMITS.values():
        for entry in table:
            seen[entry["classification"]] += 1
            for position, value in zip(POSITIONS, entry["values"], strict=True):
                name = f"{entry['classification']}-{seen[entry['classification']]}-{position}"
                yield pytest.param(entry, value, entry[position], id=name)


@pytest.mark.parametrize(("name", "side", "facts"), list(sets_of_facts()))
def test_the_facts_put_the_classification_on_this_side(name, side, facts):
    assert classified(name, facts) == side


@pytest.mark.parametrize(("entry", "value", "expected"), list(limits()))
def test_the_limit_turns_the_classification_where_the_law_says(entry, value, expected):
    facts = {**entry.get("others", {}), entry["fact"]: value}
    assert classified(entry["classification"], facts) == expected


@pytest.mark.parametrize("table", TABLES)
def test_every_classification_of_the_families_stands_in_the_table_once(table):
    written = Counter(entry["name"] for entry in TABLES[table])
    shipped = [name for name in VOCABULARY.derived if name.partition(".")[0] in families_of(table)]
    assert written == Counter(shipped)


@pytest.mark.parametrize("table", TABLES)
def test_every_classification_is_shown_on_all_three_sides_with_its_citation(table):
    empty = [(entry["name"], side) for entry in TABLES[table] for side in SIDES if not listed(entry.get(side, []))]
    uncited = [entry["name"] for entry in TABLES[table] if not str(entry.get("citation") or "").strip()]
    assert (empty, uncited) == ([], [])


@pytest.mark.parametrize("table", TABLES)
def test_no_side_repeats_a_set_of_facts(table):
    repeated = []
    for entry in TABLES[table]:
        sets = [facts for side in SIDES for facts in listed(entry[side])]
        repeated += [(entry["name"], facts) for number, facts in enumerate(sets) if facts in sets[:number]]
    assert repeated == []


@pytest.mark.parametrize("table", LIMITS)
def test_every_number_and_day_in_a_condition_of_the_families_has_a_limit_case(table):
    shown = {(entry["classification"], entry["fact"], str(entry["values"][1])) for entry in LIMITS[table]}
    missing = [
        (name, leaf)
        for name, derived in VOCABULARY.derived.items()
        if name.partition(".")[0] in families_of(table)
        for leaf in leaves(derived.when)
        if isinstance(leaf, AtLeast | LessThan | Before) and (name, leaf.fact, str(leaf.bound)) not in shown
    ]
    assert missing == []


@pytest.mark.parametrize("table", LIMITS)
def test_every_limit_case_has_its_citation_and_rising_values(table):
    assert [entry for entry in LIMITS[table] if not str(entry.get("citation") or "").strip()] == []
    for entry in LIMITS[table]:
        before, at, after = entry["values"]
        assert before < at < after, entry


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_where_two_shared_sets_disagree_the_case_says_itself_what_counts(path):
    """Which of two merged mappings wins differs between versions of PyYAML: no case may hang on it."""
    quarrels: list[tuple[int, str]] = []
    for node in nodes_below(yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)):
        if isinstance(node, yaml.MappingNode):
            merged(node, quarrels)
    assert quarrels == []
