"""Running agents that are alike are read once; what comes out is what reading each of them gives."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from placewright.models.agent import AgentSpec
from placewright.models.rules import RULES
from placewright.models.rules.topology import Matcher, matches
from placewright.models.rules.victims import evictable
from placewright.solver.compile import compile_groups
from placewright.solver.settled import loads, settle
from placewright.tests.builders import agent, near, node, snapshot, spec
from placewright.tests.running import running_cluster
from placewright.tests.tiny import tiny_cluster

NAMES = ("cpu", "memory")


def requested(of: AgentSpec, name: str) -> int:
    return of.requests.get(name, 0)


@pytest.mark.parametrize("seed", range(20))
def test_loads_are_those_of_each_agent_by_itself(seed: int) -> None:
    cluster = running_cluster(Random(seed))
    position = {one.name: n for n, one in enumerate(cluster.nodes)}
    expected = np.zeros((len(cluster.nodes), len(NAMES)), dtype=np.int64)
    for one in cluster.residents:
        expected[position[one.node_name]] += [requested(one.spec, name) for name in NAMES]
    assert np.array_equal(loads(settle(cluster), len(cluster.nodes), NAMES, requested), expected)


@pytest.mark.parametrize("seed", range(20))
def test_those_who_may_leave_are_not_settled(seed: int) -> None:
    cluster = running_cluster(Random(seed))
    urgent = agent("urgent", priority=max(one.spec.priority for one in cluster.agents) + 1)
    cluster = replace(cluster, agents=(*cluster.agents, urgent))
    compilation = compile_groups(cluster, preempt=True)
    leaving = sum(compilation.groups[g].size for g in np.flatnonzero(compilation.standing))
    settled = sum(int(those.number.sum()) for those in compilation.settled)
    assert leaving == len(evictable(cluster))
    assert settled == len(compilation.fixed_residents) == len(cluster.residents) - leaving


@pytest.mark.parametrize("seed", range(20))
def test_residents_that_a_matcher_means_are_counted_by_node(seed: int) -> None:
    cluster = running_cluster(Random(seed))
    compilation = compile_groups(cluster)
    matcher = Matcher((near(app="web"),))
    meant = [matches(cluster, matcher, one) for one in cluster.residents]
    expected = [
        sum(yes and one.node_name == there.name for yes, one in zip(meant, cluster.residents, strict=True))
        for there in cluster.nodes
    ]
    assert compilation.residents_matching(matcher).tolist() == expected


def test_replicas_on_several_nodes_are_one_entry() -> None:
    shared = spec(cpu=100)
    running = [replace(agent(f"a-{i}", on=f"n{i % 2}"), spec=shared) for i in range(5)]
    (those,) = settle(snapshot([node("n0"), node("n1"), node("n2")], running))
    assert (those.nodes.tolist(), those.number.tolist()) == ([0, 1], [3, 2])


@pytest.mark.parametrize("seed", range(40))
def test_rules_that_do_not_read_nodes_say_the_same_of_all(seed: int) -> None:
    cluster = tiny_cluster(Random(seed))
    for rule in RULES:
        if not rule.reads_nodes:
            for one in cluster.pending:
                assert len({rule.admits(cluster, one, there) for there in cluster.nodes}) <= 1
