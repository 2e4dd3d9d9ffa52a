"""Routes to given targets: waves, orders that are searched for, parking, other targets, and who is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from random import Random

import pytest

from placewright.models.movable import Discipline, MovePolicy
from placewright.models.rebalance_options import Limits
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.moves import waves
from placewright.solver.moves.cluster import Cluster, Move
from placewright.solver.moves.descend import Allowance
from placewright.solver.moves.passage import Passage
from placewright.solver.moves.waves import PARKING, Route, Router
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import EVICTS, budget, runs
from placewright.tests.running import tight_cluster

FREE = Limits(per_workload=0)


def routed(
    cluster: Snapshot,
    targets: Mapping[str, str],
    *,
    elsewhere: Sequence[str] = (),
    detours: Allowance | None = None,
    policy: MovePolicy = MovePolicy(),  # noqa: B008 - immutable
    limits: Limits = FREE,
    seconds: float = 60.0,
) -> Route:
    """The route to targets (agent name -> node name); elsewhere: nodes for whoever cannot go there."""
    keys = {f"default/{name}": to for name, to in targets.items()}
    router = Router(
        cluster,
        keys,
        dict.fromkeys(keys, "goal"),
        policy=policy,
        limits=limits,
        elsewhere=lambda key, target: elsewhere,
        cost=lambda key: 100 * cluster.agent_by_key[key].move_weight,
        trip=lambda key, source, target: 100 * cluster.agent_by_key[key].move_weight,
        detours=detours or Allowance(),
        deadline=Deadline(seconds),
    )
    return router.run()


def steps(route: Route) -> list[list[tuple[str, str, str]]]:
    """For each wave who goes from where to where."""
    return [[(move.key.split("/")[1], move.source, move.target) for move in wave] for wave in route.waves]


def full(*agents: tuple[str, str], nodes: str = "ab") -> Snapshot:
    """Nodes that hold one of these agents (name, node) each."""
    return snapshot(
        [node(name, cpu=1000) for name in nodes], [runs(name, on, app=name, cpu=1000) for name, on in agents]
    )


def test_what_holds_together_goes_in_one_wave() -> None:
    cluster = snapshot([node("a"), node("b"), node("c")], [runs("x", "a"), runs("y", "b", app="db")])
    route = routed(cluster, {"x": "c", "y": "c"})
    assert steps(route) == [[("x", "a", "c"), ("y", "b", "c")]]
    assert (route.moves, route.stuck, route.changed) == (2, {}, {})


def test_nobody_to_move_is_no_wave() -> None:
    assert routed(full(("x", "a")), {}).waves == []


def test_who_is_in_the_way_goes_first_and_of_those_the_dearest() -> None:
    cluster = full(("x", "a"), ("y", "b"), nodes="abc")
    assert steps(routed(cluster, {"x": "b", "y": "c"})) == [[("y", "b", "c")], [("x", "a", "b")]]
    alike = snapshot([node("a"), node("b")], [runs("cheap", "a"), runs("dear", "a", move_weight=9)])
    one = routed(alike, {"cheap": "b", "dear": "b"}, limits=Limits(total=1))
    assert [wave[0][0] for wave in steps(one)] == ["dear", "cheap"]


def test_two_that_want_each_others_place_park_the_cheaper_one() -> None:
    nodes = [node(name, cpu=1000) for name in "abc"]
    agents = [runs("x", "a", app="x", cpu=1000, move_weight=2), runs("y", "b", app="y", cpu=1000)]
    detours = Allowance(moves=1, cost=100)
    route = routed(snapshot(nodes, agents), {"x": "b", "y": "a"}, elsewhere=["c"], detours=detours)
    assert steps(route) == [[("y", "b", "c")], [("x", "a", "b")], [("y", "c", "a")]]
    assert [wave[0].why for wave in route.waves] == [PARKING, "goal", "goal"]
    assert detours == Allowance(moves=0, cost=0)


@pytest.mark.parametrize("detours", [Allowance(moves=0), Allowance(cost=99)], ids=str)
def test_nobody_parks_where_no_detour_is_left(detours: Allowance) -> None:
    cluster = full(("x", "a"), ("y", "b"), nodes="abc")
    route = routed(cluster, {"x": "b", "y": "a"}, elsewhere=["a", "b"], detours=detours)
    assert (route.waves, sorted(route.stuck)) == ([], ["default/x", "default/y"])


def test_parking_that_lets_nobody_go_is_undone() -> None:
    # x and y could park on c, but b is too small for x whatever happens.
    nodes = [node("a", cpu=2000), node("b", cpu=1000), node("c", cpu=1000)]
    cluster = snapshot(nodes, [runs("x", "a", app="x", cpu=2000), runs("y", "b", app="y", cpu=1000)])
    route = routed(cluster, {"x": "b"}, elsewhere=["c", "a"])
    assert route.waves == []
    assert route.stuck == {"default/x": "resources: Insufficient cpu"}


def test_who_cannot_get_there_is_given_another_target() -> None:
    cluster = full(("x", "a"), ("stays", "b"), nodes="abc")
    route = routed(cluster, {"x": "b"}, elsewhere=["a", "b", "c"])
    assert steps(route) == [[("x", "a", "c")]]
    assert (route.changed, route.stuck) == ({"default/x": "c"}, {})


def test_who_can_go_nowhere_is_told_with_the_reason() -> None:
    cluster = full(("x", "a"), ("stays", "b"))
    assert routed(cluster, {"x": "b"}).stuck == {"default/x": "resources: Insufficient cpu"}


def test_nobody_whose_budget_lets_nobody_go_is_sent_anywhere_else() -> None:
    cluster = snapshot(
        [node("a"), node("b"), node("c")], [runs("x", "a")], budgets=(budget(max_unavailable=0),)
    )
    route = routed(cluster, {"x": "b"}, elsewhere=["c"])
    assert route.waves == []
    assert route.stuck["default/x"].startswith("disruption budget web")


def test_without_time_what_is_left_is_stuck() -> None:
    crossing = full(("x", "a"), ("y", "b"), nodes="abc")
    late = routed(crossing, {"x": "b", "y": "a"}, elsewhere=["c"], seconds=0.0)
    assert sorted(late.stuck) == ["default/x", "default/y"]
    assert late.waves == []


def test_replacements_come_first_where_they_can_and_are_asked_to() -> None:
    surge = MovePolicy(discipline=Discipline.SURGE)
    cluster = snapshot([node("a"), node("b")], [runs("x", "a"), runs("set", "a", kind="StatefulSet")])
    route = routed(cluster, {"x": "b", "set": "b"}, policy=surge)
    how = {move.key: move.discipline for wave in route.waves for move in wave}
    assert how == {"default/x": Discipline.SURGE, "default/set": EVICTS}
    plain = routed(cluster, {"x": "b"})
    assert plain.waves[0][0].discipline is EVICTS


def needs_an_order() -> tuple[Snapshot, dict[str, str]]:
    """y and z both go to c, one after x has left it; but the one that takes c's other half locks x in."""
    nodes = [node("a", cpu=2000), node("b", cpu=1000), node("c", cpu=2000)]
    agents = [
        runs("x", "c", app="x", cpu=1000),
        runs("y", "a", app="y", cpu=1000, move_weight=5),
        runs("z", "a", app="z", cpu=1000),
        runs("w", "b", app="w", cpu=1000),
    ]
    return snapshot(nodes, agents), {"x": "b", "y": "c", "z": "c", "w": "a"}


