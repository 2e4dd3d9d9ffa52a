"""What workloads ask of where all their agents are; a rebalance leaves nobody with less of it than before.

min domains  the agents of a controller are in at least so many domains of a topology key
near         in the domain of each agent there is somebody that a term means; each term finds its own

kube-scheduler knows neither, and `place` does not ask for them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules.topology import Matcher, TopologyCounts
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

Workload = Hashable


def workload_of(agent: Agent) -> Workload:
    """The agents of one controller are a workload; without one an agent is by itself."""
    owner = agent.owner
    return (agent.namespace, owner.kind, owner.name) if owner is not None else agent.key


def has_demands(snapshot: Snapshot) -> bool:
    """Whether anybody asks for any of it."""
    return any(agent.spec.min_domains or agent.spec.near for agent in snapshot.agents)


@dataclass(frozen=True)
class Demands:
    """short: workload and topology key -> how many domains too few. alone: (agent key, position of the term)
    where nobody whom the term means is in the agent's domain.
    """

    short: Mapping[tuple[Workload, str], int]
    alone: frozenset[tuple[str, int]]

    @classmethod
    def of(cls, state: ClusterState) -> Demands:
        """What is not as it is asked for."""
        spread: dict[tuple[Workload, str], set[str]] = {}
        wanted: dict[tuple[Workload, str], int] = {}
        alone: set[tuple[str, int]] = set()
        for agent, node in state.assignments():
            for key, number in agent.spec.min_domains:
                known = (workload_of(agent), key)
                wanted[known] = max(number, wanted.get(known, 0))
                spread.setdefault(known, set())
                if key in node.labels:
                    spread[known].add(node.labels[key])
            alone.update((agent.key, i) for i in _alone(state, agent, node))
        short = {known: number - len(spread[known]) for known, number in wanted.items()}
        return cls({known: number for known, number in short.items() if number > 0}, frozenset(alone))

    def beyond(self, before: Demands) -> Iterator[str]:
        """What is worse than it was."""
        for (workload, key), number in self.short.items():
            if number > before.short.get((workload, key), 0):
                yield f"{_named(workload)} is in {number} domains of {key} fewer than it asks for"
        for agent, _ in sorted(self.alone - before.alone):
            yield f"{agent} is where nobody is whom it asks to be near"


def _alone(state: ClusterState, agent: Agent, node: Node) -> Iterator[int]:
    for i, term in enumerate(agent.spec.near):
        here = node.labels.get(term.topology_key)
        counts = state.index(TopologyCounts).counts(Matcher((term,)), term.topology_key)
        if here is None or not counts.get(here, 0):
            yield i


def _named(workload: Workload) -> str:
    return "/".join(map(str, workload)) if isinstance(workload, tuple) else str(workload)
