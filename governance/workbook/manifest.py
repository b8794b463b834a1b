"""What stands in each sheet, as one digest: an auditor can recompute it from the cells alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from governance.workbook.texts import plain
from office.spreadsheet import Cell, Sheet, cut
from office.tables import text_of


@dataclass
class Manifest:
    """Rows and SHA-256 of each sheet that was watched, known once its rows have been read."""

    sheets: dict[str, tuple[int, str]] = field(default_factory=dict)

    def watch(self, sheet: Sheet) -> Sheet:
        """The same sheet, its texts as cells hold them, counted and hashed while it is written."""
        return replace(sheet, rows=self._rows(sheet))

    def _rows(self, sheet: Sheet) -> Iterator[Sequence[Cell]]:
        total, count = hashlib.sha256(line([name for name, _ in sheet.columns])), 0
        for cells in sheet.rows:
            row = [plain(cell) if type(cell) is str else cell for cell in cells]
            count += 1
            total.update(line(row))
            yield row
        self.sheets[sheet.name] = (count, total.hexdigest())

    @property
    def digest(self) -> str:
        """SHA-256 over one line a sheet: name, rows, digest, in the order of the workbook."""
        lines = [f"{name} {count} {digest}\n" for name, (count, digest) in self.sheets.items()]
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def line(row: Sequence[Cell]) -> bytes:
    """A row as it is hashed: a JSON array of the cells' texts, and a line end."""
    texts = [cut(cell) if type(cell) is str else text_of(cell) for cell in row]
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
