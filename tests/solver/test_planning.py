"""An answer written as a plan: names, devices, volumes, evictions and for whom, and how the round ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from placewright.models.agent import Agent, ClaimUse, DeviceRequest
from placewright.models.node import Node
from placewright.models.plan import Plan, Status
from placewright.models.profile import Profile
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage, StorageClass
from placewright.solver.compile import compile_problem
from placewright.solver.orderly import order_of
from placewright.solver.planning import binding, make_plan, volume_bindings
from placewright.solver.search import Answer, LevelValue
from placewright.solver.settings import Settings
from placewright.tests.builders import agent, agents, near, node, snapshot, spread

GPU = "example.com/gpu"
NODES = [node("n0", zone="a"), node("n1", zone="b")]


def planned(
    cluster: Snapshot, rows: dict[str, Sequence[int]], bounds: Sequence[int] | None = None, **how: Any
) -> Plan:
    """The plan of counts by the name of a group's first agent (`-back`: made anew), with these bounds, or rough ones."""
    settings = Settings(require_all=how.pop("require_all", False), preempt=how.pop("preempt", False))
    compilation, problem = compile_problem(cluster, preempt=settings.preempt)
    count = compilation.home.copy()
    back = set(compilation.running.returning.values())
    for g, group in enumerate(compilation.groups):
        name = group.agent.name + ("-back" if g in back else "")
        count[g] = rows.get(name, count[g])
    if bounds is None:
        bounds = [level.limit(problem.cap) for level in problem.levels]
    levels = zip(problem.levels, bounds, strict=True)
    values = tuple(LevelValue(level.value(count), bound) for level, bound in levels)
    return make_plan(
        compilation,
        problem,
        Answer(count, values, ("it was said",)),
        order_of(compilation, count),
        settings,
        out_of_time=how.pop("out_of_time", False),
    )


NO_SCORES = Profile(weights={})


def waiting(nodes: Sequence[Node] = NODES, number: int = 3) -> Snapshot:
    return snapshot(nodes, agents("a", number, cpu=1000), profile=NO_SCORES, warnings=("first",))


def test_what_the_answer_has_comes_with_names_and_what_is_said_with_it() -> None:
    plan = planned(waiting(), {"a-0": (1, 1)}, [3, 0])
    assert [(b.agent, b.node) for b in plan.bindings] == [("a-0", "n0"), ("a-1", "n1")]
    assert [u.agent for u in plan.unplaced] == ["a-2"]
    assert plan.warnings == ("first", "it was said")
    assert plan.sequential


@pytest.mark.parametrize(
    ("placed", "bound", "how", "status"),
    [
        pytest.param((2, 1), 3, {}, Status.OPTIMAL, id="all placed"),
        pytest.param((2, 0), 2, {}, Status.OPTIMAL, id="as many as can be"),
        pytest.param((2, 0), 2, {"require_all": True}, Status.INFEASIBLE, id="who had all to be placed"),
        pytest.param((2, 0), 3, {"require_all": True}, Status.FEASIBLE, id="where all may still fit"),
        pytest.param((2, 0), 3, {}, Status.FEASIBLE, id="more may fit"),
        pytest.param((2, 0), 3, {"out_of_time": True}, Status.FEASIBLE, id="some in time"),
        pytest.param((0, 0), 3, {"out_of_time": True}, Status.TIMEOUT, id="nobody in time"),
        pytest.param((0, 0), 0, {"out_of_time": True}, Status.OPTIMAL, id="nobody, and nobody could be"),
    ],
)
def test_how_a_round_ended(placed: tuple[int, int], bound: int, how: dict[str, bool], status: Status) -> None:
    assert planned(waiting(), {"a-0": placed}, [bound, 0], **how).status is status


def test_the_gap_is_that_of_the_first_level_that_is_not_proven() -> None:
    cluster = snapshot(NODES, agents("a", 2, cpu=1000))
    proven, unproven = (planned(cluster, {"a-0": (1, 1)}, bounds) for bounds in ([2, -999], [4, -999]))
    assert proven.gap == proven.levels[1].gap > 0.0
    assert unproven.gap == unproven.levels[0].gap == 0.5


