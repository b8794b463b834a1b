from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from office.domain.plans import RowPlan, Verdict
from office.importing import understand

SHOWN = 200


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

    def handle(self, *args: Any, file: str, apply: str | None, leave_out_refused: bool, **options: Any) -> None:
        try:
            without = _numbers(options["leave_out"])
            brought = understand(Path(file).read_bytes(), Path(file).name)
            plan = brought.plan(None)
            self._show(plan.rows)
            self.stdout.write(
                f"{brought.title}: " + ", ".join(f"{count} {word}" for word, count in plan.totals.items())
            )
            if apply is None:
                self.stdout.write(f"Nothing is written. Digest of this plan: {plan.digest}")
                return
            digest = plan.digest if len(apply) >= 16 and plan.digest.startswith(apply) else apply
            brought.apply(digest=digest, leave_out_refused=leave_out_refused, actor=None, without=without)
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


def _numbers(text: str) -> list[int]:
    """Rows as they are written after --leave-out."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    wrong = [word for word in words if not word.isdigit()]
    if wrong:
        raise CommandError(f"“{wrong[0]}” is no row. Write the numbers that the plan shows, such as --leave-out 4,17.")
    return [int(word) for word in words]
