"""One exchange after the other, drawn by chance: refused, or made by chance where it costs something.

The loops are plain, so that they can be translated; see solver/reassign/jit.py. Arrays are handed on one by
one: taking them out of a tuple again and again is what would take the time. They are those of `State`.
"""

from __future__ import annotations

import math

import numpy as np

from placewright.solver.compilation import BoolArray, FloatArray, IntArray
from placewright.solver.reassign.jit import compiled
from placewright.solver.reassign.state import State

EXCHANGES = 0.5
"""How often two agents change places, and not one agent its own."""


@compiled
def walk(
    s: State,
    steps: int,
    temperature: float,
    price: float,
    rng: np.random.Generator,
    log: IntArray,
    best: float,
) -> tuple[int, int, float]:
    """Try so many exchanges. A change of d is made with probability exp(-d / temperature) or 1.

    price: what an agent that is away costs beside that, for all of a node that is in use twice. log
    (2 * steps, 2): filled with agents that went, and from where. Returns how many entries it has, how many it
    had when the value was lowest below `best`, and that value (`best` where none was below it).
    """
    where, kind, home, amounts, free = s.where, s.kind, s.home, s.amounts, s.free
    eligible, alone, count, cost, bent, bends = s.eligible, s.alone, s.on_node, s.cost, s.bent, s.bends
    fare, waste, moved, with_moves, top = s.fare, s.waste, s.moved, s.with_moves, s.top
    places, near, least, spread, in_place = s.places, s.near, s.least, s.spread, s.in_place
    in_near, related_at, related, most_weight = s.in_near, s.related_at, s.related, s.most_weight
    value = s.value
    nobody, nodes = len(where) - 1, len(cost)
    logged, kept = 0, 0
    for _ in range(steps):
        a, b = int(rng.random() * nobody), nobody
        m = where[a]
        if rng.random() < EXCHANGES:
            b = int(rng.random() * nobody)
            n = where[b]
        else:
            n = int(rng.random() * nodes)
        k, other = kind[a], kind[b]
        if m == n or not eligible[a, n] or not eligible[b, m] or clash(alone, count, k, other, m, n):
            continue
        if not (fits(amounts, home, free, a, n, b) and fits(amounts, home, free, b, m, a)):
            continue
        away, away_too = leaves(home, a, m, n), leaves(home, b, n, m)
        allowed = -temperature * math.log(1.0 - rng.random())
        allowed -= price * (waste[a] * away + waste[b] * away_too)
        there, here = cost_with(bent, bends, n, a, b), cost_with(bent, bends, m, b, a)
        change = there + here - cost[n] - cost[m]
        change += fare[a, n] - fare[a, m] + fare[b, m] - fare[b, n]
        # What workloads ask of each other is looked at last: few tries come so far.
        if change - 2.0 * most_weight > allowed or not (
            spread_holds(spread, in_place, least, k, other, places[m], places[n])
            and company_holds(in_near, related_at, related, k, other, near[m], near[n])
        ):
            continue
        before = top[0]
        count_moves(moved, with_moves, top, k, away)
        count_moves(moved, with_moves, top, other, away_too)
        change += most_weight * (top[0] - before)
        if change > allowed:
            count_moves(moved, with_moves, top, other, -away_too)
            count_moves(moved, with_moves, top, k, -away)
            continue
        carry(amounts, home, free, bent, bends, a, m, n)
        count_in(count, places, spread, in_place, near, in_near, k, m, n)
        logged = note(log, logged, where, a, n)
        if b != nobody:
            carry(amounts, home, free, bent, bends, b, n, m)
            count_in(count, places, spread, in_place, near, in_near, other, n, m)
            logged = note(log, logged, where, b, m)
        cost[n], cost[m] = there, here
        value[0] += change
        if value[0] < best:
            best, kept = value[0], logged
    return logged, kept, best


@compiled
def clash(alone: BoolArray, count: IntArray, k: int, other: int, m: int, n: int) -> bool:
    """Whether one of a kind that keeps apart comes to another one: k from m to n, `other` back."""
    if k == other:
        return False
    return bool((alone[k] and count[n, k] > 0) or (alone[other] and count[m, other] > 0))


@compiled
def fits(amounts: FloatArray, home: IntArray, free: FloatArray, a: int, n: int, b: int) -> bool:
    """Whether there is room on node n for a without b."""
    i, j = int(home[a] == n), int(home[b] == n)
    for r in range(free.shape[1]):  # noqa: SIM110
        if amounts[i, a, r] - amounts[j, b, r] > free[n, r]:
            return False
    return True


