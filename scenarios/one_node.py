"""The cheapest node that would take one agent: like one of the cluster, or from a catalog."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from functools import partial

from placewright.models.agent import Agent
from placewright.models.catalog import HOSTNAME
from placewright.models.filters import rejection
from placewright.models.ingest.catalog import LoadedCatalog
from placewright.models.node import Node
from placewright.models.repair import Purchase
from placewright.models.rules import RULES
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.scenarios.daemons import with_daemons
from placewright.solver.capacity.question import ask, node_of


def cheapest_node(after: Snapshot, agent: Agent, offers: LoadedCatalog | None) -> Purchase | None:
    """What to buy so that a pending agent has a place beside everybody who runs; None: nothing does."""
    if not keeps_in_use(agent):
        return None
    more = _like_those_there(after) if offers is None else _on_offer(after, offers)
    for purchase, node, bought in sorted(more, key=lambda item: item[0].price):
        # Most are too small or not meant for it: that shows without the cluster.
        if any(rule.admits(after, agent, node) is not None for rule in RULES):
            continue
        larger = bought()
        if rejection(ClusterState(larger), larger.agent_by_key[agent.key], node) is None:
            return purchase
    return None


_PASSING = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
"""Taints with such a key are made by what watches over nodes, and say how one node is at the moment."""

_More = Iterator[tuple[Purchase, Node, Callable[[], Snapshot]]]
"""What is bought, the node, and what makes the cluster with it and its DaemonSets' agents."""


def _like_those_there(after: Snapshot) -> _More:
    shapes: dict[Hashable, Node] = {}
    for there in after.nodes:
        node = _as_new(there)
        labels = tuple(sorted((key, value) for key, value in node.labels.items() if key != HOSTNAME))
        amounts = tuple(sorted(node.allocatable.items()))
        shapes.setdefault((labels, amounts, node.taints, node.devices, node.price), node)
    for like in shapes.values():
        name = _free_name(after, f"{like.name}-more")
        hostname = {HOSTNAME: name} if HOSTNAME in like.labels else {}
        new = replace(like, name=name, labels={**like.labels, **hostname}, uid="")
        bought = partial(_with_one, after, new)
        yield Purchase(like=like.name, price=like.price), new, bought


def _as_new(node: Node) -> Node:
    """A node without what is wrong with it now: a cordon, and taints that say how it is."""
    taints = tuple(taint for taint in node.taints if not taint.key.startswith(_PASSING))
    return replace(node, taints=taints, unschedulable=False)


def _with_one(after: Snapshot, new: Node) -> Snapshot:
    return with_daemons(replace(after, nodes=(*after.nodes, new)), [new])


def _on_offer(after: Snapshot, offers: LoadedCatalog) -> _More:
    catalog = offers.catalog
    question = ask(after, catalog, daemons=catalog.daemons if offers.daemons_given else None)
    for offering in catalog.offerings:
        risky = catalog.most_interruptions is not None and offering.risk > catalog.most_interruptions
        if risky or catalog.most.get(offering.type_name) == 0:
            continue
        node = node_of(offering, _free_name(after, f"{offering.name}-more"))
        told = Purchase(type=offering.type_name, zone=offering.zone, spot=offering.spot, price=offering.price)
        yield told, node, partial(question.with_nodes, [node])


def _free_name(after: Snapshot, name: str) -> str:
    while name in after.node_by_name:
        name += "-more"
    return name
