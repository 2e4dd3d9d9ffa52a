"""TaintToleration: PreferNoSchedule taints that agents do not tolerate. The formula stands in `static`."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores import taint_toleration
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.static import StaticScore, bare_state
from placewright.models.snapshot import Snapshot


class TaintTolerationScore(StaticScore):
    name = ScoreName.TAINT_TOLERATION
    plugin = "TaintToleration"
    summary = "Agents are not on nodes that prefer to be without them."

    def matters(self, snapshot: Snapshot, agent: Agent, profile: Profile) -> bool:
        known = snapshot.memo.get(__name__)
        if known is None:
            taints = (taint for node in snapshot.nodes for taint in node.taints)
            known = snapshot.memo[__name__] = any(taint.effect is taint_toleration.SOFT for taint in taints)
        return bool(known)

    def points(
        self, snapshot: Snapshot, agent: Agent, nodes: Sequence[Node], profile: Profile
    ) -> list[int] | None:
        return taint_toleration.scores(bare_state(snapshot), agent, nodes, profile)


SCORE = TaintTolerationScore()
