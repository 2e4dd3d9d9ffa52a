"""Room is made for one agent by sending others away, one after the other, until it fits; or nothing is done.

A large agent needs the room of several small ones. None of these would leave for the little that is then
gained, and an exchange of two does not make enough room. So they leave together, by chance like one exchange.
Whoever leaves goes home, to what the large one leaves free, or to another node that has room for it.
"""

from __future__ import annotations

import math

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.jit import inlined, looping
from placewright.solver.reassign.state import State
from placewright.solver.reassign.tally import Lists, count_in, count_moves, counted
from placewright.solver.reassign.walk import begun, carry, cost_with, fits, leaves, target

MOST = 6
"""So many leave for one at most."""
ENOUGH, LOOKS = 3, 6
"""How often somebody is looked for who makes all the room that is lacking, and how often anybody in all."""
ENDS = 5
"""How many nodes who leaves tries."""


@looping
def evict(
    s: State,
    lists: Lists,
    steps: int,
    temperature: float,
    price: float,
    rng: np.random.Generator,
    log: IntArray,
    best: float,
) -> tuple[int, int, float]:
    """Try so many times to make room for somebody. As `walk`, but that log is ((MOST + 1) * steps, 2)."""
    where, home, amounts, free, cost = s.where, s.home, s.amounts, s.free, s.cost
    fare, waste, value = s.fare, s.waste, s.value
    alone, count, kind, bent, bends = s.alone, s.on_node, s.kind, s.bent, s.bends
    nobody = len(where) - 1
    logged, kept = 0, 0
    if not len(s.movers):
        return logged, kept, best
    for _ in range(steps):
        a, n, _ = begun(rng, s)
        m = where[a]
        if n == m or (alone[kind[a]] and count[n, kind[a]] > 0) or fits(amounts, home, free, a, n, nobody):
            continue
        # Mostly somebody finds no other place, so that is asked before anything is changed.
        b, end = way_out(rng, s, lists, a, n)
        if end == n:
            continue
        allowed = -temperature * math.log(1.0 - rng.random()) - price * waste[a] * leaves(home, a, m, n)
        first, change, fares = logged, 0.0, fare[a, n] - fare[a, m]
        # Nothing is gained beyond what a costs where it is and all of n.
        while change + fares + cost_with(bent, bends, m, nobody, a) - cost[m] - cost[n] <= allowed:
            added = put(s, lists, log, logged, b, end)
            if added == math.inf:
                break
            logged += 1
            change += added
            allowed -= price * waste[b] * leaves(home, b, n, end)
            if fits(amounts, home, free, a, n, nobody):
                added = put(s, lists, log, logged, a, n)
                logged += int(added < math.inf)
                change += added
                break
            b, end = way_out(rng, s, lists, a, n)
            if end == n or logged - first == MOST:
                break
        if where[a] == n and change <= allowed:
            value[0] += change
            if value[0] < best:
                best, kept = value[0], logged
            continue
        while logged > first:
            logged -= 1
            take_back(s, lists, log, logged)
    return logged, kept, best


@inlined
def way_out(rng: np.random.Generator, s: State, lists: Lists, a: int, n: int) -> tuple[int, int]:
    """Somebody who makes room on node n for an agent, and where it goes; n for nowhere."""
    b = leaving(rng, s, lists, a, n, lacking(s, a, n))
    return b, going(rng, s, b, n, a) if b != len(s.where) - 1 else n


@inlined
def lacking(s: State, a: int, n: int) -> int:
    """The resource that an agent lacks most of on node n, beside what it asks for."""
    i, found, most = int(s.home[a] == n), 0, 0.0
    for r in range(s.free.shape[1]):
        asked = s.amounts[i, a, r]
        if asked - s.free[n, r] > most * asked:
            found, most = r, (asked - s.free[n, r]) / asked
    return found


@inlined
def leaving(rng: np.random.Generator, s: State, lists: Lists, a: int, n: int, r: int) -> int:
    """Somebody on node n who gives up some of resource r, as a rule all that a lacks; or nobody."""
    on, _, number = lists
    missing = s.amounts[int(s.home[a] == n), a, r] - s.free[n, r]
    for look in range(LOOKS if number[n] > 0 else 0):
        b = on[n, int(rng.random() * number[n])]
        given = s.amounts[int(s.home[b] == n), b, r]
        if given >= missing or (look >= ENOUGH and given > 0.0):
            return int(b)
    return len(s.home) - 1


@inlined
def going(rng: np.random.Generator, s: State, b: int, n: int, a: int) -> int:
    """Where somebody who leaves node n for a fits and is not beside its own kind; n for nowhere.

    First its home or the node that a leaves, then the other one of these, then any.
    """
    m, nobody = s.where[a], len(s.where) - 1
    at_home = int(rng.random() * 2.0)
    for look in range(ENDS):
        if look == at_home and s.eligible[b, s.home[b]]:
            end = int(s.home[b])
        elif look == 1 - at_home and s.eligible[b, m]:
            end = int(m)
        else:
            end = target(s, b, rng.random())
        if end == n or (s.alone[s.kind[b]] and s.on_node[end, s.kind[b]] > 0):
            continue
        if fits(s.amounts, s.home, s.free, b, end, a if end == m else nobody):
            return end
    return n


@inlined
def put(s: State, lists: Lists, log: IntArray, logged: int, a: int, n: int) -> float:
    """An agent goes to a node that has room for it, and the log says from where. What that changes.

    Infinity, and nothing is done, where kinds then lack what they ask of each other.
    """
    m, k, nobody = s.where[a], s.kind[a], len(s.where) - 1
    rules = s.least, s.related_at, s.related
    if not counted(
        s.on_node, s.places, s.spread, s.in_place, s.near, s.in_near, *rules, k, s.kind[nobody], m, n, m
    ):
        return math.inf
    before = s.top[0]
    count_moves(s.moved, s.with_moves, s.top, k, leaves(s.home, a, m, n))
    there, here = cost_with(s.bent, s.bends, n, a, nobody), cost_with(s.bent, s.bends, m, nobody, a)
    change = there - s.cost[n] + here - s.cost[m] + s.fare[a, n] - s.fare[a, m]
    carry(s, lists, log, logged, a, n)
    s.cost[n], s.cost[m] = there, here
    return float(change + s.most_weight * (s.top[0] - before))


@inlined
def take_back(s: State, lists: Lists, log: IntArray, entry: int) -> None:
    """The agent of an entry of the log, the last one, goes back to where it was."""
    a, m = log[entry, 0], log[entry, 1]
    n, k, nobody = s.where[a], s.kind[a], len(s.where) - 1
    count_in(s.on_node, s.places, s.spread, s.in_place, s.near, s.in_near, k, n, m)
    count_moves(s.moved, s.with_moves, s.top, k, leaves(s.home, a, n, m))
    carry(s, lists, log, entry, a, m)
    s.cost[n] = cost_with(s.bent, s.bends, n, nobody, nobody)
    s.cost[m] = cost_with(s.bent, s.bends, m, nobody, nobody)
