"""Whole nodes with names, and who goes where on them: a snapshot and a start for the ordinary solve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.catalog import HOSTNAME
from placewright.models.node import Node
from placewright.models.profile import PLACED, Stage
from placewright.models.rules import RULES
from placewright.models.rules.resources import PODS
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.dive import Pick
from placewright.solver.capacity.question import Question, node_of
from placewright.solver.hand_out import hand_out_most


@dataclass(frozen=True)
class Purchase:
    """nodes bought, and the index of each one's kind. start: agent key -> node name, as rules accept it."""

    nodes: tuple[Node, ...]
    kinds: tuple[int, ...]
    start: dict[str, str]

    @property
    def cost(self) -> int:
        """Millionths an hour."""
        return sum(node.price for node in self.nodes)


def realise(question: Question, bins: Bins, picks: Iterable[Pick]) -> Purchase:
    """Nodes for the picks, and their agents on them. Agents that a rule keeps off are not in the start."""
    waiting = [list(reversed(group.members)) for group in bins.compilation.groups]
    existing = {k: list(reversed(kind.nodes)) for k, kind in enumerate(bins.kinds) if kind.offering is None}
    names = Names(question.snapshot)
    nodes: list[Node] = []
    kinds: list[int] = []
    start: dict[str, str] = {}
    for pick in picks:
        offering = bins.kinds[pick.k].offering
        for _ in range(pick.times):
            if offering is None:
                node = existing[pick.k].pop()
            else:
                node = node_of(offering, names.next(offering.name))
                nodes.append(node)
                kinds.append(pick.k)
            for g in np.flatnonzero(pick.count).tolist():
                for _ in range(int(pick.count[g])):
                    if waiting[g]:
                        start[waiting[g].pop().key] = node.name
    return Purchase(tuple(nodes), tuple(kinds), accepted(judged(question, bins, nodes), start))


def judged(question: Question, bins: Bins, nodes: Sequence[Node]) -> Snapshot:
    """The cluster with these nodes bought, judged by how many are placed; zones on offer count as domains."""
    snapshot = question.with_nodes(nodes)
    profile = replace(snapshot.options.profile, stages=(Stage({PLACED: 1}),))
    return replace(
        snapshot,
        nodes=(*snapshot.nodes, *on_offer(snapshot, bins)),
        options=replace(snapshot.options, profile=profile),
    )


def on_offer(snapshot: Snapshot, bins: Bins) -> Iterator[Node]:
    """A node without any room for each zone and sort of node on offer: it only says that they are there.

    They have no hostname, so that they do not count for spread over single nodes.
    """
    names = Names(snapshot)
    seen: set[tuple[str, bytes]] = set()
    for k, kind in enumerate(bins.kinds):
        offering = kind.offering
        if offering is None or not offering.zone:
            continue
        key = (offering.zone, bins.open[k].tobytes())
        if key not in seen:
            seen.add(key)
            node = node_of(offering, names.next(offering.name))
            labels = {name: value for name, value in node.labels.items() if name != HOSTNAME}
            yield replace(node, allocatable={PODS: 0}, labels=labels, devices=(), price=0)


class Names:
    """Names for nodes bought: `<offering>-0`, `<offering>-1`, … without those that are taken."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._taken = set(snapshot.node_by_name)
        self._count: Counter[str] = Counter()

    def next(self, stem: str) -> str:
        """The next name of a stem."""
        while True:
            name = f"{stem}-{self._count[stem]}"
            self._count[stem] += 1
            if name not in self._taken:
                return name


def accepted(snapshot: Snapshot, start: dict[str, str]) -> dict[str, str]:
    """As much of a start as breaks no rule: whoever a rule blames is taken off, again and again."""
    kept = dict(start)
    while kept:
        steps = [(snapshot.agent_by_key[key], snapshot.node_by_name[name]) for key, name in kept.items()]
        devices, turned_away = hand_out_most(snapshot, steps)
        steps = [step for step in steps if step[0].key not in turned_away]
        kept = {agent.key: node.name for agent, node in steps}
        state = ClusterState(snapshot)
        for agent, node in steps:
            state.place(agent, node, devices.get(agent.key, ()))
        blamed = {v.agent for rule in RULES for v in rule.violations(state)} & kept.keys()
        if not blamed:
            return kept
        for key in _some_of(blamed, kept):
            del kept[key]
    return kept


def _some_of(blamed: set[str], kept: dict[str, str]) -> Sequence[str]:
    """Half of those blamed, the last placed ones: two that clash need not both go."""
    order = [key for key in kept if key in blamed]
    return order[len(order) // 2 :]
