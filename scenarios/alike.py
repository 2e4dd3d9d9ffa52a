"""Nodes that nothing but their names tells apart: to lose one of them is to lose any other.

Swapping two of them with all that runs there gives the same cluster: the same labels, amounts, taints and
volumes that can be attached, and agents that say the same. Whatever names a node, beside agents that are tied
to the one they are on, sets it apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace

from placewright.models.agent import Agent, AgentSpec
from placewright.models.catalog import HOSTNAME
from placewright.models.node import Node
from placewright.models.selector import (
    NODE_NAME_FIELD,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
)
from placewright.models.snapshot import Snapshot

_ITSELF = "\0itself"
"""What the node that an agent is on is called where it does not matter which one that is."""
_COMPARING = frozenset({Operator.GT, Operator.LT})


def alike_nodes(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """The names of all nodes, those together that are alike, in the snapshot's order."""
    residents: dict[str, list[Agent]] = {}
    for agent in snapshot.residents:
        residents.setdefault(agent.node_name, []).append(agent)
    named, compared = _named(snapshot)
    attached: dict[str, set[str]] = {}
    for attachment in snapshot.storage.attachments:
        attached.setdefault(attachment.node_name, set()).add(attachment.volume_name)
    classes: dict[Hashable, list[str]] = {}
    for node in snapshot.nodes:
        own = _own(node)
        on = residents.get(node.name, [])
        apart = compared or not own.isdisjoint(named)
        volumes = (snapshot.storage.csi_nodes.get(node.name, ()), frozenset(attached.get(node.name, ())))
        agents = frozenset(Counter(_agent(a, own) for a in on).items())
        key = node.name if apart else (_content(node), volumes, agents)
        classes.setdefault(key, []).append(node.name)
    return [tuple(names) for names in classes.values()]


def _own(node: Node) -> frozenset[str]:
    return frozenset({node.name, node.labels.get(HOSTNAME, node.name)})


def _named(snapshot: Snapshot) -> tuple[set[str], bool]:
    """Names of nodes that others than those tied to that very node ask for; whether names are compared."""
    named: set[str] = set()
    compared = False
    own_of = {node.name: _own(node) for node in snapshot.nodes}
    known: dict[int, tuple[frozenset[str], bool]] = {}
    for agent in (*snapshot.residents, *snapshot.pending):
        if id(agent.spec) not in known:
            known[id(agent.spec)] = _asked(agent.spec.node_selector, agent.spec.node_affinity)
        asked, compares = known[id(agent.spec)]
        compared |= compares
        if not asked <= own_of.get(agent.node_name, frozenset()):
            named |= asked
        if agent.nominated_node:
            named.add(agent.nominated_node)
    for volume in snapshot.storage.volumes.values():
        asked, compares = _asked({}, volume.node_affinity)
        named |= asked
        compared |= compares
    return named, compared


def _asked(selector: Mapping[str, str], affinity: NodeSelector | None) -> tuple[frozenset[str], bool]:
    """Names of nodes in a choice of nodes, and whether it compares them."""
    found = list(_requirements(affinity))
    names = {value for requirement in found for value in requirement.values}
    if HOSTNAME in selector:
        names.add(selector[HOSTNAME])
    return frozenset(names), any(requirement.operator in _COMPARING for requirement in found)


def _requirements(affinity: NodeSelector | None) -> Iterator[Requirement]:
    for term in affinity.terms if affinity is not None else ():
        yield from (item for item in term.match_expressions if item.key == HOSTNAME)
        yield from (item for item in term.match_fields if item.key == NODE_NAME_FIELD)


def _content(node: Node) -> Hashable:
    labels = frozenset((key, value) for key, value in node.labels.items() if key != HOSTNAME)
    amounts = tuple(sorted(node.allocatable.items()))
    return (labels, HOSTNAME in node.labels, amounts, node.taints, node.unschedulable, node.devices)


def _agent(agent: Agent, own: Collection[str]) -> Hashable:
    """What an agent says beside its name; with volumes of its own the name, too."""
    owner = agent.owner and (agent.owner.kind, "" if agent.owner.name in own else agent.owner.name)
    return (
        agent.namespace,
        agent.label_set,
        _spec(agent.spec, own),
        agent.phase,
        agent.terminating,
        agent.admitted,
        owner,
        agent.static,
        agent.device_ids,
        agent.ready,
        agent.preemptable,
        agent.recreated,
        agent.spread_selector,
        agent.name if agent.spec.claims else "",
    )


def _spec(spec: AgentSpec, own: Collection[str]) -> Hashable:
    """The spec with the node it is on called the same everywhere."""
    asked, _ = _asked(spec.node_selector, spec.node_affinity)
    if not asked:
        return spec.signature
    selector = {key: _ITSELF if key == HOSTNAME else value for key, value in spec.node_selector.items()}
    affinity = spec.node_affinity
    if affinity is not None:
        terms = tuple(
            NodeSelectorTerm(
                tuple(_renamed(item, HOSTNAME, own) for item in term.match_expressions),
                tuple(_renamed(item, NODE_NAME_FIELD, own) for item in term.match_fields),
            )
            for term in affinity.terms
        )
        affinity = NodeSelector(terms)
    return replace(spec, node_selector=selector, node_affinity=affinity).signature


def _renamed(item: Requirement, key: str, own: Collection[str]) -> Requirement:
    if item.key != key:
        return item
    return replace(item, values=tuple(_ITSELF if value in own else value for value in item.values))
