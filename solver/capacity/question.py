"""What is to be placed, what is there already, and what each node bought carries from the start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from placewright.models.agent import Agent, Phase
from placewright.models.catalog import HOSTNAME, Catalog, Offering
from placewright.models.daemons import daemon_samples
from placewright.models.node import Node
from placewright.models.profile import PLACED, ScoreName, Stage
from placewright.models.rules.taints import untolerated
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot


@dataclass(frozen=True)
class Question:
    """snapshot: the cluster before anything is bought; everybody to be placed is pending in it.

    daemons: who comes to each node bought that admits them. left_out: pending agents that are not part of the
    question, as they are less important than asked for.
    """

    snapshot: Snapshot
    catalog: Catalog
    daemons: tuple[Agent, ...]
    left_out: int = 0

    def residents_of(self, node: Node) -> Iterator[Agent]:
        """The agents that a node brings along."""
        for daemon in self.daemons:
            if _runs_on(daemon, node, self.snapshot):
                yield replace(daemon, name=f"{daemon.name}-{node.name}", node_name=node.name)

    def with_nodes(self, nodes: Sequence[Node]) -> Snapshot:
        """The cluster with these nodes bought."""
        new = [agent for node in nodes for agent in self.residents_of(node)]
        base = self.snapshot
        return replace(base, nodes=(*base.nodes, *nodes), agents=(*base.agents, *new))


def ask(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    from_scratch: bool = False,
    priority: int | None = None,
    daemons: Sequence[Agent] | None = None,
) -> Question:
    """The question that a cluster and a catalog make.

    from_scratch: no node that is there stays, and who runs there is placed anew. priority: only agents of at
    least this one have to be placed. daemons: what runs on each node bought; None: the DaemonSets that run in
    the cluster.
    """
    running = _daemons(snapshot) if daemons is None else tuple(daemons)
    base = _emptied(snapshot) if from_scratch else snapshot
    pending = {agent.key for agent in base.pending}
    wanted = [
        agent
        for agent in base.agents
        if agent.key not in pending or priority is None or agent.spec.priority >= priority
    ]
    base = replace(base, agents=tuple(wanted))
    return Question(base, catalog, running, left_out=len(pending) - len(base.pending))


def node_of(offering: Offering, name: str) -> Node:
    """A node of this type, there and price."""
    return Node(
        name=name,
        allocatable=offering.allocatable,
        labels={**offering.labels, HOSTNAME: name},
        taints=offering.taints,
        devices=offering.devices,
        price=offering.price,
    )


def by_cost(snapshot: Snapshot) -> Snapshot:
    """The same question judged by money: everybody is placed, and then nodes in use cost as little as can be.

    Nodes that are there already are paid for.
    """
    profile = replace(
        snapshot.options.profile,
        weights={ScoreName.COST: 1},
        stages=(Stage({PLACED: 1}), Stage({str(ScoreName.COST): 1})),
    )
    return replace(snapshot, options=replace(snapshot.options, profile=profile))


def _emptied(snapshot: Snapshot) -> Snapshot:
    """No nodes; what ran on them is pending again, but for what belongs to its node or is on its way out."""
    agents = [
        _unassigned(agent) if agent.node_name and not agent.terminal else agent
        for agent in snapshot.agents
        if agent.terminal or (keeps_in_use(agent) and not (agent.node_name and agent.terminating))
    ]
    return replace(snapshot, nodes=(), agents=tuple(agents))


def _unassigned(agent: Agent) -> Agent:
    return replace(
        agent, node_name="", nominated_node="", phase=Phase.PENDING, admitted=True, started="", device_ids=()
    )


def _daemons(snapshot: Snapshot) -> tuple[Agent, ...]:
    """One agent for each DaemonSet of the cluster, as it would come to a new node.

    Its controller has tied every agent to one node by required affinity: what the template itself may ask for
    there is not known any more. nodeSelector and tolerations are.
    """
    return tuple(
        replace(
            agent,
            name=agent.owner.name if agent.owner else agent.name,
            spec=replace(agent.spec, node_affinity=None, claims=()),
            node_name="",
            uid="",
            device_ids=(),
            admitted=True,
        )
        for agent in daemon_samples(snapshot)
    )


def _runs_on(daemon: Agent, node: Node, snapshot: Snapshot) -> bool:
    if any(node.labels.get(key) != value for key, value in daemon.spec.node_selector.items()):
        return False
    comparing = snapshot.options.taint_comparison_operators
    return untolerated(node.taints, daemon.spec.tolerations, comparison_operators=comparing) is None
