"""A few agents of several nodes are taken away together and put back one by one, each where it costs least.

That ruin and recreate comes to what moves and exchanges do not: a large agent goes where several small ones
make room for it, and all of these find good places at once. It is judged as one change, by chance like an
exchange, and what is refused is put back as it was.
"""

from __future__ import annotations

import math

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.reassign.jit import compiled
from placewright.solver.reassign.state import State
from placewright.solver.reassign.tally import asked_holds, count_moves, count_on, members, moved_on
from placewright.solver.reassign.walk import cost_with, fits, leaves, target

NODES, EACH = 4, 6
"""From how many nodes at most, and how many agents of each at most."""
MOST = NODES * EACH
"""So many agents go at most."""
LARGE_FIRST = 0.6
"""How often the largest are put back first, more or less; else they come in any order."""
PASSED = 0.01
"""How often a node is passed by, so that the same agents do not come to the same places again and again."""


@compiled
def ruin(
    s: State,
    steps: int,
    temperature: float,
    price: float,
    rng: np.random.Generator,
    log: IntArray,
    best: float,
) -> tuple[int, int, float]:
    """Try so many times to put some elsewhere together. As `walk`, but that log is (MOST * steps, 2)."""
    where, home, waste, value, nobody = s.where, s.home, s.waste, s.value, len(s.where) - 1
    logged, kept = 0, 0
    on, slot, number = members(where, len(s.cost))
    size, falls = sizes(s.bends)
    out, ends, keys = np.empty(MOST, dtype=np.int64), np.empty(MOST, dtype=np.int64), np.empty(MOST)
    for _ in range(steps):
        gone = chosen(rng, s, on, number, out)
        ordered(rng, size, out, keys, gone)
        allowed = -temperature * math.log(1.0 - rng.random())
        # How far the cost can still fall while they come back.
        change, hope = 0.0, s.most_weight * gone
        for a in out[:gone]:
            change += put(s, a, where[a], -1)
            allowed += price * waste[a] * (where[a] != home[a])
            hope += falls[a]
        back = 0
        while back < gone and change - hope <= allowed:
            a = out[back]
            n = cheapest(rng, s, a, price * waste[a], nobody)
            if n < 0:
                break
            ends[back] = n
            change += put(s, a, n, 1)
            allowed -= price * waste[a] * (n != home[a])
            hope -= falls[a]
            back += 1
        if back == gone:
            change += recounted(s, out, ends, gone, 1)
            if change <= allowed and all_hold(s, out, ends, gone):
                logged = settled(s, on, slot, number, out, ends, gone, log, logged)
                value[0] += change
                if value[0] < best:
                    best, kept = value[0], logged
                continue
            recounted(s, out, ends, gone, -1)
        for i in range(back):
            put(s, out[i], ends[i], -1)
        for a in out[:gone]:
            put(s, a, where[a], 1)
    return logged, kept, best


