"""Topology spread in the final state (§6.6): who receives agents stays within maxSkew of the least."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.agent import SpreadConstraint
from placewright.models.rules.topology_spread import (
    counted_agents,
    counted_nodes,
    counts_itself,
    hard_constraints,
)
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.ledger import Ledger, by_domain
from placewright.solver.rules.spread_ledger import SpreadLedger
from placewright.solver.rules.spreads import Spread
from placewright.solver.rules.topology_spread_bound import relax_spread
from placewright.solver.variables import Literal, Variables


@dataclass(frozen=True)
class TopologySpreadEncoder(Encoder):
    rule: ClassVar[str] = "topology_spread"
    spreads: tuple[Spread, ...]

    def ledger(self, count: IntArray) -> Ledger:
        return SpreadLedger(self.spreads, count)

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        seen: dict[tuple[str, SpreadConstraint, frozenset[str], bool], list[int]] = {}
        for g, group in enumerate(compilation.groups):
            for constraint in (
                () if compilation.standing[g] else hard_constraints(compilation.snapshot, group.agent)
            ):
                if counted_agents(group.agent, constraint) is None:
                    continue
                within = counted_nodes(compilation.snapshot, group.agent, constraint)
                itself = counts_itself(group.agent, constraint)
                seen.setdefault((group.agent.namespace, constraint, within, itself), []).append(g)
        spreads = []
        for (_, constraint, within, itself), groups in seen.items():
            spreads.append(_compile(compilation, groups, constraint, within, itself))
        return cls(tuple(spreads)) if spreads else None

    def encode(self, x: Variables) -> None:
        for spread in self.spreads:
            _encode(x, spread)

    def topologies(self) -> Iterable[IntArray]:
        return (spread.domain for spread in self.spreads)

    def relax(self, relaxation: Relaxation) -> None:
        for spread in self.spreads:
            relax_spread(spread, relaxation)

    def fixing(self, fixed: IntArray) -> Self:
        return type(self)(tuple(spread.fixing(fixed) for spread in self.spreads))


def _compile(
    compilation: Compilation,
    groups: list[int],
    constraint: SpreadConstraint,
    within: frozenset[str],
    itself: bool,
) -> Spread:
    agent = compilation.groups[groups[0]].agent
    matcher = counted_agents(agent, constraint)
    domains = compilation.domains(constraint.topology_key)
    counted = compilation.named(within).astype(np.int64)
    there: IntArray = np.zeros(len(compilation.nodes), dtype=np.int64)
    matching: tuple[int, ...] = ()
    if matcher is not None:
        there = compilation.residents_matching(matcher) * counted
        matching = tuple(compilation.groups_matching(matcher).tolist())
    start = by_domain(domains.of_node, there, len(domains.values))
    counting = np.unique(domains.of_node[(counted > 0) & (domains.of_node >= 0)])
    floor_is_zero = len(counting) < constraint.min_domains
    least = 0 if floor_is_zero else int(start[counting].min(initial=2**62))
    exempt = frozenset(
        d for d in range(len(start)) if int(start[d]) + int(itself) - least <= constraint.max_skew
    )
    open_to = compilation.eligible[groups].any(axis=0)
    aside = open_to & np.isin(domains.of_node, counting) & ~((counted > 0) & itself)
    return Spread(
        tuple(groups),
        domains.of_node,
        counted,
        start,
        matching,
        constraint.max_skew,
        floor_is_zero,
        exempt,
        tuple(g for g in matching if compilation.standing[g]),
        itself,
        counting,
        domains.by_node,
        aside,
    )


def _totals(
    x: Variables, spread: Spread, groups: tuple[int, ...]
) -> tuple[dict[int, cp_model.LinearExpr], cp_model.IntVar]:
    """What each counting domain holds with `groups` added to who is there, and a variable for the least."""
    totals: dict[int, cp_model.LinearExpr] = {}
    most = 0
    counted = x.occupied_by(np.where(spread.counted > 0, spread.domain, -1))
    for d in spread.counting.tolist():
        nodes = counted.get(d, [])
        totals[d] = x.sum(groups, nodes) + int(spread.start[d])
        most = max(most, int(spread.start[d]) + x.most(groups, nodes))
    least = x.model.new_int_var(0, 0 if spread.floor_is_zero else most, "least")
    for count in () if spread.floor_is_zero else totals.values():
        x.model.add(least <= count)
    return totals, least


def _encode(x: Variables, spread: Spread) -> None:
    if not any(x.nodes_of(g) for g in spread.groups):
        return
    final, least = _totals(x, spread, spread.matching)
    x.complete_hints(lambda count: [(least, _least(spread, count))])
    passes = _passing_at_start(x, spread) if spread.standing and spread.aside.any() else {}
    for g in spread.groups:
        for (d, aside), nodes in _sides(x, spread, g).items():
            within = final[d] + int(aside and spread.itself) - least <= spread.max_skew
            if not aside:
                x.model.add(within).only_enforce_if(x.present([g], nodes))
            elif d in passes:
                x.model.add(within).only_enforce_if(x.present([g], nodes), ~passes[d])
            elif d not in spread.exempt:
                x.model.add(within).only_enforce_if(x.present([g], nodes))


def _sides(x: Variables, spread: Spread, g: int) -> dict[tuple[int, bool], list[int]]:
    """A group's nodes in domains that count, by domain and by whether it adds nothing to it there."""
    counting = set(spread.counting.tolist())
    found: dict[tuple[int, bool], list[int]] = {}
    for n in x.nodes_of(g):
        d = int(spread.domain[n])
        if d in counting:
            found.setdefault((d, bool(spread.aside[n])), []).append(n)
    return found


def _least(spread: Spread, count: IntArray) -> int:
    """The agents in the emptiest domain that counts, for counts (G, N)."""
    if spread.floor_is_zero:
        return 0
    there = spread.start + by_domain(
        spread.domain, count[list(spread.matching)].sum(axis=0) * spread.counted, len(spread.start)
    )
    return int(there[spread.counting].min(initial=2**62)) if len(spread.counting) else 0


def _passing_at_start(x: Variables, spread: Spread) -> dict[int, Literal]:
    """Domain -> a literal that may be true only where an agent that adds nothing to it passes right away.

    Right away is after the evictions and before anything is placed. What is fixed in a neighbourhood counts
    as if it had been there: never too lax for the minimum, and the acceptor judges the rest.
    """
    stays, least = _totals(x, spread, spread.standing)
    passes: dict[int, Literal] = {}
    for d, count in stays.items():
        passes[d] = x.model.new_bool_var("")
        x.model.add(count + int(spread.itself) - least <= spread.max_skew).only_enforce_if(passes[d])
    return passes
