"""Why an agent is not placed: per node by rule, as kube-scheduler says it, and then what the whole says."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from placewright.models.agent import NAME, Agent
from placewright.models.errors import UsageError
from placewright.models.filters import rejection
from placewright.models.node import Node
from placewright.models.rules import RULES, admission, gang, quota, resources
from placewright.models.rules.base import Reason
from placewright.models.rules.quota import charged_agents, charging_quotas
from placewright.models.rules.resources import UsageIndex, shortages
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.unplaced import LeftOut, Unplaced, UnplacedReason
from placewright.solver.clock import Deadline
from placewright.solver.explain_joint import JOINT, NAMED, joint_reasons, listed, ranked

MOST_LOOKS = 300_000
"""Pairs of kind and node that are looked at; kinds after that are counted and not explained one by one."""
MOST_JOINT_LOOKS = 150_000
"""Pairs for which what the whole answer says is worked out as well, which takes twice as long again."""
NOT_LOOKED_INTO = (
    "not looked into node by node, as too many kinds are left out: `placewright explain` does it"
)
NO_TIME = "not looked into, as the time limit came: `placewright explain` does it"

CLUSTER_WIDE = (admission.RULE, quota.RULE, gang.RULE)
"""Rules that say the same of every node: one sentence then says it all."""


def find_agent(snapshot: Snapshot, name: str) -> Agent:
    """The agent of this NAMESPACE/NAME (or NAME, in default). Raises UsageError, with what is alike."""
    key = name if "/" in name else f"default/{name}"
    found = snapshot.agent_by_key.get(key)
    if found is not None:
        return found
    same = sorted(agent.key for agent in snapshot.agents if agent.name == key.partition("/")[2])
    alike = same or difflib.get_close_matches(key, snapshot.agent_by_key, n=NAMED)
    hint = f"; there is {listed(alike)}" if alike else ""
    raise UsageError(f"no agent {key} in the snapshot{hint}", field="--agent")


def node_reasons(state: ClusterState, agent: Agent) -> list[tuple[Node, list[Reason]]]:
    """Every rule's objection on every node, in kube-scheduler's order of filters; empty: it may go there."""
    found = []
    for node in state.snapshot.nodes:
        reasons = (rule.rejects(state, agent, node) for rule in RULES)
        found.append((node, [reason for reason in reasons if reason is not None]))
    return found


def without(state: ClusterState, agent: Agent) -> ClusterState:
    """The same state with `agent` taken off its node, so that rules can be asked where it could go."""
    node = state.new.get(agent.key) or agent.node_name
    if node in state.snapshot.node_by_name and agent.key in state.agents_on(node):
        state.remove(agent, state.snapshot.node_by_name[node])
    return state


def explain_unplaced(
    snapshot: Snapshot,
    state: ClusterState,
    agents: Sequence[Agent],
    *,
    proven: bool,
    deadline: Deadline | None = None,
) -> LeftOut:
    """What stands in each agent's way in the final `state`. Agents of one kind are explained once.

    `proven`: nothing better exists, so what the nodes alone do not explain lies in the whole. The work is
    bounded, however many kinds there are: by counting it, so that equal runs say the same, and by `deadline`
    if there is one. The most important are explained first.
    """
    runs = list(_runs(agents))
    kinds: dict[int, Agent] = {}
    for kind, run in runs:
        kinds.setdefault(kind, run[0])
    known: dict[int, Unplaced] = {}
    for kind, agent in sorted(kinds.items(), key=lambda item: -item[1].spec.priority):
        looks = len(known) * len(snapshot.nodes)
        hurried = deadline is not None and deadline.passed
        message, reasons = _explain(snapshot, state, agent, proven=proven, looks=looks, hurried=hurried)
        known[kind] = Unplaced(
            namespace=agent.namespace,
            agent=agent.name,
            priority=agent.spec.priority,
            message=message,
            reasons=reasons,
        )
    return LeftOut((known[kind], tuple(map(NAME, run))) for kind, run in runs)


_REPLICAS = attrgetter("spec", "labels", "namespace", "admitted", "refusal")
"""What reasons depend on, but for claims; replicas, which come one after the other, share the objects."""


def _runs(agents: Iterable[Agent]) -> Iterator[tuple[int, Sequence[Agent]]]:
    """Those one after the other that every reason is the same for, with the number of their kind."""
    numbers: dict[Hashable, int] = {}
    for _, group in groupby(agents, key=_REPLICAS):
        run = list(group)
        first = run[0]
        shared = (first.namespace, first.label_set, first.admitted, first.refusal, first.spec.signature)
        # Claims may belong to one agent alone.
        for those in ([agent] for agent in run) if first.spec.claims else (run,):
            own_claims = those[0].name if first.spec.claims else ""
            yield numbers.setdefault((shared, own_claims), len(numbers)), those


def _explain(
    snapshot: Snapshot, state: ClusterState, agent: Agent, *, proven: bool, looks: int, hurried: bool
) -> tuple[str, tuple[UnplacedReason, ...]]:
    everywhere = () if hurried else tuple(_cluster_wide_reasons(state, agent))
    if everywhere:
        return everywhere[0].message, everywhere
    if hurried or looks > MOST_LOOKS:
        message = NO_TIME if hurried else NOT_LOOKED_INTO
        return message, (UnplacedReason(rule=JOINT, message=message),)
    now = [(node, rejection(state, agent, node)) for node in snapshot.nodes]
    by_cause: dict[tuple[str, str], list[str]] = {}
    for node, reason in now:
        if reason is not None:
            for message in _messages(state, agent, node, reason):
                by_cause.setdefault((reason.rule, message), []).append(node.name)
    reasons = [
        UnplacedReason(rule=rule, message=message, nodes=tuple(nodes))
        for (rule, message), nodes in sorted(by_cause.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    joint = joint_reasons(state, agent, now, proven=proven) if looks <= MOST_JOINT_LOOKS else ()
    return status_line(now, by_cause), (*reasons, *joint)


def _cluster_wide_reasons(state: ClusterState, agent: Agent) -> Iterator[UnplacedReason]:
    """What bars the agent wherever it would go: no nodes at all, creation, a quota, its gang."""
    if not state.snapshot.nodes:
        message = "0/0 nodes are available: the cluster has no nodes."
        yield UnplacedReason(rule=resources.RULE.name, message=message)
        return
    for rule in CLUSTER_WIDE:
        reason = rule.rejects(state, agent, state.snapshot.nodes[0])
        if reason is not None:
            yield UnplacedReason(rule=reason.rule, message=reason.message)
            if rule is quota.RULE:
                yield from _who_used_the_quota(state, agent)
            return


def _who_used_the_quota(state: ClusterState, agent: Agent) -> Iterator[UnplacedReason]:
    """This round's agents that are charged to the same quotas, if without them there would be room."""
    if quota.RULE.rejects(state.before(), agent, state.snapshot.nodes[0]) is not None:
        return
    charged = charging_quotas(state.snapshot, agent)
    by_quota = state.derived("charged", lambda: charged_agents(state))
    found = [other for q in charged for other in by_quota.get((q.namespace, q.name), ())]
    users = list({other.key: other for other in found}.values())
    if users:
        message = f"the quota would allow it without this round's {ranked(users)}"
        yield UnplacedReason(rule=JOINT, message=message)


def _messages(state: ClusterState, agent: Agent, node: Node, reason: Reason) -> list[str]:
    """kube-scheduler counts each short resource of a node by itself."""
    if reason.rule != resources.RULE.name:
        return [reason.message]
    return shortages(state.snapshot, agent, node, state.index(UsageIndex).used(node.name))


def status_line(
    now: Sequence[tuple[Node, Reason | None]], by_cause: Mapping[tuple[str, str], Sequence[str]]
) -> str:
    """`0/5 nodes are available: 3 Insufficient cpu, 2 node(s) …`: counts by message, sorted as text."""
    counts = sorted(f"{len(names)} {message}" for (_, message), names in by_cause.items())
    free = sum(reason is None for _, reason in now)
    if free:
        counts.append(f"{free} would take it as things stand")
    return f"0/{len(now)} nodes are available: {', '.join(counts)}."
