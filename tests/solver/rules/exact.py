"""A rule's encoders against every placement that the rule accepts: as a whole, and around what is fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.rules.base import Encoder
from placewright.tests.solving import solve_tiny

Placed = Mapping[str, str]
"""Agent key -> node name."""

RULE_OF = {rule.name: rule for rule in RULES}


def most_allowed(seen: Snapshot, rule: Rule, kept: Placed | None = None) -> int:
    """The most pending agents, `kept` where they are among them, that the rule lets be placed together."""
    best = 0
    for choice in _choices(seen, kept or {}):
        if len(choice) > best and allows(seen, rule, choice):
            best = len(choice)
    return best


def _choices(seen: Snapshot, kept: Placed) -> Iterator[dict[str, str]]:
    options: list[list[Node | None]] = [_options(seen, agent, kept) for agent in seen.pending]
    for nodes in product(*options):
        yield {a.key: n.name for a, n in zip(seen.pending, nodes, strict=True) if n is not None}


def _options(seen: Snapshot, agent: Agent, kept: Placed) -> list[Node | None]:
    if agent.key in kept:
        return [seen.node_by_name[kept[agent.key]]]
    return [None, *(n for n in seen.nodes if all(r.admits(seen, agent, n) is None for r in RULES))]


def allows(seen: Snapshot, rule: Rule, placed: Placed) -> bool:
    """Whether a rule, and resources, accept a finished placement whose devices can be handed out.

    Resources are always kept: without them counts per node have no bound.
    """
    steps = [(seen.agent_by_key[key], seen.node_by_name[name]) for key, name in placed.items()]
    devices = hand_out_devices(seen, steps)
    if devices is None:
        return False
    state = ClusterState(seen)
    for agent, where in steps:
        state.place(agent, where, devices.get(agent.key, ()))
    rules = (rule, RULE_OF["resources"])
    return not any(True for asked in rules for _ in asked.violations(state))


def check_whole(seen: Snapshot, encoders: Sequence[type[Encoder]], rng: Random) -> dict[str, str]:
    """As many are placed as the last encoder's rule allows; returns who went where."""
    rule = RULE_OF[encoders[-1].rule]
    placed = solve_tiny(seen, RULES, rng.sample(encoders, len(encoders)))
    assert allows(seen, rule, placed)
    assert len(placed) == most_allowed(seen, rule)
    return placed


def check_part(
    seen: Snapshot, encoders: Sequence[type[Encoder]], rng: Random, placed: Placed, *, exact: bool = True
) -> None:
    """The same around some of the placed agents, which are fixed.

    `exact` False: the model may allow for more, as something else judges the whole.
    """
    rule = RULE_OF[encoders[-1].rule]
    kept = {key: name for key, name in placed.items() if rng.random() < 0.5}
    around = solve_tiny(seen, RULES, rng.sample(encoders, len(encoders)), kept)
    most = most_allowed(seen, rule, kept)
    assert len(around) == most if exact else len(around) >= most
    assert not exact or allows(seen, rule, around)


def check_exact(seen: Snapshot, encoders: Sequence[type[Encoder]], rng: Random) -> None:
    """Both."""
    check_part(seen, encoders, rng, check_whole(seen, encoders, rng))


def check_many(
    random_cluster: Callable[[Random], Snapshot], encoders: Sequence[type[Encoder]], seeds: range
) -> None:
    """The same on the random cluster of each seed."""
    for seed in seeds:
        check_exact(random_cluster(Random(seed)), encoders, Random(seed))
