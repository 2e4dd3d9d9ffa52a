"""What each scoring plugin gives each open node, held against placewright's reading of it, to the unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from placewright.models.agent import Agent
from placewright.models.kube_scores import SCORERS
from placewright.models.profile import Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.conformance.compare import Difference, Tally

FIT = "NodeResourcesFit"
STRATEGIES = (
    ScoreName.LEAST_ALLOCATED,
    ScoreName.MOST_ALLOCATED,
    ScoreName.REQUESTED_TO_CAPACITY_RATIO,
)
"""NodeResourcesFit scores by one of these."""
PLUGINS: Mapping[str, ScoreName] = {
    "NodeResourcesBalancedAllocation": ScoreName.BALANCED_ALLOCATION,
    "NodeAffinity": ScoreName.NODE_AFFINITY,
    "InterPodAffinity": ScoreName.INTER_POD_AFFINITY,
    "PodTopologySpread": ScoreName.POD_TOPOLOGY_SPREAD,
    "TaintToleration": ScoreName.TAINT_TOLERATION,
    "ImageLocality": ScoreName.IMAGE_LOCALITY,
}
"""The other scoring plugins that say something without device claims."""


def compare_scores(cluster: int, snapshot: Snapshot, answers: Iterable[dict[str, Any]], tally: Tally) -> None:
    """Every agent that has an open node: the scores of all plugins over all its open nodes."""
    state = ClusterState(snapshot)
    for answer in answers:
        if "scores" not in answer or answer["pod"] not in snapshot.agent_by_key:
            continue
        agent = snapshot.agent_by_key[answer["pod"]]
        if answer.get("error"):
            _compare_error(cluster, agent, answer["error"], tally)
            continue
        profile = snapshot.profile_of(agent)
        for plugin, name in scoring(profile).items():
            theirs = answer["scores"].get(plugin)
            # A plugin that does not score was not asked; whether it scores is compared as its weight.
            weighs = plugin in answer["weights"]
            ours = _ours(state, agent, list(answer["totals"]), name) if weighs else None
            tally.scores[plugin] += len(theirs or ())
            if ours != theirs:
                tally.differences.append(_difference(cluster, agent, plugin, ours, theirs))
            if profile.weight(name) != answer["weights"].get(plugin, 0):
                mine, other = str(profile.weight(name)), str(answer["weights"].get(plugin))
                tally.differences.append(Difference(cluster, agent.key, "", f"weight {plugin}", mine, other))


def scoring(profile: Profile) -> dict[str, ScoreName]:
    """Each of kube-scheduler's scoring plugins, as the score that it is under this profile."""
    strategy = next((name for name in STRATEGIES if profile.weight(name)), ScoreName.LEAST_ALLOCATED)
    return {FIT: strategy, **PLUGINS}


def _ours(state: ClusterState, agent: Agent, names: list[str], score: ScoreName) -> dict[str, int] | None:
    """Node name -> score; None where the plugin has nothing to say of the agent."""
    nodes = [node for node in state.snapshot.nodes if node.name in set(names)]
    points = SCORERS[score](state, agent, nodes, state.snapshot.profile_of(agent))
    return None if points is None else {node.name: p for node, p in zip(nodes, points, strict=True)}


def _difference(
    cluster: int, agent: Agent, plugin: str, ours: dict[str, int] | None, theirs: dict[str, int] | None
) -> Difference:
    if ours is None or theirs is None:
        return Difference(cluster, agent.key, "", f"score {plugin}", str(ours), str(theirs))
    node = next(name for name in theirs if ours.get(name) != theirs[name])
    return Difference(cluster, agent.key, node, f"score {plugin}", str(ours), str(theirs))


def _compare_error(cluster: int, agent: Agent, error: str, tally: Tally) -> None:
    """A preferred term that does not parse fails the whole cycle there; it is a warning here."""
    tally.scores["(error)"] += 1
    if all(term.term.parses for term in agent.spec.preferred_nodes):
        tally.differences.append(Difference(cluster, agent.key, "", "score error", "scores it", error))
