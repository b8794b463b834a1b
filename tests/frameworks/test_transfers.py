"""The transfer mechanism: worked examples of the sheet, thresholds, sums, unknown inputs and flags."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frameworks.domain.kleene import Truth
from frameworks.domain.transfers import decide_transfer
from frameworks.domain.volumes import Volume, volume_outcomes

SA, SC, EXEMPT = "SECURITY_ASSESSMENT", "STANDARD_CONTRACT_OR_CERTIFICATION", "EXEMPT"
GBA, CONFIRM = "GBA_STANDARD_CONTRACT", "GBA_SC_CONFIRM"
ENTITY = {"cn.ciio": False, "cn.ftz": "none", "cn.data_leaves_mainland": True}


class Facts(dict):
    def answer(self, fact):
        return self.get(fact)


def make_flow(**over):
    """A plain export of 0 people from Shanghai to an unrelated company in Hong Kong."""
    return {
        "id": "f1",
        "from": "cn",
        "to": "hk",
        "contains_pi": True,
        "important_data": "not_important",
        "origin": "mainland",
        "purpose": "other",
        "exporter_city": "Shanghai",
        "recipient_region": "hong_kong",
        "onward_outside_gba": False,
        "pi_nonsensitive_ytd": 0,
        "pi_sensitive_ytd": 0,
        **over,
    }


def decide(*flows, others=(), **entity):
    facts = Facts({**ENTITY, **{f"cn.{key}": value for key, value in entity.items()}})
    return decide_transfer(facts, flows, others)


def only(result):
    (flow,) = result.flows
    return flow


@pytest.mark.parametrize(
    ("flow", "entity", "outcome", "reason", "alternatives"),
    [
        pytest.param({"exporter_city": "Shenzhen", "pi_nonsensitive_ytd": 60_000}, {}, EXEMPT, "Art 5(4)", (), id="X1"),
        pytest.param({"exporter_city": "Shenzhen", "pi_sensitive_ytd": 60_000}, {}, SA, "volume", (CONFIRM,), id="X2"),
        pytest.param({"exporter_city": "Shenzhen", "pi_sensitive_ytd": 9_000}, {}, SC, "volume", (GBA,), id="X3"),
        pytest.param(
            {"purpose": "contract_necessity", "pi_nonsensitive_ytd": 2_000_000},
            {},
            EXEMPT,
            "Art 5(1)",
            (),
            id="X4",
        ),
        pytest.param({"pi_nonsensitive_ytd": 300_000}, {}, SC, "volume", (), id="X5"),
        pytest.param({"pi_nonsensitive_ytd": 99_999}, {}, EXEMPT, "Art 5(4)", (), id="X6"),
        pytest.param({"pi_nonsensitive_ytd": 100_000}, {}, SC, "volume", (), id="X6b"),
        pytest.param({"pi_nonsensitive_ytd": 100_001}, {}, SC, "volume", (), id="X6c"),
        pytest.param({"pi_nonsensitive_ytd": 1_000_000}, {}, SA, "volume", (), id="X7"),
        pytest.param({"pi_nonsensitive_ytd": 999_999}, {}, SC, "volume", (), id="X7b"),
        pytest.param({"pi_nonsensitive_ytd": 1_000_001}, {}, SA, "volume", (), id="X7c"),
        pytest.param({"pi_sensitive_ytd": 1}, {}, SC, "volume", (), id="X8"),
        pytest.param({"pi_sensitive_ytd": 9_999}, {}, SC, "volume", (), id="X8b"),
        pytest.param({"pi_sensitive_ytd": 10_000}, {}, SA, "volume", (), id="X8c"),
        pytest.param({"pi_sensitive_ytd": 10_001}, {}, SA, "volume", (), id="X8d"),
        pytest.param({"pi_nonsensitive_ytd": 500}, {"ciio": True}, SA, "ciio", (), id="X9"),
        pytest.param({"purpose": "hr_necessity"}, {"ciio": True}, EXEMPT, "Art 5(2)", (), id="X10"),
        pytest.param(
            {"exporter_city": "Guangzhou", "pi_nonsensitive_ytd": 200_000, "onward_outside_gba": True},
            {},
            SC,
            "volume",
            (),
            id="X11",
        ),
        pytest.param({"to": "us", "remote_access": True, "pi_sensitive_ytd": 3}, {}, SC, "volume", (), id="X12"),
        pytest.param(
            {"to": "eu", "origin": "foreign_transit", "mainland_data_added": False},
            {},
            EXEMPT,
            "Art 4",
            (),
            id="X13",
        ),
        pytest.param({"important_data": "notified"}, {}, SA, "important_data", (), id="X14"),
        pytest.param({"important_data": "public_catalogue"}, {}, SA, "important_data", (), id="catalogue"),
        pytest.param({"contains_pi": False}, {}, "FREE", "Art 3", (), id="free"),
        pytest.param({"purpose": "emergency"}, {}, EXEMPT, "Art 5(3)", (), id="emergency"),
        pytest.param(
            {"on_ftz_negative_list": False, "pi_sensitive_ytd": 50_000},
            {"ftz": "Lingang"},
            EXEMPT,
            "Art 6",
            (),
            id="zone",
        ),
        pytest.param(
            {"on_ftz_negative_list": True, "pi_sensitive_ytd": 5},
            {"ftz": "Lingang"},
            SC,
            "volume",
            (),
            id="zone, on the list",
        ),
        pytest.param({"on_ftz_negative_list": False, "pi_sensitive_ytd": 5}, {}, SC, "volume", (), id="no zone"),
    ],
)
def test_worked_examples_of_the_sheet(flow, entity, outcome, reason, alternatives):
    result = decide(make_flow(**flow), **entity)
    flow_result = only(result)
    assert (flow_result.outcome, flow_result.reason, flow_result.alternatives) == (
        outcome,
        reason,
        alternatives,
    )
    assert flow_result.missing == ()
    assert (result.outcome, result.candidates, result.needs_review) == (outcome, (), ())
    assert result.includes(outcome) is Truth.YES
    assert result.missing_for(outcome) == ()


def test_without_exports_the_outcome_is_none():
    assert decide(data_leaves_mainland=False).outcome == "NONE"
    within = decide(
        {"id": "a", "from": "cn", "to": "cn"},
        {"id": "b", "from": "hk", "to": "eu"},
        data_leaves_mainland=False,
    )
    assert (within.outcome, within.flows) == ("NONE", ())
    assert within.includes(SA) is Truth.NO


def test_data_that_leaves_without_a_record_leaves_the_mechanism_open():
    said = decide()
    assert said.outcome == "UNDETERMINED"
    assert said.candidates == ("FREE", EXEMPT, SC, SA)
    assert said.missing_for(SC) == ("flows",)
    assert said.needs_review == ()
    maybe = decide(data_leaves_mainland=None)
    assert maybe.candidates == ("NONE", "FREE", EXEMPT, SC, SA)
    assert maybe.includes(SA) is Truth.UNKNOWN
    assert maybe.missing_for(GBA) == ("cn.data_leaves_mainland",)
    operator = decide(ciio=True)
    assert operator.candidates == ("FREE", EXEMPT, SA)


def test_volumes_are_summed_over_all_flows_of_the_entity():
    parts = [make_flow(id=name, pi_nonsensitive_ytd=60_000) for name in ("f1", "f2")]
    assert [flow.outcome for flow in decide(*parts).flows] == [SC, SC]
    shared = decide(parts[0], others=[make_flow(id="f1", pi_nonsensitive_ytd=40_000)])
    assert only(shared).outcome == SC


@pytest.mark.parametrize(
    "uncounted",
    [
        {"purpose": "hr_necessity"},
        {"important_data": "notified"},
        {"from": "hk"},
        {"contains_pi": False, "pi_nonsensitive_ytd": None},
    ],
)
def test_flows_that_end_before_step_4_are_not_counted(uncounted):
    other = make_flow(id="other", **{"pi_nonsensitive_ytd": 5_000_000, **uncounted})
    assert only(decide(make_flow(pi_nonsensitive_ytd=60_000), others=[other])).outcome == EXEMPT


def test_the_strictest_flow_decides_the_whole():
    result = decide(
        make_flow(id="a", purpose="hr_necessity"),
        make_flow(id="b", pi_sensitive_ytd=5),
        make_flow(id="c", contains_pi=False),
    )
    assert [flow.outcome for flow in result.flows] == [EXEMPT, SC, "FREE"]
    assert result.outcome == SC
    assert result.includes(EXEMPT) is Truth.YES


def test_an_open_flow_leaves_the_whole_open_only_if_it_could_be_the_strictest():
    open_flow = make_flow(id="b", purpose=None, pi_sensitive_ytd=5)
    assert decide(make_flow(id="a", purpose="hr_necessity"), open_flow).candidates == (EXEMPT, SC)
    assert decide(make_flow(id="a", important_data="notified"), open_flow).outcome == SA


@pytest.mark.parametrize(
    ("flow", "entity", "candidates", "missing"),
    [
        ({"purpose": "unknown", "pi_sensitive_ytd": 5}, {}, (EXEMPT, SC), ("flows.f1.purpose",)),
        ({"pi_sensitive_ytd": None}, {}, (EXEMPT, SC, SA), ("flows.f1.pi_sensitive_ytd",)),
        (
            {"pi_sensitive_ytd": None, "pi_nonsensitive_ytd": 100_000},
            {},
            (SC, SA),
            ("flows.f1.pi_sensitive_ytd",),
        ),
        ({"contains_pi": None, "pi_sensitive_ytd": 5}, {}, ("FREE", SC), ("flows.f1.contains_pi",)),
        (
            {"origin": "foreign_transit", "mainland_data_added": None, "pi_sensitive_ytd": 5},
            {},
            (EXEMPT, SC),
            ("flows.f1.mainland_data_added",),
        ),
        (
            {"on_ftz_negative_list": False, "pi_sensitive_ytd": 5},
            {"ftz": None},
            (EXEMPT, SC),
            ("cn.ftz",),
        ),
        (
            {"to": None, "pi_sensitive_ytd": 5},
            {"data_leaves_mainland": False},
            ("NONE", SC),
            ("flows.f1.to",),
        ),
    ],
)
def test_an_unknown_input_that_could_change_the_outcome_leaves_it_open(flow, entity, candidates, missing):
    result = decide(make_flow(**flow), **entity)
    assert (only(result).outcome, only(result).candidates) == ("UNDETERMINED", candidates)
    assert only(result).missing == missing
    assert only(result).alternatives == ()
    assert result.outcome == "UNDETERMINED"


@pytest.mark.parametrize(
    ("flow", "outcome"),
    [
        ({"purpose": None, "pi_nonsensitive_ytd": 5}, EXEMPT),
        ({"pi_nonsensitive_ytd": None, "pi_sensitive_ytd": 10_000}, SA),
        ({"purpose": "emergency", "pi_sensitive_ytd": None}, EXEMPT),
    ],
)
def test_an_unknown_input_that_changes_nothing_leaves_the_outcome_determined(flow, outcome):
    result = decide(make_flow(**flow))
    assert only(result).outcome == outcome
    assert only(result).missing == ()


def test_reasons_name_every_way_to_the_same_outcome():
    flow = only(decide(make_flow(purpose=None, pi_nonsensitive_ytd=5)))
    assert flow.reason == "Art 5(1) or Art 5(2) or Art 5(3) or Art 5(4)"


@pytest.mark.parametrize("important", ["self_identified", None])
def test_important_data_in_doubt_makes_the_outcome_provisional(important):
    result = decide(make_flow(important_data=important, exporter_city="Shenzhen", pi_sensitive_ytd=5))
    assert (result.outcome, result.needs_review) == (SC, ("important_data",))
    assert result.includes(SC) is Truth.UNKNOWN
    assert result.includes(SA) is Truth.UNKNOWN
    assert result.missing_for(SA) == ("flows.f1.important_data",)
    assert only(result).alternatives == ()


def test_an_unknown_operator_makes_the_outcome_provisional():
    result = decide(make_flow(exporter_city="Dongguan", pi_nonsensitive_ytd=120_000), ciio=None)
    assert (result.outcome, result.needs_review) == (SC, ("ciio",))
    assert only(result).alternatives == (GBA,)
    for outcome in (SC, SA, GBA):
        assert result.includes(outcome) is Truth.UNKNOWN
        assert result.missing_for(outcome) == ("cn.ciio",)
    assert result.includes(EXEMPT) is Truth.NO


def test_an_unknown_operator_does_not_matter_where_an_exemption_comes_first():
    result = decide(make_flow(purpose="hr_necessity"), ciio=None)
    assert (result.outcome, result.needs_review) == (EXEMPT, ())
    assert result.includes(EXEMPT) is Truth.YES


def test_a_doubtful_flow_counts_in_the_report_but_leaves_the_others_open():
    """60,000 for certain; whether the second 60,000 count hangs on whether they are important data."""
    doubtful = make_flow(id="f2", important_data=None, pi_nonsensitive_ytd=60_000)
    result = decide(make_flow(pi_nonsensitive_ytd=60_000), doubtful)
    assert [flow.outcome for flow in result.flows] == [SC, SC]
    assert result.includes(EXEMPT) is Truth.UNKNOWN
    assert result.missing_for(EXEMPT) == ("flows.f2.important_data",)


def test_a_flow_that_may_be_exempt_leaves_the_sum_open():
    maybe = make_flow(id="f2", purpose=None, pi_nonsensitive_ytd=60_000)
    result = decide(make_flow(pi_nonsensitive_ytd=60_000), others=[maybe])
    assert only(result).candidates == (EXEMPT, SC)
    assert only(result).missing == ("other_flows.f2.purpose",)


@pytest.mark.parametrize(
    ("over", "offered"),
    [
        ({}, Truth.YES),
        ({"exporter_city": " zhaoqing "}, Truth.YES),
        ({"recipient_region": "gba_mainland"}, Truth.YES),
        ({"recipient_region": "macao"}, Truth.NO),
        ({"exporter_city": "Beijing"}, Truth.NO),
        ({"onward_outside_gba": True}, Truth.NO),
        ({"onward_outside_gba": None}, Truth.UNKNOWN),
        ({"exporter_city": None}, Truth.UNKNOWN),
        ({"pi_sensitive_ytd": 0}, Truth.NO),
        ({"pi_sensitive_ytd": 10_000}, Truth.NO),
    ],
)
def test_the_bay_area_contract_is_offered_only_within_the_area(over, offered):
    result = decide(make_flow(**{"exporter_city": "Huizhou", "pi_sensitive_ytd": 5, **over}))
    assert result.includes(GBA) is offered
    assert (GBA in only(result).alternatives) is (offered is Truth.YES)
    if offered is Truth.UNKNOWN:
        assert result.missing_for(GBA) == tuple(f"flows.f1.{name}" for name, raw in over.items() if raw is None)


def test_flows_without_an_id_are_named_by_their_place():
    result = decide(make_flow(id=None, pi_sensitive_ytd=None))
    assert only(result).id == "1"
    assert only(result).missing == ("flows.1.pi_sensitive_ytd",)


CHOICES = {
    "from": ["cn", "hk"],
    "to": ["hk", "cn"],
    "contains_pi": [True, False],
    "important_data": ["notified", "not_important", "self_identified"],
    "origin": ["mainland", "foreign_transit"],
    "mainland_data_added": [True, False],
    "purpose": ["contract_necessity", "other"],
    "on_ftz_negative_list": [True, False],
    "pi_nonsensitive_ytd": [0, 60_000, 100_000, 1_000_000],
    "pi_sensitive_ytd": [0, 1, 10_000],
    "exporter_city": ["Shenzhen", "Beijing"],
    "recipient_region": ["hong_kong", "macao"],
    "onward_outside_gba": [True, False],
}
FACTS = {"cn.ciio": [True, False], "cn.ftz": ["none", "Lingang"], "cn.data_leaves_mainland": [True, False]}


def without_contradiction(flow):
    """Records that count people without carrying personal information are refused before the decision."""
    return flow if flow["contains_pi"] else {**flow, "pi_nonsensitive_ytd": 0, "pi_sensitive_ytd": 0}


full_flow = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in CHOICES.items()}).map(
    without_contradiction
)
full_facts = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in FACTS.items()})


@settings(max_examples=400)
@given(full_facts, st.lists(full_flow, min_size=1, max_size=3), st.data())
def test_a_further_answer_never_turns_a_transfer_duty_from_no_to_yes_or_back(facts, flows, data):
    """Hide some inputs: whatever the rest decides must hold when everything is told."""
    told = [{"id": str(number), **flow} for number, flow in enumerate(flows)]
    hidden = [
        {key: value for key, value in flow.items() if key == "id" or not data.draw(st.booleans(), label=key)}
        for flow in told
    ]
    known = Facts({key: value for key, value in facts.items() if not data.draw(st.booleans(), label=key)})
    if facts["cn.data_leaves_mainland"] is False:
        known["cn.data_leaves_mainland"] = False
    less, more = decide_transfer(known, hidden), decide_transfer(Facts(facts), told)
    for outcome in (SA, SC, EXEMPT, GBA, "FREE"):
        before, after = less.includes(outcome), more.includes(outcome)
        assert before in (Truth.UNKNOWN, after), outcome
        assert bool(less.missing_for(outcome)) is (before is Truth.UNKNOWN)


volumes = st.builds(
    Volume,
    st.sampled_from([0, 1, 30_000, 99_999, 100_000, 400_000, 999_999, 1_000_000]),
    st.sampled_from([0, 0, 0, 1, 5_000, 9_999, 10_000]),
)


def by_hand(volume):
    if volume.ordinary >= 1_000_000 or volume.sensitive >= 10_000:
        return SA
    return SC if volume.ordinary >= 100_000 or volume.sensitive >= 1 else EXEMPT


@given(volumes, st.lists(volumes, max_size=5))
def test_open_sums_give_exactly_the_outcomes_that_some_choice_of_flows_gives(counted, maybe):
    expected = set()
    for size in range(len(maybe) + 1):
        for chosen in combinations(maybe, size):
            total = counted
            for volume in chosen:
                total = total.plus(volume)
            expected.add(by_hand(total))
    assert set(volume_outcomes(counted, maybe)) == expected


@pytest.mark.parametrize(
    ("counted", "maybe", "expected"),
    [
        (Volume(ordinary_open=True), [], (EXEMPT, SC, SA)),
        (Volume(sensitive=1, sensitive_open=True), [], (SC, SA)),
        (Volume(sensitive=10_000, ordinary_open=True), [], (SA,)),
        (Volume(), [Volume(sensitive_open=True)], (EXEMPT, SC, SA)),
        (Volume(), [Volume(sensitive=10_000, ordinary_open=True)], (EXEMPT, SA)),
    ],
)
def test_open_volumes_may_be_any_larger_number(counted, maybe, expected):
    assert volume_outcomes(counted, maybe) == expected
