"""The nouns of where it meets: use cases, deployments, models, answers, decisions, gaps, clocks."""

from governance.models.answers import Adoption, Answer, ApplicabilityDecision, Transfer
from governance.models.clocks import RunningClock
from governance.models.gaps import Action, ActionGap, Gap
from governance.models.inventory import AIModel, Approval, Deployment, DeploymentModel, Supplier, UseCase

__all__ = [
    "AIModel",
    "Action",
    "ActionGap",
    "Adoption",
    "Answer",
    "ApplicabilityDecision",
    "Approval",
    "Deployment",
    "DeploymentModel",
    "Gap",
    "RunningClock",
    "Supplier",
    "Transfer",
    "UseCase",
]
