"""Workloads as kinds, with what they ask of themselves and of each other, and who has to stay where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from placewright.models.agent import Agent
from placewright.models.demands import Workload, workload_of
from placewright.models.rules.own_terms import own_anti_affinity
from placewright.models.rules.topology import Matcher
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
        # A group that agents of several workloads share is of the last of them, and all of these stay.
        self._kind = {g: k for k, groups in enumerate(self._groups) for g in groups}
        pinned = {workload_of(agent) for agent in compilation.fixed_residents}
        self._stay = {k for name, k in workloads.items() if name in pinned}
        for k, groups in enumerate(self._groups):
            if any(places.watched(g) or self._kind[g] != k or self._asks_more(g) for g in groups):
                self._stay.add(k)
        self.alone = self._apart()
        self.least: IntArray = np.zeros(len(workloads), dtype=np.int64)
        self.places = self._keep_domains()
        self.needs: tuple[tuple[int, int], ...] = ()
        self.near = self._keep_company()
        self.fixed: BoolArray = np.isin(self.of, sorted(self._stay))

    def _agent(self, g: int) -> Agent:
        return self._compilation.groups[g].agent

    def _asks_more(self, g: int) -> bool:
        """Whether rules restrict a group in a way that arrays do not know."""
        snapshot, agent = self._compilation.snapshot, self._agent(g)
        spec, first = agent.spec, self._agent(min(self._groups[self._kind[g]])).spec
        others = (spec.host_ports, spec.affinity, spec.claims, spec.disks, spec.devices, spec.pod_group)
        spreads = any(constraint.hard for constraint in spread_constraints(snapshot, agent))
        said = (spec.anti_affinity, spec.min_domains, spec.near)
        unlike = said != (first.anti_affinity, first.min_domains, first.near)
        return any(others) or spreads or unlike or bool(snapshot.options.profile.limit_caps)

    def _meant(self, term: AffinityTerm) -> tuple[set[int], bool]:
        """The groups that a term means, and whether it means somebody who never moves as well."""
        matcher = Matcher((term,))
        fixed = bool(self._compilation.residents_matching(matcher).any())
        return set(self._compilation.groups_matching(matcher).tolist()), fixed

    def _apart(self) -> BoolArray:
        """bool (K,): who keeps apart from its own on nodes; workloads with other such terms stay."""
        alone: BoolArray = np.zeros(len(self._groups), dtype=np.bool_)
        snapshot = self._compilation.snapshot
        for k, groups in enumerate(self._groups):
            for term in own_anti_affinity(snapshot, self._agent(min(groups))):
                meant, fixed = self._meant(term)
                of_node = self._compilation.domains(term.topology_key).of_node
                if meant == groups and not fixed and len(set(of_node.tolist()) - {-1}) == len(of_node):
                    alone[k] = True
                else:
                    self._leave({k, *(self._kind[g] for g in meant)})
        specs = {id(agent.spec): agent for agent in self._compilation.fixed_residents}
        for agent in specs.values():
            for term in own_anti_affinity(snapshot, agent):
                self._leave(self._kind[g] for g in self._meant(term)[0])
        return alone

    def _leave(self, kinds: Iterable[int]) -> None:
        self._stay.update(kinds)

    def _keep_domains(self) -> IntArray:
        """int64 (N,): the domains that workloads are to be in enough of."""
        asked = [self._agent(min(groups)).spec.min_domains for groups in self._groups]
        key, of_node = self._commonest(key for pairs in asked for key, _ in pairs)
        for k, pairs in enumerate(asked):
            if any(other != key for other, _ in pairs):
                self._stay.add(k)
            elif pairs:
                self.least[k] = min(pairs[0][1], len({int(of_node[n]) for n in self._homes[k]}))
        return of_node

    def _keep_company(self) -> IntArray:
        """int64 (N,): the domains in which workloads are near others."""
        asked = [self._agent(min(groups)).spec.near for groups in self._groups]
        key, of_node = self._commonest(term.topology_key for terms in asked for term in terms)
        needs: set[tuple[int, int]] = set()
        for k, terms in enumerate(asked):
            for term in terms:
                meant, fixed = self._meant(term)
                company = {self._kind[g] for g in meant}
                one = len(company) == 1 and meant == self._groups[min(company)]
                if one and not fixed and term.topology_key == key:
                    needs.add((k, min(company)))
                else:
                    self._leave({k, *company})
        self.needs = tuple(sorted(needs))
        return of_node

    def _commonest(self, keys: Iterable[str]) -> tuple[str, IntArray]:
        """The topology key that most ask for among those that every node has, with its domains."""
        counts = Counter(key for key in keys if (self._compilation.domains(key).of_node >= 0).all())
        if not counts:
            return "", np.zeros(len(self._compilation.nodes), dtype=np.int64)
        key = max(sorted(counts), key=lambda name: counts[name])
        return key, self._compilation.domains(key).of_node
