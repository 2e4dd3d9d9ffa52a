"""Topology spread, case by case (§6), and the theorem that lets a batch be judged by its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations, product
from random import Random
from typing import Any, TypeVar

import pytest

from placewright.models.agent import Agent, InclusionPolicy, SpreadConstraint
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.rules.topology_spread import RULE, counted_nodes, overhang
from placewright.models.selector import LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import ZONE, agent, node, snapshot, spread, taint
from placewright.tests.rule_checks import blamed, messages, open_nodes

T = TypeVar("T")
X = {"app": "x"}
EVEN = spread(app="x")


def zones(*names: str) -> list[Node]:
    return [node(name.lower(), zone=name) for name in names]


def running(**counts: int) -> list[Agent]:
    return [agent(f"{zone}{i}", labels=X, on=zone) for zone, count in counts.items() for i in range(count)]


def cluster(incoming: Agent, nodes: list[Node] | None = None, **counts: int) -> Snapshot:
    return snapshot(nodes or zones("A", "B", "C"), [*running(**counts), incoming])


def member(constraint: SpreadConstraint = EVEN, **fields: Any) -> Agent:
    return agent("p", labels=X, spread=(constraint,), **fields)


@pytest.mark.parametrize(
    ("constraint", "counts", "expected"),
    [
        pytest.param(EVEN, {"a": 1, "b": 1}, {"c"}, id="only the empty zone keeps the skew"),
        pytest.param(EVEN, {"a": 2, "b": 1, "c": 1}, {"b", "c"}, id="the fullest zone is closed"),
        pytest.param(EVEN, {}, {"a", "b", "c"}, id="an empty cluster is open"),
        pytest.param(
            replace(EVEN, min_domains=4),
            {"a": 1, "b": 1, "c": 1},
            set(),
            id="too few domains: the least is 0",
        ),
        pytest.param(
            replace(EVEN, min_domains=4, max_skew=2),
            {"a": 1, "b": 1, "c": 1},
            {"a", "b", "c"},
            id="a larger skew allows for it",
        ),
        pytest.param(
            replace(EVEN, selector=LabelSelector()),
            {"a": 5},
            {"a", "b", "c"},
            id="an empty selector never bars",
        ),
        pytest.param(replace(EVEN, selector=None), {"a": 5}, {"a", "b", "c"}, id="nor does a null one"),
        pytest.param(replace(EVEN, hard=False), {"a": 5}, {"a", "b", "c"}, id="ScheduleAnyway is no filter"),
        pytest.param(replace(EVEN, max_skew=3), {"a": 2}, {"a", "b", "c"}, id="within a skew of three"),
    ],
)
def test_where_an_incoming_agent_may_go(
    constraint: SpreadConstraint, counts: dict[str, int], expected: set[str]
) -> None:
    assert open_nodes(RULE, cluster(member(constraint), None, **counts), "p") == expected


def test_an_agent_that_does_not_match_its_own_selector_adds_nothing() -> None:
    other = agent("p", labels={"app": "y"}, spread=(EVEN,))
    assert open_nodes(RULE, cluster(other, a=1, b=1), "p") == {"a", "b", "c"}


def test_node_affinity_policy_decides_which_zones_count() -> None:
    pinned = member(node_selector={ZONE: "A"})
    assert "a" in open_nodes(RULE, cluster(pinned, a=3), "p")
    ignoring = member(replace(EVEN, node_affinity_policy=InclusionPolicy.IGNORE), node_selector={ZONE: "A"})
    assert "a" not in open_nodes(RULE, cluster(ignoring, a=1), "p")


def test_a_tainted_zone_holds_the_least_down_unless_taints_are_honoured() -> None:
    nodes = [node("a", zone="A"), node("b", zone="B", taints=[taint("gpu")])]
    assert open_nodes(RULE, cluster(member(), nodes, a=1), "p") == {"b"}
    honouring = replace(EVEN, node_taints_policy=InclusionPolicy.HONOR)
    assert "a" in open_nodes(RULE, cluster(member(honouring), nodes, a=1), "p")


def test_a_node_without_a_key_neither_counts_nor_takes() -> None:
    nodes = [
        node("a", zone="A", labels={"rack": "1"}),
        node("b", zone="B"),
        node("c", zone="C", labels={"rack": "2"}),
    ]
    both = agent("p", labels=X, spread=(EVEN, spread("rack", app="x")))
    seen = cluster(both, nodes, b=3)
    assert open_nodes(RULE, seen, "p") == {"a", "c"}
    assert messages(RULE, seen, "p") == {
        "node(s) didn't match pod topology spread constraints (missing required label)"
    }


def test_agents_that_are_being_deleted_or_are_elsewhere_do_not_count() -> None:
    crowd = [
        agent("going", labels=X, on="a", terminating=True),
        agent("other-namespace", namespace="team", labels=X, on="a"),
        agent("other-app", labels={"app": "y"}, on="a"),
    ]
    assert open_nodes(RULE, snapshot(zones("A", "B"), [*crowd, member()]), "p") == {"a", "b"}


@pytest.mark.parametrize(
    ("start", "placed", "fine"),
    [
        pytest.param(
            {"a": 5, "b": 1, "c": 1}, "bc", True, id="a zone that receives nothing may stay too full"
        ),
        pytest.param({"a": 5, "b": 1, "c": 1}, "a", False, id="one that receives may not"),
        pytest.param({}, "aabb", True, id="two and two, in whatever order they are listed"),
        pytest.param({}, "ab", True, id="one and one beside an empty zone"),
        pytest.param({}, "aa", False, id="two beside empty zones"),
        pytest.param({"c": 1}, "aabb", True, id="running agents count"),
    ],
)
def test_a_finished_placement_is_judged_by_its_end(start: dict[str, int], placed: str, fine: bool) -> None:
    names = "AB" if placed == "aabb" and not start else "ABC"
    members = [agent(f"n{i}", labels=X, spread=(EVEN,)) for i in range(len(placed))]
    seen = snapshot(zones(*names), [*running(**start), *members])
    found = blamed(RULE, seen, {f"n{i}": zone for i, zone in enumerate(placed)})
    assert bool(found) is not fine


def accepted_in_some_order(seen: Snapshot, placed: Mapping[str, str]) -> bool:
    """Whether kube-scheduler's filter takes the placement one agent at a time, in some order."""
    steps = [
        (seen.agent_by_key[f"default/{name}"], seen.node_by_name[where]) for name, where in placed.items()
    ]
    # Members are alike: only the order of their zones matters.
    orders = {tuple(n.name for _, n in order): order for order in permutations(steps)}
    return any(_accepted(seen, order) for order in orders.values())


