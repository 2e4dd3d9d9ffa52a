"""Steps -> `OrderModel`: who counts whom, read off the rules' own matchers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from placewright.models.agent import Agent
from placewright.models.rules.affinity_order import found
from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import KindIndex, Matcher, TopologyCounts, matches
from placewright.models.rules.topology_spread import hard_constraints, spread_domains
from placewright.models.state import ClusterState
from placewright.solver.order_model import NOWHERE, Census, Gate, Lot, OrderModel
from placewright.solver.outcome import Step


def compile_order(state: ClusterState, steps: Sequence[Step]) -> OrderModel:
    """The model of `steps` that start from `state`."""
    return _Compiler(state, steps).model()


@dataclass(frozen=True, eq=False)
class _Known:
    """A census with the domain of each node, by the node's name, and the nodes where agents count."""

    census: Census
    domain: Mapping[str, int]
    within: frozenset[str] | None


@dataclass(frozen=True)
class _Spread:
    """A hard spread constraint as one kind of agent has it."""

    known: _Known
    itself: int
    max_skew: int
    floor_is_zero: bool

    def gate(self, node: str) -> Gate | None:
        """Its gate in the domain of a node, one for all that ask alike; None where the node is in none."""
        domain = self.known.domain[node]
        if domain == NOWHERE:
            return None
        there = self.known.census.gates.setdefault(domain, [])
        within = self.known.within
        adds = self.itself if within is None or node in within else 0
        asked = (self.itself, adds, self.max_skew, self.floor_is_zero)
        for gate in there:
            if (gate.itself, gate.adds, gate.max_skew, gate.floor_is_zero) == asked:
                return gate
        there.append(Gate(self.known.census, domain, *asked))
        return there[-1]


@dataclass(frozen=True)
class _Demand:
    """What one kind of agent asks: spread, company (one matcher, several keys), unless it `seeds`."""

    spreads: tuple[_Spread, ...]
    company: tuple[_Known, ...]
    seeds: bool


@dataclass(frozen=True)
class _Kind:
    """Agents that spread and affinity cannot tell apart: who counts them, and what they ask."""

    raises: tuple[_Known, ...]
    demand: _Demand


