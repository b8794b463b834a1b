"""The nouns of what is demanded: families, instruments, requirements with their versions, texts, items and reviews."""

from frameworks.models.law import Family, Instrument, Release
from frameworks.models.requirements import Requirement, RequirementItem, RequirementText, RequirementVersion
from frameworks.models.reviews import CounselReview

__all__ = [
    "CounselReview",
    "Family",
    "Instrument",
    "Release",
    "Requirement",
    "RequirementItem",
    "RequirementText",
    "RequirementVersion",
]
