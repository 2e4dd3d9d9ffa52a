"""Why an agent is not placed: per node by rule, as kube-scheduler says it, and then what the whole says."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.plan import Unplaced, UnplacedReason
from placewright.models.rules import RULES
from placewright.models.rules import gang as gang_rule
from placewright.models.rules import quota as quota_rule
from placewright.models.rules.base import Reason
from placewright.models.rules.resources import UsageIndex, shortages
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.replay import rejection

NAMED = 3
"""Names that a message lists before it says how many more there are."""

JOINT = "joint"
"""The rule named for what no single rule says: others hold the room, or time ran out."""


def node_reasons(state: ClusterState, agent: Agent) -> list[tuple[Node, list[Reason]]]:
    """Every rule's objection on every node, in kube-scheduler's order of filters; empty: it may go there."""
    found = []
    for node in state.snapshot.nodes:
        reasons = (rule.rejects(state, agent, node) for rule in RULES)
        found.append((node, [reason for reason in reasons if reason is not None]))
    return found


def explain_unplaced(
    snapshot: Snapshot, state: ClusterState, agents: Sequence[Agent], *, proven: bool
) -> tuple[Unplaced, ...]:
    """What stands in each agent's way in the final `state`. Agents of one kind are explained once.

    `proven`: nothing better exists, so what the nodes alone do not explain lies in the whole.
    """
    known: dict[Hashable, tuple[str, tuple[UnplacedReason, ...]]] = {}
    result = []
    for agent in agents:
        kind = (
            agent.namespace,
            agent.label_set,
            agent.admitted,
            agent.spec.signature,
            bool(agent.spec.claims) and agent.name,
        )
        if kind not in known:
            known[kind] = _explain(snapshot, state, agent, proven=proven)
        message, reasons = known[kind]
        result.append(
            Unplaced(
                namespace=agent.namespace,
                agent=agent.name,
                priority=agent.spec.priority,
                message=message,
                reasons=reasons,
            )
        )
    return tuple(result)


def _explain(
    snapshot: Snapshot, state: ClusterState, agent: Agent, *, proven: bool
) -> tuple[str, tuple[UnplacedReason, ...]]:
    whole = _whole_cluster_reason(state, agent)
    if whole is not None:
        return whole.message, (whole,)
    by_cause: dict[tuple[str, str], list[str]] = {}
    open_nodes: list[str] = []
    for node in snapshot.nodes:
        reason = rejection(state, agent, node)
        if reason is None:
            open_nodes.append(node.name)
            continue
        for message in _messages(state, agent, node, reason):
            by_cause.setdefault((reason.rule, message), []).append(node.name)
    line = _status_line(len(snapshot.nodes), len(open_nodes), by_cause)
    reasons = [
        UnplacedReason(rule=rule, message=message, nodes=tuple(nodes))
        for (rule, message), nodes in sorted(by_cause.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    joint = _joint_reason(state, agent, open_nodes, proven=proven)
    return line, (*reasons, *joint)


def _whole_cluster_reason(state: ClusterState, agent: Agent) -> UnplacedReason | None:
    """A quota or a gang that bars the agent wherever it would go."""
    if not state.snapshot.nodes:
        return UnplacedReason(rule="resources", message="0/0 nodes are available: the cluster has no nodes.")
    node = state.snapshot.nodes[0]
    for rule in (quota_rule.RULE, gang_rule.RULE):
        reason = rule.rejects(state, agent, node)
        if reason is not None:
            return UnplacedReason(rule=reason.rule, message=reason.message)
    return None


def _messages(state: ClusterState, agent: Agent, node: Node, reason: Reason) -> list[str]:
    """kube-scheduler counts each short resource of a node by itself."""
    if reason.rule != "resources":
        return [reason.message]
    return shortages(agent, node, state.index(UsageIndex).used(node.name))


def _status_line(nodes: int, open_nodes: int, by_cause: dict[tuple[str, str], list[str]]) -> str:
    counts = sorted(f"{len(names)} {message}" for (_, message), names in by_cause.items())
    if open_nodes:
        counts.append(f"{open_nodes} would take it as things stand")
    return f"0/{nodes} nodes are available: {', '.join(counts)}."


def _joint_reason(
    state: ClusterState, agent: Agent, open_nodes: Sequence[str], *, proven: bool
) -> list[UnplacedReason]:
    gang = state.snapshot.pod_group_by_key.get((agent.namespace, agent.spec.pod_group))
    if gang is not None and open_nodes:
        message = f"gang {gang.name}: its {gang.min_member} members do not all fit, so none is placed"
        return [UnplacedReason(rule="gang", message=message)]
    if open_nodes:
        said = "the rules bar it together with the others" if proven else "time ran out before it was placed"
        return [UnplacedReason(rule=JOINT, message=said, nodes=tuple(open_nodes))]
    return _who_holds_the_room(state, agent)


def _who_holds_the_room(state: ClusterState, agent: Agent) -> list[UnplacedReason]:
    """Nodes where it would fit were it not for this round's other agents, and who they are."""
    before = state.before()
    free = [node for node in before.snapshot.nodes if rejection(before, agent, node) is None]
    if not free:
        return _never_reason(state, agent)
    names = {node.name for node in free}
    holders = sorted(
        (other for other, node in state.placed() if node.name in names),
        key=lambda other: (-other.spec.priority, other.key),
    )
    said = f"would fit on {_listed([node.name for node in free])} without this round's {_held(holders)}"
    return [UnplacedReason(rule=JOINT, message=said, nodes=tuple(node.name for node in free))]


def _held(holders: Sequence[Agent]) -> str:
    named = [f"{other.key} (priority {other.spec.priority})" for other in holders[:NAMED]]
    return _listed(named, len(holders))


def _never_reason(state: ClusterState, agent: Agent) -> list[UnplacedReason]:
    """Requests that no node could ever meet, with the largest there is."""
    for name, amount in sorted(agent.spec.requests.items()):
        largest = max((node.allocatable.get(name, 0) for node in state.snapshot.nodes), default=0)
        if amount > largest:
            unit = "m" if name == "cpu" else ""
            said = f"no node could ever hold it: {name} {amount}{unit}, the largest has {largest}{unit}"
            return [UnplacedReason(rule="resources", message=said)]
    return []


def _listed(names: Sequence[str], total: int | None = None) -> str:
    count = len(names) if total is None else total
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {count - NAMED} more" if count > NAMED else shown
