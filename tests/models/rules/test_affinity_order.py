"""Who is first in its series, and whom no order brings to its company."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

import pytest

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules.affinity_order import found
from placewright.models.rules.inter_agent_affinity import RULE
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import HOSTNAME, agent, near, node, snapshot

A, B, BARE = node("a", zone="z1"), node("b", zone="z2"), Node(name="bare", allocatable={})


def state(placed: Sequence[tuple[Agent, Node]], running: Iterable[Agent] = ()) -> ClusterState:
    nodes = (A, B, BARE)
    made = ClusterState(snapshot(nodes, [*running, *(one for one, _ in placed)]))
    for one, on in placed:
        made.place(one, on)
    return made


def told(made: ClusterState) -> tuple[list[str], list[str]]:
    """The names of the seeds, in order, and of those without company, sorted."""
    answer = found(made)
    return [one.name for one, _ in answer.seeds], sorted(one.name for one, _ in answer.unfounded)


def with_itself(name: str, key: str = "topology.kubernetes.io/zone") -> Agent:
    return agent(name, labels={"app": "self"}, affinity=(near(key, app="self"),))


def test_nobody_who_needs_no_company_is_a_seed() -> None:
    assert told(state([(agent("x", labels={"app": "web"}), A)])) == ([], [])


def test_whose_company_ran_before_needs_no_seed() -> None:
    runs = agent("runs", labels={"app": "db"}, on="a")
    follower = agent("x", affinity=(near(app="db"),))
    assert told(state([(follower, A)], [runs])) == ([], [])


def test_who_follows_somebody_new_comes_after_it() -> None:
    follower, leader = agent("x", affinity=(near(app="db"),)), agent("db", labels={"app": "db"})
    assert told(state([(follower, A), (leader, A)])) == ([], [])


def test_who_is_in_another_domain_than_its_company_has_none() -> None:
    follower, leader = agent("x", affinity=(near(app="db"),)), agent("db", labels={"app": "db"})
    assert told(state([(follower, B), (leader, A)])) == ([], ["x"])


def test_the_first_of_a_series_is_one_of_its_own_and_others_of_its_domain_follow() -> None:
    seeds, left = told(state([(with_itself("s0"), A), (with_itself("s1"), A)]))
    assert (len(seeds), left) == (1, [])


def test_a_series_in_two_domains_has_only_one_first() -> None:
    seeds, left = told(state([(with_itself("s0"), A), (with_itself("s1"), B)]))
    assert sorted([*seeds, *left]) == ["s0", "s1"]
    assert (len(seeds), len(left)) == (1, 1)


def test_the_first_of_a_series_has_to_be_on_a_node_with_the_key() -> None:
    assert told(state([(with_itself("s0"), BARE)])) == ([], ["s0"])


def test_where_one_of_the_series_runs_elsewhere_nobody_is_first() -> None:
    runs = agent("runs", labels={"app": "self"}, on="b")
    assert told(state([(with_itself("s0"), A)], [runs])) == ([], ["s0"])


def test_two_who_lean_on_each_other_alone_have_no_order() -> None:
    one = agent("one", labels={"app": "one"}, affinity=(near(app="two"),))
    two = agent("two", labels={"app": "two"}, affinity=(near(app="one"),))
    assert told(state([(one, A), (two, A)])) == ([], ["one", "two"])


def test_of_two_seeds_the_one_that_is_company_for_the_other_comes_later() -> None:
    """`wide` means both series, so nothing of either may be there when its first one comes."""
    wide = agent("wide", labels={"app": "w", "any": "yes"}, affinity=(near(any="yes"),))
    narrow = agent("narrow", labels={"app": "n", "any": "yes"}, affinity=(near(app="n"),))
    assert told(state([(narrow, B), (wide, A)])) == (["wide", "narrow"], [])


def test_two_seeds_that_are_company_for_each_other_in_other_domains_have_no_order() -> None:
    one = agent("one", labels={"x": "yes", "y": "yes"}, affinity=(near(x="yes"),))
    two = agent("two", labels={"x": "yes", "y": "yes"}, affinity=(near(y="yes"),))
    seeds, left = told(state([(one, A), (two, B)]))
    assert (len(seeds), len(left)) == (1, 1)


@pytest.mark.parametrize("seed", range(60))
def test_what_it_says_is_what_trying_every_order_says(seed: int) -> None:
    made = _random(Random(seed))
    answer = found(made)
    first = {one.key for one, _ in answer.seeds}
    assert first.isdisjoint(one.key for one, _ in answer.unfounded)
    assert bool(answer.unfounded) == (not _some_order(made.snapshot, list(made.placed()), frozenset()))


def _random(rng: Random) -> ClusterState:
    apps = ["p", "q", "r"]
    placed = []
    for i in range(rng.randint(2, 5)):
        labels = {app: "yes" for app in apps if rng.random() < 0.5}
        wanted = rng.sample(apps, rng.choice([0, 1, 1, 1, 2]))
        key = rng.choice(["topology.kubernetes.io/zone", HOSTNAME])
        terms = tuple(near(key, **{app: "yes"}) for app in wanted)
        placed.append((agent(f"g{i}", labels=labels, affinity=terms), rng.choice([A, B, BARE])))
    runs = [agent("runs", labels={rng.choice(apps): "yes"}, on="a")] if rng.random() < 0.3 else []
    return state(placed, runs)


def _some_order(cluster: Snapshot, steps: list[tuple[Agent, Node]], done: frozenset[int]) -> bool:
    """Whether the rule's own filter lets everybody in, one after the other, in any order."""
    if len(done) == len(steps):
        return True
    now = ClusterState(cluster)
    for i in done:
        now.place(*steps[i])
    return any(
        RULE.rejects(now, *steps[i]) is None and _some_order(cluster, steps, done | {i})
        for i in range(len(steps))
        if i not in done
    )
