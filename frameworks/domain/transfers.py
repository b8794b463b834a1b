"""The mechanism for moving data out of mainland China, flow by flow.

Source: Provisions on Promoting and Regulating Cross-border Data Flows (CN-XB) Arts 2-10 and the regulator's
questions and answers of July 2026, as an ordered decision whose steps stand in the vocabulary. Thresholds
are inclusive at the lower and exclusive at the upper bound, counted in individuals since 1 January and
summed over all flows of one exporting entity that reach step 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from frameworks.domain.conditions import Answer
from frameworks.domain.kleene import Truth, all_of, any_of, negate, truth_of
from frameworks.domain.volumes import (
    ASSESSMENT,
    CONTRACT,
    EXEMPT,
    Volume,
    volume_outcomes,
)

NONE = "NONE"
FREE = "FREE"
UNDETERMINED = "UNDETERMINED"
GBA_CONTRACT = "GBA_STANDARD_CONTRACT"
GBA_CONFIRM = "GBA_SC_CONFIRM"
STRICTNESS = (NONE, FREE, EXEMPT, CONTRACT, ASSESSMENT)
OFFERS = {CONTRACT: GBA_CONTRACT, ASSESSMENT: GBA_CONFIRM}
GBA_CITIES = frozenset(
    ["guangzhou", "shenzhen", "zhuhai", "foshan", "huizhou", "dongguan", "zhongshan", "jiangmen", "zhaoqing"]
)
DECLARED = ("notified", "public_catalogue")

RawFlow = Mapping[str, object]


class Answers(Protocol):
    """The facts of the exporting entity: cn.ciio, cn.ftz and cn.data_leaves_mainland."""

    def answer(self, fact: str) -> Answer | None: ...


@dataclass(frozen=True, slots=True)
class FlowResult:
    """What one flow needs. `outcome` is UNDETERMINED where an unknown input could change it.

    `candidates` are the outcomes that the unknown inputs leave open (empty when determined). `possible` also
    counts what a needs_review flag leaves open: with a flag the outcome is provisional.
    """

    id: str
    outcome: str
    reason: str
    alternatives: tuple[str, ...]
    needs_review: tuple[str, ...]
    candidates: tuple[str, ...]
    possible: frozenset[str]
    gba: Truth
    missing: tuple[str, ...]
    gba_missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TransferResult:
    """The mechanism of a deployment: its strictest flow decides. `undescribed` is a flow nobody recorded."""

    outcome: str
    candidates: tuple[str, ...]
    flows: tuple[FlowResult, ...]
    needs_review: tuple[str, ...]
    undescribed: FlowResult | None

    @property
    def considered(self) -> tuple[FlowResult, ...]:
        return self.flows if self.undescribed is None else (*self.flows, self.undescribed)

    def includes(self, outcome: str) -> Truth:
        """Whether some flow ends in this outcome, or offers it as an alternative."""
        return any_of(_ends_in(flow, outcome) for flow in self.considered)

    def missing_for(self, outcome: str) -> tuple[str, ...]:
        """The unknown inputs on which `includes` hangs; none where it is decided."""
        if self.includes(outcome) is not Truth.UNKNOWN:
            return ()
        open_flows = [flow for flow in self.considered if _ends_in(flow, outcome) is Truth.UNKNOWN]
        names = [name for flow in open_flows for name in flow.missing]
        if outcome in OFFERS.values():
            names += [name for flow in open_flows for name in flow.gba_missing]
        return tuple(dict.fromkeys(names))


def _ends_in(flow: FlowResult, outcome: str) -> Truth:
    base = next((base for base, offer in OFFERS.items() if offer == outcome), "")
    if base:
        return all_of((flow.gba, _ends_in(flow, base)))
    if outcome not in flow.possible:
        return Truth.NO
    return Truth.YES if len(flow.possible) == 1 else Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class _Flow:
    """One record with its name in messages; `value` gives None where a field is unknown."""

    path: str
    id: str
    record: RawFlow

    def value(self, name: str) -> object | None:
        raw = self.record.get(name)
        return None if raw == "unknown" else raw

    def equals(self, name: str, *wanted: object) -> Truth:
        value = self.value(name)
        return Truth.UNKNOWN if value is None else truth_of(value in wanted)

    def unknown(self, *names: str) -> tuple[str, ...]:
        return tuple(f"{self.path}.{name}" for name in names if self.value(name) is None)


@dataclass(frozen=True, slots=True)
class _Before4:
    """Where a flow can end before step 4, and whether it gets there. Flags alone do not stop it."""

    ends: tuple[tuple[str, str], ...]
    reaches: Truth
    flagged: bool
    missing: tuple[str, ...]


def leaves_mainland(flow: RawFlow) -> Truth:
    """Whether a record is an export from the mainland; remote viewing counts, and Hong Kong is outside."""
    record = _Flow("", "", flow)
    return all_of((record.equals("from", "cn"), negate(record.equals("to", "cn"))))


def decide_transfer(facts: Answers, flows: Sequence[RawFlow], other_flows: Sequence[RawFlow] = ()) -> TransferResult:
    """Run the decision for the flows of one deployment.

    `other_flows` are the flows of the same exporting entity in its other use cases: they count in the sums of
    steps 5 and 6 and have no result of their own. Where data is said to leave (or may leave) and no such flow
    is recorded, one flow of which nothing is known stands in for it: unknown never turns into no.
    """
    own = [flow for flow in _named(flows, "flows") if leaves_mainland(flow.record) is not Truth.NO]
    others = [flow for flow in _named(other_flows, "other_flows") if leaves_mainland(flow.record) is not Truth.NO]
    before = {flow.path: _before_step_4(facts, flow) for flow in (*own, *others)}
    results = tuple(_decide_flow(facts, flow, (*own, *others), before) for flow in own)
    undescribed = _undescribed(facts, own, others, before)
    considered = results if undescribed is None else (*results, undescribed)
    candidates = _strictest([flow.candidates or (flow.outcome,) for flow in considered])
    return TransferResult(
        outcome=candidates[0] if len(candidates) == 1 else UNDETERMINED,
        candidates=candidates if len(candidates) > 1 else (),
        flows=results,
        needs_review=tuple(dict.fromkeys(flag for flow in results for flag in flow.needs_review)),
        undescribed=undescribed,
    )


def _named(flows: Sequence[RawFlow], group: str) -> list[_Flow]:
    named = []
    for number, record in enumerate(flows, start=1):
        name = str(record.get("id") or number)
        named.append(_Flow(f"{group}.{name}", name, record))
    return named


def _strictest(options: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Every outcome that can be the strictest one; NONE if there is no flow."""
    floor = max((min(map(STRICTNESS.index, option)) for option in options), default=0)
    reachable = {STRICTNESS.index(outcome) for option in options for outcome in option}
    return tuple(STRICTNESS[rank] for rank in sorted(reachable | {floor}) if rank >= floor)


