"""The only place where rows become what the pure rooms of this app read."""

from governance.inputs.due import due_items
from governance.inputs.gaps import standing_gaps
from governance.inputs.position import STAGE_FACT, demands_on, load_cases, position_of, position_on, positions_of
from governance.inputs.touched import touched_since

__all__ = [
    "STAGE_FACT",
    "demands_on",
    "due_items",
    "load_cases",
    "position_of",
    "position_on",
    "positions_of",
    "standing_gaps",
    "touched_since",
]
