"""An order in which kube-scheduler's own filters would accept a placement, one agent at a time (§6.6).

A model of what depends on the order proposes one; the rules themselves, step by step, say whether it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.filters import openings
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.order_compile import compile_order
from placewright.solver.order_greedy import Greedy
from placewright.solver.order_model import Lot, OrderModel
from placewright.solver.order_search import Effort, search_order, tangles
from placewright.solver.outcome import Step

EFFORT = 200_000
"""Looks at steps, in all, that backtracking may take: about a second."""
MOST_TRIES = 5
"""Orders that are tried where a rule that the model does not know (volumes) refuses: the stuck go first."""


@dataclass(frozen=True)
class Replayed:
    """`order` as far as it was accepted, and `stuck`, the steps that no order tried could take.

    `proven`: there is no other order that takes them, either.
    """

    order: tuple[Step, ...]
    stuck: tuple[Step, ...]
    proven: bool = False


def find_order(
    snapshot: Snapshot,
    steps: Sequence[Step],
    devices: Mapping[str, tuple[int, ...]],
    *,
    evicted: Sequence[Agent] = (),
    rules: Sequence[Rule] = RULES,
    effort: int = EFFORT,
) -> Replayed:
    """The steps in an accepted order, as far as there is one. `evicted` are gone before the first step.

    The important go first where that is possible, and steps of one template to its nodes in turn.
    """
    best = Replayed((), tuple(steps))
    left = Effort(effort)
    urgent: dict[str, None] = {}
    asked = openings(snapshot, (agent for agent, _ in steps), rules)
    for _ in range(MOST_TRIES):
        state = _after(snapshot, evicted)
        proposed = _proposed(state, _by_turns(steps, urgent), left)
        replayed = _replay(state, proposed, devices, asked)
        if len(replayed.stuck) <= len(best.stuck):
            best = replace(replayed, proven=bool(proposed.hopeless) and left.left > 0)
        new = [agent.key for agent, _ in replayed.stuck if agent.key not in {*urgent, *proposed.hopeless}]
        if not new:
            break
        urgent = dict.fromkeys([*new, *urgent])
    return best


def _after(snapshot: Snapshot, evicted: Sequence[Agent]) -> ClusterState:
    state = ClusterState(snapshot)
    for agent in evicted:
        state.remove(agent, snapshot.node_by_name[agent.node_name])
    return state


def _by_turns(steps: Sequence[Step], urgent: Mapping[str, None]) -> list[Step]:
    """Priority first, then the k-th agent of each template on each node before the (k+1)-th of any."""
    first = {key: i for i, key in enumerate(urgent)}
    specs = {id(agent.spec): agent.spec for agent, _ in steps}
    wishes = {key: (-spec.priority, bool(spec.affinity)) for key, spec in specs.items()}
    among = {wish: i for i, wish in enumerate(sorted(set(wishes.values())))}
    rank = {key: among[wish] for key, wish in wishes.items()}
    seen: dict[tuple[int, str], int] = {}
    turns = []
    # One number for each: tuples of them take several times as long to sort.
    for agent, node in steps:
        template = (id(agent.spec), node.name)
        before = seen.get(template, 0)
        seen[template] = before + 1
        early = first.get(agent.key, len(first)) if first else 0
        turns.append((early * len(among) + rank[template[0]]) * len(steps) + before)
    return [steps[i] for i in sorted(range(len(steps)), key=turns.__getitem__)]


@dataclass(frozen=True)
class _Proposed:
    """The steps in an order that the model accepts, then those that it has no place for: `hopeless`, by key.

    free: which of the steps neither spread nor affinity asks about, nor do they ask.
    """

    steps: Sequence[Step]
    free: Sequence[bool]
    hopeless: frozenset[str]


def _proposed(state: ClusterState, steps: Sequence[Step], effort: Effort) -> _Proposed:
    model = compile_order(state, steps)
    order = list(_ordered(model, effort))
    free = [False] * len(steps)
    for i in model.free:
        free[i] = True
    placed = {*order, *model.free}
    left = [i for i in range(len(steps)) if i not in placed]
    turns = [*_merged(order, model.free), *left]
    hopeless = frozenset(steps[i][0].key for i in left)
    return _Proposed([steps[i] for i in turns], [free[i] for i in turns], hopeless)


def _ordered(model: OrderModel, effort: Effort) -> Iterator[int]:
    """Positions of the steps whose turn matters, in order, but for those that found none."""
    greedy = Greedy(model)
    greedy.run()
    stuck = [lot for lot in model.lots if lot.left]
    searched: list[list[Lot]] = []
    again: set[int] = set()
    for tangle in tangles(model.lots, stuck) if stuck else ():
        for lot in tangle:
            while lot.done:
                lot.undo()
        found = search_order(tangle, effort)
        if found is not None:
            searched.append(found)
            again.update(id(lot) for lot in tangle)
    taken: Counter[int] = Counter()
    for lot in (
        *(lot for lot in greedy.order if id(lot) not in again),
        *(lot for f in searched for lot in f),
    ):
        yield lot.steps[taken[id(lot)]]
        taken[id(lot)] += 1


def _merged(order: Sequence[int], free: Sequence[int]) -> Iterator[int]:
    """Those whose turn does not matter (rising) among the others, before what comes later than they."""
    free_ones = iter(free)
    waiting = next(free_ones, None)
    for position in order:
        while waiting is not None and waiting < position:
            yield waiting
            waiting = next(free_ones, None)
        yield position
    if waiting is not None:
        yield waiting
    yield from free_ones


def _replay(
    state: ClusterState,
    proposed: _Proposed,
    devices: Mapping[str, tuple[int, ...]],
    asked: Mapping[int, Sequence[Rule]],
) -> Replayed:
    """Round after round, placing what the rules accept, until all are in or none is.

    Asked is what depends on the order, by the id of a spec: the steps together break nothing else, or the
    verifier will say so. Who is free and is asked nothing makes no difference to who is: nobody looks.
    """
    order: list[Step] = []
    waiting: Sequence[tuple[Step, bool]] = list(zip(proposed.steps, proposed.free, strict=True))
    while waiting:
        refused = []
        for step, free in waiting:
            agent, node = step
            rules = asked[id(agent.spec)]
            if any(rule.rejects(state, agent, node) is not None for rule in rules):
                refused.append((step, free))
                continue
            if rules or not free:
                state.place(agent, node, devices.get(agent.key, ()))
            order.append(step)
        if len(refused) == len(waiting):
            break
        waiting = refused
    return Replayed(tuple(order), tuple(step for step, _ in waiting))
