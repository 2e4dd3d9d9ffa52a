"""The plan of the round before as a start: whoever still waits goes where it was to go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from placewright.models.plan import Plan
from placewright.models.snapshot import Snapshot


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
