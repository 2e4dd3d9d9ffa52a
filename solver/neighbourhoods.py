"""Which part of a placement to free next, when a problem is improved part by part.

There are several kinds of parts, and which of them pays off depends on the cluster and on the level. Kinds
are drawn by how much better they have made the answer of late for the work they took; each keeps its own
size, which follows how large a part can be solved to its end. Deterministic for a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.pairs import PairTerm
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.solver.rules.ledger import is_by_node
from placewright.solver.rules.quota import QuotaEncoder

SMALLEST, LARGEST = 2, 64
"""Nodes of a part."""
FIRST = 4.0
WIDER = 4
"""How many times more nodes a part may have that frees only some groups on them."""
GROWTH = 1.1
"""How much larger the next part of a kind is where one was solved to its end, or smaller where it was not."""
MEMORY = 0.85
"""How much of what is known of a kind stays when it is tried once more."""
CURIOSITY = 0.08
"""The weight of a kind that never pays off, beside 1 for the best: it is still tried at times."""


@dataclass(frozen=True)
class Part:
    """What is freed: every agent on `nodes`, or only those of `groups` there (None: all of them)."""

    kind: str
    nodes: IntArray
    groups: IntArray | None = None


@dataclass
class _Kind:
    """One way to choose, what it gained of late for its work, and how many nodes it takes."""

    choose: Callable[[IntArray, int], Part | None]
    gain: float = 0.0
    work: float = 0.0
    size: float = FIRST
    tried: int = 0
    better: int = 0

    @property
    def worth(self) -> float | None:
        """Gain for a unit of work; None where nobody knows yet."""
        return self.gain / self.work if self.work else None


class Neighbourhoods:
    """Chooses parts of one problem, and learns which kinds pay off."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._random = np.random.default_rng(seed)
        self._usable = np.flatnonzero(problem.cap.any(axis=0))
        keys = [key for key in problem.topologies if not is_by_node(key)]
        self._domains = [key for key in keys if len(np.unique(key[key >= 0])) > 1]
        self._quotas = [
            [g for g, amount in row.usage if amount]
            for encoder in problem.encoders
            if isinstance(encoder, QuotaEncoder)
            for row in encoder.rows
        ]
        self._wishes = [
            np.union1d(pairing.owners, pairing.meant)
            for level in problem.levels
            if isinstance(level, WeightedObjective)
            for _, term in level.terms
            if isinstance(term, PairTerm)
            for pairing in term.pairings
            if len(pairing.owners) and len(pairing.meant)
        ]
        self._kinds = {
            "blocked": _Kind(self._blocked),
            "random": _Kind(self._at_random),
            "domain": _Kind(self._domain),
            "unbalanced": _Kind(self._unbalanced),
            "quota": _Kind(self._quota),
            "company": _Kind(self._company),
        }

    def choose(self, count: IntArray, busy: Sequence[Part] = ()) -> Part | None:
        """What to free, given the incumbent counts (G, N); None where no node can be freed.

        No node of a part that is `busy` is in it: what is solved at the same time is not to be undone.
        """
        if not len(self._usable):
            return None
        names = list(self._kinds)
        while names:
            name = names[int(self._random.choice(len(names), p=self._chances(names)))]
            size = min(int(self._kinds[name].size), len(self._usable))
            part = self._kinds[name].choose(count, size)
            if part is not None:
                part = replace(part, nodes=np.setdiff1d(part.nodes, [n for b in busy for n in b.nodes]))
            if part is not None and len(part.nodes):
                return part
            # Nobody is blocked, there is no quota: not now.
            names.remove(name)
        return None

    def _chances(self, names: Sequence[str]) -> FloatArray:
        """How likely each kind is; one that was not tried yet is taken for as good as the best."""
        worths = [self._kinds[name].worth for name in names]
        best = max((worth for worth in worths if worth is not None), default=0.0) or 1.0
        weights = np.array([CURIOSITY + (1.0 if worth is None else worth / best) for worth in worths])
        chances: FloatArray = weights / weights.sum()
        return chances

    def learn(self, part: Part, gain: int, work: float, *, finished: bool) -> None:
        """What a part has gained on the level, for what work, and whether it was solved to its end."""
        kind = self._kinds[part.kind]
        kind.tried += 1
        kind.better += gain > 0
        kind.gain = MEMORY * kind.gain + gain
        kind.work = MEMORY * kind.work + work
        kind.size = float(np.clip(kind.size * (GROWTH if finished else 1.0 / GROWTH), SMALLEST, LARGEST))

    def summary(self) -> str:
        """What was tried, and how often it made the answer better."""
        tried = [(name, kind) for name, kind in self._kinds.items() if kind.tried]
        return ", ".join(f"{name} {kind.better}/{kind.tried}" for name, kind in tried)

    def _some(self, nodes: IntArray, size: int) -> IntArray:
        """Some of the nodes that can be used at all."""
        found = nodes if len(nodes) <= size else self._random.choice(nodes, size=size, replace=False)
        return np.sort(found)

    def _at_random(self, count: IntArray, size: int) -> Part:
        return Part("random", self._some(self._usable, size))

    def _blocked(self, count: IntArray, size: int) -> Part | None:
        """Nodes that could hold somebody who waits, favouring those with the most room left for it."""
        waiting = np.flatnonzero(count.sum(axis=1) < self._problem.size)
        if not len(waiting):
            return None
        return Part("blocked", self._near(int(self._random.choice(waiting)), count, size))

    def _near(self, group: int, count: IntArray, size: int) -> IntArray:
        problem = self._problem
        nodes = np.flatnonzero(problem.cap[group] > 0)
        left = problem.free[nodes] - count[:, nodes].T @ problem.request
        wanted = problem.request[group]
        asked = np.flatnonzero(wanted)
        room = np.minimum(left[:, asked] / wanted[asked], 1.0).sum(axis=1)
        noise = self._random.random(len(nodes)) * 0.5
        order = np.argsort(-(room + noise), kind="stable")
        return np.sort(nodes[order[:size]])

    def _domain(self, count: IntArray, size: int) -> Part | None:
        """Nodes of one zone, rack or the like."""
        if not self._domains:
            return None
        of_node = self._domains[int(self._random.integers(len(self._domains)))]
        inside = self._usable[of_node[self._usable] >= 0]
        if not len(inside):
            return None
        where = of_node[int(self._random.choice(inside))]
        return Part("domain", self._some(inside[of_node[inside] == where], size))

    def _unbalanced(self, count: IntArray, size: int) -> Part:
        """As many of the fullest nodes as of the emptiest."""
        some = self._some(self._usable, WIDER * size)
        left = self._problem.free[some] - count[:, some].T @ self._problem.request
        share = (left / np.maximum(self._problem.free[some], 1)).sum(axis=1)
        order = np.argsort(share, kind="stable")
        half = max(1, size // 2)
        return Part("unbalanced", np.unique(some[np.concatenate([order[:half], order[-half:]])]))

    def _quota(self, count: IntArray, size: int) -> Part | None:
        """Who shares a quota of which somebody waits, wherever they are: only they are freed."""
        waiting = count.sum(axis=1) < self._problem.size
        tight = [groups for groups in self._quotas if waiting[groups].any()]
        if not tight:
            return None
        groups = np.array(tight[int(self._random.integers(len(tight)))], dtype=np.int64)
        nodes = np.flatnonzero(self._problem.cap[groups].any(axis=0))
        return Part("quota", self._some(nodes, WIDER * size), groups)

    def _company(self, count: IntArray, size: int) -> Part | None:
        """Agents that wish to be near each other, or not to be, and a few others: only they are freed."""
        if not self._wishes:
            return None
        wish = self._wishes[int(self._random.integers(len(self._wishes)))]
        others = self._random.integers(len(self._problem.size), size=2 * len(wish))
        groups = np.union1d(wish, others)
        nodes = np.flatnonzero(self._problem.cap[wish].any(axis=0))
        return Part("company", self._some(nodes, WIDER * size), groups)
