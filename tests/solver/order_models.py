"""Order models made by hand, and what every order of one comes to."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from placewright.solver.order_model import NOWHERE, Census, Gate, Lot

Done = tuple[int, ...]
"""How many of each lot have been placed."""


def census(*counts: int, counting: Sequence[int] | None = None) -> Census:
    """Domains with these counts; all of them are among those that the least is sought in, unless told."""
    return Census(
        list(counts), frozenset(range(len(counts)) if counting is None else counting), [0] * len(counts)
    )


def gate(
    of: Census,
    domain: int,
    *,
    itself: int = 1,
    adds: int | None = None,
    max_skew: int = 1,
    floor_is_zero: bool = False,
) -> Gate:
    """A gate that its census knows of. adds: None: where those who pass count themselves."""
    made = Gate(of, domain, itself, itself if adds is None else adds, max_skew, floor_is_zero)
    of.gates.setdefault(domain, []).append(made)
    return made


def lot(
    number: int,
    raises: Sequence[tuple[Census, int]] = (),
    gates: Sequence[Gate] = (),
    company: Sequence[tuple[Census, int]] = (),
    *,
    seeds: bool = False,
) -> Lot:
    """So many alike agents; positions are numbered by `settled`."""
    return Lot([0] * number, tuple(raises), tuple(gates), tuple(company), seeds)


def settled(lots: Sequence[Lot]) -> list[Lot]:
    """The lots with positions in a row, and their censuses and gates with what is to come."""
    censuses: dict[int, Census] = {}
    position = 0
    for one in lots:
        one.steps = list(range(position, position + len(one.steps)))
        position += len(one.steps)
        for counted, domain in one.raises:
            counted.final[domain] += len(one.steps)
        for passed in one.gates:
            passed.left += len(one.steps)
        for counted in (
            *(c for c, _ in one.raises),
            *(g.census for g in one.gates),
            *(c for c, _ in one.company),
        ):
            censuses[id(counted)] = counted
    for counted in censuses.values():
        counted.settle()
    return list(lots)


def random_lots(rng: Random) -> list[Lot]:
    """Up to four lots and seven steps over one or two censuses of two or three domains."""
    censuses = [
        census(*(rng.randint(0, 2) for _ in range(rng.choice((2, 3))))) for _ in range(rng.choice((1, 2)))
    ]
    for one in censuses:
        one.counting = frozenset(d for d in range(len(one.counts)) if rng.random() < 0.9)
    lots = []
    for _ in range(rng.randint(2, 4)):
        raises = [(c, rng.randrange(len(c.counts))) for c in censuses if rng.random() < 0.7]
        gates = [_random_gate(rng, c, raises) for c in censuses if rng.random() < 0.5]
        company = [(c, rng.choice((*range(len(c.counts)), NOWHERE))) for c in censuses if rng.random() < 0.15]
        lots.append(lot(rng.choice((1, 1, 2, 3)), raises, gates, company, seeds=rng.random() < 0.5))
    while sum(len(one.steps) for one in lots) > 7:
        lots.pop()
    return settled(lots)


def _random_gate(rng: Random, of: Census, raises: Sequence[tuple[Census, int]]) -> Gate:
    """In the domain that the lot raises, where it raises one; a lot counts itself there, or does not.

    One that raises none may count itself all the same: its node does not count.
    """
    own = [d for c, d in raises if c is of]
    domain = own[0] if own else rng.randrange(len(of.counts))
    itself = rng.randint(0, 1)
    asked = (itself, itself if own else 0, rng.choice((1, 1, 2)), rng.random() < 0.2)
    for there in of.gates.get(domain, ()):
        if (there.itself, there.adds, there.max_skew, there.floor_is_zero) == asked:
            return there
    return gate(of, domain, itself=asked[0], adds=asked[1], max_skew=asked[2], floor_is_zero=asked[3])


def accepts(lots: Sequence[Lot], done: Done, chosen: int) -> bool:
    """Whether the next of a lot is let in after so many of each: by counts worked out anew."""
    counts: dict[int, list[int]] = {}

    def counted(of: Census) -> list[int]:
        if id(of) not in counts:
            found = list(of.counts)
            for one, number in zip(lots, done, strict=True):
                for other, domain in one.raises:
                    # What the lots have placed so far is in the census already.
                    if other is of:
                        found[domain] += number - one.done
            counts[id(of)] = found
        return counts[id(of)]

    asking = lots[chosen]
    for passed in asking.gates:
        there = counted(passed.census)
        least = min((there[d] for d in passed.census.counting), default=0)
        if there[passed.domain] + passed.itself - (0 if passed.floor_is_zero else least) > passed.max_skew:
            return False
    if all(d != NOWHERE and counted(c)[d] for c, d in asking.company):
        return True
    nobody = not any(any(counted(c)) for c, _ in asking.company)
    # Somebody who is on a node without a key is never let in.
    return asking.seeds and nobody and all(d != NOWHERE for _, d in asking.company)


def some_order_exists(lots: Sequence[Lot]) -> bool:
    """Whether all can be placed in some order: every order is tried."""
    total = tuple(len(one.steps) for one in lots)
    ahead, seen = [tuple(0 for _ in lots)], set[Done]()
    while ahead:
        done = ahead.pop()
        if done == total:
            return True
        if done in seen:
            continue
        seen.add(done)
        for i, number in enumerate(done):
            if number < total[i] and accepts(lots, done, i):
                ahead.append((*done[:i], number + 1, *done[i + 1 :]))
    return False


def is_accepted(lots: Sequence[Lot], order: Sequence[Lot]) -> bool:
    """Whether each step of an order is let in at its turn."""
    done = [0] * len(lots)
    place = {id(one): i for i, one in enumerate(lots)}
    for one in order:
        if not accepts(lots, tuple(done), place[id(one)]):
            return False
        done[place[id(one)]] += 1
    return True
