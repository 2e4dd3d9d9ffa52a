"""Scores about pairs of agents: who shares a topology domain with whom that is wanted or unwanted there.

Such a score is a sum over *wishes*. Some agents, its owners, wish to be in the same domain of a topology key
as the agents that a matcher means, or not to be. In a finished placement, with w = points / parts in our
unit, for each distinct wish:

    M      = how many others it can mean at all: agents of the snapshot that run or are pending and that
             `matcher` means, less one where the owner is itself among them (owners that are and owners that
             are not make two wishes)
    others = of those, how many are in the owner's domain; none where its node has no such domain
    together:  cost = ceil(w / M * (sum over owners on nodes of M - others))
    apart:     cost = ceil(w / M * (sum over owners on nodes of others))

So an owner pays the *share* of M that is not where it wishes it: all of w at the worst, whatever the size of
the cluster, and M depends on nothing that is decided. A wish that can mean nobody (M = 0) costs nothing. Each
ordered pair (owner, other) counts once: what kube-scheduler adds up as agents come one by one, where whoever
comes second sees the first.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.models.rules.topology import (
    KindIndex,
    Matcher,
    TopologyCounts,
    domain_of,
    matches,
)
from placewright.models.scores.base import Score, judges
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


@dataclass(frozen=True)
class Wish:
    """What an agent wants of the agents that `matcher` means, in its domain of `topology_key`.

    matcher: None: nobody, and every owner pays in full.
    points / parts: what an owner pays at the worst. together: company is wanted; else it is unwanted.
    where: the nodes on which an owner counts; within: those on which others count. None: all.
    """

    matcher: Matcher | None
    topology_key: str
    points: int
    parts: int = 1
    together: bool = False
    where: frozenset[str] | None = None
    within: frozenset[str] | None = None


@dataclass(frozen=True)
class Asked:
    """A wish as owners see it that are (`itself`) or are not among the agents it means.

    most: M above; 1 for a wish that means nobody.
    """

    wish: Wish
    itself: bool
    most: int

    def cost(self, units: int) -> int:
        """The cost of `units`: missing or unwanted others, over all owners."""
        return -(-self.wish.points * units // (self.wish.parts * self.most))


class PairScore(Score):
    """A score whose meaning is in what each agent wishes. Names an owner's wishes; the rest is here."""

    per_agent = True

    @abstractmethod
    def wishes(self, snapshot: Snapshot, profile: Profile, agent: Agent) -> Iterator[Wish]:
        """What one agent wishes under `profile`, which judges it. Reads no other agent."""

    def asked(self, snapshot: Snapshot, profile: Profile, agent: Agent) -> tuple[Asked, ...]:
        """The wishes of an agent that can cost something, each once; none where `profile` is not its own."""
        if not judges(snapshot, profile, agent):
            return ()
        # The snapshot keeps specs and profiles alive, so an id stays its own.
        own = (agent.namespace, agent.label_set, agent.spread_selector)
        key: Hashable = (self.name, id(profile), id(agent.spec), *own, agent.terminating, not agent.node_name)
        known = snapshot.memo.get(key)
        if known is None:
            known = snapshot.memo[key] = tuple(self._asked(snapshot, profile, agent))
        return cast(tuple[Asked, ...], known)

    def _asked(self, snapshot: Snapshot, profile: Profile, agent: Agent) -> Iterator[Asked]:
        for wish, times in Counter(self.wishes(snapshot, profile, agent)).items():
            itself = wish.matcher is not None and matches(snapshot, wish.matcher, agent)
            most = 1 if wish.matcher is None else _meant(snapshot, wish.matcher) - itself
            if most > 0 and wish.points > 0:
                yield Asked(replace(wish, points=times * wish.points), itself, most)

    def value(self, state: ClusterState, profile: Profile) -> int:
        by_wish: dict[Asked, Counter[str]] = {}
        for crowd in state.crowds():
            for asked in self.asked(state.snapshot, profile, crowd.sample):
                owners = by_wish.setdefault(asked, Counter())
                for name, agents in crowd.on.items():
                    owners[name] += len(agents)
        return sum(asked.cost(_units(state, asked, on_nodes)) for asked, on_nodes in by_wish.items())


def _units(state: ClusterState, asked: Asked, owners: Mapping[str, int]) -> int:
    """Others that are missing, or that are unwanted, added up over `owners` (node name -> how many)."""
    wish = asked.wish
    counts: Mapping[str, int] = {}
    if wish.matcher is not None:
        counts = state.index(TopologyCounts).counts(wish.matcher, wish.topology_key, wish.within)
    units = 0
    for name, number in owners.items():
        if wish.where is not None and name not in wish.where:
            continue
        domain = domain_of(state.snapshot.node_by_name[name], wish.topology_key)
        others = 0
        if domain is not None:
            counted = asked.itself and (wish.within is None or name in wish.within)
            others = counts.get(domain, 0) - counted
        units += number * (asked.most - others if wish.together else others)
    return units


def _meant(snapshot: Snapshot, matcher: Matcher) -> int:
    """How many agents that run or are pending `matcher` means."""
    key: Hashable = (__name__, matcher)
    known = snapshot.memo.get(key)
    if known is None:
        known = snapshot.memo[key] = sum(_numbers(snapshot).meant(matcher))
    return cast(int, known)


def _numbers(snapshot: Snapshot) -> KindIndex[int]:
    """How many agents of each kind run or are pending."""
    known = snapshot.memo.get(__name__)
    if known is None:
        index: KindIndex[int] = KindIndex(snapshot)
        for crowd in snapshot.resident_crowds:
            index.add(crowd.sample, sum(map(len, crowd.on.values())))
        for agents in snapshot.pending_alike:
            index.add(agents[0], len(agents))
        known = snapshot.memo[__name__] = index
    return cast(KindIndex[int], known)
