"""What must hold whatever the facts are: over the whole vocabulary and all shipped rows."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from frameworks.catalogue_files import family_folders, read_file, release_files, shipped_families
from frameworks.domain.applicability import assess
from frameworks.domain.catalogue import read_family, rows_known_on
from frameworks.domain.columns import CaseInput
from frameworks.domain.facts import CaseFacts
from frameworks.domain.kleene import Truth
from frameworks.domain.portfolio import assess_all
from frameworks.domain.raw_files import RawFile
from frameworks.vocabulary_files import shipped_vocabulary
from tests.frameworks.cases_at_random import make_answer, make_case

ON = date(2026, 11, 26)
SLOW = settings(
    max_examples=40 if settings.default.derandomize else 400, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip
"""Without shrinking: a case of two hundred facts takes minutes to make small, and its seed is told anyway."""
dice = st.randoms(use_true_random=False)
shares = st.sampled_from([0.05, 0.3, 0.6, 0.95])


@cache
def law():
    return rows_known_on(shipped_families().values(), ON)


def judged(case):
    return assess(
        vocabulary=shipped_vocabulary(), rows=law(), facts=case.facts, flows=case.flows, other_flows=case.other_flows,
        on=ON,
    )  # fmt: skip


def statuses(assessment):
    return {duty.id: duty.status for duty in assessment.duties}


def possible(assessment):
    return {duty.id for duty in assessment.duties if duty.status != "not_applicable"}


def open_questions(case):
    """The facts that are asked and not answered."""
    known = CaseFacts(shipped_vocabulary(), case.facts)
    return [
        key
        for key in shipped_vocabulary().facts
        if case.facts.get(key, "unknown") == "unknown" and known.asked(key) is not Truth.NO
    ]


def answered(case, keys, random):
    """The case with definite answers to these questions."""
    facts = dict(case.facts)
    for key in keys:
        facts[key] = definite(shipped_vocabulary().facts[key], random)
    return CaseInput(facts, case.flows, case.other_flows)


def definite(fact, random):
    while True:
        answer = make_answer(fact, random)
        if answer != "unknown" and not (isinstance(answer, list) and "unknown" in answer):
            return answer


@SLOW
@given(random=dice, share=shares)
def test_more_knowledge_never_adds_a_duty_outside_the_former_possible_set(random, share):
    before = make_case(shipped_vocabulary(), random, share)
    open_now = open_questions(before)
    more = answered(before, random.sample(open_now, min(5, len(open_now))), random)
    assert possible(judged(more)) <= possible(judged(before))


@SLOW
@given(random=dice, share=shares)
def test_unknown_never_becomes_no(random, share):
    known = make_case(shipped_vocabulary(), random, share)
    taken = random.sample(sorted(known.facts), min(5, len(known.facts)))
    less = CaseInput({**known.facts, **dict.fromkeys(taken, "unknown")}, known.flows, known.other_flows)
    before, after = judged(known), judged(less)
    changed = {ref: status for ref, status in statuses(after).items() if statuses(before)[ref] != status}
    assert set(changed.values()) <= {"may_apply"}
    assert all(truth in (Truth.UNKNOWN, before.derived[name]) for name, truth in after.derived.items())


@SLOW
@given(random=dice, share=shares)
def test_the_order_of_the_facts_does_not_matter(random, share):
    case = make_case(shipped_vocabulary(), random, share)
    keys = list(case.facts)
    random.shuffle(keys)
    shuffled = CaseInput({key: case.facts[key] for key in keys}, case.flows, case.other_flows)
    assert judged(shuffled) == judged(case)


@SLOW
@given(random=dice, share=shares)
def test_one_by_one_and_columns_agree(random, share):
    cases = [make_case(shipped_vocabulary(), random, share) for _ in range(3)]
    found = assess_all(vocabulary=shipped_vocabulary(), rows=law(), cases=cases, on=ON)
    for at, case in enumerate(cases):
        single = judged(case)
        assert {name: found.columns.derived(name).at(at) for name in single.derived} == single.derived
        for duty in single.duties:
            row = found.rows[duty.id]
            placed = row.placement(at)
            assert (row.status(at), placed.applies_from, placed.timing) == (
                duty.status, duty.applies_from, duty.timing
            )  # fmt: skip


@SLOW
@given(random=dice, share=shares)
def test_answering_every_question_that_is_not_among_the_next_cannot_change_a_verdict(random, share):
    case = make_case(shipped_vocabulary(), random, share)
    before = judged(case)
    reviews = [key for key, fact in shipped_vocabulary().facts.items() if fact.is_review]
    others = [key for key in open_questions(case) if key not in (*before.next_questions, *reviews)]
    after = judged(answered(case, others, random))
    assert statuses(after) == statuses(before)
    assert [(duty.applies_from, duty.timing) for duty in after.duties if duty.status != "not_applicable"] == [
        (duty.applies_from, duty.timing) for duty in before.duties if duty.status != "not_applicable"
    ]


@cache
def release_of_files():
    return {place.name: [read_file(path) for path in release_files(place)] for place in family_folders()}


@SLOW
@given(random=dice, days=st.integers(0, 900))
def test_the_past_does_not_change_when_a_version_is_added(random, days):
    name = random.choice(sorted(release_of_files()))
    files = release_of_files()[name]
    last = date.fromisoformat(files[-1].content["release"]["known_from"])
    old = read_family(files, shipped_vocabulary())
    ids = random.sample(sorted({row.id for row in old.versions if row.known_until is None}), 3)
    rows = [{"id": ids[0], "title": "Said anew"}, {"id": ids[1], "note": "Noted anew"}]
    content = {"family": {"key": old.key}, "release": {"known_from": str(last + timedelta(1)), "title": "Next"}}
    later = RawFile("next.yaml", {**content, "rows": rows}, {})
    new = read_family([*files, later], shipped_vocabulary())
    known_on = last - timedelta(days=days)
    then = [replaced(row) for row in rows_known_on([old], known_on)]
    assert [replaced(row) for row in rows_known_on([new], known_on)] == then
    standing = {row.id: row for row in rows_known_on([new], last + timedelta(1))}
    assert standing[ids[0]].title == "Said anew"


def replaced(row):
    """The version without the day on which it was replaced."""
    return {name: getattr(row, name) for name in row.__slots__ if name != "known_until"}
