"""The plan of the round before as a start: whoever still waits goes where it was to go."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
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

    Whoever `plan` does not speak of gets the place of one like it that is gone. Whether they may go there is
    for the rules to say.
    """
    pending = {agent.key for agent in snapshot.pending}
    bound = {binding.key: binding.node for binding in plan.bindings if binding.node in snapshot.node_by_name}
    places = {key: name for key, name in bound.items() if key in pending}
    vacated = {key: name for key, name in bound.items() if key not in snapshot.agent_by_key}
    if vacated:
        told = {binding.key for binding in plan.bindings}
        told.update(item.key for item in plan.unplaced)
        places.update(_successors(sorted(pending - told), vacated))
    return places


def _successors(newcomers: Sequence[str], vacated: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Newcomers, sorted, each with the place of one that is gone and had a name like theirs.

    A plan does not tell whose agents they were. Agents that a workload makes have its name in theirs, all but
    the last part.
    """
    taken: set[int] = set()
    for gone in sorted(vacated):
        stem = gone[: gone.rfind("-") + 1]
        # Without a part of its own a name is like no other.
        at = bisect_left(newcomers, stem) if stem.rpartition("/")[2] else len(newcomers)
        while at in taken:
            at += 1
        if at < len(newcomers) and newcomers[at].startswith(stem):
            taken.add(at)
            yield newcomers[at], vacated[gone]


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
