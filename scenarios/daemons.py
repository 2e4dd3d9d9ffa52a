"""DaemonSet agents on nodes that are new: what each of them takes before anybody else comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from placewright.models.agent import Agent, AgentSpec, Phase
from placewright.models.daemons import daemon_samples
from placewright.models.node import Node
from placewright.models.rules import RULES
from placewright.models.selector import NODE_NAME_FIELD, NodeSelector, NodeSelectorTerm, Requirement
from placewright.models.snapshot import Snapshot


def with_daemons(snapshot: Snapshot, new: Iterable[Node]) -> Snapshot:
    """The snapshot with an agent of each of its DaemonSets on each of the `new` nodes that admits it."""
    samples = list(daemon_samples(snapshot))
    made = [agent for node in new for agent in _daemons_on(snapshot, samples, node)]
    return replace(snapshot, agents=(*snapshot.agents, *made))


def _daemons_on(snapshot: Snapshot, samples: Iterable[Agent], node: Node) -> Iterator[Agent]:
    for sample in samples:
        owner = sample.owner.name if sample.owner else sample.name
        own = replace(
            sample,
            name=f"{owner}-{node.name}",
            spec=_pinned(sample.spec, node.name),
            uid="",
            node_name="",
            phase=Phase.PENDING,
            device_ids=(),
            started="",
        )
        there = own.key in snapshot.agent_by_key
        if not there and all(rule.admits(snapshot, own, node) is None for rule in RULES):
            yield replace(own, node_name=node.name, phase=Phase.RUNNING)


def _pinned(spec: AgentSpec, name: str) -> AgentSpec:
    """The spec with the node that its controller wrote into its affinity replaced by this one."""
    if spec.node_affinity is None:
        return spec
    terms = tuple(_pinned_term(term, name) for term in spec.node_affinity.terms)
    return replace(spec, node_affinity=NodeSelector(terms)) if terms != spec.node_affinity.terms else spec


def _pinned_term(term: NodeSelectorTerm, name: str) -> NodeSelectorTerm:
    def own(item: Requirement) -> Requirement:
        return replace(item, values=(name,)) if item.key == NODE_NAME_FIELD else item

    return replace(term, match_fields=tuple(own(item) for item in term.match_fields))
