"""Whom nothing on offer could hold, and why: buying does not help those, and no line about nodes says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from placewright.models.filters import rejection
from placewright.models.rules import devices, node_affinity, resources, taints
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.unplaced import LeftOut
from placewright.solver.capacity.question import Question, node_of

MOST_TOLD = 5
"""Kinds of agents that are told of."""
OWN = (taints.RULE, node_affinity.RULE, resources.RULE, devices.RULE)
"""The rules by which an empty node takes an agent or does not, whoever is elsewhere."""


def unfit(question: Question, left: LeftOut) -> Iterator[str]:
    """A line for each kind of those left out that no node on offer takes when it is new."""
    if not left.kinds:
        return
    new = _one_of_each(question)
    state, told = ClusterState(new), 0
    for item, names in left.kinds:
        agent = question.snapshot.agent_by_key[item.key]
        refused = [rejection(state, agent, node, OWN) for node in new.nodes]
        why = Counter(reason.message for reason in refused if reason is not None)
        if why.total() < len(new.nodes):
            continue
        told += 1
        if told > MOST_TOLD:
            yield "more agents fit on nothing that is on offer"
            return
        others = f" and {len(names) - 1} more like it" if len(names) > 1 else ""
        yield f"{item.key}{others}: fits on nothing that is on offer ({_listed(why)})"


def _one_of_each(question: Question) -> Snapshot:
    """A cluster of one new node of each type and zone on offer, with its DaemonSets and nobody else."""
    nodes = [node_of(offering, offering.name) for offering in question.catalog.offerings]
    daemons = [agent for node in nodes for agent in question.residents_of(node)]
    return replace(question.snapshot, nodes=tuple(nodes), agents=tuple(daemons))


def _listed(why: Counter[str]) -> str:
    parts: Sequence[tuple[str, int]] = sorted(why.items(), key=lambda part: (-part[1], part[0]))
    return ", ".join(f"{number} {message}" for message, number in parts)
