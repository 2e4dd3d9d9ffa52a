"""The sequential baseline: queue, filters, scores, preemption, gangs; and what it returns holds."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.kube_scores import total
from placewright.models.plan import Status
from placewright.models.policy import PodDisruptionBudget, PodGroup
from placewright.models.profile import Profile, ScoreName
from placewright.models.rules import RULES
from placewright.models.rules.topology_spread import RULE as SPREAD
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline
from placewright.solver.sequential import Sequential, schedule
from placewright.solver.verify import Refused, verify
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, selector, snapshot, spread
from placewright.tests.tiny import tiny_cluster

PACKING = Profile(weights={ScoreName.MOST_ALLOCATED: 1})


def where(found: Sequential) -> dict[str, str]:
    """Node by the agent's name."""
    return {placed.name: on.name for placed, on in found.steps}


def evicted(found: Sequential) -> dict[str, tuple[str, ...]]:
    """For whom, by the victim's name."""
    return {item.agent.name: item.makes_room_for for item in found.evicted}


def names(some: tuple[Agent, ...]) -> list[str]:
    return [one.name for one in some]


def ran(name: str, priority: int, on: str = "n1", *, cpu: int = 2000, **fields: Any) -> Agent:
    return agent(name, cpu=cpu, priority=priority, on=on, **fields)


class TestQueue:
    """Who comes first gets the room."""

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            pytest.param({"priority": 10}, {"priority": 5, "created": "2020"}, id="the higher priority"),
            pytest.param({"created": "2020-01-01T00:00:00Z"}, {"created": "2020-01-02T00:00:00Z"}, id="then the older"),
            pytest.param({"created": "2020-01-01T00:00:00Z"}, {}, id="what was never created is the youngest"),
            pytest.param({"namespace": "a"}, {"namespace": "b"}, id="then by namespace and name"),
        ],
    )  # fmt: skip
    def test_order(self, first: dict[str, Any], second: dict[str, Any]) -> None:
        one, other = agent("one", cpu=3000, **first), agent("other", cpu=3000, **second)
        for order in ([one, other], [other, one]):
            assert where(schedule(snapshot([node("n1")], order))) == {"one": "n1"}

    def test_who_was_refused_is_tried_again_when_company_has_come(self) -> None:
        follower = agent("follower", priority=10, affinity=(near(HOSTNAME, app="web"),))
        leader = agent("leader", labels={"app": "web"})
        assert set(where(schedule(snapshot([node("n1"), node("n2")], [follower, leader])))) == {
            "leader",
            "follower",
        }

    def test_and_when_a_domain_has_caught_up(self) -> None:
        alike = agents("x", 3, labels={"app": "x"}, spread=(spread(HOSTNAME, app="x"),), priority=10, cpu=100)
        filler = agent("filler", labels={"app": "x"}, node_selector={HOSTNAME: "n2"})
        nodes = [node("n1"), node("n2", cpu=50)]
        found = schedule(snapshot(nodes, [*alike, filler]))
        # One on n1; the second only after the filler, which needs no cpu, has raised n2.
        assert where(found) == {"x-0": "n1", "filler": "n2", "x-1": "n1"}


class TestChoice:
    """Among the open nodes the best score wins."""

    def test_the_emptier_node(self) -> None:
        seen = snapshot([node("n1"), node("n2")], [ran("r", 0, "n1"), agent("p", cpu=500, memory=500)])
        assert where(schedule(seen)) == {"p": "n2"}

    def test_the_agents_profile_decides(self) -> None:
        seen = snapshot([node("n1"), node("n2")], [ran("r", 0, "n2"), agent("p", cpu=500)], profile=PACKING)
        assert where(schedule(seen)) == {"p": "n2"}

    def test_of_equals_the_first_in_the_snapshots_order(self) -> None:
        assert where(schedule(snapshot([node("n2"), node("n1")], [agent("p", cpu=500)]))) == {"p": "n2"}

    def test_a_nominated_node_that_is_open_is_the_only_one(self) -> None:
        nodes = [node("n1"), node("n2", cpu=1000)]
        chosen = agent("p", cpu=500, nominated_node="n2")
        assert where(schedule(snapshot(nodes, [chosen]))) == {"p": "n2"}
        assert where(schedule(snapshot(nodes, [replace(chosen, nominated_node="gone")]))) == {"p": "n1"}
        full = [agent("r", cpu=800, on="n2"), chosen]
        assert where(schedule(snapshot(nodes, full))) == {"p": "n1"}

    @given(rng=st.randoms(use_true_random=False))
    def test_every_step_goes_to_an_open_node_of_the_best_score(self, rng: Random) -> None:
        seen = tiny_cluster(rng)
        found = schedule(seen, preempt=False)
        state = ClusterState(seen)
        for one, on in found.steps:
            open_nodes = [n for n in seen.nodes if all(rule.rejects(state, one, n) is None for rule in RULES)]
            assert on in open_nodes
            points = dict(
                zip([n.name for n in open_nodes], total(state, one, open_nodes, Profile()), strict=True)
            )
            assert points[on.name] == max(points.values())
            state.place(one, on, found.state.devices.get(one.key, ()))


