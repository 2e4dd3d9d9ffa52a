"""Which parts of a placement are freed: kinds, what is learnt of them, and what stays fixed."""

from __future__ import annotations

from random import Random

import numpy as np

from placewright.models.agent import WeightedAffinityTerm
from placewright.models.policy import ResourceQuota
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.neighbourhoods import Neighbourhoods
from placewright.solver.place import place
from placewright.solver.settings import Settings, Strategy
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, near, node, snapshot


def mixed() -> Snapshot:
    """Twelve nodes in three zones, agents that prefer each other, a quota, and more than there is room for."""
    rng = Random(4)
    nodes = [node(f"n{i}", cpu=4000, memory=8192, zone="abc"[i % 3]) for i in range(12)]
    pending = [
        agent(
            f"a{i}",
            cpu=rng.choice((500, 1000, 1500)),
            memory=rng.choice((256, 1024)),
            labels={"app": f"app-{i % 5}"},
            namespace="team" if i % 4 == 0 else "default",
            admitted=i % 4 != 0,
            preferred_affinity=(WeightedAffinityTerm(50, near(app=f"app-{(i + 1) % 5}")),)
            if i % 3 == 0
            else (),
        )
        for i in range(60)
    ]
    return snapshot(nodes, pending, quotas=(ResourceQuota("team", "cpu", {"requests.cpu": 5000}),))


def test_every_kind_has_its_turn_where_there_is_something_for_it() -> None:
    compilation, problem = compile_problem(mixed())
    count = construct(compilation, problem, Deadline(10))
    neighbourhoods = Neighbourhoods(problem, seed=1)
    seen = set()
    for _ in range(200):
        part = neighbourhoods.choose(count)
        assert part is not None
        assert problem.cap[:, part.nodes].any(axis=0).all()
        assert len(np.unique(part.nodes)) == len(part.nodes)
        seen.add(part.kind)
    assert seen == {"blocked", "random", "domain", "unbalanced", "quota", "company"}


def test_what_pays_off_for_its_work_is_tried_more_often() -> None:
    compilation, problem = compile_problem(mixed())
    count = construct(compilation, problem, Deadline(10))
    neighbourhoods = Neighbourhoods(problem, seed=1)
    kinds = []
    for _ in range(300):
        part = neighbourhoods.choose(count)
        assert part is not None
        # Another kind gains as much, for ten times the work.
        work = 10.0 if part.kind == "random" else 1.0
        neighbourhoods.learn(part, 5 * (part.kind in {"domain", "random"}), work, finished=True)
        kinds.append(part.kind)
    assert kinds[100:].count("domain") > 100
    assert kinds[100:].count("random") < 50
    assert len(set(kinds[100:])) > 3
    assert "domain" in neighbourhoods.summary()


def test_parts_shrink_until_they_are_solved_to_their_end() -> None:
    compilation, problem = compile_problem(mixed())
    count = construct(compilation, problem, Deadline(10))
    neighbourhoods = Neighbourhoods(problem, seed=1)
    sizes = []
    for finished in [False] * 60 + [True] * 200:
        part = neighbourhoods.choose(count)
        assert part is not None
        sizes.append(len(part.nodes))
        neighbourhoods.learn(part, 0, 1.0, finished=finished)
    assert min(sizes) == min(sizes[40:60]) == 2
    assert max(sizes) == max(sizes[200:]) == 12


def test_the_same_seed_chooses_the_same_parts() -> None:
    compilation, problem = compile_problem(mixed())
    count = construct(compilation, problem, Deadline(10))
    one, other = Neighbourhoods(problem, seed=3), Neighbourhoods(problem, seed=3)
    for _ in range(30):
        first, second = one.choose(count), other.choose(count)
        assert first is not None
        assert second is not None
        assert (first.kind, first.nodes.tolist()) == (second.kind, second.nodes.tolist())


def test_only_the_freed_groups_are_open_in_a_part() -> None:
    compilation, problem = compile_problem(mixed())
    count = construct(compilation, problem, Deadline(10))
    nodes, groups = np.array([1, 4, 5]), np.array([0, 2, 3])
    fixed = count.copy()
    fixed[np.ix_(groups, nodes)] = 0
    part = problem.fixing(fixed, nodes, groups)
    others = np.setdiff1d(np.arange(len(problem.size)), groups)
    assert not part.cap[others].any()
    assert not np.delete(part.cap, nodes, axis=1).any()
    # What was there fits back.
    assert ((count - fixed) <= part.cap).all()


def test_parts_of_every_kind_only_make_an_answer_better() -> None:
    cluster = mixed()
    verdict = place(cluster, Settings(time_limit=3.0, workers=1, strategy=Strategy.NEIGHBOURHOOD))
    assert isinstance(verdict, VerifiedPlan), verdict
    compilation, problem = compile_problem(cluster)
    start = construct(compilation, problem, Deadline(10))
    differences = [
        (found.value - level.value(start)) * (1 if level.sense == "maximize" else -1)
        for level, found in zip(problem.levels, verdict.plan.levels, strict=True)
    ]
    assert next(difference for difference in differences if difference) > 0
