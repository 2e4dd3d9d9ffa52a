"""Kinds of nodes as integers: what can be bought and what is there, for groups of agents to be packed into.

Each offering is compiled as one node of it, in a snapshot that holds them all: every rule about an agent and
a node says there what it says anywhere.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from placewright.models.catalog import ZONE, Catalog, Offering
from placewright.models.node import Node
from placewright.models.rules.topology_spread import hard_constraints
from placewright.models.snapshot import Snapshot
from placewright.solver.capacity.question import Question, node_of
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.compile import compile_groups
from placewright.solver.rules.anti_affinity import AntiAffinityEncoder
from placewright.solver.rules.host_ports import HostPortsEncoder
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder

UNLIMITED = 2**40


@dataclass(frozen=True)
class Kind:
    """Nodes that nothing tells apart: those that are there already, or an offering."""

    offering: Offering | None
    nodes: tuple[Node, ...] = ()

    @property
    def name(self) -> str:
        return self.nodes[0].name if self.offering is None else self.offering.name


@dataclass(frozen=True)
class Bins:
    """K kinds of nodes for G groups of agents that ask for R resources.

    price (K,): millionths an hour, 0 for nodes that are there. limit (K,): how many of a kind there can be.
    budgets: what kinds share, as weights (K,) and the most that nodes may add up to by them.
    zone (K,): index into `zones`, -1 for none. free (K, R), cap (K, G): what one node has, and takes of a
    group.
    open (K, G): pairs that more room would open, or that are open.
    request (G, R), size (G,): what an agent asks for, and how many there are.
    clash (G, G): groups that share no node; leans: group -> those of whom it needs one on its node.
    per_node (G,): the most of a group on one node that its spread over nodes allows, however nodes are
    filled.
    compilation: of all the kinds' nodes at once; node[k]: the kind's (first) node there; the first `there` of
    all nodes are the cluster's.
    """

    compilation: Compilation
    there: int
    kinds: tuple[Kind, ...]
    zones: tuple[str, ...]
    node: IntArray
    price: IntArray
    limit: IntArray
    budgets: tuple[tuple[IntArray, int], ...]
    zone: IntArray
    free: IntArray
    cap: IntArray
    open: BoolArray
    clash: BoolArray
    leans: dict[int, tuple[int, ...]]
    per_node: IntArray

    @property
    def request(self) -> IntArray:
        return self.compilation.request

    @property
    def size(self) -> IntArray:
        return self.compilation.size

    def only(self, kept: IntArray) -> Bins:
        """The same with some of the kinds."""
        return replace(
            self,
            kinds=tuple(self.kinds[k] for k in kept.tolist()),
            node=self.node[kept],
            price=self.price[kept],
            limit=self.limit[kept],
            budgets=tuple((weights[kept], most) for weights, most in self.budgets),
            zone=self.zone[kept],
            free=self.free[kept],
            cap=self.cap[kept],
            open=self.open[kept],
        )

    @cached_property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """For each kind those of the same make in all zones; nodes that are there stand alone."""
        makes: dict[tuple[str, bool], list[int]] = {}
        for k, kind in enumerate(self.kinds):
            if kind.offering is not None:
                makes.setdefault((kind.offering.type_name, kind.offering.spot), []).append(k)
        return tuple(
            (k,) if kind.offering is None else tuple(makes[kind.offering.type_name, kind.offering.spot])
            for k, kind in enumerate(self.kinds)
        )

    def without_zones(self) -> Bins | None:
        """The same with zones that are all alike made one; None where they are not, or where nodes are there.

        The kind of a make in the first zone stands for all: `alike` of these bins tells which those are.
        """
        rows = np.column_stack(
            [self.price, self.limit, *(weights for weights, _ in self.budgets), self.free, self.cap]
        )
        makes = set(self.alike)
        same = all(
            len(make) == len(self.zones) and (rows[list(make)] == rows[make[0]]).all() for make in makes
        )
        if len(self.zones) < 2 or not same or (self.limit < UNLIMITED).any() or not self.offered.all():
            return None
        merged = self.only(np.array(sorted(make[0] for make in makes), dtype=np.int64))
        return replace(merged, zone=np.full(len(merged.kinds), -1, dtype=np.int64))

    @cached_property
    def offered(self) -> BoolArray:
        """bool (K,): kinds that can be bought."""
        return np.array([kind.offering is not None for kind in self.kinds], dtype=np.bool_)

    @cached_property
    def leaners(self) -> BoolArray:
        """bool (G,): groups that need company on their node."""
        found = np.zeros(len(self.size), dtype=np.bool_)
        found[list(self.leans)] = True
        return found


def make_bins(question: Question) -> Bins:
    """Every kind of node of a question. The catalog's dominated ones are still among them."""
    taken = question.snapshot.node_by_name
    names = [_free_name(offering.name, taken) for offering in question.catalog.offerings]
    nodes = [node_of(o, name) for o, name in zip(question.catalog.offerings, names, strict=True)]
    snapshot = question.with_nodes(nodes)
    compilation = compile_groups(snapshot, alike=_same_size(snapshot, len(nodes)))
    there = len(question.snapshot.nodes)
    clash, closed, alone = _exclusions(compilation)
    cap = np.where(closed, 0, compilation.cap)
    cap[alone] = np.minimum(cap[alone], 1)
    zones = tuple(dict.fromkeys(n.labels[ZONE] for n in snapshot.nodes if ZONE in n.labels))
    zone = np.array([zones.index(n.labels[ZONE]) if ZONE in n.labels else -1 for n in snapshot.nodes])
    existing = _existing(compilation, cap, zone, there)
    most = question.catalog.most
    offered = [
        (Kind(offering), there + i, most.get(offering.type_name, UNLIMITED), offering.price)
        for i, offering in enumerate(question.catalog.offerings)
    ]
    rows = [(kind, n, len(kind.nodes), 0) for kind, n in existing] + offered
    node = np.array([n for _, n, *_ in rows], dtype=np.int64)
    kinds = tuple(kind for kind, *_ in rows)
    return Bins(
        compilation=compilation,
        there=there,
        kinds=kinds,
        zones=zones,
        node=node,
        price=np.array([row[3] for row in rows], dtype=np.int64),
        limit=np.array([row[2] for row in rows], dtype=np.int64),
        budgets=tuple(_budgets(question.catalog, kinds)),
        zone=zone[node],
        free=compilation.free[node],
        cap=np.ascontiguousarray(cap[:, node].T),
        open=np.ascontiguousarray((compilation.eligible & ~closed)[:, node].T),
        clash=clash,
        leans=_leans(compilation),
        per_node=_per_node(compilation),
    )


