"""The sequential baseline as a first answer: the same placement, as counts."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.baseline import baseline_counts
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.outcome import outcome
from placewright.solver.place import place
from placewright.solver.sequential import schedule
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.tiny import tiny_cluster

LONG = 60.0


def whatever(count: IntArray) -> bool:
    """Accepts everything."""
    return bool((count >= 0).all())


def crowd(state: ClusterState) -> Counter[tuple[str, str, int]]:
    """How many agents of each namespace and priority are on each node."""
    return Counter((on.name, one.namespace, one.spec.priority) for one, on in state.assignments())


def outcome_of(compilation: Compilation, count: IntArray) -> ClusterState:
    return outcome(compilation, count).state(compilation.snapshot, {})


def busy() -> Snapshot:
    """One node that only `p` may use when what runs there leaves it, and one that takes what left."""
    nodes = [node("n1", cpu=2000, labels={"disk": "ssd"}), node("n2", cpu=2000)]
    picky = agent("p", cpu=2000, priority=100, node_selector={"disk": "ssd"})
    return snapshot(nodes, [agent("low", cpu=1500, priority=10, on="n1"), picky, *agents("q", 2, cpu=400)])


def test_evictions_and_who_is_placed_anew_are_counted() -> None:
    compilation, _ = compile_problem(busy(), preempt=True)
    count = baseline_counts(compilation, Deadline(LONG), whatever)
    assert count is not None
    made = outcome(compilation, count)
    assert [one.name for one in made.evicted] == ["low"]
    assert {(one.name, on.name) for one, on in made.steps} == {("p", "n1"), ("low", "n2"), ("q-0", "n2")}


def test_nobody_is_evicted_where_that_is_off() -> None:
    compilation, _ = compile_problem(busy())
    count = baseline_counts(compilation, Deadline(LONG), whatever)
    assert count is not None
    assert outcome(compilation, count).evicted == ()


def test_there_is_none_without_time_or_where_the_whole_is_not_accepted() -> None:
    compilation, _ = compile_problem(busy(), preempt=True)
    assert baseline_counts(compilation, Deadline(0.0), whatever) is None
    assert baseline_counts(compilation, Deadline(LONG), lambda _: False) is None


@given(rng=st.randoms(use_true_random=False))
def test_counts_lead_to_the_state_that_the_baseline_led_to(rng: Random) -> None:
    seen = tiny_cluster(rng)
    compilation, _ = compile_problem(seen, preempt=True)
    count = baseline_counts(compilation, Deadline(LONG), whatever)
    assert count is not None
    expected = schedule(seen, preempt=bool(compilation.standing.any())).state
    assert crowd(outcome_of(compilation, count)) == crowd(expected)


def test_an_answer_is_never_worse_than_the_baseline_however_short_the_time() -> None:
    nodes = [node(f"n{i}", cpu=4000) for i in range(6)]
    rng = Random(5)
    waiting = [
        agent(f"a{i}", cpu=rng.randrange(300, 1900, 50), priority=rng.choice((0, 10))) for i in range(40)
    ]
    seen = snapshot(nodes, waiting)
    verdict = place(seen, Settings(time_limit=1.0, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    ours, theirs = (
        tuple(sum(one.spec.priority == p for one, _ in state.placed()) for p in (10, 0))
        for state in (verdict.state, schedule(seen).state)
    )
    assert ours >= theirs