def _undescribed(
    facts: Answers, own: Sequence[_Flow], others: Sequence[_Flow], before: Mapping[str, _Before4]
) -> FlowResult | None:
    """The stand-in for exports that are said to happen, or may happen, but are not recorded."""
    leaves = facts.answer("cn.data_leaves_mainland")
    if leaves is False or any(leaves_mainland(flow.record) is Truth.YES for flow in own):
        return None
    record: RawFlow = {"from": "cn", "to": "other"} if leaves else {"to": "other"}
    flow = _Flow("flows", "", record)
    known = {**before, flow.path: _before_step_4(facts, flow)}
    result = _decide_flow(facts, flow, (flow, *own, *others), known)
    missing = "flows" if leaves else "cn.data_leaves_mainland"
    inputs = tuple(name for name in result.missing if name.startswith("cn."))
    return replace(result, needs_review=(), missing=(missing, *inputs), gba_missing=())


def _before_step_4(facts: Answers, flow: _Flow) -> _Before4:
    """Steps 0 to 3e in order: the first that holds ends the flow, an unknown one leaves both ways open."""
    ends: list[tuple[str, str]] = []
    missing: list[str] = []
    declared = flow.equals("important_data", *DECLARED)
    for truth, outcome, reason, inputs in _early_steps(facts, flow, declared):
        if truth is Truth.NO:
            continue
        ends.append((outcome, reason))
        if truth is Truth.YES:
            return _Before4(tuple(ends), Truth.NO, _is_flagged(flow), tuple(missing))
        missing.extend(inputs)
    reaches = Truth.UNKNOWN if ends else Truth.YES
    return _Before4(tuple(ends), reaches, _is_flagged(flow), tuple(missing))