def _budgets(catalog: Catalog, kinds: Sequence[Kind]) -> Iterator[tuple[IntArray, int]]:
    """Types of which there is a most in all zones together, and how often spot nodes may be interrupted."""
    offerings = [kind.offering for kind in kinds]
    for name, most in catalog.most.items():
        weights = np.array([int(o is not None and o.type_name == name) for o in offerings], dtype=np.int64)
        if weights.sum() > 1:
            yield weights, most
    if catalog.most_interruptions is not None:
        yield (
            np.array([o.risk if o is not None else 0 for o in offerings], dtype=np.int64),
            catalog.most_interruptions,
        )


def _free_name(name: str, taken: Container[str]) -> str:
    while name in taken:
        name += "-new"
    return name


def _same_size(snapshot: Snapshot, offered: int) -> Snapshot:
    """The snapshot with nodes on offer that differ in labels, taints and devices alone.

    Whom a rule admits does not depend on how much a node has, beyond the amounts that are compared anyway: so
    it is asked for a few nodes instead of thousands.
    """
    if not offered or snapshot.options.profile.limit_caps:
        return snapshot
    there, new = snapshot.nodes[: len(snapshot.nodes) - offered], snapshot.nodes[-offered:]
    most: dict[str, int] = {}
    for node in new:
        for name, amount in node.allocatable.items():
            most[name] = max(amount, most.get(name, 0))
    return replace(snapshot, nodes=(*there, *(replace(node, allocatable=most) for node in new)))


def _existing(compilation: Compilation, cap: IntArray, zone: IntArray, there: int) -> list[tuple[Kind, int]]:
    """Nodes of the cluster, those together that have as much left for the same groups."""
    alike: dict[bytes, list[int]] = {}
    for n in range(there):
        if cap[:, n].any():
            key = compilation.free[n].tobytes() + cap[:, n].tobytes() + zone[n].tobytes()
            alike.setdefault(key, []).append(n)
    return [(Kind(None, tuple(compilation.nodes[n] for n in nodes)), nodes[0]) for nodes in alike.values()]


