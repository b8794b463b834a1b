"""The hash chain shows every change of an event, of the order, and of the tail."""

from hypothesis import given
from hypothesis import strategies as st

from office.domain.chain import GENESIS, Head, Link, check_chain, check_outside, keyed_hash, link_hash

CONTENTS = st.lists(st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=5), max_size=3), max_size=6)


def chain(contents: list[dict]) -> tuple[list[Link], Head]:
    links, previous = [], GENESIS
    for seq, content in enumerate(contents, start=1):
        body = {"seq": seq, **content}
        links.append(Link(seq, body, previous, link_hash(previous, body)))
        previous = links[-1].hash
    return links, Head(len(links), previous)


@given(CONTENTS)
def test_an_untouched_chain_holds(contents):
    links, head = chain(contents)
    assert check_chain(links, head) == []


@given(CONTENTS.filter(bool), st.data())
def test_any_changed_content_is_named(contents, data):
    links, head = chain(contents)
    at = data.draw(st.integers(0, len(links) - 1))
    links[at] = Link(links[at].seq, {**links[at].content, "forged": True}, links[at].previous_hash, links[at].hash)
    assert check_chain(links, head) == [f"Event {at + 1} was changed after it was written."]


@given(CONTENTS.filter(bool), st.data())
def test_any_missing_event_is_noticed(contents, data):
    links, head = chain(contents)
    del links[data.draw(st.integers(0, len(links) - 1))]
    assert check_chain(links, head)


def test_a_reforged_event_breaks_the_next_one():
    links, head = chain([{"a": 1}, {"a": 2}])
    body = {"seq": 1, "a": 9}
    links[0] = Link(1, body, GENESIS, link_hash(GENESIS, body))
    assert check_chain(links, head) == ["Event 2 does not follow the event before it."]


def test_a_cut_tail_is_seen_from_outside_even_when_the_head_was_moved_too():
    links, head = chain([{"a": 1}, {"a": 2}])
    cut = Head(1, links[0].hash)
    assert check_chain(links[:1], cut) == []
    assert "was cut" in check_outside(head, {1: links[0].hash}, cut)[0]


def test_a_rewritten_past_is_seen_from_outside():
    links, head = chain([{"a": 1}])
    other, other_head = chain([{"a": 2}])
    assert "Event 1 is not the event" in check_outside(head, {1: other[0].hash}, other_head)[0]
    assert check_outside(head, {1: links[0].hash}, head) == []


def test_a_journal_without_a_head_outside_cannot_be_checked():
    assert check_outside(None, {}, Head(0, GENESIS)) == []
    assert "No head is kept outside" in check_outside(None, {}, Head(3, "x"))[0]


def test_an_empty_outside_head_is_before_everything():
    assert check_outside(Head(0, GENESIS), {}, Head(2, "x")) == []


def test_a_keyed_hash_depends_on_key_and_value_and_shows_neither():
    assert keyed_hash("k", "ada") != keyed_hash("other", "ada") != keyed_hash("other", "eve")
    assert keyed_hash("k", "ada") == keyed_hash("k", "ada")
    assert "ada" not in keyed_hash("k", "ada")
