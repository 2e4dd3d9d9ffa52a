"""What a loss does to a cluster, named cases first; then against exhaustive search on random tiny clusters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, ClaimUse, Phase
from placewright.models.errors import UsageError
from placewright.models.node import Node
from placewright.models.profile import FitArgs, Profile
from placewright.models.snapshot import Snapshot
from placewright.models.storage import CsiNodeDriver, PersistentVolume, PersistentVolumeClaim, Storage
from placewright.models.survival import Answer, Missing, Survival
from placewright.scenarios.displace import without_nodes
from placewright.scenarios.settle import settled
from placewright.scenarios.survival import domains, survives
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import can_be_placed
from placewright.tests.builders import ZONE, agent, node, snapshot
from placewright.tests.tiny import tiny_cluster

SETTINGS = Settings(time_limit=20.0, workers=1)
RACK = "example.com/rack"


def running(name: str, on: str, *, priority: int = 0) -> Agent:
    return agent(name, on=on, phase=Phase.RUNNING, cpu=1000, priority=priority)


def three_zones(cpu: int = 2000, *, there: Iterable[Agent]) -> Snapshot:
    nodes = [node(f"n{z}", cpu=cpu, zone=z, labels={RACK: f"r{i % 2}"}) for i, z in enumerate("abc")]
    return snapshot(nodes, there)


def survival(before: Snapshot, lose: str = "zone", **how: int | bool) -> Survival:
    preempt = bool(how.pop("preempt", False))
    found = survives(before, lose, settings=replace(SETTINGS, preempt=preempt), **how)  # type: ignore[arg-type]
    assert isinstance(found, Survival), found
    return found


def test_with_room_elsewhere_any_zone_can_go_and_the_fullest_is_the_worst() -> None:
    found = survival(three_zones(there=[running("a", "na"), running("b", "nb"), running("c", "nb")]))
    assert (found.answer, found.survives, len(found.losses)) == (Answer.SURVIVES, True, 3)
    assert found.verdict == (
        "survives: all agents can run again after the loss of any zone; 3 placed and verified"
    )
    assert found.worst is not None
    assert found.worst.fullest is not None
    assert found.worst.fullest.permille == 750


def test_a_failure_comes_with_its_counter_example() -> None:
    there = [running(f"{z}{i}", f"n{z}") for z in "abc" for i in range(2)]
    found = survival(three_zones(there=there[:-1]))
    assert found.answer is Answer.FAILS
    assert found.verdict == "fails: without a 1 agent cannot run, proven; 3 of 3 losses fail"
    assert found.worst is not None
    assert (found.worst.domains, found.worst.displaced, found.worst.stranded) == (("a",), 2, 1)
    assert [item.example for item in found.worst.left_out] == ["default/a1"]
    assert found.worst.missing == (
        Missing(resource="cpu", asked=1000, free=0),
        Missing(resource="pods", asked=1, free=216),
    )


def test_only_the_important_ones_have_to_run_again() -> None:
    there = [running("low", "na"), running("high", "na", priority=10), running("b", "nb"), running("c", "nc")]
    full = three_zones(cpu=1500, there=there)
    assert survival(full).answer is Answer.FAILS
    there = [*there[:3], running("c", "nc")]
    before = three_zones(cpu=2000, there=[*there, running("b1", "nb")])
    assert survival(before).answer is Answer.FAILS
    assert survival(before, priority=10).survives


def test_that_nobody_is_as_important_as_that_is_said() -> None:
    before = three_zones(there=[running("low", "na", priority=10)])
    assert survival(before, priority=10).notes == ()
    found = survival(before, priority=100)
    assert found.survives
    assert found.notes == ("no agent that runs has priority 100 or more",)


def test_preempting_the_important_ones_find_room() -> None:
    before = three_zones(
        cpu=1000, there=[running("x", "na", priority=10), running("y", "nb"), running("z", "nc")]
    )
    assert not survival(before, priority=10).survives
    assert survival(before, priority=10, preempt=True).survives


def test_who_may_move_makes_room() -> None:
    big = agent("big", on="na", phase=Phase.RUNNING, cpu=2000)
    before = three_zones(there=[big, running("b", "nb"), running("c", "nc")])
    assert not survival(before).survives
    assert survival(before, rearrange=True).survives


def test_two_zones_at_once_are_every_pair() -> None:
    before = three_zones(there=[running("a", "na")])
    found = survival(before, "zone:2")
    assert sorted(loss.domains for loss in found.losses) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found.survives
    assert not survival(before, "zone:3").survives


def test_pending_agents_are_placed_first_and_those_that_are_not_are_left_out() -> None:
    before = three_zones(there=[agent("new", cpu=1000), agent("huge", cpu=64000)])
    found = survival(before)
    assert (found.survives, found.outside) == (True, 1)
    assert sum(loss.displaced for loss in found.losses) == 1


@pytest.mark.parametrize(
    ("lose", "key", "count"),
    [
        pytest.param("zone", ZONE, 3, id="zone"),
        pytest.param("rack", RACK, 2, id="a rack, by the last part of its label"),
        pytest.param(RACK, RACK, 2, id="a whole label"),
        pytest.param("node", "kubernetes.io/hostname", 3, id="node"),
    ],
)
def test_what_is_lost_is_found_by_label(lose: str, key: str, count: int) -> None:
    found = domains(three_zones(there=[]), lose)
    assert (found.key, len(found.nodes)) == (key, count)


@pytest.mark.parametrize(
    ("lose", "told"),
    [
        pytest.param("zones", '--lose: no node has a label "zones"; did you mean "zone"?', id="misspelt"),
        pytest.param("zone:0", "--lose: expected a number of domains behind the colon", id="none of them"),
        pytest.param("zone:x", "--lose: expected a number of domains behind the colon", id="no number"),
        pytest.param("pool", "--lose: could be a.io/pool or b.io/pool", id="two labels"),
    ],
)
def test_what_cannot_be_meant_is_refused(lose: str, told: str) -> None:
    before = three_zones(there=[])
    nodes: list[Node] = [
        replace(n, labels={**n.labels, "a.io/pool": "x", "b.io/pool": "y"}) for n in before.nodes
    ]
    with pytest.raises(UsageError) as error:
        domains(replace(before, nodes=tuple(nodes)), lose)
    assert str(error.value).startswith(told)


def assert_right(rng: Random) -> None:
    """Whatever is lost, exhaustive search over what is then pending comes to the same answer."""
    verdict = place(tiny_cluster(rng), SETTINGS)
    assert isinstance(verdict, VerifiedPlan)
    before = settled(verdict)
    left = {agent.key for agent in before.pending}
    before = replace(before, agents=tuple(a for a in before.agents if a.key not in left))
    priority = rng.choice((None, 0, 10))
    found = survives(before, "node", priority=priority, settings=SETTINGS)
    assert isinstance(found, Survival), found
    for loss in found.losses:
        assert (loss.answer is Answer.SURVIVES) == _can_run(before, loss.domains, priority)
        assert loss.answer is not Answer.UNKNOWN


def _can_run(before: Snapshot, lost: tuple[str, ...], priority: int | None) -> bool:
    return can_be_placed(without_nodes(before, lost), priority)


CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@settings(CASES, max_examples=12)
@given(st.randoms(use_true_random=False))
def test_exhaustive_search_agrees(rng: Random) -> None:
    assert_right(rng)


@pytest.mark.slow
@settings(CASES, max_examples=400)
@given(st.randoms(use_true_random=False))
def test_exhaustive_search_agrees_on_many(rng: Random) -> None:
    assert_right(rng)


def test_nodes_that_attach_another_number_of_volumes_are_not_alike() -> None:
    """One was tried for both: the one that is needed where the other is lost."""
    nodes = [node("few", cpu=2000), node("more", cpu=2000), node("c", cpu=1900)]
    claim = PersistentVolumeClaim("default", "c", 1, volume_name="pv", bound=True, phase="Bound")
    storage = Storage(
        claims={claim.key: claim},
        volumes={"pv": PersistentVolume("pv", 1, claim=claim.key, phase="Bound", driver="csi", handle="h")},
        csi_nodes={"few": (CsiNodeDriver("csi", 0),), "more": (CsiNodeDriver("csi", 1),)},
    )
    plain = [agent(f"p-{on}", on=on, phase=Phase.RUNNING, cpu=1500) for on in ("few", "more")]
    moves = agent("v", on="c", phase=Phase.RUNNING, cpu=500, claims=(ClaimUse("c"),))
    before = snapshot(nodes, [*plain, moves], storage=storage)
    found = survival(before, "node", rearrange=True)
    answers = {loss.domains: loss.answer for loss in found.losses}
    assert answers["few",] is Answer.SURVIVES
    assert answers["more",] is Answer.FAILS


def test_what_nobody_checks_is_not_what_is_missing() -> None:
    ignoring = Profile(fit=FitArgs(ignored_resources=frozenset({"example.com/x"})))
    there = agent("a", on="one", phase=Phase.RUNNING, cpu=3000, extra={"example.com/x": 3})
    found = survival(snapshot([node("one"), node("two", cpu=2000)], [there], profile=ignoring), "node")
    assert found.worst is not None
    assert [item.resource for item in found.worst.missing] == ["cpu", "pods"]
