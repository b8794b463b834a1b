"""Suggestions held against our own mappings: would the controls that people named for a requirement have been suggested?

Each requirement is asked with its own mappings held out, then with those of its whole family, as if that law were new
here. Beside it in the same run: a ranking by chance, and a plain count of shared words. The figures flatter: one group of
authors wrote controls, summaries and mappings, many controls with these very requirements in view. An office with other
controls and other words will see other figures.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from tests.bench.ground import counted, median, seconds, set_up

ON = date(2026, 11, 26)
LIMIT = 5
LEAST = 0.75
"""Of the requirements find a mapped control among the first five; less than this, and something broke."""
Ranking = Callable[[str], list[str]]


def main() -> None:
    set_up()
    ground = read_ground()
    asked = list(ground.mapped)
    print(
        f"\nSuggestions: {len(asked)} requirements with {sum(map(len, ground.mapped.values()))} mappings to"
        f" {len(ground.controls)} controls"
    )
    print(f"{'':52}{'hit at 1':>9}{'at 5':>7}{'at 10':>7}{'MRR':>7}{'found at 5':>12}")
    show("by chance, expected", [chance(len(ground.controls), len(ground.mapped[ref])) for ref in asked])
    show("count of shared words", score(ground, asked, shared_words(ground)))
    show("BM25, the control's own words", score(ground, asked, own_words(ground)))
    new = score(ground, asked, held_out(ground, ground.siblings))
    show("BM25 and what is mapped, family held out", new)
    known = score(ground, asked, held_out(ground, lambda ref: {ref}))
    show("BM25 and what is mapped, requirement held out", known)
    for family in sorted({ground.rows[ref].family for ref in asked}):
        at = [place for place, ref in enumerate(asked) if ground.rows[ref].family == family]
        show(f"  {family} ({len(at)}), family held out", [new[place] for place in at])
        show(f"  {family} ({len(at)}), requirement held out", [known[place] for place in at])
    chinese(ground, asked)
    hits = statistics.mean(row.at_5 for row in known)
    assert hits >= LEAST, f"{hits:.2f} of the requirements find a mapped control among {LIMIT}; {LEAST} is the least"
    speed(ground, asked)


@dataclass(frozen=True)
class Ground:
    """The shipped law and library. `mapped`: requirement → controls; `borrowed`: control → requirements."""

    rows: dict
    controls: list
    mapped: dict[str, set[str]]

    def siblings(self, ref: str) -> set[str]:
        return {other for other in self.mapped if self.rows[other].family == self.rows[ref].family}


@dataclass(frozen=True)
class Score:
    """Of one requirement: whether a mapped control comes first, among five, among ten; 1 / its place; share found."""

    at_1: float
    at_5: float
    at_10: float
    reciprocal: float
    found: float


def read_ground() -> Ground:
    from controls.domain.relations import Relationship
    from controls.library_files import shipped_library
    from frameworks.catalogue_files import shipped_families
    from frameworks.domain.catalogue import rows_known_on

    families = shipped_families().values()
    library = shipped_library({row.id for family in families for row in family.versions})
    rows = {row.id: row for row in rows_known_on(families, ON)}
    mapped: dict[str, set[str]] = defaultdict(set)
    for mapping in library.mappings:
        if mapping.requirement in rows and mapping.relationship is not Relationship.NONE:
            mapped[mapping.requirement].add(mapping.control)
    return Ground(rows, library.controls, dict(mapped))


def asked_text(row) -> str:
    from controls.domain.suggestions import requirement_text

    return requirement_text(title=row.title, summary=row.summary, evidence=row.evidence, others=other_words(row))


def other_words(row) -> list[str]:
    return [f"{text.title} {text.summary}" for text in row.texts if text.language != "en"]


def index(ground: Ground, known: Iterable[str]):
    """The controls, with the words of the requirements in `known` that are mapped to each."""
    from controls.domain.suggestions import Index, control_document

    borrowed: dict[str, list[str]] = defaultdict(list)
    for ref in known:
        for control in ground.mapped[ref]:
            borrowed[control].append(asked_text(ground.rows[ref]))
    return Index(
        control_document(
            ref=row.ref, title=row.title, theme=row.theme, objective=row.objective, guidance=row.guidance,
            evidence=row.evidence, borrowed=borrowed[row.ref],
        )
        for row in ground.controls
    )  # fmt: skip


def own_words(ground: Ground) -> Ranking:
    made = index(ground, ())
    return lambda ref: [found.ref for found in made.ask(asked_text(ground.rows[ref]))]


def held_out(ground: Ground, left_out: Callable[[str], set[str]]) -> Ranking:
    """Knows every mapping but those of the requirements that are left out when one is asked."""
    made: dict[frozenset[str], object] = {}

    def rank(ref: str) -> list[str]:
        out = frozenset(left_out(ref))
        if out not in made:
            made.clear()
            made[out] = index(ground, (other for other in ground.mapped if other not in out))
        return [found.ref for found in made[out].ask(asked_text(ground.rows[ref]))]

    return rank


def shared_words(ground: Ground) -> Ranking:
    """How many different words a control's own text and the requirement have in common."""
    from controls.domain.suggestions import tokens

    words = {
        row.ref: {
            token.stem
            for text in (row.title, row.theme, row.objective, row.guidance, row.evidence)
            for token in tokens(text)
        }
        for row in ground.controls
    }

    def rank(ref: str) -> list[str]:
        asked = {token.stem for token in tokens(asked_text(ground.rows[ref]))}
        return sorted(words, key=lambda control: (-len(asked & words[control]), control))

    return rank


