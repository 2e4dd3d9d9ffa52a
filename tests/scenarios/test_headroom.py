"""How many more fit: named cases first; then against exhaustive search on random tiny clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import HostPort, Phase
from placewright.models.errors import InputError
from placewright.models.headroom import Headroom
from placewright.models.policy import ResourceQuota
from placewright.models.snapshot import Snapshot
from placewright.scenarios.copies import Copies
from placewright.scenarios.headroom import Wanted, headroom
from placewright.scenarios.settle import placed_first
from placewright.scenarios.templates import wanted
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused
from placewright.tests.brute_force import can_be_placed
from placewright.tests.builders import ZONE, agent, near, node, snapshot, spread, taint
from placewright.tests.tiny import tiny_cluster

SETTINGS = Settings(time_limit=60.0, workers=1)


def room(before: Snapshot, *mix: Wanted) -> Headroom:
    found = headroom(before, mix, SETTINGS)
    assert isinstance(found, Headroom), found
    assert found.proven
    return found


def like(cpu: int = 1000, weight: int = 1, name: str = "web", **fields: Any) -> Wanted:
    return Wanted(name, agent(name, cpu=cpu, labels={"app": name}, **fields), weight)


def without(found: Headroom) -> dict[str, int]:
    return {item.rule: item.more for item in found.binding}


def three(cpu: int = 2000) -> list[Any]:
    return [node(f"n{z}", cpu=cpu, zone=z, pods=10) for z in "abc"]


def test_resources_bind() -> None:
    found = room(snapshot(three()), like())
    assert (found.sets, found.bound) == (6, 6)
    assert without(found) == {"resources: cpu": 24}
    assert found.verdict == (
        "room for 6 more like web, proven; resources: cpu binds most: without it 24 further"
    )
    [kind] = found.mix
    assert (kind.agents, kind.nodes) == (6, {"na": 2, "nb": 2, "nc": 2})
    assert kind.message == "0/3 nodes are available: 3 Insufficient cpu."


def test_who_runs_stays_and_pending_agents_are_placed_first() -> None:
    there = [
        agent("r", on="na", cpu=2000, phase=Phase.RUNNING),
        agent("p", cpu=1500),
        agent("huge", cpu=9000),
    ]
    found = room(snapshot(three(), there), like())
    assert (found.sets, found.outside) == (2, 1)


@pytest.mark.parametrize(
    ("rules", "sets", "binding"),
    [
        pytest.param(
            {"anti_affinity": (near("kubernetes.io/hostname", app="web"),)},
            3,
            {"inter_agent_affinity": 3},
            id="one a node",
        ),
        pytest.param({"host_ports": (HostPort(80),)}, 3, {"host_ports": 3}, id="one port"),
        pytest.param(
            {"node_selector": {ZONE: "a"}}, 2, {"resources: cpu": 8, "node_affinity": 4}, id="one zone"
        ),
    ],
)
def test_other_rules_bind(rules: dict[str, Any], sets: int, binding: dict[str, int]) -> None:
    found = room(snapshot(three()), like(**rules))
    assert (found.sets, without(found)) == (sets, binding)


def test_spread_binds_together_with_the_smallest_zone() -> None:
    nodes = [node("na", cpu=1000, zone="a"), node("nb", cpu=5000, zone="b")]
    found = room(snapshot(nodes), like(spread=(spread(app="web"),)))
    assert found.sets == 3
    assert without(found) == {"resources: cpu": 217, "topology_spread": 3}


def test_a_quota_is_charged_for_them() -> None:
    quota = ResourceQuota("default", "pods", {"pods": 4}, used={"pods": 1})
    found = room(snapshot(three(), quotas=(quota,)), like())
    assert (found.sets, without(found)) == (3, {"quota": 3})


def test_where_two_rules_bind_at_once_none_does_alone() -> None:
    closed = node("t", cpu=1000, taints=[taint("gpu")], unschedulable=True)
    full = room(snapshot([closed]), like(cpu=1000))
    assert (full.sets, without(full)) == (0, {})
    assert full.verdict == "room for 0 more like web, proven; no single rule binds, several do at once"


def test_a_mix_comes_in_whole_sets() -> None:
    found = room(snapshot(three()), like(weight=2), like(cpu=500, name="api"))
    assert (found.sets, [kind.agents for kind in found.mix]) == (2, [4, 2])
    assert found.verdict.startswith("room for 2 more sets of 3 agents, proven")


def test_kinds_that_no_rule_tells_apart_are_one() -> None:
    found = room(snapshot(three()), like(name="a"), like(name="b", weight=2))
    assert (found.sets, [kind.agents for kind in found.mix]) == (2, [2, 4])


def test_a_template_is_an_agent_of_the_cluster_or_a_file(tmp_path: Path) -> None:
    before = snapshot(three(), [agent("web-0", namespace="shop", cpu=700)])
    found = wanted(before, "shop/web-0=3")
    assert (found.name, found.weight, found.agent.spec.requests) == ("shop/web-0", 3, {"cpu": 700})
    file = tmp_path / "x.yaml"
    file.write_text("agents: [{name: x, replicas: 2, requests: {cpu: 2}}]", encoding="utf-8")
    assert wanted(before, f"{file}=2").agent.spec.requests["cpu"] == 2000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "shop/wep-0", "--agent: no agent shop/wep-0 in the snapshot; there is shop/web-0", id="no"
        ),
        pytest.param("shop/web-0=0", "--agent: expected a number of at least 1 behind =", id="none of it"),
    ],
)
def test_what_no_template_is(text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        wanted(snapshot(three(), [agent("web-0", namespace="shop")]), text)
    assert str(error.value).startswith(told)


def test_a_file_with_more_than_one_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("agents: [{name: x}, {name: y, requests: {cpu: 1}}]", encoding="utf-8")
    with pytest.raises(InputError, match="expected one kind of agent and nothing else, found 2 kinds"):
        wanted(snapshot(three()), str(file))


MOST_TRIED = 8


def assert_exact(rng: Random) -> None:
    """The most sets that fit are those that exhaustive search places, whichever number is tried."""
    cluster = tiny_cluster(rng)
    chosen = [agent for agent in cluster.pending if not agent.spec.claims and not agent.spec.pod_group]
    settled = placed_first(cluster, SETTINGS)
    assert not isinstance(settled, Refused)
    before, _ = settled
    kinds = {agent.name.split("-")[0]: agent for agent in chosen}
    mix = [Wanted(name, agent, rng.choice((1, 1, 2))) for name, agent in kinds.items()][
        : rng.choice((1, 1, 2))
    ]
    if not mix:
        return
    # Few nodes take many agents that ask for nothing.
    before = replace(before, nodes=tuple(_small(n) for n in before.nodes))
    found = room(before, *mix)
    if found.sets < MOST_TRIED // len(mix):
        best = next(k for k in range(MOST_TRIED // len(mix), -1, -1) if _fit(before, mix, k))
        assert found.sets == best


def _small(one: Any) -> Any:
    return replace(one, allocatable={**one.allocatable, "pods": min(4, one.allocatable["pods"])})


def _fit(before: Snapshot, mix: Sequence[Wanted], sets: int) -> bool:
    if sets == 0:
        return True
    copies = Copies(before)
    new = [one for kind in mix for one in copies.of(kind.agent, kind.weight * sets)]
    asked = replace(before, agents=(*before.agents, *new))
    assert {one.key for one in asked.pending} == {one.key for one in new}
    return can_be_placed(asked)


CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@settings(CASES, max_examples=12)
@given(st.randoms(use_true_random=False))
def test_exhaustive_search_agrees(rng: Random) -> None:
    assert_exact(rng)


@pytest.mark.slow
@settings(CASES, max_examples=300)
@given(st.randoms(use_true_random=False))
def test_exhaustive_search_agrees_on_many(rng: Random) -> None:
    assert_exact(rng)