def _early_steps(facts: Answers, flow: _Flow, declared: Truth) -> list[tuple[Truth, str, str, tuple[str, ...]]]:
    """Truth, outcome, reason and unknown inputs of each step before step 4. Unknown at step 2 is step 2r."""
    no_pi = flow.equals("contains_pi", False)
    not_important = flow.equals("important_data", "not_important")
    zone = facts.answer("cn.ftz")
    in_zone = Truth.UNKNOWN if zone is None else truth_of(str(zone).casefold() != "none")
    off_list = flow.equals("on_ftz_negative_list", False)
    transit = (flow.equals("origin", "foreign_transit"), flow.equals("mainland_data_added", False))
    purpose = flow.unknown("purpose")
    zone_inputs = (*(() if zone is not None else ("cn.ftz",)), *flow.unknown("on_ftz_negative_list"))
    return [
        (
            negate(leaves_mainland(flow.record)),
            NONE,
            "no flow leaves the mainland",
            flow.unknown("from", "to"),
        ),
        (all_of((no_pi, not_important)), FREE, "Art 3", flow.unknown("contains_pi", "important_data")),
        (Truth.NO if declared is Truth.UNKNOWN else declared, ASSESSMENT, "important_data", ()),
        (all_of(transit), EXEMPT, "Art 4", flow.unknown("origin", "mainland_data_added")),
        (flow.equals("purpose", "contract_necessity"), EXEMPT, "Art 5(1)", purpose),
        (flow.equals("purpose", "hr_necessity"), EXEMPT, "Art 5(2)", purpose),
        (flow.equals("purpose", "emergency"), EXEMPT, "Art 5(3)", purpose),
        (all_of((in_zone, off_list)), EXEMPT, "Art 6", zone_inputs),
    ]


def _is_flagged(flow: _Flow) -> bool:
    return flow.equals("important_data", "not_important", *DECLARED) is not Truth.YES


def _decide_flow(
    facts: Answers, flow: _Flow, entity_flows: Sequence[_Flow], before: Mapping[str, _Before4]
) -> FlowResult:
    """One flow through all steps, with the sums of the entity's flows."""
    early = before[flow.path]
    flags = _flags(facts, flow, early)
    reported = list(early.ends)
    possible = {outcome for outcome, _ in early.ends}
    missing = list(early.missing)
    if early.reaches is not Truth.NO:
        late, widest, inputs = _from_step_4(facts, flow, entity_flows, before)
        reported += late
        possible |= widest
        missing += inputs
    if flags:
        possible.add(ASSESSMENT)
        missing += _flag_inputs(facts, flow, flags)
    outcomes = tuple(outcome for outcome in STRICTNESS if outcome in {name for name, _ in reported})
    outcome = outcomes[0] if len(outcomes) == 1 else UNDETERMINED
    gba = _gba_truth(flow)
    offer = OFFERS.get(outcome)
    return FlowResult(
        id=flow.id,
        outcome=outcome,
        reason=" or ".join(dict.fromkeys(reason for _, reason in reported)),
        alternatives=(offer,) if offer and gba is Truth.YES else (),
        needs_review=flags,
        candidates=outcomes if len(outcomes) > 1 else (),
        possible=frozenset(possible),
        gba=gba,
        missing=tuple(dict.fromkeys(missing)) if len(possible) > 1 else (),
        gba_missing=_gba_inputs(flow, gba),
    )


