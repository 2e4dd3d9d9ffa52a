"""An order in which kube-scheduler's own filters would accept a placement, one agent at a time (§6.6).

A model of what depends on the order proposes one; the rules themselves, step by step, say whether it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.filters import out_of_turn
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
    for _ in range(MOST_TRIES):
        state = _after(snapshot, evicted)
        proposed, hopeless = _proposed(state, _by_turns(steps, urgent), left)
        replayed = _replay(state, proposed, devices, rules)
        if len(replayed.stuck) <= len(best.stuck):
            best = replace(replayed, proven=bool(hopeless) and left.left > 0)
        new = [agent.key for agent, _ in replayed.stuck if agent.key not in {*urgent, *hopeless}]
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
    rank = {key: i for i, key in enumerate(urgent)}
    seen: Counter[tuple[int, str]] = Counter()
    keyed = []
    for position, (agent, node) in enumerate(steps):
        template = (id(agent.spec), node.name)
        first = rank.get(agent.key, len(rank))
        turn = (first, -agent.spec.priority, bool(agent.spec.affinity), seen[template], position)
        keyed.append((turn, (agent, node)))
        seen[template] += 1
    return [step for _, step in sorted(keyed, key=lambda item: item[0])]


def _proposed(state: ClusterState, steps: Sequence[Step], effort: Effort) -> tuple[list[Step], set[str]]:
    """The steps in an order that the model accepts, then those that it has no place for, and their keys."""
    model = compile_order(state, steps)
    order = list(_ordered(model, effort))
    placed = {*order, *model.free}
    left = [i for i in range(len(steps)) if i not in placed]
    return [steps[i] for i in (*_merged(order, model.free), *left)], {steps[i][0].key for i in left}


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
    state: ClusterState, steps: Sequence[Step], devices: Mapping[str, tuple[int, ...]], rules: Sequence[Rule]
) -> Replayed:
    """Round after round, placing what the rules accept, until all are in or none is.

    Asked is what depends on the order: the steps together break nothing else, or the verifier will say so.
    """
    order: list[Step] = []
    waiting = list(steps)
    while waiting:
        refused = []
        for agent, node in waiting:
            if out_of_turn(state, agent, node, rules) is None:
                state.place(agent, node, devices.get(agent.key, ()))
                order.append((agent, node))
            else:
                refused.append((agent, node))
        if len(refused) == len(waiting):
            break
        waiting = refused
    return Replayed(tuple(order), tuple(waiting))
