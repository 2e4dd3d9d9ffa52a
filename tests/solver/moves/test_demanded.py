"""What workloads ask of where all their agents are, in a model; against exhaustive search over all targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.models.audit import broken, placed
from placewright.models.demands import Demands
from placewright.models.move_cost import Surcharges
from placewright.models.rebalance_levels import LevelMeaning
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.moves.compiled import compiled_question
from placewright.solver.moves.demanded import Company, DemandEncoder, Spread
from placewright.solver.moves.target import Finder
from placewright.solver.moves.task import Task
from placewright.tests.builders import HOSTNAME, ZONE, near, node, snapshot
from placewright.tests.moving import runs
from placewright.tests.running import running_cluster
from placewright.tests.solver.moves.boards import BALANCE, EVEN, task_of
from placewright.tests.solver.moves.small_counts import CAP, NOTHING, SOME, assert_encodes
from placewright.tests.tiny import chance

ZONES: IntArray = np.array([0, 1, 1], dtype=np.int64)
PARTLY: IntArray = np.array([0, 1, -1], dtype=np.int64)
NOWHERE = np.zeros(2, dtype=np.bool_)
SECOND = np.array([False, True])
MOST_TARGETS = 1_500


@pytest.mark.parametrize("fixed", [NOTHING, SOME])
@pytest.mark.parametrize(
    "spread",
    [
        Spread((0,), ZONES, NOWHERE, 2),
        Spread((0, 1), ZONES, SECOND, 2),
        Spread((0, 1), PARTLY, NOWHERE, 1),
        Spread((1,), PARTLY, SECOND, 1),
    ],
)
def test_a_workload_is_in_as_many_domains_as_it_asks_for(spread: Spread, fixed: IntArray) -> None:
    assert assert_encodes(DemandEncoder(spreads=(spread,)), fixed) > 0


@pytest.mark.parametrize("fixed", [NOTHING, SOME])
@pytest.mark.parametrize(
    "company",
    [
        Company((0,), (1,), ZONES, NOWHERE, NOWHERE),
        Company((0,), (0, 1), ZONES, SECOND, NOWHERE),
        Company((0, 1), (1,), PARTLY, NOWHERE, NOWHERE),
        Company((), (1,), ZONES, NOWHERE, SECOND),
        Company((1,), (), ZONES, SECOND, SECOND),
    ],
)
def test_whoever_asks_for_company_has_it_in_its_domain(company: Company, fixed: IntArray) -> None:
    assert assert_encodes(DemandEncoder(companies=(company,)), fixed) > 0


def test_nobody_who_asks_for_company_goes_where_there_is_no_domain() -> None:
    encoder = DemandEncoder(companies=(Company((0,), (1,), PARTLY, NOWHERE, NOWHERE),))
    assert encoder.tighten(CAP).tolist() == [[2, 2, 0], [1, 2, 0]]


def encoder_of(cluster: Snapshot) -> DemandEncoder | None:
    question = task_of(cluster).question
    return DemandEncoder.of(question, compiled_question(question, EVEN).compilation)


def test_where_nobody_asks_for_anything_there_is_nothing_to_encode() -> None:
    assert encoder_of(snapshot([node("a")], [runs("x", "a")])) is None


def test_of_a_workload_that_is_short_already_no_more_is_asked_than_there_is() -> None:
    nodes = [node("a", zone="one"), node("b", zone="two")]
    both = [runs(name, "a", min_domains=((ZONE, 2),)) for name in "xy"]
    encoder = encoder_of(snapshot(nodes, both))
    assert encoder is not None
    assert [(spread.least, spread.there.tolist()) for spread in encoder.spreads] == [(1, [False, False])]


def test_those_who_stay_count_for_their_workload_and_their_company() -> None:
    nodes = [node("a", zone="one"), node("b", zone="two")]
    fields: dict[str, Any] = {"min_domains": ((ZONE, 2),), "near": (near(ZONE, app="web"),)}
    stays = runs("stays", "a", stays_because="asked for", **fields)
    encoder = encoder_of(snapshot(nodes, [stays, runs("x", "b", **fields)]))
    assert encoder is not None
    assert [(spread.least, spread.there.tolist()) for spread in encoder.spreads] == [(2, [True, False])]
    (company,) = encoder.companies
    assert (company.there.tolist(), company.needs.tolist()) == ([True, False], [True, False])


# -- Against exhaustive search ----------------------------------------------------------------------------


def asking(rng: Random) -> Snapshot:
    """A lawful tiny cluster of which some ask for domains, or for company."""
    cluster = running_cluster(rng, lawful=True)
    return replace(cluster, agents=tuple(_asks(rng, agent) for agent in cluster.agents))


def _asks(rng: Random, agent: Agent) -> Agent:
    spec = agent.spec
    if chance(rng, 50):
        spec = replace(spec, min_domains=((rng.choice((ZONE, HOSTNAME)), rng.choice((1, 2, 3))),))
    if chance(rng, 40):
        apps = match_labels({"app": rng.choice(("web", "db"))})
        term = AffinityTerm(rng.choice((ZONE, HOSTNAME)), apps, frozenset({agent.namespace}))
        spec = replace(spec, near=(term,))
    return replace(agent, spec=spec)


def options_of(rng: Random) -> RebalanceOptions:
    ways = {ZONE: rng.choice((1, 40))} if chance(rng, 50) else {}
    surcharges = Surcharges(ways, rng.choice((0, 0, 30)))
    most = rng.choice((None, None, None, 2))
    return replace(EVEN, surcharges=surcharges, min_gain=rng.choice((0, 1, 20)), max_moves=most)


def best(task: Task) -> tuple[int, ...]:
    """The least values of goal and moves, in their order, of any target that keeps all that is asked for."""
    question = task.question
    before = Demands.of(placed(question.asked, question.home))
    now = broken(question.asked, question.home)
    kept = (where for where in _targets(task) if not any(_demands(task, where).beyond(before)))
    return min(_values(task, where) for where in kept if broken(question.asked, where) <= now)


def _demands(task: Task, where: dict[str, str]) -> Demands:
    return Demands.of(placed(task.question.asked, where))


def _targets(task: Task) -> Iterator[dict[str, str]]:
    question, most = task.question, task.options.max_moves
    names = [node.name for node in question.asked.nodes]
    for ends in product(
        *([home, *(set(names) - {home} - question.closed)] for home in question.home.values())
    ):
        where = dict(zip(question.home, ends, strict=True))
        if most is None or sum(where[key] != home for key, home in question.home.items()) <= most:
            yield where


def _values(task: Task, where: dict[str, str]) -> tuple[int, ...]:
    question = task.question
    before, after = placed(question.asked, question.home), placed(question.asked, where)
    meaning = LevelMeaning(before, after, (), task.options.min_gain, task.costs.fare(where))
    parts = [meaning.parts(name) for name in ("goal/balance", "moves")]
    return tuple(part[1] for part in parts if part is not None)


def assert_best(seed: int) -> bool:
    """The target is the best there is where that is claimed; whether anybody moves."""
    rng = Random(seed)
    cluster = asking(rng)
    task = task_of(cluster, BALANCE, options_of(rng))
    question = task.question
    if len(question.asked.nodes) ** len(question.home) > MOST_TARGETS or question.broken:
        return False
    target = Finder(task).find(Deadline(10.0))
    assert target.searched or not question.home
    assert not any(_demands(task, dict(target.where)).beyond(_demands(task, dict(question.home))))
    assert _values(task, dict(target.where)) == best(task), seed
    return bool(target.arrivals)


def test_with_demands_and_surcharges_no_target_is_better() -> None:
    assert sum(assert_best(seed) for seed in range(60)) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1600, 100))
def test_with_demands_and_surcharges_no_target_is_better_at_length(start: int) -> None:
    assert sum(assert_best(seed) for seed in range(start, start + 100)) >= 10
