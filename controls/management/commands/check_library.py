from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from controls.domain.crosswalk import Direct, Leg, crosswalk
from controls.domain.library import LibraryCrosswalk, LibraryError, LibraryMapping
from controls.domain.relations import FULL, Relationship
from controls.library_files import ControlLibrary, shipped_library
from frameworks.catalogue_files import shipped_families
from frameworks.domain.catalogue import rows_known_on
from frameworks.domain.rows import Row
from office.management.arguments import day
from office.today import today

PROPOSED = "proposed"


class Command(BaseCommand):
    help = "Reads the shipped control library, refuses what is wrong in it, and prints what it reaches. Writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--known-on", help="The day whose knowledge of the law counts; today by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        on = day(options["known_on"]) if options["known_on"] else today()
        families = shipped_families()
        try:
            library = shipped_library({row.id for family in families.values() for row in family.versions})
        except LibraryError as error:
            raise CommandError("\n".join(error.problems)) from error
        rows = [row for row in rows_known_on(families.values(), on) if not row.heading and not row.context]
        self.stdout.write(f"{len(library.controls)} controls, {len(library.conflicts)} conflicts between markets")
        self._reached(rows, library)
        self._full(rows, library)
        self._kinds("control → requirement", library.mappings)
        self._kinds("requirement → requirement", library.crosswalk)
        self._pairs(library)

    def _reached(self, rows: Iterable[Row], library: ControlLibrary) -> None:
        """Every duty is mapped, or somebody says why no control fits."""
        mapped = {row.requirement for row in library.mappings}
        reasoned = {row.requirement for row in library.reasons}
        left = []
        counts: dict[str, Counter[str]] = {}
        for row in rows:
            word = "mapped" if row.id in mapped else "reasoned" if row.id in reasoned else "neither"
            counts.setdefault(row.family, Counter())[word] += 1
            left += [row.id] if word == "neither" else []
        for family, found in counts.items():
            told = ", ".join(f"{found[word]} {word}" for word in ("mapped", "reasoned", "neither"))
            self.stdout.write(f"  {family:<14} {sum(found.values()):>4} requirements: {told}")
        if left:
            raise CommandError(f"Neither mapped nor reasoned: {', '.join(left)}.")

    def _full(self, rows: Iterable[Row], library: ControlLibrary) -> None:
        """How many requirements a control could cover alone, how many only several together, and which one cannot."""
        kinds: dict[str, list[Relationship]] = defaultdict(list)
        for mapping in library.mappings:
            kinds[mapping.requirement].append(mapping.relationship)
        mapped = [row.id for row in rows if row.id in kinds]
        full = [ref for ref in mapped if FULL.intersection(kinds[ref])]
        alone = [ref for ref in mapped if ref not in set(full) and len(kinds[ref]) == 1]
        parts = len(mapped) - len(full) - len(alone)
        self.stdout.write(
            f"{len(full)} requirements have a full mapping, {parts} two parts or more, {len(alone)} one part"
        )
        if alone:
            self.stdout.write(f"  one part only: {', '.join(alone)}")

    def _kinds(self, name: str, rows: Iterable[LibraryMapping | LibraryCrosswalk]) -> None:
        listed = list(rows)
        for what, found in (
            ("relationship", Counter(row.relationship.value for row in listed)),
            ("rationale", Counter(row.rationale_type for row in listed)),
            ("strength", Counter(str(row.strength) for row in listed)),
        ):
            told = ", ".join(f"{word} {count} ({count / len(listed):.0%})" for word, count in found.most_common())
            self.stdout.write(f"{name}, {len(listed)} rows, {what}: {told}")

    def _pairs(self, library: ControlLibrary) -> None:
        family = {row.id: row.family for one in shipped_families().values() for row in one.versions}
        found = Counter((family[row.focal], family[row.reference]) for row in library.crosswalk)
        for (focal, reference), count in sorted(found.items()):
            odd = self._at_odds(focal, reference, family, library)
            told = f"{count}, {len(odd)} of them at odds with two mappings of a control"
            self.stdout.write("\n".join([f"  {focal} → {reference}: {told}", *(f"    {one}" for one in odd)]))

    def _at_odds(self, focal: str, reference: str, family: Mapping[str, str], library: ControlLibrary) -> list[str]:
        """Direct rows that cannot be true together with the two mappings of a control, and which control."""
        result = crosswalk(
            focal=[ref for ref, key in family.items() if key == focal],
            reference=[ref for ref, key in family.items() if key == reference],
            direct=[
                Direct(
                    "", row.focal, row.reference, row.relationship, row.rationale_type, row.rationale, None, PROPOSED
                )
                for row in library.crosswalk
            ],
            legs=[Leg("", row.control, row.requirement, row.relationship, "", PROPOSED) for row in library.mappings],
        )
        return [
            f"{row.focal} → {row.reference} ({row.relationship}). {row.notes}"
            for row in result.rows
            if row.notes.startswith("At odds") and not row.is_derived
        ]
