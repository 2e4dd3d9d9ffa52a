"""From where agents are, by name, to counts of groups on nodes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from placewright.models.agent import Agent
from placewright.models.move_cost import MoveCosts
from placewright.models.rules.topology_spread import hard_constraints
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.moves.question import Question
from placewright.solver.moves.terms import Place

MOST_NEAR = 50
"""Places that are looked at for each agent that leaves, where ways differ in what they cost."""


def counts(compilation: Compilation, where: Mapping[str, str]) -> IntArray:
    """int64 (G, N) of the agents that may move; where: agent key -> node name."""
    count = np.zeros_like(compilation.cap)
    for g in compilation.pending:
        for agent in compilation.groups[g].members:
            count[g, compilation.node_index[where[agent.key]]] += 1
    return count


def names(
    question: Question, compilation: Compilation, costs: MoveCosts, count: IntArray
) -> Mapping[str, str]:
    """Agents to counts: as many as can stay do, and of those on a node the cheapest to move leave."""
    found: dict[str, str] = {}
    for g in compilation.pending:
        room = {compilation.nodes[n].name: int(count[g, n]) for n in np.flatnonzero(count[g]).tolist()}
        leaving = []
        members = compilation.groups[g].members
        for agent in sorted(members, key=lambda agent: (-costs.of(agent), agent.key)):
            home = question.home[agent.key]
            if room.get(home, 0) > 0:
                room[home] -= 1
                found[agent.key] = home
            else:
                leaving.append(agent)
        places = [name for name, number in room.items() for _ in range(number)]
        found.update(_matched(question, costs, leaving, places))
        for agent in leaving:
            found.setdefault(agent.key, question.home[agent.key])
    return found


def _matched(
    question: Question, costs: MoveCosts, leaving: Sequence[Agent], places: Sequence[str]
) -> Mapping[str, str]:
    """Leaving agents of one group to places: within their domains of spread first, and the shortest way.

    Two that change domains crosswise would each be refused by spread while the other is not there.
    """
    if not leaving:
        return {}
    keys = [c.topology_key for c in hard_constraints(question.asked, leaving[0])]
    nodes = question.asked.node_by_name

    def domains(name: str) -> tuple[str | None, ...]:
        return tuple(nodes[name].labels.get(key) for key in keys)

    found: dict[str, str] = {}
    free: dict[tuple[str | None, ...], list[str]] = {}
    for name in places:
        free.setdefault(domains(name), []).append(name)
    for agent in leaving:
        if near := free.get(domains(question.home[agent.key])):
            found[agent.key] = _nearest(question, costs, agent, near)
    rest = [name for free_names in free.values() for name in free_names]
    for agent in leaving:
        if rest and agent.key not in found:
            found[agent.key] = _nearest(question, costs, agent, rest)
    return found


def _nearest(question: Question, costs: MoveCosts, agent: Agent, names: list[str]) -> str:
    """Takes away the name of the node, of the first of these, to which the way of an agent costs least."""
    if len(names) == 1 or not costs.surcharges.distance:
        return names.pop(0)
    home = question.home[agent.key]
    best = min(range(min(len(names), MOST_NEAR)), key=lambda i: costs.trip(agent, home, names[i]))
    return names.pop(best)


def arrivals(count: IntArray, before: IntArray) -> Mapping[Place, int]:
    """Where more are than were, and how many: what a cut needs to rule these counts out."""
    return {(g, n): int(count[g, n]) for g, n in np.argwhere(count > before).tolist()}


def violates(count: IntArray, cuts: Sequence[Mapping[Place, int]]) -> bool:
    """Whether counts are some that were cut off."""
    return any(all(count[place] >= number for place, number in cut.items()) for cut in cuts)
