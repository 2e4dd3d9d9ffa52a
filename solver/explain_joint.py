"""What in the whole answer keeps an agent out: who holds the room, the spread, the gang, the time.

Per node kube-scheduler's line says what is wrong there; these reasons say what would have to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from placewright.models.agent import Agent
from placewright.models.filters import concerned, rejection
from placewright.models.node import Node, Resources
from placewright.models.policy import PodGroup
from placewright.models.quantity import format_amount
from placewright.models.rules import RULES
from placewright.models.rules import gang as gang_rule
from placewright.models.rules import topology_spread as spread_rule
from placewright.models.rules.base import Reason
from placewright.models.rules.devices import choose_devices
from placewright.models.rules.resources import checked_requests
from placewright.models.rules.topology import TopologyCounts
from placewright.models.rules.victims import may_preempt, unevictable_because
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.unplaced import UnplacedReason
from placewright.solver.in_the_way import InTheWay

JOINT = "joint"
"""The rule named for what no single rule says: others hold the room, or time ran out."""
NAMED = 3
"""Names that a message lists before it says how many more there are."""

_NEVER = "no node could ever hold it"

_ON_THE_NODE = frozenset(
    {
        "admission",
        "scheduling_gates",
        "scheduler_name",
        "cordon",
        "taints",
        "node_affinity",
        "host_ports",
        "resources",
        "devices",
        "limit_overcommit",
    }
)
"""Rules that look at nothing but the agent, the node, and who is there."""


def listed(names: Sequence[str]) -> str:
    """`a, b, c and 4 more`: the first few names."""
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def ranked(agents: Iterable[Agent]) -> str:
    """The most important of some agents by name, with their priorities: said once if all have the same."""
    ordered = sorted(agents, key=lambda agent: (-agent.spec.priority, agent.key))
    priorities = dict.fromkeys(agent.spec.priority for agent in ordered)
    if len(priorities) == 1:
        return f"{listed([agent.key for agent in ordered])} (priority {next(iter(priorities))})"
    return listed([f"{agent.key} (priority {agent.spec.priority})" for agent in ordered])


def joint_reasons(
    state: ClusterState, agent: Agent, now: Sequence[tuple[Node, Reason | None]], *, proven: bool
) -> Iterator[UnplacedReason]:
    """Why the finished answer leaves `agent` out, given what each node says `now`.

    `proven`: nothing better exists; otherwise a node that is open is one that time did not suffice for.
    """
    open_nodes = [node for node, reason in now if reason is None]
    if open_nodes:
        yield _although_open(state, agent, open_nodes, proven=proven)
        return
    if any(reason is not None and reason.message == spread_rule.SKEW for _, reason in now):
        yield from _spread_counts(state, agent)
    yield from _who_holds_the_room(state, agent, now)


def _although_open(
    state: ClusterState, agent: Agent, open_nodes: Sequence[Node], *, proven: bool
) -> UnplacedReason:
    names = tuple(node.name for node in open_nodes)
    group = state.snapshot.pod_group_by_key.get((agent.namespace, agent.spec.pod_group))
    if group is not None:
        fits = _gang_members_that_fit(state, group)
        runs = gang_rule.standing(state.snapshot, group)
        if runs + fits < group.min_member:
            return UnplacedReason(rule=gang_rule.RULE.name, message=_gang_message(group, runs, fits))
    if proven:
        said = f"{listed(names)} would take it as it stands, but not together with all that is placed"
    else:
        said = f"{listed(names)} would take it as things stand: time ran out, more of it may place this"
    return UnplacedReason(rule=JOINT, message=said, nodes=names)


def _gang_message(group: PodGroup, runs: int, fits: int) -> str:
    room = f"with {runs} running, room for {fits} more was found" if runs else f"room for {fits} was found"
    return f"gang {group.name}: {room}, minMember is {group.min_member}, so none is placed"


def _gang_members_that_fit(state: ClusterState, group: PodGroup) -> int:
    """How many waiting members go in one after the other, each to the first node that takes it."""
    taken: list[tuple[Agent, Node]] = []
    for member in gang_rule.members(state.snapshot, group):
        if member.node_name or member.key in state.new:
            continue
        node = next((n for n in state.snapshot.nodes if rejection(state, member, n) is None), None)
        if node is not None:
            state.place(member, node, choose_devices(state, member, node) or ())
            taken.append((member, node))
    for member, node in reversed(taken):
        state.remove(member, node)
    return len(taken)


def _spread_counts(state: ClusterState, agent: Agent) -> Iterator[UnplacedReason]:
    """Each hard constraint with the agents that its domains hold, fullest first."""
    for constraint in spread_rule.hard_constraints(state.snapshot, agent):
        key = constraint.topology_key
        within = spread_rule.counted_nodes(state.snapshot, agent, constraint)
        who = spread_rule.counted_agents(agent, constraint)
        counts = {} if who is None else state.index(TopologyCounts).counts(who, key, within)
        values = dict.fromkeys(n.labels[key] for n in state.snapshot.nodes if n.name in within)
        held = sorted(((counts.get(value, 0), value) for value in values), key=lambda d: (-d[0], d[1]))
        if not held or held[0][0] == held[-1][0] == 0:
            continue
        shown = listed([f"{value} holds {count}" for count, value in held])
        few = f", minDomains {constraint.min_domains}" if len(held) < constraint.min_domains else ""
        said = f"{key}: {shown}; the emptiest, {held[-1][1]}, holds {held[-1][0]}"
        yield UnplacedReason(
            rule=spread_rule.RULE.name, message=f"{said}, maxSkew is {constraint.max_skew}{few}"
        )


def _who_holds_the_room(
    state: ClusterState, agent: Agent, now: Sequence[tuple[Node, Reason | None]]
) -> Iterator[UnplacedReason]:
    """This round's agents on nodes that were open before it; else the running ones; else its own size."""
    then = _before(state, agent, now)
    free = [
        (node, reason)
        for (node, reason), (_, was) in zip(now, then, strict=True)
        if reason is not None and was is None
    ]
    if free:
        placed = frozenset(state.new)
        yield from _held_by(state, agent, free, placed, "this round's")
        return
    possible = {node.name for node in state.snapshot.nodes if _admitted(state.snapshot, agent, node)}
    if not possible:
        yield from _never(state.snapshot, agent)
        return
    held = [(node, was) for node, was in then if was is not None and node.name in possible]
    yield from _held_by(state.before(), agent, held, state.snapshot.resident_keys, "the running")


