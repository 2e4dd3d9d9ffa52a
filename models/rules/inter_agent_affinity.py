"""Inter-agent affinity and anti-affinity (§5): who must, and who must not, share a topology domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Self

from placewright.models.agent import Agent, AgentSpec
from placewright.models.crowds import Crowd
from placewright.models.node import Node
from placewright.models.rules.affinity_order import found
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.own_terms import PLUGIN, own_affinity, own_anti_affinity, own_matcher
from placewright.models.rules.topology import Matcher, MatcherIndex, TopologyCounts, matches
from placewright.models.selector import AffinityTerm
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
EXISTING_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"


class AntiAffinityIndex(StateIndex):
    """Required anti-affinity terms of the agents on nodes, counted by the domain they guard."""

    def __init__(self, state: ClusterState) -> None:
        self._guarded: dict[AffinityTerm, Counter[str]] = {}
        self._meaning: MatcherIndex[AffinityTerm] = MatcherIndex(state.snapshot)
        self._against: dict[tuple[str, frozenset[tuple[str, str]]], tuple[AffinityTerm, ...]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls(state)

    def heeds(self, spec: AgentSpec) -> bool:
        return bool(spec.anti_affinity)

    def add(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, 1)

    def remove(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, -1)

    def add_crowd(self, crowd: Crowd, nodes: Mapping[str, Node]) -> None:
        for name, agents in crowd.on.items():
            self._change(crowd.sample, nodes[name], len(agents))

    def _change(self, agent: Agent, node: Node, step: int) -> None:
        if not agent.spec.anti_affinity:
            return
        # A term that is written twice guards no more than once.
        for term in dict.fromkeys(agent.spec.anti_affinity):
            if term not in self._guarded:
                self._guarded[term] = Counter()
                self._meaning.add(Matcher((term,)), term)
                self._against.clear()
            value = node.labels.get(term.topology_key)
            if value is not None:
                self._guarded[term][value] += step

    def against(self, agent: Agent) -> tuple[AffinityTerm, ...]:
        """The terms that mean this agent."""
        identity = (agent.namespace, agent.label_set)
        if identity not in self._against:
            self._against[identity] = tuple(self._meaning.meaning(agent))
        return self._against[identity]

    def guards(self, term: AffinityTerm, node: Node) -> int:
        """How many agents with this term are in the node's domain."""
        value = node.labels.get(term.topology_key)
        return 0 if value is None else self._guarded[term][value]


class InterAgentAffinityRule(Rule):
    name = "inter_agent_affinity"
    plugin = PLUGIN
    summary = (
        "Required affinity finds company in its domain, in some order; required anti-affinity finds none."
    )

    def may_open(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.affinity)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        """A node without a topology key of a required affinity term can never satisfy it."""
        if all(term.topology_key in node.labels for term in agent.spec.affinity):
            return None
        return Reason(self.name, AFFINITY, resolvable=False)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        anti = state.index(AntiAffinityIndex)
        if any(anti.guards(term, node) for term in anti.against(agent)):
            return Reason(self.name, EXISTING_ANTI_AFFINITY)
        if any(_others(state, term, agent, node) for term in own_anti_affinity(state.snapshot, agent)):
            return Reason(self.name, ANTI_AFFINITY)
        if agent.spec.affinity and not _is_supported(state, agent, node):
            return Reason(self.name, AFFINITY, resolvable=False)
        return None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        for crowd in state.placed_crowds():
            yield from self._too_close(state, crowd)
        for agent, node in found(state).unfounded:
            yield Violation(self.name, AFFINITY, agent.key, node.name)

    def _too_close(self, state: ClusterState, crowd: Crowd) -> Iterator[Violation]:
        """Agents of a crowd that share a domain with somebody whom they, or who, will not have it."""
        snapshot, sample = state.snapshot, crowd.sample
        anti = state.index(AntiAffinityIndex)
        shunned = [
            (term.topology_key, _counts(state, term), int(matches(snapshot, Matcher((term,)), sample)))
            for term in own_anti_affinity(snapshot, sample)
        ]
        against = [(term, int(term in sample.spec.anti_affinity)) for term in anti.against(sample)]
        for name in crowd.on if shunned or against else ():
            node = snapshot.node_by_name[name]
            messages = []
            for key, counts, itself in shunned:
                others = counts.get(node.labels[key], 0) - itself if key in node.labels else 0
                if others > 0:
                    messages.append(f"{ANTI_AFFINITY}: {others} in the same {key}")
            messages += [EXISTING_ANTI_AFFINITY for term, own in against if anti.guards(term, node) > own]
            for agent in crowd.on[name] if messages else ():
                yield from (Violation(self.name, message, agent.key, name) for message in messages)


def _counts(state: ClusterState, term: AffinityTerm) -> Mapping[str, int]:
    """How many agents a term means, by domain."""
    return state.index(TopologyCounts).counts(Matcher((term,)), term.topology_key)


def _others(state: ClusterState, term: AffinityTerm, agent: Agent, node: Node) -> int:
    """How many agents that `term` means are in the node's domain; 0 where it has none."""
    value = node.labels.get(term.topology_key)
    if value is None:
        return 0
    return _counts(state, term).get(value, 0)


def _is_supported(state: ClusterState, agent: Agent, node: Node) -> bool:
    """§5.2 (a): company for every term in the node's domains, or the first-in-series exception."""
    terms = own_affinity(state.snapshot, agent)
    if any(term.topology_key not in node.labels for term in terms):
        return False
    matcher = own_matcher(state.snapshot, agent)
    counts = [state.index(TopologyCounts).counts(matcher, term.topology_key) for term in terms]
    if all(count.get(node.labels[t.topology_key], 0) > 0 for t, count in zip(terms, counts, strict=True)):
        return True
    nobody = not any(any(count.values()) for count in counts)
    return nobody and matches(state.snapshot, matcher, agent)


RULE = InterAgentAffinityRule()
