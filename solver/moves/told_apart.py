"""What a model has to tell agents apart by that no rule does: demands of workloads, and what ways cost.

To the rules replicas are alike. But a workload asks for domains of its own, whoever is alone already may stay
so, and from another home the same node may be another way off.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from placewright.models.agent import Agent
from placewright.models.audit import placed
from placewright.models.demands import Demands, has_demands, workload_of
from placewright.models.movable import Discipline
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rules.topology import Matcher, matches
from placewright.models.snapshot import Snapshot
from placewright.solver.groups import TellApart
from placewright.solver.moves.question import Question


def telling_apart(question: Question, options: RebalanceOptions) -> TellApart | None:
    """What tells the movable agents of a question apart; None where nothing has to, or more is asked for.

    Counts say nothing of a target in which both places of a move are taken at once.
    """
    if options.policy.discipline is Discipline.AT_ONCE and options.policy.double:
        return None
    if not options.surcharges and not has_demands(question.asked):
        return None
    meant = near_matchers(question.asked)
    alone = Demands.of(placed(question.asked, question.home)).alone
    keys = tuple(key for key, cost in options.surcharges.distance.items() if cost)
    nodes = question.asked.node_by_name

    def apart(agent: Agent) -> tuple[Hashable, ...]:
        own = options.surcharges.most_moved or agent.spec.min_domains
        labels = nodes[question.home[agent.key]].labels
        return (
            workload_of(agent) if own else None,
            tuple(labels.get(key) for key in keys),
            tuple(matches(question.asked, matcher, agent) for matcher in meant),
            tuple(i for i in range(len(agent.spec.near)) if (agent.key, i) in alone),
        )

    return apart


def near_matchers(snapshot: Snapshot) -> tuple[Matcher, ...]:
    """Whom anybody asks to be near, each only once."""
    terms: Iterable[Matcher] = (Matcher((term,)) for agent in snapshot.agents for term in agent.spec.near)
    return tuple(dict.fromkeys(terms))