def _before(
    state: ClusterState, agent: Agent, now: Sequence[tuple[Node, Reason | None]]
) -> list[tuple[Node, Reason | None]]:
    """What each node said before this round: what it says `now`, where nothing it looks at has changed."""
    before, came = state.before(), frozenset(state.new.values())
    alone = all(rule.name in _ON_THE_NODE for rule in concerned(state.snapshot, agent.spec, RULES))
    return [
        (node, reason if alone and node.name not in came else rejection(before, agent, node))
        for node, reason in now
    ]


def _admitted(snapshot: Snapshot, agent: Agent, node: Node) -> bool:
    """Whether the node would do if it were empty."""
    return all(rule.admits(snapshot, agent, node) is None for rule in concerned(snapshot, agent.spec, RULES))


def _held_by(
    state: ClusterState,
    agent: Agent,
    nodes: Sequence[tuple[Node, Reason]],
    keys: frozenset[str],
    whose: str,
) -> Iterator[UnplacedReason]:
    """`would fit on n1 were it not for …`, naming only those among `keys` that are really in the way.

    Where that is so on more nodes than can be listed, the one with the fewest in the way speaks for all.
    """
    in_the_way = InTheWay(state, agent)
    held: dict[str, list[Agent]] = {}
    for node, reason in nodes:
        own = [o for o in in_the_way.on(node, reason) if o.key in keys and o.key != agent.key]
        if own:
            held[node.name] = own
    if not held:
        return
    shown = list(held) if len(held) <= NAMED else [min(held, key=lambda name: len(held[name]))]
    holders = {other.key: other for name in shown for other in held[name]}
    said = f"would fit on {listed(shown)} were it not for {whose} {ranked(holders.values())}"
    lower = [other for other in holders.values() if other.spec.priority < agent.spec.priority]
    if lower:
        said += f"; {len(lower)} of them {'has' if len(lower) == 1 else 'have'} a lower priority"
        said += _but_stays(state.snapshot, agent, lower)
    if len(held) > len(shown):
        said += f"; {len(held) - len(shown)} other nodes are held likewise, none by fewer"
    yield UnplacedReason(rule=JOINT, message=said, nodes=tuple(held))


def _but_stays(snapshot: Snapshot, agent: Agent, lower: Sequence[Agent]) -> str:
    """What keeps those that run at a lower priority from being evicted for the agent, or ""."""
    running = [other for other in lower if other.key in snapshot.resident_keys]
    if running and not may_preempt(snapshot, agent):
        return ", but this one may not preempt"
    stay = [(other, why) for other in running if (why := unevictable_because(snapshot, other))]
    if not stay:
        return ""
    first, why = stay[0]
    return f", but {len(stay)} may not be evicted: {first.key} {why}"


def _never(snapshot: Snapshot, agent: Agent) -> Iterator[UnplacedReason]:
    """What even empty nodes lack: an amount that none of the nodes it may use has, or any such node."""
    usable = [node for node in snapshot.nodes if _admitted_but_for_size(snapshot, agent, node)]
    if not usable:
        return
    among = "node" if len(usable) == len(snapshot.nodes) else f"of the {len(usable)} nodes it may use"
    asked = _asked(snapshot, agent)
    for name, amount in sorted(asked.items()):
        largest = max(node.allocatable.get(name, 0) for node in usable)
        if amount > largest:
            sizes = f"requests {name} {format_amount(name, amount)} but the largest {among}"
            said = f"{_NEVER}: {sizes} has {format_amount(name, largest)}"
            yield UnplacedReason(rule="resources", message=said)
            return
    if asked and not any(_large_enough(asked, node) for node in usable):
        said = f"{_NEVER}: each of its requests fits some node, but all of them together fit none"
        yield UnplacedReason(rule="resources", message=said)


def _admitted_but_for_size(snapshot: Snapshot, agent: Agent, node: Node) -> bool:
    return all(rule.admits(snapshot, agent, node) is None for rule in RULES if rule.name != "resources")


def _asked(snapshot: Snapshot, agent: Agent) -> Resources:
    """What a node has to have for the agent: not what its profile leaves to others."""
    return checked_requests(snapshot, agent) or {}


def _large_enough(asked: Resources, node: Node) -> bool:
    return all(amount <= node.allocatable.get(name, 0) for name, amount in asked.items())
