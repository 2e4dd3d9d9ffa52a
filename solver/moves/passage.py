"""One wave in the making: which moves can go on at the same time, in whatever order their steps come.

Each move has two steps, and steps of different moves come in any order. What can only be hindered by agents
that are there is asked of the fullest moment: everybody has come, nobody has left. What leans on agents is
asked of the emptiest: everybody has left, nobody has come. Spread compares both.
"""

from __future__ import annotations

from dataclasses import replace

from placewright.models.filters import rejection
from placewright.models.movable import Discipline
from placewright.models.rebalance_options import Limits
from placewright.models.rules.topology import MatcherIndex
from placewright.solver.moves.at_once import AtOnce
from placewright.solver.moves.cluster import Cluster, Move, put_back
from placewright.solver.moves.leaning import Passing, has_company, is_spread, sensitive


class Passage:
    """A wave to which moves are added one by one; `add` says why one cannot be part of it."""

    def __init__(self, cluster: Cluster, limits: Limits) -> None:
        self._cluster = cluster
        self._passing: list[Passing] = []
        self._minding: MatcherIndex[Passing] = MatcherIndex(cluster.snapshot)
        self._at_once = AtOnce(cluster, limits)

    @property
    def moves(self) -> list[Move]:
        return [passing.move for passing in self._passing]

    def add(self, move: Move) -> str:
        """ "" where the move is now part of the wave, else why not; nothing is changed then."""
        cluster = self._cluster
        old = cluster.current(move.key)
        refusal = self._at_once.refusal(move)
        if refusal:
            return refusal
        source, target = cluster.node(move.source), cluster.node(move.target)
        new = cluster.replacement(move.key, move.discipline)
        surging = move.discipline is Discipline.SURGE
        if not surging:
            cluster.most.remove(old, source)
        refused = rejection(cluster.most, new, target)
        if not surging:
            put_back(cluster.most, old, source)
        if refused is not None:
            return f"{refused.rule}: {refused.message}"
        passing = Passing(move, old, new)
        cluster.most.place(new, target)
        cluster.least.remove(old, source)
        refusal = self._leans(passing)
        if refusal:
            cluster.most.remove(new, target)
            put_back(cluster.least, old, source)
            return refusal
        self._passing.append(passing)
        for matcher in dict.fromkeys(sensitive(cluster.snapshot, new)):
            self._minding.add(matcher, passing)
        self._at_once.count(move)
        return ""

    def commit(self) -> None:
        """The wave is over: who left is gone, who came has come."""
        for passing in self._passing:
            source = self._cluster.node(passing.move.source)
            target = self._cluster.node(passing.move.target)
            settled = replace(passing.new, admitted=True)
            self._cluster.most.remove(passing.old, source)
            if not passing.new.admitted:
                self._cluster.most.remove(passing.new, target)
                self._cluster.most.place(settled, target)
            self._cluster.least.place(settled, target)
            self._cluster.now[passing.move.key] = settled

    def cancel(self) -> None:
        """Leave the cluster as it was before the wave."""
        for passing in reversed(self._passing):
            self._cluster.most.remove(passing.new, self._cluster.node(passing.move.target))
            put_back(self._cluster.least, passing.old, self._cluster.node(passing.move.source))
        self._passing.clear()

    def _leans(self, passing: Passing) -> str:
        """Why the wave with this move does not hold for those who lean on, or are counted with, others."""
        affected = {other.move.key: other for other in self._minding.meaning(passing.new)}
        for each in (passing, *affected.values()):
            if not is_spread(self._cluster, each):
                return "topology_spread: some order of the moves at once is too uneven"
            if not has_company(self._cluster, each):
                return "inter_agent_affinity: in some order of the moves at once its company is missing"
        return ""