def _accepted(seen: Snapshot, order: tuple[tuple[Agent, Node], ...]) -> bool:
    state = ClusterState(seen)
    for incoming, where in order:
        if RULE.rejects(state, incoming, where) is not None:
            return False
        state.place(incoming, where)
    return True


@pytest.mark.parametrize("skew", [1, 2])
@pytest.mark.parametrize("min_domains", [1, 3])
def test_the_end_is_fine_exactly_when_some_order_is_accepted(skew: int, min_domains: int) -> None:
    constraint = replace(EVEN, max_skew=skew, min_domains=min_domains)
    for counts in product(range(3), range(2)):
        for adds in product(range(3), range(3)):
            members = [agent(f"n{i}", labels=X, spread=(constraint,)) for i in range(sum(adds))]
            start = dict(zip("ab", counts, strict=True))
            seen = snapshot(zones("A", "B"), [*running(**start), *members])
            where = "a" * adds[0] + "b" * adds[1]
            placed = {f"n{i}": zone for i, zone in enumerate(where)}
            assert (not blamed(RULE, seen, placed)) is accepted_in_some_order(seen, placed), (counts, adds)


UNASKED = Profile(off=frozenset({"NodeAffinity", "TaintToleration"}))
"""Agents go where their selectors and tolerations do not let them; spread honours both all the same."""
SSD = {"disk": "ssd"}
BESIDE = [node("a", zone="A", labels=SSD), node("aside", zone="A"), node("b", zone="B", labels=SSD)]


