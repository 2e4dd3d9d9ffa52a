"""The plan of the round before as a start: whoever still waits goes where it was to go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from placewright.models.plan import Plan
from placewright.models.snapshot import Snapshot

MOST_GAP = 0.1
"""A gap that is wider says too little to be one that another round may end with."""
ALIKE = 0.5
"""The part of the waiting agents that a plan has to speak of, to be that of the round before."""


@dataclass(frozen=True)
class Previous:
    """What a round takes from the plan before. places: agent key -> node name. gaps: by level.

    alike: whether it is about this cluster, as it was not long ago.
    """

    places: Mapping[str, str]
    gaps: Mapping[str, float]
    alike: bool

    @classmethod
    def of(cls, snapshot: Snapshot, plan: Plan) -> Self:
        """What `snapshot` can use of `plan`."""
        told = {binding.key for binding in plan.bindings}
        told.update(f"{item.namespace}/{item.agent}" for item in plan.unplaced)
        known = sum(agent.key in told for agent in snapshot.pending)
        gaps = {level.name: level.gap for level in plan.levels if level.gap <= MOST_GAP}
        return cls(previous_places(snapshot, plan), gaps, known >= ALIKE * len(snapshot.pending))


def previous_places(snapshot: Snapshot, plan: Plan) -> Mapping[str, str]:
    """Agent key -> node name for the pending agents that `plan` binds to nodes that are still there.

    Whether they may still go there is for the rules to say.
    """
    pending = {agent.key for agent in snapshot.pending}
    places = {f"{binding.namespace}/{binding.agent}": binding.node for binding in plan.bindings}
    return {key: name for key, name in places.items() if key in pending and name in snapshot.node_by_name}


def strangers(snapshot: Snapshot, plan: Plan) -> Iterator[str]:
    """Warnings, with a name, for what `plan` speaks of and the snapshot does not hold.

    Some agents end and some nodes leave from one round to the next; many say that it is another cluster's.
    """
    agents = dict.fromkeys(f"{binding.namespace}/{binding.agent}" for binding in plan.bindings)
    nodes = dict.fromkeys(binding.node for binding in plan.bindings)
    for kind, names, known in (
        ("agents", agents, snapshot.agent_by_key),
        ("nodes", nodes, snapshot.node_by_name),
    ):
        distinct = dict.fromkeys(names)
        gone = [name for name in distinct if name not in known]
        if gone:
            yield (
                f"{len(gone)} of the {len(distinct)} {kind} of the previous plan are not in this snapshot, "
                f"first {gone[0]}"
            )
