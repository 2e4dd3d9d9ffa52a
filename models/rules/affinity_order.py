"""Is there an order in which every required affinity finds its company? (§5.4)

Company only ever grows as agents are placed, with one exception: an agent may be the *first in a series*
when nothing that matches its terms is there yet and it matches them itself. Such a seed needs nothing, so
all seeds can go first, one after the other, and everything else follows wherever it is supported. What
is left to find is the set of seeds: an earlier seed must not be company for a later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import Matcher, MatcherIndex, TopologyCounts
from placewright.models.state import ClusterState

MOST_TRIES = 5_000
"""Sets of seeds that are tried. Beyond, the placement is refused: never a false acceptance."""

Step = tuple[Agent, Node]
Support = dict[tuple[Matcher, str], set[str]]
"""(whom, topology key) -> values of the key where such an agent is."""


@dataclass(frozen=True)
class Founded:
    """`seeds`, in order, from which everything placed follows; `unfounded` is what no seeds found reach."""

    seeds: tuple[Step, ...] = ()
    unfounded: tuple[Step, ...] = ()


@dataclass(frozen=True)
class _Item:
    """Alike agents on one node. `matcher` None: needs no company. `company_for`: whom it supports."""

    steps: tuple[Step, ...]
    matcher: Matcher | None
    company_for: tuple[Matcher, ...]

    @property
    def node(self) -> Node:
        return self.steps[0][1]

    @property
    def keys(self) -> tuple[str, ...]:
        return () if self.matcher is None else tuple(t.topology_key for t in self.matcher.terms)

    @property
    def seedable(self) -> bool:
        return self.matcher is not None and self.matcher in self.company_for


@dataclass
class _Search:
    items: list[_Item]
    start: Support
    tries: int = 0
    best: tuple[list[_Item], list[_Item]] = field(default_factory=lambda: ([], []))


def found(state: ClusterState) -> Founded:
    """Seeds for the placed agents of a state, and the placed agents that stay without company."""
    if not any(own_affinity(state.snapshot, crowd.sample) for crowd in state.placed_crowds()):
        return Founded()
    items = _items(state)
    matchers = dict.fromkeys(item.matcher for item in items if item.matcher is not None)
    start: Support = {}
    present = _before(state, matchers)
    for matcher in matchers:
        for key in {term.topology_key for term in matcher.terms}:
            start[matcher, key] = present[matcher, key]
    search = _Search(items, start)
    search.best = ([], _closure(items, start, []))
    if search.best[1]:
        _try_seeds(search, [], search.best[1], set())
    seeds, left = search.best
    return Founded(
        tuple(seed.steps[0] for seed in seeds), tuple(step for item in left for step in item.steps)
    )


def _before(state: ClusterState, matchers: Iterable[Matcher]) -> Mapping[tuple[Matcher, str], set[str]]:
    """Where company was before anything was placed."""
    counts = state.before().index(TopologyCounts)
    return {
        (matcher, term.topology_key): {
            value for value, count in counts.counts(matcher, term.topology_key).items() if count > 0
        }
        for matcher in matchers
        for term in matcher.terms
    }


def _items(state: ClusterState) -> list[_Item]:
    """The placed agents that need company or are company, alike ones on a node together."""
    snapshot = state.snapshot
    matchers = [
        own_matcher(snapshot, crowd.sample) if own_affinity(snapshot, crowd.sample) else None
        for crowd in state.placed_crowds()
    ]
    wanted = MatcherIndex[Matcher](snapshot)
    for needed in dict.fromkeys(m for m in matchers if m is not None):
        wanted.add(needed, needed)
    items: list[_Item] = []
    for crowd, matcher in zip(state.placed_crowds(), matchers, strict=True):
        company = tuple(wanted.meaning(crowd.sample))
        if matcher is not None or company:
            alike = (tuple(crowd.steps(snapshot.node_by_name[name])) for name in crowd.on)
            items.extend(_Item(steps, matcher, company) for steps in alike)
    return items


def _closure(items: list[_Item], start: Support, seeds: list[_Item]) -> list[_Item]:
    """Place the seeds, then whatever is supported, until nothing more is; returns what is left."""
    support = {key: set(values) for key, values in start.items()}
    for seed in seeds:
        _add_company(support, seed)
    waiting = [item for item in items if item not in seeds]
    while True:
        left = []
        for item in waiting:
            if item.matcher is None or _is_supported(support, item):
                _add_company(support, item)
            else:
                left.append(item)
        if len(left) == len(waiting):
            return left
        waiting = left


def _is_supported(support: Support, item: _Item) -> bool:
    matcher = item.matcher
    if matcher is None:
        return True
    return all(item.node.labels.get(key) in support[matcher, key] for key in item.keys)


def _add_company(support: Support, item: _Item) -> None:
    for matcher in item.company_for:
        for term in matcher.terms:
            value = item.node.labels.get(term.topology_key)
            if value is not None:
                support[matcher, term.topology_key].add(value)


def _try_seeds(search: _Search, seeds: list[_Item], left: list[_Item], seen: set[frozenset[int]]) -> bool:
    """Add seeds from what is left until nothing is; remembers the attempt that leaves the least."""
    if not left:
        return True
    for item in left:
        chosen = frozenset(id(seed) for seed in (*seeds, item))
        if chosen in seen or search.tries >= MOST_TRIES or not _may_seed(search, item):
            continue
        seen.add(chosen)
        search.tries += 1
        ordered = _ordered([*seeds, item])
        if ordered is None:
            continue
        rest = _closure(search.items, search.start, ordered)
        if len(rest) < len(search.best[1]):
            search.best = (ordered, rest)
        if _try_seeds(search, ordered, rest, seen):
            return True
    return False


def _may_seed(search: _Search, item: _Item) -> bool:
    """Matches its own terms, is on a node with all keys, and nobody else was there from the start."""
    matcher = item.matcher
    if matcher is None or not item.seedable or any(key not in item.node.labels for key in item.keys):
        return False
    return not any(search.start[matcher, key] for key in item.keys)


def _ordered(seeds: list[_Item]) -> list[_Item] | None:
    """The seeds in an order in which none is company for a later one, or None."""
    order: list[_Item] = []
    waiting = list(seeds)
    while waiting:
        # Next comes one that is company for none of those that still wait.
        harmless = next((s for s in waiting if not any(_spoils(s, o) for o in waiting if o is not s)), None)
        if harmless is None:
            return None
        order.append(harmless)
        waiting.remove(harmless)
    return order


def _spoils(first: _Item, later: _Item) -> bool:
    """Whether `first`, already placed, keeps `later` from being first in its series."""
    return later.matcher in first.company_for and any(key in first.node.labels for key in later.keys)
