"""InterPodAffinity: who is near that is wanted there, and who wants the agent near (§5.3).

Each term counts by itself, over the agents on all nodes: the agent's own preferred terms with their weights,
and of the agents that are there their preferred terms and, with the profile's `hard_affinity_weight`, their
required affinity. Required anti-affinity never scores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Self

from placewright.models.agent import Agent, AgentSpec
from placewright.models.kube_scores.base import MOST
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.rules.own_terms import own_preferred
from placewright.models.rules.topology import Matcher, TopologyCounts, term_matches
from placewright.models.selector import AffinityTerm
from placewright.models.state import ClusterState, StateIndex


class WantedCompany(StateIndex):
    """Required and preferred terms of the agents on nodes, added up by the domain that their owners are in.

    A required term counts 1 for each owner, a preferred one its weight, negative for anti-affinity.
    """

    def __init__(self, state: ClusterState) -> None:
        self._snapshot = state.snapshot
        self._required: dict[AffinityTerm, Counter[str]] = {}
        self._preferred: dict[AffinityTerm, Counter[str]] = {}
        self._about: dict[tuple[str, frozenset[tuple[str, str]]], tuple[AffinityTerm, ...]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls(state)

    def heeds(self, spec: AgentSpec) -> bool:
        return bool(spec.affinity or spec.preferred_affinity)

    def add(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, 1)

    def remove(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, -1)

    def _change(self, agent: Agent, node: Node, step: int) -> None:
        for term in agent.spec.affinity:
            self._count(self._required, term, node, step)
        for preferred in agent.spec.preferred_affinity:
            self._count(self._preferred, preferred.term, node, step * preferred.weight)

    def _count(self, sums: dict[AffinityTerm, Counter[str]], term: AffinityTerm, node: Node, by: int) -> None:
        if term not in sums:
            sums[term] = Counter()
            self._about.clear()
        value = node.labels.get(term.topology_key)
        if value is not None:
            sums[term][value] += by

    def about(self, agent: Agent) -> tuple[AffinityTerm, ...]:
        """The terms that mean this agent, each once."""
        identity = (agent.namespace, agent.label_set)
        if identity not in self._about:
            labels = self._snapshot.namespace_labels(agent.namespace)
            self._about[identity] = tuple(
                term
                for term in dict.fromkeys((*self._required, *self._preferred))
                if term_matches(term, agent.namespace, agent.labels, labels)
            )
        return self._about[identity]

    def required(self, term: AffinityTerm) -> Mapping[str, int]:
        """How many agents require this term, by domain."""
        return self._required.get(term, {})

    def preferred(self, term: AffinityTerm) -> Mapping[str, int]:
        """What agents that prefer this term give it in all, by domain."""
        return self._preferred.get(term, {})


def scores(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> list[int] | None:
    """100 for the node with the best company, 0 for the one with the worst; None where nobody cares."""
    # Only an agent without preferences of its own ignores those of others.
    if profile.ignore_preferred_of_existing and not agent.spec.preferred_affinity:
        return None
    by_key = _by_domain(state, agent, profile)
    if not by_key:
        return None
    raw = [
        sum(sums[node.labels[key]] for key, sums in by_key.items() if key in node.labels) for node in nodes
    ]
    least = min(raw, default=0)
    spread = max(raw, default=0) - least
    if spread == 0:
        return [0] * len(nodes)
    # The quotient first: 100 * 29 / 100 is 29, but 100 * (29 / 100) is 28.999…, and kube-scheduler truncates.
    return [int(float(MOST) * ((value - least) / spread)) for value in raw]


def _by_domain(state: ClusterState, agent: Agent, profile: Profile) -> dict[str, Counter[str]]:
    """Topology key -> value -> points there, as the agent and those on nodes see it."""
    found: dict[str, Counter[str]] = {}

    def add(key: str, counts: Mapping[str, int], weight: int) -> None:
        for value, count in counts.items():
            if count and weight:
                found.setdefault(key, Counter())[value] += weight * count

    counted = state.index(TopologyCounts)
    for own in own_preferred(state.snapshot, agent):
        key = own.term.topology_key
        add(key, counted.counts(Matcher((own.term,)), key), own.weight)
    wanted = state.index(WantedCompany)
    for term in wanted.about(agent):
        add(term.topology_key, wanted.required(term), profile.hard_affinity_weight)
        add(term.topology_key, wanted.preferred(term), 1)
    return found
