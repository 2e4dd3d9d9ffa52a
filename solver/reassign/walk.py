"""One exchange after the other, drawn by chance: refused, or made by chance where it costs something.

An exchange: an agent goes from m to n, and somebody there, or nobody, goes on to another node. That is m
where they change places, or the home of who had to go, or any.

The loops are plain, so that they can be translated; see solver/reassign/jit.py. Arrays are those of `State`.
"""

from __future__ import annotations

import math

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.reassign.jit import inlined, looping
from placewright.solver.reassign.state import IndexArray, State
from placewright.solver.reassign.tally import Lists, clash, count_moves, counted, moved_on

MOVES, SWAPS, RETURNS = 0.3, 0.25, 0.25
"""How often an agent just moves, two change places, or somebody who is away goes home; others go anywhere.

An agent by itself moves in what is left. Where those who are away are in use twice, they leave little room
for each other: one for another one is then as good as the only exchange that there is.
"""
LOOKS = 4
"""How often it is looked for somebody on a node who is away."""


@looping
def walk(
    s: State,
    lists: Lists,
    steps: int,
    temperature: float,
    price: float,
    rng: np.random.Generator,
    log: IntArray,
    best: float,
) -> tuple[int, int, float]:
    """Try so many exchanges. A change of d is made with probability exp(-d / temperature) or 1.

    price: what an agent that is away costs beside that, for all of a node that is in use twice. lists: of who
    is where, as `members` makes them. log (2 * steps, 2): filled with agents that went, and from where.
    Returns how many entries it has, how many it had when the value was lowest below `best`, and that value
    (`best` where none was below it).
    """
    where, kind, home, amounts, free = s.where, s.kind, s.home, s.amounts, s.free
    eligible, alone, count, cost, bent, bends = s.eligible, s.alone, s.on_node, s.cost, s.bent, s.bends
    fare, waste, moved, with_moves, top = s.fare, s.waste, s.moved, s.with_moves, s.top
    places, near, least, spread, in_place = s.places, s.near, s.least, s.spread, s.in_place
    in_near, related_at, related, most_weight = s.in_near, s.related_at, s.related, s.most_weight
    value, nobody, logged, kept = s.value, len(where) - 1, 0, 0
    if not len(s.movers):
        return logged, kept, best
    for _ in range(steps):
        a, n, chance = begun(rng, s)
        m = where[a]
        if n == m:
            continue
        b, end = drawn(rng, chance, s, lists, m, n)
        k, other = kind[a], kind[b]
        if end == n or not eligible[b, end]:
            continue
        if clash(alone, count, k, other, m, n, end):
            continue
        # Who comes to m, and who leaves the node that somebody comes to at the end.
        back, gone = (b, a) if end == m else (nobody, nobody)
        if not (fits(amounts, home, free, a, n, b) and fits(amounts, home, free, b, end, gone)):
            continue
        leaving, leaving_too = leaves(home, a, m, n), leaves(home, b, n, end)
        allowed = -temperature * math.log(1.0 - rng.random())
        allowed -= price * (waste[a] * leaving + waste[b] * leaving_too)
        there, here = cost_with(bent, bends, n, a, b), cost_with(bent, bends, m, back, a)
        change = there + here - cost[n] - cost[m]
        change += fare[a, n] - fare[a, m] + fare[b, end] - fare[b, n]
        beyond = here
        if end != m:
            beyond = cost_with(bent, bends, end, b, nobody)
            change += beyond - cost[end]
        if change - 2.0 * most_weight > allowed:
            continue
        before = top[0]
        count_moves(moved, with_moves, top, k, leaving)
        count_moves(moved, with_moves, top, other, leaving_too)
        change += most_weight * (top[0] - before)
        # What workloads ask of each other is looked at last: few tries come so far.
        if change > allowed or not counted(
            count, places, spread, in_place, near, in_near, least, related_at, related, k, other, m, n, end
        ):
            count_moves(moved, with_moves, top, other, -leaving_too)
            count_moves(moved, with_moves, top, k, -leaving)
            continue
        logged = carry(s, lists, log, logged, a, n)
        if b != nobody:
            logged = carry(s, lists, log, logged, b, end)
        cost[n], cost[m], cost[end] = there, here, beyond
        value[0] += change
        if value[0] < best:
            best, kept = value[0], logged
    return logged, kept, best


@inlined
def begun(rng: np.random.Generator, s: State) -> tuple[int, int, float]:
    """Somebody who may go, a node within its reach, and a number up to 1.

    All of one number by chance, which has digits enough: drawing them takes a third of the time.
    """
    drawn = rng.random() * len(s.movers)
    i = int(drawn)
    a = int(s.movers[i])
    first = s.targets_at[a]
    drawn = (drawn - i) * (s.targets_at[a + 1] - first)
    i = int(drawn)
    return a, int(s.targets[first + i]), drawn - i


@inlined
def target(s: State, a: int, chance: float) -> int:
    """A node within reach of an agent, by a number up to 1."""
    first = s.targets_at[a]
    return int(s.targets[first + int(chance * (s.targets_at[a + 1] - first))])


@inlined
def drawn(rng: np.random.Generator, chance: float, s: State, lists: Lists, m: int, n: int) -> tuple[int, int]:
    """Who is to make room on node n for an agent from node m, or nobody; and where it goes then.

    chance: a number up to 1, which says what kind of exchange it is.
    """
    on, _, number = lists
    kind = chance - MOVES
    if kind < 0.0 or number[n] == 0:
        return len(s.where) - 1, m
    found = rng.random() * number[n]
    b = int(on[n, int(found)])
    kind -= SWAPS
    if kind < 0.0:
        return b, m
    if kind < RETURNS:
        for _ in range(LOOKS):
            if s.home[b] != n:
                return b, int(s.home[b])
            found = rng.random() * number[n]
            b = int(on[n, int(found)])
    return b, target(s, b, found - int(found))


@inlined
def fits(amounts: FloatArray, home: IndexArray, free: FloatArray, a: int, n: int, b: int) -> bool:
    """Whether there is room on node n for a without b."""
    i, j = int(home[a] == n), int(home[b] == n)
    for r in range(free.shape[1]):  # noqa: SIM110
        if amounts[i, a, r] - amounts[j, b, r] > free[n, r]:
            return False
    return True


@inlined
def cost_with(bent: FloatArray, bends: FloatArray, n: int, a: int, b: int) -> float:
    """What node n costs with a and without b."""
    found = 0.0
    for h in range(bent.shape[1]):
        found += max(0.0, bent[n, h] + bends[a, h] - bends[b, h])
    return found


@inlined
def leaves(home: IndexArray, a: int, m: int, n: int) -> int:
    """1 where an agent leaves its home from node m to n, -1 where it comes back."""
    return int(n != home[a]) - int(m != home[a])


@inlined
def carry(s: State, lists: Lists, log: IntArray, logged: int, a: int, n: int) -> int:
    """An agent goes to node n with all that it asks for, and the log says where it was. Its length then."""
    on, slot, number = lists
    amounts, free, bent, bends, m = s.amounts, s.free, s.bent, s.bends, s.where[a]
    i, j = int(s.home[a] == m), int(s.home[a] == n)
    for r in range(free.shape[1]):
        free[m, r] += amounts[i, a, r]
        free[n, r] -= amounts[j, a, r]
    for h in range(bent.shape[1]):
        bent[m, h] -= bends[a, h]
        bent[n, h] += bends[a, h]
    log[logged, 0], log[logged, 1] = a, m
    s.where[a] = n
    moved_on(on, slot, number, a, m, n)
    return logged + 1
