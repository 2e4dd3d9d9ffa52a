"""Exhaustive search over placements: what the best verified one is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from operator import add

from placewright.models.agent import Agent
from placewright.models.disruption import excess
from placewright.models.levels import QOS_NAME, level_values, placed_name
from placewright.models.node import Node
from placewright.models.profile import DISRUPTION, PLACED, Stage
from placewright.models.rules import RULES
from placewright.models.rules.victims import evictable, returns
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import Outcome

Choice = tuple[tuple[Agent, Node], ...]
Rank = tuple[int, ...]


@dataclass(frozen=True)
class Whole:
    """Who is evicted, and who goes where, agents made anew among them."""

    evicted: tuple[Agent, ...]
    steps: Choice


@dataclass(frozen=True)
class _Slot:
    """One number that placements are compared by, the first one first; by one of these priorities.

    placed: how many of it are placed. evicted: how many of it are evicted. excess_from: what those of it, and
    of higher ones, that are evicted spend beyond their budgets.
    """

    placed: int | None = None
    evicted: int | None = None
    excess_from: int | None = None


def best_values(snapshot: Snapshot, *, preempt: bool = False) -> dict[str, int]:
    """Level name -> value of the best placement, whatever the stages of the cluster's profile are.

    With `preempt` running agents may be evicted, and placed anew.
    """
    stages = snapshot.options.profile.stages
    slots = list(_slots(snapshot, preempt))
    valid = _Valid(snapshot)
    # Where placing comes first, only the placements that are best in that need to be looked at.
    for wholes in _ranked(snapshot, slots if stages[0].name == PLACED else [], preempt):
        found = [(whole, values) for whole in wholes if (values := valid.values(whole)) is not None]
        if found:
            _, best = min(found, key=lambda f: _rank(snapshot, f[0], f[1], stages, slots))
            return best if preempt else _without_evictions(snapshot, best)
    raise AssertionError("the empty placement is always valid")


def most_placed(snapshot: Snapshot) -> Counter[int]:
    """Priority -> how many are placed where the most are, of the highest priority first; nobody is evicted."""
    valid = _Valid(snapshot)
    for wholes in _ranked(snapshot, list(_slots(snapshot, preempt=False)), preempt=False):
        for whole in wholes:
            if valid.state(whole) is not None:
                return Counter(agent.spec.priority for agent, _ in whole.steps)
    raise AssertionError("the empty placement is always valid")


def _ranked(snapshot: Snapshot, slots: Sequence[_Slot], preempt: bool) -> Iterator[Iterator[Whole]]:
    """All placements, whatever the rules say; those that are worth the same by `slots` at once, the best first."""
    choices: dict[Rank, list[Choice]] = {}
    for steps in _choices(snapshot):
        choices.setdefault(_worth(slots, steps), []).append(steps)
    by_rank: dict[Rank, list[tuple[tuple[Agent, ...], Choice, list[Choice]]]] = {}
    for evicted, back in _evictions(snapshot) if preempt else [((), ())]:
        own = _worth(slots, back, _spent(snapshot, slots, evicted))
        for worth, alike in choices.items():
            rank = tuple(map(add, own, worth))
            by_rank.setdefault(rank, []).append((evicted, back, alike))
    for rank in sorted(by_rank):
        yield (Whole(e, (*steps, *back)) for e, back, alike in by_rank[rank] for steps in alike)


def can_be_placed(snapshot: Snapshot, least: int | None = None) -> bool:
    """Whether all pending agents, or all of priority `least` and above, can be placed together.

    Those of lower priorities may be placed beside them, or not.
    """
    valid = _Valid(snapshot)
    return any(valid.state(Whole((), steps)) is not None for steps in _choices(snapshot, least))


def _without_evictions(snapshot: Snapshot, values: Mapping[str, int]) -> dict[str, int]:
    """The levels that there are where nobody is evicted."""
    pending = {placed_name(agent.spec.priority) for agent in snapshot.pending}
    stages = {stage.name for stage in snapshot.options.profile.stages}
    return {name: value for name, value in values.items() if name in pending or name in stages}


def _rank(
    snapshot: Snapshot,
    whole: Whole,
    values: Mapping[str, int],
    stages: Sequence[Stage],
    slots: Sequence[_Slot],
) -> Rank:
    """Smaller is better, in the order of the stages."""
    rank: list[int] = []
    for stage in stages:
        if stage.name == PLACED:
            rank.extend(_worth(slots, whole.steps, _spent(snapshot, slots, whole.evicted)))
        elif stage.name == DISRUPTION:
            rank.append(values.get(QOS_NAME, 0))
        elif stage.name in values:
            rank.append(values[stage.name])
    return tuple(rank)


def _slots(snapshot: Snapshot, preempt: bool) -> Iterator[_Slot]:
    """What placing is judged by: the placed by priority and, between the pending ones, what is evicted."""
    pending = sorted({agent.spec.priority for agent in snapshot.pending}, reverse=True)
    leaving = {agent.spec.priority for agent in evictable(snapshot)} if preempt else set()
    for priority, following in zip(pending, (*pending, -(2**40))[1:], strict=True):
        yield _Slot(placed=priority)
        between = sorted((q for q in leaving if following <= q < priority), reverse=True)
        if between:
            yield _Slot(excess_from=between[-1])
        yield from (_Slot(evicted=q) for q in between)
        yield from (_Slot(placed=q) for q in between if q != following)


def _worth(slots: Sequence[_Slot], steps: Choice, spent: Rank | None = None) -> Rank:
    """For each slot less the placed agents of its priority, and what evictions come to: smaller is better."""
    placed = Counter(agent.spec.priority for agent, _ in steps)
    worth = (0 if slot.placed is None else -placed[slot.placed] for slot in slots)
    return tuple(worth) if spent is None else tuple(map(add, worth, spent))


def _spent(snapshot: Snapshot, slots: Sequence[_Slot], evicted: Sequence[Agent]) -> Rank:
    """For each slot the evicted agents of its priority, or what they are beyond the budgets."""
    spent = []
    for slot in slots:
        beyond = [a for a in evicted if slot.excess_from is not None and a.spec.priority >= slot.excess_from]
        spent.append(excess(snapshot, beyond) + sum(a.spec.priority == slot.evicted for a in evicted))
    return tuple(spent)


def _evictions(snapshot: Snapshot) -> Iterator[tuple[tuple[Agent, ...], Choice]]:
    """Every way to let running agents stay, go, or go elsewhere."""
    options: list[list[tuple[tuple[Agent, ...], Choice]]] = []
    for agent in evictable(snapshot):
        own: list[tuple[tuple[Agent, ...], Choice]] = [((), ()), ((agent,), ())]
        others = [n for n in snapshot.nodes if n.name != agent.node_name and _admitted(snapshot, agent, n)]
        own.extend(((agent,), ((agent, node),)) for node in others if returns(snapshot, agent))
        options.append(own)
    for parts in product(*options):
        yield (
            tuple(agent for evicted, _ in parts for agent in evicted),
            tuple(step for _, back in parts for step in back),
        )


def _choices(snapshot: Snapshot, least: int | None = 2**40) -> Iterator[Choice]:
    """Every way to hand nodes, or none, to the pending agents; identical agents are interchangeable.

    least: from which priority on there is no "or none"; None: for nobody.
    """
    kinds: dict[Hashable, list[Agent]] = {}
    for agent in snapshot.pending:
        own = (agent.namespace, agent.label_set, agent.admitted, keeps_in_use(agent))
        key = (*own, agent.spread_selector, agent.spec.signature)
        kinds.setdefault(key, []).append(agent)
    options = []
    for members in kinds.values():
        must = least is None or members[0].spec.priority >= least
        none: list[Node | None] = [] if must else [None]
        open_nodes = [*none, *(n for n in snapshot.nodes if _admitted(snapshot, members[0], n))]
        options.append(
            [
                tuple((a, n) for a, n in zip(members, nodes, strict=True) if n is not None)
                for nodes in combinations_with_replacement(open_nodes, len(members))
            ]
        )
    for parts in product(*options):
        yield tuple(step for part in parts for step in part)


def _admitted(snapshot: Snapshot, agent: Agent, node: Node) -> bool:
    return all(rule.admits(snapshot, agent, node) is None for rule in RULES)


class _Valid:
    """What placements are worth that no rule forbids."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._rules = list(RULES)

    def values(self, whole: Whole) -> dict[str, int] | None:
        """The level values of a placement, or None where a rule forbids it."""
        state = self.state(whole)
        return None if state is None else level_values(state)

    def state(self, whole: Whole) -> ClusterState | None:
        """What a placement leads to, or None where a rule forbids it."""
        devices = hand_out_devices(self._snapshot, whole.steps)
        if devices is None:
            return None
        state = Outcome(whole.evicted, whole.steps).state(self._snapshot, devices)
        for i, rule in enumerate(self._rules):
            if any(True for _ in rule.violations(state)):
                # What forbids one placement mostly forbids the next one, too.
                self._rules.insert(0, self._rules.pop(i))
                return None
        return state