def test_each_request_gets_its_own_devices() -> None:
    two = agent("a", devices=(DeviceRequest(GPU, 1, 500), DeviceRequest(GPU, 2)))
    made = binding((two, NODES[0]), {"default/a": (4, 1, 2)})
    assert [part.ids for part in made.devices] == [(4,), (1, 2)]
    assert binding((agent("b"), NODES[0]), {}).devices == ()


def test_who_has_been_evicted_is_made_anew_under_a_uid_that_nobody_knows_yet() -> None:
    assert binding((agent("a", uid="u"), NODES[0]), {}).uid == "u"
    assert binding((agent("a", uid="u", on="n1"), NODES[0]), {}).uid == ""


def test_claims_get_the_volume_that_is_there_or_one_that_is_made() -> None:
    claims = {name: PersistentVolumeClaim("default", name, 1, "later") for name in ("c", "d")}
    storage = Storage(
        claims={("default", name): claim for name, claim in claims.items()},
        volumes={"pv": PersistentVolume("pv", 2, "later")},
        classes={"later": StorageClass("later", "csi", wait_for_first_consumer=True)},
    )
    users = [agent(f"a-{name}", claims=(ClaimUse(name),)) for name in ("d", "c")]
    cluster = snapshot(NODES, users, storage=storage)
    made = volume_bindings(cluster, [(user, NODES[1]) for user in users])
    assert sorted(v.volume for v in made) == ["", "pv"]
    assert {(v.claim, v.node) for v in made} == {("c", "n1"), ("d", "n1")}


def test_an_answer_without_an_order_says_who_comes_last() -> None:
    # Two of the same series, each alone in its zone: the second finds company elsewhere.
    series = agents("w", 2, labels={"app": "w"}, affinity=(near(app="w"),))
    plan = planned(snapshot(NODES, series, profile=NO_SCORES), {"w-0": (1, 1)}, [2, 0])
    assert not plan.sequential
    assert plan.notes[-1].endswith("1 come last (default/w-1 is the first)")
    assert [b.agent for b in plan.bindings] == ["w-0", "w-1"]


class TestEvictions:
    """Each is for those that are more important and could not be placed with it there."""

    def evictions(self, victim: Agent, *new: Agent, rows: dict[str, Sequence[int]]) -> list[tuple[str, ...]]:
        cluster = snapshot(NODES, [victim, *new], profile=NO_SCORES)
        plan = planned(cluster, {victim.name: (0, 0), **rows}, preempt=True)
        assert [e.agent for e in plan.evictions] == [victim.name]
        return [e.makes_room_for for e in plan.evictions]

    def test_those_on_its_node_come_before_any_other(self) -> None:
        victim = agent("low", on="n0", cpu=3000, recreated=False)
        new = [agent("here", cpu=3000, priority=9), agent("there", cpu=3000, priority=9, labels={"x": "y"})]
        found = self.evictions(victim, *new, rows={"here": (1, 0), "there": (0, 1)})
        assert found == [("default/here",)]

    def test_nobody_of_its_own_importance_is_named(self) -> None:
        victim = agent("low", on="n0", cpu=3000, priority=5, recreated=False)
        new = [agent("high", cpu=2000, priority=9), agent("same", cpu=1000, priority=5)]
        assert self.evictions(victim, *new, rows={"high": (1, 0), "same": (1, 0)}) == [("default/high",)]

    @pytest.mark.parametrize(
        ("theirs", "own"),
        [
            pytest.param({"anti_affinity": (near(app="low"),)}, {}, id="that will not have it"),
            pytest.param({}, {"anti_affinity": (near(app="new"),)}, id="whom it will not have"),
            pytest.param({"spread": (spread(app="low"),)}, {}, id="that count it"),
        ],
    )
    def test_where_nobody_came_to_its_node_it_is_for_those_in_its_zone(
        self, theirs: dict[str, Any], own: dict[str, Any]
    ) -> None:
        beside = node("n2", zone="a")
        victim = agent("low", on="n0", labels={"app": "low"}, recreated=False, **own)
        new = agent("new", labels={"app": "new"}, priority=9, **theirs)
        cluster = snapshot([*NODES, beside], [victim, new], profile=NO_SCORES)
        plan = planned(cluster, {"low": (0, 0, 0), "new": (0, 0, 1)}, preempt=True)
        assert [e.makes_room_for for e in plan.evictions] == [("default/new",)]
