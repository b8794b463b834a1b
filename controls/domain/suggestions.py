"""Which controls speak of the same things as a requirement: candidates for a person to judge, never a mapping.

BM25 over the words that both texts use, with weighted fields (Robertson and Zaragoza, The Probabilistic Relevance
Framework: BM25 and Beyond, 2009). A score puts the candidates of one text in order; it is no degree of fit.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

K1 = 1.2
"""How soon more of the same word stops to count; 1.2 to 2 are usual, and on our own mappings none is clearly better."""
B = 0.75
"""How far a long text is held back: 0 not at all, 1 in proportion to its length. 0.75 is usual."""
TITLE_WEIGHT = 2.0
BORROWED_WEIGHT = 0.25
"""A control also answers to the words of what is mapped to it, but its own words count four times as much."""

_LITTLE_WORDS = """
a about above after again all also an and any are as at be because been before being below between both but by can
could did do does doing down during each either every few for from further had has have having he her here how if in
into is it its itself may might more most must neither no nor not of off on once one only or other our out over own
per same shall she should so some such than that the their them then there these they this those through to too
under until up upon us very via was we were what when where whether which while who whom whose why will with within
without would you your
"""
STOP = frozenset(_LITTLE_WORDS.split())
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"(?P<cjk>[{_CJK}]+)|[^\W_{_CJK}]+")
_VOWELS = frozenset("aeiouy")
_NO_PLURAL = ("us", "ss", "is", "ias")


class Token(NamedTuple):
    """One unit of a text: `stem` is what is compared, `word` what the text says. A tuple: there are very many."""

    stem: str
    word: str


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a document; each of its words counts `weight` times. `borrowed`: not the document's own words."""

    text: str
    weight: float = 1.0
    borrowed: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """What can be found, by the words of its fields."""

    ref: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the asked text, as written there, and its part of the score. `borrowed`: in borrowed fields only."""

    word: str
    share: float
    borrowed: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A document that shares words with the asked text; `terms` from the largest share to the smallest."""

    ref: str
    score: float
    terms: tuple[Term, ...]


def control_document(
    *, ref: str, title: str, theme: str, objective: str, guidance: str, evidence: str, borrowed: Iterable[str]
) -> Document:
    """A control by what it says of itself; `borrowed` are the texts of requirements that people mapped to it.

    How it is tested is left out: procedures sample, compare and trace alike, whatever they test.
    """
    own = [Field(title, TITLE_WEIGHT), *(Field(text) for text in (theme, objective, guidance, evidence))]
    return Document(ref, (*own, Field("\n".join(borrowed), BORROWED_WEIGHT, borrowed=True)))


def requirement_text(*, title: str, summary: str, evidence: str, others: Iterable[str]) -> str:
    """What a requirement asks with, each part once; `others` are its words in other languages."""
    return "\n".join(dict.fromkeys([title, summary, evidence, *others]))


def tokens(text: str) -> Iterator[Token]:
    """Words of a text in their order, without stop words and single letters.

    Chinese puts no spaces between words: a run of its characters gives each two neighbours, a lone one itself.
    """
    for found in _RUNS.finditer(unicodedata.normalize("NFKC", text).lower()):
        run = found.group()
        if found.lastgroup:
            yield from (Token(pair, pair) for pair in _pairs(run))
        elif len(run) > 1 and run not in STOP:
            yield Token(fold(run), run)


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


@lru_cache(maxsize=16_384)
def fold(word: str) -> str:
    """A lower-case English word without plural, -ing and -ed: assesses, assessed and assessing become one.

    Plurals after the S stemmer (Harman, How effective is suffixing?, 1991). What comes out is a key, not a word.
    """
    stem = _without_ending(_without_plural(word))
    stem = stem[:-1] if len(stem) > 2 and stem.endswith("e") else stem
    doubled = len(stem) > 3 and stem[-1] == stem[-2]
    return stem[:-1] if doubled and (len(stem) > 4 or stem[-1] not in "lsz") else stem


def _without_plural(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


def _without_ending(word: str) -> str:
    if word.endswith("ied"):
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1 and stem[-1] != "e" and not _VOWELS.isdisjoint(stem):
            return stem
    return word


class Index:
    """Documents made ready to be asked, each ref once. Nothing of it changes afterwards."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._places: dict[str, dict[str, float]] = defaultdict(dict)
        self._own: dict[str, frozenset[str]] = {}
        lengths: dict[str, float] = {}
        for document in documents:
            counts, self._own[document.ref] = _weighed(document)
            lengths[document.ref] = sum(counts.values())
            for stem, count in counts.items():
                self._places[stem][document.ref] = count
        mean = math.fsum(lengths.values()) / max(len(lengths), 1) or 1.0
        self._brakes = {ref: K1 * (1 - B + B * length / mean) for ref, length in lengths.items()}

    def ask(self, text: str, *, without: Iterable[str] = (), limit: int | None = None) -> list[Suggestion]:
        """Documents that share a word with the text, best first, equals by ref; those in `without` are left out.

        A word counts as often as the text says it.
        """
        asked: Counter[str] = Counter()
        words: dict[str, str] = {}
        for token in tokens(text):
            asked[token.stem] += 1
            words.setdefault(token.stem, token.word)
        shares = self._shares(asked, set(without))
        scores = {ref: math.fsum(found.values()) for ref, found in shares.items()}
        best = sorted(scores, key=lambda ref: (-scores[ref], ref))[:limit]
        return [Suggestion(ref, scores[ref], self._terms(ref, shares[ref], words)) for ref in best]

    def _shares(self, asked: Counter[str], without: set[str]) -> dict[str, dict[str, float]]:
        """Document → what each asked stem adds to its score."""
        shares: dict[str, dict[str, float]] = defaultdict(dict)
        for stem in asked.keys() & self._places.keys():
            weight = asked[stem] * self._weight(stem)
            for ref, count in self._places[stem].items():
                if ref not in without:
                    shares[ref][stem] = weight * count * (K1 + 1) / (count + self._brakes[ref])
        return shares

    def _terms(self, ref: str, shares: dict[str, float], words: dict[str, str]) -> tuple[Term, ...]:
        terms = [Term(words[stem], share, stem not in self._own[ref]) for stem, share in shares.items()]
        return tuple(sorted(terms, key=lambda term: (-term.share, term.word)))

    def _weight(self, stem: str) -> float:
        """Robertson/Sparck Jones, with 1 added inside the logarithm: a word of most documents says little, never less
        than nothing, and a library of one control still answers."""
        holding = len(self._places[stem])
        return math.log(1 + (len(self._brakes) - holding + 0.5) / (holding + 0.5))


@lru_cache(maxsize=512)
def _weighed(document: Document) -> tuple[Mapping[str, float], frozenset[str]]:
    """Weighted counts by stem, and the stems of the document's own words. Kept: most texts stay when one changes."""
    counts: dict[str, float] = defaultdict(float)
    own: set[str] = set()
    for field in document.fields:
        stems = [token.stem for token in tokens(field.text)]
        for stem in stems:
            counts[stem] += field.weight
        if not field.borrowed:
            own |= set(stems)
    return dict(counts), frozenset(own)


@lru_cache(maxsize=4)
def index_of(documents: tuple[Document, ...]) -> Index:
    """The index of these very documents, made once: until a text changes, every question finds it ready."""
    return Index(documents)