def _exclusions(compilation: Compilation) -> tuple[BoolArray, BoolArray, list[int]]:
    """Which groups share no node (G, G), pairs closed by who is there (G, N), groups alone on their node."""
    groups = len(compilation.groups)
    clash = np.zeros((groups, groups), dtype=np.bool_)
    closed = np.zeros((groups, len(compilation.nodes)), dtype=np.bool_)
    ports = HostPortsEncoder.compile(compilation)
    if ports is not None:
        closed |= ports.closed
        for g, h in ports.rivals:
            clash[g, h] = clash[h, g] = True
    anti = AntiAffinityEncoder.compile(compilation)
    if anti is not None:
        closed |= anti.closed
        for guard in anti.guards:
            if (guard.domain < 0).any():
                continue  # where the key is missing they may share a node after all
            for g, h in product(guard.owners, guard.meant):
                if not (anti.unchecked[g] and anti.unchecked[h]):
                    clash[g, h] = clash[h, g] = True
    return clash, closed, np.flatnonzero(clash.diagonal()).tolist()


def _leans(compilation: Compilation) -> dict[int, tuple[int, ...]]:
    """Groups that need others on their very node, with those that are company."""
    affinity = AffinityEncoder.compile(compilation)
    if affinity is None:
        return {}
    nodes = len(compilation.nodes)
    return {
        g: need.company
        for g, need in affinity.hungry.items()
        if g not in need.company and any(len(np.unique(domain)) == nodes > 1 for domain in need.domains)
    }


def _per_node(compilation: Compilation) -> IntArray:
    """int64 (G,): maxSkew of a group's spread over nodes, where it counts itself alone; else its size."""
    most = compilation.size.copy()
    for g, group in enumerate(compilation.groups):
        for constraint in hard_constraints(compilation.snapshot, group.agent):
            domain = compilation.domains(constraint.topology_key).of_node
            each_its_own = len(np.unique(domain)) == len(compilation.nodes)
            selects_it = constraint.selector is not None and constraint.selector.matches(group.agent.labels)
            if each_its_own and selects_it and len(compilation.nodes) > 1:
                most[g] = min(most[g], constraint.max_skew)
    return most


def undominated(bins: Bins) -> IntArray:
    """Indices of the kinds that are there, and of those on offer that no other one makes superfluous.

    One does where it is in the same zone, costs no more, has no less of anything, takes the same groups or
    more, is interrupted no more often, and can be had without limit.
    """
    spread = np.flatnonzero(bins.per_node < bins.size)
    rows, of = np.unique(bins.open, axis=0, return_inverse=True)
    of = of.reshape(-1)
    # Nodes count for spread over nodes by whom they admit: there the two have to be alike.
    above = np.array(
        [[bool((a >= b).all() and (a[spread] == b[spread]).all()) for b in rows] for a in rows],
        dtype=np.bool_,
    ).reshape(len(rows), len(rows))
    kept = [k for k in range(len(bins.kinds)) if bins.kinds[k].offering is None]
    for z in np.unique(bins.zone).tolist():
        offered = [k for k in np.flatnonzero(bins.zone == z) if bins.kinds[k].offering is not None]
        kept.extend(_front(bins, np.array(offered, dtype=np.int64), of, above))
    return np.array(sorted(kept), dtype=np.int64)


def _front(bins: Bins, ks: IntArray, of: IntArray, above: BoolArray) -> Sequence[int]:
    """Those of `ks` that nothing among them dominates; of equals the first."""
    order = ks[np.lexsort([ks, bins.price[ks]])]
    front: list[int] = []
    for k in order.tolist():
        if not bins.cap[k].any():
            continue
        rivals = np.array(front, dtype=np.int64)
        if len(rivals):
            better = (bins.free[rivals] >= bins.free[k]).all(axis=1) & above[of[rivals], of[k]]
            better &= bins.limit[rivals] >= UNLIMITED
            for weights, _ in bins.budgets:
                better &= weights[rivals] <= weights[k]
            if better.any():
                continue
        front.append(k)
    return front
