"""What we ship, held against the official texts. They lie beside the project, are only read, and nothing of them is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
REAL = SHARED / "real"
AMENDMENTS = SHARED / "facts" / "reg-2026-1744-amendments.csv"

needs_real = pytest.mark.skipif(
    not (REAL.exists() and AMENDMENTS.exists()),
    reason="The official texts (shared/real and shared/facts) are not beside the project: nothing to compare with.",
)
