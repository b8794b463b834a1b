"""Who we are, by REST: the addresses of each noun."""

from office.api.people import EntityViewSet, MembershipViewSet, PersonViewSet, ScopeViewSet
from office.api.programs import ApiKeyViewSet, DeliveryViewSet, WebhookViewSet
from office.api.seats import HandoverViewSet, SeatViewSet, TenureViewSet
from office.api.sheets import ExportsView, ImportViewSet, SheetsView, SheetView
from office.api.work import JobViewSet, JournalViewSet

ROUTES = (
    ("persons", PersonViewSet),
    ("memberships", MembershipViewSet),
    ("scopes", ScopeViewSet),
    ("entities", EntityViewSet),
    ("seats", SeatViewSet),
    ("tenures", TenureViewSet),
    ("handovers", HandoverViewSet),
    ("journal", JournalViewSet),
    ("jobs", JobViewSet),
    ("api-keys", ApiKeyViewSet),
    ("webhooks", WebhookViewSet),
    ("deliveries", DeliveryViewSet),
    ("imports", ImportViewSet),
)
REPORTS = (("sheets", SheetsView), ("sheets/<slug:noun>", SheetView), ("exports", ExportsView))