@pytest.mark.parametrize(
    ("start", "placed", "fine"),
    [
        pytest.param({"a": 1}, ["aside"], False, id="it would be the second where another zone has none"),
        pytest.param({"a": 1, "b": 1}, ["aside"], True, id="it would be the second, and ahead by one"),
        pytest.param({"a": 1}, ["aside", "b"], True, id="it comes when the other zone has caught up"),
        pytest.param({}, ["aside"] * 3, True, id="none of them adds to what the zone holds"),
        pytest.param({}, ["a", "aside"], True, id="it comes before the one that does"),
        pytest.param({"a": 1}, ["a", "aside", "b"], False, id="it can come neither first nor last"),
    ],
)
def test_an_agent_on_a_node_that_does_not_count_is_one_more_than_its_zone_holds(
    start: dict[str, int], placed: list[str], fine: bool
) -> None:
    """kube-scheduler adds the agent itself to the count of the zone, wherever in the zone it goes."""
    members = [agent(f"n{i}", labels=X, spread=(EVEN,), node_selector=SSD) for i in range(len(placed))]
    seen = snapshot(BESIDE, [*running(**start), *members], profile=UNASKED)
    found = blamed(RULE, seen, {f"n{i}": where for i, where in enumerate(placed)})
    assert bool(found) is not fine


@pytest.mark.parametrize(
    ("on", "beyond"),
    [
        pytest.param("a", 1, id="it is among the two that its zone holds, beside an empty one"),
        pytest.param("aside", 2, id="it is one more than the two"),
        pytest.param("b", 0, id="its zone is the emptiest"),
    ],
)
def test_how_far_a_zone_is_ahead_is_told_as_the_test_of_an_agent_on_a_node_has_it(
    on: str, beyond: int
) -> None:
    member = agent("n", labels=X, spread=(EVEN,), node_selector=SSD)
    seen = snapshot(BESIDE, [*running(a=2), member], profile=UNASKED)
    assert overhang(ClusterState(seen), member, [seen.node_by_name[on]]) == beyond


def unasked_cluster(rng: Random) -> tuple[Snapshot, dict[str, str]]:
    """Nodes that count and nodes that do not, and agents of one kind placed at random on them."""
    honour = rng.choice(list(InclusionPolicy))
    constraint = replace(
        EVEN, max_skew=rng.choice((1, 2)), min_domains=rng.choice((1, 3)), node_taints_policy=honour
    )
    nodes = [
        node(
            f"n{i}",
            zone=rng.choice("ABC"),
            labels=SSD if rng.random() < 0.7 else {},
            taints=[taint("gpu")] if rng.random() < 0.3 else [],
        )
        for i in range(rng.randint(1, 4))
    ]
    there = [agent(f"r{i}", labels=X, on=rng.choice(nodes).name) for i in range(rng.randint(0, 3))]
    members = [
        agent(f"p{i}", labels=X, spread=(constraint,), node_selector=SSD) for i in range(rng.randint(1, 4))
    ]
    placed = {member.name: rng.choice(nodes).name for member in members}
    return snapshot(nodes, [*there, *members], profile=UNASKED), placed


def test_the_end_is_fine_exactly_when_those_who_add_nothing_can_come_first_or_last() -> None:
    asked = {True: 0, False: 0}
    for seed in range(300):
        seen, placed = unasked_cluster(Random(seed))
        within = counted_nodes(seen, seen.pending[0], seen.pending[0].spec.spread[0])
        steps = [(seen.agent_by_key[f"default/{m}"], seen.node_by_name[n]) for m, n in placed.items()]
        adding = [step for step in steps if step[1].name in within]
        aside = [step for step in steps if step[1].name not in within]
        found = any(
            _accepted(seen, (*first, *middle, *last))
            for first, last in _halves(aside)
            for middle in permutations(adding)
        )
        assert (not blamed(RULE, seen, placed)) is found, seed
        asked[found] += bool(aside)
    assert min(asked.values()) > 20


def _halves(steps: Sequence[T]) -> Iterator[tuple[list[T], list[T]]]:
    """Every way to have some first and the others last."""
    for firsts in product((True, False), repeat=len(steps)):
        chosen = list(zip(steps, firsts, strict=True))
        yield [step for step, first in chosen if first], [step for step, first in chosen if not first]
