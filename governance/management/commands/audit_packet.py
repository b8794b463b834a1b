from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from governance.packet.assembling import verifier_digest, verifier_source
from governance.packet.building import build_packet
from office.management.arguments import day
from office.today import today


class Command(BaseCommand):
    help = "Writes an audit packet: one zip that can be checked without us, against the digest that is printed here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", help="The packet to write.")
        parser.add_argument("--on", help="The day on which dates are placed; today by default.")
        parser.add_argument("--known-on", help="The day whose law and office count; by default the day of --on.")
        parser.add_argument(
            "--pair", nargs=2, action="append", default=[], metavar=("FOCAL", "REFERENCE"),
            help="Two frameworks for a workbook, again for more; the usual ones by default.",
        )  # fmt: skip
        parser.add_argument("--verifier", help="A file for the verifier alone, to be kept apart from the packet.")

    def handle(self, *args: Any, out: str | None, pair: list[list[str]], verifier: str | None, **options: Any) -> None:
        if not out and not verifier:
            raise CommandError("Say where to write: --out FILE for a packet, --verifier FILE for the verifier alone.")
        try:
            if verifier:
                self._write_verifier(Path(verifier))
            if out:
                self._write_packet(Path(out), [(focal, reference) for focal, reference in pair], options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or out} cannot be written: {error.strerror}.") from error

    def _write_verifier(self, target: Path) -> None:
        target.write_bytes(verifier_source())
        self.stdout.write(f"Written: {target}, SHA-256 {verifier_digest()}")

    def _write_packet(self, target: Path, pairs: list[tuple[str, str]], options: dict[str, Any]) -> None:
        on = day(options["on"]) if options["on"] else today()
        known_on = day(options["known_on"]) if options["known_on"] else on
        told = self._say if options["verbosity"] > 1 else _silent
        built = build_packet(on=on, known_on=known_on, pairs=pairs, reader=None, target=target, progress=told)
        for name in built.missing:
            self.stderr.write(f"{name} is not there; the packet is without it, and says so.")
        self.stdout.write(f"Written: {target}, {built.files} files, of {on}, as known on {known_on}")
        self.stdout.write(f"Digest:   {built.digest}")
        self.stdout.write(f"Manifest: {built.manifest_digest}")
        self.stdout.write(f"Verifier: {built.verifier_digest}")
        self.stdout.write("Give the digest to the auditor apart from the packet. To verify, with Python 3.11 or later:")
        self.stdout.write(f"  python {target.name} {built.digest}")
        self.stdout.write("or, with a verifier kept apart (--verifier FILE writes one):")
        self.stdout.write(f"  python verify.py {target.name} {built.digest}")

    def _say(self, done: int, total: int, message: str) -> None:
        self.stdout.write(f"{done} of {total}: {message}")


def _silent(done: int, total: int, message: str) -> None:
    """For who did not ask to be told."""
