"""What a cluster is at one moment: agents, nodes, volumes, quotas, budgets. Immutable."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Self

from placewright.models.agent import Agent, AgentClass
from placewright.models.crowds import Crowd, alike, crowds
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.policy import PodDisruptionBudget, PodGroup, ResourceQuota, Scale
from placewright.models.profile import Profile
from placewright.models.selector import Taint
from placewright.models.storage import Storage

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace has: its own name."""


@dataclass(frozen=True)
class Snapshot:
    """The cluster as it was read. `warnings` name what it holds that is not modelled.

    `scales`: (namespace, kind, name) of an agent's controller -> how many agents it is to have, where known.
    """

    nodes: tuple[Node, ...] = ()
    agents: tuple[Agent, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    storage: Storage = field(default_factory=Storage)
    quotas: tuple[ResourceQuota, ...] = ()
    budgets: tuple[PodDisruptionBudget, ...] = ()
    pod_groups: tuple[PodGroup, ...] = ()
    scales: Mapping[tuple[str, str, str], Scale] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def saying(self, *, warnings: Iterable[str] = (), notes: Iterable[str] = ()) -> Self:
        """The same cluster with these warnings before its own, and these notes after them.

        What has been derived from it is kept: it may have 600,000 agents, and nothing reads what is said.
        """
        said = replace(self, warnings=(*warnings, *self.warnings), notes=(*self.notes, *notes))
        own = {item.name for item in fields(self)}
        vars(said).update((name, value) for name, value in vars(self).items() if name not in own)
        return said

    @cached_property
    def node_by_name(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def taints(self) -> tuple[Taint, ...]:
        """Every taint that some node has, once."""
        return tuple(dict.fromkeys(taint for node in self.nodes for taint in node.taints))

    @cached_property
    def any_cordoned(self) -> bool:
        return any(node.unschedulable for node in self.nodes)

    @cached_property
    def agent_by_key(self) -> Mapping[str, Agent]:
        return {agent.key: agent for agent in self.agents}

    @cached_property
    def pod_group_by_key(self) -> Mapping[tuple[str, str], PodGroup]:
        return {(group.namespace, group.name): group for group in self.pod_groups}

    @cached_property
    def memo(self) -> dict[Hashable, object]:
        """What rules derive from the snapshot, kept by them so that they derive it once."""
        return {}

    @cached_property
    def quotas_by_namespace(self) -> Mapping[str, tuple[ResourceQuota, ...]]:
        """The quotas of each namespace that has some, in their order."""
        found: dict[str, list[ResourceQuota]] = {}
        for quota in self.quotas:
            found.setdefault(quota.namespace, []).append(quota)
        return {namespace: tuple(quotas) for namespace, quotas in found.items()}

    @cached_property
    def gang_members(self) -> Mapping[tuple[str, str], tuple[Agent, ...]]:
        """The agents of each gang, by the gang's (namespace, name), whether or not it exists."""
        members: dict[tuple[str, str], list[Agent]] = {}
        for agent in self.agents:
            if agent.spec.pod_group:
                members.setdefault((agent.namespace, agent.spec.pod_group), []).append(agent)
        return {key: tuple(agents) for key, agents in members.items()}

    @cached_property
    def _off(self) -> Mapping[str, frozenset[str]]:
        return {profile.scheduler_name: profile.off for profile in self.options.all_profiles}

    @cached_property
    def any_off(self) -> bool:
        """Whether some profile has switched off some filter."""
        return any(self._off.values())

    def filters(self, plugin: str, agent: Agent) -> bool:
        """Whether the filter of a plugin holds for an agent: not if its profile has switched it off."""
        if not self.any_off:
            return True
        return plugin not in self._off.get(agent.spec.scheduler_name, self.options.profile.off)

    def profile_of(self, agent: Agent) -> Profile:
        """The profile that judges an agent: its scheduler's, else the one for the cluster as a whole."""
        return self.options.profile_of(agent.spec.scheduler_name)

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """Labels of a namespace; of one that the snapshot does not hold only its name is known."""
        known = self._namespace_labels.get(namespace)
        if known is None:
            # The API server gives every namespace this label, whatever it was created with.
            known = {**self.namespaces.get(namespace, {}), NAMESPACE_NAME: namespace}
            self._namespace_labels[namespace] = known
        return known

    @cached_property
    def _namespace_labels(self) -> dict[str, Mapping[str, str]]:
        return {}

    def classify(self, agent: Agent) -> AgentClass:
        """What this agent is to a round of placement (§14 of the semantics reference)."""
        if agent.terminal:
            return AgentClass.TERMINAL
        if agent.node_name:
            return AgentClass.ASSIGNED
        if agent.terminating:
            return AgentClass.TERMINATING
        if agent.scheduling_gates:
            return AgentClass.GATED
        if agent.spec.scheduler_name not in self.options.scheduler_names:
            return AgentClass.FOREIGN
        return AgentClass.PENDING

    @cached_property
    def by_class(self) -> Mapping[AgentClass, tuple[Agent, ...]]:
        """The agents of each class, in the order in which they were read."""
        found: dict[AgentClass, list[Agent]] = {kind: [] for kind in AgentClass}
        for agent in self.agents:
            found[self.classify(agent)].append(agent)
        return {kind: tuple(agents) for kind, agents in found.items()}

    @cached_property
    def pending(self) -> tuple[Agent, ...]:
        """The agents to place, in the order in which they were read."""
        return self.by_class[AgentClass.PENDING]

    @cached_property
    def pending_alike(self) -> tuple[list[Agent], ...]:
        """The same, those together that share what a template says."""
        return alike(self.pending)

    @cached_property
    def residents(self) -> tuple[Agent, ...]:
        """The agents that hold something on a node of this snapshot."""
        return tuple(self._residents())

    @cached_property
    def residents_on(self) -> Mapping[str, Mapping[str, Agent]]:
        """The same by node name and key, of every node."""
        found: dict[str, dict[str, Agent]] = {node.name: {} for node in self.nodes}
        for agent in self.residents:
            found[agent.node_name][agent.key] = agent
        return found

    @cached_property
    def resident_devices(self) -> Mapping[str, tuple[int, ...]]:
        """The devices that residents hold, by key."""
        return {agent.key: agent.device_ids for agent in self.residents if agent.device_ids}

    @cached_property
    def resident_crowds(self) -> tuple[Crowd, ...]:
        """The same, those alike together."""
        nodes = self.node_by_name
        return crowds((agent, nodes[agent.node_name]) for agent in self.residents)

    @cached_property
    def resident_keys(self) -> frozenset[str]:
        return frozenset(agent.key for agent in self.residents)

    def _residents(self) -> Iterator[Agent]:
        gone = self.options.assume_terminating_gone
        nodes = self.node_by_name
        for agent in self.by_class[AgentClass.ASSIGNED]:
            if agent.node_name in nodes and not (agent.terminating and gone):
                yield agent
