"""Affinity that can go in circles: who is first, and who comes when.

An order exists exactly when some agents can be *seeds* (first in their series, none of them company for
one that seeds later) and everything else follows with company that is there before it. Seeds need nothing,
so they may all come first; after them support only grows. Times are therefore kept per (group, place),
a place being a set of nodes that no topology key of the groups concerned tells apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.variables import Linear, Literal, Variables


@dataclass(frozen=True)
class Hungry:
    """What a group with required affinity needs.

    company: groups that match all its terms at once, possibly itself. there (N,): such agents that run
    already and stay. standing: those of `company` that run and may leave. domains: for each topology key,
    the domain of every node, -1 for none.
    """

    company: tuple[int, ...]
    there: IntArray
    domains: tuple[IntArray, ...]
    standing: tuple[int, ...] = ()

    @cached_property
    def anyone_anywhere(self) -> bool:
        """Whether company is on any node with any of the keys: then nobody is first in the series."""
        return bool(self.there[self.keyed].any())

    @cached_property
    def keyed(self) -> IntArray:
        """The nodes that have any of the keys."""
        return np.flatnonzero(np.any([domain >= 0 for domain in self.domains], axis=0))


@dataclass
class _Times:
    """Variables by (group, place). `seed`, `seeds` (anywhere) and `rank` only for groups that may seed."""

    places: list[list[int]]
    horizon: int
    time: dict[tuple[int, int], Linear] = field(default_factory=dict)
    seed: dict[tuple[int, int], Literal] = field(default_factory=dict)
    seeds: dict[int, Literal] = field(default_factory=dict)
    rank: dict[int, Linear] = field(default_factory=dict)
    support: dict[tuple[tuple[int, ...], int, int], Linear] = field(default_factory=dict)


def encode_times(x: Variables, hungry: Mapping[int, Hungry], timed: set[int]) -> None:
    """Constrain `timed`, groups that lean on each other, to placements that some order can reach."""
    places = _places(x, hungry, timed)
    times = _Times(places, horizon=sum(len(places) for _ in timed) + 1)
    for g in sorted(timed):
        _declare(x, g, hungry[g], times)
    _order_seeds(x, hungry, times)
    for g in sorted(timed):
        for p, nodes in enumerate(places):
            if (g, p) in times.time:
                _demand_support(x, g, p, nodes, hungry[g], times)


def _places(x: Variables, hungry: Mapping[int, Hungry], timed: set[int]) -> list[list[int]]:
    """Nodes by the values of every key that the timed groups read."""
    columns = np.array([domain for g in sorted(timed) for domain in hungry[g].domains])
    by_values: dict[tuple[int, ...], list[int]] = {}
    for n in x.occupied():
        by_values.setdefault(tuple(columns[:, n].tolist()), []).append(n)
    return list(by_values.values())


def _declare(x: Variables, g: int, need: Hungry, times: _Times) -> None:
    for p, nodes in enumerate(times.places):
        if x.most([g], nodes):
            times.time[g, p] = x.model.new_int_var(0, times.horizon, f"time[{g},{p}]")
    if g not in need.company or need.anyone_anywhere:
        return
    times.rank[g] = x.model.new_int_var(0, len(times.places) + len(need.company), f"rank[{g}]")
    seeds = []
    for p, nodes in enumerate(times.places):
        if (g, p) in times.time:
            seed = x.model.new_bool_var(f"seed[{g},{p}]")
            x.model.add_implication(seed, x.present([g], nodes))
            times.seed[g, p] = seed
            seeds.append(seed)
    times.seeds[g] = x.model.new_bool_var(f"seeds[{g}]")
    x.model.add(sum(seeds) == times.seeds[g])
    if need.standing:
        # First in the series only where all company has left.
        company = x.present(need.standing, need.keyed.tolist())
        x.model.add_implication(times.seeds[g], ~company)


def _order_seeds(x: Variables, hungry: Mapping[int, Hungry], times: _Times) -> None:
    """A seed that is company for another seed comes after it."""
    for (g, p), seed in times.seed.items():
        for h, other in times.seeds.items():
            if h != g and g in hungry[h].company and _keyed(hungry[h], times.places[p]):
                x.model.add(times.rank[h] + 1 <= times.rank[g]).only_enforce_if([seed, other])


def _keyed(need: Hungry, nodes: list[int]) -> bool:
    """Whether a place has any of the group's keys; all its nodes are alike in that."""
    return any(int(domain[nodes[0]]) >= 0 for domain in need.domains)


def _demand_support(x: Variables, g: int, p: int, nodes: list[int], need: Hungry, times: _Times) -> None:
    """Unless it seeds here, the group comes after company in every one of its domains here."""
    here = [x.present([g], nodes)]
    if (g, p) in times.seed:
        here.append(~times.seed[g, p])
    for domain in need.domains:
        d = int(domain[nodes[0]])
        members = np.flatnonzero(domain == d)
        if d >= 0 and not need.there[members].any():
            first = _first_support(x, need, domain, d, times)
            x.model.add(times.time[g, p] >= first + 1).only_enforce_if(here)


def _first_support(x: Variables, need: Hungry, domain: IntArray, d: int, times: _Times) -> Linear:
    """A time at which some company is in domain `d`; beyond the horizon where none ever is."""
    key = (need.company, id(domain), d)
    if key in times.support:
        return times.support[key]
    when = x.model.new_int_var(0, times.horizon + 1, "")
    witnesses: list[Literal] = []
    members = set(np.flatnonzero(domain == d).tolist())
    for q in need.company:
        timed = any((q, p) in times.time for p in range(len(times.places)))
        if not timed:
            # Its own order does not lean on these groups: it can be there before all of them.
            witnesses.append(x.present([q], sorted(members)))
            continue
        for p, nodes in enumerate(times.places):
            if (q, p) in times.time and nodes[0] in members:
                witness = x.model.new_bool_var("")
                x.model.add_implication(witness, x.present([q], nodes))
                seed = times.seed.get((q, p))
                enforced = [witness] if seed is None else [witness, ~seed]
                x.model.add(when >= times.time[q, p]).only_enforce_if(enforced)
                witnesses.append(witness)
    never = x.model.new_bool_var("")
    x.model.add(when == times.horizon + 1).only_enforce_if(never)
    x.model.add_bool_or([*witnesses, never])
    times.support[key] = when
    return when
