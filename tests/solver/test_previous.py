"""Rounds that start from the plan of the round before."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from placewright.models.plan import Binding, Level, Plan, Status
from placewright.models.policy import ResourceQuota
from placewright.models.snapshot import Snapshot
from placewright.models.unplaced import Unplaced
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.first_answer import first_answer, resumed
from placewright.solver.outcome import counts_of
from placewright.solver.place import place
from placewright.solver.previous import Previous, previous_places, strangers
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.builders import agent, agents, node, snapshot, spread
from placewright.tests.tiny import tiny_cluster


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
    previous = None if before is None else Previous.of(cluster, before)
    settings = Settings(time_limit=2.0, workers=1)
    verdict = place(cluster, settings, previous=previous)
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


def _plan(places: dict[str, str], unplaced: tuple[str, ...] = ()) -> Plan:
    return Plan(
        status=Status.FEASIBLE,
        bindings=tuple(Binding(namespace="default", agent=name, node=n) for name, n in places.items()),
        unplaced=tuple(Unplaced(namespace="default", agent=name) for name in unplaced),
    )


def test_a_newcomer_gets_the_place_of_one_of_its_workload_that_is_gone() -> None:
    before = _plan({"web-a": "n1", "web-b": "n2", "web-d": "gone", "web-10-a": "n3"})
    cluster = snapshot(
        [node("n1"), node("n2"), node("n3")],
        [agent(name) for name in ("web-a", "web-c", "web-e", "web-f", "webs-a")],
    )
    assert previous_places(cluster, before) == {"default/web-a": "n1", "default/web-c": "n2"}


def test_of_two_that_are_gone_each_has_another_successor() -> None:
    before = _plan({"web-a": "n1", "web-b": "n2"})
    cluster = snapshot([node("n1"), node("n2")], [agent("web-y"), agent("web-x")])
    assert previous_places(cluster, before) == {"default/web-x": "n1", "default/web-y": "n2"}


def test_nobody_succeeds_who_was_left_out_before_or_has_a_name_of_its_own() -> None:
    before = _plan({"web-a": "n1", "db": "n1", "run-a": "n1"}, ("web-b",))
    cluster = snapshot(
        [node("n1")], [agent("web-b"), agent("db2"), agent("job"), agent("run-a", on="n1"), agent("run-b")]
    )
    assert previous_places(cluster, before) == {}


def test_who_lost_its_place_comes_first_where_only_others_can_make_room() -> None:
    """Two small ones on each of two nodes; the big one's node is gone, and it fits beside one of them."""
    nodes = [node(f"n{i}", cpu=4000) for i in range(2)]
    small, big = [agent(f"s{i}", cpu=1000) for i in range(4)], agent("big", cpu=3000)
    places = {one.key: f"n{i % 2}" for i, one in enumerate(small)}
    compilation, problem = compile_problem(snapshot(nodes, [*small, big]))
    known = counts_of(compilation, places)
    count = resumed(compilation, problem, Deadline(10.0), known)
    assert count.sum() == 5
    assert acceptor(compilation, problem)(count)


def test_of_those_that_quotas_limit_as_many_are_resumed_as_there_may_be() -> None:
    """Room for two: the plan before chose the small ones, and the large one must not come in their place."""
    quota = ResourceQuota("default", "q", {"requests.cpu": 3000}, used={"requests.cpu": 0})
    small = [replace(agent(f"s{i}", cpu=1500), admitted=False) for i in range(2)]
    large = replace(agent("large", cpu=2000), admitted=False)
    cluster = replace(
        snapshot([node("n1", cpu=8000), node("n2", cpu=8000)], [large, *small]), quotas=(quota,)
    )
    compilation, problem = compile_problem(cluster)
    nobody = counts_of(compilation, {})
    count = resumed(compilation, problem, Deadline(10.0), nobody)
    assert next(level.value(count) for level in problem.levels) == 2


@pytest.mark.parametrize("seed", range(20))
def test_what_a_warm_round_says_of_the_best_is_never_beaten(seed: int) -> None:
    rng = Random(seed)
    cluster = tiny_cluster(rng)
    before = _placed(cluster)
    gone = rng.choice(cluster.pending) if len(cluster.pending) > 1 else None
    nodes = cluster.nodes[1:] if len(cluster.nodes) > 1 else cluster.nodes
    changed = replace(cluster, nodes=nodes, agents=tuple(a for a in cluster.agents if a is not gone))
    best = best_values(changed)
    for level in _placed(changed, before).levels:
        sign = 1 if level.sense == "maximize" else -1
        assert sign * best[level.name] <= sign * level.bound
        if level.value != best[level.name]:
            break


def test_a_plan_of_another_cluster_does_not_make_a_round_a_hasty_one() -> None:
    theirs = _placed(_cluster(Random(3), 4, 6))
    ours = snapshot([node("n0")], [agent(f"mine-{i}") for i in range(3)])
    assert not Previous.of(ours, theirs).alike
    assert Previous.of(_cluster(Random(3), 4, 6), theirs).alike


def test_a_gap_that_says_little_is_none_to_end_with() -> None:
    levels = (
        Level(name="placed/priority=0", sense="maximize", value=99, bound=100),
        Level(name="scores", sense="minimize", value=100, bound=20),
    )
    plan = Plan(status=Status.FEASIBLE, levels=levels)
    assert Previous.of(_cluster(Random(5), 2, 2), plan).gaps == {"placed/priority=0": 0.01}


def test_an_answer_that_is_known_is_filled_up_however_late_it_is() -> None:
    compilation, problem = compile_problem(snapshot([node("n1"), node("n2")], agents("a", 3, cpu=1000)))
    nobody = np.zeros_like(problem.cap)
    known = nobody.copy()
    known[0, 1] = 1
    count, _ = first_answer(compilation, problem, Deadline(0.0), lambda _: True, nobody, known)
    assert int(count.sum()) == 3
    assert count[0, 1] >= 1
