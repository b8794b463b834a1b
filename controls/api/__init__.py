"""What we do, by REST: the addresses of each noun."""

from controls.api.controls import ConflictViewSet, ControlViewSet, NoControlViewSet
from controls.api.implementations import EvidenceViewSet, ImplementationViewSet, TestViewSet
from controls.api.mappings import AttestationViewSet, ControlMappingViewSet, RequirementMappingViewSet

ROUTES = (
    ("controls", ControlViewSet),
    ("control-mappings", ControlMappingViewSet),
    ("requirement-mappings", RequirementMappingViewSet),
    ("attestations", AttestationViewSet),
    ("no-control", NoControlViewSet),
    ("conflicts", ConflictViewSet),
    ("implementations", ImplementationViewSet),
    ("evidence", EvidenceViewSet),
    ("tests", TestViewSet),
)
