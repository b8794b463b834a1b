"""What was written since an event of the journal, and which requirements that can move.

Three kinds of nouns: those that change who owes what, those that change how far a requirement is covered, and those that
change neither. A test holds that every noun is in exactly one of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from controls.models import ControlMapping, Implementation
from frameworks.models import Requirement
from office.models import JournalEvent

COVERING = frozenset(
    {
        "controls.control", "controls.controlmapping", "controls.implementation", "controls.evidence",
        "controls.controltest", "controls.attestation", "controls.attestationitem",
    }
)  # fmt: skip
BESIDE = frozenset(
    {
        "controls.conflict", "controls.nocontrol", "controls.requirementmapping", "frameworks.counselreview",
        "frameworks.requirementitem", "frameworks.requirementtext", "governance.action", "governance.actiongap",
        "governance.approval", "governance.gap", "governance.runningclock", "governance.supplier", "office.apikey",
        "office.handover",
        "office.handoverseat", "office.membership", "office.person", "office.seat", "office.tenure", "office.webhook",
    }
)  # fmt: skip
OWING = frozenset(
    {
        "frameworks.family", "frameworks.instrument", "frameworks.release", "frameworks.requirement",
        "frameworks.requirementversion", "governance.adoption", "governance.aimodel", "governance.answer",
        "governance.applicabilitydecision", "governance.deployment", "governance.deploymentmodel", "governance.transfer",
        "governance.usecase", "office.legalentity", "office.office", "office.scope",
    }
)  # fmt: skip
MOST = 2_000
"""Events that are looked through; after more of them everything is looked at anew."""


def owing_changed(since: int) -> bool:
    """Whether anything was written after an event that may change who owes what. One query, over the newer events."""
    return JournalEvent.objects.filter(seq__gt=since).exclude(noun__in=COVERING | BESIDE).exists()


def touched_since(since: int) -> set[str] | None:
    """The requirements whose coverage may have moved after an event; None: anything may have. Four queries at most."""
    newer = JournalEvent.objects.filter(seq__gt=since)
    if newer.count() > MOST or owing_changed(since):
        return None
    implementations, controls, requirements = set[int](), set[int](), set[int]()
    for noun, pk, before, after in newer.filter(noun__in=COVERING).values_list("noun", "object_id", "before", "after"):
        for state in (before, after):
            if state is None:
                continue
            if noun == "controls.control":
                controls.add(pk)
            elif noun == "controls.implementation":
                controls.add(state["control_id"])
            elif noun in ("controls.evidence", "controls.controltest"):
                implementations.add(state["implementation_id"])
            elif noun in ("controls.controlmapping", "controls.attestation"):
                requirements.add(state["requirement_id"])
    return _refs(implementations, controls, requirements)


def _refs(implementations: Iterable[int], controls: set[int], requirements: set[int]) -> set[str]:
    """An item of an attestation is written with its attestation, or moves nothing."""
    from_places = Implementation.objects.filter(pk__in=implementations).values_list("control_id", flat=True)
    reached = ControlMapping.objects.filter(control__in=[*controls, *from_places])
    refs = set(reached.values_list("requirement__ref", flat=True))
    return refs | set(Requirement.objects.filter(pk__in=requirements).values_list("ref", flat=True))
