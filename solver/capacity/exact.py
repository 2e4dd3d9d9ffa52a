"""Small questions to the end: nodes are put up, and the ordinary solve says which are used.

Every rule holds exactly as it does for placing. What is proven is proven for all that could be bought, where
all of it is put up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from placewright.models.catalog import ZONE
from placewright.models.node import Node
from placewright.models.plan import Plan
from placewright.models.rules.topology_spread import hard_constraints
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.solver.attempt import Progress
from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.question import Question, by_cost, node_of
from placewright.solver.capacity.realise import Names, Purchase, on_offer
from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

MOST_NODES = 160
MOST_PAIRS = 6_000
"""Groups times nodes that are put up; beyond that the proof would not come in time."""


@dataclass(frozen=True)
class Exact:
    """purchase: what is bought, if it is any. bound: of the cost in millionths; None: not proven."""

    purchase: Purchase | None
    bound: int | None


def solve_exactly(
    question: Question,
    bins: Bins,
    incumbent: Purchase | None,
    spare: FloatArray,
    settings: Settings,
    progress: Progress,
) -> Exact | None:
    """The cheapest of all purchases that cost no more than the incumbent; None where they are too many.

    spare (K,): how many nodes of each kind there can be in anything that is, as far as bounds tell.
    """
    numbers = np.minimum(_numbers(bins, incumbent), spare).astype(np.int64)
    for k in set(incumbent.kinds if incumbent is not None else ()):
        numbers[k] = max(int(numbers[k]), incumbent.kinds.count(k) if incumbent is not None else 0)
    there = len(question.snapshot.nodes)
    total = int(numbers.sum()) + there
    if total > MOST_NODES or total * len(bins.size) > MOST_PAIRS:
        return None
    question = replace(question, snapshot=_paid_for(question.snapshot))
    snapshot = question.snapshot
    names = Names(snapshot)
    offered = [
        (k, node_of(kind.offering, names.next(kind.offering.name)))
        for k, kind in enumerate(bins.kinds)
        if kind.offering is not None
        for _ in range(int(numbers[k]))
    ]
    put_up = question.with_nodes([node for _, node in offered])
    candidates = by_cost(replace(put_up, nodes=(*put_up.nodes, *on_offer(put_up, bins))))
    start = None if incumbent is None else _translated(incumbent, offered)
    verdict = place(
        candidates, replace(settings, preempt=False, require_all=False), start=start, progress=progress
    )
    if isinstance(verdict, Refused) or len(verdict.plan.levels) == 0:
        return Exact(None, None)
    plan = verdict.plan
    goes = {binding.key: binding.node for binding in plan.bindings}
    used = set(goes.values())
    bought = [(k, node) for k, node in offered if node.name in used]
    purchase = Purchase(tuple(n for _, n in bought), tuple(k for k, _ in bought), goes)
    if not within_budgets(bins, purchase):
        return Exact(None, _bound(candidates_exact=_is_exact(question), plan=plan))
    return Exact(purchase, _bound(candidates_exact=_is_exact(question), plan=plan))


def _paid_for(snapshot: Snapshot) -> Snapshot:
    """The cluster with nodes that cost nothing, and with everybody who is to be placed in need of one.

    Otherwise agents of DaemonSets that wait would be on nodes that are put up and that nobody pays for.
    """
    waiting = {agent.key for agent in snapshot.pending if not keeps_in_use(agent)}
    return replace(
        snapshot,
        nodes=tuple(replace(node, price=0) for node in snapshot.nodes),
        agents=tuple(
            replace(agent, owner=None, static=False) if agent.key in waiting else agent
            for agent in snapshot.agents
        ),
    )


def within_budgets(bins: Bins, purchase: Purchase) -> bool:
    """Whether as much can be had, of each kind and of what kinds share."""
    kinds = list(purchase.kinds)
    if (np.bincount(kinds, minlength=len(bins.kinds)) > bins.limit).any():
        return False
    return all(int(weights[kinds].sum()) <= most for weights, most in bins.budgets)


def _bound(*, candidates_exact: bool, plan: Plan) -> int | None:
    """The cost level's bound holds where all levels above it are proven."""
    *placed, cost = plan.levels
    return cost.bound if candidates_exact and all(level.proven for level in placed) else None


def _numbers(bins: Bins, incumbent: Purchase | None) -> IntArray:
    """int64 (K,): how many nodes of each kind anything has that costs no more than the incumbent."""
    agents = int(bins.size.sum())
    numbers = np.minimum(bins.limit, agents)
    for weights, most in bins.budgets:
        some = weights > 0
        numbers[some] = np.minimum(numbers[some], most // weights[some])
    if incumbent is not None:
        paid = bins.price > 0
        numbers[paid] = np.minimum(numbers[paid], incumbent.cost // bins.price[paid])
    return np.where(bins.offered & bins.cap.any(axis=1), numbers, 0)


def _is_exact(question: Question) -> bool:
    """Whether nodes put up and not used change nothing: spread over single nodes would count them."""
    snapshot = question.snapshot
    keys = {c.topology_key for agent in snapshot.pending for c in hard_constraints(snapshot, agent)}
    return keys <= {ZONE}


def _translated(incumbent: Purchase, offered: list[tuple[int, Node]]) -> dict[str, str]:
    """The incumbent's start on nodes that are put up, kind by kind."""
    free: dict[int, list[str]] = {}
    for k, node in reversed(offered):
        free.setdefault(k, []).append(node.name)
    names = {
        node.name: free[k].pop()
        for k, node in zip(incumbent.kinds, incumbent.nodes, strict=True)
        if free.get(k)
    }
    bought = {node.name for node in incumbent.nodes}
    return {
        key: names.get(name, name)
        for key, name in incumbent.start.items()
        if name not in bought or name in names
    }
