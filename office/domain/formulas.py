"""How text begins that a spreadsheet may take for a formula, and how it is disarmed. Bundled into the verifier of packets."""

from __future__ import annotations

LIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""The wide forms too, which some read alike."""


def disarmed(text: str) -> str:
    """The text as a plain table holds it: behind an apostrophe where it could be taken for a formula."""
    return f"'{text}" if text.startswith(LIVE) else text
