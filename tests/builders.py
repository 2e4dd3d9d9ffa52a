"""Small builders: a test names only what it is about. cpu in milli-cores, memory in MiB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from placewright.models.agent import Agent, AgentSpec, SpreadConstraint
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.selector import (
    AffinityTerm,
    Effect,
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
    Taint,
    Toleration,
    match_labels,
)
from placewright.models.snapshot import Snapshot

MIB = 1024 * 1024
ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"


def node(
    name: str,
    *,
    cpu: int = 4000,
    memory: int = 8192,
    pods: int = 110,
    zone: str | None = None,
    labels: Mapping[str, str] | None = None,
    taints: Iterable[Taint] = (),
    extra: Mapping[str, int] | None = None,
    **fields: Any,
) -> Node:
    """A node labelled with its hostname and, if given, its zone; `extra` adds allocatable resources."""
    zoned = {ZONE: zone} if zone is not None else {}
    return Node(
        name=name,
        allocatable={"cpu": cpu, "memory": memory * MIB, "pods": pods, **(extra or {})},
        labels={HOSTNAME: name, **zoned, **(labels or {})},
        taints=tuple(taints),
        **fields,
    )


def spec(
    *, cpu: int = 0, memory: int = 0, extra: Mapping[str, int] | None = None, **fields: Any
) -> AgentSpec:
    """A spec with these effective requests; zero amounts are left out."""
    amounts = {"cpu": cpu, "memory": memory * MIB, **(extra or {})}
    return AgentSpec(requests={name: amount for name, amount in amounts.items() if amount}, **fields)


_AGENT_FIELDS = frozenset(Agent.__dataclass_fields__) - {"spec", "name", "namespace", "labels"}


def agent(
    name: str,
    *,
    namespace: str = "default",
    labels: Mapping[str, str] | None = None,
    on: str = "",
    **fields: Any,
) -> Agent:
    """A pending agent, or one that runs on node `on`. Other fields go to the agent or to its spec."""
    own = {key: fields.pop(key) for key in list(fields) if key in _AGENT_FIELDS}
    return Agent(
        namespace=namespace, name=name, spec=spec(**fields), labels=labels or {}, node_name=on, **own
    )


def agents(name: str, count: int, **fields: Any) -> list[Agent]:
    """`count` replicas: name-0, name-1, …"""
    return [agent(f"{name}-{i}", **fields) for i in range(count)]


def snapshot(nodes: Iterable[Node], agents: Iterable[Agent] = (), **fields: Any) -> Snapshot:
    """A snapshot; option fields (`enforce_quota=False`, …) are taken as `Options`."""
    chosen = {key: fields.pop(key) for key in list(fields) if key in Options.__dataclass_fields__}
    return Snapshot(nodes=tuple(nodes), agents=tuple(agents), options=Options(**chosen), **fields)


def taint(key: str, value: str = "", effect: str = "NoSchedule") -> Taint:
    return Taint(key, Effect(effect), value)


def toleration(
    key: str = "", value: str = "", effect: str = "", operator: str = "Equal", *, for_a_time: bool = False
) -> Toleration:
    return Toleration(key=key, operator=operator, value=value, effect=effect, for_a_time=for_a_time)


def requirement(key: str, operator: str, *values: str) -> Requirement:
    return Requirement(key, Operator(operator), values)


def selector(*requirements: Requirement, **labels: str) -> LabelSelector:
    """`selector(app="web")`, `selector(requirement("tier", "In", "a"))`; no argument: everything."""
    return LabelSelector((*match_labels(labels).requirements, *requirements))


def node_affinity(*terms: Iterable[Requirement]) -> NodeSelector:
    """Required node affinity: each argument is one term's matchExpressions."""
    return NodeSelector(tuple(NodeSelectorTerm(match_expressions=tuple(term)) for term in terms))


def near(key: str = ZONE, *, namespace: str = "default", **labels: str) -> AffinityTerm:
    """A pod (anti-)affinity term over agents of one namespace with these labels."""
    return AffinityTerm(key, match_labels(labels), frozenset({namespace}))


def spread(key: str = ZONE, *, skew: int = 1, **labels: str) -> SpreadConstraint:
    """A hard topology spread constraint over these labels."""
    return SpreadConstraint(topology_key=key, max_skew=skew, selector=match_labels(labels))
