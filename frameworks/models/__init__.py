"""The nouns of what is demanded: families, instruments, requirements with their versions and texts."""

from frameworks.models.law import Family, Instrument, Release
from frameworks.models.requirements import Requirement, RequirementText, RequirementVersion

__all__ = ["Family", "Instrument", "Release", "Requirement", "RequirementText", "RequirementVersion"]
