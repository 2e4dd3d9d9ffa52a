"""CP-SAT as it is set up here: what it proves has to be true."""

from __future__ import annotations

from ortools.sat.python import cp_model

from placewright.solver.sound import sound_solver

MEMORY = {
    "a": 1000000000,
    "b": 536870912,
    "c": 3825205248,
    "d": 2147483648,
    "e": 268435456,
    "f": 268435456,
    "g": 123456789,
}
CPU = {"c": 1242, "d": 150, "e": 125, "f": 500}


def test_presolve_does_not_lose_an_optimal_answer_where_enforced_constraints_include_each_other() -> None:
    """One node of a cluster on which conformance saw two agents leave that could stay.

    `some` and `other` stand for whether anybody new is there: only then are cpu and memory limited.
    """
    model = cp_model.CpModel()
    x = {name: model.new_bool_var(name) for name in MEMORY}
    some, other = model.new_bool_var("some"), model.new_bool_var("other")
    cpu = sum(amount * x[name] for name, amount in CPU.items())
    memory = sum(amount * x[name] for name, amount in MEMORY.items())
    model.add(cpu <= 2000).only_enforce_if(some)
    model.add(x["f"] <= 32 * some)
    model.add(memory <= 4294967296).only_enforce_if(other)
    model.add(x["a"] + x["d"] + x["e"] + x["f"] + x["g"] >= 1).only_enforce_if(other)
    model.add(x["a"] + x["e"] + x["f"] + x["g"] <= 34 * other)
    model.maximize(x["b"] + x["c"])
    solver = sound_solver()
    assert solver.solve(model) == cp_model.OPTIMAL
    # Nobody else is there, and both stay.
    assert solver.objective_value == 2
