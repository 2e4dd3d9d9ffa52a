"""An agent: the unit of work that is placed (in Kubernetes, a Pod).

What replicas of one template share is an `AgentSpec`; what tells them apart is in `Agent`.
Everything here is resolved: defaults applied, requests effective, selectors merged.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from placewright.models.node import Resources
from placewright.models.once import once
from placewright.models.selector import (
    AffinityTerm,
    LabelSelector,
    NodeSelector,
    PreferredNodeTerm,
    Toleration,
)

DEFAULT_SCHEDULER = "default-scheduler"


class QosClass(StrEnum):
    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


class InclusionPolicy(StrEnum):
    HONOR = "Honor"
    IGNORE = "Ignore"


@dataclass(frozen=True)
class WeightedAffinityTerm:
    """A preferred term; `weight` is negative for anti-affinity."""

    weight: int
    term: AffinityTerm


@dataclass(frozen=True)
class SpreadConstraint:
    """One topologySpreadConstraint; `hard` is DoNotSchedule. matchLabelKeys are merged into `selector`."""

    topology_key: str
    max_skew: int
    selector: LabelSelector | None
    hard: bool = True
    min_domains: int = 1
    node_affinity_policy: InclusionPolicy = InclusionPolicy.HONOR
    node_taints_policy: InclusionPolicy = InclusionPolicy.IGNORE


@dataclass(frozen=True, order=True)
class HostPort:
    port: int
    protocol: str = "TCP"
    ip: str = "0.0.0.0"  # noqa: S104 - the API's wildcard, nothing is bound here

    def conflicts(self, other: HostPort) -> bool:
        """Same protocol and port, and either side the IPv4 wildcard or the same address."""
        if (self.port, self.protocol) != (other.port, other.protocol):
            return False
        return self.ip == other.ip or "0.0.0.0" in (self.ip, other.ip)  # noqa: S104


@dataclass(frozen=True)
class Disk:
    """A legacy inline disk that at most one agent may mount on a node.

    `identity` is what is compared (`kind` with its ids); `monitors` only for RBD, where any
    overlap counts. Two read-only uses share, except where `always_exclusive` (AWS EBS).
    """

    kind: str
    identity: tuple[str, ...]
    read_only: bool = False
    always_exclusive: bool = False
    monitors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ClaimUse:
    """A PersistentVolumeClaim that the agent mounts, by name in its namespace.

    `ephemeral`: the claim is made for this agent (`<agent>-<volume>`) and must be owned by it.
    """

    name: str
    ephemeral: bool = False


@dataclass(frozen=True)
class DeviceRequest:
    """`count` devices of any of `models` (empty: any), `milli` shares of each.

    `milli` < 1000 is a share of ONE device (then `count` is 1); 1000 means whole devices.
    """

    resource: str
    count: int
    milli: int = 1000
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Talk:
    """Whom an agent exchanges traffic with, and how much. The topology key of `term` is not read."""

    term: AffinityTerm
    weight: int = 1


@dataclass(frozen=True)
class OwnerReference:
    """The controlling owner."""

    kind: str
    name: str
    uid: str = ""


@dataclass(frozen=True)
class AgentSpec:
    """What a template says and the rules read. `scoring_requests` has kube-scheduler's non-zero defaults.

    `unspecified` lists the quota keys (`requests.cpu`, `limits.memory`, …) that at least one
    container leaves open: a quota on such a key refuses the agent at creation. `needs_data`: what it reads
    (model weights, data sets), by name, in bytes. `container_scoring_requests`: where the agent has
    pod-level resources, what its containers alone would count for (`quirk_fit_scoring`). `min_domains`
    (topology key, number) and `near`: what rebalances keep to (models/demands.py).
    """

    requests: Resources = field(default_factory=dict)
    limits: Resources = field(default_factory=dict)
    scoring_requests: Resources = field(default_factory=dict)
    container_scoring_requests: Resources = field(default_factory=dict)
    unspecified: frozenset[str] = frozenset()
    qos: QosClass = QosClass.BEST_EFFORT
    priority: int = 0
    priority_class_name: str = ""
    preemption_policy: str = "PreemptLowerPriority"
    scheduler_name: str = DEFAULT_SCHEDULER
    node_selector: Mapping[str, str] = field(default_factory=dict)
    node_affinity: NodeSelector | None = None
    preferred_nodes: tuple[PreferredNodeTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    host_ports: tuple[HostPort, ...] = ()
    affinity: tuple[AffinityTerm, ...] = ()
    anti_affinity: tuple[AffinityTerm, ...] = ()
    preferred_affinity: tuple[WeightedAffinityTerm, ...] = ()
    crosses_namespaces: bool = False
    spread: tuple[SpreadConstraint, ...] = ()
    claims: tuple[ClaimUse, ...] = ()
    disks: tuple[Disk, ...] = ()
    devices: tuple[DeviceRequest, ...] = ()
    pod_group: str = ""
    images: tuple[str, ...] = ()
    container_count: int = 1
    has_deadline: bool = False
    talks_to: tuple[Talk, ...] = ()
    needs_data: Mapping[str, int] = field(default_factory=dict)
    min_domains: tuple[tuple[str, int], ...] = ()
    near: tuple[AffinityTerm, ...] = ()

    @cached_property
    def signature(self) -> Hashable:
        """Equal for specs that say the same; cached, so that grouping many agents stays cheap."""
        return tuple(_frozen(getattr(self, item.name)) for item in fields(self))


def _frozen(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(sorted(value.items()))
    frozen: Hashable = value
    return frozen


class Phase(StrEnum):
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


TERMINAL_PHASES = frozenset({Phase.SUCCEEDED, Phase.FAILED})


class AgentClass(StrEnum):
    """What an agent is to a round of placement."""

    TERMINAL = "terminal"
    ASSIGNED = "assigned"
    TERMINATING = "terminating"  # pending, and being deleted: never placed
    GATED = "gated"
    FOREIGN = "foreign"  # pending, for a scheduler that is not ours
    PENDING = "pending"  # ours to place


class SharedLabels(dict[str, str]):
    """Labels that many agents have: where replicas share one object, they share its set of items, too."""

    @cached_property
    def items_set(self) -> frozenset[tuple[str, str]]:
        return frozenset(self.items())


@dataclass(frozen=True)
class Agent:
    """One agent. `node_name` "" is not assigned; `admitted` is False for an agent that does not exist in
    the cluster yet (quota is charged for it). `device_ids` are the devices an assigned agent holds, in
    the order of `spec.devices`. `refusal`: why the API server would not even create it.
    `ready`: condition Ready. `preemptable` False: never evicted to make room. `recreated`: something makes
    it anew after an eviction. `started`: when, RFC 3339; "" is not yet, or not known. `spread_selector`: what
    its services and its controller select, for default spread constraints (§6.1); None: they do not apply.
    `stays_because`: an annotation that says never to disrupt it; "": none does. `local_storage`: it keeps
    data on its node that a move would lose. `move_weight`: what its move counts beside another one's."""

    namespace: str
    name: str
    spec: AgentSpec
    labels: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""
    phase: Phase = Phase.PENDING
    node_name: str = ""
    nominated_node: str = ""
    terminating: bool = False
    scheduling_gates: tuple[str, ...] = ()
    admitted: bool = True
    owner: OwnerReference | None = None
    static: bool = False
    device_ids: tuple[int, ...] = ()
    created: str = ""
    started: str = ""
    refusal: str = ""
    ready: bool = True
    preemptable: bool = True
    recreated: bool = True
    spread_selector: LabelSelector | None = None
    stays_because: str = ""
    local_storage: bool = False
    move_weight: int = 1

    @once
    def key(self) -> str:
        """`namespace/name`: unique in a snapshot."""
        return f"{self.namespace}/{self.name}"

    @property
    def terminal(self) -> bool:
        return self.phase in TERMINAL_PHASES

    @property
    def label_set(self) -> frozenset[tuple[str, str]]:
        """The labels as a hashable value, one object for all replicas."""
        labels = self.labels
        return labels.items_set if isinstance(labels, SharedLabels) else _label_set(tuple(labels.items()))


NAME = attrgetter("name")
"""An agent's name, read at the speed of C: there may be hundreds of thousands to map over."""


@lru_cache(maxsize=2**16)
def _label_set(items: tuple[tuple[str, str], ...]) -> frozenset[tuple[str, str]]:
    return frozenset(items)
