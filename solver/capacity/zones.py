"""What rules say about zones as a whole: spread over them, keeping apart in them, company in them.

A zone that is on offer counts as a domain of spread, whether or not a node is bought in it: otherwise the
cheapest cluster would be the one without zones to spread over. That is never laxer than the rule itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.catalog import ZONE
from placewright.models.rules.topology_spread import counted_agents, counted_nodes, hard_constraints
from placewright.solver.capacity.bins import Bins
from placewright.solver.compilation import BoolArray, Compilation, FloatArray, IntArray
from placewright.solver.rules.anti_affinity import AntiAffinityEncoder
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder
from placewright.solver.sound import sound_solver

PLAN_SECONDS = 5.0


@dataclass(frozen=True)
class ZoneSpread:
    """A hard constraint of `groups`: `matching` groups count, base (Z,) of them running, domains (Z,)."""

    groups: tuple[int, ...]
    matching: tuple[int, ...]
    base: IntArray
    domains: BoolArray
    max_skew: int
    floor_is_zero: bool

    @property
    def closed(self) -> bool:
        """Whether all who count are under the constraint, so that it holds for the count in every zone."""
        return set(self.matching) <= set(self.groups)


@dataclass(frozen=True)
class ZoneRules:
    """zoned (G,): groups whose number in each zone matters.

    apart: (owner, other) pairs of groups that share no zone, the owner itself included. company: group ->
    (groups of whom one has to be in its zone, zones (Z,) where one runs already).
    """

    zoned: BoolArray
    spreads: tuple[ZoneSpread, ...]
    apart: tuple[tuple[int, int], ...]
    company: dict[int, tuple[tuple[int, ...], BoolArray]]

    @property
    def alone(self) -> list[int]:
        """Groups of which a zone holds one at most."""
        return [g for g, h in self.apart if g == h]


def zone_rules(bins: Bins) -> ZoneRules:
    """The rules about zones of all groups; none where there are no zones."""
    compilation = bins.compilation
    zoned = np.zeros(len(bins.size), dtype=np.bool_)
    if not bins.zones:
        return ZoneRules(zoned, (), (), {})
    where = compilation.domains(ZONE)
    order = [where.values.index(zone) for zone in bins.zones]
    zone_of = np.full(len(compilation.nodes), -1, dtype=np.int64)
    for z, d in enumerate(order):
        zone_of[where.of_node == d] = z
    # A node on offer that nobody would buy is no domain.
    counts = np.arange(len(zone_of)) < bins.there
    counts[bins.node] = True
    spreads = tuple(_spreads(compilation, np.where(counts, zone_of, -1), len(bins.zones)))
    apart = tuple(_apart(compilation))
    company = _company(compilation, zone_of, len(bins.zones))
    for spread in spreads:
        zoned[[*spread.groups, *spread.matching]] = True
    for pair in apart:
        zoned[list(pair)] = True
    for g, (others, _) in company.items():
        zoned[[g, *others]] = True
    return ZoneRules(zoned, spreads, apart, company)


def _spreads(compilation: Compilation, zone_of: IntArray, zones: int) -> list[ZoneSpread]:
    seen: dict[object, tuple[list[int], ZoneSpread]] = {}
    snapshot = compilation.snapshot
    for g, group in enumerate(compilation.groups):
        for constraint in hard_constraints(snapshot, group.agent):
            matcher = counted_agents(group.agent, constraint)
            if constraint.topology_key != ZONE or matcher is None:
                continue
            within = counted_nodes(snapshot, group.agent, constraint)
            inside = np.array([node.name in within for node in compilation.nodes], dtype=np.bool_)
            key = (group.agent.namespace, constraint, within)
            if key in seen:
                seen[key][0].append(g)
                continue
            running = np.where(inside, compilation.residents_matching(matcher), 0)
            domains = np.zeros(zones, dtype=np.bool_)
            domains[zone_of[inside & (zone_of >= 0)]] = True
            seen[key] = (
                [g],
                ZoneSpread(
                    groups=(g,),
                    matching=tuple(compilation.groups_matching(matcher).tolist()),
                    base=np.array([running[zone_of == z].sum() for z in range(zones)], dtype=np.int64),
                    domains=domains,
                    max_skew=constraint.max_skew,
                    floor_is_zero=int(domains.sum()) < constraint.min_domains,
                ),
            )
    return [
        ZoneSpread(tuple(groups), s.matching, s.base, s.domains, s.max_skew, s.floor_is_zero)
        for groups, s in seen.values()
    ]


def _apart(compilation: Compilation) -> list[tuple[int, int]]:
    anti = AntiAffinityEncoder.compile(compilation)
    if anti is None:
        return []
    domain = compilation.domains(ZONE).of_node
    return [
        (g, h)
        for guard in anti.guards
        if np.array_equal(guard.domain, domain)
        for g in guard.owners
        for h in guard.meant
        if not (anti.unchecked[g] and anti.unchecked[h])
    ]


def _company(
    compilation: Compilation, zone_of: IntArray, zones: int
) -> dict[int, tuple[tuple[int, ...], BoolArray]]:
    affinity = AffinityEncoder.compile(compilation)
    if affinity is None:
        return {}
    domain = compilation.domains(ZONE).of_node
    found = {}
    for g, need in affinity.hungry.items():
        if any(np.array_equal(own, domain) for own in need.domains):
            there = np.array([bool(need.there[zone_of == z].any()) for z in range(zones)], dtype=np.bool_)
            found[g] = (need.company, there)
    return found


def plan_zones(bins: Bins, rules: ZoneRules, wanted: IntArray, target: FloatArray) -> IntArray | None:
    """int64 (G, Z): how many of each zoned group go to each zone, as near as can be to `target` (G, Z).

    wanted (G,): how many are to be placed.

    None where there is no such plan, or none was found in time.
    """
    groups = np.flatnonzero(rules.zoned).tolist()
    zones = range(len(bins.zones))
    openings = np.array([(bins.cap[bins.zone == z] > 0).any(axis=0) for z in zones], dtype=np.bool_).T
    if not groups:
        return np.zeros((len(bins.size), len(zones)), dtype=np.int64)
    model = cp_model.CpModel()
    n = {
        (g, z): model.new_int_var(0, int(wanted[g]) if openings[g, z] else 0, "")
        for g in groups
        for z in zones
    }
    present = {}
    for g in groups:
        model.add(sum(n[g, z] for z in zones) == int(wanted[g]))
        for z in zones:
            present[g, z] = model.new_bool_var("")
            model.add(n[g, z] >= 1).only_enforce_if(present[g, z])
            model.add(n[g, z] == 0).only_enforce_if(~present[g, z])
    add_zone_rules(model, rules, n, present)
    off = []
    for g in groups:
        for z in zones:
            aim = round(float(target[g, z]))
            distance = model.new_int_var(0, int(wanted[g]) + aim, "")
            model.add(distance >= n[g, z] - aim)
            model.add(distance >= aim - n[g, z])
            off.append(distance)
            model.add_hint(n[g, z], aim)
    model.minimize(sum(off))
    solver = sound_solver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = PLAN_SECONDS
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    plan = np.zeros((len(bins.size), len(zones)), dtype=np.int64)
    for (g, z), variable in n.items():
        plan[g, z] = solver.value(variable)
    return plan


def add_zone_rules(
    model: cp_model.CpModel,
    rules: ZoneRules,
    n: dict[tuple[int, int], cp_model.IntVar],
    present: dict[tuple[int, int], cp_model.IntVar],
) -> None:
    """What the rules demand of n[g, z], how many of each zoned group are in each zone, and of `present`.

    Groups that are not in `n` have nobody to place.
    """
    zones = sorted({z for _, z in n})
    for spread in rules.spreads:
        _add_spread(model, spread, n, present)
    for g, h in rules.apart:
        for z in zones:
            if (g, z) in n and g == h:
                model.add(n[g, z] <= 1)
            elif (g, z) in n and (h, z) in n:
                model.add_bool_or(~present[g, z], ~present[h, z])
    for g in rules.company:
        if (g, zones[0]) in n:
            _add_company(model, rules, g, zones, present)


def _add_spread(
    model: cp_model.CpModel,
    spread: ZoneSpread,
    n: dict[tuple[int, int], cp_model.IntVar],
    present: dict[tuple[int, int], cp_model.IntVar],
) -> None:
    domains = np.flatnonzero(spread.domains).tolist()
    count = {z: int(spread.base[z]) + sum(n[h, z] for h in spread.matching if (h, z) in n) for z in domains}
    least = model.new_int_var(0, 0 if spread.floor_is_zero else 2**31, "")
    for z in domains:
        model.add(least <= count[z])
        for g in spread.groups:
            if (g, z) in n:
                model.add(count[z] - least <= spread.max_skew).only_enforce_if(present[g, z])


def _add_company(
    model: cp_model.CpModel,
    rules: ZoneRules,
    g: int,
    zones: list[int],
    present: dict[tuple[int, int], cp_model.IntVar],
) -> None:
    """Somebody of the group's company is in each of its zones.

    The first of its series needs nobody; all who lean on it then share its zone.
    """
    others, there = rules.company[g]
    first = [model.new_bool_var("") for _ in zones] if g in others and not there.any() else []
    model.add_at_most_one(first)
    for z in zones:
        if not there[z]:
            near = [present[h, z] for h in others if h != g and (h, z) in present]
            model.add_bool_or(~present[g, z], *near, *first[z : z + 1])
