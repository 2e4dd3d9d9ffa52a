"""TaintToleration: the fewer PreferNoSchedule taints that the agent does not tolerate, the better (§3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores.base import reverse_normalized
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.selector import Effect
from placewright.models.state import ClusterState

SOFT = Effect.PREFER_NO_SCHEDULE


def scores(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> list[int] | None:
    """100 where every such taint is tolerated; never skipped."""
    comparing = state.snapshot.options.taint_comparison_operators
    tolerations = [t for t in agent.spec.tolerations if t.effect in ("", SOFT)]
    return reverse_normalized(
        [
            sum(
                taint.effect is SOFT
                and not any(t.tolerates(taint, comparison_operators=comparing) for t in tolerations)
                for taint in node.taints
            )
            for node in nodes
        ]
    )
