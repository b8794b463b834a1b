"""Reads our citations of Regulation (EU) 2024/1689 into single places, and looks places up in a text.

`parse("Arts 2(1)(a), (c), 43(1)-(2)")` gives four places: every member of a list and of a range stands for itself, so
that a range resolves only if each of its members does. A word that the reader does not know is an error, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

ORDINALS = {"first": 1, "second": 2, "third": 3}
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
TOKEN = re.compile(
    r"""(?P<article>Arts?\.?\s)|(?P<annex>Annex\s[IVX]+)|(?P<section>Section\s[A-Z\d]|[A-C](?=\s|$))
    |(?P<ordinal>(?:first|second|third)\ssubparagraph)|(?P<sub>sub\.\s)|(?P<sentence>s\.)|(?P<point>points?\s)
    |(?P<step>\((?:\d{1,2}[a-z]?|[a-z]{1,4})\))|(?P<number>\d+[a-z]?)|(?P<range>-)|(?P<join>,|\band\b|\bor\b)
    |(?P<remark>as\ enacted\ in\ 2024|provider|deployer|heading|\(high-risk\)|\(GPAI\))|(?P<space>\s)""",
    re.VERBOSE,
)


class CitationError(ValueError):
    """A citation that cannot be read; the sentence names it and the place where reading stopped."""


@dataclass(frozen=True, slots=True)
class Place:
    """One spot: `unit` "Art. 26" or "Annex VIII", `steps` from the outside in: ("10",) or ("Section A", "1").

    `sub` and `sentence` count from 1; 0 means the whole.
    """

    unit: str
    steps: tuple[str, ...] = ()
    sub: int = 0
    sentence: int = 0

    def __str__(self) -> str:
        section = [step for step in self.steps if step.startswith("Section")]
        steps = "".join(f"({step})" for step in self.steps if step not in section)
        tail = (f" sub. {self.sub}" if self.sub else "") + (f" s.{self.sentence}" if self.sentence else "")
        return " ".join([self.unit, *section]) + steps + tail

    def lies_in(self, other: Place) -> bool:
        """Whether this is the other place or a part of it."""
        same_sub = not other.sub or self.sub == other.sub
        return self.unit == other.unit and self.steps[: len(other.steps)] == other.steps and same_sub


def between(first: str, last: str) -> list[str]:
    """What follows `first` up to and including `last`: "a" to "c" gives b, c; nothing if they are not in order."""
    if first.isalpha() and last.isalpha() and len(first) == len(last) == 1:
        return [chr(code) for code in range(ord(first) + 1, ord(last) + 1)]
    if first in ROMAN and last in ROMAN:
        return list(ROMAN[ROMAN.index(first) + 1 : ROMAN.index(last) + 1])
    if first.isdigit() and last.isdigit():
        return [str(number) for number in range(int(first) + 1, int(last) + 1)]
    if first[:-1] == last[:-1] and first[:-1].isdigit():
        return [first[:-1] + letter for letter in between(first[-1], last[-1])]
    return []


@dataclass
class _Reader:
    """The state of reading one citation: what a bare number means, and whether a list or a range is open."""

    citation: str
    places: list[Place] = field(default_factory=list)
    number_is: str = ""
    joined: bool = False
    ranged: bool = False

    def refuse(self, why: str) -> CitationError:
        return CitationError(f"“{self.citation}” cannot be read: {why}.")

    @property
    def last(self) -> Place:
        if not self.places:
            raise self.refuse("it names no article or annex before its parts")
        return self.places[-1]

    def read(self) -> list[Place]:
        position = 0
        while position < len(self.citation):
            found = TOKEN.match(self.citation, position)
            if not found:
                raise self.refuse(f"“{self.citation[position:]}” is no part of a citation")
            position = found.end()
            kind = str(found.lastgroup)
            if kind != "space":
                getattr(self, f"on_{kind}")(found.group().strip())
        if self.joined or self.ranged or not self.places:
            raise self.refuse("it is not complete")
        return self.places

    def on_article(self, _: str) -> None:
        self.number_is, self.joined = "article", False

    def on_annex(self, text: str) -> None:
        self.add([Place(text)])
        self.number_is = "annex"

    def on_section(self, text: str) -> None:
        self.places[-1] = replace(self.last, steps=(f"Section {text[-1]}",))

    def on_ordinal(self, text: str) -> None:
        self.places[-1] = replace(self.last, sub=ORDINALS[text.split(maxsplit=1)[0]])
        self.joined = False

    def on_sub(self, _: str) -> None:
        if self.joined:
            self.add([Place(self.last.unit, self.last.steps[:1])])
        self.number_is = "sub"

    def on_sentence(self, _: str) -> None:
        self.number_is = "sentence"

    def on_point(self, _: str) -> None:
        if not self.last.unit.startswith("Annex"):
            raise self.refuse("only a point of an annex is called a point")

    def on_range(self, _: str) -> None:
        self.ranged = True

    def on_join(self, _: str) -> None:
        self.joined = True

    def on_remark(self, _: str) -> None:
        self.joined = False

    def on_number(self, text: str) -> None:
        if self.number_is == "article":
            first = self.last.unit.removeprefix("Art. ") if self.ranged else ""
            self.add([Place(f"Art. {number}") for number in self.members(first, text)])
        elif self.number_is == "annex":
            self.on_annex_point(text)
        elif self.number_is in ("sub", "sentence"):
            self.on_wording(text)
        else:
            raise self.refuse(f"“{text}” stands before “Art.” or “Annex”")

    def on_wording(self, text: str) -> None:
        """The number of a subparagraph or sentence; the end of a range adds places, the first one makes one exact."""
        at, counts_sentences = self.last, self.number_is == "sentence"
        first = str(at.sentence if counts_sentences else at.sub) if self.ranged else ""
        if not first:
            self.places.pop()
        for number in map(int, self.members(first, text)):
            self.places.append(replace(at, sentence=number) if counts_sentences else replace(at, sub=number))
        self.joined = self.ranged = False

    def on_annex_point(self, text: str) -> None:
        """A point right after the annex or section makes it exact; in a list it is a place of its own."""
        section = tuple(step for step in self.last.steps if step.startswith("Section"))
        if self.ranged:
            self.on_step(text)
        elif self.joined:
            self.add([Place(self.last.unit, (*section, text))])
        else:
            self.places[-1] = replace(self.last, steps=(*self.last.steps, text))

    def on_step(self, text: str) -> None:
        """A step follows its place, or, in a list or range, takes the place of the deepest step of its kind."""
        step, at = text.strip("()"), self.last
        if not (self.joined or self.ranged):
            self.places[-1] = replace(at, steps=(*at.steps, step))
            return
        alike = [
            i for i, known in enumerate(at.steps) if known[0].isdigit() == step[0].isdigit() and known[:7] != "Section"
        ]
        if not alike:
            raise self.refuse(f"“{text}” continues nothing")
        stem, first = at.steps[: alike[-1]], at.steps[alike[-1]]
        self.add([Place(at.unit, (*stem, member)) for member in self.members(first if self.ranged else "", step)])

    def members(self, first: str, last: str) -> list[str]:
        """The one that is named, or with `first` the rest of a range."""
        found = between(first, last) if first else [last]
        if not found:
            raise self.refuse(f"“{first}” to “{last}” is no range")
        return found

    def add(self, places: Iterable[Place]) -> None:
        self.places += places
        self.joined = self.ranged = False


def parse(citation: str) -> list[Place]:
    """Every single place of a citation of this Regulation. Raises CitationError if any word of it is not understood."""
    return _Reader(citation.removeprefix("EU AI Act ")).read()


Tree = Mapping[str, "Tree"]


def _tree(entries: Iterable[Mapping]) -> dict[str, Tree]:
    """Labels of points with their own points below; what has no label lends its points to what is above it."""
    tree: dict[str, Tree] = {}
    for entry in entries:
        below = _tree(entry.get("points", entry.get("content", [])))
        label = str(entry.get("n") or "").strip("(). ")
        section = re.match(r"Section [A-Z\d]|\d+(?=\.)", entry.get("heading", ""))
        if label or section:
            tree[label or str(section and section.group())] = below
        else:
            tree |= below
    return tree


class OfficialJournal:
    """The text as published on 12 July 2024: articles, paragraphs, points, subparagraphs, sentences, annexes."""

    def __init__(self, content: Mapping) -> None:
        self.units: dict[str, dict[str, Tree]] = {}
        self.subparagraphs: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for article in content["articles"]:
            unit = f"Art. {article['article']}"
            tree = self.units.setdefault(unit, {})
            for paragraph in article["paragraphs"]:
                points = _tree({"n": None, **sub} for sub in paragraph["subparagraphs"])
                steps = (str(paragraph["n"]),) if paragraph["n"] else ()
                tree |= {steps[0]: points} if steps else points
                self.subparagraphs[unit, steps] = [sub["text"] for sub in paragraph["subparagraphs"]]
        for annex in content["annexes"]:
            number = re.findall(r"^ANNEX ([IVX]+)", annex["annex"])[0]
            self.units[f"Annex {number}"] = _tree(annex["content"])

    def lacks(self, place: Place) -> str:
        """ "" if the place exists, else a sentence that says what is missing."""
        if place.unit not in self.units:
            return f"there is no {place.unit}"
        if (times := len(self.found(place))) != 1:
            return f"{place} stands {times} times in {place.unit}"
        return self._lacks_wording(place) if place.sub or place.sentence else ""

    def found(self, place: Place) -> list[Place]:
        """Where the place stands, with its section: an annex may be cited without it if only one section has the point."""
        top = self.units[place.unit]
        sections = [name for name in top if name.startswith("Section")]
        starts = [place.steps]
        if sections and place.steps and place.steps[0] not in sections:
            starts = [(name, *place.steps) for name in sections] + [(f"Section {place.steps[0]}", *place.steps[1:])]
        return [replace(place, steps=steps) for steps in starts if self._has(top, steps)]

    @staticmethod
    def _has(tree: Tree, steps: Iterable[str]) -> bool:
        for step in steps:
            if step not in tree:
                return False
            tree = tree[step]
        return True

    def _lacks_wording(self, place: Place) -> str:
        texts = self.subparagraphs.get((place.unit, place.steps))
        if texts is None:
            return f"{place} counts wording below a point"
        if place.sub > len(texts):
            return f"{place}: there are {len(texts)} subparagraphs"
        within = texts[place.sub - 1 : place.sub] if place.sub else texts
        sentences = sum(len(re.split(r"(?<=[.:])\s+(?=[A-Z])", text)) for text in within)
        return f"{place}: there are {sentences} sentences" if place.sentence > sentences else ""

    def points(self, unit: str) -> list[Place]:
        """Every point of a unit at its outermost level, below its sections where it has some."""
        found: list[Place] = []
        for name, below in self.units[unit].items():
            found += (
                [Place(unit, (name, point)) for point in below] if name[:7] == "Section" else [Place(unit, (name,))]
            )
        return found


class Amendments:
    """What Regulation (EU) 2026/1744 changed, from its table: provision, operation (one row each)."""

    def __init__(self, rows: Iterable[Mapping[str, str]], journal: OfficialJournal) -> None:
        places = [(place, row["operation"]) for row in rows for place in parse(row["provision"])]
        added = [place for place, operation in places if re.search("inserted|added", operation)]
        self.new = frozenset(place for place in added if journal.lacks(place))
        """Inserted or added, and absent before: below these the text of 2024 says nothing. (The table numbers the
        unnumbered paragraphs of Art. 113, so its points count as new.)"""
        self.rewritten = frozenset(p for p, operation in places if operation == "replaced" and not (p.steps or p.sub))
        """Articles replaced as a whole: their paragraphs may be numbered anew."""
        self.deleted = frozenset(place for place, operation in places if operation == "deleted")
        self.journal = journal

    def lacks(self, place: Place) -> str:
        """ "" if the place exists in the text as amended, else why not."""
        if any(place.lies_in(gone) for gone in self.deleted):
            return f"{place} was deleted"
        return "" if self.rests_on(place) else self.journal.lacks(place)

    def rests_on(self, place: Place) -> bool:
        """Whether only the amendment can be the reason why the place exists."""
        made = self.new | self.rewritten
        return bool(self.journal.lacks(place)) and any(place.lies_in(part) for part in made)
