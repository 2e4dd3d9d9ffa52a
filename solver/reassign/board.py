"""Agents on nodes as arrays, kept up to date: what any move and any exchange of two would change, at once.

`shifts` and `swaps` answer for one agent and every place that it could go to, with everybody whose place it
could take. Both are exact about amounts; what kinds ask of each other is exact for one agent, and `clashes`
says what an exchange does to that. What an exchange changes is exact but for the most moves of one kind.
"""

from __future__ import annotations

import numpy as np

from placewright.solver.compilation import BoolArray, FloatArray, IntArray
from placewright.solver.reassign.arrays import Reassignment


class Board:
    """where (A,): the nodes that agents are on, feasible from the start to the end."""

    def __init__(self, problem: Reassignment, where: IntArray) -> None:
        self.problem = p = problem
        self.where = where.copy()
        agents, nodes = len(p.home), p.capacity.shape[1]
        self._every = np.arange(agents)
        self._bends = p.bends
        self._single = np.where(p.double[:, None], 0.0, p.request)
        self._fare = np.where(np.arange(nodes) != p.home[:, None], p.move[:, None], 0.0)
        self._fare += p.distance[p.home]
        self._fare_to = np.ascontiguousarray(self._fare.T)
        self._eligible_to = np.ascontiguousarray(p.eligible.T)
        self.size: FloatArray = np.abs(p.bends).sum(axis=0) + p.move
        self._members = [np.flatnonzero(p.kind == k) for k in range(p.kinds)]
        self._leaning = _pairs(p.needs, p.kinds)
        self._wanted_by = _pairs(tuple((b, a) for a, b in p.needs), p.kinds)
        self._start()

    def _start(self) -> None:
        p, where = self.problem, self.where
        self.bent: FloatArray = p.bent(where)
        self.cost: FloatArray = np.maximum(self.bent, 0).sum(axis=0)
        self.free: FloatArray = p.capacity - p.charged(where)
        self.on: list[set[int]] = [set(np.flatnonzero(where == n).tolist()) for n in range(len(self.cost))]
        kinds = p.kinds
        self.count = np.zeros((len(self.cost), kinds), dtype=np.int64)
        np.add.at(self.count, (where, p.kind), 1)
        self.in_place = np.zeros((kinds, int(p.places.max()) + 1), dtype=np.int64)
        np.add.at(self.in_place, (p.kind, p.places[where]), 1)
        self.in_near = np.zeros((int(p.near.max()) + 1, kinds), dtype=np.int64)
        np.add.at(self.in_near, (p.near[where], p.kind), 1)
        self.taken: BoolArray = (self.count > 0) & p.alone
        self.lonely: BoolArray = np.zeros(self.in_near.shape, dtype=np.bool_)
        self.tight: BoolArray = np.zeros(len(where), dtype=np.bool_)
        self.tied: BoolArray = np.zeros(len(where), dtype=np.bool_)
        for k in range(kinds):
            self._company(k)
            self._ties(k)
        self.moved = np.bincount(p.kind[where != p.home], minlength=kinds)
        self._rest = np.empty(p.bends.shape)
        self._room = np.empty(p.request.shape)
        self._refresh(self._every)
        self.fare: FloatArray = self._fare[self._every, where]
        self.top = int(self.moved.max())
        self.tops = int((self.moved == self.top).sum())
        self.value = p.value(where)

    def _refresh(self, agents: IntArray) -> None:
        """What an agent's node would be like without it."""
        p, at = self.problem, self.where[agents]
        self._rest[:, agents] = self.bent[:, at] - self._bends[:, agents]
        own = np.where(p.home[agents] == at, self._single[:, agents], p.request[:, agents])
        self._room[:, agents] = self.free[:, at] + own

    def _company(self, k: int) -> None:
        """In which domains a kind finds no company."""
        wanted = self._leaning[k]
        if len(wanted):
            self.lonely[:, k] = (self.in_near[:, wanted] == 0).any(axis=1)

    def _ties(self, k: int) -> None:
        """Which agents of a kind cannot leave their domain: it is one of too few, or somebody needs them."""
        p, members = self.problem, self._members[k]
        if not len(members):
            return
        at = self.where[members]
        if p.least[k] > 1:
            scarce = np.count_nonzero(self.in_place[k]) <= p.least[k]
            self.tight[members] = scarce & (self.in_place[k, p.places[at]] == 1)
        owners = self._wanted_by[k]
        if len(owners):
            last = self.in_near[:, k] == 1
            self.tied[members] = (last & (self.in_near[:, owners] > 0).any(axis=1))[p.near[at]]

    def promise(self) -> tuple[FloatArray, FloatArray]:
        """(N,) and (N,): what a node could take off what others cost, and what others could take off it.

        As far as the lines tell: who is below one against who is above it.
        """
        over, under = np.maximum(self.bent, 0), np.maximum(-self.bent, 0)
        takes: FloatArray = np.minimum(under, over.sum(axis=1)[:, None]).sum(axis=0)
        gives: FloatArray = np.minimum(over, under.sum(axis=1)[:, None]).sum(axis=0)
        return takes, gives

    def hope(self) -> float:
        """What there might be to gain in all; at least 1."""
        return max(1.0, float(self.promise()[0].sum() + self.fare.sum()))

    def shifts(self, a: int) -> FloatArray:
        """(N,): what moving an agent to each node changes; inf where it may not go, 0 where it is."""
        p, m, k = self.problem, int(self.where[a]), int(self.problem.kind[a])
        fits = _every(p.request[:, a, None] <= self.free)
        home = int(p.home[a])
        if home != m:
            fits[home] = (self._single[:, a] <= self.free[:, home]).all()
        fits &= p.eligible[a] & ~self.taken[:, k] & ~self.lonely[p.near, k]
        if self.tied[a]:
            fits &= p.near == p.near[m]
        if self.tight[a]:
            fits &= (p.places == p.places[m]) | (self.in_place[k, p.places] == 0)
        change: FloatArray = np.maximum(self.bent + self._bends[:, a, None], 0).sum(axis=0) - self.cost
        change += np.maximum(self._rest[:, a], 0).sum() - self.cost[m]
        change += self._fare[a] - self.fare[a]
        change += self._more_moved(a, m)
        if home != m:
            change[home] -= self._more_moved(a, m) + self._fewer_moved(k)
        change[~fits] = np.inf
        change[m] = 0.0
        return change

    def _more_moved(self, a: int, m: int) -> float:
        """What an agent that leaves its home adds to the most moves of one kind."""
        p = self.problem
        return p.most_weight * int(p.home[a] == m and self.moved[p.kind[a]] == self.top)

    def _fewer_moved(self, k: int) -> float:
        """What an agent that comes home takes off it."""
        return self.problem.most_weight * int(self.moved[k] == self.top and self.tops == 1)

    def swaps(self, a: int, others: IntArray) -> FloatArray:
        """What exchanging an agent's node with that of each of `others` changes; inf where it may not."""
        p, m, k = self.problem, int(self.where[a]), int(self.problem.kind[a])
        at, kinds = self.where[others], p.kind[others]
        room, request = self._room[:, others], p.request[:, others]
        fits = _every(p.request[:, a, None] <= room) & _every(request <= self._room[:, a, None])
        if p.double.any():
            self._fit_at_home(a, others, fits)
        apart = ~self.taken[:, k][at] & ~self.taken[m][kinds]
        near, here = p.near[at], p.near[m]
        apart &= ~self.lonely[near, k] & ~self.lonely[here][kinds]
        apart &= (near == here) | ~(self.tied[others] | self.tied[a])
        tight = self.tight[others] & (p.places[at] != p.places[m])
        if tight.any():
            apart &= ~(tight & (self.in_place[:, p.places[m]][kinds] > 0))
        if self.tight[a]:
            apart &= ((p.places == p.places[m]) | (self.in_place[k, p.places] == 0))[at]
        fits &= apart | (kinds == k)
        fits &= p.eligible[a][at] & self._eligible_to[m][others] & (at != m)
        found = np.full(len(others), np.inf)
        those = np.flatnonzero(fits)
        found[those] = self._swapped(a, others[those])
        return found

    def _swapped(self, a: int, others: IntArray) -> FloatArray:
        """What exchanging an agent with each of some others changes."""
        p, m, at = self.problem, int(self.where[a]), self.where[others]
        change: FloatArray = np.maximum(self._rest[:, others] + self._bends[:, a, None], 0).sum(axis=0)
        change += np.maximum(self._bends[:, others] + self._rest[:, a, None], 0).sum(axis=0)
        change -= self.cost[at]
        change += self._fare[a][at] + self._fare_to[m][others] - self.fare[others]
        change -= self.cost[m] + self.fare[a]
        if p.most_weight:
            up = (self.moved[p.kind[others]] == self.top) & (p.home[others] == at)
            change += p.most_weight * up + self._more_moved(a, m)
        return change

    def _fit_at_home(self, a: int, others: IntArray, fits: BoolArray) -> None:
        """Who comes home is there already with what is in use on both nodes."""
        p = self.problem
        m, home = self.where[a], p.home[a]
        back, there = p.home[others] == m, (self.where[others] == home) & (home != m)
        some = np.flatnonzero(back | there)
        if not len(some):
            return
        who = others[some]
        comes = np.where(back[some], self._single[:, who], p.request[:, who])
        goes = np.where(there[some], self._single[:, a, None], p.request[:, a, None])
        fits[some] = _every(comes <= self._room[:, a, None]) & _every(goes <= self._room[:, who])

    def clashes(self, a: int, b: int) -> bool:
        """Whether one of two that change places is the last company of the other's kind there."""
        p = self.problem
        here, there = p.near[self.where[a]], p.near[self.where[b]]
        ka, kb = int(p.kind[a]), int(p.kind[b])
        if here == there or ka == kb:
            return False
        return bool(
            (kb in self._leaning[ka] and self.in_near[there, kb] == 1)
            or (ka in self._leaning[kb] and self.in_near[here, ka] == 1)
        )

    def swap(self, a: int, b: int) -> None:
        """Exchange the nodes of two, checking nothing."""
        m, n = int(self.where[a]), int(self.where[b])
        self._put(a, n)
        self._put(b, m)
        self._settle((m, n), (a, b))

    def shift(self, a: int, n: int) -> None:
        """Move one agent, checking nothing."""
        m = int(self.where[a])
        self._put(a, n)
        self._settle((m, n), (a,))

    def rearrange(self, where: dict[int, int]) -> None:
        """Put several on other nodes at once, checking nothing."""
        going = {a: n for a, n in where.items() if self.where[a] != n}
        if going:
            nodes = {*going.values(), *(int(self.where[a]) for a in going)}
            for a, n in going.items():
                self._put(a, n)
            self._settle(tuple(nodes), tuple(going))

    def _put(self, a: int, n: int) -> None:
        p, m, k = self.problem, int(self.where[a]), int(self.problem.kind[a])
        request, bends, home = p.request[:, a], self._bends[:, a], int(p.home[a])
        self.bent[:, m] -= bends
        self.bent[:, n] += bends
        self.free[:, m] += self._single[:, a] if m == home else request
        self.free[:, n] -= self._single[:, a] if n == home else request
        self.on[m].remove(a)
        self.on[n].add(a)
        self.count[m, k] -= 1
        self.count[n, k] += 1
        self.taken[m, k] = p.alone[k] and self.count[m, k] > 0
        self.taken[n, k] = p.alone[k]
        self.in_place[k, p.places[m]] -= 1
        self.in_place[k, p.places[n]] += 1
        self.in_near[p.near[m], k] -= 1
        self.in_near[p.near[n], k] += 1
        self.moved[k] += int(n != home) - int(m != home)
        self.where[a] = n
        self.value += int(self._fare[a, n] - self.fare[a])
        self.fare[a] = self._fare[a, n]

    def _settle(self, nodes: tuple[int, ...], agents: tuple[int, ...]) -> None:
        """Bring up to date what hangs on nodes and on kinds."""
        p = self.problem
        touched_nodes = list(nodes)
        cost = np.maximum(self.bent[:, touched_nodes], 0).sum(axis=0)
        self.value += int((cost - self.cost[touched_nodes]).sum())
        self.cost[touched_nodes] = cost
        self._refresh(np.fromiter((a for n in nodes for a in self.on[n]), dtype=np.int64))
        touched = {int(p.kind[a]) for a in agents}
        for k in touched:
            for owner in self._wanted_by[k].tolist():
                self._company(owner)
        for k in touched | {int(wanted) for owner in touched for wanted in self._leaning[owner]}:
            self._ties(k)
        top = int(self.moved.max())
        self.value += int(p.most_weight) * (top - self.top)
        self.top, self.tops = top, int((self.moved == top).sum())


def _every(rows: BoolArray) -> BoolArray:
    """By column, whether it holds in every row."""
    found: BoolArray = np.logical_and.reduce(rows, axis=0)
    return found


def _pairs(pairs: tuple[tuple[int, int], ...], kinds: int) -> list[IntArray]:
    """By first member, the second ones; pairs of the same are left out: who goes takes itself along."""
    found: list[list[int]] = [[] for _ in range(kinds)]
    for first, second in pairs:
        if first != second:
            found[first].append(second)
    return [np.array(sorted(set(seconds)), dtype=np.int64) for seconds in found]
