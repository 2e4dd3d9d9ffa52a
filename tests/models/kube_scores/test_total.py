"""All scores together: the worked example of §8.8, the weights of §0.4, and what profiles change."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.filters import feasible, rejection
from placewright.models.kube_scores import SCORERS, total
from placewright.models.node import Node
from placewright.models.profile import BalancedFormula, FitArgs, Profile, ScoreName
from placewright.models.selector import NodeSelectorTerm, PreferredNodeTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import MIB, agent, near, node, requirement, snapshot, taint
from placewright.tests.tiny import tiny_cluster

PLAIN = Profile()


def totals(seen: Snapshot, profile: Profile = PLAIN) -> list[int]:
    return total(ClusterState(seen), seen.agent_by_key["default/p"], seen.nodes, profile)


def two_nodes() -> Snapshot:
    """§8.8: n1 empty, n2 half full of cpu and a quarter full of memory."""
    used = agent("r", cpu=2000, memory=2048, on="n2")
    return snapshot([node("n1"), node("n2")], [used, agent("p", cpu=500, memory=1024)])


def test_the_worked_example() -> None:
    assert totals(two_nodes()) == [462, 424]


def test_the_worked_example_before_1_36() -> None:
    old = Profile(balanced_formula=BalancedFormula.UNTIL_1_35)
    assert totals(two_nodes(), old) == [87 + 100 + 300, 49 + 87 + 300]


def test_every_score_at_its_best_is_what_the_default_weights_allow() -> None:
    """§0.4: 3 + 2 + 1 + 2 + 2 + 1 + 1 times 100, less what no node can reach (balance gains 25 at most here)."""
    preferred = (PreferredNodeTerm(1, NodeSelectorTerm((requirement("disk", "In", "ssd"),))),)
    best = node("n1", labels={"disk": "ssd"}, zone="A", images={"web:1": 1000 * MIB})
    rest = node("n2", zone="B", taints=[taint("t", effect="PreferNoSchedule")], images={"web:1": 1000 * MIB})
    fan = agent("fan", affinity=(near(app="web"),), on="n1")
    crowd = agent("w", labels={"app": "web"}, on="n2")
    coming = agent(
        "p",
        labels={"app": "web"},
        extra={"example.com/x": 1},
        preferred_nodes=preferred,
        images=("web:1",),
        spread_selector=match_labels({"app": "web"}),
    )
    profile = Profile(balanced_resources=("example.com/x",))
    found = totals(snapshot([best, rest], [fan, crowd, coming]), profile)
    # Nothing is used and balance does not move: fit 100, balance 75.
    assert found[0] == 100 * (3 + 2 + 1 + 2 + 2 + 1) + 75
    assert found[0] > found[1]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        pytest.param({}, [0, 0], id="no score counts"),
        pytest.param({ScoreName.LEAST_ALLOCATED: 5}, [435, 245], id="one score alone, weighed"),
        pytest.param({ScoreName.MOST_ALLOCATED: 1}, [12, 49], id="a packing profile turns it round"),
        pytest.param({ScoreName.COST: 9, ScoreName.TAINT_TOLERATION: 1}, [100, 100], id="placewright's own scores do not count"),
    ],
)  # fmt: skip
def test_the_profiles_weights_decide(weights: dict[ScoreName, int], expected: list[int]) -> None:
    assert totals(two_nodes(), Profile(weights=weights)) == expected


def test_there_is_a_scorer_for_each_of_kube_schedulers_scores() -> None:
    assert list(SCORERS) == list(ScoreName)[:9]


@given(rng=st.randoms(use_true_random=False))
def test_every_score_is_from_0_to_100_and_blind_to_the_order_of_agents(rng: Random) -> None:
    seen = tiny_cluster(rng)
    profile = Profile(
        weights=dict.fromkeys(SCORERS, 1), fit=FitArgs(shape=((0, 10), (100, 0))), hard_affinity_weight=9
    )
    again = snapshot(
        seen.nodes,
        rng.sample(seen.agents, len(seen.agents)),
        namespaces=seen.namespaces,
        storage=seen.storage,
    )
    for one in seen.pending:
        for scorer in SCORERS.values():
            found = scorer(ClusterState(seen), one, seen.nodes, profile)
            assert found == scorer(ClusterState(again), one, again.nodes, profile)
            assert found is None or all(0 <= value <= 100 for value in found)


def test_open_nodes_are_those_that_no_rule_rejects() -> None:
    nodes: list[Node] = [node("n1", taints=[taint("t")]), node("n2", cpu=100), node("n3")]
    seen = snapshot(nodes, [agent("p", cpu=500)])
    state, p = ClusterState(seen), seen.agents[0]
    assert [n.name for n in feasible(state, p)] == ["n3"]
    reason = rejection(state, p, nodes[1])
    assert reason is not None
    assert reason.rule == "resources"
