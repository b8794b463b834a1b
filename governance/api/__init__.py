"""Where it meets, by REST: the addresses of each noun and of the reports."""

from governance.api.answers import AdoptionViewSet, AnswerViewSet, DecisionViewSet, TransferViewSet
from governance.api.clocks import ClockViewSet
from governance.api.documents import StatementView
from governance.api.gaps import ActionViewSet, GapViewSet
from governance.api.inventory import (
    ApprovalViewSet,
    DeploymentViewSet,
    ModelViewSet,
    SupplierViewSet,
    UseCaseViewSet,
)
from governance.api.law import LawChangesView
from governance.api.packets import PacketsView
from governance.api.reports import AssessView, CoverageView, CrosswalkView, RecomputeView
from governance.api.suggestions import SuggestionsView

ROUTES = (
    ("suppliers", SupplierViewSet),
    ("models", ModelViewSet),
    ("use-cases", UseCaseViewSet),
    ("deployments", DeploymentViewSet),
    ("approvals", ApprovalViewSet),
    ("answers", AnswerViewSet),
    ("transfers", TransferViewSet),
    ("decisions", DecisionViewSet),
    ("adoptions", AdoptionViewSet),
    ("clocks", ClockViewSet),
    ("gaps", GapViewSet),
    ("actions", ActionViewSet),
)
REPORTS = (
    ("assess", AssessView),
    ("coverage", CoverageView),
    ("crosswalk", CrosswalkView),
    ("law-changes", LawChangesView),
    ("packets", PacketsView),
    ("recompute", RecomputeView),
    ("statement", StatementView),
    ("requirements/<str:ref>/suggestions", SuggestionsView),
)
