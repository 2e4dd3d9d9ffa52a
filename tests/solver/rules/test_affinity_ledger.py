"""Company as counts stand: where it is, who may be the first, and whether some order lets everybody in."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.solver.compile import compile_problem
from placewright.solver.rules.affinity_ledger import AffinityLedger
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder
from placewright.tests.builders import agent, agents, near, node, snapshot

NODES = [node("n1", zone="a"), node("n2", zone="b"), node("n3")]
WEB, DB = {"app": "web"}, {"app": "db"}


def ledger(*everyone: Agent, **placed: tuple[int, int, int]) -> tuple[AffinityLedger, dict[str, int]]:
    """With so many of each group on the three nodes, and the groups by the names of their first agents."""
    compilation, problem = compile_problem(snapshot(NODES, everyone), encoders=[AffinityEncoder])
    [encoder] = problem.encoders
    assert isinstance(encoder, AffinityEncoder)
    group = {found.agent.name.split("-")[0]: g for g, found in enumerate(compilation.groups)}
    count = np.zeros((len(compilation.groups), 3), dtype=np.int64)
    for name, row in placed.items():
        count[group[name]] = row
    made = encoder.ledger(count)
    assert isinstance(made, AffinityLedger)
    return made, group


SERIES = agents("w", 4, labels=WEB, affinity=(near(app="web"),))
FOLLOWS = agents("f", 4, affinity=(near(app="db"),))
LEADS = agents("d", 2, labels=DB)


def test_who_needs_company_goes_where_it_is() -> None:
    seen, group = ledger(*FOLLOWS, *LEADS, d=(0, 1, 0))
    closed = seen.closed(group["f"])
    assert closed is not None
    assert closed.tolist() == [True, False, True]
    assert seen.closed(group["d"]) is None
    assert not seen.alone(group["f"])


def test_the_first_of_its_series_comes_alone_and_the_others_join_it() -> None:
    seen, group = ledger(*SERIES)
    assert seen.alone(group["w"])
    assert seen.closed(group["w"]) is None
    seen.add(group["w"], np.array([1]), np.array([1]))
    assert not seen.alone(group["w"])
    closed = seen.closed(group["w"])
    assert closed is not None
    assert closed.tolist() == [True, False, True]
    seen.add(group["w"], np.array([1]), np.array([-1]))
    assert seen.alone(group["w"])


@pytest.mark.parametrize(
    ("placed", "holds"),
    [
        pytest.param({"f": (1, 0, 0), "d": (1, 0, 0)}, True, id="with its company"),
        pytest.param({"f": (0, 1, 0), "d": (1, 0, 0)}, None, id="in another zone"),
        pytest.param({"f": (1, 0, 0)}, None, id="with nobody"),
        pytest.param({"d": (0, 0, 1)}, True, id="company alone"),
    ],
)
def test_followers(placed: dict[str, tuple[int, int, int]], holds: bool | None) -> None:
    assert ledger(*FOLLOWS, *LEADS, **placed)[0].holds() is holds


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        pytest.param((3, 0, 0), True, id="all in one zone"),
        pytest.param((1, 1, 0), None, id="in two zones, where one has to be the first"),
        pytest.param((0, 0, 0), True, id="nobody"),
    ],
)
def test_a_series(row: tuple[int, int, int], holds: bool | None) -> None:
    assert ledger(*SERIES, w=row)[0].holds() is holds


def test_who_runs_is_company_from_the_start() -> None:
    seen, group = ledger(*SERIES, agent("r", on="n1", labels=WEB), w=(1, 0, 0))
    assert not seen.alone(group["w"])
    assert seen.holds() is True
    assert ledger(*SERIES, agent("r", on="n1", labels=WEB), w=(0, 1, 0))[0].holds() is None
