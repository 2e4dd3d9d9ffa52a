"""Random bindings one after the other, good and bad, on both sides: do they agree on a state that grows?

What is accepted is then a finished placement in which the verifier's rules must find nothing wrong, but for spread:
it is judged by the counts at the end, which whoever comes later and does not spread may have changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.rules import RULES, topology_spread
from placewright.models.rules.claims import delayed_claims
from placewright.models.rules.volume_limits import attached_at_start
from placewright.models.state import ClusterState
from placewright.tests.conformance.cases.words import Object, chance
from placewright.tests.conformance.compare import Difference, snapshot_of
from placewright.tests.conformance.harness import Harness

LOOKS = 4
"""How many nodes are tried for one that is open, before any will do."""


@dataclass
class Walks:
    """What was walked. `stricter`: refused here and accepted there, for a reason that is known."""

    walks: int = 0
    accepted: int = 0
    refused: int = 0
    stricter: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class _Step:
    agent: Agent
    node: Node
    refusals: tuple[str, ...]
    stricter: bool


def walk(harness: Harness, cluster: int, objects: Sequence[Object], options: Options, found: Walks) -> None:
    """One walk over all waiting agents of a cluster, in a random order."""
    state = ClusterState(snapshot_of(objects, options))
    steps = list(_steps(Random(f"walk-{cluster}"), state))
    bindings = [{"namespace": s.agent.namespace, "agent": s.agent.name, "node": s.node.name} for s in steps]
    answers = harness.ask(objects, {"bindings": bindings})
    found.walks += 1
    for step, answer in zip(steps, answers, strict=True):
        if answer["accepted"] == (not step.refusals):
            found.accepted += answer["accepted"]
            found.refused += not answer["accepted"]
            continue
        if step.stricter and answer["accepted"]:
            # It is on its node there and not here: from now on the two states differ.
            found.stricter += 1
            return
        theirs = "accepts" if answer["accepted"] else str(answer["refused"])
        where = f"step {answer['step']}"
        ours = ", ".join(step.refusals) or "accepts"
        found.differences.append(Difference(cluster, step.agent.key, step.node.name, where, ours, theirs))
        return
    judged = (rule for rule in RULES if rule is not topology_spread.RULE)
    wrong = [str(violation) for rule in judged for violation in rule.violations(state)]
    if wrong:
        found.differences.append(Difference(cluster, "", "", "accepted by both", wrong[0], "nothing wrong"))


def _steps(rng: Random, state: ClusterState) -> Iterator[_Step]:
    """Each waiting agent on a node that is open to it, or sometimes on any; the state goes along."""
    waiting = list(state.snapshot.pending)
    rng.shuffle(waiting)
    for agent in waiting:
        node = rng.choice(state.snapshot.nodes)
        for _ in range(0 if chance(rng, 30) else LOOKS):
            if not _refusals(state, agent, node):
                break
            node = rng.choice(state.snapshot.nodes)
        refusals = _refusals(state, agent, node)
        yield _Step(agent, node, refusals, bool(refusals) and _is_stricter(state, agent, node, refusals))
        if not refusals:
            state.place(agent, node)


def _refusals(state: ClusterState, agent: Agent, node: Node) -> tuple[str, ...]:
    return tuple(rule.name for rule in RULES if rule.rejects(state, agent, node) is not None)


def _is_stricter(state: ClusterState, agent: Agent, node: Node, refusals: tuple[str, ...]) -> bool:
    """Whether placewright is stricter on purpose: see the README."""
    placed = {c.key for other, _ in state.placed() for c in delayed_claims(state.snapshot, other)}
    reasons = {
        # A volume that was made for another agent's node, whose reach nobody may report.
        "volume_binding": any(c.key in placed for c in delayed_claims(state.snapshot, agent)),
        # An attachment that nobody used at the start keeps its place.
        "volume_limits": bool(attached_at_start(state.snapshot, node)),
    }
    return all(reasons.get(name, False) for name in refusals)
