"""Who may move and who may not, and what moves cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent, ClaimUse
from placewright.models.audit import unassigned
from placewright.models.goals import Goal, parse_goals
from placewright.models.movable import Discipline, MovePolicy, may_surge, pinned, pins
from placewright.models.move_cost import MoveCosts, Pricing
from placewright.models.policy import PodDisruptionBudget
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage
from placewright.tests.builders import HOSTNAME, node, node_affinity, requirement, snapshot
from placewright.tests.moving import budget, runs


def cluster(*agents: Agent, **fields: Any) -> Snapshot:
    return snapshot([node("a"), node("b")], agents, **fields)


def why(agent: Agent, policy: MovePolicy | None = None, **fields: Any) -> str:
    return pinned(cluster(agent, **fields), policy or MovePolicy())[agent.key]


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        pytest.param(runs("x", "a"), "", id="an agent of a ReplicaSet moves"),
        pytest.param(runs("x", "a", kind="DaemonSet"), "belongs to its node", id="a daemon stays"),
        pytest.param(runs("x", "a", static=True), "belongs to its node", id="a static one stays"),
        pytest.param(runs("x", "a", terminating=True), "is being deleted already", id="one that is going"),
        pytest.param(
            replace(runs("x", "a"), recreated=False), "nothing would make it anew elsewhere", id="a bare one"
        ),
        pytest.param(runs("x", "a", scheduler_name="other"), "is of another scheduler", id="another's"),
        pytest.param(runs("x", "a", local_storage=True), "keeps data on its node", id="local data"),
        pytest.param(
            runs("x", "a", claims=(ClaimUse("x-scratch", ephemeral=True),)),
            "has a volume that ends with it",
            id="an ephemeral volume",
        ),
    ],
)
def test_who_stays_and_why(agent: Agent, reason: str) -> None:
    assert why(agent) == reason


def test_local_data_may_be_lost_where_that_is_said() -> None:
    assert why(runs("x", "a", local_storage=True), MovePolicy(local_storage=True)) == ""


def test_the_young_stay_by_the_clock_of_the_snapshot_or_another() -> None:
    young = runs("x", "a", started="2026-01-01T12:00:00Z")
    old = runs("y", "a", started="2026-01-01T11:00:00Z")
    both = cluster(young, old)
    assert pinned(both, MovePolicy()) == {
        "default/x": "started less than 300 s ago",
        "default/y": "",
    }
    later = MovePolicy(now="2026-01-01T14:00:00+01:00")
    assert set(pinned(both, later).values()) == {""}


def test_a_volume_that_only_its_node_reaches_keeps_an_agent() -> None:
    claim = PersistentVolumeClaim("default", "data", volume_name="pv", bound=True)
    only_a = node_affinity([requirement(HOSTNAME, "In", "a")])

    def storage(affinity: Any) -> Storage:
        return Storage(
            claims={claim.key: claim}, volumes={"pv": PersistentVolume("pv", node_affinity=affinity)}
        )

    agent = runs("x", "a", claims=(ClaimUse("data"),))
    assert why(agent, storage=storage(only_a)) == "its volume pv is on its node"
    assert why(agent, storage=storage(None)) == ""


@pytest.mark.parametrize(
    ("budgets", "surge", "moves"),
    [
        pytest.param([budget(min_available=0)], False, True, id="a budget that lets one go"),
        pytest.param([budget(min_available=1)], False, False, id="one that lets nobody go"),
        pytest.param([budget(min_available=1)], True, True, id="a second one beside it is enough"),
        pytest.param([budget(min_available=2)], True, False, id="too few as it is"),
        pytest.param([budget(min_available="100%")], True, False, id="as many as there are to be"),
        pytest.param([budget(max_unavailable=0)], True, False, id="none less than there are to be"),
        pytest.param([budget(name="a", min_available=0), budget(name="b")], True, False, id="two of them"),
    ],
)
def test_budgets_keep_those_that_they_never_let_go(
    budgets: list[PodDisruptionBudget], surge: bool, moves: bool
) -> None:
    policy = MovePolicy(discipline=Discipline.SURGE if surge else Discipline.EVICT_THEN_BIND)
    assert (why(runs("x", "a"), policy, budgets=tuple(budgets)) == "") is moves


def test_only_what_needs_nothing_for_itself_runs_twice() -> None:
    once = PersistentVolumeClaim("default", "once", access_modes=frozenset({"ReadWriteOnce"}))
    many = PersistentVolumeClaim("default", "many", access_modes=frozenset({"ReadWriteMany"}))
    world = cluster(storage=Storage(claims={c.key: c for c in (once, many)}))
    assert may_surge(world, runs("x", "a"))
    assert may_surge(world, runs("x", "a", claims=(ClaimUse("many"),)))
    assert not may_surge(world, runs("x", "a", claims=(ClaimUse("once"),)))
    assert not may_surge(world, runs("x", "a", kind="StatefulSet"))


def test_moves_cost_by_state_size_priority_age_and_weight() -> None:
    plain = runs("plain", "a", started="2026-01-01T10:00:00Z")
    agents = [
        plain,
        runs("stateful", "a", kind="StatefulSet", claims=(ClaimUse("data"),)),
        runs("large", "a", cpu=2000),
        runs("important", "a", priority=1000),
        runs("fresh", "a", started="2026-01-01T12:00:00Z"),
        runs("weighed", "a", move_weight=3),
        runs("free", "a", move_weight=0),
    ]
    costs = MoveCosts(cluster(*agents), MovePolicy())
    assert {agent.name: costs.of(agent) for agent in agents} == {
        "plain": 100,
        "stateful": 300,
        "large": 150,
        "important": 200,
        "fresh": 200,
        "weighed": 300,
        "free": 0,
    }
    even = MoveCosts(cluster(*agents), MovePolicy(), Pricing.EVEN)
    assert {even.of(agent) for agent in agents} == {100}


def test_who_has_just_started_costs_twice_also_where_it_is_asked_about_as_if_it_were_to_be_placed() -> None:
    old = runs("old", "a", started="2026-01-01T10:00:00Z", created="2026-01-01T09:00:00Z")
    fresh = runs("fresh", "a", started="2026-01-01T12:00:00Z", created="2026-01-01T09:00:00Z")
    costs = MoveCosts(cluster(old, fresh), MovePolicy())
    assert [costs.of(unassigned(agent)) for agent in (old, fresh)] == [100, 200]


def test_goals_are_read_in_their_order_with_the_nodes_to_drain() -> None:
    goals = parse_goals(("balance", "drain=a,b,spread", "drain=c"))
    assert goals.names == (Goal.BALANCE, Goal.DRAIN, Goal.SPREAD)
    assert goals.drained == ("a", "b", "c")
    assert goals.scored == (Goal.BALANCE, Goal.SPREAD)


def test_ages_are_counted_to_the_heartbeat_of_a_node_where_that_is_later() -> None:
    started = runs("x", "a", started="2026-01-01T12:00:00Z")
    beating = snapshot([node("a", heartbeat="2026-01-01T12:04:00Z"), node("b")], [started])
    assert pinned(beating, MovePolicy())[started.key] == "started less than 300 s ago"
    beating = snapshot([node("a", heartbeat="2026-01-01T12:06:00Z"), node("b")], [started])
    assert pinned(beating, MovePolicy())[started.key] == ""


@pytest.mark.parametrize(
    ("agent", "helps"),
    [
        pytest.param(runs("x", "a", local_storage=True), "--move-local-storage or ", id="local data"),
        pytest.param(runs("x", "a", stays_because="y: true"), "take that annotation away", id="annotated"),
        pytest.param(replace(runs("x", "a"), recreated=False), "a controller that makes", id="a bare one"),
        pytest.param(
            runs("x", "a", started="2026-01-01T12:00:00Z"), "wait 300 s or --min-age 0", id="a young one"
        ),
        pytest.param(runs("x", "a", terminating=True), "", id="one that is going"),
    ],
)
def test_what_would_let_one_go_is_told(agent: Agent, helps: str) -> None:
    pin = pins(cluster(agent), MovePolicy())[agent.key]
    assert pin is not None
    assert pin.helps.startswith(helps)
    assert bool(pin.helps) == bool(helps)
