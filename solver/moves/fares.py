"""What it costs agents to be elsewhere than at home: themselves, how far they go, and in what company."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from placewright.models.agent import Agent
from placewright.models.demands import Workload, workload_of
from placewright.models.move_cost import MoveCosts
from placewright.solver.compilation import Compilation, IntArray


class Fares:
    """Told of every move. home: agent key -> node index at the start."""

    def __init__(
        self,
        compilation: Compilation,
        costs: MoveCosts,
        agents: Mapping[str, Agent],
        home: Mapping[str, int],
    ) -> None:
        self.leaving = {key: costs.of(agent) for key, agent in agents.items()}
        self.plain = not costs.surcharges
        self._compilation = compilation
        self._distance = {key: cost for key, cost in costs.surcharges.distance.items() if cost}
        self._home = home
        self._ways: dict[tuple[str | None, ...], IntArray] = {}
        self._most_moved = costs.surcharges.most_moved
        self._workload = (
            {key: workload_of(agent) for key, agent in agents.items()} if self._most_moved else {}
        )
        self._moved: Counter[Workload] = Counter()
        self._times: Counter[int] = Counter()
        self._most = 0

    def trips(self, key: str) -> IntArray:
        """int64 (N,): what it costs that an agent is on each node, whoever else moves; nothing at home."""
        trips = self.leaving[key] + self._way(self._home[key])
        trips[self._home[key]] = 0
        return trips

    def fares(self, key: str, *, away: bool) -> IntArray:
        """The same with what it is charged for the others of its controller. away: it is not at home now."""
        fares = self.trips(key)
        if self._most_moved:
            charged = self._most_moved * self._rise(key, away=away)
            fares += charged
            fares[self._home[key]] -= charged
        return fares

    def tell(self, key: str, step: int) -> None:
        """An agent has left home (1), or is back (-1)."""
        if not self._most_moved or not step:
            return
        workload = self._workload[key]
        before = self._moved[workload]
        self._moved[workload] = now = before + step
        self._times[before] -= 1
        self._times[now] += 1
        if now > self._most or (before == self._most and not self._times[before]):
            self._most = now

    @property
    def charged(self) -> int:
        """What the moves so far cost beside the trips."""
        return self._most_moved * self._most

    def _rise(self, key: str, *, away: bool) -> bool:
        """Whether the most that move of one controller are more with this agent away than with it at home."""
        own = self._moved[self._workload[key]]
        if away:
            return own == self._most and self._times[own] == 1
        return own + 1 > self._most

    def _way(self, home: int) -> IntArray:
        """int64 (N,): what the way to each node costs; a copy."""
        nodes = self._compilation.nodes
        if not self._distance:
            return np.zeros(len(nodes), dtype=np.int64)
        here = tuple(nodes[home].labels.get(key) for key in self._distance)
        if here not in self._ways:
            ways = np.zeros(len(nodes), dtype=np.int64)
            for (key, cost), value in zip(self._distance.items(), here, strict=True):
                ways += cost * np.array([node.labels.get(key) != value for node in nodes], dtype=np.int64)
            self._ways[here] = ways
        return self._ways[here].copy()
