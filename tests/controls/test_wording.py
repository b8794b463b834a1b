"""What changed between two wordings: nothing is lost, and what both say is not marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.domain.wording import (
    ADDED,
    KEPT,
    REMOVED,
    WORDS_AT_MOST,
    Compared,
    Piece,
    compare,
)

WORDS = st.lists(st.sampled_from(["the", "log", "is", "kept", "存", "檔", "10", "years."]), max_size=12)


def text(pieces) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "was", "stands"),
    [
        ("", "", [], []),
        ("Keep logs.", "Keep logs.", ["=Keep logs."], ["=Keep logs."]),
        ("Keep logs.", "", ["-Keep logs."], []),
        ("", "Keep logs.", [], ["+Keep logs."]),
        ("Keep a log.", "Keep one log.", ["=Keep ", "-a ", "=log."], ["=Keep ", "+one ", "=log."]),
        ("Keep logs", "Keep logs daily", ["=Keep logs"], ["=Keep logs ", "+daily"]),
        ("算法备案变更", "算法备案公示变更", ["=算法备案", "=变更"], ["=算法备案", "+公示", "=变更"]),
        ("one\ntwo", "one two", ["=one\ntwo"], ["=one two"]),
    ],
)
def test_each_word_is_kept_removed_or_added(before, after, was, stands):
    found = compare(before, after)
    signs = {KEPT: "=", REMOVED: "-", ADDED: "+"}
    assert [signs[piece.kind] + piece.text for piece in found.was] == was
    assert [signs[piece.kind] + piece.text for piece in found.stands] == stands


@given(WORDS, WORDS)
def test_both_wordings_can_be_read_from_the_pieces_and_what_is_kept_is_in_both(old, new):
    found = compare(" ".join(old), " ".join(new))
    assert (text(found.was), text(found.stands)) == (" ".join(old), " ".join(new))
    assert [piece.text.split() for piece in found.was if piece.kind == KEPT] == [
        piece.text.split() for piece in found.stands if piece.kind == KEPT
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_it_and_equal_texts_are_kept_whole(one, other):
    found = compare(one, other)
    assert (text(found.was), text(found.stands)) == (one, other)
    assert {piece.kind for piece in compare(one, one).stands} <= {KEPT}


def test_a_very_long_text_is_shown_as_replaced_whole():
    before = "word " * (WORDS_AT_MOST + 1)
    assert compare(before, "word") == Compared((Piece(REMOVED, before),), (Piece(ADDED, "word"),))
    assert {piece.kind for piece in compare(before, before).was} == {KEPT}
