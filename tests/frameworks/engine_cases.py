"""Small vocabularies and rows for the tests of the engine: only what a test cares about."""

from __future__ import annotations

from datetime import date

from frameworks.domain.conditions import parse
from frameworks.domain.rows import Route, Row
from frameworks.domain.vocabulary import parse_vocabulary

ON = date(2026, 11, 22)


def raw_fact(key="f", type="boolean", **over):
    choices = {"choices": {"x": "The X", "y": "The Y"}} if type in ("choice", "set") else {}
    return {"key": key, "type": type, "subject": "use_case", "question": f"What of {key}?", **choices, **over}


def raw_vocabulary(facts=(), derived=(), decisions=(), **over):
    return {
        "version": 1,
        "as_of": "2026-11-22",
        "facts": list(facts),
        "flows": {"subject": "entity", "fields": [{"field": "id", "type": "text", "question": "Name?"}]},
        "derived": list(derived),
        "decisions": list(decisions),
        **over,
    }


def make_vocabulary(*facts, derived=(), steps=()):
    """A vocabulary with the facts that the transfer decision reads and a launch path of the given steps."""
    base = [raw_fact("cn.ciio"), raw_fact("cn.ftz", "text"), raw_fact("cn.data_leaves_mainland")]
    decisions = [
        {
            "name": "cn.transfer_mechanism",
            "outcomes": ["NONE", "EXEMPT"],
            "alternatives": ["GBA_STANDARD_CONTRACT"],
            "steps": [],
        },
        {"name": "cn.launch_path", "outcomes": ["GO", "STAY"], "steps": list(steps)},
    ]
    return parse_vocabulary(raw_vocabulary([*facts, *base], derived, decisions))


def make_row(id="r.1", when=None, **over):
    fields = {
        "family": "r", "instrument": "r", "citation": "Art. 1", "title": "T", "summary": "S", "parent": None,
        "position": 0, "bearer": "", "owed_by": "deployment", "force": "LAW", "supervised": False,
        "status": "in_force", "heading": False, "context": False, "one_of": "", "evidence": "", "cadence": "",
        "penalty": "", "penalty_tier": "", "source": "", "verification": "P", "texts": (),
        "routes": (Route(legal_from=date(2026, 1, 1), basis="Art. 9"),), "known_from": None,
    }  # fmt: skip
    return Row(id=id, applies_when=parse(when or {"all": []}), **{**fields, **over})
