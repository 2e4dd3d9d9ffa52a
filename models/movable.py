"""Which running agents may move to another node, and why the others may not.

A move is an eviction by the API and a replacement that the agent's controller makes. Who is not made anew,
who would lose data, who asks to be left alone and who may not be evicted stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from placewright.models.agent import Agent, Phase
from placewright.models.disruption import allowed, budgets_of, eviction_refusal, health
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rules.claims import claims_of
from placewright.models.rules.victims import returns, unevictable_because
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot

SINGLE_WRITER = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
SAFE = 'cluster-autoscaler.kubernetes.io/safe-to-evict: "true"'
"""The annotation that lets agents go whatever they keep on their node."""
SURGING_OWNERS = frozenset({"ReplicaSet", "Deployment", "ReplicationController"})
"""Controllers that can run one agent more for a while; others know their agents by name or by number."""


class Discipline(StrEnum):
    """How an agent gets from one node to another.

    evict-then-bind: the slot is reserved, the agent evicted, its replacement bound. surge: the replacement
    runs and is ready before the old one is evicted. at-once: all are evicted, then all replacements are
    bound, in one step, as in a maintenance window.
    """

    EVICT_THEN_BIND = "evict-then-bind"
    SURGE = "surge"
    AT_ONCE = "at-once"


@dataclass(frozen=True)
class MovePolicy:
    """What is asked of an agent before it may be moved, and how.

    min_age: seconds since it started; younger ones were disrupted a moment ago. now: RFC 3339, the moment
    that ages are counted to; "": the latest time that the snapshot knows. local_storage: agents with data on
    their node may move and lose it. discipline: surge, where an agent can, or always evict-then-bind, or all
    at once; `double`: resources that an agent that moves at once is taken to use on both nodes (its data is
    being copied).
    """

    min_age: int = 300
    now: str = ""
    local_storage: bool = False
    discipline: Discipline = Discipline.EVICT_THEN_BIND
    double: tuple[str, ...] = ()


class Ages:
    """How long agents have been running, to the moment that a policy names.

    Else to the latest that the snapshot knows: a start, or a heartbeat of a node.
    """

    def __init__(self, snapshot: Snapshot, policy: MovePolicy) -> None:
        times = [_moment(policy.now)] if policy.now else []
        if not policy.now:
            told = (text for agent in snapshot.agents for text in (agent.started, agent.created))
            times = [_moment(text) for text in (*told, *(node.heartbeat for node in snapshot.nodes))]
        self._now = max((time for time in times if time is not None), default=None)

    def seconds(self, agent: Agent) -> int | None:
        """None where nothing is known of its start."""
        start = _moment(agent.started or agent.created)
        if start is None or self._now is None:
            return None
        return max(0, int((self._now - start).total_seconds()))


def is_moment(text: str) -> bool:
    """Whether a text is a moment with its time zone, as RFC 3339 has it."""
    return _moment(text) is not None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


@dataclass(frozen=True)
class Pin:
    """Why an agent may not move, and what would let it; "" where nothing does, or budgets alone decide."""

    reason: str
    helps: str = ""


def pinned(snapshot: Snapshot, policy: MovePolicy) -> Mapping[str, str]:
    """Every running agent's key with why it stays, "" where it may move."""
    return {key: pin.reason if pin is not None else "" for key, pin in pins(snapshot, policy).items()}


def pins(snapshot: Snapshot, policy: MovePolicy) -> Mapping[str, Pin | None]:
    """The same with what would let it go; None where it may move."""
    ages = Ages(snapshot, policy)
    return {agent.key: _pin(snapshot, agent, policy, ages) for agent in snapshot.residents}


def _pin(snapshot: Snapshot, agent: Agent, policy: MovePolicy, ages: Ages) -> Pin | None:
    if not keeps_in_use(agent):
        return Pin("belongs to its node")
    reason = unevictable_because(snapshot, agent)
    if reason:
        return Pin(reason)
    if agent.stays_because:
        return Pin(f"is annotated {agent.stays_because}", "take that annotation away")
    if not returns(snapshot, agent):
        if agent.recreated:
            return Pin("is of another scheduler")
        return Pin("nothing would make it anew elsewhere", "a controller that makes it anew")
    if agent.local_storage and not policy.local_storage:
        return Pin("keeps data on its node", f"--move-local-storage or {SAFE}, if it may lose that data")
    if any(use.ephemeral for use in agent.spec.claims):
        return Pin("has a volume that ends with it")
    if volume := tied_volume(snapshot, agent):
        return Pin(f"its volume {volume} is on its node")
    age = ages.seconds(agent)
    if age is not None and age < policy.min_age:
        return Pin(
            f"started less than {policy.min_age} s ago", f"wait {policy.min_age - age} s or --min-age 0"
        )
    if policy.discipline is Discipline.AT_ONCE and (budgets_of(snapshot, agent) or agent.spec.pod_group):
        reason = "has a disruption budget or a gang, which nothing waits for where all move at once"
        return Pin(reason, f"--discipline {Discipline.EVICT_THEN_BIND}")
    reason = budget_because(snapshot, agent, surge=policy.discipline is Discipline.SURGE)
    return Pin(reason) if reason else None


def tied_volume(snapshot: Snapshot, agent: Agent) -> str:
    """The name of a volume of the agent that no other node can reach; "" where there is none."""
    for _, claim in claims_of(snapshot, agent):
        volume = snapshot.storage.volumes.get(claim.volume_name) if claim is not None else None
        if volume is None or volume.node_affinity is None:
            continue
        reached = (n.name for n in snapshot.nodes if volume.node_affinity.matches(n.labels, ""))
        if all(name == agent.node_name for name in reached):
            return volume.name
    return ""


def may_surge(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether a replacement can run beside the agent: nothing that only one of them can have."""
    if agent.owner is not None and agent.owner.kind not in SURGING_OWNERS:
        return False
    alone = any(
        claim is None or claim.access_modes & SINGLE_WRITER for _, claim in claims_of(snapshot, agent)
    )
    return not alone and not agent.spec.disks and not agent.spec.devices


def ignores_budgets(agent: Agent) -> bool:
    """The API lets go whoever does not run yet, whatever budgets say (§11)."""
    return agent.terminal or agent.terminating or agent.phase is Phase.PENDING


def surge_allowed(snapshot: Snapshot, budget: PodDisruptionBudget) -> int:
    """How many of its agents a budget lets go when that many replacements run and are ready beside them.

    Where the budget asks for a number of agents the replacements are as many more than that. Where it follows
    what the controllers are to have they are expected, too, and nothing is gained.
    """
    if isinstance(budget.min_available, int):
        known = health(snapshot, budget)
        current = known.current if budget.current_healthy is None else budget.current_healthy
        if current >= budget.min_available:
            return current
    return allowed(snapshot, budget)


def budget_because(snapshot: Snapshot, agent: Agent, *, surge: bool) -> str:
    """Why budgets never let the agent go, however long one waits; "" where they do."""
    refusal = eviction_refusal(snapshot, agent, {})
    if not refusal or not surge or not may_surge(snapshot, agent):
        return refusal
    covering = budgets_of(snapshot, agent)
    return refusal if len(covering) > 1 or surge_allowed(snapshot, covering[0]) <= 0 else ""
