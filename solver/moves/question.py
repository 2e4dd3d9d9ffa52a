"""A running cluster as a question: the snapshot in which everything that may move is yet to be placed.

It is asked from where everybody is now. Cordoned nodes keep those that they have and take nobody; nodes that
are to be drained take nobody either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from placewright.models.audit import broken, is_cordoned, to_be_placed
from placewright.models.goals import Goals, world
from placewright.models.movable import MovePolicy, Pin, pins
from placewright.models.snapshot import Snapshot


@dataclass(frozen=True)
class Question:
    """snapshot: the cluster as it is, judged by the goals. asked: the movable agents pending, the others
    running. home: agent key -> node name of the movable. closed: nodes that nobody may come to. broken:
    movable agents that break a rule where they are. pinned: agent key -> why it stays. drained: nodes that
    are to be drained, closed as well.
    """

    snapshot: Snapshot
    asked: Snapshot
    home: Mapping[str, str]
    closed: frozenset[str]
    broken: frozenset[str]
    pinned: Mapping[str, Pin]
    drained: tuple[str, ...]


def ask(snapshot: Snapshot, goals: Goals, policy: MovePolicy) -> Question:
    """The question about a cluster. Raises UsageError where a node to drain is not there."""
    judged = world(snapshot, goals)
    found = pins(judged, policy)
    home = {agent.key: agent.node_name for agent in judged.residents if found[agent.key] is None}
    asked = to_be_placed(judged, home.keys())
    return Question(
        snapshot=judged,
        asked=asked,
        home=home,
        closed=frozenset(node.name for node in judged.nodes if is_cordoned(node)),
        broken=broken(asked, home),
        pinned={key: pin for key, pin in found.items() if pin is not None},
        drained=goals.drained,
    )
