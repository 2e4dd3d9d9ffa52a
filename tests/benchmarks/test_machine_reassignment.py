"""The reader and the evaluator of the definition, on the example that it works out itself."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from placewright.benchmarks.machine_reassignment import Instance, cost, read, violations

MODEL = """
2   1 100   0 10
4
0 0  30 400  16 80   0 1 4 5
0 0  10 240  8 160   1 0 3 4
1 1  15 100  12 80   4 3 0 2
1 2  10 100  8 80    5 4 2 0
2   2 0   1 1 0
3
0  12 10  1000
0  10 20  100
1  6 200  1
1   0 1 20  10
1 10 100
"""
"""The example of the official definition: four machines, three processes, two services."""
ORIGINAL = "0 3 0"
DATA = Path(__file__).parents[3] / "shared" / "data" / "roadef2012"


@pytest.fixture
def example(tmp_path: Path) -> Instance:
    return _read(tmp_path)


def _read(folder: Path, model: str = MODEL, original: str = ORIGINAL) -> Instance:
    (folder / "model.txt").write_text(model, encoding="utf-8")
    (folder / "assignment.txt").write_text(original, encoding="utf-8")
    return read(folder / "model.txt", folder / "assignment.txt")


@pytest.mark.parametrize(
    ("where", "total"),
    [
        ((0, 3, 0), 4200),
        ((0, 2, 0), 3510),
        ((0, 2, 1), 2411),
    ],
)
def test_costs_are_those_that_the_definition_works_out(
    example: Instance, where: tuple[int, ...], total: int
) -> None:
    assert cost(example, where) == total
    assert not list(violations(example, where))


@pytest.mark.parametrize(
    ("where", "broken"),
    [
        ((1, 3, 0), {"capacity"}),
        ((0, 0, 0), {"conflict", "spread"}),
        ((0, 1, 0), {"spread"}),
        ((0, 3, 2), {"capacity"}),
    ],
)
def test_what_an_assignment_breaks_is_named(
    example: Instance, where: tuple[int, ...], broken: set[str]
) -> None:
    assert {text.split(":")[0] for text in violations(example, where)} >= broken


def test_a_process_runs_near_the_services_that_its_own_depends_on(example: Instance) -> None:
    roomy = replace(example, machines=tuple(replace(m, capacity=(99, 999)) for m in example.machines))
    assert not list(violations(roomy, (0, 3, 3)))
    assert list(violations(roomy, (2, 3, 0))) == ["dependency: service 1 where service 0 is not"]


def test_a_transient_resource_is_in_use_on_both_machines_while_a_process_moves(example: Instance) -> None:
    # 16 of 20 are in use on machine 3 by two that change places, 6 more by the one that left.
    tight = replace(example, machines=tuple(replace(m, capacity=(20, 999)) for m in example.machines))
    assert not list(violations(replace(tight, original=(0, 3, 1)), (0, 3, 1)))
    moved = list(violations(replace(tight, original=(3, 0, 1)), (0, 3, 1)))
    assert {text.split(",")[0] for text in moved} == {
        "capacity: 22 of resource 0 on machine 0",
        "capacity: 22 of resource 0 on machine 3",
    }


@pytest.mark.parametrize(
    ("model", "original"), [(MODEL + " 7", ORIGINAL), (MODEL[:-5], ORIGINAL), (MODEL, "0 3")]
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, model: str, original: str) -> None:
    with pytest.raises(ValueError, match=r"numbers too many|too early|processes"):
        _read(tmp_path, model, original)


@pytest.mark.skipif(not DATA.exists(), reason="the challenge's instances are not here")
def test_original_assignments_of_the_challenge_cost_what_is_published() -> None:
    with (DATA / "reference.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    for row in rows:
        name = row["instance"]
        instance = read(DATA / f"model_{name}.txt", DATA / f"assignment_{name}.txt")
        assert len(instance.processes) == int(row["processes"])
        assert len(instance.machines) == int(row["machines"])
        assert cost(instance, instance.original) == int(row["initial_cost"])
        assert not list(violations(instance, instance.original))
