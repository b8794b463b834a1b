"""The nouns of what we do: controls, mappings, implementations with their evidence and tests."""

from controls.models.controls import Control
from controls.models.implementations import ControlTest, Evidence, Implementation
from controls.models.mappings import Attestation, AttestationItem, ControlMapping, RequirementMapping
from controls.models.unmapped import Conflict, NoControl

__all__ = [
    "Attestation",
    "AttestationItem",
    "Conflict",
    "Control",
    "ControlMapping",
    "ControlTest",
    "Evidence",
    "Implementation",
    "NoControl",
    "RequirementMapping",
]
