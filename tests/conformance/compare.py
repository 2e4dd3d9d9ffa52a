"""What placewright says of each agent and node, held against what kube-scheduler's plugins say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from placewright.models.ingest.cluster import build_snapshot
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.reader import RawObject
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.conformance.cases.words import Object


@dataclass(frozen=True)
class Difference:
    """One thing that is said differently. `ours` and `theirs` are in words."""

    cluster: int
    agent: str
    node: str
    what: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        where = f"{self.agent} on {self.node}" if self.node else self.agent
        return f"cluster {self.cluster}: {where}: {self.what}: placewright {self.ours}, kube-scheduler {self.theirs}"


@dataclass
class Tally:
    """What was compared, and what differs."""

    clusters: int = 0
    verdicts: int = 0
    passes: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    scores: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)


def snapshot_of(objects: Sequence[Object], options: Options | None = None) -> Snapshot:
    """The objects as `place` would read them."""
    raws = [RawObject("case", document) for document in objects]
    return build_snapshot(raws, options or Options(), expand_workloads=False)


def compare_verdicts(
    cluster: int, snapshot: Snapshot, answers: Iterable[dict[str, Any]], tally: Tally
) -> None:
    """Who waits, and for each agent and node: which plugins refuse."""
    answers = list(answers)
    waiting = {a["pod"] for a in answers if "held" not in a and "node" not in a and "scores" not in a}
    ours = {agent.key for agent in snapshot.pending}
    for key in sorted(waiting ^ ours):
        said = ("to be placed", "not to be placed")
        mine, theirs = said if key in ours else said[::-1]
        tally.differences.append(Difference(cluster, key, "", "waiting", mine, theirs))
    state = ClusterState(snapshot)
    for answer in answers:
        if "node" in answer and answer["pod"] in ours:
            _compare_pair(cluster, state, snapshot.node_by_name[answer["node"]], answer, tally)
    tally.clusters += 1


def _compare_pair(
    cluster: int, state: ClusterState, node: Node, answer: dict[str, Any], tally: Tally
) -> None:
    agent = state.snapshot.agent_by_key[answer["pod"]]
    reasons = ((rule, rule.rejects(state, agent, node)) for rule in RULES)
    ours = {rule.plugin or rule.name: reason.message for rule, reason in reasons if reason is not None}
    theirs = {f["plugin"]: "; ".join(f.get("reasons") or ()) for f in answer.get("failing", ())}
    tally.verdicts += 1
    tally.passes += not theirs
    tally.refusals.update(theirs.keys())
    if ours.keys() != theirs.keys() and not _said_once(ours.keys(), theirs.keys()):
        mine, others = _words(ours), _words(theirs)
        # Which plugins differ is what tells one cause from another.
        what = "verdict by " + "+".join(sorted(ours.keys() ^ theirs.keys()))
        if bool(ours) == bool(theirs):
            what = what.replace("verdict", "refusal")
        tally.differences.append(Difference(cluster, agent.key, node.name, what, mine, others))


ABOUT_CLAIMS = frozenset({"VolumeZone", "VolumeRestrictions", "NodeVolumeLimits"})


def _said_once(ours: Set[str], theirs: Set[str]) -> bool:
    """Whether all that is missing is an echo: of a claim that is missing, unbound or somebody else's, each
    of the volume plugins complains; placewright says it once, where VolumeBinding does."""
    return "VolumeBinding" in ours and ours < theirs and theirs - ours <= ABOUT_CLAIMS


def _words(refusals: dict[str, str]) -> str:
    return ", ".join(f"{plugin} ({why})" for plugin, why in sorted(refusals.items())) or "accepts"
