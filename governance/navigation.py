"""The admin's sidebar: the nouns in the order of the work."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy


def _item(title: str, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(name)}


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    return _item(title, icon, f"admin:{model}_changelist")


GROUPS: list[dict[str, Any]] = [
    {
        "title": "Office",
        "items": [
            _item("Dashboard", "dashboard", "admin:index"),
            _item("Team's portal", "edit_note", "home") | {"active": lambda request: False},
            _item("Crosswalk", "compare_arrows", "crosswalk"),
            _item("Coverage", "stacked_bar_chart", "coverage"),
            _item("Board report", "summarize", "board"),
            _item("Audit packet", "inventory_2", "packet"),
            _item("Sheets out and in", "table_view", "sheets") | {"active": lambda request: False},
        ],
    },
    {
        "title": "Where it meets",
        "separator": True,
        "items": [
            _list("Use cases", "lightbulb", "governance_usecase"),
            _list("Deployments", "rocket_launch", "governance_deployment"),
            _list("AI models", "model_training", "governance_aimodel"),
            _list("Suppliers", "storefront", "governance_supplier"),
            _list("Gaps", "report", "governance_gap"),
            _list("Actions", "task_alt", "governance_action"),
            _list("Running clocks", "timer", "governance_runningclock"),
            _list("Approvals", "verified", "governance_approval"),
            _list("Decisions on applicability", "gavel", "governance_applicabilitydecision"),
            _list("Families followed", "rule", "governance_adoption"),
            _list("Answers", "quiz", "governance_answer"),
            _list("Transfers", "swap_horiz", "governance_transfer"),
        ],
    },
    {
        "title": "What we do",
        "separator": True,
        "items": [
            _list("Controls", "shield", "controls_control"),
            _item("Review of mappings", "rate_review", "review"),
            _list("Control mappings", "link", "controls_controlmapping"),
            _list("Requirement mappings", "sync_alt", "controls_requirementmapping"),
            _list("Attestations", "approval", "controls_attestation"),
            _list("No control fits", "link_off", "controls_nocontrol"),
            _list("Conflicts to decide", "call_split", "controls_conflict"),
            _list("Implementations", "build", "controls_implementation"),
            _item("Evidence and tests due", "event_busy", "evidence"),
            _list("Evidence", "folder_open", "controls_evidence"),
            _list("Tests", "fact_check", "controls_controltest"),
        ],
    },
    {
        "title": "What is demanded",
        "separator": True,
        "items": [
            _list("Families", "library_books", "frameworks_family"),
            _list("Instruments", "description", "frameworks_instrument"),
            _list("Requirements", "checklist", "frameworks_requirement"),
            _list("Checklists and actions", "fact_check", "frameworks_requirementitem"),
            _list("Counsel's reviews", "balance", "frameworks_counselreview"),
            _list("Versions", "history", "frameworks_requirementversion"),
            _list("Releases", "new_releases", "frameworks_release"),
        ],
    },
    {
        "title": "Who we are",
        "separator": True,
        "items": [
            _list("People", "group", "office_person"),
            _list("Roles", "badge", "office_membership"),
            _list("Office", "corporate_fare", "office_office"),
            _list("Legal entities", "apartment", "office_legalentity"),
            _list("Seats", "event_seat", "office_seat"),
            _list("Tenures", "schedule", "office_tenure"),
            _list("Handovers", "handshake", "office_handover"),
            _list("Scopes", "account_tree", "office_scope"),
            _list("Journal", "receipt_long", "office_journalevent"),
            _list("Jobs", "hourglass_top", "office_job"),
            _list("Webhooks", "webhook", "office_webhook"),
            _list("Deliveries", "send", "office_delivery"),
            _list("API keys", "key", "office_apikey"),
        ],
    },
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's callback; what a person may not open is refused there, by role."""
    return GROUPS
