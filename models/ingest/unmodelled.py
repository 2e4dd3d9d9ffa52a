"""What a snapshot says that could change placement and that nothing here models: named, never ignored.

One warning for each finding, with how often it was made and where first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set

from placewright.models.agent import TERMINAL_PHASES, Agent, AgentClass, AgentSpec
from placewright.models.ingest.nodes import condition_taints
from placewright.models.ingest.pods import PodRecord, PodShape
from placewright.models.quantity import MOST_ON_A_NODE, TOO_MUCH, format_amount
from placewright.models.selector import LabelSelector, NodeSelector, Operator
from placewright.models.snapshot import NAMESPACE_NAME, Snapshot
from placewright.models.spread import may_take_defaults
from placewright.models.wire.node import NodeStatus, NodeWire
from placewright.models.wire.pod import PodSpec
from placewright.models.wire.storage import PersistentVolumeWire

_NEGATIVE = frozenset({Operator.NOT_IN, Operator.DOES_NOT_EXIST})
_COMPARING = frozenset({"Gt", "Lt"})
_OF_CLASS = "deviceclass.resource.kubernetes.io/"
_OFFERED = (
    "extended resources that stand for a DeviceClass (dynamic resource allocation) are not modelled: they "
    "are found only where nodes list them as allocatable"
)
_MOST = f"{format_amount('memory', MOST_ON_A_NODE)} ({MOST_ON_A_NODE})"


class Unmodelled:
    """Collects findings about objects as they are read.

    offered: the extended resources that DeviceClasses stand for. runtimes: names of the RuntimeClasses.
    """

    def __init__(self, offered: Set[str], runtimes: Set[str]) -> None:
        self._offered = offered
        self._runtimes = runtimes
        self._count: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        self._known: dict[tuple[int, bool, bool], tuple[PodShape, tuple[str, ...]]] = {}

    def pod(self, pod: PodRecord) -> None:
        """Note what a pod's spec asks for beyond the rules."""
        key = (id(pod.shape), bool(pod.uid), bool(pod.node_name))
        known = self._known.get(key)
        if known is None:
            ended = pod.status.phase in TERMINAL_PHASES
            found = () if ended else tuple(_spec_findings(pod.spec, live=bool(pod.uid)))
            if not ended:
                found = (*found, *self._named_elsewhere(pod))
            known = self._known[key] = (pod.shape, found)
        for what in known[1]:
            self.note(what, pod.key)

    def _named_elsewhere(self, pod: PodRecord) -> Iterator[str]:
        """What a pod only names, where what it stands for is not here, or not modelled."""
        if not pod.node_name and self._asks_for_devices(pod.spec):
            yield _OFFERED
        runtime = pod.spec.runtime_class_name
        added = runtime in self._runtimes and not pod.exists
        if runtime and not (pod.spec.overhead or pod.uid or added):
            yield "spec.runtimeClassName: overhead and scheduling of the RuntimeClass are not added"

    def _asks_for_devices(self, spec: PodSpec) -> bool:
        """Whether a container requests a DeviceClass as if it were an extended resource."""
        return any(
            name in self._offered or name.startswith(_OF_CLASS)
            for container in (*spec.containers, *spec.init_containers)
            if container.resources is not None
            for name in (*container.resources.requests, *container.resources.limits)
        )

    def node(self, node: NodeWire, *, taints_from_conditions: bool) -> None:
        status = node.status or NodeStatus()
        name = node.metadata.name
        if status.allocatable is None:
            self.note("nodes without status.allocatable: their capacity is taken for it", name)
        taints = {taint.key for taint in node.spec.taints} if node.spec else set()
        derived = () if taints_from_conditions else condition_taints(status.conditions)
        if any(taint.key not in taints for taint in derived):
            self.note(
                "nodes with a bad condition and not the taint for it: agents go there unless the taints are "
                "derived (--taints-from-conditions)",
                name,
            )

    def volume(self, volume: PersistentVolumeWire) -> None:
        if volume.spec.csi is None and volume.spec.in_tree:
            self.note(
                "in-tree volumes (gcePersistentDisk, awsElasticBlockStore, …) do not count against the "
                "attach limits of the CSI drivers they were migrated to",
                volume.metadata.name,
            )

    def note(self, what: str, where: str) -> None:
        self._count[what] += 1
        self._first.setdefault(what, where)

    def warnings(self) -> Iterator[str]:
        for what, count in sorted(self._count.items()):
            yield f"{what} ({count}, first {self._first[what]})"


