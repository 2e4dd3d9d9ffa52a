"""What lets an agent in that a plan leaves out: each way by itself, and that each of them works."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.catalog import Catalog, Offering
from placewright.models.filters import feasible
from placewright.models.ingest.catalog import LoadedCatalog
from placewright.models.node import Node
from placewright.models.policy import ResourceQuota
from placewright.models.profile import FitArgs, Profile
from placewright.models.repair import Purchase, Repair, Victims
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.scenarios.one_node import cheapest_node
from placewright.scenarios.repair import repair
from placewright.solver.capacity.question import ask, node_of
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import ZONE, agent, agents, node, snapshot, spread, taint
from placewright.tests.solver.capacity.tiny_catalogs import tiny_question

SETTINGS = Settings(time_limit=10.0, workers=1)


def repaired(before: Snapshot, key: str = "default/x") -> Repair:
    verdict = place(before, SETTINGS)
    assert isinstance(verdict, VerifiedPlan)
    return repair(verdict, before.agent_by_key[key], SETTINGS)


def relaxed(found: Repair) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {item.rule: (item.change, item.nodes) for item in found.relax}


def test_who_is_placed_needs_no_repair() -> None:
    assert repaired(snapshot([node("n")], [agent("x")])) == Repair(agent="default/x", placed_on="n")


def test_who_runs_or_does_not_wait_needs_none() -> None:
    there = [agent("x", on="n", phase=Phase.RUNNING), agent("gated", scheduling_gates=("later",))]
    before = snapshot([node("n")], there)
    assert repaired(before) == Repair(agent="default/x", placed_on="n")
    assert repaired(before, "default/gated").notes == ("it is not waiting for a node: gated",)


@pytest.mark.parametrize(
    ("nodes", "fields", "rule", "change", "open_to"),
    [
        pytest.param(
            [node("a", cpu=1000), node("b", cpu=1500)],
            {"cpu": 2000},
            "resources",
            "500m cpu more, or so much less asked for",
            ("b",),
            id="the node that lacks least",
        ),
        pytest.param(
            [node("a", taints=[taint("x", "1"), taint("y")]), node("b", taints=[taint("x", "1")])],
            {},
            "taints",
            "tolerate x=1:NoSchedule",
            ("b",),
            id="the fewest taints",
        ),
        pytest.param([node("a", unschedulable=True)], {}, "cordon", "uncordon", ("a",), id="a cordon"),
        pytest.param(
            [node("a", zone="a"), node("b", zone="b")],
            {"node_selector": {ZONE: "c"}},
            "node_affinity",
            "a node selector or affinity that allows it",
            ("a", "b"),
            id="a selector",
        ),
    ],
)
def test_a_rule_gives_way_by_the_least(
    nodes: list[Node], fields: dict[str, Any], rule: str, change: str, open_to: tuple[str, ...]
) -> None:
    assert relaxed(repaired(snapshot(nodes, [agent("x", **fields)]))) == {rule: (change, open_to)}


def test_a_larger_skew_is_told_to_the_number() -> None:
    nodes = [node("a", zone="a", cpu=3000), node("b", zone="b", cpu=500)]
    own: dict[str, Any] = {"labels": {"app": "x"}, "cpu": 1000, "spread": (spread(app="x"),)}
    before = snapshot(nodes, [agent("one", on="a", phase=Phase.RUNNING, **own), agent("x", **own)])
    found = relaxed(repaired(before))
    assert found["topology_spread"] == (f"maxSkew 2 instead of 1 over {ZONE}", ("a",))
    assert found["resources"] == ("500m cpu more, or so much less asked for", ("b",))


def test_all_that_quotas_ask_for_is_told_at_once() -> None:
    """Where one was too small nothing was said of another whose keys the agent left open."""
    quotas = (
        ResourceQuota("default", "open", {"limits.cpu": 9000}, used={}),
        ResourceQuota("default", "small", {"requests.cpu": 1500}, used={"requests.cpu": 1000}),
    )
    waits = agent("x", cpu=1000, admitted=False, unspecified=frozenset({"limits.cpu"}))
    told = "an agent that states limits.cpu, for quota open, quota small: requests.cpu 2 instead of 1500m"
    assert relaxed(repaired(snapshot([node("n")], [waits], quotas=quotas))) == {"quota": (told, ("n",))}


def test_a_resource_that_the_agents_profile_leaves_to_others_is_not_what_a_node_lacks() -> None:
    ignoring = Profile(fit=FitArgs(ignored_resources=frozenset({"example.com/x"})))
    waits = agent("x", cpu=5000, extra={"example.com/x": 3})
    told = relaxed(repaired(snapshot([node("n", cpu=4000)], [waits], profile=ignoring)))
    assert told == {"resources": ("1 cpu more, or so much less asked for", ("n",))}


def test_a_larger_quota_is_told_to_the_number() -> None:
    quota = ResourceQuota("default", "q", {"requests.cpu": 1500}, used={"requests.cpu": 1000})
    before = snapshot([node("n")], [agent("x", cpu=1000, admitted=False)], quotas=(quota,))
    assert relaxed(repaired(before)) == {"quota": ("quota q: requests.cpu 2 instead of 1500m", ("n",))}


def test_where_two_rules_object_none_alone_helps() -> None:
    before = snapshot([node("n", cpu=1000, unschedulable=True)], [agent("x", cpu=2000)])
    found = repaired(before)
    assert (found.relax, found.evict, found.buy) == ((), None, None)
    assert found.conflict is not None
    assert {member.rule for member in found.conflict.members} in ({"cordon"}, {"resources"})


def test_the_least_important_are_evicted() -> None:
    there = [
        agent("low", on="a", phase=Phase.RUNNING, cpu=1000),
        agent("mid", on="b", phase=Phase.RUNNING, cpu=1000, priority=5),
    ]
    before = snapshot([node("a", cpu=1000), node("b", cpu=1000)], [*there, agent("x", cpu=1000, priority=10)])
    assert repaired(before).evict == Victims(agents=("default/low",), moved=(), node="a", by_priority=True)


def test_where_preemption_would_not_victims_are_named_all_the_same() -> None:
    there = [agent("same", on="a", phase=Phase.RUNNING, cpu=1000)]
    before = snapshot([node("a", cpu=1000)], [*there, agent("x", cpu=1000)])
    assert repaired(before).evict == Victims(agents=("default/same",), moved=(), node="a", by_priority=False)


def test_the_cheapest_node_that_would_take_it_is_bought() -> None:
    daemon = agent(
        "logs", on="small", phase=Phase.RUNNING, cpu=100, owner=OwnerReference("DaemonSet", "logs")
    )
    nodes = [
        node("small", cpu=1000, price=1),
        node("large", cpu=4000, price=3, labels={"size": "l"}),
        node("dear", cpu=8000, price=9, labels={"size": "xl"}),
    ]
    there = [
        agent(f"r-{n.name}", on=n.name, phase=Phase.RUNNING, cpu=n.allocatable["cpu"] - 200) for n in nodes
    ]
    before = snapshot(nodes, [daemon, *there, agent("x", cpu=1000)])
    assert repaired(before).buy == Purchase(like="large", price=3)


def test_with_others_in_the_way_the_conflict_is_its_own() -> None:
    before = snapshot([node("a", cpu=2000)], [*agents("y", 2, cpu=1000, priority=1), agent("x", cpu=1000)])
    found = repaired(before)
    assert found.conflict is not None
    assert [(m.rule, m.agents) for m in found.conflict.members] == [("resources", ("default/x",))]


def test_what_to_buy_from_a_catalog_is_the_cheapest_that_takes_it_by_exhaustive_search() -> None:
    bought = 0
    for seed in range(60):
        question = tiny_question(Random(seed), from_scratch=False)
        waiting = question.snapshot.pending
        if not waiting:
            continue
        agent = waiting[0]
        after = replace(
            question.snapshot,
            agents=tuple(a for a in question.snapshot.agents if a.key == agent.key or a not in waiting),
        )
        catalog = question.catalog
        found = cheapest_node(after, agent, LoadedCatalog(catalog, daemons_given=True))
        takes = [
            offering.price
            for offering in catalog.offerings
            if catalog.most.get(offering.type_name) != 0 and _takes(after, agent, catalog, offering)
        ]
        assert (None if found is None else found.price) == min(takes, default=None), seed
        bought += found is not None
    assert bought > 10


def _takes(after: Snapshot, waiting: Agent, catalog: Catalog, offering: Offering) -> bool:
    new = node_of(offering, "new")
    larger = ask(after, catalog, daemons=catalog.daemons).with_nodes([new])
    state = ClusterState(larger)
    return new.name in {n.name for n in feasible(state, larger.agent_by_key[waiting.key])}