class TestPreemption:
    """Where nothing is open, less important agents make room."""

    def test_the_victim_goes_and_its_room_is_taken(self) -> None:
        seen = snapshot([node("n1", cpu=2000)], [ran("low", 10), agent("p", cpu=2000, priority=100)])
        found = schedule(seen)
        assert (where(found), evicted(found)) == ({"p": "n1"}, {"low": ("default/p",)})
        assert names(found.gone) == ["low"]

    def test_not_where_it_may_not_or_is_switched_off(self) -> None:
        polite = agent("p", cpu=2000, priority=100, preemption_policy="Never")
        assert where(schedule(snapshot([node("n1", cpu=2000)], [ran("low", 10), polite]))) == {}
        rude = replace(polite, spec=replace(polite.spec, preemption_policy="PreemptLowerPriority"))
        found = schedule(snapshot([node("n1", cpu=2000)], [ran("low", 10), rude]), preempt=False)
        assert (where(found), found.evicted, names(found.unplaced)) == ({}, (), ["p"])

    def test_a_victim_that_is_made_anew_is_placed_elsewhere(self) -> None:
        nodes = [node("n1", cpu=2000, labels={"disk": "ssd"}), node("n2", cpu=2000)]
        picky = agent("p", cpu=2000, priority=100, node_selector={"disk": "ssd"})
        found = schedule(snapshot(nodes, [ran("low", 10), picky]))
        assert (where(found), found.gone) == ({"p": "n1", "low": "n2"}, ())
        assert found.plan().evictions[0].node == "n1"

    def test_one_that_nothing_makes_anew_is_gone(self) -> None:
        nodes = [node("n1", cpu=2000, labels={"disk": "ssd"}), node("n2", cpu=2000)]
        picky = agent("p", cpu=2000, priority=100, node_selector={"disk": "ssd"})
        found = schedule(snapshot(nodes, [ran("low", 10, recreated=False), picky]))
        assert (where(found), names(found.gone)) == ({"p": "n1"}, ["low"])

    def test_victims_wait_behind_the_agents_of_their_priority(self) -> None:
        nodes = [node("n1", cpu=2000, labels={"disk": "ssd"}), node("n2", cpu=2000)]
        picky = agent("p", cpu=2000, priority=100, node_selector={"disk": "ssd"})
        young = agent("young", cpu=2000, priority=10, created="2024-01-01T00:00:00Z")
        found = schedule(snapshot(nodes, [ran("low", 10, created="2020-01-01T00:00:00Z"), picky, young]))
        assert where(found) == {"p": "n1", "young": "n2"}

    def test_a_victim_may_preempt_in_its_turn(self) -> None:
        nodes = [node("n1", cpu=2000, labels={"disk": "ssd"}), node("n2", cpu=2000)]
        picky = agent("p", cpu=2000, priority=100, node_selector={"disk": "ssd"})
        found = schedule(snapshot(nodes, [ran("mid", 50), ran("low", 10, "n2"), picky]))
        assert where(found) == {"p": "n1", "mid": "n2"}
        assert evicted(found) == {"mid": ("default/p",), "low": ("default/mid",)}

    def test_a_newcomer_that_has_to_go_again_is_no_eviction(self) -> None:
        # `late` is refused, company comes, then `early`; tried again, `late` turns `early` out.
        late = agent("late", cpu=2000, priority=100, affinity=(near(HOSTNAME, app="web"),), created="1")
        company = agent("company", labels={"app": "web"}, priority=100, created="2")
        early = agent("early", cpu=2000, priority=50)
        found = schedule(snapshot([node("n1", cpu=2000)], [late, early, company]))
        assert where(found) == {"company": "n1", "late": "n1"}
        assert (found.evicted, names(found.unplaced)) == ((), ["early"])

    def test_budgets_are_used_up_from_one_eviction_to_the_next(self) -> None:
        budget = PodDisruptionBudget("default", "b", selector(app="kept"), disruptions_allowed=1)
        kept = [ran(f"kept{i}", 10, f"n{i}", labels={"app": "kept"}) for i in (1, 2)]
        nodes = [node(f"n{i}", cpu=2000) for i in (1, 2, 3)]
        running = [*kept, ran("other", 90, "n3", recreated=False)]
        found = schedule(
            snapshot(nodes, [*running, *agents("p", 2, cpu=2000, priority=100)], budgets=(budget,))
        )
        assert set(evicted(found)) == {"kept1", "other"}


