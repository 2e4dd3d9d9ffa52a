"""Company for those who must have it, where a plan of rounded amounts has none.

The relaxation does not know who must have company where: some of a group may be meant for a topology domain
that nobody they lean on is meant for. One of those is enough, and at the first of them the domain is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.problem import Problem
from placewright.solver.rules.affinity_times import Hungry
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder

LONGEST = 3
"""Who comes as company may need some in turn: chains are followed so far."""

ByGroup = dict[int, dict[int, int]]
"""Group -> class -> agents."""


def accompanied(
    whole: Mapping[tuple[int, int], int],
    problem: Problem,
    members: Sequence[IntArray],
    number: Mapping[int, int],
) -> dict[tuple[int, int], int]:
    """(group, class) -> agents, of each group as many as before: some have moved to be company.

    members: the nodes of each class. Where classes lie across a key's domains nothing is known of it.
    number: of groups so many; those that are missing are company first of all.
    """
    counts: ByGroup = {g: {} for g, many in number.items() if many}
    for (g, c), many in whole.items():
        counts.setdefault(g, {})[c] = many
    missing = {g: many - sum(counts[g].values()) for g, many in number.items() if many}
    room = np.array([problem.cap[:, nodes].sum(axis=1) for nodes in members], dtype=np.int64).T
    company = _Company(counts, missing, room)
    first = [int(nodes[0]) for nodes in members]
    hungry = [
        (g, need, domain)
        for encoder in problem.encoders
        for g, need in (encoder.hungry.items() if isinstance(encoder, AffinityEncoder) else ())
        for domain in need.domains
        if g in counts and all((domain[nodes] == domain[nodes[0]]).all() for nodes in members)
    ]
    for _ in range(LONGEST):
        moved = [company.bring(g, need, domain, domain[first]) for g, need, domain in hungry]
        if not any(moved):
            break
    return {(g, c): many for g, row in counts.items() for c, many in row.items() if many}


class _Company:
    """counts: as they are; missing: group -> agents in no class yet; room (G, C): how many may come."""

    def __init__(self, counts: ByGroup, missing: dict[int, int], room: IntArray) -> None:
        self._counts = counts
        self._missing = missing
        self._room = room.copy()

    def bring(self, g: int, need: Hungry, domain: IntArray, of_class: IntArray) -> bool:
        """Give a group company where it has none, or take it where company is; whether anybody moved."""
        own = _by_domain(self._counts[g], of_class)
        there = {int(d) for d in domain[need.there > 0]}
        there |= {int(d) for q in need.company for d in _by_domain(self._counts.get(q, {}), of_class)}
        lacking = sorted(own.keys() - there - {-1}, key=lambda d: (-own[d], d))
        coming = [q for q in need.company if q != g and q not in need.standing and q in self._counts]
        moved = False
        for d in lacking:
            here = np.flatnonzero(of_class == d)
            if any(self._send_one(q, here, of_class) for q in self._readiest(coming, of_class)):
                there.add(d)
                moved = True
            else:
                moved |= self._leave(g, here, np.flatnonzero(np.isin(of_class, sorted(there))))
        return moved

    def _readiest(self, groups: Sequence[int], of_class: IntArray) -> list[int]:
        """Those with agents that are nowhere yet, then those with the most in one domain."""
        return sorted(
            groups, key=lambda q: (-self._missing.get(q, 0), -_fullest(self._counts[q], of_class)[1], q)
        )

    def _send_one(self, q: int, here: IntArray, of_class: IntArray) -> bool:
        """One agent of a group to one of the classes `here`; the last of a domain stays in it."""
        row = self._counts[q]
        target = int(here[np.argmax(self._room[q, here])])
        if not self._room[q, target]:
            return False
        if self._missing.get(q, 0) > 0:
            self._missing[q] -= 1
        else:
            source, most = _fullest(row, of_class)
            if most < 2:
                return False
            row[source] -= 1
        row[target] = row.get(target, 0) + 1
        return True

    def _leave(self, g: int, here: IntArray, there: IntArray) -> bool:
        """All of a group from the classes `here` to those of `there`, by the room in them, for good."""
        room = self._room[g, there]
        if not room.any():
            return False
        # Else those who lean on it would call it back again and again.
        self._room[g, here] = 0
        row = self._counts[g]
        leaving = sum(row.pop(c, 0) for c in here.tolist())
        parts = leaving * room // room.sum()
        parts[np.argmax(room)] += leaving - parts.sum()
        for c, part in zip(there.tolist(), parts.tolist(), strict=True):
            row[c] = row.get(c, 0) + part
        return True


def _by_domain(row: Mapping[int, int], of_class: IntArray) -> dict[int, int]:
    """Domain -> agents, where there are any."""
    found: dict[int, int] = {}
    for c, number in row.items():
        if number:
            found[int(of_class[c])] = found.get(int(of_class[c]), 0) + number
    return found


def _fullest(row: Mapping[int, int], of_class: IntArray) -> tuple[int, int]:
    """The class that has the most in the domain that has the most, and how many that domain has."""
    domains = _by_domain(row, of_class)
    if not domains:
        return -1, 0
    fullest = max(domains, key=lambda d: (domains[d], -d))
    return max((c for c in row if of_class[c] == fullest), key=lambda c: (row[c], -c)), domains[fullest]
