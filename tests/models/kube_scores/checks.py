"""Asks kube-scheduler's scorers about one agent and the nodes of a snapshot."""

from __future__ import annotations

from placewright.models.kube_scores.base import Scorer
from placewright.models.profile import Profile
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

PLAIN = Profile()


def points(
    scorer: Scorer, snapshot: Snapshot, name: str = "p", *, profile: Profile = PLAIN, among: str = ""
) -> list[int] | None:
    """The scores of an agent in `default` on all nodes, or on those named in `among`, in the snapshot's order."""
    open_nodes = [node for node in snapshot.nodes if not among or node.name in among.split()]
    return scorer(ClusterState(snapshot), snapshot.agent_by_key[f"default/{name}"], open_nodes, profile)
