"""Agents that no rule can tell apart form one group: one integer per node instead of many booleans."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from placewright.models.agent import NAME, Agent, AgentClass
from placewright.models.crowds import alike
from placewright.models.rules.victims import returns
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.selector import AffinityTerm, LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.models.spread import takes_defaults


@dataclass(frozen=True)
class Group:
    """Interchangeable agents, in the order in which they are handed places. Never empty."""

    members: tuple[Agent, ...]

    @property
    def agent(self) -> Agent:
        """Any member: to every rule they are the same."""
        return self.members[0]

    @property
    def size(self) -> int:
        return len(self.members)


TellApart = Callable[[Agent], tuple[Hashable, ...]]
"""What tells agents apart that no rule does."""


def group_pending(snapshot: Snapshot, apart: TellApart | None = None) -> tuple[Group, ...]:
    """The pending agents in groups, as by `group_agents`, and told apart further by `apart`."""
    return _grouped(snapshot, snapshot.pending_alike, frozenset(selected_label_keys(snapshot)), apart)


def group_agents(snapshot: Snapshot, agents: Iterable[Agent]) -> tuple[Group, ...]:
    """Groups in a stable order: priority descending, then by their first member's age and name.

    Only what something reads goes into the signature, so hashes and ordinals in labels that no
    selector mentions do not split a group.
    """
    return _grouped(snapshot, alike(agents), frozenset(selected_label_keys(snapshot)))


def group_evictable(snapshot: Snapshot, agents: Iterable[Agent]) -> tuple[Group, ...]:
    """Running agents that nothing tells apart but the node they are on, in the order of `group_agents`.

    Their members are oldest first: the youngest are the first to go.
    """
    budgets = [budget.selector for budget in snapshot.budgets if budget.selector is not None]
    read = frozenset(selected_label_keys(snapshot)).union(*(selector.keys() for selector in budgets))
    return _grouped(snapshot, alike(agents), read, lambda agent: (agent.ready, returns(snapshot, agent)))


def _grouped(
    snapshot: Snapshot,
    crowds: Iterable[Sequence[Agent]],
    read: frozenset[str],
    apart: TellApart | None = None,
) -> tuple[Group, ...]:
    """Agents (`crowds` of replicas) by their signature and by `apart`; `read`: the labels that count."""
    members: dict[Hashable, list[Agent]] = {}
    for replicas in crowds:
        shared = _shared(snapshot, replicas[0], read)
        for own, found in _told_apart(replicas, apart):
            members.setdefault((shared, own), []).extend(found)
    groups = [Group(_in_turn(group)) for group in members.values()]
    return tuple(sorted(groups, key=lambda group: (-group.agent.spec.priority, turn(group.agent))))


def _told_apart(
    replicas: Sequence[Agent], apart: TellApart | None
) -> Iterator[tuple[Hashable, Sequence[Agent]]]:
    """Replicas by what they do not share; mostly they share that, too."""
    own_claims = any(use.ephemeral for use in replicas[0].spec.claims)
    # Owners are shared by identity; of equal ones that are not the answer is the same, only slower.
    owners = set(map(id, map(_OWNER, replicas)))
    if apart is None and not own_claims and len(owners) == len(set(map(_OWN, replicas))) == 1:
        yield _own(replicas[0]), replicas
        return
    differing: dict[Hashable, list[Agent]] = {}
    for agent in replicas:
        own = _own(agent)
        if own_claims or apart is not None:
            own = (*own, own_claims and agent.name, *(() if apart is None else apart(agent)))
        differing.setdefault(own, []).append(agent)
    yield from differing.items()


_OWNER, _OWN = attrgetter("owner"), attrgetter("admitted", "refusal", "static")
_CREATED = attrgetter("created")


def _own(agent: Agent) -> tuple[Hashable, ...]:
    return (agent.admitted, agent.refusal, keeps_in_use(agent))


def _in_turn(agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Agents of one namespace in the order of `turn`: strings sort faster than tuples of them."""
    return tuple(sorted(sorted(agents, key=NAME), key=_CREATED))


def turn(agent: Agent) -> tuple[str, str, str]:
    """kube-scheduler's queue order within one priority, as far as a snapshot tells it."""
    return (agent.created, agent.namespace, agent.name)


def _shared(snapshot: Snapshot, agent: Agent, read: frozenset[str]) -> Hashable:
    """What is read of an agent's template, labels and services."""
    labels = tuple(sorted((key, value) for key, value in agent.labels.items() if key in read))
    spread = agent.spread_selector if takes_defaults(snapshot, agent) else None
    return (agent.namespace, labels, spread, agent.spec.signature)


def selected_label_keys(snapshot: Snapshot) -> Iterator[str]:
    """Every agent label key that some agent's rule reads, running agents' included."""
    # Replicas share their spec, and agents of one service and controller the selector.
    seen: set[tuple[int, int]] = set()
    for agent in _one_of_each(snapshot):
        both = (id(agent.spec), id(agent.spread_selector))
        if both in seen:
            continue
        seen.add(both)
        if agent.spread_selector is not None and takes_defaults(snapshot, agent):
            yield from agent.spread_selector.keys()
        for selector in _selectors(agent):
            if selector is not None:
                yield from selector.keys()


def _one_of_each(snapshot: Snapshot) -> Iterator[Agent]:
    """All agents, of those pending that share their spec and selector only the first."""
    for kind, agents in snapshot.by_class.items():
        if kind is AgentClass.PENDING:
            yield from (replicas[0] for replicas in snapshot.pending_alike)
        else:
            yield from agents


def _selectors(agent: Agent) -> Iterator[LabelSelector | None]:
    spec = agent.spec
    terms: Iterable[AffinityTerm] = (
        *spec.affinity,
        *spec.anti_affinity,
        *(weighted.term for weighted in spec.preferred_affinity),
        *(talk.term for talk in spec.talks_to),
    )
    yield from (term.selector for term in terms)
    yield from (constraint.selector for constraint in spec.spread)