class _Compiler:
    def __init__(self, state: ClusterState, steps: Sequence[Step]) -> None:
        self._state = state
        self._steps = steps
        self._samples: dict[Hashable, Agent] = {}
        self._identities = [_identity(agent) for agent, _ in steps]
        for identity, (agent, _) in zip(self._identities, steps, strict=True):
            self._samples.setdefault(identity, agent)
        self._domains: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
        self._counting: dict[tuple[str, frozenset[str] | None], frozenset[int]] = {}
        self._censuses: dict[tuple[Matcher, str, frozenset[str] | None], _Known] = {}

    def model(self) -> OrderModel:
        kinds = self._kinds()
        positions: dict[tuple[Hashable, str], list[int]] = {}
        free: list[int] = []
        for position, (identity, (_, node)) in enumerate(zip(self._identities, self._steps, strict=True)):
            if identity in kinds:
                positions.setdefault((identity, node.name), []).append(position)
            else:
                free.append(position)
        lots = {key: self._lot(kinds[key[0]], key[1], alike) for key, alike in positions.items()}
        for known in self._censuses.values():
            known.census.settle()
        return OrderModel(tuple(lots.values()), tuple(free), self._seeds(lots))

    def _kinds(self) -> dict[Hashable, _Kind]:
        """Those whose turn matters: they ask, or somebody who asks counts them."""
        snapshot = self._state.snapshot
        demands = {identity: self._demand(agent) for identity, agent in self._samples.items()}
        by_matcher: dict[Matcher, list[_Known]] = {}
        for (matcher, _, _), known in self._censuses.items():
            by_matcher.setdefault(matcher, []).append(known)
        labelled: KindIndex[Hashable] = KindIndex(snapshot)
        for identity, agent in self._samples.items():
            labelled.add(agent, identity)
        raises: dict[Hashable, list[_Known]] = {}
        for matcher, all_of in by_matcher.items():
            for identity in labelled.meant(matcher):
                raises.setdefault(identity, []).extend(all_of)
        return {
            identity: _Kind(tuple(raises.get(identity, ())), demand)
            for identity, demand in demands.items()
            if identity in raises or demand.spreads or demand.company
        }

    def _demand(self, agent: Agent) -> _Demand:
        snapshot, spreads = self._state.snapshot, []
        for domains in spread_domains(self._state, agent) if hard_constraints(snapshot, agent) else ():
            # Where nobody ever counts every step passes.
            if domains.matcher is not None:
                constraint = domains.constraint
                known = self._census(domains.matcher, constraint.topology_key, domains.within)
                spreads.append(_Spread(known, domains.itself, constraint.max_skew, domains.floor_is_zero))
        terms = own_affinity(snapshot, agent)
        if not terms:
            return _Demand(tuple(spreads), (), False)
        matcher = own_matcher(snapshot, agent)
        keys = dict.fromkeys(term.topology_key for term in terms)
        company = tuple(self._census(matcher, key, None) for key in keys)
        return _Demand(tuple(spreads), company, matches(snapshot, matcher, agent))

    def _census(self, matcher: Matcher, key: str, within: frozenset[str] | None) -> _Known:
        wanted = (matcher, key, within)
        if wanted not in self._censuses:
            domain, numbers = self._domain(key)
            counts = [0] * len(numbers)
            found_there = self._state.index(TopologyCounts).counts(matcher, key, within)
            for value, count in found_there.items():
                counts[numbers[value]] = count
            if (key, within) not in self._counting:
                self._counting[key, within] = frozenset(domain[name] for name in within or ()) - {NOWHERE}
            counting = self._counting[key, within]
            census = Census(counts, counting, [0] * len(counts))
            self._censuses[wanted] = _Known(census, domain, within)
        return self._censuses[wanted]

    def _domain(self, key: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """The domain of each node, numbered as they come, and the number of each value."""
        if key not in self._domains:
            numbers: dict[str, int] = {}
            of_node = {}
            for node in self._state.snapshot.nodes:
                value = node.labels.get(key)
                of_node[node.name] = NOWHERE if value is None else numbers.setdefault(value, len(numbers))
            self._domains[key] = (of_node, numbers)
        return self._domains[key]

    def _lot(self, kind: _Kind, node: str, positions: list[int]) -> Lot:
        raises = []
        for known in kind.raises:
            domain = known.domain[node]
            if domain != NOWHERE and (known.within is None or node in known.within):
                raises.append((known.census, domain))
                known.census.final[domain] += len(positions)
        # A constraint that is written twice is one gate.
        asked = dict.fromkeys(spread.gate(node) for spread in kind.demand.spreads)
        gates = tuple(gate for gate in asked if gate is not None)
        for gate in gates:
            gate.left += len(positions)
        company = tuple((known.census, known.domain[node]) for known in kind.demand.company)
        return Lot(positions, tuple(raises), gates, company, kind.demand.seeds)

    def _seeds(self, lots: Mapping[tuple[Hashable, str], Lot]) -> tuple[Lot, ...]:
        if not any(lot.company for lot in lots.values()):
            return ()
        final = ClusterState(self._state.snapshot)
        for agent in self._state.evicted:
            final.remove(agent, self._state.snapshot.node_by_name[agent.node_name])
        # The others neither need company nor are any.
        for identity, (agent, node) in zip(self._identities, self._steps, strict=True):
            if (identity, node.name) in lots:
                final.place(agent, node)
        seeds = found(final).seeds
        return tuple(lots[_identity(agent), node.name] for agent, node in seeds)


def _identity(agent: Agent) -> Hashable:
    # The snapshot keeps every spec and selector alive, so an id stays its own.
    return (id(agent.spec), id(agent.spread_selector), agent.namespace, agent.label_set)
