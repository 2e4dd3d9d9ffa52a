"""Plans side by side: who is better and why, and which bounds hold for whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placewright.models.comparison import ComparedPlan, Comparison, Utilisation
from placewright.models.errors import UsageError
from placewright.models.plan import Binding, Eviction, Plan, Status
from placewright.models.profile import PLACED, Profile, ScoreName, Stage
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.compare import Contender, compare, contenders
from placewright.solver.nobody import nobody_placed
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.utilisation import utilisations
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, agents, node, snapshot

QUICK = Settings(workers=1, deterministic=True)


def two_nodes() -> Snapshot:
    """Two important agents and two others; a node holds two."""
    nodes = [node("n1", cpu=2000, price=3_000_000), node("n2", cpu=2000, price=500_000)]
    return snapshot(nodes, [*agents("hi", 2, cpu=1000, priority=10), *agents("lo", 2, cpu=1000)])


def bound(where: dict[str, str], evicted: dict[str, str] | None = None) -> Plan:
    """Bindings without anything else, as somebody else would write them."""
    return Plan(
        status=Status.FEASIBLE,
        bindings=tuple(Binding(namespace="default", agent=name, node=n) for name, n in where.items()),
        evictions=tuple(
            Eviction(namespace="default", agent=name, node=n) for name, n in (evicted or {}).items()
        ),
        sequential=False,
    )


def ours(cluster: Snapshot, settings: Settings = QUICK) -> Plan:
    verdict = place(cluster, settings)
    assert isinstance(verdict, VerifiedPlan)
    return verdict.plan


def compared(cluster: Snapshot, *, preempt: bool = False, **plans: Plan) -> Comparison:
    return compare(cluster, [Contender(name, plan) for name, plan in plans.items()], preempt=preempt)


def level(plan: ComparedPlan, name: str) -> tuple[int, int | None, float | None]:
    found = next(level for level in plan.levels if level.name == name)
    return found.value, found.bound, found.gap


ALL = {"hi-0": "n1", "hi-1": "n1", "lo-0": "n2", "lo-1": "n2"}
TOO_FULL = {"hi-0": "n1", "hi-1": "n1", "lo-0": "n1"}


@pytest.mark.parametrize(
    ("plans", "verdict", "best", "decided_by"),
    [
        pytest.param({"a": ALL}, "a is valid", ("a",), "", id="one plan alone is compared with nothing"),
        pytest.param(
            {"a": ALL, "b": {"lo-0": "n1", "lo-1": "n2"}},
            "a is better: placed/priority=10 2 against 0",
            ("a",),
            "placed/priority=10",
            id="the more important agents decide",
        ),
        pytest.param(
            {"a": {"hi-0": "n1", "lo-0": "n1", "lo-1": "n2"}, "b": {"hi-0": "n1", "hi-1": "n2"}},
            "b is better: placed/priority=10 2 against 1",
            ("b",),
            "placed/priority=10",
            id="however many others are placed",
        ),
        pytest.param(
            {"a": {"hi-0": "n1", "hi-1": "n1"}, "b": {"hi-0": "n1", "hi-1": "n2"}},
            "b is better: scores 5000 against 10000",
            ("b",),
            "scores",
            id="scores decide where as many are placed",
        ),
        pytest.param(
            {"a": ALL, "b": {**ALL, "hi-0": "n2", "lo-0": "n1"}},
            "no level differs: a and b are equally good",
            ("a", "b"),
            "",
            id="no level differs",
        ),
        pytest.param(
            {"a": {"hi-0": "n1"}, "b": ALL, "c": {"hi-0": "n1", "hi-1": "n2"}},
            "b is best: placed/priority=0 2 against 0 (c)",
            ("b",),
            "placed/priority=0",
            id="of three the best beside the next best",
        ),
        pytest.param(
            {"a": ALL, "b": {"hi-0": "n1"}, "c": ALL},
            "a and c are best: placed/priority=10 2 against 1 (b)",
            ("a", "c"),
            "placed/priority=10",
            id="two share the first place",
        ),
        pytest.param(
            {"a": ALL, "b": TOO_FULL}, "a is the only valid plan", ("a",), "", id="one is not valid"
        ),
        pytest.param({"b": TOO_FULL}, "no plan is valid", (), "", id="none is valid"),
    ],
)
def test_the_first_level_that_differs_decides(
    plans: dict[str, dict[str, str]], verdict: str, best: tuple[str, ...], decided_by: str
) -> None:
    cluster = replace(two_nodes(), options=replace(two_nodes().options, profile=squares()))
    found = compare(cluster, [Contender(name, bound(where)) for name, where in plans.items()])
    assert (found.verdict, found.best, found.decided_by) == (verdict, best, decided_by)


def squares() -> Profile:
    return Profile(name="squares", weights={ScoreName.LEAST_ALLOCATED: 1})


def test_a_plan_that_is_not_valid_has_its_violations_and_nothing_else() -> None:
    found = compared(two_nodes(), good=bound(ALL), bad=bound(TOO_FULL))
    assert not found.all_valid
    assert found.plans[0].valid
    assert found.plans[1] == ComparedPlan(
        name="bad",
        valid=False,
        violations=tuple(
            f"resources: default/{name} on n1: cpu: 3 requested of 2 allocatable" for name in TOO_FULL
        ),
    )


def test_a_bound_holds_for_whoever_is_as_good_above_and_for_nobody_else() -> None:
    cluster = two_nodes()
    found = compared(cluster, ours=ours(cluster), half=bound({"hi-0": "n1", "hi-1": "n2"}), none=bound({}))
    best, half, none = found.plans
    assert level(best, "placed/priority=10") == (2, 2, 0.0)
    assert level(best, "scores")[1:] == (level(best, "scores")[0], 0.0)
    assert level(half, "placed/priority=0") == (0, 2, 1.0)
    assert level(half, "scores")[1:] == (None, None)
    assert level(none, "placed/priority=10") == (0, 2, 1.0)
    assert level(none, "placed/priority=0") == (0, None, None)
    assert found.notes == ()


def test_the_tightest_of_several_bounds_is_taken() -> None:
    cluster = two_nodes()
    proven = ours(cluster)
    first, *rest = proven.levels
    loose = proven.model_copy(update={"levels": (first.model_copy(update={"bound": 4}), *rest)})
    found = compared(cluster, loose=loose, proven=proven)
    assert [level(plan, "placed/priority=10") for plan in found.plans] == [(2, 2, 0.0)] * 2
    alone = compared(cluster, loose=loose)
    assert level(alone.plans[0], "placed/priority=10") == (2, 4, 0.5)


def test_a_plan_of_another_profile_is_judged_by_this_one_and_proves_nothing() -> None:
    cluster = two_nodes()
    other = replace(
        cluster, options=replace(cluster.options, profile=Profile(weights={ScoreName.FEWEST_NODES: 1}))
    )
    found = compared(cluster, other=ours(other))
    assert found.all_valid
    assert [one.bound for one in found.plans[0].levels] == [None, None, None]
    assert found.notes == ("other states levels that are not this profile's: its bounds are not used",)


def test_a_plan_that_claims_too_much_is_contradicted_by_a_better_one() -> None:
    cluster = two_nodes()
    full = ours(cluster)
    narrow = ours(replace(cluster, nodes=cluster.nodes[:1]))
    found = compared(cluster, full=full, narrow=narrow)
    # It was proven for a cluster with one node.
    assert found.notes == ("full is better than narrow says is possible: its bounds are not used",)
    assert level(found.plans[1], "placed/priority=0") == (0, 2, 1.0)


def busy() -> Snapshot:
    """Room for one; `low` has it, `high` wants it."""
    return snapshot(
        [node("n1", cpu=1000)], [agent("low", cpu=1000, on="n1"), agent("high", cpu=1000, priority=9)]
    )


def test_evictions_are_levels_where_somebody_evicts() -> None:
    cluster = busy()
    evicting = bound({"high": "n1"}, {"low": "n1"})
    found = compared(cluster, evicting=evicting, patient=bound({}))
    assert [one.name for one in found.plans[0].levels if one.value] == [
        "placed/priority=9",
        "evicted/priority=0",
        "scores",
    ]
    assert (found.plans[0].evicted, found.plans[0].placed_anew) == (1, 0)
    assert found.verdict == "evicting is better: placed/priority=9 1 against 0"
    assert "evicted/priority=0" not in {
        one.name for one in compared(cluster, patient=bound({})).plans[0].levels
    }


def test_what_was_proven_without_evictions_does_not_bound_a_plan_that_evicts() -> None:
    cluster = busy()
    found = compared(cluster, kept=ours(cluster), evicts=ours(cluster, replace(QUICK, preempt=True)))
    assert found.verdict == "evicts is better: placed/priority=9 1 against 0"
    assert level(found.plans[0], "placed/priority=9") == (0, 1, 1.0)
    assert found.notes == ("kept was made without evictions: its bounds are not used",)


def test_a_plan_that_had_no_time_to_compile_bounds_nothing() -> None:
    cluster = busy()
    found = compared(
        cluster, late=nobody_placed(cluster, QUICK), evicts=ours(cluster, replace(QUICK, preempt=True))
    )
    assert found.verdict == "evicts is better: placed/priority=9 1 against 0"
    assert found.notes == ("late ran out of time before its levels were worked out: its bounds are not used",)


def test_agents_nodes_and_money_are_counted() -> None:
    one = compared(two_nodes(), a=bound({"hi-0": "n2", "lo-0": "n2"})).plans[0]
    assert [(c.priority, c.placed, c.pending) for c in one.agents] == [(10, 1, 2), (0, 1, 2)]
    assert (one.nodes_in_use, one.price) == (1, 500_000)


def test_utilisation_is_over_all_nodes_that_have_the_resource() -> None:
    nodes = [node("n1", cpu=1000), node("n2", cpu=1000), node("n3", cpu=0)]
    cluster = snapshot(nodes, [agent("a", cpu=300, on="n1"), agent("b", cpu=500, memory=4096, on="n2")])
    cpu, memory = utilisations(ClusterState(cluster))
    assert cpu == Utilisation(resource="cpu", min=300, mean=400, max=500, deviation=100)
    assert memory == Utilisation(resource="memory", min=0, mean=166, max=500, deviation=235)
    assert utilisations(ClusterState(snapshot([]))) == ()


def test_blended_levels_are_compared_by_their_sum() -> None:
    profile = Profile(weights={ScoreName.COST: 1}, stages=(Stage({PLACED: 1_000_000, "Cost": 1}),))
    cluster = two_nodes()
    cluster = replace(cluster, options=replace(cluster.options, profile=profile))
    found = compared(cluster, dear=bound({"hi-0": "n1"}), cheap=bound({"hi-0": "n2"}))
    assert found.verdict == "cheap is better: blend(1000000*placed+Cost) 3500000 against 6000000"


def test_the_baseline_is_a_plan_like_any_other() -> None:
    cluster = busy()
    (waiting,) = contenders(cluster, (), baseline=True, preempt=False)
    (evicting,) = contenders(cluster, (), baseline=True, preempt=True)
    assert (waiting.name, len(waiting.plan.evictions), len(evicting.plan.evictions)) == ("greedy", 0, 1)
    with pytest.raises(UsageError, match="at least one plan"):
        contenders(cluster, (), baseline=False, preempt=False)
