"""Loops over what workloads ask of each other and who is where, for walks; see solver/reassign/jit.py."""

from __future__ import annotations

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.reassign.jit import compiled, inlined
from placewright.solver.reassign.state import IndexArray

Lists = tuple[IndexArray, IndexArray, IndexArray]
"""As `members` makes them."""


@inlined
def clash(alone: BoolArray, count: IndexArray, k: int, other: int, m: int, n: int, end: int) -> bool:
    """Whether one of a kind that keeps apart comes to another one: k from m to n, `other` from n to end."""
    if alone[k] and count[n, k] > int(k == other):
        return True
    return bool(alone[other] and count[end, other] > int(k == other and end == m))


@inlined
def counted(
    count: IndexArray,
    places: IndexArray,
    spread: IntArray,
    in_place: IndexArray,
    near: IndexArray,
    in_near: IndexArray,
    least: IntArray,
    related_at: IntArray,
    related: IndexArray,
    k: int,
    other: int,
    m: int,
    n: int,
    end: int,
) -> bool:
    """Count one of k on n and not m, one of `other` on end and not n.

    `other` may be the last kind, nobody's, of which none is counted. False, and nothing is
    counted, where kinds then lack what is asked.
    """
    two = other != len(spread) - 1
    count_in(count, places, spread, in_place, near, in_near, k, m, n)
    if two:
        count_in(count, places, spread, in_place, near, in_near, other, n, end)
    if asked_holds(spread, least, in_near, related_at, related, k, near[m], near[n]) and asked_holds(
        spread, least, in_near, related_at, related, other, near[n], near[end]
    ):
        return True
    if two:
        count_in(count, places, spread, in_place, near, in_near, other, end, n)
    count_in(count, places, spread, in_place, near, in_near, k, n, m)
    return False


@inlined
def asked_holds(
    spread: IntArray,
    least: IntArray,
    in_near: IndexArray,
    related_at: IntArray,
    related: IndexArray,
    k: int,
    here: int,
    there: int,
) -> bool:
    """Whether a kind, one of which went from one domain to another, has and is what is asked."""
    return bool(
        spread[k] >= least[k]
        and company(in_near, related_at, related, k, here)
        and company(in_near, related_at, related, k, there)
    )


@inlined
def company(in_near: IndexArray, related_at: IntArray, related: IndexArray, k: int, domain: int) -> bool:
    """Whether in a domain kind k has all company that it wants, or is company to nobody who misses it."""
    there = in_near[domain, k] > 0
    row = 2 * k + int(not there)
    for i in range(related_at[row], related_at[row + 1]):
        if (in_near[domain, related[i]] > 0) != there:
            return False
    return True


@inlined
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
def members(where: IntArray, nodes: int) -> Lists:
    """The agents on each node, in lists with room for all; where on its list each is; how long lists are."""
    agents = len(where) - 1
    on = np.empty((nodes, agents), dtype=np.int32)
    slot = np.empty(agents, dtype=np.int32)
    number = np.zeros(nodes, dtype=np.int32)
    for a in range(agents):
        n = where[a]
        on[n, number[n]], slot[a] = a, number[n]
        number[n] += 1
    return on, slot, number


@inlined
def moved_on(on: IndexArray, slot: IndexArray, number: IndexArray, a: int, m: int, n: int) -> None:
    """Put an agent on the list of node n instead of m."""
    number[m] -= 1
    last = on[m, number[m]]
    on[m, slot[a]], slot[last] = last, slot[a]
    on[n, number[n]], slot[a] = a, number[n]
    number[n] += 1


@inlined
def count_in(
    count: IndexArray,
    places: IndexArray,
    spread: IntArray,
    in_place: IndexArray,
    near: IndexArray,
    in_near: IndexArray,
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