def _flags(facts: Answers, flow: _Flow, early: _Before4) -> tuple[str, ...]:
    """Steps 2r and 4r: answers that are open and would lead to an assessment."""
    flags = ["important_data"] if early.flagged else []
    if early.reaches is not Truth.NO and facts.answer("cn.ciio") is None:
        flags.append("ciio")
    return tuple(flags)


def _flag_inputs(facts: Answers, flow: _Flow, flags: tuple[str, ...]) -> list[str]:
    names = {"important_data": f"{flow.path}.important_data", "ciio": "cn.ciio"}
    return [names[flag] for flag in flags]


def _from_step_4(
    facts: Answers, flow: _Flow, entity_flows: Sequence[_Flow], before: Mapping[str, _Before4]
) -> tuple[list[tuple[str, str]], set[str], list[str]]:
    """Ends, widest possible outcomes and unknown inputs of the critical-operator and volume steps."""
    if facts.answer("cn.ciio") is True:
        return [(ASSESSMENT, "ciio")], {ASSESSMENT}, []
    counted = _volume(flow)
    maybe: list[Volume] = []
    doubtful: list[Volume] = []
    inputs = list(flow.unknown(*_unknown_volumes(flow)))
    for other in entity_flows:
        state = before[other.path]
        if other.path == flow.path or state.reaches is Truth.NO:
            continue
        inputs += [*state.missing, *other.unknown(*_unknown_volumes(other))]
        if state.reaches is Truth.UNKNOWN:
            maybe.append(_volume(other))
        elif state.flagged:
            doubtful.append(_volume(other))
            inputs.append(f"{other.path}.important_data")
        else:
            counted = counted.plus(_volume(other))
    certain = counted
    for volume in doubtful:
        certain = certain.plus(volume)
    reported = volume_outcomes(certain, maybe)
    widest = volume_outcomes(counted, [*maybe, *doubtful])
    ends = [(outcome, "Art 5(4)" if outcome == EXEMPT else "volume") for outcome in reported]
    return ends, set(widest), inputs if len(widest) > 1 else []


def _unknown_volumes(flow: _Flow) -> tuple[str, ...]:
    """Which volumes are unknown; a flow without personal information has none."""
    names = ("pi_nonsensitive_ytd", "pi_sensitive_ytd")
    return tuple(n for n in names if flow.value(n) is None and flow.value("contains_pi") is not False)


def _volume(flow: _Flow) -> Volume:
    unknown = _unknown_volumes(flow)
    ordinary, sensitive = flow.value("pi_nonsensitive_ytd") or 0, flow.value("pi_sensitive_ytd") or 0
    return Volume(
        ordinary=float(str(ordinary)),
        sensitive=float(str(sensitive)),
        ordinary_open="pi_nonsensitive_ytd" in unknown,
        sensitive_open="pi_sensitive_ytd" in unknown,
    )


def _gba_truth(flow: _Flow) -> Truth:
    """Step gba: both sides in the Greater Bay Area, nothing important, nothing passed on outside it."""
    city = flow.value("exporter_city")
    in_area = Truth.UNKNOWN if city is None else truth_of(str(city).strip().casefold() in GBA_CITIES)
    return all_of(
        (
            in_area,
            flow.equals("recipient_region", "hong_kong", "gba_mainland"),
            flow.equals("important_data", "not_important"),
            flow.equals("onward_outside_gba", False),
        )
    )


def _gba_inputs(flow: _Flow, gba: Truth) -> tuple[str, ...]:
    if gba is not Truth.UNKNOWN:
        return ()
    return flow.unknown("exporter_city", "recipient_region", "important_data", "onward_outside_gba")
