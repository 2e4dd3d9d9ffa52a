"""Which rules a step towards a finished placement has to be asked of."""

from __future__ import annotations

from random import Random

import pytest

from placewright.models.filters import opening, rejection
from placewright.models.rules import RULES
from placewright.models.rules.devices import choose_devices
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.outcome import Step
from placewright.tests.builders import agent, agents, near, node, snapshot, spread
from placewright.tests.tiny import tiny_cluster


@pytest.mark.parametrize(
    ("count", "least"), [(300, 200), pytest.param(6_000, 4_000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_what_holds_in_the_end_is_refused_on_the_way_by_rules_that_may_open_alone(
    count: int, least: int
) -> None:
    looked_at = 0
    for seed in range(count):
        rng = Random(seed)
        cluster = tiny_cluster(rng)
        steps, devices = valid_steps(cluster, rng)
        rng.shuffle(steps)
        state = ClusterState(cluster)
        for one, on in steps:
            may = opening(cluster, one.spec, RULES)
            refused = [r.name for r in RULES if r not in may and r.rejects(state, one, on) is not None]
            assert not refused, (seed, one.key, on.name)
            opened = all(rule.rejects(state, one, on) is None for rule in may)
            assert (rejection(state, one, on) is None) == opened
            state.place(one, on, devices.get(one.key, ()))
            looked_at += 1
    assert looked_at > least


def valid_steps(cluster: Snapshot, rng: Random) -> tuple[list[Step], dict[str, tuple[int, ...]]]:
    """Agents on nodes that break no rule together; none where what came in one by one does."""
    state = ClusterState(cluster)
    for one in rng.sample(cluster.pending, len(cluster.pending)):
        nodes = [on for on in cluster.nodes if rejection(state, one, on) is None]
        if nodes:
            on = rng.choice(nodes)
            state.place(one, on, choose_devices(state, one, on) or ())
    if any(True for rule in RULES for _ in rule.violations(state)):
        return [], {}
    return list(state.placed()), {key: ids for key, ids in state.devices.items() if key in state.new}


def test_only_who_spreads_or_leans_on_others_has_to_come_at_its_turn() -> None:
    leaning, even, plain = agent("l", affinity=(near(app="a"),)), agent("s", spread=(spread(),)), agent("p")
    cluster = snapshot([node("n1", zone="a")], [leaning, even, plain, *agents("other", 2)])
    names = [[rule.name for rule in opening(cluster, one.spec, RULES)] for one in (leaning, even, plain)]
    assert names == [["inter_agent_affinity"], ["topology_spread"], []]
