"""Counting agents by topology domain, for the rules that compare domains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, Self, TypeVar

from placewright.models.agent import Agent
from placewright.models.crowds import Crowd
from placewright.models.node import Node
from placewright.models.selector import AffinityTerm, Labels, LabelSelector, Operator
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex

T = TypeVar("T")


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


HOSTNAME = "kubernetes.io/hostname"

NODE_ITSELF = ""
"""Stands for a topology key in which every node is a domain of its own, whatever its labels say."""


def domain_of(node: Node, topology_key: str) -> str | None:
    """The node's domain, or None where it has none."""
    return node.name if topology_key == NODE_ITSELF else node.labels.get(topology_key)


Label = tuple[str, str]
Kind = tuple[str, frozenset[tuple[str, str]], bool]
"""All that a matcher can see of an agent: namespace, labels, and whether it is being deleted."""


class DomainCounts(Counter[str]):
    """Agents by domain. `lowered`: how often one was taken off; while it stays, counts only rise."""

    lowered: int = 0


def kind_of(agent: Agent) -> Kind:
    return (agent.namespace, agent.label_set, agent.terminating)


class KindIndex(Generic[T]):
    """Things filed under a kind of agent; those that a matcher means are found without asking every kind."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._filed: dict[Kind, tuple[Agent, list[T]]] = {}
        self._labelled: dict[Label, list[Kind]] = {}

    def add(self, agent: Agent, item: T) -> None:
        kind = kind_of(agent)
        if kind not in self._filed:
            self._filed[kind] = (agent, [])
            for label in agent.labels.items():
                self._labelled.setdefault(label, []).append(kind)
        self._filed[kind][1].append(item)

    def meant(self, matcher: Matcher) -> Iterator[T]:
        """What is filed under the kinds of agents that `matcher` means."""
        for kind in self._candidates(matcher):
            sample, items = self._filed[kind]
            if matches(self._snapshot, matcher, sample):
                yield from items

    def _candidates(self, matcher: Matcher) -> Iterable[Kind]:
        """The kinds with one of the labels that some term asks for, where one does; else all of them."""
        wanted = list(_asked_labels(matcher))
        if not wanted:
            return self._filed
        found = min(
            ([self._labelled.get(label, []) for label in labels] for labels in wanted),
            key=lambda kinds: sum(map(len, kinds)),
        )
        return chain.from_iterable(found)


def _asked_labels(matcher: Matcher) -> Iterator[list[Label]]:
    """For each requirement that names values, the labels of which an agent needs one to be meant."""
    for term in matcher.terms:
        for requirement in term.selector.requirements if term.selector is not None else ():
            if requirement.operator is Operator.IN:
                yield [(requirement.key, value) for value in dict.fromkeys(requirement.values)]


class MatcherIndex(Generic[T]):
    """Things filed under a matcher; those whose matcher means an agent are found without asking every one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._filed: dict[Matcher, list[T]] = {}
        self._by_label: dict[Label | None, list[Matcher]] = {}

    def add(self, matcher: Matcher, item: T) -> None:
        if matcher not in self._filed:
            self._filed[matcher] = []
            for label in next(iter(_asked_labels(matcher)), [None]):
                self._by_label.setdefault(label, []).append(matcher)
        self._filed[matcher].append(item)

    def meaning(self, agent: Agent) -> list[T]:
        """What is filed under the matchers that mean an agent."""
        return [
            item
            for label in (*agent.labels.items(), None)
            for matcher in self._by_label.get(label, ())
            if matches(self._snapshot, matcher, agent)
            for item in self._filed[matcher]
        ]


@dataclass
class _Counter:
    """The agents that one matcher means, by value of `key`, on the nodes in `within` (None: all)."""

    key: str
    within: frozenset[str] | None
    counts: DomainCounts = field(default_factory=DomainCounts)

    def change(self, node: Node, step: int) -> None:
        value = domain_of(node, self.key)
        if value is not None and (self.within is None or node.name in self.within):
            self.counts[value] += step
            self.counts.lowered += step < 0


@dataclass
class _Seen:
    """Agents of one kind: where they are, and the counters that mean them."""

    on: Counter[str] = field(default_factory=Counter)
    counters: list[_Counter] = field(default_factory=list)


class TopologyCounts(StateIndex):
    """How many agents each matcher means, by value of a topology key. Counters start when first asked for.

    Agents are kept by kind and node, so that a matcher is asked once per kind; and of both only those are
    tried on each other that have a label in common.
    """

    def __init__(self, state: ClusterState) -> None:
        self._snapshot = state.snapshot
        self._kinds: dict[Kind, _Seen] = {}
        self._index: KindIndex[_Seen] = KindIndex(state.snapshot)
        self._counters: dict[tuple[Matcher, str, frozenset[str] | None], _Counter] = {}
        self._watching: MatcherIndex[_Counter] = MatcherIndex(state.snapshot)

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls(state)

    def add(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, 1)

    def add_crowd(self, crowd: Crowd, nodes: Mapping[str, Node]) -> None:
        seen = self._of_kind(crowd.sample)
        number = {name: len(agents) for name, agents in crowd.on.items()}
        seen.on.update(number)
        for counter in seen.counters:
            for name, count in number.items():
                counter.change(nodes[name], count)

    def remove(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, -1)

    def counts(
        self, matcher: Matcher, topology_key: str, within: frozenset[str] | None = None
    ) -> DomainCounts:
        """Agents meant by `matcher` per value of `topology_key`, over the nodes in `within` (None: all).

        The values of NODE_ITSELF are the names of nodes.

        A live view; a value is absent, or 0, where none is counted.
        """
        wanted = (matcher, topology_key, within)
        known = self._counters.get(wanted)
        if known is None:
            known = self._counters[wanted] = _Counter(topology_key, within)
            self._start(matcher, known)
        return known.counts

    def _start(self, matcher: Matcher, counter: _Counter) -> None:
        """Count who is there already, and whoever comes later."""
        self._watching.add(matcher, counter)
        nodes = self._snapshot.node_by_name
        for seen in self._index.meant(matcher):
            seen.counters.append(counter)
            for name, count in seen.on.items():
                counter.change(nodes[name], count)

    def _change(self, agent: Agent, node: Node, step: int) -> None:
        seen = self._of_kind(agent)
        seen.on[node.name] += step
        for counter in seen.counters:
            counter.change(node, step)

    def _of_kind(self, agent: Agent) -> _Seen:
        kind = kind_of(agent)
        seen = self._kinds.get(kind)
        if seen is None:
            seen = self._kinds[kind] = _Seen(counters=self._watching.meaning(agent))
            self._index.add(agent, seen)
        return seen
