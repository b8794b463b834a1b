"""The words of mapping formats that others read too: OSCAL 1.2 mapping collections, STRM sheets, OLIR sheets.

One list for each way: what we write and what we read. Sources: NIST OSCAL 1.2 (mapping model), NIST IR 8477 section 4.3
(set theory relationship mapping), NIST IR 8278A r1 (OLIR), and the STRM workbooks of the Secure Controls Framework.
"""

from __future__ import annotations

import re

NAMESPACE = "urn:ai-governance-office:oscal"
"""Of the properties that OSCAL has no word for."""
OSCAL_NAMESPACES = ("", "http://csrc.nist.gov/ns/oscal", NAMESPACE)
OSCAL_VERSION = "1.2.0"
"""The first version that has the mapping model."""

NOT_STATED = "not-stated"
"""Value of our property `rationale-type`: keeps a map from taking over the rationale type of its collection."""
OSCAL_READ = {
    "equal-to": "equal",
    "equivalent-to": "equal",
    "subset-of": "subset",
    "superset-of": "superset",
    "intersects-with": "intersects",
    "no-relationship": "no_relationship",
}
"""OSCAL's word → ours."""
OSCAL_WRITTEN = {ours: theirs for theirs, ours in OSCAL_READ.items()}
"""Our word → OSCAL's. `equal` becomes `equivalent-to`: the same is asked, in other words."""
SAME_WORDS = "equal-to"
"""What `equal` becomes where its rationale is syntactic."""

SHEET_WRITTEN = {
    "": "",
    "equal": "equal",
    "subset": "subset of",
    "superset": "superset of",
    "intersects": "intersects with",
    "no_relationship": "no relationship",
}
"""Our word → that of NIST IR 8477."""
OLIR_WRITTEN = {**SHEET_WRITTEN, "no_relationship": "not related to"}
SHEET_READ = {
    **{theirs: ours for words in (SHEET_WRITTEN, OLIR_WRITTEN) for ours, theirs in words.items()},
    "untyped": "", "subset": "subset", "superset": "superset", "intersects": "intersects",
}  # fmt: skip
"""What a cell may say, in small letters → our word."""

STRM_COLUMNS = (
    "FDE #", "FDE Name", "Focal Document Element (FDE)", "Confidence Levels", "NIST IR-8477 Rationale",
    "STRM Rationale", "STRM Relationship", "Strength of Relationship", "{target} Requirement Title", "Target ID #",
    "{target} Requirement Description", "Notes",
)  # fmt: skip
"""In this order; `{target}` is the title of the reference framework."""
OLIR_COLUMNS = (
    "Focal Document Element", "Focal Document Element Description", "Rationale", "Relationship",
    "Reference Document Element", "Reference Document Element Description", "Fulfilled By (Y/N)", "Group Identifier",
    "Strength of Relationship", "Comments",
)  # fmt: skip
FOCAL_LABELS = ("focal framework", "focal document")
REFERENCE_LABELS = ("reference framework", "reference document", "target document")
"""What names the two frameworks, on a sheet of its own or above the headings, the best first."""

ZERO = "Strength 0 on the scale of 0 to 10."
"""Said in the notes of an STRM sheet, whose own scale begins at 1."""
STANDING = re.compile(r"\n?\[Status: [^\n]*\]$")
"""The last line of our notes and comments: status, people and row. It is told, and never read back."""
CUT = " … (cut)"
"""How a workbook's cell ends that could not hold its text."""
