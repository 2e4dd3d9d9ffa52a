"""From where agents are to where they are to be: waves of moves that can go on at the same time.

Each wave takes as many of the moves that are left as hold together in every order. Where none can go, agents
wait for each other in a circle: one of them is parked on another node, or goes somewhere else for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from placewright.models.movable import Discipline, MovePolicy, budget_because, may_surge
from placewright.models.rebalance_options import Limits
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.moves.cluster import Cluster, Move
from placewright.solver.moves.descend import Allowance
from placewright.solver.moves.passage import Passage

PARKING = "parking"
MOST_ORDERED, MOST_TRIED = 12, 3000
"""Moves whose order is searched for exactly, and sets of moves made that are looked into for it."""
PARK_AGENTS, PARK_NODES = 24, 12
"""Agents that are stuck, and nodes for each, that are tried for parking."""

Elsewhere = Callable[[str, str], Sequence[str]]
"""Nodes for an agent (by key) other than a target that cannot be reached, the best ones first."""


@dataclass
class Route:
    """waves: moves that go on at once. stuck: agent key -> why it never got to its target; it is where the
    waves leave it. changed: agents that got another target on the way.
    """

    waves: list[list[Move]] = field(default_factory=list)
    stuck: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)

    @property
    def moves(self) -> int:
        return sum(map(len, self.waves))


class Router:
    """Finds the waves for one set of targets.

    target: agent key -> node name, for those that are to move; why: what each moves for; cost: of its move,
    however far; trip: the same from one node to another; detours: how much more may move than that.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        target: Mapping[str, str],
        why: Mapping[str, str],
        *,
        policy: MovePolicy,
        limits: Limits,
        elsewhere: Elsewhere,
        cost: Callable[[str], int],
        trip: Callable[[str, str, str], int],
        detours: Allowance,
        deadline: Deadline,
    ) -> None:
        self._snapshot = snapshot
        self._limits = limits
        self._policy = policy
        self._elsewhere = elsewhere
        self._cost = cost
        self._trip = trip
        self._detours = detours
        self._deadline = deadline
        self._why = why
        self._target = dict(target)
        self._discipline = {key: self._discipline_of(key) for key in target}
        self._begin()

    def _begin(self) -> None:
        """From the start: nobody has moved."""
        self._cluster = Cluster(self._snapshot)
        self._where = {key: self._snapshot.agent_by_key[key].node_name for key in self._target}
        self._refused: dict[str, str] = {}
        self.route = Route()

    def run(self) -> Route:
        """The waves, until everybody is there or nothing more can be done."""
        while self._left and self._fill(self._left):
            pass
        if self._left and len(self._target) <= MOST_ORDERED:
            # Who went first may have taken the room that another one needed to pass.
            self._begin()
            order = self._order(frozenset(), set())
            if order is not None:
                self._follow(order)
                return self.route
        while left := self._left:
            if self._fill(left):
                continue
            if self._deadline.passed or not (self._park(left) or self._redirect(left)):
                self.route.stuck.update({key: self._refused.get(key, "no time was left") for key in left})
                break
        return self.route

    @property
    def _left(self) -> list[str]:
        """Who is not at their target, in the order in which they are asked.

        Who is in the way of others goes before them, and the ones that cost most before the rest.
        """
        left = [key for key in self._target if self._where[key] != self._target[key]]
        wanted = {self._target[key] for key in left}
        return sorted(left, key=lambda key: (self._where[key] not in wanted, -self._cost(key), key))

    def _order(self, done: frozenset[str], hopeless: set[frozenset[str]]) -> list[str] | None:
        """An order in which those that are left can go one by one; None where there is none."""
        left = self._left
        if not left:
            return []
        for key in left:
            if self._deadline.passed or len(hopeless) > MOST_TRIED:
                return None
            following = done | {key}
            passage = Passage(self._cluster, self._limits)
            home, before = self._where[key], self._cluster.now.get(key)
            if following in hopeless or passage.add(self._move(key, self._target[key], self._why[key])):
                continue
            passage.commit()
            self._where[key] = self._target[key]
            rest = self._order(following, hopeless)
            self._where[key] = home
            self._cluster.take_back(key, self._target[key], home, before)
            if rest is not None:
                return [key, *rest]
            hopeless.add(following)
        return None

    def _follow(self, order: Sequence[str]) -> None:
        """Waves in an order that works one by one: each as long as those that come next fit into it."""
        waiting = list(order)
        while waiting:
            passage = Passage(self._cluster, self._limits)
            while waiting:
                key = waiting[0]
                if passage.add(self._move(key, self._target[key], self._why[key])):
                    break
                waiting.pop(0)
            self._commit(passage)

    def _discipline_of(self, key: str) -> Discipline:
        agent = self._snapshot.agent_by_key[key]
        if self._policy.discipline is Discipline.SURGE and may_surge(self._snapshot, agent):
            return Discipline.SURGE
        return Discipline.EVICT_THEN_BIND

    def _move(self, key: str, target: str, why: str) -> Move:
        return Move(key, self._where[key], target, self._discipline[key], why)

    def _fill(self, keys: Iterable[str]) -> bool:
        """One wave with as many of the moves as hold together; False where there is none."""
        passage = Passage(self._cluster, self._limits)
        for key in keys:
            refusal = passage.add(self._move(key, self._target[key], self._why[key]))
            if refusal:
                self._refused[key] = refusal
        self._commit(passage)
        return bool(passage.moves)

    def _commit(self, passage: Passage) -> None:
        if passage.moves:
            passage.commit()
            self.route.waves.append(passage.moves)
            for move in passage.moves:
                self._where[move.key] = move.target

    def _park(self, stuck: Sequence[str]) -> bool:
        """Send one of the stuck away for the time being, if somebody else can go then."""
        wanted = {self._target[key] for key in stuck}
        tried = sorted(
            (key for key in stuck if not self._is_hopeless(key)),
            key=lambda key: (self._where[key] not in wanted, self._cost(key), key),
        )
        for key in tried[:PARK_AGENTS]:
            if not self._detours.holds(1, 0):
                continue
            for name in self._elsewhere(key, self._target[key])[:PARK_NODES]:
                if self._deadline.passed:
                    return False
                if name in (self._where[key], self._target[key]):
                    continue
                more = self._trip(key, name, self._target[key]) + self._longer(key, name)
                if self._detours.holds(1, more) and self._parks(key, name, stuck):
                    self._detours.take(1, more)
                    return True
        return False

    def _longer(self, key: str, name: str) -> int:
        """What it costs an agent more to go to a node than to its target."""
        here = self._where[key]
        return self._trip(key, here, name) - self._trip(key, here, self._target[key])

    def _parks(self, key: str, name: str, stuck: Sequence[str]) -> bool:
        """Park an agent on a node; False, and nothing done, if that is not possible or frees nobody."""
        home = self._where[key]
        away = Passage(self._cluster, self._limits)
        if away.add(self._move(key, name, PARKING)):
            return False
        before = self._cluster.now.get(key)
        self._commit(away)
        then = Passage(self._cluster, self._limits)
        others = (other for other in stuck if other != key)
        if any(not then.add(self._move(other, self._target[other], self._why[other])) for other in others):
            then.cancel()
            return True
        then.cancel()
        self.route.waves.pop()
        self._where[key] = home
        self._cluster.take_back(key, name, home, before)
        return False

    def _redirect(self, stuck: Sequence[str]) -> bool:
        """Give one of the stuck another target that it can go to now."""
        for key in sorted(stuck, key=lambda key: (self._cost(key), key)):
            if self._is_hopeless(key):
                continue
            for name in self._elsewhere(key, self._target[key])[:PARK_NODES]:
                more = self._longer(key, name)
                if name in (self._where[key], self._target[key]) or not self._detours.holds(0, more):
                    continue
                passage = Passage(self._cluster, self._limits)
                if not passage.add(self._move(key, name, self._why[key])):
                    self._commit(passage)
                    self._detours.take(0, more)
                    self._target[key] = name
                    self.route.changed[key] = name
                    return True
        return False

    def _is_hopeless(self, key: str) -> bool:
        """Whether an agent can go nowhere, as its gang or its budgets will not have it."""
        agent = self._snapshot.agent_by_key[key]
        surge = self._discipline[key] is Discipline.SURGE
        return self._refused.get(key, "").startswith("gang") or bool(
            budget_because(self._snapshot, agent, surge=surge)
        )