@compiled
def sizes(bends: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(A,) and (A,): how far agents bend lines, and how far below what they come to at most."""
    size, falls = np.zeros(len(bends)), np.zeros(len(bends))
    for a in range(len(bends)):
        for bend in bends[a]:
            size[a] += abs(bend)
            falls[a] -= min(bend, 0.0)
    return size, falls


@compiled
def chosen(rng: np.random.Generator, s: State, on: IntArray, number: IntArray, out: IntArray) -> int:
    """Fill `out` with an agent, others of its node, and some of nodes within reach. How many there are."""
    out[0], gone = int(rng.random() * (len(s.where) - 1)), 1
    n = s.where[out[0]]
    for _ in range(2 + int(rng.random() * (NODES - 1))):
        for _ in range(1 + int(rng.random() * EACH) if number[n] > 0 else 0):
            a, found = on[n, int(rng.random() * number[n])], gone < MOST
            for b in out[:gone]:
                found = found and a != b
            if found:
                out[gone] = a
                gone += 1
        n = target(rng, s.targets_at, s.targets, out[int(rng.random() * gone)])
    return gone


@compiled
def ordered(rng: np.random.Generator, size: FloatArray, out: IntArray, keys: FloatArray, gone: int) -> None:
    """Bring the agents that are to go into the order in which they come back."""
    large_first = rng.random() < LARGE_FIRST
    for i in range(gone):
        a, key = out[i], rng.random()
        if large_first:
            key = -size[a] * (0.5 + key)
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j], out[j] = keys[j - 1], out[j - 1]
            j -= 1
        keys[j], out[j] = key, a


@compiled
def put(s: State, a: int, n: int, by: int) -> float:
    """An agent comes to node n, or (-1) is taken from it. What that changes."""
    i = int(s.home[a] == n)
    for r in range(s.free.shape[1]):
        s.free[n, r] -= by * s.amounts[i, a, r]
    for h in range(s.bent.shape[1]):
        s.bent[n, h] += by * s.bends[a, h]
    count_on(s.on_node, s.places, s.spread, s.in_place, s.near, s.in_near, s.kind[a], n, by)
    before, nobody = s.cost[n], len(s.where) - 1
    s.cost[n] = cost_with(s.bent, s.bends, n, nobody, nobody)
    return float(s.cost[n] - before + by * s.fare[a, n])


@compiled
def cheapest(rng: np.random.Generator, s: State, a: int, dear: float, nobody: int) -> int:
    """Where an agent fits and costs least, and `dear` more where it is not at home; -1 for nowhere."""
    k, home = s.kind[a], s.home[a]
    first, last = s.targets_at[a], s.targets_at[a + 1]
    found, least = -1, math.inf
    # Of those that cost the same, any is as good.
    at = first + int(rng.random() * (last - first))
    for i in range(first, last):
        n = s.targets[i + at - first if i + at - first < last else i + at - last]
        if (s.alone[k] and s.on_node[n, k] > 0) or rng.random() < PASSED:
            continue
        if not fits(s.amounts, s.home, s.free, a, n, nobody) or lonely(s, k, s.near[n]):
            continue
        added = cost_with(s.bent, s.bends, n, a, nobody) - s.cost[n] + s.fare[a, n] + dear * (n != home)
        if added < least:
            found, least = n, added
    return int(found)


@compiled
def lonely(s: State, k: int, domain: int) -> bool:
    """Whether the first of kind k in a domain lacks company there."""
    if s.in_near[domain, k] == 0:
        for i in range(s.related_at[2 * k], s.related_at[2 * k + 1]):
            if s.in_near[domain, s.related[i]] == 0:
                return True
    return False


@compiled
def recounted(s: State, out: IntArray, ends: IntArray, gone: int, by: int) -> float:
    """Count who is away after the change, or (-1) before it again. What that changes."""
    before = s.top[0]
    for i in range(gone):
        a = out[i]
        count_moves(s.moved, s.with_moves, s.top, s.kind[a], by * leaves(s.home, a, s.where[a], ends[i]))
    return float(s.most_weight * (s.top[0] - before))


@compiled
def all_hold(s: State, out: IntArray, ends: IntArray, gone: int) -> bool:
    """Whether kinds have what they ask of each other where agents came from and where they are now."""
    for i in range(gone):
        k, here, there = s.kind[out[i]], s.near[s.where[out[i]]], s.near[ends[i]]
        if not asked_holds(s.spread, s.least, s.in_near, s.related_at, s.related, k, here, there):
            return False
    return True


@compiled
def settled(
    s: State,
    on: IntArray,
    slot: IntArray,
    number: IntArray,
    out: IntArray,
    ends: IntArray,
    gone: int,
    log: IntArray,
    logged: int,
) -> int:
    """Agents are where they were put, and the log says where they were. Its length then."""
    for i in range(gone):
        a, n = out[i], ends[i]
        m = s.where[a]
        if m != n:
            log[logged, 0], log[logged, 1] = a, m
            s.where[a] = n
            moved_on(on, slot, number, a, m, n)
            logged += 1
    return logged
