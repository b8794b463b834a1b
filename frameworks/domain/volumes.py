"""Steps 5 to 7 of the transfer decision: sums against the thresholds of CN-XB Arts 5, 7 and 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EXEMPT = "EXEMPT"
CONTRACT = "STANDARD_CONTRACT_OR_CERTIFICATION"
ASSESSMENT = "SECURITY_ASSESSMENT"

ASSESSMENT_ORDINARY = 1_000_000
ASSESSMENT_SENSITIVE = 10_000
CONTRACT_ORDINARY = 100_000
CONTRACT_SENSITIVE = 1


@dataclass(frozen=True, slots=True)
class Volume:
    """Individuals whose data left since 1 January, ordinary and sensitive; an open number may be larger."""

    ordinary: float = 0
    sensitive: float = 0
    ordinary_open: bool = False
    sensitive_open: bool = False

    def plus(self, other: Volume) -> Volume:
        return Volume(
            self.ordinary + other.ordinary,
            self.sensitive + other.sensitive,
            self.ordinary_open or other.ordinary_open,
            self.sensitive_open or other.sensitive_open,
        )

    @property
    def is_open(self) -> bool:
        return self.ordinary_open or self.sensitive_open

    @property
    def needs_assessment(self) -> bool:
        """Whether the known part alone reaches the upper thresholds."""
        return self.ordinary >= ASSESSMENT_ORDINARY or self.sensitive >= ASSESSMENT_SENSITIVE

    @property
    def needs_contract(self) -> bool:
        """Whether the known part alone reaches the lower thresholds."""
        return self.ordinary >= CONTRACT_ORDINARY or self.sensitive >= CONTRACT_SENSITIVE


def volume_outcomes(counted: Volume, maybe: Sequence[Volume]) -> tuple[str, ...]:
    """The outcomes that are possible, exactly: `counted` is in the sum, each of `maybe` is in it or not."""
    found = []
    if not counted.needs_contract:
        found.append(EXEMPT)
    if _contract_possible(counted, maybe):
        found.append(CONTRACT)
    total = counted
    for volume in maybe:
        total = total.plus(volume)
    if total.is_open or total.needs_assessment:
        found.append(ASSESSMENT)
    return tuple(found)


def _contract_possible(counted: Volume, maybe: Sequence[Volume]) -> bool:
    """Whether some choice of the `maybe` volumes lands between the two thresholds.

    One added volume suffices if it lands there by itself. If none does, those that stay below the upper
    thresholds are small ordinary ones: added one by one they cannot leap over the band.
    """
    if counted.needs_assessment:
        return False
    if counted.needs_contract or counted.is_open:
        return True
    usable = [volume for volume in maybe if not counted.plus(volume).needs_assessment]
    if any(counted.plus(volume).needs_contract or volume.is_open for volume in usable):
        return True
    return counted.ordinary + sum(volume.ordinary for volume in usable) >= CONTRACT_ORDINARY
