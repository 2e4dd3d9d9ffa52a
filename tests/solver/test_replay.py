"""An accepted order is found where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from placewright.models.agent import Agent, ClaimUse
from placewright.models.filters import rejection
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage, StorageClass
from placewright.solver.outcome import Step
from placewright.solver.replay import Replayed, find_order
from placewright.tests.builders import HOSTNAME, ZONE, agent, agents, near, node, snapshot, spread

NODES = [node("n1", zone="a"), node("n2", zone="b")]


def ordered(cluster: Snapshot, steps: Sequence[Step], evicted: Sequence[Agent] = ()) -> Replayed:
    """Found from the steps in any order, and accepted by the rules one by one."""
    shuffled = list(steps)
    Random(len(steps)).shuffle(shuffled)
    replayed = find_order(cluster, shuffled, {}, evicted=evicted)
    state = ClusterState(cluster)
    for one in evicted:
        state.remove(one, cluster.node_by_name[one.node_name])
    for one, on in replayed.order:
        assert rejection(state, one, on) is None
        state.place(one, on)
    assert sorted(a.key for a, _ in (*replayed.order, *replayed.stuck)) == sorted(a.key for a, _ in steps)
    return replayed


def names(steps: Sequence[Step]) -> list[str]:
    return [one.name for one, _ in steps]


def test_spread_agents_go_to_the_domains_in_turn() -> None:
    members = agents("a", 6, labels={"app": "a"}, spread=(spread(app="a"),))
    steps = [(m, NODES[i // 3]) for i, m in enumerate(members)]
    replayed = ordered(snapshot(NODES, members), steps)
    assert len(replayed.order) == 6


def test_an_agent_comes_after_the_one_it_leans_on() -> None:
    follower = agent("a-follower", labels={"app": "x"}, affinity=(near(app="lead"),), priority=10)
    leader = agent("leader", labels={"app": "lead"})
    cluster = snapshot(NODES, [follower, leader])
    replayed = ordered(cluster, [(follower, NODES[0]), (leader, NODES[0])])
    assert names(replayed.order) == ["leader", "a-follower"]


def test_the_more_important_go_first() -> None:
    some = [agent(f"p{i}", priority=i, labels={"app": "a"}, spread=(spread(app="a"),)) for i in range(4)]
    replayed = ordered(snapshot(NODES, some), [(one, NODES[i % 2]) for i, one in enumerate(some)])
    assert names(replayed.order) == ["p3", "p2", "p1", "p0"]


def test_the_first_in_a_series_comes_before_company_that_needs_nobody() -> None:
    first = agent("first", labels={"app": "x"}, affinity=(near(app="x"),))
    lonely = agent("lonely", labels={"app": "x"}, priority=10)
    replayed = ordered(snapshot(NODES, [first, lonely]), [(first, NODES[0]), (lonely, NODES[1])])
    assert names(replayed.order) == ["first", "lonely"]


def test_who_spreads_comes_before_those_who_do_not_and_fill_its_domain() -> None:
    asking = agent("asking", spread=(spread(app="web"),))
    others = agents("web", 3, labels={"app": "web"}, priority=10)
    steps = [(asking, NODES[0]), *((one, NODES[0]) for one in others)]
    replayed = ordered(snapshot(NODES, [asking, *others]), steps)
    assert not replayed.stuck
    assert names(replayed.order).index("asking") < 2


def test_victims_are_gone_before_the_first_step() -> None:
    victim = agent("victim", on="n1", labels={"app": "a"})
    new = agent("new", labels={"app": "a"}, spread=(spread(app="a"),))
    steps = [(new, NODES[0])]
    assert ordered(snapshot(NODES, [victim, new]), steps).stuck
    assert not ordered(snapshot(NODES, [victim, new]), steps, [victim]).stuck


def test_two_keys_are_balanced_together() -> None:
    """Nodes and zones in turn: any other way one of the two skews is too great on the way."""
    nodes = [node(f"n{i}", zone="ab"[i // 4]) for i in range(8)]
    both = (spread(app="a"), spread(HOSTNAME, app="a"))
    members = agents("a", 32, cpu=10, labels={"app": "a"}, spread=both)
    steps = [(m, nodes[i % 8]) for i, m in enumerate(members)]
    assert not ordered(snapshot(nodes, members), steps).stuck


def test_the_narrow_claim_comes_before_the_one_that_could_take_its_volume() -> None:
    once, many = frozenset({"ReadWriteOnce"}), frozenset({"ReadWriteOnce", "ReadOnlyMany"})
    volumes = [
        PersistentVolume("small", 10, "local", many, phase="Available"),
        PersistentVolume("large", 20, "local", once, phase="Available"),
    ]
    claims = [
        PersistentVolumeClaim("default", "wide", 5, "local", access_modes=once),
        PersistentVolumeClaim("default", "narrow", 5, "local", access_modes=many),
    ]
    storage = Storage(
        claims={(claim.namespace, claim.name): claim for claim in claims},
        volumes={volume.name: volume for volume in volumes},
        classes={"local": StorageClass("local", wait_for_first_consumer=True)},
    )
    some = [agent(claim.name, claims=(ClaimUse(claim.name),)) for claim in claims]
    replayed = ordered(snapshot(NODES, some, storage=storage), [(one, NODES[0]) for one in some])
    assert names(replayed.order) == ["narrow", "wide"]


class TestNoOrder:
    """Placements that hold as a whole and that no order leads to."""

    def test_steps_that_nothing_can_take_are_named(self) -> None:
        lonely = agent("lonely", affinity=(near(app="nobody"),))
        replayed = ordered(snapshot(NODES, [lonely]), [(lonely, NODES[0])])
        assert replayed.order == ()
        assert names(replayed.stuck) == ["lonely"]

    def test_zones_and_nodes_can_be_even_in_the_end_and_not_on_the_way(self) -> None:
        """2 + 2 in one zone and 3 in the other: whoever comes to be the last in zone a finds it two ahead,
        and the last in zone b finds its node two ahead."""
        nodes = [node("a1", zone="a"), node("a2", zone="a"), node("b1", zone="b")]
        both = (spread(app="x"), spread(HOSTNAME, app="x"))
        members = agents("x", 7, labels={"app": "x"}, spread=both)
        steps = [(m, nodes[n]) for m, n in zip(members, (0, 0, 1, 1, 2, 2, 2), strict=True)]
        cluster = snapshot(nodes, members)
        assert not broken(cluster, steps)
        replayed = ordered(cluster, steps)
        assert replayed.stuck
        assert replayed.proven

    def test_who_has_to_be_first_may_be_one_that_spread_lets_in_last(self) -> None:
        """Alone on its node, and its own only company: it must come before the others of its kind. Spread
        wants two of them elsewhere first, as two are in its zone."""
        tier = {"tier": "back"}
        seed = agent(
            "seed",
            labels={**tier, "app": "db"},
            affinity=(near(HOSTNAME, app="db"),),
            spread=(spread(tier="back"),),
        )
        there = [agent(f"r{i}", on="n2", labels=tier) for i in range(2)]
        nodes = [node("n1", zone="a"), node("n2", zone="b"), node("n3", zone="b")]
        others = agents("other", 2, labels={**tier, "app": "db"}, spread=(spread(tier="back"),))
        cluster = snapshot(nodes, [seed, *there, *others])
        steps = [(seed, nodes[2]), *((one, nodes[0]) for one in others)]
        assert not broken(cluster, steps)
        replayed = ordered(cluster, steps)
        assert names(replayed.stuck) == ["seed"]
        assert replayed.proven


def broken(cluster: Snapshot, steps: Sequence[Step]) -> bool:
    """Whether the finished placement breaks a rule."""
    state = ClusterState(cluster)
    for one, on in steps:
        state.place(one, on)
    return any(True for rule in RULES for _ in rule.violations(state))


def random_steps(rng: Random, most: int) -> tuple[Snapshot, list[Step]]:
    """Agents of a few templates that spread over, or lean on, each other; and a node for each, at random."""
    zones, apps, keys = rng.choice(("ab", "abc")), "xy", (ZONE, HOSTNAME, "rack")
    nodes = []
    for i in range(rng.randint(2, 5)):
        labels = {"rack": rng.choice("pq")} if rng.random() < 0.8 else {}
        nodes.append(node(f"n{i}", cpu=10**6, memory=10**6, zone=rng.choice(zones), labels=labels))
    templates = []
    for i in range(rng.randint(1, 3)):
        even = [spread(rng.choice(keys), skew=rng.choice((1, 1, 2)), app=rng.choice(apps)) for _ in range(2)]
        lean = (near(rng.choice(keys), app=rng.choice(apps)),) if rng.random() < 0.3 else ()
        kept = tuple(even[: rng.randint(0, 2)])
        templates.append(agent(f"t{i}", labels={"app": rng.choice(apps)}, spread=kept, affinity=lean))
    pending = [replace(rng.choice(templates), name=f"p{i}") for i in range(rng.randint(2, most))]
    residents = [
        agent(f"r{i}", labels={"app": rng.choice(apps)}, on=rng.choice(nodes).name)
        for i in range(rng.choice((0, 0, 1, 3)))
    ]
    return snapshot(nodes, [*pending, *residents]), [(one, rng.choice(nodes)) for one in pending]


def has_order(cluster: Snapshot, steps: Sequence[Step]) -> bool:
    """Whether the rules accept the steps in some order: all of them are tried."""
    state, seen = ClusterState(cluster), set[frozenset[int]]()

    def can_end(left: frozenset[int]) -> bool:
        if not left or left in seen:
            return not left
        seen.add(left)
        for i in sorted(left):
            one, on = steps[i]
            if rejection(state, one, on) is None:
                state.place(one, on)
                ends = can_end(left - {i})
                state.remove(one, on)
                if ends:
                    return True
        return False

    return can_end(frozenset(range(len(steps))))


@pytest.mark.parametrize(
    ("count", "most"), [(400, 7), pytest.param(4_000, 8, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_an_order_is_found_exactly_where_there_is_one(count: int, most: int) -> None:
    found = 0
    for seed in range(count):
        cluster, steps = random_steps(Random(f"{most}-{seed}"), most)
        replayed = ordered(cluster, steps)
        assert broken(cluster, steps) or replayed.proven == bool(replayed.stuck), seed
        assert (not replayed.stuck) == has_order(cluster, steps), seed
        found += not replayed.stuck
    assert 0.2 * count < found < 0.8 * count


def test_effort_ends_and_is_said_to_have_ended() -> None:
    nodes = [node("a1", zone="a"), node("a2", zone="a"), node("b1", zone="b")]
    members = agents("x", 7, labels={"app": "x"}, spread=(spread(app="x"), spread(HOSTNAME, app="x")))
    steps = [(m, nodes[n]) for m, n in zip(members, (0, 0, 1, 1, 2, 2, 2), strict=True)]
    replayed = find_order(snapshot(nodes, members), steps, {}, effort=6)
    assert replayed.stuck
    assert not replayed.proven