def score(ground: Ground, asked: Iterable[str], rank: Ranking) -> list[Score]:
    return [scored(rank(ref), ground.mapped[ref]) for ref in asked]


def scored(ranked: list[str], mapped: set[str]) -> Score:
    first = next((place for place, control in enumerate(ranked, 1) if control in mapped), None)
    return Score(
        at_1=first == 1,
        at_5=first is not None and first <= LIMIT,
        at_10=first is not None and first <= 10,
        reciprocal=1 / first if first else 0,
        found=len(mapped.intersection(ranked[:LIMIT])) / len(mapped),
    )


def chance(controls: int, mapped: int) -> Score:
    """What a ranking by lot gives on average."""
    miss, reciprocal, hit = 1.0, 0.0, [0.0]
    for place in range(1, controls - mapped + 2):
        here = mapped / (controls - place + 1)
        reciprocal += miss * here / place
        miss *= 1 - here
        hit.append(1 - miss)
    hit += [1.0] * 10
    return Score(hit[1], hit[LIMIT], hit[10], reciprocal, LIMIT / controls)


def show(label: str, rows: list[Score]) -> None:
    means = [statistics.mean(getattr(row, name) for row in rows) for name in Score.__dataclass_fields__]
    print(f"{label:52}{means[0]:>9.2f}{means[1]:>7.2f}{means[2]:>7.2f}{means[3]:>7.2f}{means[4]:>12.2f}")


def chinese(ground: Ground, asked: list[str]) -> None:
    """Asked by their Chinese titles alone. The shipped controls are written in English: what is found is found over
    other requirements with Chinese titles that are mapped to them."""
    told = [ref for ref in asked if other_words(ground.rows[ref])]
    rows = []
    for ref in told:
        made = index(ground, (other for other in ground.mapped if other != ref))
        ranked = [found.ref for found in made.ask(" ".join(other_words(ground.rows[ref])))]
        rows.append(scored(ranked, ground.mapped[ref]))
    if rows:
        show(f"  Chinese title alone ({len(rows)}), requirement held out", rows)


def speed(ground: Ground, asked: list[str]) -> None:
    from controls.domain import suggestions

    def anew():
        suggestions._weighed.cache_clear()
        return index(ground, ground.mapped)

    build = median(anew, 5)
    made = anew()
    texts = [asked_text(ground.rows[ref]) for ref in asked]
    each = statistics.median(seconds(lambda text=text: made.ask(text, limit=LIMIT)) for text in texts)
    print(f"  the index of all controls is made in {build * 1000:.0f} ms; a question takes {each * 1000:.2f} ms")
    through_the_database(asked[0])


def through_the_database(ref: str) -> None:
    """As a page asks: the first time with the index to be made, then with the index at hand."""
    from controls.domain.suggestions import _weighed, index_of
    from controls.inputs import suggest_controls
    from controls.services.library import load_library
    from frameworks.catalogue_files import read_folder
    from frameworks.models import Requirement
    from frameworks.services.catalogues import load_family
    from office.services import scopes

    scopes.found_office(name="Bench", actor=None)
    for family in read_folder().values():
        load_family(shipped=family, actor=None)
    load_library(actor=None)
    requirement = Requirement.objects.select_related("current").get(ref=ref)

    def anew() -> None:
        index_of.cache_clear()
        _weighed.cache_clear()
        suggest_controls(requirement, limit=LIMIT)

    with counted() as sent:
        first = median(anew, 1)
    again = median(lambda: suggest_controls(requirement, limit=LIMIT), 9)
    print(f"  from the database {first * 1000:.0f} ms at first, {again * 1000:.0f} ms again, {len(sent)} queries")


if __name__ == "__main__":
    main()
