"""Anti-affinity as counts stand: who is kept out, how many come at once, and whether the whole holds."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.solver.compile import compile_problem
from placewright.solver.rules.anti_affinity import AntiAffinityEncoder
from placewright.solver.rules.anti_affinity_ledger import AntiAffinityLedger
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot

NODES = [node("n1", zone="a"), node("n2", zone="a"), node("n3", zone="b"), node("n4")]
WEB, DB = {"app": "web"}, {"app": "db"}
ALONE = agents("w", 3, labels=WEB, anti_affinity=(near(app="web"),))
"""At most one in each zone, by their own term."""
SHY = agents("s", 3, anti_affinity=(near(app="db"),))
LOUD = agents("d", 3, labels=DB)
FREE = "free"
"""A scheduler whose profile does not look at affinity."""


def ledger(*everyone: Agent, **placed: tuple[int, ...]) -> tuple[AntiAffinityLedger, dict[str, int]]:
    """With so many of each group on the four nodes, and the groups by the names of their agents."""
    off = Profile(scheduler_name=FREE, off=frozenset({"InterPodAffinity"}))
    cluster = snapshot(
        NODES,
        Random(5).sample(everyone, len(everyone)),
        scheduler_names=frozenset({"default-scheduler", FREE}),
        profiles=(off,),
    )
    compilation, problem = compile_problem(cluster, encoders=[AntiAffinityEncoder])
    [encoder] = problem.encoders
    assert isinstance(encoder, AntiAffinityEncoder)
    group = {found.agent.name.split("-")[0]: g for g, found in enumerate(compilation.groups)}
    count = np.zeros((len(compilation.groups), len(NODES)), dtype=np.int64)
    for name, row in placed.items():
        count[group[name]] = row
    made = encoder.ledger(count)
    assert isinstance(made, AntiAffinityLedger)
    return made, group


def closed(seen: AntiAffinityLedger, g: int) -> list[str]:
    """The nodes that are closed to a group."""
    found = seen.closed(g)
    return [] if found is None else [NODES[n].name for n in np.flatnonzero(found)]


def test_who_is_there_closes_its_zone_to_its_own_kind_until_it_is_gone() -> None:
    seen, group = ledger(*ALONE)
    assert closed(seen, group["w"]) == []
    seen.add(group["w"], np.array([0]), np.array([1]))
    assert closed(seen, group["w"]) == ["n1", "n2"]
    seen.add(group["w"], np.array([0]), np.array([-1]))
    assert closed(seen, group["w"]) == []


def test_a_zone_is_closed_both_ways() -> None:
    seen, group = ledger(*SHY, *LOUD, s=(0, 0, 1, 0))
    assert closed(seen, group["d"]) == ["n3"]
    assert closed(seen, group["s"]) == []
    seen, group = ledger(*SHY, *LOUD, d=(1, 0, 0, 0))
    assert closed(seen, group["s"]) == ["n1", "n2"]
    assert closed(seen, group["d"]) == []


def test_a_node_without_the_label_is_closed_to_nobody() -> None:
    seen, group = ledger(*ALONE, w=(0, 0, 0, 2))
    assert closed(seen, group["w"]) == []
    assert seen.holds() is True


def test_who_runs_keeps_out_and_is_no_matter_of_counts() -> None:
    seen, group = ledger(*ALONE, agent("r", on="n3", labels=WEB))
    assert closed(seen, group["w"]) == ["n3"]
    assert ledger(*ALONE, agent("r", on="n3", labels=WEB), w=(0, 0, 1, 0))[0].holds() is False


def test_of_those_who_shun_their_own_kind_one_comes_to_each_zone_at_once() -> None:
    seen, group = ledger(*ALONE, *LOUD)
    [limit] = seen.limits(group["w"])
    room = np.array([9, 0])
    assert limit.each(room).tolist() == limit.allow(room, 9).tolist() == [1, 0]
    assert not limit.by_node
    assert seen.limits(group["d"]) == []


def test_a_term_of_single_nodes_is_a_limit_of_each() -> None:
    seen, group = ledger(*agents("w", 3, labels=WEB, anti_affinity=(near(HOSTNAME, app="web"),)))
    assert [limit.by_node for limit in seen.limits(group["w"])] == [True]


@pytest.mark.parametrize(
    ("placed", "holds"),
    [
        pytest.param({"w": (1, 0, 1, 0)}, True, id="one in each zone"),
        pytest.param({"w": (1, 1, 0, 0)}, False, id="two in one zone"),
        pytest.param({"w": (2, 0, 0, 0)}, False, id="two on one node"),
        pytest.param({"s": (2, 1, 0, 0), "d": (0, 0, 2, 0)}, True, id="apart from those they shun"),
        pytest.param({"s": (1, 0, 0, 0), "d": (0, 1, 0, 0)}, False, id="beside those they shun"),
        pytest.param({"s": (0, 0, 0, 1), "d": (0, 0, 0, 1)}, True, id="together where there is no zone"),
    ],
)
def test_whether_counts_hold(placed: dict[str, tuple[int, ...]], holds: bool) -> None:
    assert ledger(*ALONE, *SHY, *LOUD, **placed)[0].holds() is holds


def test_where_some_are_kept_out_by_nobody_counts_alone_do_not_tell() -> None:
    unchecked = agents("f", 2, labels=WEB, scheduler_name=FREE)
    assert ledger(*ALONE, *unchecked, w=(1, 0, 0, 0), f=(0, 1, 0, 0))[0].holds() is None
    assert ledger(*ALONE, *unchecked, w=(1, 0, 0, 0), f=(0, 0, 1, 0))[0].holds() is True
