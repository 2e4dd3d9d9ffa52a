"""A rebalance question as arrays, as far as it can be put like that; who cannot be stays.

Amounts, what `admits` says, anti-affinity of a workload to itself on a node, and what workloads ask of where
all their agents are (models/demands.py) go into the arrays. An agent with another rule that others can break
for it, or it for others, is left where it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placewright.models.move_cost import MoveCosts
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.moves.board import Board as Places
from placewright.solver.objectives.base import Term
from placewright.solver.objectives.hinges import HingesTerm
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.kinds import Kinds

EXACT = 2**52
NEVER = float(2**50)
"""A node without a line is this far below it."""


@dataclass(frozen=True)
class Compiled:
    """keys: the agents of the arrays, in their order. where (A,): the nodes that they are on."""

    problem: Reassignment
    keys: tuple[str, ...]
    where: IntArray


def compiled(
    compilation: Compilation,
    places: Places,
    terms: Sequence[tuple[int, Term]],
    costs: MoveCosts,
    min_gain: int,
    double: Sequence[str],
) -> Compiled | None:
    """The arrays for a goal's terms, from where everybody is on the board; None where they cannot say it."""
    lines = _lines(terms)
    if lines is None or (compilation.amounts.asked > compilation.request).any():
        return None
    agents = [agent for g in compilation.pending for agent in compilation.groups[g].members]
    kinds = Kinds(compilation, places, agents)
    group = np.array([places.group_of[agent.key] for agent in agents], dtype=np.int64)
    where = np.array([places.where[agent.key] for agent in agents], dtype=np.int64)
    here = where[:, None] == np.arange(len(compilation.nodes))
    request, capacity = compilation.request[group].T, compilation.free.T
    # What everybody together could not fill on any node need not be looked at.
    scarce = request.sum(axis=1) > capacity.min(axis=1)
    unit = min_gain * lines.scale
    problem = Reassignment(
        request=request[scarce].astype(np.float64),
        capacity=capacity[scarce].astype(np.float64),
        home=np.array([places.home[agent.key] for agent in agents], dtype=np.int64),
        double=np.array([name in double for name in compilation.resources])[scarce],
        eligible=compilation.eligible[group] & ~places.closed & ~kinds.fixed[:, None] | here,
        kind=kinds.of,
        alone=kinds.alone,
        places=kinds.places,
        least=kinds.least,
        near=kinds.near,
        needs=kinds.needs,
        bends=lines.ask[group].T,
        offset=lines.over.T,
        move=np.array([float(unit * costs.of(agent)) for agent in agents]),
        distance=unit * _distance(compilation, costs.surcharges.distance),
        most_weight=float(unit * costs.surcharges.most_moved),
    )
    return Compiled(problem, tuple(agent.key for agent in agents), where) if _exact(problem) else None


@dataclass(frozen=True)
class _Lines:
    """ask (G, H), over (N, H): as in HingesTerm, times the price; `scale`: everything costs so much more."""

    ask: FloatArray
    over: FloatArray
    scale: int


def _lines(terms: Sequence[tuple[int, Term]]) -> _Lines | None:
    """The lines of all terms in one unit, in which prices are whole; None where a term is of another kind."""
    hinges = [(weight, term) for weight, term in terms if isinstance(term, HingesTerm)]
    if not hinges or len(hinges) < len(terms):
        return None
    scale = math.lcm(*(int(per) for _, term in hinges for per in term.per))
    ask, over = [], []
    for weight, term in hinges:
        price = (weight * term.price * (scale // term.per)).astype(np.float64)
        ask.append(term.ask * price)
        over.append(np.where(term.has, term.over * price, -NEVER))
    return _Lines(np.hstack(ask), np.hstack(over), scale)


def _exact(problem: Reassignment) -> bool:
    """Whether sums of floats stay exact."""
    p = problem
    amounts = (
        np.abs(p.bends).sum(),
        np.abs(p.offset).max(),
        p.request.sum(),
        np.abs(p.capacity).max(initial=0),
    )
    fares = p.move.sum() + len(p.home) * (p.distance.max() + p.most_weight)
    return bool(max(*amounts, float(fares)) < EXACT)


def _distance(compilation: Compilation, distance: Mapping[str, int]) -> FloatArray:
    found = np.zeros((len(compilation.nodes), len(compilation.nodes)))
    for key, cost in distance.items():
        of_node = compilation.domains(key).of_node
        found += cost * (of_node[:, None] != of_node[None, :])
    return found
