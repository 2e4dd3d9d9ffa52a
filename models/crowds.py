"""Agents that no rule and no score can tell apart, taken together: a template's replicas, as a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from placewright.models.agent import Agent, AgentSpec, SharedLabels
from placewright.models.node import Node

Step = tuple[Agent, Node]


@dataclass(frozen=True, eq=False)
class Crowd:
    """Agents that share what rules and scores read of them, but for their names: `sample` is the first.

    Shared are spec, namespace, labels, spread selector, whether they are being deleted, and whether they ran
    when the round began. `on`: the agents by node name, in the order given.
    """

    sample: Agent
    on: dict[str, list[Agent]] = field(default_factory=dict)

    def steps(self, node: Node) -> Iterator[Step]:
        """The agents that are on a node, with it."""
        for agent in self.on[node.name]:
            yield agent, node


def amounts(of: Iterable[Crowd], amount: Callable[[AgentSpec], int]) -> dict[str, int]:
    """What the agents of some crowds add up to, by node name."""
    totals: dict[str, int] = {}
    for crowd in of:
        each = amount(crowd.sample.spec)
        if each:
            for name, agents in crowd.on.items():
                totals[name] = totals.get(name, 0) + each * len(agents)
    return totals


def alike(agents: Iterable[Agent]) -> tuple[list[Agent], ...]:
    """Agents by what the members of a crowd share, wherever they are; each list in the order given."""
    found: defaultdict[Hashable, list[Agent]] = defaultdict(list)
    for agent in agents:
        found[_shared(agent)].append(agent)
    return tuple(found.values())


def _shared(agent: Agent) -> Hashable:
    # Specs, selectors and labels are shared by identity; equal ones that are not make two crowds, no harm.
    labels = agent.labels
    return (
        id(agent.spec),
        agent.namespace,
        id(labels) if type(labels) is SharedLabels else agent.label_set,
        id(agent.spread_selector),
        agent.terminating,
        not agent.node_name,
    )


def crowds(steps: Iterable[Step]) -> tuple[Crowd, ...]:
    """Agents on nodes, by crowd."""
    found: dict[Hashable, Crowd] = {}
    for agent, node in steps:
        key = _shared(agent)
        crowd = found.get(key)
        if crowd is None:
            crowd = found[key] = Crowd(agent)
        there = crowd.on.get(node.name)
        if there is None:
            crowd.on[node.name] = [agent]
        else:
            there.append(agent)
    return tuple(found.values())
