"""What a snapshot says that could change placement and that nothing here models: named, never ignored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from placewright.models.agent import Agent, AgentClass
from placewright.models.selector import NodeSelector
from placewright.models.snapshot import Snapshot
from placewright.models.wire.pod import Pod


class Unmodelled:
    """Collects findings; each becomes one warning with a count and its first example."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def pod(self, pod: Pod) -> None:
        """Note what a pod's spec asks for beyond the rules."""
        where = f"{pod.metadata.namespace or 'default'}/{pod.metadata.name}"
        for what in _pod_findings(pod):
            self.note(what, where)

    def note(self, what: str, where: str) -> None:
        self._count[what] += 1
        self._first.setdefault(what, where)

    def warnings(self) -> Iterator[str]:
        for what, count in sorted(self._count.items()):
            yield f"{what} ({count}, first {self._first[what]})"


def _pod_findings(pod: Pod) -> Iterator[str]:
    spec = pod.spec
    if spec.resource_claims:
        yield "spec.resourceClaims (dynamic resource allocation) is not modelled"
    if spec.scheduling_group is not None or spec.workload_ref is not None:
        yield "spec.schedulingGroup / workloadRef (native gangs) is not modelled"
    if spec.runtime_class_name and not spec.overhead and not pod.metadata.uid:
        yield "spec.runtimeClassName: overhead and scheduling of the RuntimeClass are not added"
    if any(volume.ephemeral for volume in spec.volumes) and not pod.metadata.uid:
        yield "spec.volumes.ephemeral: claims are taken to be created with the agent"


def snapshot_warnings(snapshot: Snapshot, kinds: frozenset[str]) -> Iterator[str]:
    """Warnings that need the whole: missing kinds, agents without their node, terms that never match."""
    agents = snapshot.agents
    terms = [
        (agent, term)
        for agent in agents
        for term in (*agent.spec.affinity, *agent.spec.anti_affinity)
        if term.namespace_selector is not None
    ]
    if terms and "Namespace" not in kinds:
        yield (
            f"namespaceSelector is used ({len(terms)}, first {terms[0][0].key}) "
            "but no Namespace is in the snapshot: every namespace counts as having no labels"
        )
    yield from _about(
        "assigned to a node that is not in the snapshot: left out",
        (a for a in agents if a.node_name and not a.terminal and a.node_name not in snapshot.node_by_name),
    )
    yield from _about(
        "pending for another scheduler: left alone, and may compete for the same room",
        (a for a in agents if snapshot.classify(a) is AgentClass.FOREIGN),
    )
    yield from _about(
        "a required node affinity term that cannot be parsed: it matches nothing",
        (a for a in agents if _has_broken_term(a.spec.node_affinity)),
    )
    yield from _about(
        "pending with a nominated node: placed like any other",
        (a for a in snapshot.pending if a.nominated_node),
    )
    for node in snapshot.nodes:
        if not node.allocatable.get("pods"):
            yield f"node {node.name} has no allocatable pods: nothing can be placed on it"
    for quota in snapshot.quotas:
        if quota.used is None:
            yield f"ResourceQuota {quota.namespace}/{quota.name} has no status: usage is recomputed"


def _about(what: str, agents: Iterable[Agent]) -> Iterator[str]:
    found = list(agents)
    if found:
        yield f"{what} ({len(found)}, first {found[0].key})"


def _has_broken_term(selector: NodeSelector | None) -> bool:
    return selector is not None and any(not term.parses for term in selector.terms)


def gated_note(snapshot: Snapshot) -> Iterator[str]:
    """Gated agents are not pending: say how many there are."""
    gated = [a for a in snapshot.agents if snapshot.classify(a) is AgentClass.GATED]
    if gated:
        yield f"{len(gated)} agents wait for scheduling gates (first {gated[0].key}): not placed"
