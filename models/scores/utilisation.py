"""Scores of how full nodes are: a potential of each node's utilisation, summed.

kube-scheduler's NodeResourcesFit scores a node s(u), 0 to 100, by the utilisation u that an agent would
leave. Added up over the agents as they come, what a node costs is the integral of that, so a finished
placement is judged by a potential of each node's utilisation. In integers, u in permille and costs in our
unit:

    u(n, r) = ceil(1000 * used(n, r) / allocatable(n, r))
    P(u)    = 1/5 * integral from 0 to u of (s(0) - s(v)) dv     at every full 10 % and at every point of s,
              rounded up there, and shifted so that the least of them up to 100 % is 0; straight in between,
              rounded up; beyond 100 % the last line goes on where it rises, else it is flat
    cost    = ceil(K * sum over nodes n and resources r of weight(r) * P(u(n, r)) / sum over r of weight(r))

with K resources. For LeastAllocated P(u) is the square u*u/100 (10,000 for a full node), for MostAllocated
10,000 less that. `used` counts kube-scheduler's non-zero requests of cpu and memory (100m and 200Mi for a
container that asks for nothing), and what is asked of everything else. A node that has nothing of a resource
has no term for it. kube-scheduler leaves a resource out of RequestedToCapacityRatio's average where it scores
0; a sum cannot.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property, partial
from itertools import pairwise

from placewright.models.agent import AgentSpec
from placewright.models.crowds import amounts
from placewright.models.profile import Profile
from placewright.models.scores.base import Score
from placewright.models.state import ClusterState

COMPUTE = ("cpu", "memory")
FULL = 1000
TENTH = 100

Shape = tuple[tuple[int, int], ...]
"""(utilisation in permille, points 0 to 100), straight in between, flat outside."""
LEAST: Shape = ((0, 100), (FULL, 0))
MOST: Shape = ((0, 0), (FULL, 100))


def scored_request(spec: AgentSpec, resource: str) -> int:
    """What an agent counts for: its non-zero request where ingest filled one in."""
    if resource not in COMPUTE:
        return spec.requests.get(resource, 0)
    return spec.scoring_requests.get(resource, spec.requests.get(resource, 0))


def permille(used: int, allocatable: int) -> int:
    """Utilisation in thousandths, rounded up; above 1000 on an overcommitted node."""
    return -(-1000 * used // allocatable)


@dataclass(frozen=True)
class Line:
    """ceil(value + rise * (u - start) / run), from `start` on."""

    start: int
    value: int
    rise: int
    run: int

    def at(self, utilisation: int) -> int:
        return self.value - (-self.rise * (utilisation - self.start) // self.run)

    def exact(self, utilisation: int) -> Fraction:
        """Before it is rounded up."""
        return self.value + Fraction(self.rise * (utilisation - self.start), self.run)


@dataclass(frozen=True)
class Potential:
    """What a node costs by its utilisation. `lines` are in order of their starts, the first at 0."""

    lines: tuple[Line, ...]

    def cost(self, utilisation: int) -> int:
        return self._line(utilisation).at(utilisation)

    def exact(self, utilisation: int) -> Fraction:
        """The cost before it is rounded up."""
        return self._line(utilisation).exact(utilisation)

    def _line(self, utilisation: int) -> Line:
        return next(line for line in reversed(self.lines) if line.start <= utilisation)

    def between(self, least: int, most: int) -> tuple[Line, ...]:
        """The lines that the cost is on from one utilisation to another."""
        first = self._line(least)
        return tuple(line for line in self.lines if first.start <= line.start <= most)

    @cached_property
    def convex(self) -> bool:
        """Whether the largest of all lines is the cost everywhere."""
        slopes = [Fraction(line.rise, line.run) for line in self.lines]
        return slopes == sorted(slopes)

    @cached_property
    def rising(self) -> bool:
        """Whether more is never cheaper."""
        return all(line.rise >= 0 for line in self.lines)

    def highest(self, least: int, most: int) -> int:
        """The largest cost between two utilisations."""
        inside = (line.start for line in self.lines if least < line.start < most)
        return max(self.cost(u) for u in (least, most, *inside))


@cache
def potential(shape: Shape) -> Potential:
    """P above, for the score that `shape` gives by utilisation."""
    bends = sorted({*range(0, FULL + 1, TENTH), *(x for x, _ in shape if 0 <= x <= FULL)})
    values = [Fraction(0)]
    for left, right in pairwise(bends):
        # Straight between bends: the mean of both ends is exact.
        mean = (_points(shape, left) + _points(shape, right)) / 2
        values.append(values[-1] + (_points(shape, 0) - mean) * (right - left) / 5)
    rounded = [math.ceil(value) for value in values]
    shifted = [value - min(rounded) for value in rounded]
    lines = [
        Line(x0, y0, y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(zip(bends, shifted, strict=True))
    ]
    if lines[-1].rise < 0:
        lines.append(Line(FULL, shifted[-1], 0, 1))
    return Potential(tuple(lines))


def _points(shape: Shape, utilisation: int) -> Fraction:
    before = shape[0]
    for x, y in shape:
        if utilisation <= x:
            if x == before[0]:
                return Fraction(y)
            return before[1] + Fraction((y - before[1]) * (utilisation - before[0]), x - before[0])
        before = (x, y)
    return Fraction(before[1])


def factors(resources: Mapping[str, int]) -> tuple[tuple[int, ...], int]:
    """What each resource's potentials are multiplied by, and what their sum is divided by."""
    weights = [max(1, weight) for weight in resources.values()]
    raw = [len(weights) * weight for weight in weights]
    common = math.gcd(sum(weights), *raw)
    return tuple(weight // common for weight in raw), sum(weights) // common


class UtilisationScore(Score):
    """One strategy of NodeResourcesFit."""

    plugin = "NodeResourcesFit"

    @abstractmethod
    def shape(self, profile: Profile) -> Shape:
        """The score by utilisation."""

    def value(self, state: ClusterState, profile: Profile) -> int:
        cost, resources = potential(self.shape(profile)), profile.fit.resources
        times, divisor = factors(resources)
        total = 0
        for resource, factor in zip(resources, times, strict=True):
            used = amounts(state.crowds(), partial(scored_request, resource=resource))
            for node in state.snapshot.nodes:
                allocatable = node.allocatable.get(resource, 0)
                if allocatable > 0:
                    total += factor * cost.cost(permille(used.get(node.name, 0), allocatable))
        return -(-total // divisor)
