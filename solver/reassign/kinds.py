"""Workloads as kinds, with what they ask of themselves and of each other, and who has to stay where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial

import numpy as np

from placewright.models.agent import Agent
from placewright.models.demands import Workload, workload_of
from placewright.models.rules.own_terms import own_anti_affinity
from placewright.models.rules.topology import Kind, KindIndex, Matcher, kind_of
from placewright.models.selector import AffinityTerm
from placewright.models.spread import spread_constraints
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.moves.board import Board as Places


class Kinds:
    """of (A,): the kind of each agent. fixed (A,): stays, as somebody asks for more than kinds can say.

    alone, least (K,), places, near (N,) and needs as in Reassignment. One topology key is taken for each of
    `places` and `near`, the one that most ask for; workloads that ask for another one stay.
    """

    def __init__(self, compilation: Compilation, places: Places, agents: Sequence[Agent]) -> None:
        self._compilation = compilation
        workloads: dict[Workload, int] = {}
        self.of: IntArray = np.array(
            [workloads.setdefault(workload_of(agent), len(workloads)) for agent in agents], dtype=np.int64
        )
        self._groups: list[set[int]] = [set() for _ in workloads]
        self._homes: list[set[int]] = [set() for _ in workloads]
        for agent, k in zip(agents, self.of.tolist(), strict=True):
            self._groups[k].add(places.group_of[agent.key])
            self._homes[k].add(places.home[agent.key])
        self._size: Counter[int] = Counter(self.of.tolist())
        self._labelled = _labelled(compilation, agents, self.of)
        pinned = {workload_of(agent) for agent in compilation.fixed_residents}
        self._stay = {k for name, k in workloads.items() if name in pinned}
        for k, groups in enumerate(self._groups):
            if any(places.watched(g) or self._asks_more(g, self._first(k)) for g in groups):
                self._stay.add(k)
        self.alone = self._apart()
        self.least: IntArray = np.zeros(len(workloads), dtype=np.int64)
        self.places = self._keep_domains()
        self.needs: tuple[tuple[int, int], ...] = ()
        self.near = self._keep_company()
        self.fixed: BoolArray = np.isin(self.of, sorted(self._stay))

    def _agent(self, g: int) -> Agent:
        return self._compilation.groups[g].agent

    def _first(self, k: int) -> Agent:
        """The agent that says what a workload asks for, where all of its agents ask for the same."""
        return self._agent(min(self._groups[k]))

    def _asks_more(self, g: int, first_one: Agent) -> bool:
        """Whether rules restrict a group in a way that arrays do not know, or the first one in another."""
        snapshot, agent = self._compilation.snapshot, self._agent(g)
        spec, first = agent.spec, first_one.spec
        others = (spec.host_ports, spec.affinity, spec.claims, spec.disks, spec.devices, spec.pod_group)
        spreads = any(constraint.hard for constraint in spread_constraints(snapshot, agent))
        said = (spec.anti_affinity, spec.min_domains, spec.near)
        unlike = said != (first.anti_affinity, first.min_domains, first.near)
        return any(others) or spreads or unlike or bool(snapshot.options.profile.limit_caps)

    def _asked(self, k: int, asked: Callable[[Agent], Iterable[AffinityTerm]]) -> list[AffinityTerm]:
        """Terms of all agents of a workload: those of one that stays keep others from moving all the same."""
        return list(dict.fromkeys(term for g in sorted(self._groups[k]) for term in asked(self._agent(g))))

    def _meant(self, term: AffinityTerm) -> tuple[set[int], int | None]:
        """The workloads that a term means agents of; and the one of which it means all, and nobody else.

        Asked of agents: those of a group may differ in labels that no rule reads, and in their workload.
        """
        matcher = Matcher((term,))
        meant: Counter[int] = Counter()
        for k, number in self._labelled.meant(matcher):
            meant[k] += number
        for k, number in meant.items():
            if len(meant) == 1 and number == self._size[k]:
                fixed = self._compilation.residents_matching(matcher).any()
                return {k}, None if fixed else k
        return set(meant), None

    def _apart(self) -> BoolArray:
        """bool (K,): who keeps apart from its own on nodes; workloads with other such terms stay."""
        alone: BoolArray = np.zeros(len(self._groups), dtype=np.bool_)
        snapshot = self._compilation.snapshot
        for k in range(len(self._groups)):
            for term in self._asked(k, partial(own_anti_affinity, snapshot)):
                meant, whole = self._meant(term)
                of_node = self._compilation.domains(term.topology_key).of_node
                if whole == k and len(set(of_node.tolist()) - {-1}) == len(of_node):
                    alone[k] = True
                else:
                    self._leave({k, *meant})
        for agent in self._settled:
            for term in own_anti_affinity(snapshot, agent):
                self._leave(self._meant(term)[0])
        return alone

    @cached_property
    def _settled(self) -> list[Agent]:
        """One of each template of those who never move."""
        return list({id(agent.spec): agent for agent in self._compilation.fixed_residents}.values())

    def _leave(self, kinds: Iterable[int]) -> None:
        self._stay.update(kinds)

    def _keep_domains(self) -> IntArray:
        """int64 (N,): the domains that workloads are to be in enough of."""
        asked = [self._first(k).spec.min_domains for k in range(len(self._groups))]
        key, of_node = self._commonest(key for pairs in asked for key, _ in pairs)
        for k, pairs in enumerate(asked):
            if any(other != key for other, _ in pairs):
                self._stay.add(k)
            elif pairs:
                self.least[k] = min(pairs[0][1], len({int(of_node[n]) for n in self._homes[k]}))
        return of_node

    def _keep_company(self) -> IntArray:
        """int64 (N,): the domains in which workloads are near others."""
        asked = [self._asked(k, lambda agent: agent.spec.near) for k in range(len(self._groups))]
        key, of_node = self._commonest(term.topology_key for terms in asked for term in terms)
        needs: set[tuple[int, int]] = set()
        for k, terms in enumerate(asked):
            for term in terms:
                company, whole = self._meant(term)
                if whole is not None and term.topology_key == key:
                    needs.add((k, whole))
                else:
                    self._leave({k, *company})
        for agent in self._settled:
            for term in agent.spec.near:
                self._leave(self._meant(term)[0])
        self.needs = tuple(sorted(needs))
        return of_node

    def _commonest(self, keys: Iterable[str]) -> tuple[str, IntArray]:
        """The topology key that most ask for among those that every node has, with its domains."""
        counts = Counter(key for key in keys if (self._compilation.domains(key).of_node >= 0).all())
        if not counts:
            return "", np.zeros(len(self._compilation.nodes), dtype=np.int64)
        key = max(sorted(counts), key=lambda name: counts[name])
        return key, self._compilation.domains(key).of_node


def _labelled(compilation: Compilation, agents: Sequence[Agent], of: IntArray) -> KindIndex[tuple[int, int]]:
    """By labels the workloads that have agents with them, and how many."""
    samples: dict[tuple[Kind, int], Agent] = {}
    number: Counter[tuple[Kind, int]] = Counter()
    for agent, k in zip(agents, of.tolist(), strict=True):
        both = (kind_of(agent), k)
        samples.setdefault(both, agent)
        number[both] += 1
    index: KindIndex[tuple[int, int]] = KindIndex(compilation.snapshot)
    for both, agent in samples.items():
        index.add(agent, (both[1], number[both]))
    return index
