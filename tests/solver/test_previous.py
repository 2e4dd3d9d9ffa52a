"""Rounds that start from the plan of the round before."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from placewright.models.plan import Plan
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.previous import previous_places, strangers
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, node, snapshot, spread


def _cluster(rng: Random, nodes: int, pending: int) -> Snapshot:
    return snapshot(
        [node(f"n{i}", cpu=8000, memory=16384, zone="abc"[i % 3]) for i in range(nodes)],
        [
            agent(
                f"a{i}",
                cpu=rng.randint(100, 3000),
                memory=rng.randint(100, 4000),
                labels={"app": f"app-{i % 7}"},
                spread=(spread(app=f"app-{i % 7}"),) if i % 7 < 2 else (),
            )
            for i in range(pending)
        ],
    )


def _placed(cluster: Snapshot, before: Plan | None = None) -> Plan:
    start = None if before is None else previous_places(cluster, before)
    settings = Settings(time_limit=2.0, workers=1)
    verdict = place(cluster, settings, start=start, warm=before is not None)
    assert isinstance(verdict, VerifiedPlan), verdict
    return verdict.plan


def _where(plan: Plan) -> dict[str, str]:
    return {binding.agent: binding.node for binding in plan.bindings}


def test_nothing_has_changed_and_nobody_goes_elsewhere() -> None:
    cluster = _cluster(Random(1), 12, 40)
    before = _placed(cluster)
    again = _placed(cluster, before)
    assert [level.value for level in again.levels[:-1]] == [level.value for level in before.levels[:-1]]
    assert again.levels[-1].value <= before.levels[-1].value
    if again.levels[-1].value == before.levels[-1].value:
        assert _where(again) == _where(before)


def test_of_a_group_everybody_keeps_its_own_place_whoever_is_gone() -> None:
    nodes = [node(f"n{i}", cpu=4000, zone="a") for i in range(5)]
    same = [agent(f"s{i}", cpu=1500) for i in range(5)]
    before = _placed(snapshot(nodes, same))
    after = _where(_placed(snapshot(nodes, same[1:]), before))
    assert after == {name: where for name, where in _where(before).items() if name in after}
    assert len(after) == 4


def test_who_was_placed_keeps_a_place_where_a_node_is_gone_and_others_have_come() -> None:
    rng = Random(2)
    cluster = _cluster(rng, 12, 30)
    before = _placed(cluster)
    gone = cluster.nodes[0].name
    newcomers = tuple(agent(f"late-{i}", cpu=500, memory=500) for i in range(3))
    changed = replace(cluster, nodes=cluster.nodes[1:], agents=(*cluster.agents[2:], *newcomers))
    after = _placed(changed, before)
    assert gone not in _where(after).values()
    assert len(after.bindings) == len(changed.pending)


def test_of_another_clusters_plan_nothing_is_taken_and_it_is_named() -> None:
    theirs, ours = _cluster(Random(3), 4, 6), _cluster(Random(3), 4, 6)
    other = replace(
        theirs,
        nodes=tuple(replace(n, name=f"far-{n.name}") for n in theirs.nodes),
        agents=tuple(replace(a, name=f"far-{a.name}") for a in theirs.agents),
    )
    plan = _placed(other)
    assert previous_places(ours, plan) == {}
    agents, nodes = strangers(ours, plan)
    assert "6 of the 6 agents of the previous plan are not in this snapshot, first default/far-a" in agents
    assert "nodes of the previous plan are not in this snapshot, first far-n" in nodes
    assert len(_placed(ours, plan).bindings) == 6


def test_who_was_bound_since_is_no_stranger() -> None:
    cluster = _cluster(Random(4), 4, 6)
    plan = _placed(cluster)
    first = plan.bindings[0]
    running = tuple(replace(a, node_name=first.node) if a.name == first.agent else a for a in cluster.agents)
    later = replace(cluster, agents=running)
    assert list(strangers(later, plan)) == []
    assert len(previous_places(later, plan)) == 5
