"""Counting agents by topology domain, for the rules that compare domains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.selector import AffinityTerm, Labels, LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


@dataclass(frozen=True)
class Matcher:
    """Which agents are meant: those that match ALL `terms`; terminating ones only if asked for."""

    terms: tuple[AffinityTerm, ...]
    terminating: bool = True


def term_matches(term: AffinityTerm, namespace: str, labels: Labels, namespace_labels: Labels) -> bool:
    """Whether a term means an agent with these labels in this namespace (§5.1)."""
    if term.selector is None:
        return False
    in_namespace = namespace in term.namespaces or (
        term.namespace_selector is not None and term.namespace_selector.matches(namespace_labels)
    )
    return in_namespace and term.selector.matches(labels)


def same_namespace(namespace: str, selector: LabelSelector | None, topology_key: str = "") -> AffinityTerm:
    """The term that means the agents of one namespace that a plain selector matches."""
    return AffinityTerm(topology_key, selector, frozenset({namespace}))


def matches(snapshot: Snapshot, matcher: Matcher, agent: Agent) -> bool:
    """Whether `matcher` means `agent`."""
    if agent.terminating and not matcher.terminating:
        return False
    namespace_labels = snapshot.namespace_labels(agent.namespace)
    return all(term_matches(term, agent.namespace, agent.labels, namespace_labels) for term in matcher.terms)


class TopologyCounts:
    """How many agents each matcher means, by value of a topology key. Counters start when first asked for."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._counters: dict[tuple[Matcher, str, frozenset[str] | None], Counter[str]] = {}
        self._by_matcher: dict[Matcher, list[tuple[str, frozenset[str] | None, Counter[str]]]] = {}
        self._meant: dict[tuple[str, frozenset[tuple[str, str]], bool], tuple[Matcher, ...]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls(state)

    def add(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, 1)

    def remove(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, -1)

    def counts(
        self, matcher: Matcher, topology_key: str, within: frozenset[str] | None = None
    ) -> Mapping[str, int]:
        """Agents meant by `matcher` per value of `topology_key`, over the nodes in `within` (None: all).

        A live view; a value is absent, or 0, where none is counted.
        """
        wanted = (matcher, topology_key, within)
        known = self._counters.get(wanted)
        if known is None:
            known = self._counters[wanted] = self._count(matcher, topology_key, within)
            self._by_matcher.setdefault(matcher, []).append((topology_key, within, known))
            self._meant.clear()
        return known

    def _count(self, matcher: Matcher, key: str, within: frozenset[str] | None) -> Counter[str]:
        counter: Counter[str] = Counter()
        for agent, node in self._state.assignments():
            inside = key in node.labels and (within is None or node.name in within)
            if inside and matches(self._state.snapshot, matcher, agent):
                counter[node.labels[key]] += 1
        return counter

    def _change(self, agent: Agent, node: Node, step: int) -> None:
        if not self._by_matcher:
            return
        identity = (agent.namespace, agent.label_set, agent.terminating)
        meant = self._meant.get(identity)
        if meant is None:
            meant = tuple(m for m in self._by_matcher if matches(self._state.snapshot, m, agent))
            self._meant[identity] = meant
        for matcher in meant:
            for key, within, counter in self._by_matcher[matcher]:
                value = node.labels.get(key)
                if value is not None and (within is None or node.name in within):
                    counter[value] += step