def test_an_order_is_searched_for_where_the_first_one_leads_nowhere() -> None:
    cluster, targets = needs_an_order()
    route = routed(cluster, targets)
    assert (route.stuck, route.changed) == ({}, {})
    assert {move.key for wave in route.waves for move in wave} == {f"default/{name}" for name in "xyzw"}


def test_a_search_for_orders_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waves, "MOST_TRIED", 0)
    crossing = full(("x", "a"), ("y", "b"), nodes="abc")
    assert sorted(routed(crossing, {"x": "b", "y": "a"}).stuck) == ["default/x", "default/y"]


def goes_one_by_one(cluster: Snapshot, targets: Mapping[str, str]) -> bool:
    """Whether some order of single moves leads to the targets."""
    for order in permutations(targets):
        between = Cluster(cluster)
        for name in order:
            passage, agent = Passage(between, FREE), cluster.agent_by_key[f"default/{name}"]
            if passage.add(Move(agent.key, agent.node_name, targets[name], EVICTS, "goal")):
                break
            passage.commit()
        else:
            return True
    return False


def somewhere(rng: Random, cluster: Snapshot, names: Sequence[str]) -> dict[str, str]:
    """Where these agents come one after the other; or anywhere, which is mostly too full."""
    between, targets = Cluster(cluster), {}
    for name in names:
        agent = cluster.agent_by_key[f"default/{name}"]
        for to in rng.sample(cluster.nodes, len(cluster.nodes)):
            passage = Passage(between, FREE)
            if to.name != agent.node_name and not passage.add(
                Move(agent.key, agent.node_name, to.name, EVICTS, "goal")
            ):
                passage.commit()
                targets[name] = to.name
                break
    if rng.random() < 0.3:
        targets[rng.choice(names)] = rng.choice(cluster.nodes).name
    return {
        name: to for name, to in targets.items() if cluster.agent_by_key[f"default/{name}"].node_name != to
    }


def check_orders(seed: int) -> bool:
    """A route is found without detours exactly where some order leads there; whether one does."""
    rng = Random(seed)
    cluster = tight_cluster(rng)
    names = [a.name for a in cluster.agents]
    targets = somewhere(rng, cluster, rng.sample(names, min(len(names), rng.randint(3, 5))))
    # Asked for from the last to the first.
    targets = dict(reversed(targets.items()))
    route = routed(cluster, targets, detours=Allowance(moves=0))
    possible = goes_one_by_one(cluster, targets)
    assert (not route.stuck) is possible, seed
    where = {a.name: a.node_name for a in cluster.agents}
    for wave in steps(route):
        for name, source, target in wave:
            assert where[name] == source
            where[name] = target
    assert {name: where[name] for name in targets if f"default/{name}" not in route.stuck} == {
        name: to for name, to in targets.items() if f"default/{name}" not in route.stuck
    }
    return possible


def test_a_route_is_found_where_there_is_an_order() -> None:
    found = [check_orders(seed) for seed in range(50)]
    assert 25 < sum(found) < 50
