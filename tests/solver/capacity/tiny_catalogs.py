"""Random tiny questions, and the cheapest purchase by exhaustive search over purchases and placements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from random import Random
from typing import Any

from placewright.models.agent import Agent, HostPort, OwnerReference
from placewright.models.catalog import ZONE, Catalog, Offering
from placewright.models.node import Node
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.rules import RULES
from placewright.models.rules.resources import RULE as RESOURCES
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.capacity.question import Question, ask, node_of
from placewright.tests.brute_force import most_placed
from placewright.tests.builders import HOSTNAME, MIB, agent, near, node, spread, taint, toleration

MOST_AGENTS = 4


def chance(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


def tiny_question(rng: Random, *, from_scratch: bool) -> Question:
    """At most four agents, three offerings, and one node that is there."""
    offerings = tuple(_offerings(rng))
    most = {offerings[0].type_name: rng.choice((1, 2))} if chance(rng, 25) else {}
    catalog = Catalog(offerings, most=most, daemons=_daemons(rng))
    nodes = [] if from_scratch else [node("there", cpu=rng.choice((500, 1000)), zone="a")]
    snapshot = Snapshot(
        nodes=tuple(nodes),
        agents=tuple(_agents(rng)),
        quotas=_quotas(rng),
        pod_groups=(PodGroup("default", "gang", 2),),
    )
    return ask(snapshot, catalog, from_scratch=from_scratch, daemons=catalog.daemons)


def _offerings(rng: Random) -> Iterator[Offering]:
    for i in range(3):
        zone = rng.choice(("a", "a", "b"))
        cpu = 1000 * rng.choice((1, 2, 3))
        yield Offering(
            type_name=f"type-{i}",
            zone=zone,
            price=1000 * rng.choice((3, 4, 5, 7, 9)),
            allocatable={"cpu": cpu, "memory": 2048 * MIB, "pods": rng.choice((2, 3, 10))},
            labels={ZONE: zone, **({"disk": "ssd"} if chance(rng, 40) else {})},
            taints=(taint("gpu", "yes"),) if chance(rng, 15) else (),
        )


def _daemons(rng: Random) -> tuple[Agent, ...]:
    if not chance(rng, 30):
        return ()
    everywhere = (toleration(operator="Exists"),)
    return (agent("log", cpu=100, tolerations=everywhere, owner=OwnerReference("DaemonSet", "log")),)


def _quotas(rng: Random) -> tuple[ResourceQuota, ...]:
    if not chance(rng, 20):
        return ()
    return (ResourceQuota("default", "compute", {"requests.cpu": 500 * rng.randint(2, 6)}, used={}),)


def _agents(rng: Random) -> Iterator[Agent]:
    left, kind = rng.randint(1, MOST_AGENTS), 0
    while left > 0:
        number = min(left, rng.choice((1, 2, 2, 3)))
        fields = _template(rng, f"app-{kind}")
        yield from (agent(f"k{kind}-{i}", **fields) for i in range(number))
        left -= number
        kind += 1


def _template(rng: Random, app: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "labels": {"app": app},
        "cpu": rng.choice((300, 500, 700, 1000, 1500)),
        "memory": 512 * rng.randint(0, 2),
        "priority": rng.choice((0, 0, 10)),
        "admitted": chance(rng, 60),
    }
    if chance(rng, 20):
        fields["tolerations"] = (toleration("gpu", operator="Exists"),)
    if chance(rng, 15):
        fields["node_selector"] = {"disk": "ssd"}
    if chance(rng, 20):
        fields["anti_affinity"] = (near(rng.choice((HOSTNAME, HOSTNAME, ZONE)), app=app),)
    if chance(rng, 15):
        fields["affinity"] = (near(rng.choice((HOSTNAME, ZONE)), app="app-0"),)
    if chance(rng, 30):
        fields["spread"] = (spread(ZONE, skew=rng.choice((1, 1, 2)), app=app),)
    if chance(rng, 10):
        fields["host_ports"] = (HostPort(80),)
    if chance(rng, 15):
        fields["pod_group"] = "gang"
    return fields


@dataclass(frozen=True)
class Best:
    """What the best purchase places, the most important priority first, and what it costs."""

    placed: tuple[int, ...]
    cost: int


def best_purchase(question: Question) -> Best:
    """By trying every purchase of as many nodes as there are agents, or fewer; the cheapest ones first."""
    priorities = sorted(Counter(agent.spec.priority for agent in question.snapshot.pending).items())
    everybody = tuple(number for _, number in reversed(priorities))
    on_offer = list(_on_offer(question))
    found: list[Best] = []
    for cost, offerings in sorted(_purchases(question), key=lambda purchase: purchase[0]):
        found.append(Best(placed_by(question, offerings, on_offer), cost))
        if found[-1].placed == everybody:
            # What costs more can place nobody else.
            break
    return min(found, key=lambda best: (tuple(-n for n in best.placed), best.cost))


def _purchases(question: Question) -> Iterator[tuple[int, tuple[Offering, ...]]]:
    """What it costs to buy so many of each offering."""
    most = question.catalog.most
    for number in range(len(question.snapshot.pending) + 1):
        for offerings in combinations_with_replacement(question.catalog.offerings, number):
            names = [offering.type_name for offering in offerings]
            if all(names.count(name) <= limit for name, limit in most.items()):
                yield sum(offering.price for offering in offerings), offerings


def placed_by(
    question: Question, offerings: tuple[Offering, ...], on_offer: Sequence[Node]
) -> tuple[int, ...]:
    """How many of each priority these nodes hold beside those that are there, at best."""
    nodes = [node_of(offering, f"new-{i}") for i, offering in enumerate(offerings)]
    snapshot = question.with_nodes([*nodes, *on_offer])
    placed = most_placed(snapshot)
    priorities = sorted({agent.spec.priority for agent in snapshot.pending}, reverse=True)
    return tuple(placed[priority] for priority in priorities)


def _on_offer(question: Question) -> Iterator[Node]:
    """Nodes without room: a zone on offer counts as a domain of spread, if anything there is of use to anybody."""
    for offering in question.catalog.offerings:
        plain = node_of(offering, f"on-offer-{offering.name}")
        alone = question.with_nodes([plain])
        if any(
            RESOURCES.rejects(ClusterState(alone), agent, plain) is None
            and all(rule.admits(alone, agent, plain) is None for rule in RULES)
            for agent in alone.pending
        ):
            labels = {key: value for key, value in plain.labels.items() if key != HOSTNAME}
            yield replace(plain, allocatable={"pods": 0}, labels=labels)
