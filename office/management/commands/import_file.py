from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from office.domain.plans import RowPlan, Verdict
from office.domain.words import nearest
from office.importing import note_of, proposes, refuse_unless_writer, row_numbers, understand
from office.models import Person

SHOWN = 200
UNNAMED = (
    "Nobody is named as the one who proposes these mappings, so whoever wrote them could approve them too. "
    "Say who brings a file with --by REF."
)


class Command(BaseCommand):
    help = "Shows what a file would change and the digest of that plan; with --apply DIGEST writes exactly that plan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", help="A sheet, CISO Assistant YAML, OSCAL or CPRT JSON, or a crosswalk; recognised by content."
        )
        parser.add_argument(
            "--apply", metavar="DIGEST", help="The digest of the plan that was shown, or its first 16 characters."
        )
        parser.add_argument(
            "--leave-out-refused", action="store_true", help="Apply the good rows though others are refused."
        )

        parser.add_argument(
            "--leave-out", metavar="ROWS", default="", help="Rows of the plan that are not wanted, such as 4,17."
        )
        parser.add_argument(
            "--by", metavar="REF", help="The person who brings the file: their rights hold, and what is new is theirs."
        )

    def handle(self, *args: Any, file: str, apply: str | None, leave_out_refused: bool, **options: Any) -> None:
        try:
            without = row_numbers([word.strip() for word in options["leave_out"].split(",") if word.strip()])
            person = _person(options["by"]) if options["by"] else None
            brought = understand(Path(file).read_bytes(), Path(file).name)
            plan = brought.plan(person)
            self._show(plan.rows)
            self.stdout.write(
                f"{brought.title}: " + ", ".join(f"{count} {word}" for word, count in plan.totals.items())
            )
            if note := note_of(brought):
                self.stdout.write(note)
            if apply is None:
                self.stdout.write(f"Nothing is written. Digest of this plan: {plan.digest}")
                return
            if person is None and proposes(brought):
                self.stderr.write(UNNAMED)
            digest = plan.digest if len(apply) >= 16 and plan.digest.startswith(apply) else apply
            brought.apply(digest=digest, leave_out_refused=leave_out_refused, actor=person, without=without)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        told = f"this plan without row {', '.join(map(str, without))}" if without else "exactly this plan"
        self.stdout.write(f"Applied: {told}.")

    def _show(self, rows: tuple[RowPlan, ...]) -> None:
        for row in rows[:SHOWN]:
            told = " ".join(row.problems) or "; ".join(f"{c.column}: {c.before!r} → {c.after!r}" for c in row.cells)
            mark = self.stderr if row.verdict is Verdict.REFUSED else self.stdout
            mark.write(f"row {row.number}  {row.verdict:<8} {row.key}  {told}")
        if len(rows) > SHOWN:
            self.stdout.write(f"… and {len(rows) - SHOWN} more rows.")


def _person(ref: str) -> Person:
    """Who brings the file. Raises ValidationError where nobody is named so, or may not bring one."""
    refs = list(Person.objects.active().values_list("ref", flat=True))
    if ref not in refs:
        raise ValidationError(f"There is no active person “{ref}” in the directory.{nearest(ref, refs)}")
    person = Person.objects.get(ref=ref)
    refuse_unless_writer(person)
    return person
