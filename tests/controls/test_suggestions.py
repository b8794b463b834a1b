"""Candidates are found by words, each with its share, and the order is the same on every machine."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.suggestions import (
    BORROWED_WEIGHT,
    K1,
    B,
    Document,
    Field,
    Index,
    control_document,
    fold,
    index_of,
    requirement_text,
    tokens,
)


def make_document(ref="C-1", text="register of uses", weight=1.0, borrowed=""):
    return Document(ref, (Field(text, weight), Field(borrowed, BORROWED_WEIGHT, borrowed=True)))


def words(text: str) -> list[str]:
    return [token.word for token in tokens(text)]


def refs(found) -> list[str]:
    return [row.ref for row in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("The use of it", ["use"]),
        ("Register, test; log.", ["register", "test", "log"]),
        ("high-risk AI", ["high", "risk", "ai"]),
        ("a b c", []),
        ("the deployer's duty", ["deployer", "duty"]),
        ("ＡＩ system", ["ai", "system"]),
        ("within 15 days", ["15", "days"]),
        ("算法备案", ["算法", "法备", "备案"]),
        ("算", ["算"]),
        ("AI系统", ["ai", "系统"]),
        ("備案 of 算法", ["備案", "算法"]),
        ("アルゴ", ["アル", "ルゴ"]),
        ("𠀀𠀁𠀂", ["𠀀𠀁", "𠀁𠀂"]),
    ],
)
def test_a_text_is_cut_into_words_and_chinese_into_neighbours(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    "family",
    [
        ("control", "controls", "controlled", "controlling"),
        ("policy", "policies"),
        ("assess", "assesses", "assessed", "assessing"),
        ("use", "uses", "used", "using"),
        ("process", "processes", "processed", "processing"),
        ("notify", "notifies", "notified", "notifying"),
        ("label", "labels", "labelled", "labeled", "labelling", "labeling"),
        ("plan", "plans", "planned", "planning"),
        ("bias", "biases", "biased"),
        ("status", "statuses"),
        ("file", "files", "filed", "filing"),
        ("log", "logs", "logged", "logging"),
        ("call", "calls", "called", "calling"),
        ("exceed", "exceeds", "exceeding"),
        ("supervise", "supervises", "supervised", "supervising"),
    ],
)
def test_plural_and_verb_endings_are_one_word(family):
    assert len({fold(word) for word in family}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("thing", "the"), ("need", "ne"), ("red", "r"), ("string", "str"), ("less", "le"), ("analysis", "analysi"),
        ("provide", "provider"), ("test", "text"), ("ring", "r"), ("being", "be"),
    ],
)  # fmt: skip
def test_what_only_looks_like_an_ending_stays(one, other):
    assert fold(one) != fold(other)


def test_the_document_that_shares_more_and_rarer_words_comes_first():
    index = Index(
        [
            make_document("C-1", "register of uses"),
            make_document("C-2", "register of biometric uses"),
            make_document("C-3", "training of staff"),
        ]
    )
    found = index.ask("Biometric uses are registered")
    assert refs(found) == ["C-2", "C-1"]
    assert [term.word for term in found[0].terms] == ["biometric", "registered", "uses"]


def test_the_score_is_that_of_the_formula():
    """Robertson and Zaragoza 2009, section 3.4: two documents, one word, worked out by hand."""
    index = Index([make_document("C-1", "audit audit trail"), make_document("C-2", "board")])
    (found,) = index.ask("audit")
    weight = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    brake = K1 * (1 - B + B * 3 / 2)
    assert found.score == pytest.approx(weight * 2 * (K1 + 1) / (2 + brake))


def test_a_field_with_weight_counts_like_so_many_words():
    twice = Index([make_document("C-1", "audit", weight=2.0), make_document("C-2", "board")])
    written = Index([make_document("C-1", "audit audit"), make_document("C-2", "board")])
    assert twice.ask("audit") == written.ask("audit")


def test_equals_stand_in_the_order_of_their_refs():
    index = Index([make_document(ref) for ref in ("C-3", "C-1", "C-2")])
    assert refs(index.ask("register")) == ["C-1", "C-2", "C-3"]


def test_what_shares_no_word_and_what_is_left_out_does_not_come():
    index = Index([make_document("C-1"), make_document("C-2"), make_document("C-3", "training of staff")])
    assert refs(index.ask("registers", without=["C-1"])) == ["C-2"]
    assert index.ask("nothing of the kind") == []
    assert index.ask("") == []


def test_an_index_of_nothing_and_documents_without_words_find_nothing():
    assert Index([]).ask("register") == []
    assert Index([make_document(text="")]).ask("register") == []


def test_a_library_of_one_control_still_answers():
    assert refs(Index([make_document()]).ask("register")) == ["C-1"]


def test_a_borrowed_word_finds_counts_less_and_says_so():
    index = Index([make_document("C-1", "board", borrowed="audit"), make_document("C-2", "audit")])
    own, lent = index.ask("audit")
    assert (own.ref, lent.ref) == ("C-2", "C-1")
    assert (own.terms[0].borrowed, lent.terms[0].borrowed) == (False, True)


def test_chinese_finds_chinese():
    index = Index([make_document("C-1", "算法备案与公示"), make_document("C-2", "员工培训")])
    (found,) = index.ask("深度合成算法须备案")
    assert (found.ref, {term.word for term in found.terms}) == ("C-1", {"算法", "备案"})


def test_the_title_of_a_control_counts_more_than_its_objective():
    parts = {"theme": "governance", "objective": "", "guidance": "", "evidence": "", "borrowed": []}
    index = Index(
        [
            control_document(ref="C-1", title="Board", **{**parts, "objective": "inventory"}),
            control_document(ref="C-2", title="Inventory", **{**parts, "objective": "board"}),
        ]
    )
    assert refs(index.ask("inventory")) == ["C-2", "C-1"]


def test_a_requirement_asks_with_each_of_its_texts_once():
    text = requirement_text(title="算法备案", summary="File it.", evidence="Receipt", others=["算法备案", ""])
    assert text.split("\n") == ["算法备案", "File it.", "Receipt", ""]


def test_the_same_documents_are_made_ready_once():
    assert index_of((make_document(),)) is index_of((make_document(),))
    assert index_of((make_document(),)) is not index_of((make_document(text="other"),))


WORD = st.sampled_from(
    ["audit", "board", "register", "registers", "training", "bias", "log", "logs", "算法", "备案", "法备", "the", "of"]
)
TEXT = st.lists(WORD, max_size=12).map(" ".join)
LIBRARY = st.lists(st.tuples(TEXT, TEXT), max_size=8).map(
    lambda texts: [make_document(f"C-{at}", own, borrowed=lent) for at, (own, lent) in enumerate(texts)]
)


@given(LIBRARY, TEXT)
def test_scores_are_above_zero_and_are_the_sum_of_their_shares(documents, text):
    for row in Index(documents).ask(text):
        assert row.score > 0
        assert all(term.share > 0 for term in row.terms)
        assert row.score == pytest.approx(sum(term.share for term in row.terms))


@given(LIBRARY, TEXT)
def test_every_word_that_is_shown_stands_in_the_asked_text_and_in_the_document(documents, text):
    asked = {token.word for token in tokens(text)}
    said = {row.ref: {token.stem for field in row.fields for token in tokens(field.text)} for row in documents}
    for row in Index(documents).ask(text):
        assert {term.word for term in row.terms} <= asked
        assert {fold(term.word) if term.word.isascii() else term.word for term in row.terms} <= said[row.ref]


@given(LIBRARY, TEXT, st.randoms(use_true_random=False))
def test_the_order_in_which_documents_come_changes_nothing(documents, text, random):
    shuffled = random.sample(documents, len(documents))
    assert Index(documents).ask(text) == Index(shuffled).ask(text)


@given(LIBRARY, TEXT, st.integers(0, 8))
def test_a_limit_cuts_the_end_off_and_nothing_else(documents, text, limit):
    index = Index(documents)
    assert index.ask(text, limit=limit) == index.ask(text)[:limit]


@given(LIBRARY, TEXT, st.sets(st.sampled_from([f"C-{at}" for at in range(8)])))
def test_leaving_some_out_moves_none_of_the_others(documents, text, out):
    index = Index(documents)
    assert index.ask(text, without=out) == [row for row in index.ask(text) if row.ref not in out]


@given(LIBRARY, TEXT)
def test_saying_everything_twice_doubles_every_score(documents, text):
    index = Index(documents)
    once, twice = index.ask(text), index.ask(f"{text}\n{text}")
    assert refs(once) == refs(twice)
    assert [row.score for row in twice] == pytest.approx([2 * row.score for row in once])
