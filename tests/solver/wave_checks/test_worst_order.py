"""The worst order of a wave's steps, rule by rule. That it is the worst is checked in test_verify_rebalance.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.audit import unassigned
from placewright.models.movable import Discipline
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.wave_checks.worst_order import Step, WorstOrder
from placewright.tests.builders import ZONE, near, node, snapshot, spread
from placewright.tests.moving import move, runs

EVICTS, SURGE = Discipline.EVICT_THEN_BIND, Discipline.SURGE
EVEN = spread(app="web")


def step(cluster: Snapshot, name: str, to: str, how: Discipline) -> Step:
    old = cluster.agent_by_key[f"default/{name}"]
    new = replace(unassigned(old), name=f"{name}~")
    nodes = cluster.node_by_name
    return Step(move(cluster, name, to, how), old, new, nodes[old.node_name], nodes[to])


def blamed(cluster: Snapshot, how: Discipline = EVICTS, /, **targets: str) -> list[tuple[str, str]]:
    """(agent, rule) of whatever is wrong in some order; the state must be as before, afterwards."""
    state = ClusterState(cluster)
    steps = [step(cluster, name, to, how) for name, to in targets.items()]
    found = [(v.agent.removeprefix("default/"), v.rule) for v in WorstOrder(state, steps).violations()]
    assert not state.new
    assert not state.evicted
    assert {a.key for a, _ in state.assignments()} == {a.key for a in cluster.agents}
    return found


def zoned(*agents: Any) -> Snapshot:
    """Nodes a and b in zone one, c in zone two, d in zone three, out in none."""
    zones = {"a": "one", "b": "one", "c": "two", "d": "three", "out": None}
    return snapshot([node(name, cpu=1000, zone=zone) for name, zone in zones.items()], agents)


def test_room_is_asked_with_everybody_there_but_the_one_who_comes() -> None:
    cluster = zoned(runs("x", "a", cpu=600), runs("y", "b", cpu=600))
    assert blamed(cluster, x="b", y="a") == [("x", "resources"), ("y", "resources")]
    assert blamed(cluster, x="c", y="d") == []


def test_who_surges_is_on_both_nodes_at_once() -> None:
    apart: dict[str, Any] = {"anti_affinity": (near(app="web"),)}
    cluster = zoned(runs("x", "a", **apart))
    assert blamed(cluster, x="b") == []
    assert blamed(cluster, SURGE, x="b") == [("x", "inter_agent_affinity")]
    assert blamed(cluster, SURGE, x="c") == []


@pytest.mark.parametrize(
    ("fields", "targets", "fine"),
    [
        pytest.param({}, {"x": "b"}, True, id="one in each zone, moved within its own"),
        pytest.param({}, {"x": "c"}, False, id="two where the zone it came from is empty"),
        pytest.param({"max_skew": 2}, {"x": "c"}, True, id="which a skew of two allows"),
        pytest.param(
            {"max_skew": 2}, {"x": "c", "y": "d"}, True, id="one domain is left by one, and others stay"
        ),
        pytest.param({"min_domains": 4}, {"x": "b"}, True, id="one is never too many where the least is 0"),
        pytest.param({"min_domains": 4}, {"x": "c"}, False, id="two are, with fewer domains than asked for"),
        pytest.param({"selector": None}, {"x": "c"}, True, id="a null selector counts nobody"),
    ],
)
def test_skew_is_that_of_the_worst_moment(
    fields: dict[str, Any], targets: dict[str, str], fine: bool
) -> None:
    even = (replace(EVEN, **fields),)
    cluster = zoned(*(runs(name, where, spread=even) for name, where in zip("xyz", "acd", strict=True)))
    found = blamed(cluster, **targets)
    assert {rule for _, rule in found} == (set() if fine else {"topology_spread"})


def test_company_lasts_only_if_it_does_not_move_in_the_wave() -> None:
    needs: dict[str, Any] = {"affinity": (near(app="db"),)}
    staying = zoned(runs("x", "c", **needs), runs("y", "a", app="db"), runs("z", "a", app="db"))
    assert blamed(staying, x="b", z="b") == []
    leaving = zoned(runs("x", "c", **needs), runs("y", "a", app="db"))
    assert blamed(leaving, x="b", y="b") == [("x", "inter_agent_affinity")]


def test_the_first_of_its_series_needs_no_company_and_a_zone() -> None:
    alone = zoned(runs("x", "a", affinity=(near(ZONE, app="web"),)))
    assert blamed(alone, x="c") == []
    assert blamed(alone, x="out") == [("x", "inter_agent_affinity")]
    # With its replacement beside it somebody of the series is there, elsewhere.
    assert blamed(alone, SURGE, x="c") == [("x", "inter_agent_affinity")]
    assert blamed(alone, SURGE, x="b") == []


def test_somebody_who_moved_in_an_earlier_wave_is_put_back_to_where_it_is_then() -> None:
    cluster = zoned(runs("x", "a", cpu=600), runs("y", "c", cpu=600))
    state, nodes = ClusterState(cluster), cluster.node_by_name
    old = cluster.agent_by_key["default/x"]
    now = replace(unassigned(old), name="x~1")
    state.remove(old, nodes["a"])
    state.place(now, nodes["b"])
    again = Step(move(cluster, "x", "a", EVICTS), now, replace(now, name="x~2"), nodes["b"], nodes["a"])
    assert list(WorstOrder(state, [again]).violations()) == []
    assert state.new == {"default/x~1": "b"}