@compiled
def cost_with(bent: FloatArray, bends: FloatArray, n: int, a: int, b: int) -> float:
    """What node n costs with a and without b."""
    found = 0.0
    for h in range(bent.shape[1]):
        over = bent[n, h] + bends[a, h] - bends[b, h]
        if over > 0.0:
            found += over
    return found


@compiled
def leaves(home: IntArray, a: int, m: int, n: int) -> int:
    """1 where an agent leaves its home from node m to n, -1 where it comes back."""
    return int(n != home[a]) - int(m != home[a])


@compiled
def spread_holds(
    spread: IntArray, in_place: IntArray, least: IntArray, k: int, other: int, p: int, q: int
) -> bool:
    """Whether kinds are in enough places when one of k goes from p to q, and one of `other` back."""
    if k == other or p == q:
        return True
    first = spread[k] - int(in_place[k, p] == 1) + int(in_place[k, q] == 0)
    second = spread[other] - int(in_place[other, q] == 1) + int(in_place[other, p] == 0)
    return bool(first >= least[k] and second >= least[other])


@compiled
def company_holds(
    in_near: IntArray, related_at: IntArray, related: IntArray, k: int, other: int, here: int, there: int
) -> bool:
    """Whether kinds have their company when one of k changes domains, and one of `other` comes back."""
    if k == other or here == there:
        return True
    pass_on(in_near, k, other, here, there)
    held = (
        company(in_near, related_at, related, k, here)
        and company(in_near, related_at, related, k, there)
        and company(in_near, related_at, related, other, here)
        and company(in_near, related_at, related, other, there)
    )
    pass_on(in_near, k, other, there, here)
    return held


@compiled
def pass_on(in_near: IntArray, k: int, other: int, here: int, there: int) -> None:
    """One of k is counted there instead of here, and one of the other kind here."""
    in_near[here, k] -= 1
    in_near[there, k] += 1
    in_near[there, other] -= 1
    in_near[here, other] += 1


@compiled
def company(in_near: IntArray, related_at: IntArray, related: IntArray, k: int, domain: int) -> bool:
    """Whether in a domain kind k has all company that it wants, or is company to nobody who misses it."""
    there = in_near[domain, k] > 0
    row = 2 * k + int(not there)
    for i in range(related_at[row], related_at[row + 1]):
        if (in_near[domain, related[i]] > 0) != there:
            return False
    return True


@compiled
def count_moves(moved: IntArray, with_moves: IntArray, top: IntArray, k: int, change: int) -> None:
    """One more agent of a kind is away, or one less, or (0) none."""
    if change == 0:
        return
    before = moved[k]
    with_moves[before] -= 1
    with_moves[before + change] += 1
    moved[k] = before + change
    if change > 0:
        top[0] = max(top[0], before + 1)
    elif before == top[0] and with_moves[before] == 0:
        top[0] = before - 1


@compiled
def carry(
    amounts: FloatArray,
    home: IntArray,
    free: FloatArray,
    bent: FloatArray,
    bends: FloatArray,
    a: int,
    m: int,
    n: int,
) -> None:
    """What a takes along from node m to n."""
    i, j = int(home[a] == m), int(home[a] == n)
    for r in range(free.shape[1]):
        free[m, r] += amounts[i, a, r]
        free[n, r] -= amounts[j, a, r]
    for h in range(bent.shape[1]):
        bent[m, h] -= bends[a, h]
        bent[n, h] += bends[a, h]


@compiled
def count_in(
    count: IntArray,
    places: IntArray,
    spread: IntArray,
    in_place: IntArray,
    near: IntArray,
    in_near: IntArray,
    k: int,
    m: int,
    n: int,
) -> None:
    """One of kind k is counted on node n instead of m."""
    count[m, k] -= 1
    count[n, k] += 1
    p, q = places[m], places[n]
    in_place[k, p] -= 1
    spread[k] -= int(in_place[k, p] == 0)
    spread[k] += int(in_place[k, q] == 0)
    in_place[k, q] += 1
    in_near[near[m], k] -= 1
    in_near[near[n], k] += 1


@compiled
def note(log: IntArray, logged: int, where: IntArray, a: int, n: int) -> int:
    """Put an agent on node n, and write down where it was. How many entries there are now."""
    log[logged, 0], log[logged, 1] = a, where[a]
    where[a] = n
    return logged + 1