def _spec_findings(spec: PodSpec, *, live: bool) -> Iterator[str]:
    if spec.resource_claims:
        yield "spec.resourceClaims (dynamic resource allocation) is not modelled"
    if spec.scheduling_group is not None or spec.workload_ref is not None:
        yield "spec.schedulingGroup / workloadRef (native gangs) is not modelled"
    if any(volume.ephemeral for volume in spec.volumes) and not live:
        yield "spec.volumes.ephemeral: claims are taken to be created with the agent"
    if (spec.host_network and spec.host_users is False) or any(
        container.restart_policy_rules for container in (*spec.containers, *spec.init_containers)
    ):
        yield "what nodes declare in status.declaredFeatures is not modelled, and an agent may need it"


def snapshot_warnings(snapshot: Snapshot, kinds: Set[str]) -> Iterator[str]:
    """Warnings that need the whole: missing kinds, agents without their node, terms that never match."""
    yield from _missing_kinds(snapshot, kinds)
    yield from _odd_agents(snapshot)
    yield from _odd_amounts(snapshot)
    yield from _without_status(snapshot)


def _odd_agents(snapshot: Snapshot) -> Iterator[str]:
    """Agents that are somebody else's, or of which not all can be taken as it is written."""
    agents, nodes = snapshot.agents, snapshot.node_by_name
    yield from about_agents(
        "assigned to a node that is not in the snapshot: left out",
        (a for a in agents if a.node_name and a.node_name not in nodes and not a.terminal),
    )
    yield from about_agents(
        "pending for another scheduler: left alone, and may compete for the same room",
        snapshot.by_class[AgentClass.FOREIGN],
    )
    if not snapshot.options.taint_comparison_operators:
        yield from about_agents(
            "a toleration with Gt or Lt, which are alpha in Kubernetes: it tolerates nothing without "
            "--taint-comparison-operators",
            pending_whose_spec(
                snapshot, lambda spec: any(t.operator in _COMPARING for t in spec.tolerations)
            ),
        )
    yield from about_agents(
        "a required node affinity term that cannot be parsed: it matches nothing",
        whose_spec(agents, lambda spec: _has_broken_term(spec.node_affinity)),
    )
    yield from about_agents(
        "a preferred node affinity term that cannot be parsed: kube-scheduler fails where it scores nodes",
        pending_whose_spec(snapshot, lambda spec: any(not p.term.parses for p in spec.preferred_nodes)),
    )
    if not snapshot.options.quirk_namespace_selector:
        yield from about_agents(
            "a namespaceSelector of NotIn and DoesNotExist alone: kube-scheduler 1.35 and 1.36 take it, in "
            "an incoming agent's own terms, for every namespace",
            pending_whose_spec(snapshot, lambda spec: any(map(_is_negative, _namespace_selectors(spec)))),
        )
    yield from about_agents(
        "pending with a nominated node: placed like any other",
        (a for a in snapshot.pending if a.nominated_node),
    )


def _odd_amounts(snapshot: Snapshot) -> Iterator[str]:
    """Nodes without room for anybody, and amounts that are too large to be counted."""
    yield from about(
        "nodes with no allocatable pods: nothing can be placed on them",
        (node.name for node in snapshot.nodes if not node.allocatable.get("pods")),
    )
    yield from about(
        f"nodes with more than {_MOST} of a resource: taken for that much",
        (n.name for n in snapshot.nodes if any(a >= MOST_ON_A_NODE for a in n.allocatable.values())),
    )
    yield from about_agents(
        f"agents that ask for more than {_MOST} of a resource, or have such a limit: taken for more than any "
        "node has",
        whose_spec(snapshot.agents, _asks_too_much),
    )


def _without_status(snapshot: Snapshot) -> Iterator[str]:
    """Policies of which their controllers would know more than the snapshot tells."""
    yield from about(
        "ResourceQuotas without status: usage is recomputed",
        (f"{quota.namespace}/{quota.name}" for quota in snapshot.quotas if quota.used is None),
    )
    if any(agent.uid for agent in snapshot.agents):
        # Of a cluster, not only written down: its disruption controller would know better.
        yield from about(
            "PodDisruptionBudgets without status, or with one of an earlier spec: what they allow is worked "
            "out from the agents",
            (f"{b.namespace}/{b.name}" for b in snapshot.budgets if b.disruptions_allowed is None),
        )


