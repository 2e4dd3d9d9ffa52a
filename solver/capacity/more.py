"""Whom the purchase leaves out after all: placed where there is room, or bought for once more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from placewright.models.agent import Phase
from placewright.models.catalog import Catalog
from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.buy import Bought, Report, buy
from placewright.solver.capacity.question import Question
from placewright.solver.capacity.realise import Purchase, accepted, judged
from placewright.solver.clock import Deadline, Phases
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan

ROUNDS = 3
ROUND_SHARE = 0.4
"""The part of the time left that one round may take."""


def buy_more(
    question: Question, bought: Bought, settings: Settings, deadline: Deadline, progress: Report
) -> Bought:
    """The same with a place for everybody wanted, as far as that can be had in a few rounds.

    The master knows some rules only in part: who is left out by the others is given a place by the ordinary
    solve, or more nodes are bought for them beside those that are there by then. The bound stays what it was.
    """
    for _ in range(ROUNDS):
        if bought.complete or deadline.passed:
            return bought
        bought = _placed(question, bought, settings, deadline)
        if bought.complete or deadline.passed:
            return bought
        progress(f"{bought.wanted - len(bought.purchase.start)} agents are left out: more is bought")
        more = _again(question, bought, settings, deadline, progress)
        if more is None:
            break
        bought = more
    return bought


def _placed(question: Question, bought: Bought, settings: Settings, deadline: Deadline) -> Bought:
    snapshot = judged(question, bought.bins, bought.purchase.nodes)
    seconds = max(1.0, deadline.remaining() * ROUND_SHARE)
    verdict = place(snapshot, replace(settings, time_limit=seconds), start=bought.purchase.start)
    if not isinstance(verdict, VerifiedPlan):
        return bought
    goes = {binding.key: binding.node for binding in verdict.plan.bindings}
    if len(goes) <= len(bought.purchase.start):
        return bought
    return replace(bought, purchase=replace(bought.purchase, start=goes))


def _again(
    question: Question, bought: Bought, settings: Settings, deadline: Deadline, progress: Report
) -> Bought | None:
    """The question of those left out, with what was bought in place; None where nothing more helps."""
    purchase = bought.purchase
    snapshot = question.with_nodes(purchase.nodes)
    surplus = _surplus(bought)
    agents = tuple(
        replace(agent, node_name=purchase.start[agent.key], phase=Phase.RUNNING)
        if agent.key in purchase.start
        else agent
        for agent in snapshot.agents
        if agent.key not in surplus
    )
    rest = replace(question, snapshot=replace(snapshot, agents=agents), catalog=_left(question, bought))
    own = replace(settings, time_limit=max(1.0, deadline.remaining() * ROUND_SHARE))
    found = buy(rest, own, Phases(), progress)
    if not found.purchase.nodes or not found.purchase.start:
        return None
    kinds = tuple(_kind(bought.bins, found.bins, k) for k in found.purchase.kinds)
    if -1 in kinds:
        return None
    nodes = (*purchase.nodes, *found.purchase.nodes)
    start = accepted(judged(question, bought.bins, nodes), {**purchase.start, **found.purchase.start})
    if len(start) <= len(purchase.start):
        return None
    return replace(bought, purchase=Purchase(nodes, (*purchase.kinds, *kinds), start))


def _surplus(bought: Bought) -> set[str]:
    """Agents that are not to be placed, as more of their group are there than rules let in."""
    surplus: set[str] = set()
    for g, group in enumerate(bought.bins.compilation.groups):
        waiting = [agent.key for agent in group.members if agent.key not in bought.purchase.start]
        missing = int(bought.demand.wanted[g]) - (group.size - len(waiting))
        surplus.update(waiting[max(0, missing) :])
    return surplus


def _left(question: Question, bought: Bought) -> Catalog:
    """The catalog with what can still be had."""
    catalog, bins = question.catalog, bought.bins
    types = Counter(o.type_name for k in bought.purchase.kinds if (o := bins.kinds[k].offering) is not None)
    risk = sum(o.risk for k in bought.purchase.kinds if (o := bins.kinds[k].offering) is not None)
    most = catalog.most_interruptions
    return replace(
        catalog,
        most={name: number - types[name] for name, number in catalog.most.items()},
        most_interruptions=None if most is None else most - risk,
    )


def _kind(bins: Bins, others: Bins, k: int) -> int:
    """The index in `bins` of another question's kind; -1 where it is not among them."""
    wanted = others.kinds[k].offering
    found = np.flatnonzero([kind.offering == wanted for kind in bins.kinds])
    return int(found[0]) if len(found) else -1
