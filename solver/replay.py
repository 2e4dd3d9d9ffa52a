"""An order in which kube-scheduler's own filters would accept a placement, one agent at a time (§6.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from placewright.models.agent import Agent
from placewright.models.filters import rejection
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.outcome import Step


@dataclass(frozen=True)
class Replayed:
    """`order` as far as it was accepted, and `stuck`, the steps that no order tried could take."""

    order: tuple[Step, ...]
    stuck: tuple[Step, ...]


def find_order(
    snapshot: Snapshot,
    steps: Sequence[Step],
    devices: Mapping[str, tuple[int, ...]],
    *,
    evicted: Sequence[Agent] = (),
    rules: Sequence[Rule] = RULES,
) -> Replayed:
    """Try the steps round after round, placing what is accepted, until all are in or none is.

    `evicted` are gone before the first step.

    Steps of one template go to its domains in turn, which is the order that spread constraints need.
    """
    state = ClusterState(snapshot)
    for agent in evicted:
        state.remove(agent, snapshot.node_by_name[agent.node_name])
    waiting = _interleaved(steps)
    order: list[Step] = []
    while waiting:
        refused = []
        for agent, node in waiting:
            if rejection(state, agent, node, rules) is None:
                state.place(agent, node, devices.get(agent.key, ()))
                order.append((agent, node))
            else:
                refused.append((agent, node))
        if len(refused) == len(waiting):
            break
        waiting = refused
    return Replayed(tuple(order), tuple(waiting))


def _interleaved(steps: Sequence[Step]) -> list[Step]:
    """Priority first, then the k-th agent of each template on each node before the (k+1)-th of any."""
    seen: Counter[tuple[int, str]] = Counter()
    keyed = []
    for position, (agent, node) in enumerate(steps):
        template = (id(agent.spec), node.name)
        turn = (-agent.spec.priority, bool(agent.spec.affinity), seen[template], position)
        keyed.append((turn, (agent, node)))
        seen[template] += 1
    return [step for _, step in sorted(keyed, key=lambda item: item[0])]