def _missing_kinds(snapshot: Snapshot, kinds: Set[str]) -> Iterator[str]:
    """A kind that is not in the snapshot need not be missing from the cluster."""
    if "Namespace" not in kinds:
        yield from about_agents(
            "namespaceSelector is used but no Namespace is in the snapshot: every namespace counts as having "
            "no label but its name",
            whose_spec(snapshot.agents, lambda spec: any(map(_reads_labels, _namespace_selectors(spec)))),
        )
    claims, pending = snapshot.storage.claims, snapshot.pending
    if "PersistentVolumeClaim" not in kinds:
        yield from about_agents(
            "claims are used but no PersistentVolumeClaim is in the snapshot: the agents fit nowhere",
            (a for a in pending if any((a.namespace, c.name) not in claims for c in a.spec.claims)),
        )
    if "PersistentVolume" not in kinds:
        bound = {key for key, claim in claims.items() if claim.bound}
        yield from about_agents(
            "bound claims are used but no PersistentVolume is in the snapshot: the agents fit nowhere",
            (a for a in pending if any((a.namespace, c.name) in bound for c in a.spec.claims)),
        )


def default_spread_note(snapshot: Snapshot, kinds: Set[str]) -> Iterator[str]:
    """Agents of a live cluster that default spread might be about, were its Services here (§6.1)."""
    if "Service" in kinds:
        return
    # Their spec and its scheduler decide: replicas share them.
    samples = (replicas[0] for replicas in snapshot.pending_alike)
    those = {id(a.spec) for a in samples if may_take_defaults(snapshot, a)}
    yield from about_agents(
        "no Service is in the snapshot: default spread constraints know agents by their controllers alone",
        (a for a in snapshot.pending if id(a.spec) in those and a.uid and a.labels),
    )


def _asks_too_much(spec: AgentSpec) -> bool:
    return TOO_MUCH in spec.requests.values() or TOO_MUCH in spec.limits.values()


def about(what: str, names: Iterable[str]) -> Iterator[str]:
    found = list(names)
    if found:
        yield f"{what} ({len(found)}, first {found[0]})"


def about_agents(what: str, agents: Iterable[Agent]) -> Iterator[str]:
    """The same about agents: that there are many must not cost as many names."""
    found = list(agents)
    if found:
        yield f"{what} ({len(found)}, first {found[0].key})"


def _one_of_each(agents: Sequence[Agent]) -> Collection[Agent]:
    """An agent for each spec that is shared."""
    return {id(agent.spec): agent for agent in agents}.values()


def whose_spec(agents: Sequence[Agent], says: Callable[[AgentSpec], bool]) -> Iterator[Agent]:
    """The agents whose spec says so; replicas share theirs, and it is asked once."""
    those = {id(agent.spec) for agent in _one_of_each(agents) if says(agent.spec)}
    return (agent for agent in agents if id(agent.spec) in those) if those else iter(())


def pending_whose_spec(snapshot: Snapshot, says: Callable[[AgentSpec], bool]) -> Iterator[Agent]:
    """The same of those who wait: what finds the replicas among them is needed later, too."""
    samples = [replicas[0] for replicas in snapshot.pending_alike]
    return whose_spec(snapshot.pending, says) if any(says(a.spec) for a in samples) else iter(())


def _namespace_selectors(spec: AgentSpec) -> Iterator[LabelSelector]:
    preferred = (own.term for own in spec.preferred_affinity)
    for term in (*spec.affinity, *spec.anti_affinity, *preferred):
        if term.namespace_selector is not None:
            yield term.namespace_selector


def _reads_labels(selector: LabelSelector) -> bool:
    """Whether it goes by more than names of namespaces, which are known without the objects."""
    return any(requirement.key != NAMESPACE_NAME for requirement in selector.requirements)


def _is_negative(selector: LabelSelector) -> bool:
    return not selector.empty and all(r.operator in _NEGATIVE for r in selector.requirements)


def _has_broken_term(selector: NodeSelector | None) -> bool:
    return selector is not None and any(not term.parses for term in selector.terms)


def gated_note(snapshot: Snapshot) -> Iterator[str]:
    """Gated agents are not pending: say how many there are."""
    gated = snapshot.by_class[AgentClass.GATED]
    if gated:
        yield f"{len(gated)} agents wait for scheduling gates (first {gated[0].key}): not placed"
