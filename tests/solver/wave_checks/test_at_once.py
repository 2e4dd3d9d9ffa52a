"""Waves in which all move at once: everybody against where all others are to be, and what is in use twice."""

from __future__ import annotations

from typing import Any

from placewright.models.agent import Agent
from placewright.models.audit import unassigned
from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.verify_rebalance import RefusedRebalance, verify_rebalance
from placewright.solver.wave_checks.at_once import AtOnce
from placewright.solver.wave_checks.worst_order import Step
from placewright.tests.builders import HOSTNAME, near, node, snapshot
from placewright.tests.moving import move, plan_of, runs

AT_ONCE = Discipline.AT_ONCE


def step(cluster: Snapshot, name: str, to: str) -> Step:
    old = cluster.agent_by_key[f"default/{name}"]
    nodes = cluster.node_by_name
    return Step(move(cluster, name, to, AT_ONCE), old, unassigned(old), nodes[old.node_name], nodes[to])


def said(cluster: Snapshot, *double: str, **targets: str) -> list[str]:
    """What is wrong where each agent goes to its target; the state must be as before, afterwards."""
    state = ClusterState(cluster)
    there = {key: agent.node_name for key, agent in _everybody(state)}
    steps = [step(cluster, name, to) for name, to in targets.items()]
    found = [f"{v.rule}: {v.message}" for v in AtOnce(state, steps, double).violations()]
    assert {key: agent.node_name for key, agent in _everybody(state)} == there
    assert not state.new
    assert not state.evicted
    return found


def _everybody(state: ClusterState) -> list[tuple[str, Agent]]:
    return [(agent.key, agent) for agent, _ in state.assignments()]


def pair(**fields: Any) -> Snapshot:
    """x fills a, and y fills b."""
    return snapshot(
        [node("a", cpu=1000), node("b", cpu=1000)],
        [runs("x", "a", cpu=1000, **fields), runs("y", "b", cpu=1000, **fields)],
    )


def test_two_that_fill_their_nodes_change_places() -> None:
    assert said(pair(), x="b", y="a") == []


def test_one_that_goes_where_somebody_stays_finds_no_room() -> None:
    assert said(pair(), x="b") == ["resources: Insufficient cpu"]


def test_what_is_copied_is_in_use_on_both_nodes() -> None:
    assert (
        said(pair(), "cpu", x="b", y="a") == ["resources: cpu: 2000 in use while moves go on, 1000 there"] * 2
    )
    assert said(pair(), "memory", x="b", y="a") == []


def test_those_who_shun_each_other_are_asked_where_they_are_to_be() -> None:
    apart: dict[str, Any] = {"anti_affinity": (near(HOSTNAME, app="web"),)}
    assert said(pair(**apart), x="b", y="a") == []
    roomy = snapshot([node("a"), node("b"), node("c")], [runs("x", "a", **apart), runs("y", "b", **apart)])
    together = said(roomy, x="c", y="c")
    assert [message.split(":")[0] for message in together] == ["inter_agent_affinity"] * 2


def test_a_second_wave_that_moves_somebody_again_is_refused_and_no_fault() -> None:
    cluster = snapshot([node("a"), node("b"), node("c")], [runs("x", "a")])
    first = move(cluster, "x", "b", AT_ONCE)
    again = first.model_copy(update={"from_node": "b", "to_node": "c"})
    policy = MovePolicy(discipline=AT_ONCE)
    verdict = verify_rebalance(cluster, plan_of(cluster, [[first], [again]], Goals((Goal.BALANCE,)), policy))
    assert isinstance(verdict, RefusedRebalance)
    assert verdict.violations[0].message == "wave 2: a second wave where all move at once"
