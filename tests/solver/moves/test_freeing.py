"""What is said to free an agent that budgets hold does: applied to the cluster, the drain gets past it."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest

from placewright.models.agent import Agent
from placewright.models.goals import Goals, parse_goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.policy import PodDisruptionBudget, Scale
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.freeing import freed_by
from placewright.solver.rebalance import rebalance
from placewright.solver.verify_rebalance import VerifiedRebalance
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import QUICK, budget, runs

DRAIN: Goals = parse_goals(("drain=a",))
NODES = ("a", "b", "c")


def held_cluster(rng: Random) -> Snapshot:
    """Three nodes with room for all, one workload or two, and budgets of every kind for the first."""
    agents: list[Agent] = []
    for app in ("web", "db")[: rng.choice((1, 2))]:
        for i in range(rng.randint(1, 4)):
            kind = rng.choice(("ReplicaSet", "ReplicaSet", "StatefulSet"))
            agents.append(
                runs(f"{app}{i}", rng.choice("aab"), app=app, kind=kind, ready=rng.random() < 0.85, cpu=10)
            )
    size = sum(a.labels["app"] == "web" for a in agents)
    kinds = (
        {"min_available": rng.randint(0, size + 1)},
        {"min_available": rng.choice(("30%", "60%", "100%"))},
        {"max_unavailable": rng.choice((0, 0, 1, "10%", "50%"))},
    )
    budgets = tuple(budget(name=f"web-{i}", **rng.choice(kinds)) for i in range(rng.choice((1, 1, 1, 2))))
    scales = {}
    if rng.random() < 0.5:
        owners = {a.owner for a in agents if a.owner is not None and a.labels["app"] == "web"}
        for owner in owners:
            own = sum(a.owner == owner for a in agents)
            scales["default", owner.kind, owner.name] = Scale((owner.kind, owner.name), own)
    return snapshot([node(n) for n in NODES], agents, budgets=budgets, scales=scales)


def blocked_in(cluster: Snapshot, options: RebalanceOptions) -> dict[str, tuple[str, ...]]:
    """Who stays on the drained node, and the budgets that are named for it."""
    verdict = rebalance(cluster, DRAIN, options, QUICK)
    assert isinstance(verdict, VerifiedRebalance), verdict.violations
    return {item.agent: item.budgets for item in verdict.plan.blocked}


def applied(way: str, cluster: Snapshot, agent: Agent) -> tuple[Snapshot, RebalanceOptions]:
    """The cluster, or the question, once somebody has done what is said."""
    options = RebalanceOptions()
    if way == "--discipline surge":
        return cluster, replace(options, policy=MovePolicy(discipline=Discipline.SURGE))
    if found := re.match(r"an agent may have one budget: take it out of all but one of ([^,]+)", way):
        left = tuple(b for b in cluster.budgets if b.name == found[1])
        cluster = replace(cluster, budgets=left)
        change = re.search(r", and (.*) for \S+$", way)
        return (cluster, options) if change is None else applied(change[1].split(" or ")[0], cluster, agent)
    (held,) = (b for b in cluster.budgets if b.selector is not None and b.selector.matches(agent.labels))
    if found := re.match(r"(\d+) more healthy", way):
        return more_healthy(cluster, held, int(found[1]), agent), options
    changed = held
    if found := re.match(r"minAvailable (\d+)", way):
        changed = replace(held, min_available=int(found[1]), max_unavailable=None)
    elif found := re.match(r"minAvailable that asks for no more than (\d+) of (\d+)", way):
        changed = replace(held, min_available=f"{100 * int(found[1]) // int(found[2])}%")
    elif found := re.match(r"maxUnavailable that allows (\d+) of", way):
        changed = replace(held, max_unavailable=int(found[1]))
    elif way.startswith("unhealthyPodEvictionPolicy AlwaysAllow"):
        changed = replace(held, always_allow_unhealthy=True)
    assert changed != held, way
    return replace(cluster, budgets=(changed,)), options


def more_healthy(cluster: Snapshot, held: PodDisruptionBudget, number: int, agent: Agent) -> Snapshot:
    """Where a number is asked for there are more agents; else those that are not ready become so."""
    if isinstance(held.min_available, int):
        made = (
            replace(agent, name=f"more{i}", uid=f"more{i}", node_name="c", ready=True) for i in range(number)
        )
        return replace(cluster, agents=(*cluster.agents, *made))
    agents = []
    for other in cluster.agents:
        cured = number > 0 and not other.ready and other.labels == agent.labels
        number -= cured
        agents.append(replace(other, ready=True) if cured else other)
    return replace(cluster, agents=tuple(agents))


def check(seed: int) -> int:
    """Every way that is said for every agent that budgets hold; how many were tried."""
    cluster = held_cluster(Random(seed))
    tried = 0
    for name, budgets in blocked_in(cluster, RebalanceOptions()).items():
        agent = cluster.agent_by_key[f"default/{name}"]
        ways = freed_by(cluster, agent, RebalanceOptions())
        assert bool(ways) == bool(budgets), (seed, name)
        for way in ways:
            freed, options = applied(way, cluster, agent)
            assert name not in blocked_in(freed, options), (seed, name, way)
            tried += 1
    return tried


def test_every_way_that_is_said_to_free_an_agent_does() -> None:
    assert sum(check(seed) for seed in range(80)) > 60


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3000, 500))
def test_every_way_that_is_said_to_free_an_agent_does_at_length(start: int) -> None:
    for seed in range(start, start + 500):
        check(seed)
