"""From a question to nodes: a bound, whole nodes that come close to it, and names for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from placewright.solver.capacity.bins import Bins, make_bins, undominated
from placewright.solver.capacity.bound import Relaxed, relax
from placewright.solver.capacity.demand import Demand, demand
from placewright.solver.capacity.dive import Pick, Stock, cost_of, downsized, finish, follow
from placewright.solver.capacity.improve import improve
from placewright.solver.capacity.master import exchangeable
from placewright.solver.capacity.question import Question
from placewright.solver.capacity.realise import Purchase, realise
from placewright.solver.capacity.zones import ZoneRules, plan_zones, zone_rules
from placewright.solver.clock import Deadline, Phases
from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.settings import Settings

RELAX_SHARE = 0.65
"""The part of the time that the bound may take."""
IMPROVE_SHARE = 0.3
"""The part of what is left then for cheaper nodes."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Bought:
    """purchase, and bound: nothing that places everybody `wanted` costs less, in millionths; None: not known.

    offerings, considered: kinds on offer, and those of them that nothing dominates.
    """

    bins: Bins
    rules: ZoneRules
    demand: Demand
    relaxed: Relaxed | None
    purchase: Purchase
    bound: int | None
    wanted: int
    offerings: int
    considered: int

    @property
    def complete(self) -> bool:
        """Whether everybody wanted has a place on what was bought."""
        return len(self.purchase.start) >= self.wanted

    @property
    def proven(self) -> bool:
        """Whether nothing is cheaper."""
        return self.complete and self.purchase.cost == self.bound


def buy(question: Question, settings: Settings, phases: Phases, progress: Report) -> Bought:
    """The cheapest nodes found for a question. What no rule lets in stays out of the purchase's start."""
    deadline = Deadline(settings.time_limit)
    with phases("compile"):
        everything = make_bins(question)
        bins = everything.only(undominated(everything))
        rules = zone_rules(bins)
        wanted = demand(bins, rules)
    considered = int(bins.offered.sum())
    progress(
        f"{int(bins.size.sum())} agents in {len(bins.size)} groups, "
        f"{considered} of {int(everything.offered.sum())} offerings are not dominated"
    )
    relaxed, picks = None, list[Pick]()
    # Where nobody waits nothing is bought, and nothing is cheaper.
    bound: int | None = 0
    if len(bins.size):
        with phases("bound"):
            relaxed, value, usage = _relaxed(bins, rules, wanted, deadline, progress)
            bound = None if relaxed is None else relaxed.bound
        with phases("buy"):
            picks = _picks(bins, rules, wanted, value, usage, relaxed, deadline, settings.seed)
            progress(f"whole nodes: {cost_of(bins, picks) / 1e6:.4f}")
    with phases("buy"):
        purchase = realise(question, bins, picks)
    return Bought(
        bins=bins,
        rules=rules,
        demand=wanted,
        relaxed=relaxed,
        purchase=purchase,
        bound=bound,
        wanted=int(wanted.wanted.sum()),
        offerings=int(everything.offered.sum()),
        considered=considered,
    )


def _relaxed(
    bins: Bins, rules: ZoneRules, wanted: Demand, deadline: Deadline, progress: Report
) -> tuple[Relaxed | None, FloatArray, list[tuple[tuple[int, ...], IntArray, float]]]:
    """The linear program's answer, its prices for every kind, its patterns and the kinds that will do."""
    until = Deadline(deadline.remaining() * RELAX_SHARE)
    value = np.zeros((len(bins.kinds), len(bins.size)))
    merged = bins.without_zones()
    if merged is None:
        relaxed = relax(bins, rules, until, progress, wanted.certain)
        if relaxed is None:
            return None, value, []
        return relaxed, relaxed.prices.value, [((k,), p, often) for k, p, often in relaxed.usage]
    # Zones that are alike change nothing about the optimum: what is bought can go round them.
    plain = replace(rules, zoned=np.zeros_like(rules.zoned), spreads=(), apart=())
    relaxed = relax(merged, plain, until, progress, wanted.certain)
    if relaxed is None:
        return None, value, []
    beyond = np.zeros(len(bins.kinds))
    of = {id(kind): bins.alike[k] for k, kind in enumerate(bins.kinds)}
    for k, kind in enumerate(merged.kinds):
        value[list(of[id(kind)])] = relaxed.prices.value[k]
        beyond[list(of[id(kind)])] = relaxed.beyond[k]
    usage = [(of[id(merged.kinds[k])], pattern, often) for k, pattern, often in relaxed.usage]
    even = np.repeat(wanted.wanted[:, None] / len(bins.zones), len(bins.zones), axis=1)
    return replace(relaxed, beyond=beyond, shares=even), value, usage


def _picks(
    bins: Bins,
    rules: ZoneRules,
    wanted: Demand,
    value: FloatArray,
    usage: list[tuple[tuple[int, ...], IntArray, float]],
    relaxed: Relaxed | None,
    deadline: Deadline,
    seed: int,
) -> list[Pick]:
    """Whole nodes with agents on them, as cheap as a part of the time makes them."""
    until = Deadline(deadline.remaining() * IMPROVE_SHARE)
    target = np.zeros((len(bins.size), len(bins.zones))) if relaxed is None else relaxed.shares
    in_zone = plan_zones(bins, rules, wanted.wanted, target) if bins.zones else None
    zoned = rules.zoned if in_zone is not None else np.zeros_like(rules.zoned)
    plan = in_zone if in_zone is not None else np.zeros((len(bins.size), 0), dtype=np.int64)
    stock = Stock.full(bins, zoned, wanted.wanted, plan)
    every = np.arange(len(bins.kinds))
    follow(stock, usage, exchangeable(bins, wanted.wanted), value.max(axis=0, initial=0.0))
    finish(stock, every, value, deadline)
    stock.picks = downsized(stock)
    bound = relaxed.bound if relaxed is not None and relaxed.bound is not None else 0
    return improve(stock, every, value, bound, until, seed).picks