class TestGangs:
    """All that must come together, or none of them."""

    gang = PodGroup("default", "g", 3)

    def test_a_gang_that_comes_together_is_placed(self) -> None:
        seen = snapshot([node("n1")], agents("m", 3, cpu=1000, pod_group="g"), pod_groups=(self.gang,))
        assert len(schedule(seen).steps) == 3

    def test_one_that_does_not_leaves_its_room_to_others(self) -> None:
        members = agents("m", 3, cpu=1500, pod_group="g", priority=10)
        seen = snapshot([node("n1")], [*members, agent("other", cpu=3000)], pod_groups=(self.gang,))
        found = schedule(seen)
        assert where(found) == {"other": "n1"}
        assert names(found.unplaced) == ["m-0", "m-1", "m-2"]

    def test_nobody_is_evicted_for_a_gang_that_does_not_come_together(self) -> None:
        members = agents("m", 3, cpu=1500, pod_group="g", priority=10)
        found = schedule(snapshot([node("n1")], [ran("low", 0), *members], pod_groups=(self.gang,)))
        assert (found.steps, found.evicted) == ((), ())

    def test_a_victim_whose_gang_does_not_come_together_stays_away(self) -> None:
        pending = agent("p", cpu=2000, priority=10, node_selector={HOSTNAME: "n1"})
        nodes = [node("n1", cpu=2000), node("n2", cpu=2000)]
        seen = snapshot(nodes, [ran("low", 0, pod_group="g"), pending], pod_groups=(self.gang,))
        # It used to be bound and taken off again until the time was up.
        deadline = Deadline(5.0)
        found = schedule(seen, deadline=deadline)
        assert not deadline.passed
        assert where(found) == {"p": "n1"}
        assert evicted(found) == {"low": ("default/p",)}

    def test_out_of_time_it_is_taken_off(self) -> None:
        members = agents("m", 3, cpu=1500, pod_group="g")
        seen = snapshot([node("n1")], members, pod_groups=(self.gang,))
        assert schedule(seen, deadline=Deadline(0.0)).steps == ()


def test_a_plan_says_what_was_done_and_why_the_rest_was_not() -> None:
    seen = snapshot(
        [node("n1", cpu=2000)], [ran("low", 10), agent("p", cpu=2000, priority=100), agent("q", cpu=9000)]
    )
    plan = schedule(seen).plan()
    assert (plan.status, plan.levels) == (Status.FEASIBLE, ())
    assert [(b.agent, b.node) for b in plan.bindings] == [("p", "n1")]
    assert [(e.agent, e.node, e.makes_room_for) for e in plan.evictions] == [("low", "n1", ("default/p",))]
    assert [u.agent for u in plan.unplaced] == ["q"]
    assert "Insufficient cpu" in plan.unplaced[0].message
    assert not isinstance(verify(seen, plan), Refused)


ORDER_DEPENDENT = {SPREAD.name}
"""Rules that a placement can break although each step was accepted: later agents raise a domain's count."""


@given(rng=st.randoms(use_true_random=False), preempt=st.booleans())
def test_what_it_places_holds_and_does_not_depend_on_the_order_of_agents(rng: Random, preempt: bool) -> None:
    seen = tiny_cluster(rng)
    found = schedule(seen, preempt=preempt)
    broken = {violation.rule for rule in RULES for violation in rule.violations(found.state)}
    assert broken <= ORDER_DEPENDENT
    placed, left = {one.key for one, _ in found.steps}, {one.key for one in found.unplaced}
    assert {one.key for one in seen.pending} <= placed | left
    assert not placed & left
    again = replace(seen, agents=tuple(rng.sample(seen.agents, len(seen.agents))))
    assert where(schedule(again, preempt=preempt)) == where(found)


@given(rng=st.randoms(use_true_random=False))
def test_without_preemption_every_order_it_gives_is_accepted_again(rng: Random) -> None:
    seen: Snapshot = tiny_cluster(rng)
    assert schedule(seen, preempt=False).plan().sequential
