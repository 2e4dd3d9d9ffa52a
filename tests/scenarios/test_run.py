"""Cases placed and summed up: what the numbers mean, and that whoever does the work comes to the same."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from placewright.models.agent import Phase
from placewright.models.errors import UsageError
from placewright.models.snapshot import Snapshot
from placewright.models.whatif import Served, WhatIfCase
from placewright.scenarios.document import Case
from placewright.scenarios.executors import Executor, Processes, RayCluster, executor
from placewright.scenarios.run import jobs, run
from placewright.scenarios.steps import Step
from placewright.solver.settings import Settings
from placewright.tests.builders import agent, node, snapshot

SETTINGS = Settings(time_limit=5.0, deterministic=True)


def case(name: str, *operations: dict[str, Any], rearrange: bool = False) -> Case:
    return Case(name, "s.yaml", tuple(Step.model_validate(o) for o in operations), rearrange=rearrange)


def cluster() -> Snapshot:
    nodes = [node(f"n{i}", cpu=2000, zone="ab"[i % 2], price=1_000_000) for i in range(4)]
    there = [
        agent("a", on="n0", phase=Phase.RUNNING, cpu=1500, priority=10),
        agent("b", on="n1", phase=Phase.RUNNING, cpu=1500),
        agent("c", on="n3", phase=Phase.RUNNING, cpu=1000),
        agent("new", cpu=1000),
    ]
    return snapshot(nodes, there)


def results(before: Snapshot, *cases: Case, by: Executor | None = None) -> list[WhatIfCase]:
    done = run(jobs(before, cases, SETTINGS), by or Processes())
    assert all(isinstance(item.result, WhatIfCase) for item in done)
    return [item.result for item in done if isinstance(item.result, WhatIfCase)]


def test_the_cluster_as_it_is_comes_first() -> None:
    [as_it_is, lost] = results(cluster(), case("lost", {"lose": {"zone": "a"}}))
    assert (as_it_is.name, as_it_is.running, as_it_is.moves) == ("as it is", 4, 0)
    assert (lost.name, lost.nodes, lost.price) == ("lost", 2, 2_000_000)


def test_a_lost_zone_is_counted_in_moves_and_in_who_stopped() -> None:
    [_, lost] = results(cluster(), case("lost", {"lose": {"zone": "a"}}))
    # The more important one of the zone goes nowhere: 1,500 are free on no single node beside those that stay.
    assert (lost.pending, lost.running, lost.unplaced) == (2, 3, 1)
    assert (lost.moves, lost.stopped) == (0, 1)
    assert lost.priorities == (
        Served(priority=10, agents=1, running=0),
        Served(priority=0, agents=3, running=3),
    )
    assert [(item.example, item.agents) for item in lost.left_out] == [("default/a", 1)]


def test_rearranging_lets_those_that_run_make_room() -> None:
    lost = {"lose": {"zone": "a"}}
    [_, kept, moved] = results(cluster(), case("kept", lost), case("moved", lost, rearrange=True))
    assert kept.priorities[0].running == 0
    assert moved.priorities[0].running == 1
    assert moved.moves >= 1


def test_utilisation_is_what_is_requested_of_what_all_nodes_have() -> None:
    [as_it_is] = results(cluster())
    cpu = next(r for r in as_it_is.requested if r.resource == "cpu")
    assert (cpu.used, cpu.whole, cpu.permille) == (5000, 8000, 625)


def test_a_preempting_case_evicts_for_the_important() -> None:
    before = snapshot(
        [node("n0", cpu=1000, zone="a"), node("n1", cpu=1000, zone="b")],
        [
            agent("low", on="n1", phase=Phase.RUNNING, cpu=1000),
            agent("high", on="n0", phase=Phase.RUNNING, cpu=1000, priority=10),
        ],
    )
    settings = Settings(time_limit=5.0, deterministic=True, preempt=True)
    [_, lost] = run(jobs(before, [case("lost", {"lose": {"zone": "a"}})], settings), Processes())
    assert isinstance(lost.result, WhatIfCase)
    assert [(s.priority, s.running) for s in lost.result.priorities] == [(10, 1), (0, 0)]
    assert (lost.result.moves, lost.result.stopped) == (1, 1)


SEVERAL = [
    case("lost", {"lose": {"zone": "a"}}),
    case("more", {"scale": {"factor": 3}}),
    case("pool", {"add": {"nodes": [{"name": "x", "count": 2, "allocatable": {"cpu": 4, "memory": "8Gi"}}]}}),
]


def _plans(by: Executor) -> list[str]:
    done = run(jobs(cluster(), SEVERAL, SETTINGS, with_plans=True), by)
    return [text for item in done for text in (str(item.result), item.plan)]


@pytest.mark.slow
def test_several_processes_give_the_same_bytes() -> None:
    assert _plans(Processes(2)) == _plans(Processes(1))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an optional extra")
@pytest.mark.filterwarnings("default")
def test_two_ray_nodes_give_the_same_bytes() -> None:
    from ray.cluster_utils import Cluster

    ray_cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        ray_cluster.add_node(num_cpus=1)
        assert _plans(RayCluster(ray_cluster.address)) == _plans(Processes(1))
    finally:
        ray_cluster.shutdown()


def test_executors_by_name() -> None:
    assert executor("processes", 3, 0) == Processes(3)
    with pytest.raises(UsageError, match="expected processes, ray or ray:ADDRESS"):
        executor("threads", 1, 0)
