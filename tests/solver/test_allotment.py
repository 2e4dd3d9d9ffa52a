"""How many of each group quotas leave room for: as many as can be, and first answers go by it."""

from __future__ import annotations

from random import Random

import pytest

from placewright.models.policy import ResourceQuota
from placewright.models.snapshot import Snapshot
from placewright.solver.allotment import allotted
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.first_answer import plain
from placewright.tests.builders import agents, node, snapshot


def one_large_or_four_small(cpu: int = 4000, **fields: object) -> Snapshot:
    """A quota of 1,000 for an agent that wants 900 of it, or for four that want 250 each."""
    pending = [
        *agents("large", 1, cpu=900, admitted=False, **fields),
        *agents("small", 4, cpu=250, admitted=False),
    ]
    Random(0).shuffle(pending)
    quota = ResourceQuota("default", "cpu", {"requests.cpu": 1000}, used={})
    return snapshot([node("n1", cpu=cpu)], pending, quotas=(quota,))


def by_name(cluster: Snapshot, number: IntArray) -> dict[str, int]:
    compilation, _ = compile_problem(cluster)
    return {group.agent.name[:5]: int(many) for group, many in zip(compilation.groups, number, strict=True)}


def alloted_to(cluster: Snapshot) -> dict[str, int] | None:
    _, problem = compile_problem(cluster)
    number = allotted(problem, problem.cap, 5.0)
    return None if number is None else by_name(cluster, number)


def test_a_quota_goes_to_whom_it_holds_most_of() -> None:
    assert alloted_to(one_large_or_four_small()) == {"large": 0, "small": 4}


def test_a_quota_goes_to_whoever_is_more_important_even_if_it_holds_fewer() -> None:
    found = alloted_to(one_large_or_four_small(priority=1))
    assert found == {"large": 1, "small": 0}


def test_without_a_quota_that_limits_anybody_nothing_is_allotted() -> None:
    quota = ResourceQuota("default", "cpu", {"requests.cpu": 5000}, used={})
    pending = agents("small", 4, cpu=250, admitted=False)
    assert alloted_to(snapshot([node("n1")], pending)) is None
    assert alloted_to(snapshot([node("n1")], pending, quotas=(quota,))) is None


@pytest.mark.parametrize("most", [None, 5])
def test_the_plainest_answer_has_as_many_as_quotas_hold(most: int | None) -> None:
    # Whoever is hardest to fit comes first, and would have had nearly all of the quota.
    cluster = one_large_or_four_small()
    compilation, problem = compile_problem(cluster)
    found = plain(compilation, problem, Deadline(10.0), most)
    assert by_name(cluster, found.sum(axis=1)) == {"large": 0, "small": 4}


def test_what_is_allotted_to_whom_no_node_has_room_for_goes_to_others() -> None:
    # Of `one` and `two`, 250 each, quotas hold both, memory only one; what is left is enough for the 700.
    both = [*agents("one", 1, cpu=250, memory=5000, admitted=False)]
    both += agents("two", 1, cpu=250, memory=4000, admitted=False)
    pending = [*both, *agents("large", 1, cpu=700, admitted=False)]
    quota = ResourceQuota("default", "cpu", {"requests.cpu": 1000}, used={})
    cluster = snapshot([node("n1")], pending, quotas=(quota,))
    assert alloted_to(cluster) == {"one-0": 1, "two-0": 1, "large": 0}
    compilation, problem = compile_problem(cluster)
    found = by_name(cluster, plain(compilation, problem, Deadline(10.0)).sum(axis=1))
    assert found == {"one-0": 1, "two-0": 0, "large": 1}
