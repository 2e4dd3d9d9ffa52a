"""A running cluster as a question: the snapshot in which everything that may move is yet to be placed.

Who may not move stays as it is, and so do agents that could not go where they are under today's rules:
Kubernetes lets them stay, and nobody need be sent away to find a better place for somebody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from placewright.models.agent import Agent, AgentClass, Phase
from placewright.models.options import Options
from placewright.models.plan import Binding, Plan, Status
from placewright.models.profile import PLACED, Stage
from placewright.models.rules import RULES
from placewright.models.rules.victims import returns, unevictable_because
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.standing import Move
from placewright.models.state import ClusterState
from placewright.solver.groups import group_pending

TOLERATED = "could not go where it is under today's rules"


@dataclass(frozen=True)
class Rearrangement:
    """snapshot: the movable agents pending, the others running, no others. home: agent key -> node name.

    pinned: reason -> agents that stay. ignored: agents that are pending in truth.
    """

    snapshot: Snapshot
    home: Mapping[str, str]
    pinned: Mapping[str, int]
    ignored: int

    @property
    def tolerated(self) -> int:
        """How many could not go where they are under today's rules."""
        return self.pinned.get(TOLERATED, 0)

    def as_it_stands(self) -> Plan:
        """Everybody where they are."""
        movable = self.snapshot.pending
        return Plan(
            status=Status.FEASIBLE,
            bindings=tuple(
                Binding(namespace=agent.namespace, agent=agent.name, node=self.home[agent.key])
                for agent in movable
            ),
            sequential=False,
        )

    def moves(self, plan: Plan) -> Iterator[Move]:
        """The fewest moves that lead to a state as good as the plan's.

        Agents of one group are interchangeable: as many of them stay on a node as the plan has there.
        """
        goes = {binding.key: binding.node for binding in plan.bindings}
        for group in group_pending(self.snapshot):
            there = Counter(goes[agent.key] for agent in group.members if agent.key in goes)
            leaving = []
            for agent in group.members:
                if there[self.home[agent.key]] > 0:
                    there[self.home[agent.key]] -= 1
                else:
                    leaving.append(agent)
            for agent, node in zip(leaving, there.elements(), strict=False):
                yield Move(
                    namespace=agent.namespace,
                    agent=agent.name,
                    from_node=self.home[agent.key],
                    to_node=node,
                )


def rearrangement(snapshot: Snapshot) -> Rearrangement:
    """Which agents of a cluster may move, as a snapshot in which they are to be placed."""
    reasons = {agent.key: _pinned_because(snapshot, agent) for agent in snapshot.residents}
    home = {agent.key: agent.node_name for agent in snapshot.residents}
    question = _question(snapshot, reasons)
    while breaking := _breaking(question, home):
        # They are there all the same: for the others' rules they count where they are.
        reasons |= dict.fromkeys(breaking, TOLERATED)
        question = _question(snapshot, reasons)
    return Rearrangement(
        snapshot=question,
        home={agent.key: home[agent.key] for agent in question.pending},
        pinned=Counter(reason for reason in reasons.values() if reason),
        ignored=len(snapshot.pending),
    )


def _pinned_because(snapshot: Snapshot, agent: Agent) -> str:
    """Why a running agent stays where it is; "" where it may move."""
    if not keeps_in_use(agent):
        return "belongs to its node"
    reason = unevictable_because(snapshot, agent)
    if reason or returns(snapshot, agent):
        return reason
    return "is of another scheduler" if agent.recreated else "nothing would make it anew elsewhere"


def _question(snapshot: Snapshot, reasons: Mapping[str, str]) -> Snapshot:
    """The movable agents as pending ones; what is pending in truth is left out."""
    agents = (
        _unassigned(agent) if reasons.get(agent.key) == "" else agent
        for agent in snapshot.agents
        if snapshot.classify(agent) is not AgentClass.PENDING
    )
    return replace(snapshot, agents=tuple(agents), options=_placing_first(snapshot.options))


def _placing_first(options: Options) -> Options:
    """Whatever else comes first in the profile: none of those that run is left out for it."""
    stages = options.profile.stages
    if stages[0].name == PLACED:
        return options
    stages = (Stage({PLACED: 1}), *(stage for stage in stages if stage.name != PLACED))
    return replace(options, profile=replace(options.profile, stages=stages))


def _unassigned(agent: Agent) -> Agent:
    """The same agent before it was bound; it has been admitted, so no quota is charged again."""
    return replace(agent, node_name="", nominated_node="", phase=Phase.PENDING, admitted=True, started="")


def _breaking(question: Snapshot, home: Mapping[str, str]) -> set[str]:
    """The movable agents that break a rule where they are, or are where a rule blames another."""
    state = ClusterState(question)
    for agent in question.pending:
        state.place(agent, question.node_by_name[home[agent.key]])
    violations = [violation for rule in RULES for violation in rule.violations(state)]
    blamed = {violation.agent for violation in violations if violation.agent in state.new}
    if blamed or not violations:
        return blamed
    nodes = {violation.node for violation in violations}
    return {key for key, node in state.new.items() if node in nodes} or set(state.new)
